"""What the panel and the dialogs are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QLabel, QSizePolicy, QWidget


class FormDialog(QDialog):
    """A dialog that goes when it is closed, and is as high as its words take."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for form in self.findChildren(QFormLayout):
            _level_labels(form)
        # Qt gives a dialog two thirds of the screen at most; a large font takes more.
        self.resize(self.width(), max(self.height(), self.heightForWidth(self.width())))


def make_combo(name: str) -> QComboBox:
    """Return a box that is no wider than what it lies in, whatever its entries."""
    box = QComboBox()
    box.setObjectName(name)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(80)
    return box


def make_heading(text: str) -> QLabel:
    """Return the words above a choice."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _level_labels(form: QFormLayout) -> None:
    """Put each label at the height of its field's middle; beside a high one Qt leaves it above."""
    for row in range(form.rowCount()):
        field = form.itemAt(row, QFormLayout.ItemRole.FieldRole)
        label = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        if field and label and (words := label.widget()):
            words.setMinimumHeight(field.sizeHint().height())
