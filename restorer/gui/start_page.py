"""What the window shows before there is a photograph."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from restorer.gui import icons


class StartPage(QWidget):
    """Invites a drop, and offers the other ways to open a photograph.

    Signals:
        open_clicked: "Open" was pressed.
        paste_clicked: "Paste" was pressed.
        sample_clicked: "Try the sample picture" was pressed.
    """

    open_clicked = Signal()
    paste_clicked = Signal()
    sample_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = QLabel(self.tr("Drop a photo here"), alignment=Qt.AlignmentFlag.AlignCenter)
        title.setProperty("role", "title")
        formats = QLabel(
            self.tr("JPEG, PNG, TIFF or WebP, one or several"),
            alignment=Qt.AlignmentFlag.AlignCenter,
        )
        formats.setProperty("role", "faint")
        self._open = _button("openButton", self.tr("Open…"), "open")
        self._open.setProperty("primary", True)
        self._paste = _button("pasteButton", self.tr("Paste"), "paste")
        self._sample = QPushButton(self.tr("Try the sample picture"))
        self._sample.setObjectName("sampleButton")
        self._sample.setProperty("link", True)
        self._sample.setCursor(Qt.CursorShape.PointingHandCursor)
        self._private_picture = QLabel()
        private = QLabel(self.tr("Your photos never leave this computer."))
        private.setProperty("role", "faint")

        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        buttons.addWidget(self._open)
        buttons.addWidget(self._paste)
        buttons.addStretch()
        invitation = QFrame()
        invitation.setObjectName("invitation")
        inside = QVBoxLayout(invitation)
        inside.setContentsMargins(56, 48, 56, 34)
        inside.setSpacing(8)
        inside.addStretch()
        inside.addWidget(self._picture)
        inside.addSpacing(6)
        inside.addWidget(title)
        inside.addWidget(formats)
        inside.addSpacing(18)
        inside.addLayout(buttons)
        inside.addWidget(self._sample, alignment=Qt.AlignmentFlag.AlignHCenter)
        inside.addStretch()
        promise = QHBoxLayout()
        promise.setSpacing(7)
        promise.addStretch()
        promise.addWidget(self._private_picture)
        promise.addWidget(private)
        promise.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 40, 40, 22)
        layout.setSpacing(18)
        layout.addWidget(invitation, 1)
        layout.addLayout(promise)

        self._open.clicked.connect(self.open_clicked)
        self._paste.clicked.connect(self.paste_clicked)
        self._sample.clicked.connect(self.sample_clicked)
        self.refresh_icons()

    def show_busy(self, *, is_busy: bool) -> None:
        """Offer nothing new while a photograph is being opened."""
        for button in (self._open, self._paste, self._sample):
            button.setEnabled(not is_busy)

    def refresh_icons(self) -> None:
        """Tint for the palette of this moment."""
        accent, faint = QPalette.ColorRole.Accent, QPalette.ColorRole.PlaceholderText
        self._picture.setPixmap(icons.pixmap("photo", QSize(72, 72), accent))
        self._private_picture.setPixmap(icons.pixmap("private", QSize(16, 16), faint))
        icons.set_icon(self._open, "open", QPalette.ColorRole.BrightText)
        icons.set_icon(self._paste, "paste")


def _button(name: str, text: str, icon_name: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setIconSize(QSize(18, 18))
    icons.set_icon(button, icon_name)
    return button
