"""The fields of a mode's params: each has a value and says when it was changed."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from restorer.engine.mode import BoolParam, FloatParam, Param
from restorer.gui.number_choice import NumberChoice


class SliderChoice(QWidget):
    """A slider with whole numbers, the words of its ends below it and the number between them.

    Args:
        param: What is chosen; has words for its ends.
        value: Shown first; the param's default stands in for one out of range.

    Signals:
        value_changed: Another number was chosen.
    """

    value_changed = Signal()

    def __init__(self, param: FloatParam, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        in_range = param.minimum <= value <= param.maximum
        self._slider.setValue(round(value if in_range else param.default))
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

    def __init__(self, param: BoolParam, value: float, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("modes", param.label), parent)
        self.setChecked(bool(value))
        self.toggled.connect(self.value_changed)

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()


ParamField = NumberChoice | SliderChoice | SwitchChoice


def make_field(param: Param, value: float) -> ParamField:
    """Return the field for a param that shows a value."""
    field: ParamField
    if isinstance(param, BoolParam):
        field = SwitchChoice(param, value)
    elif param.ends is not None:
        field = SliderChoice(param, value)
    else:
        field = NumberChoice(param, value)
    field.setObjectName(f"{param.key}Choice")
    return field
