"""The side panel: what to do, with which model, how large and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    QObject,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from restorer.engine.condition import Condition
from restorer.engine.device import Compute, Device
from restorer.engine.mode import BoolParam, IntParam, Mode, Step
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.gui import icons
from restorer.gui.forms import make_combo, make_heading
from restorer.gui.model_choice import ModelChoice
from restorer.gui.param_fields import ParamField, make_field
from restorer.settings import Settings

WIDTH_PX = 316


class ParamsPanel(QWidget):
    """A form for the chosen mode, and the button that runs it.

    Args:
        modes: To choose from.
        models: To choose from, by the mode's id.
        settings: What was chosen last.

    Signals:
        run_clicked: The button was pressed.
        start_over_clicked: The stopped run is not to be gone on with.
        changed: A choice was changed by the user.
    """

    run_clicked = Signal()
    start_over_clicked = Signal()
    changed = Signal()

    def __init__(
        self,
        modes: Sequence[Mode],
        models: Mapping[str, Sequence[ModelCard]],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("paramsPanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(max(WIDTH_PX, 11 * self.fontMetrics().height()))  # for large fonts
        self._modes = {mode.id: mode for mode in modes}
        self._mode = modes[0]
        self._models = models
        self._settings = settings
        self._photo: Photo | None = None
        self._may_run = False
        self._is_busy = False
        self._fields: dict[str, ParamField] = {}

        self._mode_box = make_combo("modeBox")
        for mode in modes:
            self._mode_box.addItem(_mode_text(mode.title), mode.id)
        self._mode_box.setAccessibleName(self.tr("What to do"))
        self._model_choice = ModelChoice()
        self._size_card = QFrame()
        self._size_card.setObjectName("card")
        self._size = QLabel(wordWrap=True)
        self._size.setObjectName("sizeText")
        card = QVBoxLayout(self._size_card)
        card.setContentsMargins(12, 10, 12, 10)
        card.addWidget(self._size)
        self._time = QLabel(wordWrap=True)
        self._time.setObjectName("timeText")
        self._time.setProperty("role", "faint")
        self._time.hide()
        card.addWidget(self._time)
        self._run_card = QFrame()
        self._run_card.setObjectName("card")
        self._stopped_run = QLabel(wordWrap=True)
        self._stopped_run.setObjectName("stoppedRunText")
        self._start_over = QPushButton(self.tr("Start over"))
        self._start_over.setObjectName("startOverButton")
        run_card = QVBoxLayout(self._run_card)
        run_card.setContentsMargins(12, 10, 12, 10)
        run_card.addWidget(self._stopped_run)
        run_card.addWidget(self._start_over)
        self._run_card.hide()
        self._device_box = make_combo("deviceBox")
        self._device_box.setAccessibleName(self.tr("Compute on"))
        self._device_box.addItem(self.tr("Automatic"), "auto")
        self._run = QPushButton()
        self._run.setObjectName("runButton")
        self._run.setProperty("primary", True)
        self._run.setIconSize(QSize(19, 19))
        icons.set_icon(self._run, "run", QPalette.ColorRole.BrightText)

        self._params = QVBoxLayout()
        self._params.setSpacing(7)
        form = QWidget()
        form.setObjectName("paramsForm")
        rows = QVBoxLayout(form)
        rows.setContentsMargins(20, 18, 20, 12)
        rows.setSpacing(7)
        rows.addWidget(make_heading(self.tr("What to do"), self._mode_box))
        rows.addWidget(self._mode_box)
        rows.addSpacing(12)
        rows.addWidget(self._model_choice)
        rows.addSpacing(12)
        rows.addLayout(self._params)
        rows.addWidget(self._size_card)
        rows.addWidget(self._run_card)
        rows.addSpacing(12)
        rows.addWidget(make_heading(self.tr("Compute on"), self._device_box))
        rows.addWidget(self._device_box)
        rows.addStretch()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setObjectName("paramsScroll")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes it
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(form)
        scroll.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 18)
        layout.setSpacing(10)
        layout.addWidget(scroll, 1)
        bottom = QVBoxLayout()
        bottom.setContentsMargins(20, 0, 20, 0)
        bottom.addWidget(self._run)
        layout.addLayout(bottom)

        for box in (self._mode_box, self._model_choice.box, self._device_box):
            self._leave_wheel_to_scrolling(box)
        self._mode_box.setCurrentIndex(max(0, self._mode_box.findData(settings.mode)))
        self._show_mode()
        self._mode_box.currentIndexChanged.connect(self._on_mode_box_changed)
        self._model_choice.changed.connect(self._on_model_choice_changed)
        self._device_box.currentIndexChanged.connect(self._on_choice_changed)
        self._run.clicked.connect(self.run_clicked)
        self._start_over.clicked.connect(self.start_over_clicked)

    @property
    def mode(self) -> Mode:
        """The chosen mode."""
        return self._mode

    @property
    def card(self) -> ModelCard | None:
        """The chosen model, None where the mode needs none or none is installed."""
        return self._model_choice.card

    @property
    def is_ready(self) -> bool:
        """The mode has what it needs to run."""
        return not self.mode.needs_model or self.card is not None

    @property
    def _device(self) -> str:
        """The chosen device; the remembered one until there is a list to choose from."""
        box = self._device_box
        return self._settings.device if box.count() == 1 else box.currentData()

    @property
    def can_run(self) -> bool:
        """The button is enabled."""
        return self._may_run and self.is_ready

    def step(self) -> Step:
        """Return what is chosen, as the engine takes it."""
        compute = Compute(
            device=self._device,
            precision=self._settings.precision,
            tile=self._settings.tile,
        )
        params = {key: item.value for key, item in self._fields.items()}
        return Step(self.mode, params, self.card, compute)

    def settings(self, settings: Settings) -> Settings:
        """Return settings with what is chosen here, in this mode and those shown before."""
        values = {f"{self.mode.id}.{key}": item.value for key, item in self._fields.items()}
        models = {self.mode.id: self.card.name} if self.card else {}
        return replace(
            settings,
            mode=self.mode.id,
            models={**settings.models, **self._settings.models, **models},
            values={**settings.values, **self._settings.values, **values},
            device=self._device,
        )

    def show_settings(self, settings: Settings) -> None:
        """Take over what was changed elsewhere: precision and tile."""
        self._settings = replace(self._settings, precision=settings.precision, tile=settings.tile)

    def show_photo(self, photo: Photo | None) -> None:
        """Show what size the result will have."""
        self._photo = photo
        self._show_size()

    def show_condition(self, condition: Condition | None) -> None:
        """Propose the model that suits a photo in this condition; the choice stays the user's."""
        self._model_choice.show_condition(condition)

    def show_time(self, text: str) -> None:
        """Show how long it will take; nothing if that is not known."""
        self._time.setText(text)
        self._time.setVisible(bool(text))

    def show_stopped_run(self, when: str) -> None:
        """Offer to go on with a run that was stopped then; with no words there is none."""
        self._run_card.setVisible(bool(when))
        self._stopped_run.setText(
            self.tr("A run of this photo with these settings was stopped on {when}.").format(
                when=when
            )
        )
        self._run.setText(self.tr("Go on with it") if when else _mode_text(self.mode.verb))

    def show_devices(self, devices: Sequence[Device]) -> None:
        """Offer what this machine has."""
        box, chosen = self._device_box, self._device
        box.blockSignals(True)
        box.clear()
        best = _device_text(devices[0])
        box.addItem(self.tr("Automatic ({device})").format(device=best), "auto")
        for device in devices:
            box.addItem(_device_text(device), device.name)
            memory = self.tr("{size} GB of memory").format(
                size=QLocale().toString(device.memory_bytes / 1e9, "f", 0)
            )
            tip = f"{device.title}\n{memory}"
            box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.blockSignals(False)

    def show_can_run(self, *, can_run: bool, is_busy: bool) -> None:
        """Allow the button and the form, or not."""
        self._may_run, self._is_busy = can_run, is_busy
        self._show_enabled()

    def _show_mode(self) -> None:
        mode = self._mode = self._modes[self._mode_box.currentData()]
        self._run.setText(_mode_text(mode.verb))
        chosen = self._settings.models.get(mode.id, "")
        self._model_choice.show_models(mode, self._models.get(mode.id, ()), chosen=chosen)
        self._show_params()
        self._show_enabled()
        self._show_size()

    def _show_params(self) -> None:
        while item := self._params.takeAt(0):
            if widget := item.widget():
                widget.hide()  # at once: it is deleted later
                widget.deleteLater()
        self._fields.clear()
        for param in self.mode.params_for(self.card):
            if isinstance(param, IntParam) and param.is_late:
                continue
            value = self._settings.values.get(f"{self.mode.id}.{param.key}", param.default)
            field = make_field(param, value)
            field.setObjectName(f"{param.key}Choice")
            field.value_changed.connect(self._on_choice_changed)
            self._fields[param.key] = field
            if not isinstance(param, BoolParam):  # it says itself what it is
                self._params.addWidget(make_heading(_mode_text(param.label), field))
            self._params.addWidget(field)
            for part in (field, *field.findChildren(QWidget)):
                if isinstance(part, QComboBox | QAbstractSpinBox | QSlider):
                    self._leave_wheel_to_scrolling(part)
        self._order_for_tab()

    def _order_for_tab(self) -> None:
        """Let the tab key go from top to bottom: fields are newer than what is below them."""
        parts = [
            part
            for field in self._fields.values()
            for part in (field, *field.findChildren(QWidget))
            if part.focusPolicy() & Qt.FocusPolicy.TabFocus
            and part.focusProxy() is None
            and part.window() is self.window()  # not the list that a box drops down
        ]
        choice = self._model_choice
        rest = (self._start_over, self._device_box, self._run)
        for first, second in pairwise((self._mode_box, choice.box, choice.proposal, *parts, *rest)):
            QWidget.setTabOrder(first, second)

    def _leave_wheel_to_scrolling(self, widget: QWidget) -> None:
        """Let the wheel change a value only where the focus is: else it scrolls the panel."""
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(self)

    def _show_size(self) -> None:
        self._model_choice.show_scale(self.step().scale)
        self._size_card.setVisible(self._photo is not None)
        if self._photo is None:
            return
        height, width = self._photo.height, self._photo.width
        new_height, new_width = self.mode.output_size(height, width, self.step())
        locale = QLocale()
        megapixels = new_width * new_height / 1e6
        self._size.setText(
            self.tr("{old_width} × {old_height}  →  {width} × {height} pixels\n{count} megapixels")
            .format(
                old_width=locale.toString(width),
                old_height=locale.toString(height),
                width=locale.toString(new_width),
                height=locale.toString(new_height),
                count=locale.toString(megapixels, "f", 1 if megapixels >= 0.1 else 2),
            )
        )  # fmt: skip

    def _show_enabled(self) -> None:
        for widget in (
            self._mode_box,
            self._model_choice,
            self._device_box,
            *self._fields.values(),
        ):
            widget.setEnabled(not self._is_busy)
        self._run.setEnabled(self.can_run)
        if not self.is_ready:
            tip = self.tr("No model is installed.")
        else:
            tip = "" if self._photo else self.tr("Open a photo first.")
        self._run.setToolTip(tip)

    def _on_mode_box_changed(self) -> None:
        self._settings = self.settings(self._settings)  # what was chosen for the mode before
        self._show_mode()
        self.changed.emit()

    def _on_model_choice_changed(self) -> None:
        self._settings = self.settings(self._settings)  # what is chosen stays
        self._show_params()
        self._on_choice_changed()

    def _on_choice_changed(self) -> None:
        self._show_enabled()
        self._show_size()
        self.changed.emit()

    # What Qt calls

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            assert isinstance(watched, QWidget)
            if not watched.hasFocus():
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def _device_text(device: Device) -> str:
    if device.kind == "cpu":
        return QCoreApplication.translate("devices", "Processor")
    return device.title


def _mode_text(text: str) -> str:
    return QCoreApplication.translate("modes", text)
