from __future__ import annotations

import os

import numpy as np
import pytest
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
)

from restorer import paths
from restorer.engine.files.photo_io import WRITE_FORMATS
from restorer.gui.export_dialog import ExportDialog
from restorer.settings import Settings


@pytest.fixture
def make_dialog(qtbot):
    dialogs = []

    def make(photo, settings=None):
        dialog = ExportDialog(photo, settings or Settings())
        dialogs.append(dialog)
        qtbot.addWidget(dialog)
        return dialog

    return make


def field(dialog, kind, name):
    return dialog.findChild(kind, name)


def warning(dialog):
    return field(dialog, QLabel, "warning").text()


def button(dialog):
    return field(dialog, QPushButton, "exportButton")


def choose_format(dialog, key):
    box = field(dialog, QComboBox, "formatBox")
    box.setCurrentIndex(box.findData(key))


def test_offers_every_format(make_dialog, photo):
    box = field(make_dialog(photo()), QComboBox, "formatBox")
    assert [box.itemData(index) for index in range(box.count())] == list(WRITE_FORMATS)


def test_proposes_the_original_s_folder_name_and_format(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(source=tmp_path / "Ömi #1.JPEG"))
    assert dialog.path == tmp_path / "Ömi #1-restored.JPEG"
    assert dialog.options.format == "jpg"


def test_sample_is_not_exported_into_the_program(make_dialog, photo):
    sample = paths.resources_dir() / "sample" / "photo.jpg"
    dialog = make_dialog(photo(source=sample))
    assert not dialog.path.is_relative_to(paths.program_dir() / "resources")


def test_remembered_choices_come_first(make_dialog, photo, tmp_path):
    (tmp_path / "out").mkdir()
    settings = Settings(
        export_format="webp", export_quality=70, export_folder=str(tmp_path / "out")
    )
    dialog = make_dialog(photo(source=tmp_path / "a.png"), settings)
    assert dialog.path == tmp_path / "out" / "a-restored.webp"
    assert dialog.options.quality == 70


