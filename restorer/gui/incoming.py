"""What is chosen, dropped or pasted: photographs, a picture, or something we say no to."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QCoreApplication, QMimeData, QUrl
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from restorer.engine.files.photo_io import READ_SUFFIXES, can_read
from restorer.gui.messages import Message

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Incoming:
    """What came.

    Attributes:
        paths: Files that look like photographs.
        image: A picture that is no file, from the clipboard or a browser.
        refusal: Why there is neither.
    """

    paths: tuple[Path, ...] = ()
    image: QImage | None = None
    refusal: Message | None = None


def may_be_photo(mime: QMimeData) -> bool:
    """Say whether a drop is worth taking; what is wrong with it is said after the drop."""
    return mime.hasUrls() or mime.hasImage()


def look_at(mime: QMimeData) -> Incoming:
    """Return what is in a drop or on the clipboard."""
    urls = mime.urls()
    files = [_local_path(url) for url in urls if url.isLocalFile()]
    # Without a suffix the contents decide, when it is opened.
    photos = tuple(
        path for path in files if not path.is_dir() and (can_read(path) or not path.suffix)
    )
    if photos:
        return Incoming(paths=photos)
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QPixmap):
            image = image.toImage()
        # Where a picture was announced but cannot be decoded, this is None or a QByteArray.
        if isinstance(image, QImage) and not image.isNull():
            return Incoming(image=image)
    return Incoming(refusal=_refusal(files, has_urls=bool(urls)))


def choose(window: QWidget, folder: str) -> list[Path]:
    """Ask which photographs to open; none if that is cancelled."""
    kinds = " ".join(f"*{suffix}" for suffix in READ_SUFFIXES)
    photos, all_files = translate("incoming", "Photos"), translate("incoming", "All files")
    names, _ = QFileDialog.getOpenFileNames(
        window,
        translate("incoming", "Open photos"),
        folder,
        f"{photos} ({kinds} {kinds.upper()});;{all_files} (*)",
    )
    return [Path(name) for name in names]


def _local_path(url: QUrl) -> Path:
    if sys.platform == "win32":
        return Path(url.toLocalFile())
    # Names are bytes here; toLocalFile would lose those that are no UTF-8.
    name = url.path(QUrl.ComponentFormattingOption.FullyEncoded)
    return Path(os.fsdecode(unquote_to_bytes(name)))


def _refusal(files: list[Path], *, has_urls: bool) -> Message:
    advice = translate(
        "incoming",
        "Restorer reads JPEG, PNG, TIFF, WebP, AVIF, HEIC, BMP, GIF and camera raw files.",
    )
    if any(path.is_dir() for path in files):
        return Message(
            translate("incoming", "This is a folder"),
            translate("incoming", "Restorer opens photos, not folders."),
            translate("incoming", "Open the folder, choose the photos in it, and drop those."),
        )
    if files:
        return Message(
            translate("incoming", "This is no photo"),
            translate("incoming", "“{name}” is no picture that Restorer can read.").format(
                name=files[0].name
            ),
            advice,
        )
    if has_urls:
        return Message(
            translate("incoming", "This is a web address"),
            translate("incoming", "Restorer does not download anything."),
            translate("incoming", "Save the picture on this computer first, then drop the file."),
        )
    return Message(
        translate("incoming", "There is no picture"),
        translate("incoming", "The clipboard holds neither a picture nor a file of one."),
        translate("incoming", "Copy a picture in another program, then paste it here."),
    )
