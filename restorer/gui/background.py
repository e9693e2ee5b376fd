"""Small work that gives way to what the user asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from restorer.engine.jobs import Job, RunContext
from restorer.gui.worker import JobRunner

Kind = Literal["adjust", "estimate"]
Work = Callable[[RunContext], object]


class Background:
    """Has work done while nothing else is; of each kind only the newest.

    Args:
        runner: Whose thread it is done in. How a job ended is to be passed on to `ended`.
    """

    def __init__(self, runner: JobRunner) -> None:
        self._runner = runner
        self._waiting: dict[Kind, Work] = {}
        self._running: tuple[Kind, Work, Job] | None = None

    def ask(self, kind: Kind, work: Work) -> None:
        """Have a job done when the thread is free; an older one of this kind that waits is not."""
        self._waiting[kind] = work
        self.go_on()

    def forget(self, kind: Kind) -> None:
        """Do not do it any more; what runs already ends."""
        self._waiting.pop(kind, None)

    def has_to_do(self, kind: Kind) -> bool:
        """Whether a job of this kind runs or waits."""
        return kind in self._waiting or (self._running is not None and self._running[0] == kind)

    def give_way(self) -> None:
        """Free the runner for another job; what is broken off is done anew afterwards."""
        if self._running is not None:
            kind, work, _ = self._running
            self._running = None
            self._waiting.setdefault(kind, work)
            self._runner.abandon()

    def go_on(self) -> None:
        """Start what waits, if the thread is free."""
        if self._waiting and not self._runner.is_busy:
            kind, work = next(iter(self._waiting.items()))
            del self._waiting[kind]
            job = Job(kind, work)
            self._running = (kind, work, job)
            self._runner.start(job)

    def ended(self, job: Job) -> bool:
        """Take note that a job ended; return whether it was one from here."""
        if self._running is None or self._running[2] is not job:
            return False
        self._running = None
        return True