def test_another_format_changes_the_suffix(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    choose_format(dialog, "tif")
    assert dialog.path.name == "a-restored.tif"


def test_name_without_the_format_s_suffix_gets_it(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    field(dialog, QLineEdit, "nameField").setText("v1.2")
    assert dialog.path.name == "v1.2.png"


@pytest.mark.parametrize(
    ("typed", "key", "name"),
    [("scan.tif", "tif", "scan.tif"), ("scan.JPEG", "jpg", "scan.JPEG"),
     ("scan.bmp", "png", "scan.bmp.png"), ("scan", "png", "scan.png")],
)  # fmt: skip
def test_a_typed_suffix_chooses_the_format_or_what_the_file_will_be_is_said(
    make_dialog, photo, tmp_path, typed, key, name
):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    edit = field(dialog, QLineEdit, "nameField")
    edit.clear()
    QTest.keyClicks(edit, typed)
    assert (edit.text(), dialog.options.format, dialog.path.name) == (typed, key, name)
    notes = field(dialog, QLabel, "notes").text()
    assert (f"The file will be {name}." in notes) == (typed != name)


def test_quality_counts_for_lossy_formats_only(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    slider = field(dialog, QSlider, "qualitySlider")
    assert not slider.isEnabled()
    choose_format(dialog, "jpg")
    assert slider.isEnabled()


def test_says_what_the_format_cannot_hold(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(dtype=np.uint16, alpha=True, source=tmp_path / "a.png"))
    notes = field(dialog, QLabel, "notes")
    assert notes.text() == ""
    choose_format(dialog, "jpg")
    assert "16 bits" in notes.text()
    assert "transparency" in notes.text()


def test_existing_file_is_announced_before_it_is_replaced(make_dialog, photo, tmp_path):
    (tmp_path / "a-restored.png").write_bytes(b"old")
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    assert "replaced" in warning(dialog)
    assert button(dialog).text() == "Replace"
    assert button(dialog).isEnabled()


def test_original_is_never_replaced(make_dialog, photo, tmp_path):
    (tmp_path / "a.png").write_bytes(b"original")
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    field(dialog, QLineEdit, "nameField").setText("a.png")
    assert "original" in warning(dialog)
    assert not button(dialog).isEnabled()


@pytest.mark.parametrize("name", ["", "  ", "a/b.png"])
def test_impossible_name_cannot_be_exported(make_dialog, photo, tmp_path, name):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    field(dialog, QLineEdit, "nameField").setText(name)
    assert not button(dialog).isEnabled()
    assert warning(dialog)


def test_missing_folder_cannot_be_exported_to(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    field(dialog, QLineEdit, "folderField").setText(str(tmp_path / "none"))
    assert not button(dialog).isEnabled()


def test_browsing_sets_the_folder(make_dialog, photo, tmp_path, monkeypatch):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    (tmp_path / "chosen").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "chosen"))
    field(dialog, QPushButton, "browseButton").click()
    assert dialog.path.parent == tmp_path / "chosen"


def test_export_says_where_and_how(make_dialog, photo, tmp_path, qtbot):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    choose_format(dialog, "jpg")
    field(dialog, QSlider, "qualitySlider").setValue(81)
    with qtbot.waitSignal(dialog.export_chosen) as chosen:
        button(dialog).click()
    path, options = chosen.args
    assert path == tmp_path / "a-restored.jpg"
    assert (options.format, options.quality, options.overwrite) == ("jpg", 81, True)


def test_picture_too_long_for_the_format_is_refused_in_the_dialog(make_dialog, photo, tmp_path):
    dialog = make_dialog(photo(1, 16_400, source=tmp_path / "a.png"))
    choose_format(dialog, "webp")
    assert not button(dialog).isEnabled()


@pytest.mark.parametrize(("switch", "option", "default"), [
    ("recordSwitch", "has_record", True), ("timeSwitch", "keeps_time", False),
])  # fmt: skip
def test_switches_are_options_and_are_remembered(
    make_dialog, photo, tmp_path, switch, option, default
):
    picture = photo(source=tmp_path / "a.png")
    dialog = make_dialog(picture)
    assert getattr(dialog.options, option) is default
    field(dialog, QCheckBox, switch).click()
    assert getattr(dialog.options, option) is not default
    again = make_dialog(picture, dialog.settings(Settings()))
    assert getattr(again.options, option) is not default


def test_what_was_only_proposed_is_not_remembered(make_dialog, photo, tmp_path):
    sample = photo(source=paths.resources_dir() / "sample" / "photo.jpg")
    assert make_dialog(sample).settings(Settings()) == Settings()
    chosen = Settings(export_format="webp", export_folder=str(tmp_path))
    assert make_dialog(sample, chosen).settings(chosen) == chosen


def test_chosen_folder_and_format_are_remembered(make_dialog, photo, tmp_path):
    (tmp_path / "out").mkdir()
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    choose_format(dialog, "tif")
    field(dialog, QLineEdit, "folderField").setText(str(tmp_path / "out"))
    chosen = dialog.settings(Settings())
    assert (chosen.export_format, chosen.export_folder) == ("tif", str(tmp_path / "out"))


def test_folder_beside_the_original_is_remembered_as_such(make_dialog, photo, tmp_path):
    (tmp_path / "out").mkdir()
    settings = Settings(export_folder=str(tmp_path / "out"))
    dialog = make_dialog(photo(source=tmp_path / "a.png"), settings)
    field(dialog, QLineEdit, "folderField").setText(str(tmp_path))
    assert dialog.settings(settings).export_folder == ""


def test_what_comes_from_no_file_has_no_time_to_keep(make_dialog, photo):
    assert field(make_dialog(photo()), QCheckBox, "timeSwitch").isHidden()


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_name_the_system_cannot_hold_is_refused_in_the_dialog(make_dialog, photo, tmp_path, name):
    dialog = make_dialog(photo(source=tmp_path / "a.png"))
    field(dialog, QLineEdit, "nameField").setText(name)
    assert not button(dialog).isEnabled()
    assert "another name" in warning(dialog)


def test_folder_that_may_not_be_read_is_refused_in_the_dialog(
    make_dialog, photo, tmp_path, monkeypatch
):
    closed, stat = str(tmp_path / "closed"), os.stat

    def refuse(path, *args, **kwargs):
        if str(path).startswith(closed):
            raise PermissionError(13, "Permission denied", closed)
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", refuse)
    settings = Settings(export_folder=closed)  # not a reason to fail when the dialog opens
    dialog = make_dialog(photo(source=tmp_path / "a.png"), settings)
    field(dialog, QLineEdit, "folderField").setText(closed)
    assert not button(dialog).isEnabled()
    assert "another folder" in warning(dialog)


def test_fields_without_a_label_of_their_own_have_a_name_for_screen_readers(make_dialog, photo):
    dialog = make_dialog(photo())
    assert field(dialog, QSlider, "qualitySlider").accessibleName() == "Quality"
    assert field(dialog, QLineEdit, "folderField").accessibleName() == "Folder"


def test_large_font_makes_the_dialog_wider(make_dialog, photo, tmp_path, qapp):
    before = qapp.font()
    font = QFont(before)
    font.setPointSize(30)
    qapp.setFont(font)
    try:
        dialog = make_dialog(photo(source=tmp_path / "a.png"))
        dialog.show()
        for name in ("recordSwitch", "timeSwitch"):
            switch = field(dialog, QCheckBox, name)
            assert switch.width() >= switch.sizeHint().width()
    finally:
        qapp.setFont(before)
