"""The thread that works, and the window's handle on it.

The rules are in ARCHITECTURE.md. In short: values go in, values come out, and the worker's signals
are connected to bound methods of JobRunner only. A lambda, a partial or a plain function would run
in the worker thread.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QThread, Signal, Slot

from restorer.engine.device import Device, list_devices, preload
from restorer.engine.jobs import Job, Preview, Progress, RunContext
from restorer.errors import Cancelled
from restorer.gui.qimages import to_qimage

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_MS = 60_000  # the last step ends, and a run of a large photograph is kept


class RestoreWorker(QObject):
    """Runs jobs. Lives in the worker thread; touches no widget.

    Signals:
        progressed: Progress of the running job.
        previewed: job id, region as in Preview, QImage.
        finished: job id, result.
        failed: job id, exception with traceback.
        cancelled: job id.
        devices_listed: What this machine has, as list_devices gives it.
    """

    progressed = Signal(object)
    previewed = Signal(int, object, object)
    finished = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)
    devices_listed = Signal(object)

    @Slot(object)
    def run(self, job: Job) -> None:
        """Run a job to its end, and say how it ended."""
        ctx = RunContext(
            job_id=job.id, token=job.token, report=self.progressed.emit, preview=self._show_preview
        )
        try:
            ctx.raise_if_cancelled()
            result = job.run(ctx)
        except Cancelled:
            self.cancelled.emit(job.id)
        except Exception as error:
            log.exception("job %d (%s) failed", job.id, job.kind)
            self.failed.emit(job.id, error)
        else:
            self.finished.emit(job.id, result)

    @Slot()
    def warm_up(self) -> None:
        """Import what is slow to import, and say what this machine can compute on."""
        try:
            preload()
            devices = list_devices()
        except (ImportError, OSError, RuntimeError) as error:
            # The first restoration will fail with the same words, where they can be shown.
            log.error("torch cannot be used: %s", error)
            return
        self.devices_listed.emit(devices)

    def _show_preview(self, preview: Preview) -> None:
        self.previewed.emit(preview.job_id, preview.region, to_qimage(preview.part))


class JobRunner(QObject):
    """Runs one job at a time in its own thread. Use from the GUI thread only.

    Signals (GUI thread; about the current job only):
        progressed: Progress.
        previewed: region as in Preview, QImage.
        finished: job, result.
        failed: job, exception.
        cancelled: job.
            Exactly one of the last three ends each job that was not abandoned.
        devices_listed: What warm_up found.

    Attributes:
        devices: The same, empty until then.
    """

    progressed = Signal(object)
    previewed = Signal(object, object)
    finished = Signal(object, object)
    failed = Signal(object, object)
    cancelled = Signal(object)
    devices_listed = Signal(object)
    _requested = Signal(object)
    _warm_up_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.devices: list[Device] = []
        self._is_warm = False
        self._job: Job | None = None
        self._thread = QThread(self)
        self._thread.setObjectName("restore")
        self._worker = RestoreWorker()
        self._worker.moveToThread(self._thread)
        self._thread.finished.connect(self._worker.deleteLater)
        self._requested.connect(self._worker.run)
        self._warm_up_requested.connect(self._worker.warm_up)
        self._worker.progressed.connect(self._on_worker_progressed)
        self._worker.previewed.connect(self._on_worker_previewed)
        self._worker.finished.connect(self._on_worker_finished)
        self._worker.failed.connect(self._on_worker_failed)
        self._worker.cancelled.connect(self._on_worker_cancelled)
        self._worker.devices_listed.connect(self._on_worker_devices_listed)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """A job is running that was not abandoned."""
        return self._job is not None

    def warm_up(self) -> None:
        """Have the thread import torch and list the devices, once, when it is free."""
        if not self._is_warm:
            self._is_warm = True
            self._warm_up_requested.emit()

    def start(self, job: Job) -> None:
        """Start a job. Raises RuntimeError if one is running: the window must not allow it."""
        if self._job is not None:
            raise RuntimeError(f"job {self._job.id} is still running")
        self._job = job
        self._requested.emit(job)

    def cancel(self) -> None:
        """Ask the job to stop; cancelled follows at its next step."""
        if self._job is not None:
            self._job.token.cancel()

    def finish_early(self) -> None:
        """Ask the job to stop and keep what is there; finished follows."""
        if self._job is not None:
            self._job.token.finish_early()

    def abandon(self) -> None:
        """Cancel and forget: nothing more is heard of the job, another may start."""
        self.cancel()
        self._job = None

    def shut_down(self, timeout_ms: int = CLOSE_TIMEOUT_MS) -> bool:
        """Stop the thread. False if a step did not end in time."""
        self.abandon()
        self._thread.quit()
        return self._thread.wait(timeout_ms)

    def _take(self, job_id: int) -> Job | None:
        """Return the current job and clear it, or None if job_id is an old one."""
        if self._job is None or self._job.id != job_id:
            return None
        job, self._job = self._job, None
        return job

    @Slot(object)
    def _on_worker_progressed(self, progress: Progress) -> None:
        if self._job is not None and self._job.id == progress.job_id:
            self.progressed.emit(progress)

    @Slot(int, object, object)
    def _on_worker_previewed(self, job_id: int, region: object, image: object) -> None:
        if self._job is not None and self._job.id == job_id:
            self.previewed.emit(region, image)

    @Slot(int, object)
    def _on_worker_finished(self, job_id: int, result: object) -> None:
        if job := self._take(job_id):
            if job.token.is_cancelled and job.kind in ("adjust", "estimate"):
                self.cancelled.emit(job)  # nothing may follow it
            else:
                self.finished.emit(job, result)

    @Slot(int, object)
    def _on_worker_failed(self, job_id: int, error: object) -> None:
        if job := self._take(job_id):
            self.failed.emit(job, error)

    @Slot(int)
    def _on_worker_cancelled(self, job_id: int) -> None:
        if job := self._take(job_id):
            self.cancelled.emit(job)

    @Slot(object)
    def _on_worker_devices_listed(self, devices: list[Device]) -> None:
        self.devices = devices
        self.devices_listed.emit(devices)
