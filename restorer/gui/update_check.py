"""Asks for the newest version: once, when told to, and after saying so."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from restorer import __version__
from restorer.gui import messages

if TYPE_CHECKING:
    from PySide6.QtNetwork import QNetworkReply

# The page of the downloads, ending with "/". Beside it is version.txt, which holds the newest
# version and nothing else. The project has no such page yet, and without one the window does not
# offer the check.
DOWNLOADS_URL = ""

TIMEOUT_MS = 10_000
VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){1,3}")
VERSION_BYTES = 64  # whoever sends more is not our file


class UpdateCheck(QObject):
    """One check, from the question to the answer.

    Args:
        window: Where both are shown.
        url: As DOWNLOADS_URL.
    """

    def __init__(self, window: QWidget, url: str) -> None:
        super().__init__(window)
        self._window = window
        self._url = QUrl(url)

    def ask(self) -> None:
        """Ask whether to connect, without waiting for the answer."""
        text = self.tr(
            "Restorer will fetch one small file from {host}. Nothing about you or your photos is "
            "sent."
        )
        box = self._question(text.format(host=self._url.host() or self._url.toLocalFile()))
        check = box.addButton(self.tr("Check now"), QMessageBox.ButtonRole.AcceptRole)
        check.setObjectName("checkAnswer")
        check.clicked.connect(self._fetch)
        box.open()

    def _fetch(self) -> None:
        from PySide6.QtNetwork import QNetworkAccessManager, QNetworkRequest  # seldom needed

        request = QNetworkRequest(self._url.resolved(QUrl("version.txt")))
        request.setTransferTimeout(TIMEOUT_MS)
        reply = QNetworkAccessManager(self).get(request)
        reply.finished.connect(partial(self._show_answer, reply))

    def _show_answer(self, reply: QNetworkReply) -> None:
        answer = bytes(reply.read(VERSION_BYTES).data()).decode("ascii", "replace").strip()
        if reply.error() is not reply.NetworkError.NoError:
            text = self.tr("The newest version could not be found out: {reason}")
            self._question(text.format(reason=reply.errorString())).open()
        elif VERSION.fullmatch(answer) is None:
            self._question(self.tr("The answer is not understood.")).open()
        elif not is_newer(answer, __version__):
            text = self.tr("You have the newest version, {version}.")
            self._question(text.format(version=__version__)).open()
        else:
            box = self._question(
                self.tr("There is a newer version, {version}.").format(version=answer)
            )
            page = box.addButton(self.tr("Open the page"), QMessageBox.ButtonRole.AcceptRole)
            page.setObjectName("pageAnswer")
            page.clicked.connect(self._open_page)
            box.open()
        reply.deleteLater()

    def _open_page(self) -> None:
        QDesktopServices.openUrl(self._url)

    def _question(self, text: str) -> QMessageBox:
        box = messages.make_question(self._window, self.tr("Updates"), text)
        box.addButton(QMessageBox.StandardButton.Close)
        return box


def is_newer(version: str, than: str) -> bool:
    """Compare two versions such as 1.10.0 and 1.9 number by number."""
    return [int(part) for part in version.split(".")] > [int(part) for part in than.split(".")]
