from __future__ import annotations

import string
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from restorer import errors, paths
from restorer.gui import messages

EXAMPLES = [
    errors.RestorerError("x"),
    errors.PhotoError(Path("a.jpg"), "is odd"),
    errors.PhotoReadError(Path("a.jpg"), "is damaged"),
    errors.PhotoTooLargeError(Path("a.jpg"), megapixels=900.0, limit_megapixels=500.0),
    errors.PhotoWriteError(Path("a.jpg"), "cannot be written: the disk is full"),
    errors.PhotoExistsError(Path("a.jpg")),
    errors.ModelError(None, "m", "is odd"),
    errors.ModelNotFoundError(None, "m", "is not there"),
    errors.ModelDamagedError(None, "m", "is damaged"),
    errors.ModelUnsupportedError(None, "m", "is new"),
    errors.DeviceError("x"),
    errors.DeviceNotFoundError("cuda", "it has cpu"),
    errors.NotEnoughMemoryError("cuda:0", 64),
    errors.DeviceLostError("cuda:0"),
    errors.WrongNumbersError("cuda:0"),
    errors.RecordError("x"),
    errors.JobFileError(Path("a.jsonl"), "is damaged"),
    errors.RunFileError("a.run cannot be written."),
    errors.MaskError("The mask is empty: nothing in it is white."),
    errors.SettingsError("x"),
]


def subclasses(kind):
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


def test_every_error_has_a_message():
    missing = subclasses(errors.RestorerError) - set(messages.TABLE)
    assert not {kind for kind in missing if kind.__module__ == "restorer.errors"}


def test_every_error_is_among_the_examples():
    assert {type(error) for error in EXAMPLES} == set(messages.TABLE)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_message_names_the_facts_and_leaves_no_gap(qapp, error):
    words = messages.words_for(error)
    for text in (words.title, words.sentence, words.advice):
        assert text
        assert not [name for _, name, *_ in string.Formatter().parse(text) if name]
    if getattr(error, "path", None) is not None:
        assert "a.jpg" in words.sentence or "900" in words.sentence


def test_picture_that_is_no_file_has_a_name(qapp):
    words = messages.words_for(errors.PhotoReadError(None, "is odd"))
    assert "None" not in words.sentence


def test_error_is_shown_without_waiting_and_with_what_the_engine_knows(qtbot):
    box = messages.show_error(None, errors.PhotoReadError(Path("a.jpg"), "ends too early"))
    qtbot.addWidget(box)
    assert box.isVisible()
    assert "a.jpg ends too early." in box.informativeText()


def test_file_name_is_never_read_as_markup(qtbot):
    box = messages.show_error(None, errors.PhotoReadError(Path("<b>a.jpg"), "is odd"))
    qtbot.addWidget(box)
    labels = [label.text() for label in box.findChildren(QLabel)]
    assert any("<b>a.jpg" in text or "&lt;b&gt;a.jpg" in text for text in labels)


def test_mistake_of_ours_is_excused_with_details_to_copy(qtbot):
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        box = messages.show_error(None, error)
    qtbot.addWidget(box)
    assert str(paths.log_file()) in box.informativeText()
    assert "Traceback" in box.detailedText()
    box.findChild(QPushButton, "copyDetails").click()
    assert "ZeroDivisionError: by zero" in QGuiApplication.clipboard().text()
    assert box.isVisible()
