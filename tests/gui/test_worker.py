"""The rules of the worker thread, with the real thread. The numbers are those of the rules."""

from __future__ import annotations

import logging
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThread
from PySide6.QtGui import QImage

from restorer import logs
from restorer.engine.jobs import Job
from restorer.engine.photo import Photo
from restorer.errors import PhotoReadError
from restorer.gui import worker
from restorer.gui.worker import JobRunner, RestoreWorker


def give(value, ctx):
    return value


def fail(error, ctx):
    raise error


def thread_of(ctx):
    return threading.get_ident()


def wait_for(event, started, ctx):
    """Work until cancelled, or until event is set."""
    started.set()
    while not event.wait(0.005):
        ctx.step("tile", 1, 4)
    return "done"


def ignore_cancel(event, started, ctx):
    started.set()
    event.wait(5)
    return "late"


def finish_early(started, ctx):
    started.set()
    while not ctx.finish_requested:
        ctx.step("iteration", 1, 4)
    return "kept"


def preview_part(photo, threads, ctx):
    threads.append(threading.get_ident())
    ctx.preview((0.0, 0.0, 0.5, 1.0), photo)
    ctx.step("tile", 1, 2)


@pytest.fixture
def heard(runner):
    """What the runner said: names of signals, in order."""
    said = []
    for name in ("finished", "failed", "cancelled"):
        getattr(runner, name).connect(lambda *values, name=name: said.append((name, *values)))
    return said


def test_jobs_run_one_after_another_in_one_other_thread(runner, qtbot):  # rule 1
    threads = []
    for _ in range(2):
        with qtbot.waitSignal(runner.finished) as done:
            runner.start(Job("open", thread_of))
        threads.append(done.args[1])
    assert threads[0] == threads[1] != threading.get_ident()


def test_second_job_is_refused_while_one_runs(runner, qtbot):  # rule 1
    with qtbot.waitSignal(runner.finished):
        runner.start(Job("open", partial(give, 1)))
        with pytest.raises(RuntimeError, match="still running"):
            runner.start(Job("open", partial(give, 2)))


def test_photo_passes_by_reference_and_cannot_be_changed(runner, qtbot, photo):  # rule 2
    picture = photo()
    with qtbot.waitSignal(runner.finished) as done:
        runner.start(Job("open", partial(give, picture)))
    assert done.args[1] is picture
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


def test_signals_arrive_in_the_window_s_thread(runner, qtbot):  # rule 3
    threads = []
    runner.finished.connect(lambda *_: threads.append(threading.get_ident()))
    with qtbot.waitSignal(runner.finished):
        runner.start(Job("open", partial(give, 1)))
    assert threads == [threading.get_ident()]


def test_worker_is_connected_to_methods_of_the_runner_only():  # rule 3
    source = Path(worker.__file__).read_text("utf-8")
    lines = [line.strip() for line in source.splitlines()]
    connected = [
        line.partition("connect(")[2]
        for line in lines
        if line.startswith("self._worker.") and "connect(" in line
    ]
    assert connected
    assert all(text.startswith("self._on_worker_") for text in connected)


def test_what_an_abandoned_job_says_is_dropped(runner, qtbot, heard):  # rules 4 and 5
    release, started = threading.Event(), threading.Event()
    runner.start(Job("restore", partial(ignore_cancel, release, started)))
    assert started.wait(1)
    runner.abandon()
    with qtbot.waitSignal(runner.finished):
        runner.start(Job("open", partial(give, "new")))
        release.set()
    assert [(name, values[1]) for name, *values in heard] == [("finished", "new")]


@pytest.mark.parametrize(
    ("run", "name"),
    [(partial(give, 1), "finished"), (partial(fail, PhotoReadError(None, "x")), "failed")],
)
def test_each_job_ends_once(runner, qtbot, heard, run, name):  # rule 5
    with qtbot.waitSignal(getattr(runner, name)):
        runner.start(Job("open", run))
    with qtbot.waitSignal(runner.finished):  # all that the first said is here by then
        runner.start(Job("open", partial(give, 2)))
    assert [said[0] for said in heard] == [name, "finished"]


def test_cancel_ends_a_job_at_its_next_step(runner, qtbot, heard):  # rules 5 and 6
    started = threading.Event()
    with qtbot.waitSignal(runner.cancelled, timeout=1000):
        runner.start(Job("restore", partial(wait_for, threading.Event(), started)))
        assert started.wait(1)
        runner.cancel()
    assert [said[0] for said in heard] == ["cancelled"]
    assert not runner.is_busy


@pytest.mark.parametrize(
    ("kind", "end"), [("adjust", "cancelled"), ("estimate", "cancelled"), ("restore", "finished")]
)
def test_what_would_follow_small_work_does_not_where_cancel_came_late(
    runner, qtbot, heard, kind, end
):
    release, started = threading.Event(), threading.Event()
    runner.start(Job(kind, partial(ignore_cancel, release, started)))
    assert started.wait(5)
    runner.cancel()
    with qtbot.waitSignal(getattr(runner, end), timeout=5000):
        release.set()
    assert [said[0] for said in heard] == [end]


def test_job_cancelled_before_it_began_does_nothing(runner, qtbot):  # rule 6
    release, started, touched = threading.Event(), threading.Event(), []
    runner.start(Job("restore", partial(ignore_cancel, release, started)))
    runner.abandon()
    with qtbot.waitSignal(runner.cancelled, timeout=30_000):
        runner.start(Job("open", partial(lambda ctx: touched.append(1))))
        runner.cancel()
        release.set()
    assert not touched


