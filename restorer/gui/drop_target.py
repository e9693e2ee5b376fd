"""Takes what is dropped on the window, and is seen while it hovers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QWidget

from restorer.gui import icons, incoming

ICON_PX = 56
MARGIN_PX = 22


class DropTarget(QWidget):
    """Lets photographs be dropped on a window; covers it and says so while one hovers.

    Args:
        window: Where to drop.

    Signals:
        dropped: Incoming, what was dropped.
    """

    dropped = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    # What Qt calls

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        elif isinstance(event, QDragLeaveEvent):
            self.hide()
        # The order matters: a QDragEnterEvent is a QDropEvent, too.
        elif isinstance(event, QDragEnterEvent):
            if incoming.may_be_photo(event.mimeData()):
                _accept_copy(event)
                self.setGeometry(self._window.rect())
                self.raise_()
                self.show()
            return True
        elif event.type() == QEvent.Type.Drop:
            assert isinstance(event, QDropEvent)
            self.hide()
            _accept_copy(event)
            self.dropped.emit(incoming.look_at(event.mimeData()))
            return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        accent = self.palette().color(QPalette.ColorRole.Accent)
        veil = QColor(self.palette().color(QPalette.ColorRole.Window))
        veil.setAlpha(225)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(accent, 3, Qt.PenStyle.DashLine))
        inside = QRectF(self.rect()).adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        painter.drawRoundedRect(inside, 18, 18)
        center = self.rect().center()
        picture = icons.pixmap("photo", QSize(ICON_PX, ICON_PX), QPalette.ColorRole.Accent)
        painter.drawPixmap(center.x() - ICON_PX // 2, center.y() - ICON_PX, picture)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        below = inside.adjusted(0, inside.height() / 2 + 12, 0, 0)
        painter.drawText(
            below,
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
            self.tr("Drop to open"),
        )
        painter.end()


def _accept_copy(event: QDropEvent) -> None:
    """Take a drop as a copy, whatever keys are held: after a move, Windows deletes the file."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
