from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from restorer.engine.device import Device
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.jobs import Progress
from restorer.engine.model_files import load_network, save_network
from restorer.errors import PhotoWriteError
from restorer.gui.document import State
from restorer.gui.export_dialog import ExportDialog
from restorer.gui.job_bar import JobBar
from restorer.gui.photo_queue import EntryState
from restorer.gui.settings_dialog import SettingsDialog
from restorer.settings import Settings


def find(window, kind, name):
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def press(window, name):
    """Click a button of the window or of the message that is open."""
    find(window, QPushButton, name).click()


def message(window):
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1
    return boxes[0]


def drop(window, *urls):
    mime = QMimeData()
    if urls:
        mime.setUrls(list(urls))
    else:
        mime.setText("no photo")
    where = QPoint(300, 300)
    keys = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton)
    enter = QDragEnterEvent(where, *keys, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        event = QDropEvent(QPointF(where), *keys, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window, event)
    return enter.isAccepted()


def clear_away():
    """Let go what was closed or replaced."""
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def local(path):
    return QUrl.fromLocalFile(str(path))


def three_photos(saved_photo, tmp_path):
    """Return a photograph and two small ones."""
    others = [tmp_path / "second.png", tmp_path / "third.png"]
    for path in others:
        Image.new("RGB", (8, 6)).save(path)
    return [saved_photo, *others]


@pytest.fixture
def opened(window, saved_photo):
    """A window with a photograph."""
    window.open_photos([saved_photo])
    return window


@pytest.fixture
def restored(opened):
    """A window with a result."""
    press(opened, "runButton")
    return opened


def test_starts_empty_and_inviting(window):
    assert window.document.state is State.EMPTY
    assert find(window, QPushButton, "openButton").isVisible()
    assert not find(window, QPushButton, "runButton").isEnabled()
    assert not window.actions_by_name["export"].isEnabled()


def test_dropped_photo_is_opened(window, saved_photo):
    assert drop(window, local(saved_photo))
    assert window.document.state is State.READY
    assert find(window, QWidget, "compareView").isVisible()
    assert "holiday.png" in window.windowTitle()
    assert "32 × 24" in find(window, QLabel, "photoText").text()


def test_a_drop_is_a_copy_whatever_key_is_held(window, saved_photo):
    mime = QMimeData()
    mime.setUrls([local(saved_photo)])
    possible = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    shift = (possible, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier)
    enter, end = QDragEnterEvent(QPoint(9, 9), *shift), QDropEvent(QPointF(9, 9), *shift)
    for event in (enter, end):
        event.setDropAction(Qt.DropAction.MoveAction)
        QApplication.sendEvent(window, event)
        assert event.isAccepted()
        assert event.dropAction() == Qt.DropAction.CopyAction


def test_dropped_text_is_not_taken(window):
    assert not drop(window)


def test_dropped_folder_is_refused_in_words(window, tmp_path):
    drop(window, local(tmp_path))
    assert message(window).text() == "This is a folder"
    assert window.document.state is State.EMPTY


def test_damaged_photo_is_said_and_the_old_one_stays(opened, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    before = opened.document.picture
    opened.open_photos([tmp_path / "bad.jpg"])
    assert message(opened).text() == "This file cannot be opened"
    assert opened.document.picture is before
    assert opened.document.state is State.READY


def test_sample_picture_opens(window):
    press(window, "sampleButton")
    assert window.document.state is State.READY
    assert window.document.picture.photo.width > 100


def test_chosen_photos_open_and_their_folder_is_remembered(window, saved_photo, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(saved_photo)], ""))
    press(window, "openButton")
    assert window.document.source == saved_photo
    assert window.settings.open_folder == str(saved_photo.parent)


def test_pasted_picture_opens_exactly(window, photo):
    pixels = np.ascontiguousarray(photo(5, 7).pixels)
    image = QImage(pixels.data, 7, 5, 21, QImage.Format.Format_RGB888).copy()
    QGuiApplication.clipboard().setImage(image)
    window.paste()
    np.testing.assert_array_equal(window.document.picture.photo.pixels, pixels)
    assert window.document.picture.photo.alpha is None


def test_pasted_file_opens(window, saved_photo):
    mime = QMimeData()
    mime.setUrls([local(saved_photo)])
    QGuiApplication.clipboard().setMimeData(mime)
    window.paste()
    assert window.document.source == saved_photo


