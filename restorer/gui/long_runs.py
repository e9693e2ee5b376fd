"""What the window does around a run of Deep Image Prior: before it, and with its result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox

from restorer.engine.deep_prior.checkpoint import remove_run
from restorer.engine.deep_prior.run_files import make_room, run_file
from restorer.engine.files.safe_file import try_folder
from restorer.engine.jobs import Job
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.gui import messages, status_text, tasks
from restorer.gui.background import Background
from restorer.gui.document import Document
from restorer.gui.params_panel import ParamsPanel
from restorer.gui.run_bar import RunBar
from restorer.gui.worker import JobRunner

log = logging.getLogger(__name__)


class LongRuns(QObject):
    """Says how long a run will take, keeps it in a file, and changes its result afterwards.

    Args:
        panel: Shows time and stopped run.
        run_bar: Shows curve and sliders.
        document: What is open.
        runner: Works.
        parent: Its window.

    Signals:
        result_changed: The document has the result that the sliders ask for.
        failed: Exception that kept it from that.

    Attributes:
        background: The small work, which gives way to other jobs.
    """

    result_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        panel: ParamsPanel,
        run_bar: RunBar,
        *,
        document: Document,
        runner: JobRunner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.background = Background(runner)
        self._panel, self._run_bar, self._document = panel, run_bar, document
        self._after_adjusting: list[Callable[[], object]] = []
        panel.start_over_clicked.connect(self._on_panel_start_over_clicked)
        panel.changed.connect(self.look_ahead)
        run_bar.adjusted.connect(self._on_run_bar_adjusted)

    def begin(self, photo: Photo, step: Step) -> Step:
        """Return a step that keeps its run in a file, if its mode takes long, and show the run."""
        self._run_bar.show_result(None, is_newest=True)
        if not step.mode.can_finish_early:
            return step
        self._run_bar.show_run()
        path = run_file(photo, step)
        make_room(path)
        try:
            try_folder(path.parent)
        except OSError as error:
            log.warning("the run cannot be kept: %s", error)
            if not path.exists():  # one that is there can be gone on with
                return step
        return replace(step, checkpoint=path)

    @Slot()
    def look_ahead(self) -> None:
        """Show the run that was stopped, and have the time measured that a run will take."""
        self.show_stopped_run()
        self._panel.show_time("")
        self.background.forget("estimate")
        picture = self._document.picture
        if picture is not None and self._panel.mode.can_finish_early:
            height, width = picture.photo.height, picture.photo.width
            work = partial(tasks.estimate_time, self._panel.step(), height, width)
            self.background.ask("estimate", work)

    def show_stopped_run(self) -> None:
        """Offer to go on with the run of this photograph with these settings, if there is one."""
        path = None if self._document.state.is_busy else self._stopped_run()
        self._panel.show_stopped_run(status_text.file_time(path) if path else "")

    @property
    def is_adjusting(self) -> bool:
        """The result is not yet what the sliders ask for."""
        return self.background.has_to_do("adjust")

    def when_adjusted(self, action: Callable[[], object]) -> None:
        """Do it when the result is what the sliders ask for; never if that fails."""
        if self.is_adjusting:
            self._after_adjusting.append(action)
        else:
            action()

    def forget_adjusting(self) -> None:
        """Do nothing more to a result that is gone, nor what was to follow that."""
        self.background.forget("adjust")
        self._after_adjusting.clear()

    def take(self, job: Job, result: object) -> bool:
        """Take in what a job came to; return whether it was small work from here."""
        if not self.background.ended(job):
            return False
        if isinstance(result, tasks.Result):
            self._take_adjusted(result)
        elif self._panel.mode.can_finish_early and not self.background.has_to_do("estimate"):
            self._panel.show_time(status_text.time_needed_text(result))
        return True

    def take_failure(self, job: Job, error: Exception) -> bool:
        """Take in that a job failed; return whether it was small work from here."""
        if not self.background.ended(job):
            return False
        if job.kind == "adjust":
            self._after_adjusting.clear()
            self.failed.emit(error)
        return True

    def take_cancellation(self, job: Job) -> None:
        """Take in that a job was cancelled, and with it what was to follow."""
        self.background.ended(job)
        self._after_adjusting.clear()

    def _take_adjusted(self, result: tasks.Result) -> None:
        current = self._document.result
        if current is None or current.fitted is not result.fitted:
            self._after_adjusting.clear()  # it is about a result that is gone
            return
        self._document.set_adjusted(result)
        self.result_changed.emit()
        if not self.is_adjusting:
            actions, self._after_adjusting = self._after_adjusting, []
            for action in actions:
                action()

    def _stopped_run(self) -> Path | None:
        picture = self._document.picture
        if picture is None or not self._panel.mode.can_finish_early:
            return None
        path = run_file(picture.photo, self._panel.step())
        return path if path.exists() else None

    @Slot()
    def _on_panel_start_over_clicked(self) -> None:
        path = self._stopped_run()
        if path is None:
            return
        box = messages.make_question(
            self._panel.window(),
            self.tr("Start over?"),
            self.tr("The run that was kept will be deleted, with all that it has done so far."),
        )
        delete = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.setObjectName("deleteAnswer")
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        delete.clicked.connect(partial(self._start_over, path))
        box.open()

    def _start_over(self, path: Path) -> None:
        remove_run(path)
        self.show_stopped_run()

    @Slot(int, int)
    def _on_run_bar_adjusted(self, iteration: int, strength: int) -> None:
        result = self._document.result
        if result is not None and result.fitted is not None:
            work = partial(tasks.adjust_result, result, result.fitted, iteration, strength)
            self._document.begin_adjusting()
            self.background.ask("adjust", work)
