"""What the tests of the window share. Nothing may be left over after a test."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from restorer import paths
from restorer.app import Application
from restorer.engine.device import Device
from restorer.engine.jobs import Job, RunContext
from restorer.engine.model_files import ModelCard
from restorer.errors import Cancelled
from restorer.gui.document import Document
from restorer.gui.main_window import MainWindow
from restorer.gui.photo_queue import PhotoQueue
from restorer.gui.qimages import to_qimage
from restorer.gui.worker import JobRunner
from restorer.settings import Settings


class InstantRunner(QObject):
    """Has JobRunner's face, but runs a job at once, in the thread of the test.

    With is_held, jobs wait until finish is called.
    """

    progressed = Signal(object)
    previewed = Signal(object, object)
    finished = Signal(object, object)
    failed = Signal(object, object)
    cancelled = Signal(object)
    devices_listed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[Device] = []
        self.is_held = False
        self.job: Job | None = None
        self.jobs: list[Job] = []

    @property
    def is_busy(self) -> bool:
        return self.job is not None

    def start(self, job: Job) -> None:
        assert self.job is None, "a job is running"
        self.job = job
        self.jobs.append(job)
        if not self.is_held:
            self.finish()

    def finish(self) -> None:
        job = self.job
        assert job is not None
        ctx = RunContext(
            job_id=job.id,
            token=job.token,
            report=self.progressed.emit,
            preview=lambda preview: self.previewed.emit(preview.region, to_qimage(preview.part)),
        )
        try:
            result = job.run(ctx)
        except Cancelled:
            self.job = None
            self.cancelled.emit(job)
        except Exception as error:  # noqa: BLE001  as in RestoreWorker
            self.job = None
            self.failed.emit(job, error)
        else:
            self.job = None
            self.finished.emit(job, result)

    def cancel(self) -> None:
        if self.job is not None:
            self.job.token.cancel()

    def finish_early(self) -> None:
        if self.job is not None:
            self.job.token.finish_early()

    def abandon(self) -> None:
        self.cancel()
        self.job = None

    def warm_up(self) -> None:
        pass


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """The program's own, for pytest-qt to make."""
    return Application


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a thread, a timer or a window behind."""
    threads = set(threading.enumerate())
    windows = set(map(id, QApplication.topLevelWidgets()))
    yield
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    left: list[object] = [
        thread
        for thread in threading.enumerate()
        if thread not in threads and not isinstance(thread, threading._DummyThread)
    ]
    left += [
        widget for widget in QApplication.topLevelWidgets()
        if id(widget) not in windows and widget.isVisible()
    ]  # fmt: skip
    for item in gc.get_objects():
        kind = type(item)  # isinstance would wake torch's deprecated names
        if issubclass(kind, QThread | QTimer) and shiboken6.isValid(item):
            if item.isRunning() if issubclass(kind, QThread) else item.isActive():
                left.append(item)
    assert not left, f"left behind: {left}"


@pytest.fixture(autouse=True)
def blocked_dialogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a dialog would wait for a person."""

    def blocked(*args: object, **kwargs: object) -> None:
        pytest.fail("a dialog would wait for an answer here")

    for name in ("exec", "about", "critical", "information", "question", "warning"):
        monkeypatch.setattr(QMessageBox, name, blocked)
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, blocked)
    monkeypatch.setattr(QDialog, "exec", blocked)


@pytest.fixture
def only_user_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The program comes without models; those of the user are there."""
    monkeypatch.setattr(paths, "bundled_models_dir", lambda: tmp_path / "no models")


@pytest.fixture
def instant_runner() -> InstantRunner:
    return InstantRunner()


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[JobRunner]:
    """The real thread."""
    runner = JobRunner()
    yield runner
    assert runner.shut_down()


@pytest.fixture
def make_window(
    qtbot: QtBot, instant_runner: InstantRunner, only_user_models: None
) -> Callable[..., MainWindow]:
    """Makes a window whose jobs are done at once."""

    def make(settings: Settings | None = None) -> MainWindow:
        window = MainWindow(
            settings or Settings(),
            runner=instant_runner,
            document=Document(),
            queue=PhotoQueue(),
        )
        qtbot.addWidget(window, before_close_func=forget_result)
        return window

    return make


def forget_result(window: MainWindow) -> None:
    """Let the window close without asking."""
    window.runner.abandon()
    window.document.result = None
    window.document.stop()


@pytest.fixture
def window(make_window: Callable[..., MainWindow], tiny_model: ModelCard) -> MainWindow:
    """A window with a small model, shown."""
    window = make_window()
    window.show()
    return window


@pytest.fixture
def saved_photo(tmp_path: Path, photo: Callable[..., object]) -> Path:
    """A photograph in a file."""
    path = tmp_path / "holiday.png"
    Image.fromarray(photo(24, 32).pixels).save(path)
    return path
