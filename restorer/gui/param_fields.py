"""The field of a mode's param: one kind for each kind of param."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from restorer.engine.mode import BoolParam, ChoiceParam, FloatParam, IntParam, Param
from restorer.errors import SettingsError
from restorer.gui.number_choice import NumberChoice


class WholeNumber(QWidget):
    """A field for a whole number.

    Args:
        param: What is chosen.
        value: Shown first.

    Signals:
        value_changed: Another number was chosen.
    """

    value_changed = Signal()

    def __init__(self, param: IntParam, value: int) -> None:
        super().__init__()
        self._field = QSpinBox()
        self._field.setObjectName(f"{param.key}Box")
        self._field.setAccessibleName(QCoreApplication.translate("modes", param.label))
        self._field.setRange(0 if param.zero_text else param.minimum, param.maximum)
        self._field.setSuffix(param.unit)
        self._field.setAcceptDrops(False)
        self._field.lineEdit().setAcceptDrops(False)  # files are for the window
        if param.zero_text:
            self._field.setSpecialValueText(QCoreApplication.translate("modes", param.zero_text))
            self._field.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
            self._field.lineEdit().installEventFilter(self)
        self._field.setValue(value)
        self._field.setFrame(False)  # it lies in one
        self._field.valueChanged.connect(self.value_changed)
        frame = QFrame()
        frame.setObjectName("numberFrame")
        inside = QHBoxLayout(frame)
        inside.setContentsMargins(6, 6, 6, 6)
        inside.addWidget(self._field)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frame)

    @property
    def value(self) -> int:
        """The number that is chosen."""
        return self._field.value()

    # What Qt calls

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
            and self._field.text() == self._field.specialValueText()
        ):
            self._field.selectAll()  # a number is typed over the words, not into them
        return super().eventFilter(watched, event)


class WordChoice(QComboBox):
    """A list of a param's words.

    Args:
        param: What is chosen.
        value: Shown first.

    Signals:
        value_changed: Another word was chosen.
    """

    value_changed = Signal()

    def __init__(self, param: ChoiceParam, value: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self.setAccessibleName(QCoreApplication.translate("modes", param.label))
        for word, text in param.choices:
            self.addItem(QCoreApplication.translate("modes", text), word)
        self.setCurrentIndex(self.findData(value))
        self.currentIndexChanged.connect(self.value_changed)

    @property
    def value(self) -> str:
        """The word that is chosen."""
        return self.currentData()


class SliderChoice(QWidget):
    """A slider with whole numbers, the words of its ends below it and the number between them.

    Args:
        param: What is chosen; has words for its ends.
        value: Shown first.

    Signals:
        value_changed: Another number was chosen.
    """

    value_changed = Signal()

    def __init__(self, param: FloatParam, value: float) -> None:
        super().__init__()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName(f"{param.key}Slider")
        self._slider.setRange(round(param.minimum), round(param.maximum))
        self._slider.setPageStep(10)
        self._slider.setAccessibleName(QCoreApplication.translate("modes", param.label))
        self._number = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._slider)
        words = QHBoxLayout()
        assert param.ends is not None
        left, right = (QLabel(QCoreApplication.translate("modes", word)) for word in param.ends)
        for label in (left, right):
            label.setProperty("role", "faint")
        words.addWidget(left)
        words.addWidget(self._number, 1)
        words.addWidget(right)
        layout.addLayout(words)
        self._slider.setValue(round(value))
        self._show_number()
        self._slider.valueChanged.connect(self._on_slider_changed)

    @property
    def value(self) -> float:
        """The number that is chosen."""
        return float(self._slider.value())

    def _show_number(self) -> None:
        self._number.setText(QLocale().toString(self._slider.value()))

    def _on_slider_changed(self) -> None:
        self._show_number()
        self.value_changed.emit()


class SwitchChoice(QCheckBox):
    """A box to tick.

    Args:
        param: What is switched.
        value: Shown first.

    Signals:
        value_changed: It was switched.
    """

    value_changed = Signal()

    def __init__(self, param: BoolParam, value: bool) -> None:
        super().__init__(QCoreApplication.translate("modes", param.label))
        self.setChecked(value)
        self.toggled.connect(self.value_changed)

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()


ParamField = NumberChoice | SliderChoice | WholeNumber | WordChoice | SwitchChoice


def make_field(param: Param, value: object) -> ParamField:
    """Return the field of a param; its default stands in for a value that is not possible."""
    try:
        checked = param.check(value)
    except SettingsError:
        checked = param.default
    if isinstance(param, BoolParam):
        return SwitchChoice(param, bool(checked))
    if isinstance(param, ChoiceParam):
        return WordChoice(param, str(checked))
    if isinstance(param, IntParam):
        return WholeNumber(param, int(checked))
    if param.ends is not None:
        return SliderChoice(param, float(checked))
    return NumberChoice(param, float(checked))