def test_finish_early_keeps_what_is_there(runner, qtbot):  # rule 6
    started = threading.Event()
    with qtbot.waitSignal(runner.finished) as done:
        runner.start(Job("restore", partial(finish_early, started)))
        assert started.wait(1)
        runner.finish_early()
    assert done.args[1] == "kept"


def test_any_exception_arrives_with_its_traceback_and_the_next_job_runs(
    runner, qtbot, caplog
):  # rule 7
    error = ZeroDivisionError("a mistake")
    with caplog.at_level(logging.CRITICAL), qtbot.waitSignal(runner.failed) as failed:
        runner.start(Job("restore", partial(fail, error)))
    assert failed.args[1] is error
    assert error.__traceback__ is not None
    with qtbot.waitSignal(runner.finished):
        runner.start(Job("open", partial(give, 1)))


def test_exceptions_are_caught_in_one_place_of_the_program():  # rule 7
    package = Path(worker.__file__).parent.parent
    places = [
        path.name
        for path in package.rglob("*.py")
        if "training" not in path.parts and "except Exception" in path.read_text("utf-8")
    ]
    # The self-test reports what is broken, whatever it is.
    assert sorted(places) == ["self_test.py", "worker.py"]


def test_shut_down_while_working_stops_the_thread(qapp, qtbot):  # rule 8
    runner, started = JobRunner(), threading.Event()
    runner.start(Job("restore", partial(wait_for, threading.Event(), started)))
    assert started.wait(1)
    assert runner.shut_down(2000)
    assert not runner.findChild(QThread).isRunning()


def test_shut_down_says_so_when_a_step_does_not_end(qapp):  # rule 8
    runner, release, started = JobRunner(), threading.Event(), threading.Event()
    runner.start(Job("restore", partial(ignore_cancel, release, started)))
    assert started.wait(1)
    assert not runner.shut_down(20)
    release.set()
    assert runner.shut_down(2000)


def test_uncaught_exception_is_shown_in_the_main_thread_and_logged_in_others(
    monkeypatch, caplog
):  # rule 9
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    shown = []
    logs.log_uncaught(shown.append)
    here = ValueError("here")
    sys.excepthook(ValueError, here, None)
    thread = threading.Thread(target=fail, args=(ValueError("there"), None))
    thread.start()
    thread.join()
    assert shown == [here]
    assert "there" in caplog.text


def test_window_never_reads_writes_or_restores_itself():  # rule 10
    for path in Path(worker.__file__).parent.glob("*.py"):
        text = path.read_text("utf-8")
        assert "read_photo(" not in text, path.name
        assert "write_photo(" not in text, path.name
        assert ".restore(photo" not in text, path.name


def test_preview_becomes_an_image_in_the_worker_thread(runner, qtbot, photo, monkeypatch):
    threads = []
    original = worker.to_qimage

    def to_qimage(part: Photo) -> QImage:
        threads.append(threading.get_ident())
        return original(part)

    monkeypatch.setattr(worker, "to_qimage", to_qimage)
    with qtbot.waitSignal(runner.previewed) as previewed, qtbot.waitSignal(runner.finished):
        runner.start(Job("restore", partial(preview_part, photo(12, 16), threads)))
    region, image = previewed.args
    assert region == (0.0, 0.0, 0.5, 1.0)
    assert (image.width(), image.height()) == (16, 12)
    assert threads[0] == threads[1] != threading.get_ident()


def test_progress_of_the_running_job_arrives(runner, qtbot):
    started = threading.Event()
    with qtbot.waitSignal(runner.progressed) as progressed:
        runner.start(Job("restore", partial(wait_for, threading.Event(), started)))
    assert progressed.args[0].fraction == pytest.approx(0.25)
    with qtbot.waitSignal(runner.cancelled):
        runner.cancel()


def test_warm_up_lists_the_devices_once(runner, qtbot, monkeypatch):
    calls = []
    monkeypatch.setattr(worker, "preload", lambda: calls.append(threading.get_ident()))
    monkeypatch.setattr(worker, "list_devices", lambda: ["cpu"])
    with qtbot.waitSignal(runner.devices_listed) as listed:
        runner.warm_up()
        runner.warm_up()
    with qtbot.waitSignal(runner.finished):
        runner.start(Job("open", partial(give, 1)))
    assert listed.args == [["cpu"]]
    assert runner.devices == ["cpu"]
    assert len(calls) == 1
    assert calls[0] != threading.get_ident()


def test_torch_that_does_not_load_leaves_the_thread_working(runner, qtbot, monkeypatch, caplog):
    def broken():
        raise ImportError("libcudart.so is missing")

    monkeypatch.setattr(worker, "preload", broken)
    with qtbot.waitSignal(runner.finished):
        runner.warm_up()
        runner.start(Job("open", partial(give, 1)))
    assert "libcudart" in caplog.text


def test_large_array_as_a_result_costs_no_copy(runner, qtbot):
    array = np.zeros((1000, 1000, 3), np.uint8)
    with qtbot.waitSignal(runner.finished) as done:
        runner.start(Job("open", partial(give, array)))
    assert done.args[1] is array


def test_worker_has_no_parent_and_lives_in_its_thread(runner):
    assert isinstance(runner._worker, RestoreWorker)
    assert runner._worker.parent() is None
    assert runner._worker.thread() is runner._thread
