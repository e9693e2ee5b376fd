"""The window's small print: what is open, how it was made, what this program is."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QSize, Qt
from PySide6.QtGui import QColorSpace, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from restorer import __version__
from restorer.engine.photo import Photo
from restorer.gui import icons
from restorer.gui.document import Document
from restorer.gui.job_bar import time_needed_text as time_needed
from restorer.gui.licenses_dialog import LicensesDialog
from restorer.gui.tasks import Result

translate = QCoreApplication.translate

NAME_PX = 200  # of a file in the status bar, at most


def window_title(document: Document) -> str:
    """Return the title; [*] is where Qt marks an unsaved result."""
    if document.picture is None:
        return "Restorer"
    name = document.source.name if document.source else translate("status", "Pasted picture")
    return f"{name}[*] - Restorer"


def photo_text(photo: Photo) -> str:
    """Return name, size, depth and colour profile of a photograph in one line."""
    locale = QLocale()
    parts = [
        photo.source.name if photo.source else translate("status", "Pasted picture"),
        f"{locale.toString(photo.width)} × {locale.toString(photo.height)}",
        translate("status", "{count} bits per colour").format(count=8 * photo.pixels.itemsize),
    ]
    if photo.is_gray:
        parts.append(translate("status", "grey"))
    if photo.alpha is not None:
        parts.append(translate("status", "transparency"))
    if photo.icc is not None:
        parts.append(
            QColorSpace.fromIccProfile(photo.icc).description()
            or translate("status", "own profile")
        )
    return "   ·   ".join(parts)


def result_text(result: Result) -> str:
    """Return how a result was made: size, time, device, model."""
    locale, photo = QLocale(), result.picture.photo
    used = (step.mode.card_used(step) for step in result.steps)
    titles = [translate("models", card.title) for card in used if card]
    device = str(result.facts.get("device", ""))
    parts = [
        f"{locale.toString(photo.width)} × {locale.toString(photo.height)}",
        translate("status", "{seconds} s").format(seconds=locale.toString(result.seconds, "f", 1)),
        translate("status", "processor") if device == "cpu" else device,
        *titles,
    ]
    if "iterations" in result.facts:
        parts.append(_iterations_text(result.facts))
    text = " · ".join(part for part in parts if part)
    return html.escape(translate("status", "Restored: {facts}").format(facts=text))


def _iterations_text(facts: Mapping[str, object]) -> str:
    """Return how long a network was fitted and why it stopped."""
    count = QLocale().toString(int(str(facts["iterations"])))
    if facts.get("stopped_by") in ("held-out", "noise level"):
        return translate("status", "stopped by itself after {count} iterations").format(count=count)
    if facts.get("stopped_by") == "user":
        return translate("status", "stopped by you after {count} iterations").format(count=count)
    return translate("status", "{count} iterations").format(count=count)


def time_needed_text(seconds: object) -> str:
    """Return how long a restoration will take, as tasks.estimate_time gives it."""
    if not isinstance(seconds, tuple):
        return ""
    text = translate("status", "Takes {time}, by the speed of this computer.")
    return text.format(time=time_needed(*seconds))


def file_time(path: Path) -> str:
    """Return when a file was written; nothing if it is gone."""
    try:
        when = QDateTime.fromSecsSinceEpoch(round(path.stat().st_mtime))
    except OSError:
        return ""
    return QLocale().toString(when, QLocale.FormatType.ShortFormat)


def saved_text(path: Path) -> str:
    """Return where a result was written, with a link to the folder.

    A long name is cut in its middle: the link has to stay in sight.
    """
    url = path.parent.absolute().as_uri()  # QUrl would lose names that are no UTF-8
    short = QFontMetrics(QGuiApplication.font()).elidedText(
        path.name, Qt.TextElideMode.ElideMiddle, NAME_PX
    )
    name, show = html.escape(short), html.escape(translate("status", "Show in folder"))
    saved = html.escape(translate("status", "Exported as {name}")).replace("{name}", name)
    return f'{saved} · <a href="{url}">{show}</a>'


def zoom_text(zoom: float) -> str:
    """Return a zoom of 1.0 as 100 %."""
    return translate("status", "{percent} %").format(percent=QLocale().toString(round(zoom * 100)))


def show_about(parent: QWidget) -> None:
    """Show what this program is, without waiting."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(translate("status", "About Restorer"))
    box.setIconPixmap(icons.app_icon().pixmap(QSize(72, 72)))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Restorer {__version__}")
    box.setInformativeText(
        translate(
            "status",
            "Restores photographs on your own computer. Nothing is sent anywhere.\n\n"
            "Free software under the MIT licence. Built with Qt, PyTorch, NumPy, OpenCV, Pillow, "
            "libvips and QtAwesome.",
        )
    )
    licenses = box.addButton(translate("status", "Licences"), QMessageBox.ButtonRole.HelpRole)
    licenses.setObjectName("licensesButton")
    licenses.clicked.connect(partial(_show_licenses, parent))
    box.addButton(QMessageBox.StandardButton.Close)
    box.open()


def _show_licenses(parent: QWidget) -> None:
    LicensesDialog(parent).open()
