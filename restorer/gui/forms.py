"""What the panel and the dialogs are made of."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QToolTip,
    QWidget,
)


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


def make_heading(text: str, choice: QWidget | None = None) -> QLabel:
    """Return the words above a choice, which are its name for screen readers."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    if choice is not None:
        label.setBuddy(choice)
    return label


class ElidedLabel(QLabel):
    """A line of plain text that ends in … where there is no room, and is then whole in its tip."""

    def __init__(self) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText)

    @property
    def shown_text(self) -> str:
        """What there is room for."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    # What Qt calls

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            is_cut = self.shown_text != self.text()
            QToolTip.showText(event.globalPos(), self.text() if is_cut else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter, self.contentsRect(), self.alignment().value, self.palette(),
            self.isEnabled(), self.shown_text, self.foregroundRole(),
        )  # fmt: skip
        painter.end()


def _level_labels(form: QFormLayout) -> None:
    """Put each label at the height of its field's middle; beside a high one Qt leaves it above."""
    for row in range(form.rowCount()):
        field = form.itemAt(row, QFormLayout.ItemRole.FieldRole)
        label = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        if field and label and (words := label.widget()):
            words.setMinimumHeight(field.sizeHint().height())
