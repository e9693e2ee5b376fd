"""Background work: a job, the token that stops it, and its line to the outside."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from restorer.engine.photo import Photo
from restorer.errors import Cancelled

REPORT_INTERVAL_S = 0.05
ESTIMATE_AFTER_S = 0.5  # earlier, the first tile's warm-up would make the time left a wild guess

_job_ids = itertools.count(1)


class CancelToken:
    """Lets one thread stop a job that another thread runs. Thread safe."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._finish_early = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop; its work is thrown away."""
        self._cancelled.set()

    def finish_early(self) -> None:
        """Ask the job to stop and to keep what is there. Modes that cannot, go on to their end."""
        self._finish_early.set()

    @property
    def finish_requested(self) -> bool:
        """Whether finish_early was called."""
        return self._finish_early.is_set()

    @property
    def is_cancelled(self) -> bool:
        """Whether cancel was called."""
        return self._cancelled.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled once cancel was called."""
        if self._cancelled.is_set():
            raise Cancelled


@dataclass(frozen=True)
class HeldOut:
    """A point of a run's curve: how well the pixels that a network never sees are foreseen.

    Attributes:
        run: Counts the runs of the job, from 0.
        iteration: How many are done.
        mse: Mean squared error on them, pixels from 0 to 1.
        kept_iteration: Where the picture was kept that is the result so far.
    """

    run: int
    iteration: int
    mse: float
    kept_iteration: int


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        job_id: Which job.
        stage: "open", "load", "tile", "iteration" or "save".
        fraction: 0..1 of the whole job, None while it cannot be known.
        seconds_left: Estimate, None while it cannot be known; in the stage "iteration" at most
            that, since a run may stop by itself.
        held_out: Newest point of the run's curve, if there is one.
    """

    job_id: int
    stage: str
    fraction: float | None
    seconds_left: float | None
    held_out: HeldOut | None = None


@dataclass(frozen=True, eq=False)
class Preview:
    """A part of the result, shown before the whole is there.

    Attributes:
        job_id: Which job.
        region: (top, left, bottom, right), each 0..1 of the picture's height or width.
        part: The part's pixels, at the result's resolution or less, with the photo's profile.
    """

    job_id: int
    region: tuple[float, float, float, float]
    part: Photo


class RunContext:
    """The engine's only line to the outside. Passed down, never stored.

    Args:
        job_id: Goes into every report.
        token: Checked at each step.
        report: Called with progress, at most 20 times a second, in the thread that works.
        preview: Called with parts of the result, in the thread that works.
    """

    def __init__(
        self,
        *,
        job_id: int = 0,
        token: CancelToken | None = None,
        report: Callable[[Progress], None] | None = None,
        preview: Callable[[Preview], None] | None = None,
    ) -> None:
        self._job_id = job_id
        self._token = token or CancelToken()
        self._report = report
        self._preview = preview
        self._span = (0.0, 1.0)
        self._clock = _Clock()

    @classmethod
    def quiet(cls) -> RunContext:
        """Return a context that reports to nobody: for tests and scripts."""
        return cls()

    @property
    def finish_requested(self) -> bool:
        """Whether the job is to stop and to keep what is there."""
        return self._token.finish_requested

    @property
    def is_cancelled(self) -> bool:
        """Whether the job is to stop."""
        return self._token.is_cancelled

    @property
    def wants_previews(self) -> bool:
        """Whether anybody looks at previews."""
        return self._preview is not None

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled if the job is to stop. Cheap enough for every layer of a network."""
        self._token.raise_if_cancelled()

    def step(
        self, stage: str, done: float, total: float, *, held_out: HeldOut | None = None
    ) -> None:
        """Say how far a stage is; total 0 means unknown. held_out is as in Progress.

        Raises:
            Cancelled: The job is to stop.
        """
        self.raise_if_cancelled()
        if self._report is None:
            return
        fraction = None
        if total > 0:
            begin, end = self._span
            fraction = begin + (end - begin) * min(1.0, done / total)
        if self._clock.is_due(stage, is_last=total > 0 and done >= total):
            left = self._clock.seconds_left(fraction)
            self._report(Progress(self._job_id, stage, fraction, left, held_out))

    def preview(self, region: tuple[float, float, float, float], part: Photo) -> None:
        """Show a part of the result; region as in Preview."""
        if self._preview is not None:
            self._preview(Preview(self._job_id, region, part))

    def part(self, index: int, count: int) -> RunContext:
        """Return the context of step index of count equal steps; its fractions fill that share."""
        return self.share(index / count, (index + 1) / count)

    def share(self, begin: float, end: float) -> RunContext:
        """Return a context whose fractions fill begin..end of this one's."""
        inner = RunContext(
            job_id=self._job_id, token=self._token, report=self._report, preview=self._preview
        )
        first, last = self._span
        inner._span = (first + begin * (last - first), first + end * (last - first))
        inner._clock = self._clock
        return inner


class _Clock:
    """Limits the reports and estimates the time left; shared by the parts of one job."""

    def __init__(self) -> None:
        self._stage = ""
        self._last_report = -REPORT_INTERVAL_S
        self._begin: tuple[float, float] | None = None  # time and fraction of the first step
        self._last_fraction = 0.0

    def is_due(self, stage: str, *, is_last: bool) -> bool:
        now = time.monotonic()
        if stage == self._stage and not is_last and now - self._last_report < REPORT_INTERVAL_S:
            return False
        self._stage, self._last_report = stage, now
        return True

    def seconds_left(self, fraction: float | None) -> float | None:
        if fraction is None:
            self._begin = None  # time spent loading says nothing about what follows
            return None
        now = time.monotonic()
        started_over = fraction < self._last_fraction
        self._last_fraction = fraction
        if self._begin is None or started_over:
            self._begin = (now, fraction)
            return None
        elapsed, gained = now - self._begin[0], fraction - self._begin[1]
        if fraction >= 1:
            return 0.0
        if elapsed < ESTIMATE_AFTER_S or gained <= 0:
            return None
        return elapsed * (1 - fraction) / gained


@dataclass(frozen=True, eq=False)
class Job:
    """One piece of background work. Holds values only, so it may cross threads.

    Attributes:
        kind: What it does.
        run: A functools.partial of a module-level function; called once with the context.
        token: Stops it.
        id: Unique in this process.
    """

    kind: Literal["open", "restore", "save", "adjust", "estimate"]
    run: Callable[[RunContext], object]
    token: CancelToken = field(default_factory=CancelToken)
    id: int = field(default_factory=lambda: next(_job_ids))
