"""A stand-in for a file manager: a small window from which one file can be dragged."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

SIDE_PX = 120


class DragSource(QLabel):
    """Offers a file as file managers do, by its URL."""

    def __init__(self, file: str) -> None:
        super().__init__("drag me")
        self._file = file

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(self._file)])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec()


if __name__ == "__main__":
    app = QApplication(sys.argv)
    source = DragSource(sys.argv[1])
    source.setGeometry(0, 0, SIDE_PX, SIDE_PX)
    source.show()
    sys.exit(app.exec())
