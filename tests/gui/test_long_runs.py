"""Deep Image Prior in the window: the curve, the time, sliders afterwards, runs gone on with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QMessageBox,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from restorer import paths
from restorer.engine import jobs
from restorer.engine.deep_prior import fitted, prior_picture, speeds
from restorer.engine.deep_prior.prior_picture import to_picture
from restorer.engine.files.photo_io import WriteOptions, read_photo
from restorer.engine.mode import Restored, Step
from restorer.gui import tasks
from restorer.gui.document import Document, State
from restorer.gui.main_window import MainWindow
from restorer.gui.photo_queue import PhotoQueue
from restorer.gui.settings_dialog import SettingsDialog
from restorer.modes.denoise import Denoise
from restorer.settings import Settings

SETTINGS = Settings(mode="denoise", values={"denoise.effort": "quick", "denoise.iterations": 40})

pytestmark = pytest.mark.usefixtures("tiny_prior")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(speeds, "_measure", lambda *_: speeds.Speed(0.0, 100.0))
    monkeypatch.setattr(jobs, "REPORT_INTERVAL_S", 0)
    monkeypatch.setattr(fitted, "FIRST_SNAPSHOT", 10)
    monkeypatch.setattr(prior_picture, "PREVIEW_INTERVAL_S", 0)


def find(window, kind, name):
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def forget_result(window):
    window.runner.abandon()
    window.document.result = None
    window.document.stop()


@pytest.fixture
def opened(make_window, tiny_model, saved_photo):
    window = make_window(SETTINGS)
    window.show()
    window.open_photos([saved_photo])
    return window


@pytest.fixture
def restored(opened):
    opened.restore()
    assert opened.document.state is State.RESTORED
    return opened


def pixels(window):
    return window.document.result.picture.photo.pixels


def test_the_time_is_said_before_the_start(opened):
    # 24 x 32 pixels, 40 iterations, 100 s for each and a megapixel
    assert "a few seconds" in find(opened, QLabel, "timeText").text()
    find(opened, QSpinBox, "iterationsBox").setValue(0)
    assert find(opened, QLabel, "timeText").text().startswith("Takes about 1-4 min")


def test_no_time_is_said_where_it_is_not_known(opened):
    box = find(opened, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData("upscale"))
    assert not find(opened, QLabel, "timeText").isVisible()


def test_a_time_that_comes_late_is_not_shown_in_another_mode(opened, instant_runner):
    instant_runner.is_held = True
    find(opened, QSpinBox, "iterationsBox").setValue(20)
    assert instant_runner.is_busy
    box = find(opened, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData("upscale"))
    instant_runner.finish()
    assert not find(opened, QLabel, "timeText").isVisible()


def test_strength_is_not_asked_before_the_run(opened):
    assert opened.findChild(QSpinBox, "strengthBox") is None


def test_the_curve_grows_while_it_runs(restored):
    plot = find(restored, QWidget, "heldOutPlot")
    assert plot.isVisible()
    assert [point.iteration for point in plot.points] == [10, 20, 30]
    assert "kept at" in plot.accessibleDescription()
    assert not plot.grab().isNull()


def test_the_scrubber_goes_through_the_snapshots(restored):
    best = pixels(restored)
    slider = find(restored, QSlider, "snapshotSlider")
    made = restored.document.result.fitted
    assert slider.value() == made.iterations.index(made.kept_iteration)
    assert slider.maximum() == len(made.iterations) - 1 > 1
    slider.setValue(0)
    assert restored.document.result.iteration == 10
    assert (pixels(restored) == made.blended(strength=100, iteration=10).pixels).all()
    slider.setValue(made.iterations.index(made.kept_iteration))
    assert (pixels(restored) == best).all()


def test_strength_blends_without_a_new_run(restored, instant_runner):
    original = restored.document.picture.photo.pixels
    runs = [job for job in instant_runner.jobs if job.kind == "restore"]
    full = pixels(restored).astype(int)
    find(restored, QSlider, "strengthSlider").setValue(50)
    assert abs(pixels(restored) - (full + original) / 2).max() <= 1
    find(restored, QSlider, "strengthSlider").setValue(0)
    assert (pixels(restored) == original).all()
    assert restored.document.result.facts["strength"] == 0
    assert [job for job in instant_runner.jobs if job.kind == "restore"] == runs


def test_a_changed_strength_is_not_saved_yet(restored, tmp_path):
    restored.document.set_saved()
    find(restored, QSlider, "strengthSlider").setValue(50)
    assert restored.document.has_unsaved_result


def test_a_strength_that_is_still_being_applied_is_not_saved_yet(restored, instant_runner):
    restored.document.set_saved()
    instant_runner.is_held = True
    find(restored, QSlider, "strengthSlider").setValue(50)
    assert restored.document.has_unsaved_result


def test_saving_waits_for_the_strength_that_was_chosen(restored, instant_runner, tmp_path):
    instant_runner.is_held = True
    find(restored, QSlider, "strengthSlider").setValue(0)
    restored.save_result(tmp_path / "out.png", WriteOptions())
    assert restored.document.state is State.SAVING
    assert find(restored, QPushButton, "cancelButton").isVisible()
    restored.restore()  # is not begun: it would take the result away
    instant_runner.is_held = False
    instant_runner.finish()
    assert restored.document.state is State.RESTORED
    written = read_photo(tmp_path / "out.png").pixels
    np.testing.assert_array_equal(written, restored.document.picture.photo.pixels)


def test_saving_that_waits_can_be_cancelled(restored, instant_runner, tmp_path):
    instant_runner.is_held = True
    slider = find(restored, QSlider, "strengthSlider")
    slider.setValue(0)
    restored.save_result(tmp_path / "out.png", WriteOptions())
    find(restored, QPushButton, "cancelButton").click()
    instant_runner.finish()
    assert restored.document.state is State.RESTORED
    assert slider.value() == restored.document.result.strength == 100
    slider.setValue(50)
    instant_runner.finish()
    assert restored.document.result.strength == 50
    assert not (tmp_path / "out.png").exists()


def test_a_failed_adjustment_shows_what_there_is_and_nothing_follows_it(
    restored, instant_runner, monkeypatch, tmp_path
):
    def refuse(*_):
        raise MemoryError

    monkeypatch.setattr(tasks, "adjust_result", refuse)
    instant_runner.is_held = True
    slider = find(restored, QSlider, "strengthSlider")
    slider.setValue(30)
    restored.close()
    find(restored, QPushButton, "exportAnswer").click()
    find(restored, QPushButton, "exportButton").click()
    instant_runner.finish()
    assert restored.document.state is State.RESTORED
    assert slider.value() == 100
    for box in restored.findChildren(QMessageBox):
        box.close()
    instant_runner.is_held = False
    restored.save_result(tmp_path / "out.png", WriteOptions())
    assert (tmp_path / "out.png").exists()
    assert restored.isVisible()  # closing was given up with the export


def test_copying_waits_for_the_strength_that_was_chosen(restored, instant_runner):
    instant_runner.is_held = True
    find(restored, QSlider, "strengthSlider").setValue(0)
    restored.copy_result()
    instant_runner.finish()
    copied = tasks.photo_from_image(QGuiApplication.clipboard().image())
    np.testing.assert_array_equal(copied.pixels, restored.document.picture.photo.pixels)


def test_keys_are_not_lost_while_the_sliders_are_applied(restored, instant_runner):
    instant_runner.is_held = True
    slider = find(restored, QSlider, "strengthSlider")
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Left)
    instant_runner.finish()  # the first, 99
    QTest.keyClick(slider, Qt.Key.Key_Left)
    while instant_runner.is_busy:
        instant_runner.finish()
    assert slider.value() == restored.document.result.strength == 96


def test_what_came_of_a_run_is_not_replaced_without_asking(restored, tmp_path):
    before = restored.document.result
    box = find(restored, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData("upscale"))
    restored.restore()
    assert find(restored, QPushButton, "exportAnswer").isVisible()
    assert restored.document.result is before
    find(restored, QPushButton, "discardAnswer").click()
    assert restored.document.result is not before


def test_a_run_that_cannot_be_kept_goes_on_without(opened, instant_runner, monkeypatch):
    def refuse(folder):
        raise OSError("read-only")

    monkeypatch.setattr("restorer.gui.long_runs.try_folder", refuse)
    opened.restore()
    assert opened.document.state is State.RESTORED
    assert opened.document.result.steps[0].checkpoint is None


def test_a_new_run_starts_with_its_own_strength(restored, instant_runner):
    restored.document.set_saved()
    instant_runner.is_held = True
    find(restored, QSlider, "strengthSlider").setValue(30)
    restored.restore()  # before that was applied
    find(restored, QPushButton, "discardAnswer").click()
    instant_runner.is_held = False
    instant_runner.finish()
    assert find(restored, QSlider, "strengthSlider").value() == 100


def test_only_the_newest_of_many_movements_is_done(restored, instant_runner):
    instant_runner.is_held = True
    slider = find(restored, QSlider, "strengthSlider")
    for value in (90, 60, 30):
        slider.setValue(value)
    instant_runner.finish()
    instant_runner.finish()
    assert not instant_runner.is_busy
    assert restored.document.result.strength == 30
    assert slider.value() == 30


def test_another_photo_gets_no_leftovers_of_the_sliders(restored, instant_runner, saved_photo):
    instant_runner.is_held = True
    restored.document.set_saved()
    find(restored, QSlider, "strengthSlider").setValue(10)
    restored.document.set_saved()
    restored.open_photos([saved_photo])
    assert restored.document.state is State.OPENING
    instant_runner.is_held = False
    instant_runner.finish()
    assert restored.document.state is State.READY
    assert restored.document.result is None
    assert not find(restored, QWidget, "runBar").isVisible()


def test_a_result_of_another_mode_has_no_sliders(restored):
    box = find(restored, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData("upscale"))
    restored.document.set_saved()
    restored.restore()
    assert not find(restored, QWidget, "runBar").isVisible()


def test_no_old_sliders_while_another_mode_runs(restored, instant_runner):
    box = find(restored, QComboBox, "modeBox")
    box.setCurrentIndex(box.findData("upscale"))
    instant_runner.is_held = True
    restored.document.set_saved()
    restored.restore()
    assert not find(restored, QWidget, "runBar").isVisible()
    restored.cancel_job()
    instant_runner.finish()
    assert find(restored, QSlider, "strengthSlider").isVisible()


def pause(window, runner, monkeypatch):
    """Run until the first point of the curve, then press Pause."""

    def report(progress):
        if progress.held_out is not None:
            find(window, QPushButton, "cancelButton").click()

    runner.progressed.connect(report)
    window.restore()
    runner.progressed.disconnect(report)
    assert window.document.state is State.READY


def test_a_paused_run_is_offered_and_ends_with_the_same_bits(
    opened, instant_runner, monkeypatch, make_window, saved_photo
):
    opened.restore()
    expected = pixels(opened)
    opened.document.set_saved()
    opened.open_photos([saved_photo])
    pause(opened, instant_runner, monkeypatch)
    assert len(list(paths.runs_dir().iterdir())) == 1
    other = make_window(SETTINGS)  # as after another start of the program
    other.show()
    other.open_photos([saved_photo])
    assert find(other, QPushButton, "runButton").text() == "Go on with it"
    assert find(other, QLabel, "stoppedRunText").isVisible()
    other.restore()
    np.testing.assert_array_equal(pixels(other), expected)
    assert list(paths.runs_dir().iterdir()) == []
    assert find(other, QPushButton, "runButton").text() == "Remove noise"


def test_a_stopped_run_can_be_thrown_away(opened, instant_runner, monkeypatch):
    pause(opened, instant_runner, monkeypatch)
    find(opened, QPushButton, "startOverButton").click()
    assert len(list(paths.runs_dir().iterdir())) == 1  # not without asking
    find(opened, QPushButton, "deleteAnswer").click()
    assert list(paths.runs_dir().iterdir()) == []
    assert find(opened, QPushButton, "runButton").text() == "Remove noise"
    assert not find(opened, QLabel, "stoppedRunText").isVisible()


def test_other_settings_of_the_program_are_another_run(opened, instant_runner, monkeypatch):
    pause(opened, instant_runner, monkeypatch)
    opened.edit_settings()
    dialog = opened.findChild(SettingsDialog)
    dialog.settings_chosen.emit(replace(opened.settings, tile=64))
    dialog.close()
    assert find(opened, QPushButton, "runButton").text() == "Remove noise"


def test_other_settings_are_another_run(opened, instant_runner, monkeypatch):
    pause(opened, instant_runner, monkeypatch)
    box = find(opened, QSpinBox, "iterationsBox")
    box.setValue(41)
    assert find(opened, QPushButton, "runButton").text() == "Remove noise"
    box.setValue(40)
    assert find(opened, QPushButton, "runButton").text() == "Go on with it"


def test_a_failed_measurement_is_no_message(make_window, saved_photo, monkeypatch, tiny_model):
    def refuse(*_):
        raise OSError("no")

    monkeypatch.setattr(speeds, "_measure", refuse)
    window = make_window(replace(SETTINGS))
    window.show()
    window.open_photos([saved_photo])
    assert window.document.state is State.READY
    assert not find(window, QLabel, "timeText").isVisible()


def test_leaving_a_run_says_that_it_is_kept(opened, instant_runner, saved_photo):
    instant_runner.is_held = True
    opened.restore()
    opened.open_photos([saved_photo])
    boxes = [box for box in opened.findChildren(QMessageBox) if box.isVisible()]
    assert "The run is kept" in boxes[0].informativeText()
    boxes[0].close()


def test_a_new_language_breaks_off_small_work_only(opened, instant_runner, make_window):
    instant_runner.is_held = True
    find(opened, QSpinBox, "iterationsBox").setValue(7)
    assert instant_runner.is_busy
    opened.choose_language("zh_CN")
    assert not instant_runner.is_busy


def test_all_of_it_works_in_the_real_thread(qtbot, runner, saved_photo, tiny_model):
    document = Document()
    window = MainWindow(SETTINGS, runner=runner, document=document, queue=PhotoQueue())
    qtbot.addWidget(window, before_close_func=forget_result)
    window.show()
    window.open_photos([saved_photo])
    qtbot.waitUntil(find(window, QLabel, "timeText").isVisible, timeout=60_000)
    window.restore()
    qtbot.waitUntil(lambda: document.state is State.RESTORED, timeout=60_000)
    for value in range(100, 20, -10):
        find(window, QSlider, "strengthSlider").setValue(value)
    qtbot.waitUntil(lambda: document.result.strength == 30, timeout=60_000)
    made = document.result.fitted
    assert (pixels(window) == made.blended(strength=30).pixels).all()
    qtbot.waitUntil(lambda: not runner.is_busy)


def test_the_run_of_a_result_that_nobody_takes_is_kept(photo, tmp_path, tiny_prior):
    path, token = tmp_path / "a.run", jobs.CancelToken()
    path.write_bytes(b"run")

    class Late(Denoise):
        def restore(self, photo, step, ctx):
            token.cancel()  # as closing the window does
            return Restored(photo, {}, fitted.Fitted(photo, to_picture(photo), 10, {}))

    step = Step(Late(), {}, checkpoint=path)
    tasks.restore_picture(photo(), (step,), jobs.RunContext(token=token))
    assert path.exists()
