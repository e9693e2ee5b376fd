"""The field of a mode's param: one kind for each kind of param."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from restorer.engine.mode import ChoiceParam, FloatParam, IntParam, Param
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
        self._field.setRange(0 if param.zero_text else param.minimum, param.maximum)
        self._field.setSuffix(param.unit)
        self._field.setAcceptDrops(False)
        self._field.lineEdit().setAcceptDrops(False)  # files are for the window
        if param.zero_text:
            self._field.setSpecialValueText(QCoreApplication.translate("modes", param.zero_text))
            self._field.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
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
        for word, text in param.choices:
            self.addItem(QCoreApplication.translate("modes", text), word)
        self.setCurrentIndex(self.findData(value))
        self.currentIndexChanged.connect(self.value_changed)

    @property
    def value(self) -> str:
        """The word that is chosen."""
        return self.currentData()


ParamField = NumberChoice | WholeNumber | WordChoice


def make_field(param: Param, value: object) -> ParamField:
    """Return the field of a param; its default stands in for a value that is not possible."""
    try:
        checked = param.check(value)
    except SettingsError:
        checked = param.default
    if isinstance(param, FloatParam):
        return NumberChoice(param, float(checked))
    if isinstance(param, IntParam):
        return WholeNumber(param, int(checked))
    return WordChoice(param, str(checked))
