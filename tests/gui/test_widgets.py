"""The small widgets: settings, job bar, queue, start page, number choice."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QFocusEvent, QImage, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QProgressBar,
    QPushButton,
    QSpinBox,
)

from restorer.engine.jobs import Progress
from restorer.engine.mode import ChoiceParam, FloatParam, IntParam
from restorer.gui import incoming
from restorer.gui.forms import ElidedLabel
from restorer.gui.job_bar import JobBar, time_left_text
from restorer.gui.number_choice import NumberChoice
from restorer.gui.param_fields import make_field
from restorer.gui.photo_queue import Entry, EntryState, PhotoQueue, QueueList
from restorer.gui.settings_dialog import SettingsDialog
from restorer.gui.start_page import StartPage
from restorer.gui.status_text import time_needed_text
from restorer.settings import Settings

SCALE = FloatParam(
    key="scale", label="Scale", default=4, minimum=1, maximum=16, unit="×", choices=(1.5, 2, 3, 4)
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "a few seconds left"),
        (12, "about 10 s left"),
        (54, "about 55 s left"),
        (58, "about 1 min left"),
        (121, "about 2 min left"),
        (3600, "about 1 h 0 min left"),
        (5400, "about 1 h 30 min left"),
    ],
)
def test_time_left_is_no_more_exact_than_it_is(qapp, seconds, words):
    assert time_left_text(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [((1, 4), "Takes a few seconds,"), ((61, 179), "Takes about 1-3 min,")]
)
def test_time_needed_reads_as_a_sentence(qapp, seconds, words):
    assert time_needed_text(seconds).startswith(words)


@pytest.fixture
def job_bar(qtbot):
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.show_start("load")
    return bar


def test_progress_is_shown_with_time_left(job_bar):
    job_bar.show_progress(Progress(1, "tile", 0.25, 120.0))
    bar = job_bar.findChild(QProgressBar, "progressBar")
    assert bar.value() / bar.maximum() == pytest.approx(0.25)
    assert job_bar._left.text() == "25 % · about 2 min left"
    assert job_bar._stage.text() == "Restoring"


def test_unknown_progress_moves_without_a_number(job_bar):
    job_bar.show_progress(Progress(1, "load", None, None))
    assert job_bar.findChild(QProgressBar).maximum() == 0
    assert job_bar._left.text() == ""


def test_stopping_is_not_hidden_by_late_progress(job_bar):
    job_bar.show_stopping()
    job_bar.show_progress(Progress(1, "tile", 0.5, 3.0))
    assert job_bar._stage.text() == "Stopping…"
    assert not job_bar.findChild(QPushButton, "cancelButton").isEnabled()


def test_finishing_is_seen_at_once_and_can_still_be_left(job_bar):
    job_bar.show_start("load", can_finish_early=True)
    job_bar.show_finishing()
    job_bar.show_progress(Progress(1, "iteration", 0.5, 3.0))
    assert job_bar._stage.text() == "Stopping…"
    assert not job_bar.findChild(QPushButton, "finishEarlyButton").isEnabled()
    assert job_bar.findChild(QPushButton, "cancelButton").isEnabled()


def test_words_without_room_end_in_dots(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("a long file name.png · 12 megapixels")
    label.resize(1000, 30)
    assert label.shown_text == label.text()
    label.resize(80, 30)
    assert label.shown_text.endswith("…")
    assert len(label.shown_text) < len(label.text())


def test_stop_and_keep_is_offered_where_it_is_possible(job_bar, qtbot):
    button = job_bar.findChild(QPushButton, "finishEarlyButton")
    assert not button.isVisible()
    job_bar.show_start("load", can_finish_early=True)
    assert button.isVisible()
    with qtbot.waitSignal(job_bar.finish_early_clicked):
        button.click()


def test_one_photo_alone_replaces_one_alone():
    queue = PhotoQueue()
    queue.add([Path("a")])
    queue.add([Path("b")])
    assert [entry.path for entry in queue.entries] == [Path("b")]


def test_photos_join_a_queue_once():
    queue = PhotoQueue()
    queue.add([Path("a"), Path("b"), Path("a")])
    queue.add([Path("b")])
    queue.add([Path("c")])
    assert [entry.path for entry in queue.entries] == [Path("a"), Path("b"), Path("c")]


def test_queue_list_shows_and_offers_several(qtbot):
    queue, shown = PhotoQueue(), QueueList()
    qtbot.addWidget(shown)
    queue.add([Path("a.png")])
    shown.show_queue(queue.entries, Path("a.png"))
    assert shown.isHidden()
    queue.add([Path("a.png"), Path("b.png")])
    queue.set_state(Path("a.png"), EntryState.DONE)
    shown.show_queue(queue.entries, Path("a.png"))
    assert not shown.isHidden()
    assert shown.currentItem().text() == "a.png"
    assert "Exported" in shown.item(0).toolTip()
    assert shown.item(0).data(Qt.ItemDataRole.AccessibleDescriptionRole) == "Exported"
    with qtbot.waitSignal(shown.photo_chosen) as chosen:
        shown.itemClicked.emit(shown.item(1))
    assert chosen.args == [Path("b.png")]


def test_highlight_returns_to_the_open_photo_when_the_queue_is_left(qtbot):
    queue, shown = PhotoQueue(), QueueList()
    qtbot.addWidget(shown)
    queue.add([Path("a.png"), Path("b.png")])
    shown.show_queue(queue.entries, Path("a.png"))
    shown.setCurrentRow(1)  # by an arrow key
    QApplication.sendEvent(shown, QFocusEvent(QEvent.Type.FocusOut))
    assert shown.currentItem().text() == "a.png"


def test_the_photo_that_is_opened_comes_into_sight_and_the_list_stays_where_it_is(qtbot, qapp):
    shown = QueueList()
    qtbot.addWidget(shown)
    shown.resize(300, shown.height())
    entries = tuple(Entry(Path(f"photo {index}.png")) for index in range(30))
    for index in (29, 15, 20, 0):
        shown.show_queue(entries, entries[index].path)
        qapp.processEvents()
        assert shown.viewport().rect().contains(shown.visualItemRect(shown.item(index)))
    shown.horizontalScrollBar().setValue(12)
    shown.show_queue(entries, entries[0].path)
    assert shown.horizontalScrollBar().value() == 12


def test_file_name_that_is_no_text_can_be_chosen_from_the_queue(qtbot):
    queue, shown = PhotoQueue(), QueueList()
    qtbot.addWidget(shown)
    odd = Path(os.fsdecode(b"odd\xff.png"))
    queue.add([Path("a.png"), odd])
    shown.show_queue(queue.entries, Path("a.png"))
    with qtbot.waitSignal(shown.photo_chosen) as chosen:
        shown.itemClicked.emit(shown.item(1))
    assert chosen.args == [odd]


def test_tip_of_the_queue_takes_no_file_name_for_markup(qtbot):
    queue, shown = PhotoQueue(), QueueList()
    qtbot.addWidget(shown)
    queue.add([Path("<b>a<b>.png"), Path("b.png")])
    shown.show_queue(queue.entries, None)
    assert "&lt;b&gt;a" in shown.item(0).toolTip()


def test_number_is_picked_or_typed(qtbot):
    number = NumberChoice(SCALE, 4)
    qtbot.addWidget(number)
    buttons = [number.findChild(QPushButton, f"scaleChoice{index}") for index in range(4)]
    assert [button.isChecked() for button in buttons] == [False, False, False, True]
    with qtbot.waitSignal(number.value_changed):
        buttons[1].click()
    assert number.value == 2
    with qtbot.waitSignal(number.value_changed):
        number.findChild(QDoubleSpinBox, "scaleBox").setValue(2.5)
    assert number.value == 2.5
    assert not any(button.isChecked() for button in buttons)


def test_stored_number_out_of_range_gives_the_default(qtbot):
    number = NumberChoice(SCALE, 99)
    qtbot.addWidget(number)
    assert number.value == 4


STRENGTH = IntParam(key="strength", label="Strength", default=100, minimum=0, maximum=100)
COUNT = IntParam(key="count", label="Count", default=0, minimum=1, maximum=9, zero_text="Automatic")
EFFORT = ChoiceParam(
    key="effort", label="Effort", default="quick", choices=(("quick", "Quick"), ("best", "Best"))
)


def test_whole_number_is_typed(qtbot):
    field = make_field(STRENGTH, 40)
    qtbot.addWidget(field)
    assert field.value == 40
    with qtbot.waitSignal(field.value_changed):
        field.findChild(QSpinBox, "strengthBox").setValue(70)
    assert field.value == 70


def test_zero_is_shown_in_words(qtbot):
    field = make_field(COUNT, 0)
    qtbot.addWidget(field)
    assert field.findChild(QSpinBox, "countBox").text() == "Automatic"


def test_number_is_typed_over_the_words_for_zero_after_a_click(qtbot):
    field = make_field(COUNT, 0)
    qtbot.addWidget(field)
    field.show()
    line = field.findChild(QSpinBox, "countBox").lineEdit()
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(20, line.height() // 2))
    QTest.keyClicks(line, "5")
    assert field.value == 5


def test_word_is_chosen_from_a_list(qtbot):
    field = make_field(EFFORT, "best")
    qtbot.addWidget(field)
    assert (field.value, field.currentText()) == ("best", "Best")
    with qtbot.waitSignal(field.value_changed):
        field.setCurrentIndex(0)
    assert field.value == "quick"


@pytest.mark.parametrize(("param", "value"), [(STRENGTH, 101), (COUNT, "x"), (EFFORT, "huge")])
def test_stored_value_that_is_not_possible_gives_the_default(qtbot, param, value):
    field = make_field(param, value)
    qtbot.addWidget(field)
    assert field.value == param.default


def test_start_page_offers_three_ways(qtbot):
    page = StartPage()
    qtbot.addWidget(page)
    for name in ("open", "paste", "sample"):
        with qtbot.waitSignal(getattr(page, f"{name}_clicked")):
            page.findChild(QPushButton, f"{name}Button").click()


def test_settings_dialog_gives_what_was_chosen(qtbot):
    dialog = SettingsDialog(Settings(tile=300))
    qtbot.addWidget(dialog)
    tile = dialog.findChild(QComboBox, "tileBox")
    assert tile.currentData() == 300
    for name, value in (("themeBox", "dark"), ("languageBox", "zh_CN"), ("precisionBox", "fp32")):
        box = dialog.findChild(QComboBox, name)
        box.setCurrentIndex(box.findData(value))
    with qtbot.waitSignal(dialog.settings_chosen) as chosen:
        dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()
    assert chosen.args == [Settings(theme="dark", language="zh_CN", precision="fp32", tile=300)]


def mime_of(*urls):
    mime = QMimeData()
    mime.setUrls([QUrl(url) if "://" in url else QUrl.fromLocalFile(url) for url in urls])
    return mime


def test_photos_are_taken_from_among_other_files(qapp, tmp_path):
    found = incoming.look_at(mime_of(str(tmp_path / "ä #1.JPG"), str(tmp_path / "notes.txt")))
    assert found.paths == (tmp_path / "ä #1.JPG",)


def test_a_file_without_a_suffix_is_judged_by_its_contents_later(qapp, tmp_path):
    assert incoming.look_at(mime_of(str(tmp_path / "IMG_0012"))).paths == (tmp_path / "IMG_0012",)


@pytest.mark.parametrize("name", ["a b.png", "100%.png", "x%20y#1?.png", "老照片.png"])
def test_names_with_special_characters_are_kept(qapp, tmp_path, name):
    assert incoming.look_at(mime_of(str(tmp_path / name))).paths == (tmp_path / name,)


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_name_that_is_not_utf_8_is_kept(qapp):
    mime = QMimeData()
    mime.setUrls([QUrl.fromEncoded(b"file:///scans/%C0%CF.png")])  # GBK
    assert os.fsencode(incoming.look_at(mime).paths[0]) == b"/scans/\xc0\xcf.png"


@pytest.mark.parametrize(
    ("what", "title"),
    [("folder", "This is a folder"), ("notes.txt", "This is no photo"),
     ("https://example.org/a.jpg", "This is a web address")],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused_in_words(qapp, tmp_path, what, title):
    (tmp_path / "folder").mkdir()
    found = incoming.look_at(mime_of(what if "://" in what else str(tmp_path / what)))
    assert found.refusal.title == title
    assert not found.paths


def test_empty_clipboard_is_refused_in_words(qapp):
    assert incoming.look_at(QMimeData()).refusal.title == "There is no picture"


def test_picture_without_a_file_is_taken(qapp):
    mime = QMimeData()
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(0)
    mime.setImageData(image)
    assert incoming.look_at(mime).image.size() == image.size()


@pytest.mark.parametrize("data", [None, b""])
def test_picture_that_cannot_be_decoded_is_refused_in_words(qapp, data):
    mime = QMimeData()
    if data is None:
        mime.setImageData(None)
        mime.hasImage = lambda: True
    else:
        mime.setData("application/x-qt-image", data)
    assert incoming.look_at(mime).refusal.title == "There is no picture"


def test_pixmap_is_taken(qapp):
    mime = QMimeData()
    pixmap = QPixmap(3, 2)
    pixmap.fill(0)
    mime.setImageData(pixmap)
    assert incoming.look_at(mime).image.size() == pixmap.size()
