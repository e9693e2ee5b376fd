"""Words for what went wrong: each error has a title, a sentence and advice."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from restorer import errors, paths
from restorer.text import mark

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Message:
    """What a user is told.

    Attributes:
        title: A few words.
        sentence: What happened; {name} and other fields of the error stand in braces.
        advice: What to do.
    """

    title: str
    sentence: str
    advice: str


TABLE: dict[type[errors.RestorerError], Message] = {
    errors.RestorerError: Message(
        mark("messages", "That did not work"),
        mark("messages", "Restorer could not do this."),
        mark("messages", "Try again with other settings."),
    ),
    errors.PhotoError: Message(
        mark("messages", "Problem with the photo"),
        mark("messages", "“{name}” cannot be used."),
        mark("messages", "Choose another file."),
    ),
    errors.PhotoReadError: Message(
        mark("messages", "This file cannot be opened"),
        mark("messages", "“{name}” is missing, damaged, or no picture that Restorer can read."),
        mark(
            "messages",
            "See whether another program opens it. Restorer reads JPEG, PNG, TIFF, WebP, AVIF, "
            "HEIC, BMP, GIF and camera raw files.",
        ),
    ),
    errors.PhotoTooLargeError: Message(
        mark("messages", "The picture is too large"),
        mark(
            "messages",
            "It would take {megapixels} megapixels; {limit_megapixels} are possible here.",
        ),
        mark("messages", "Choose a smaller scale, close other programs, or use a smaller photo."),
    ),
    errors.PhotoWriteError: Message(
        mark("messages", "The result was not saved"),
        mark("messages", "“{name}” cannot be written. No part of it was left behind."),
        mark("messages", "Choose another folder, or another name or format."),
    ),
    errors.PhotoExistsError: Message(
        mark("messages", "This file exists already"),
        mark("messages", "There is a “{name}” in this folder. It was not touched."),
        mark("messages", "Choose another name, or agree to replace it."),
    ),
    errors.ModelError: Message(
        mark("messages", "Problem with the model"),
        mark("messages", "The model “{name}” cannot be used."),
        mark("messages", "Choose another model."),
    ),
    errors.ModelNotFoundError: Message(
        mark("messages", "The model is missing"),
        mark("messages", "The model “{name}” is not installed."),
        mark("messages", "Choose another model, or install Restorer again."),
    ),
    errors.ModelDamagedError: Message(
        mark("messages", "The model is damaged"),
        mark("messages", "The file of the model “{name}” is incomplete or was changed."),
        mark("messages", "Get the file again, or install Restorer again."),
    ),
    errors.ModelUnsupportedError: Message(
        mark("messages", "The model does not fit"),
        mark("messages", "The model “{name}” was made for another program or a newer Restorer."),
        mark("messages", "Choose another model, or update Restorer."),
    ),
    errors.DeviceError: Message(
        mark("messages", "Problem with the device"),
        mark("messages", "The device that computes could not do its work."),
        mark("messages", "Choose another device in the panel, for example the processor."),
    ),
    errors.DeviceNotFoundError: Message(
        mark("messages", "The device is not there"),
        mark("messages", "This computer has no device “{device}”."),
        mark("messages", "Choose “Automatic” in the panel."),
    ),
    errors.NotEnoughMemoryError: Message(
        mark("messages", "Not enough memory"),
        mark(
            "messages", "The memory of “{device}” is too small even for tiles of {tile_px} pixels."
        ),
        mark("messages", "Close other programs, or choose the processor as the device."),
    ),
    errors.WrongNumbersError: Message(
        mark("messages", "The device computes wrongly"),
        mark("messages", "“{device}” gave values that are no numbers, also in full precision."),
        mark("messages", "Choose another device or model in the panel."),
    ),
    errors.RecordError: Message(
        mark("messages", "This result cannot be made again"),
        mark("messages", "The record of what was done is missing, damaged, or does not fit."),
        mark("messages", "Restore the original with the settings of your choice."),
    ),
    errors.JobFileError: Message(
        mark("messages", "The job file cannot be used"),
        mark("messages", "The job file of this batch is damaged or was made with other settings."),
        mark("messages", "Start the batch anew."),
    ),
    errors.DeviceLostError: Message(
        mark("messages", "The device stopped working"),
        mark("messages", "“{device}” did not answer any more."),
        mark(
            "messages",
            "Choose the processor as the device, or start Restorer again. Your photo is unharmed.",
        ),
    ),
    errors.RunFileError: Message(
        mark("messages", "The run cannot be kept"),
        mark("messages", "Its file cannot be written, or read again."),
        mark("messages", "Free some space on the disk, or start over."),
    ),
    errors.MaskError: Message(
        mark("messages", "The mask cannot be used"),
        mark("messages", "It does not say which parts of the photo are to be repaired."),
        mark("messages", "Mark the damaged parts, and leave the rest of the photo free."),
    ),
    errors.SettingsError: Message(
        mark("messages", "A setting is not possible"),
        mark("messages", "One of the chosen values cannot be used."),
        mark("messages", "Choose another value in the panel or in Settings."),
    ),
}


def words_for(error: errors.RestorerError) -> Message:
    """Return the translated message for an error, with its facts filled in."""
    message = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    facts = {key: _as_text(value) for key, value in vars(error).items()}
    path = getattr(error, "path", None)
    facts.setdefault("name", path.name if path else translate("messages", "The picture"))
    return Message(
        translate("messages", message.title),
        translate("messages", message.sentence).format(**facts),
        translate("messages", message.advice),
    )


def show_error(parent: QWidget | None, error: BaseException) -> QMessageBox:
    """Show what went wrong, without waiting for the answer."""
    if isinstance(error, errors.RestorerError):
        words = words_for(error)
        # The engine knows more than the table, in English; a translated window says it last.
        facts = str(error)
        return show_message(parent, words, facts=facts)
    return _show_bug(parent, error)


def show_message(parent: QWidget | None, words: Message, *, facts: str = "") -> QMessageBox:
    """Show a message, without waiting for the answer."""
    box = _make_box(parent, words.title, QMessageBox.Icon.Warning)
    advice = f"{words.advice}\n\n{facts}" if facts else words.advice
    _fill(box, words.title, f"{words.sentence}\n\n{advice}")
    box.open()
    return box


def make_question(parent: QWidget, title: str, text: str) -> QMessageBox:
    """Return a box that asks; the caller adds the answers and opens it."""
    box = _make_box(parent, title, QMessageBox.Icon.Question)
    _fill(box, title, text)
    return box


def _show_bug(parent: QWidget | None, error: BaseException) -> QMessageBox:
    title = translate("messages", "Sorry, something went wrong")
    text = translate(
        "messages",
        "This is a mistake in Restorer, not in your photo. You can go on, and save a result that "
        "is there. If it happens again, please report it with the details below.\n\n"
        "Log file: {path}",
    ).format(path=paths.log_file())
    details = "".join(traceback.format_exception(error))
    box = _make_box(parent, title, QMessageBox.Icon.Critical)
    _fill(box, title, text)
    box.setDetailedText(details)
    copy = box.addButton(translate("messages", "Copy details"), QMessageBox.ButtonRole.ActionRole)
    copy.setObjectName("copyDetails")
    # Otherwise the box closes like with any other of its buttons.
    copy.clicked.disconnect()
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
    box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
    return box


def _make_box(parent: QWidget | None, title: str, icon: QMessageBox.Icon) -> QMessageBox:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setIcon(icon)
    return box


def _fill(box: QMessageBox, title: str, text: str) -> None:
    box.setTextFormat(Qt.TextFormat.PlainText)  # a file name may look like markup
    box.setText(title)
    box.setInformativeText(text)


def _as_text(value: object) -> str:
    if isinstance(value, float):
        return QLocale().toString(value, "f", 0)
    return str(value)
