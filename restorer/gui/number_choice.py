"""A number to pick from a few, or to type."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from restorer.engine.mode import FloatParam


class NumberChoice(QWidget):
    """Buttons for a param's usual values and a field for any other.

    Args:
        param: What is chosen.
        value: Shown first; the param's default stands in for one out of range.

    Signals:
        value_changed: Another number was chosen.
    """

    value_changed = Signal()

    def __init__(self, param: FloatParam, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = _ShortSpinBox()
        self._field.setObjectName(f"{param.key}Box")
        self._field.setAccessibleName(QCoreApplication.translate("modes", param.label))
        self._field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self._field.setFrame(False)  # it lies in one
        self._field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._field.setDecimals(2)
        self._field.setSingleStep(0.5)
        self._field.setRange(param.minimum, param.maximum)
        self._field.setSuffix(param.unit)
        self._field.setAcceptDrops(False)
        self._field.lineEdit().setAcceptDrops(False)  # files are for the window
        self._buttons: dict[float, QPushButton] = {}
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for index, choice in enumerate(param.choices):
            button = QPushButton(f"{QLocale().toString(float(choice), 'g', 6)}{param.unit}")
            button.setObjectName(f"{param.key}Choice{index}")
            button.setProperty("choice", True)
            button.setCheckable(True)
            self._group.addButton(button, index)
            self._buttons[choice] = button
            layout.addWidget(button, 2)
        frame = QFrame()
        frame.setObjectName("numberFrame")
        inside = QHBoxLayout(frame)
        inside.setContentsMargins(4, 2, 4, 2)
        inside.addWidget(self._field)
        frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        layout.addWidget(frame, 3)
        self._choices = param.choices
        in_range = param.minimum <= value <= param.maximum
        self._field.setValue(value if in_range else param.default)
        self._mark()
        self._group.idClicked.connect(self._on_group_clicked)
        self._field.valueChanged.connect(self._on_field_changed)

    @property
    def value(self) -> float:
        """The number that is chosen."""
        return self._field.value()

    def _mark(self) -> None:
        """Press the button of the number, or none."""
        self._group.setExclusive(False)
        for choice, button in self._buttons.items():
            with QSignalBlocker(button):
                button.setChecked(abs(choice - self.value) < 1e-6)
        self._group.setExclusive(any(button.isChecked() for button in self._buttons.values()))

    def _on_group_clicked(self, index: int) -> None:
        with QSignalBlocker(self._field):
            self._field.setValue(self._choices[index])
        self._mark()
        self.value_changed.emit()

    def _on_field_changed(self) -> None:
        self._mark()
        self.value_changed.emit()


class _ShortSpinBox(QDoubleSpinBox):
    """Shows no more decimals than it takes: 4 and 1.5, not 4.00 and 1.50."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(float(value), "g", 6)