def test_several_photos_make_a_queue_to_click_through(window, saved_photo, tmp_path):
    second = tmp_path / "second.png"
    Image.new("RGB", (8, 6)).save(second)
    drop(window, local(saved_photo), local(second))
    queue = find(window, QWidget, "queueList")
    assert queue.isVisible()
    queue.itemClicked.emit(queue.item(1))
    assert window.document.source == second
    assert queue.currentItem().text() == "second.png"


def test_photo_that_fails_is_marked_in_the_queue(window, saved_photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    window.open_photos([bad, saved_photo])
    message(window).close()
    assert [entry.state for entry in window.queue.entries] == [
        EntryState.FAILED,
        EntryState.WAITING,
    ]


def test_photo_that_opens_later_is_no_longer_marked(window, saved_photo, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    window.open_photos([bad, saved_photo])
    message(window).close()
    bad.write_bytes(saved_photo.read_bytes())
    queue = find(window, QListWidget, "queueList")
    queue.itemClicked.emit(queue.item(0))
    assert window.document.source == bad
    assert window.queue.entries[0].state is EntryState.WAITING


def test_going_back_to_the_open_photo_gives_up_the_other(
    window, instant_runner, saved_photo, tmp_path
):
    window.open_photos(three_photos(saved_photo, tmp_path))
    queue = find(window, QListWidget, "queueList")
    instant_runner.is_held = True
    queue.itemClicked.emit(queue.item(1))
    queue.itemClicked.emit(queue.item(0))
    assert not instant_runner.is_busy
    assert window.document.state is State.READY
    assert window.document.source == saved_photo
    assert queue.currentItem().text() == saved_photo.name


def test_tab_goes_through_the_panel_from_top_to_bottom(opened):
    choose_mode(opened, "denoise")
    choose_mode(opened, "upscale")
    clear_away()
    find(opened, QLabel, "proposal").setText('<a href="choose">Choose</a>')
    part, names = find(opened, QComboBox, "modeBox"), []
    while not names or names[-1] != "runButton":
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.objectName():
            names.append(part.objectName())
        part = part.nextInFocusChain()
    assert names.index("modelBox") < names.index("proposal") < names.index("scaleBox")
    assert names.index("scaleBox") < names.index("agreeChoice")
    assert names.index("agreeChoice") < names.index("deviceBox")


def test_the_window_can_be_small_while_a_photo_is_restored(opened):
    at_rest = opened.minimumSizeHint().height()
    opened.queue.add([Path("a.png"), Path("b.png")])
    for name in ("jobBar", "runBar"):
        find(opened, QWidget, name).show()
    QApplication.processEvents()
    opened.resize(900, 600)
    QApplication.processEvents()
    assert opened.height() == 600
    assert at_rest < find(opened, QWidget, "startPage").minimumSizeHint().height()


def test_a_long_time_left_does_not_make_the_window_wider(opened):
    bar = find(opened, JobBar, "jobBar")
    bar.show_start("iteration", can_finish_early=True)
    narrow = bar.minimumSizeHint().width()
    bar.show_progress(Progress(1, "iteration", 0.25, 7000.0))
    assert bar.minimumSizeHint().width() == narrow


def test_the_first_window_fits_the_screen(make_window):
    window = make_window(Settings(geometry=""))
    screen = window.screen().availableSize()
    assert window.width() <= screen.width() - 20
    assert window.height() <= screen.height() - 60


def test_the_first_photo_has_the_focus(window, saved_photo):
    find(window, QPushButton, "openButton").setFocus()
    window.open_photos([saved_photo])
    assert window.focusWidget() is window.compare_view


def test_the_wheel_changes_only_what_has_the_focus(opened):
    box = find(opened, QComboBox, "modeBox")
    where = QPointF(10, 10)

    def turn():
        event = QWheelEvent(
            where, box.mapToGlobal(where), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(box, event)

    turn()
    assert box.currentData() == "upscale"
    opened.activateWindow()
    box.setFocus()
    turn()
    assert box.currentData() != "upscale"


def test_a_photo_the_system_asks_for_waits_for_the_dialog(restored, saved_photo, tmp_path, qtbot):
    restored.export_result()
    restored.open_photos([saved_photo])
    assert restored.document.state is State.RESTORED
    find(restored, QPushButton, "exportButton").click()
    qtbot.waitUntil(lambda: restored.document.state is State.READY)
    assert (tmp_path / "holiday-restored.png").exists()


def test_size_of_the_result_is_shown_before(opened):
    find(opened, QDoubleSpinBox, "scaleBox").setValue(2.5)
    assert "80 × 60 pixels" in find(opened, QLabel, "sizeText").text()


def test_restoring_shows_the_result_and_how_it_was_made(restored):
    assert restored.document.state is State.RESTORED
    photo = restored.document.result.picture.photo
    assert (photo.height, photo.width) == (96, 128)
    note = find(restored, QLabel, "noteText").text()
    assert "128 × 96" in note
    assert "Tiny x4" in note
    assert restored.actions_by_name["export"].isEnabled()


def test_restoring_takes_the_chosen_scale_and_remembers_it(opened):
    find(opened, QPushButton, "scaleChoice1").click()
    press(opened, "runButton")
    assert opened.document.result.picture.photo.width == 64
    assert opened.settings.values == {"upscale.scale": 2, "upscale.agree": True}
    assert opened.settings.models == {"upscale": "tiny-x4"}


def test_tiles_are_shown_while_they_are_made(opened, instant_runner, qtbot):
    with qtbot.waitSignal(instant_runner.previewed) as previewed:
        press(opened, "runButton")
    region, image = previewed.args
    assert region == (0.0, 0.0, 1.0, 1.0)
    assert (image.width(), image.height()) == (128, 96)


def test_cancelled_restoration_leaves_the_document_unchanged(opened, instant_runner):
    before = opened.document.picture
    instant_runner.is_held = True
    press(opened, "runButton")
    assert opened.document.state is State.RESTORING
    assert find(opened, QPushButton, "cancelButton").isVisible()
    press(opened, "cancelButton")
    instant_runner.finish()
    assert opened.document.state is State.READY
    assert (opened.document.picture, opened.document.result) == (before, None)
    assert not find(opened, QPushButton, "cancelButton").isVisible()


def test_form_is_locked_while_restoring(opened, instant_runner):
    instant_runner.is_held = True
    press(opened, "runButton")
    for kind, name in ((QPushButton, "runButton"), (QComboBox, "modelBox"),
                       (QComboBox, "deviceBox"), (QDoubleSpinBox, "scaleBox")):  # fmt: skip
        assert not find(opened, kind, name).isEnabled(), name


def test_mistake_in_the_engine_is_said_and_work_goes_on(opened, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr("restorer.gui.tasks.restore_picture", broken)
    press(opened, "runButton")
    assert message(opened).text() == "Sorry, something went wrong"
    assert opened.document.state is State.READY


def test_without_a_model_the_window_says_so(make_window, saved_photo):
    window = make_window()
    window.show()
    window.open_photos([saved_photo])
    assert not find(window, QPushButton, "runButton").isEnabled()
    assert not window.actions_by_name["run"].isEnabled()
    assert not find(window, QComboBox, "modelBox").isEnabled()
    choose_mode(window, "denoise")  # needs none
    assert window.actions_by_name["run"].isEnabled()
    choose_mode(window, "upscale")
    assert "No model is installed" in find(window, QLabel, "aboutModel").text()


@pytest.fixture
def noisy(make_window, tiny_model, home, tmp_path):
    """A window with a noisy photograph, and a model that suits it but is not chosen."""
    network = load_network(tiny_model)
    path = home / "models" / "tiny-photo-x4.safetensors"
    save_network(network, replace(tiny_model, path=path, title="Photo x4", degradation="photo"))
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noisy.png")
    window = make_window()
    window.show()
    models = find(window, QComboBox, "modelBox")
    models.setCurrentText(tiny_model.title)
    window.open_photos([tmp_path / "noisy.png"])
    return window


def test_a_model_that_suits_the_photo_is_proposed_and_the_user_decides(noisy):
    models, proposal = find(noisy, QComboBox, "modelBox"), find(noisy, QLabel, "proposal")
    assert proposal.isVisible()
    assert "noise" in proposal.text()
    assert models.currentText() == "Tiny x4"
    proposal.linkActivated.emit("choose")
    assert models.currentText() == "Photo x4"
    assert not proposal.isVisible()


def test_no_other_model_can_be_chosen_while_restoring(noisy, instant_runner):
    instant_runner.is_held = True
    press(noisy, "runButton")
    assert not find(noisy, QLabel, "proposal").isEnabled()
    find(noisy, QComboBox, "modelBox").setCurrentText("Photo x4")  # makes new fields
    clear_away()
    for kind, name in ((QPushButton, "runButton"), (QComboBox, "modelBox"),
                       (QDoubleSpinBox, "scaleBox")):  # fmt: skip
        assert not find(noisy, kind, name).isEnabled(), name


def test_cleaning_is_offered_when_there_is_a_model_for_it(make_window, tiny_model, request):
    def modes(window):
        box = find(window, QComboBox, "modeBox")
        return [box.itemData(index) for index in range(box.count())]

    assert "clean" not in modes(make_window())
    request.getfixturevalue("tiny_cleaner")
    assert "clean" in modes(make_window())


def test_devices_are_offered_when_they_are_known(window, instant_runner):
    box = find(window, QComboBox, "deviceBox")
    assert box.count() == 1
    gpu, cpu = Device("cuda:0", "RTX 3060", 12e9, "fp16"), Device("cpu", "CPU", 8e9, "fp32")
    instant_runner.devices_listed.emit([gpu, cpu])
    assert [box.itemData(index) for index in range(3)] == ["auto", "cuda:0", "cpu"]
    assert box.currentData() == "auto"
    assert "RTX 3060" in box.itemText(0)


def test_remembered_device_is_chosen_again(make_window, tiny_model, instant_runner):
    window = make_window(Settings(device="cpu"))
    gpu, cpu = Device("cuda:0", "RTX 3060", 12e9, "fp16"), Device("cpu", "CPU", 8e9, "fp32")
    instant_runner.devices_listed.emit([gpu, cpu])
    assert find(window, QComboBox, "deviceBox").currentData() == "cpu"


def test_remembered_device_is_kept_until_the_devices_are_known(
    make_window, tiny_model, instant_runner, saved_photo
):
    window = make_window(Settings(device="cpu"))
    window.open_photos([saved_photo])
    press(window, "runButton")
    assert window.document.result.steps[0].compute.device == "cpu"
    assert window.current_settings().device == "cpu"
    gpu, cpu = Device("cuda:0", "RTX 3060", 12e9, "fp16"), Device("cpu", "CPU", 8e9, "fp32")
    instant_runner.devices_listed.emit([gpu, cpu])
    assert find(window, QComboBox, "deviceBox").currentData() == "cpu"


def test_each_mode_keeps_what_was_chosen_for_it(opened):
    find(opened, QDoubleSpinBox, "scaleBox").setValue(2.5)
    choose_mode(opened, "denoise")
    assert opened.current_settings().values["upscale.scale"] == 2.5
    find(opened, QSpinBox, "iterationsBox").setValue(500)
    opened.edit_settings()  # which gives back what the window knows
    find(opened, SettingsDialog, "")._accept()
    choose_mode(opened, "upscale")
    assert opened._layout.panel.step().params["scale"] == 2.5
    assert opened.current_settings().values["denoise.iterations"] == 500


def test_the_language_cannot_be_changed_during_a_job(opened, instant_runner):
    language = opened.findChild(QAction, "languageAction")
    assert language.isEnabled()
    instant_runner.is_held = True
    press(opened, "runButton")
    assert not language.isEnabled()
    instant_runner.finish()
    assert language.isEnabled()


def test_exported_file_holds_the_result(restored, tmp_path):
    restored.export_result()
    dialog = find(restored, ExportDialog, "")
    dialog.findChild(QPushButton, "exportButton").click()
    written = np.asarray(Image.open(tmp_path / "holiday-restored.png"))
    np.testing.assert_array_equal(written, restored.document.result.picture.photo.pixels)
    assert not restored.document.has_unsaved_result
    assert "Show in folder" in find(restored, QLabel, "noteText").text()


def test_failed_export_keeps_the_result_unsaved(restored, tmp_path):
    from restorer.engine.files.photo_io import WriteOptions

    restored.save_result(tmp_path / "none" / "a.png", WriteOptions())
    assert message(restored).text() == "The result was not saved"
    assert restored.document.has_unsaved_result


def test_a_folder_that_took_no_file_is_not_proposed_again(restored, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise PhotoWriteError(tmp_path / "full", "the folder takes no files")

    (tmp_path / "full").mkdir()
    before = restored.settings.export_folder
    monkeypatch.setattr("restorer.gui.main_window.save_photo", fail)
    export_to(restored, tmp_path / "full")
    assert message(restored).text() == "The result was not saved"
    assert restored.settings.export_folder == before
    monkeypatch.undo()
    export_to(restored, tmp_path / "full")
    assert restored.settings.export_folder == str(tmp_path / "full")


def export_to(window, folder):
    clear_away()
    window.export_result()
    dialog = find(window, ExportDialog, "")
    dialog.findChild(QLineEdit, "folderField").setText(str(folder))
    dialog.findChild(QPushButton, "exportButton").click()


def test_result_is_copied_to_the_clipboard(restored):
    restored.copy_result()
    assert QGuiApplication.clipboard().image().width() == 128


def test_drop_over_an_unsaved_result_asks_first(restored, saved_photo):
    drop(restored, local(saved_photo))
    assert message(restored).text() == "Export the result first?"
    assert restored.document.result is not None
    press(restored, "discardAnswer")
    assert restored.document.result is None
    assert restored.document.state is State.READY


def test_export_as_answer_exports_and_then_opens(restored, saved_photo, tmp_path):
    restored.open_photos([saved_photo])
    press(restored, "exportAnswer")
    find(restored, ExportDialog, "").findChild(QPushButton, "exportButton").click()
    assert (tmp_path / "holiday-restored.png").exists()
    assert restored.document.state is State.READY


def test_closing_with_an_unsaved_result_asks_first(restored):
    assert not restored.close()
    assert message(restored).text() == "Export the result first?"
    press(restored, "discardAnswer")
    assert not restored.isVisible()


def test_closing_while_restoring_asks_first(opened, instant_runner):
    instant_runner.is_held = True
    press(opened, "runButton")
    assert not opened.close()
    press(opened, "stopAnswer")
    assert not opened.isVisible()
    assert not instant_runner.is_busy


def test_closing_while_saving_waits_for_the_file(restored, instant_runner, tmp_path):
    from restorer.engine.files.photo_io import WriteOptions

    instant_runner.is_held = True
    restored.save_result(tmp_path / "late.png", WriteOptions())
    assert not restored.close()
    instant_runner.finish()
    assert not restored.isVisible()
    assert (tmp_path / "late.png").exists()


def test_another_photo_while_opening_wins(window, instant_runner, saved_photo, tmp_path):
    instant_runner.is_held = True
    window.open_photos([tmp_path / "slow.png"])
    window.open_photos([saved_photo])
    instant_runner.finish()
    assert window.document.source == saved_photo


def test_settings_are_kept_when_the_window_closes(window, qtbot):
    with qtbot.waitSignal(window.settings_changed) as changed:
        window.close()
    assert changed.args[0].geometry


def test_precision_and_tile_of_the_settings_are_used(opened, instant_runner, qtbot):
    opened.edit_settings()
    dialog = find(opened, SettingsDialog, "")
    for name, value in (("precisionBox", "bf16"), ("tileBox", 128)):
        box = find(dialog, QComboBox, name)
        box.setCurrentIndex(box.findData(value))
    dialog._accept()
    press(opened, "runButton")
    step = opened.document.result.steps[0]
    assert (step.compute.precision, step.compute.tile) == ("bf16", 128)


def test_every_action_has_its_icon(window):
    for name, action in window.actions_by_name.items():
        assert not action.icon().isNull(), name


def test_about_names_the_version(window):
    from restorer import __version__

    window.show_about()
    assert __version__ in message(window).text()


def choose_mode(window, mode):
    box = find(window, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData(mode))


def test_modes_that_need_a_mask_are_not_offered(opened):
    assert find(opened, QComboBox, "modeBox").findData("repair") == -1


@pytest.mark.usefixtures("tiny_prior")
def test_denoising_takes_what_is_chosen_and_remembers_it(opened):
    choose_mode(opened, "denoise")
    find(opened, QSpinBox, "iterationsBox").setValue(3)
    effort = find(opened, QComboBox, "effortChoice")
    effort.setCurrentIndex(effort.findData("quick"))
    device = find(opened, QComboBox, "deviceBox")
    device.addItem("Processor", "cpu")
    device.setCurrentIndex(device.findData("cpu"))
    press(opened, "runButton")
    facts = opened.document.result.facts
    assert (facts["iterations"], facts["strength"], facts["effort"]) == (3, 100, "quick")
    assert "3 iterations" in find(opened, QLabel, "noteText").text()
    assert opened.settings.values["denoise.effort"] == "quick"
    assert opened.settings.values["denoise.iterations"] == 3


@pytest.mark.usefixtures("tiny_prior")
def test_denoising_can_be_stopped_and_kept(opened, instant_runner):
    choose_mode(opened, "denoise")
    instant_runner.is_held = True
    press(opened, "runButton")
    button = find(opened, QPushButton, "finishEarlyButton")
    assert button.isVisible()
    button.click()
    assert find(opened, QLabel, "stageText").text() == "Stopping…"
    assert not button.isEnabled()
    assert find(opened, QPushButton, "cancelButton").isEnabled()


def test_a_third_photo_while_the_second_opens_is_not_asked_about_again(
    window, instant_runner, saved_photo, tmp_path
):
    window.open_photos(three_photos(saved_photo, tmp_path))
    press(window, "runButton")
    queue = find(window, QListWidget, "queueList")
    instant_runner.is_held = True
    queue.itemClicked.emit(queue.item(1))
    press(window, "discardAnswer")
    clear_away()
    queue.itemClicked.emit(queue.item(2))
    assert not window.findChildren(QMessageBox)
    instant_runner.finish()
    assert window.document.source == tmp_path / "third.png"


def test_closing_while_a_photo_opens_asks_nothing(restored, instant_runner, saved_photo):
    restored.open_photos([saved_photo])
    instant_runner.is_held = True
    press(restored, "discardAnswer")
    assert restored.document.state is State.OPENING
    assert restored.close()


def test_stopping_shows_the_result_from_before_again(restored, instant_runner, saved_photo):
    instant_runner.is_held = True
    press(restored, "runButton")
    instant_runner.previewed.emit((0.0, 0.0, 0.5, 1.0), QImage(16, 12, QImage.Format.Format_RGB888))
    restored.open_photos([saved_photo])
    press(restored, "stopAnswer")
    clear_away()
    message(restored).button(QMessageBox.StandardButton.Cancel).click()
    comparison = restored.compare_view._comparison
    assert comparison.after is not None
    assert not comparison.previews.levels


def test_file_name_is_never_read_as_markup(window, saved_photo):
    odd = saved_photo.rename(saved_photo.with_name("<b>holiday<b>.png"))
    window.open_photos([odd])
    label = find(window, QLabel, "photoText")
    assert label.text().startswith(odd.name)
    assert label.textFormat() == Qt.TextFormat.PlainText


@pytest.mark.parametrize("mode", ["upscale", "denoise"])
def test_what_takes_an_input_has_a_name_for_screen_readers(window, saved_photo, mode):
    window.open_photos([saved_photo])
    box = find(window, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData(mode))
    kinds = QComboBox | QAbstractSpinBox | QSlider | QProgressBar
    unnamed = [
        widget.objectName()
        for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds) and not widget.accessibleName()
    ]
    assert not unnamed


@pytest.mark.parametrize("name", ["noteText", "proposal"])
def test_links_can_be_reached_by_keyboard_and_nothing_else_there(window, name):
    label = find(window, QLabel, name)
    assert not label.focusPolicy() & Qt.FocusPolicy.TabFocus
    label.setText('Exported · <a href="file:///a">Show in folder</a>')
    assert label.focusPolicy() & Qt.FocusPolicy.TabFocus
    label.setText("Restored")
    assert not label.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_long_name_leaves_the_link_to_the_folder_in_sight(window, saved_photo, tmp_path):
    window.open_photos([saved_photo])
    press(window, "runButton")
    window.save_result(tmp_path / f"{'a_long_name_' * 8}.png", WriteOptions())
    note = find(window, QLabel, "noteText")
    window.resize(1280, 820)
    assert "Show in folder" in note.text()
    assert note.sizeHint().width() <= 600
