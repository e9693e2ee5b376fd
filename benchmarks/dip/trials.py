"""Runs that are watched: the PSNR on the way, what the stop rules would keep, the seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.dip.pictures import psnr
from restorer.engine.deep_prior.prior import CHECK_EVERY, Mask, Picture, PriorRun, choose_precision
from restorer.engine.deep_prior.recipes import Recipe
from restorer.engine.deep_prior.stop_rule import Check, StopRule
from restorer.engine.device import Device
from restorer.engine.noise import measure_noise

WMV_WINDOW, WMV_PATIENCE = 100, 1000  # of the authors' code


@dataclass
class Point:
    """A moment of a run: iteration, seconds so far, PSNR of the average."""

    iteration: int
    seconds: float
    psnr: float


class MovingVariance:
    """ES-WMV: keeps the iteration where the outputs of the last 100 differ least.

    Wang et al., "Early Stopping for Deep Image Prior", 2023, arXiv:2112.06074. Stops when there
    was no new minimum for 1000 iterations.
    """

    def __init__(self) -> None:
        self.best = (np.inf, 0)
        self._last: deque[Picture] = deque(maxlen=WMV_WINDOW)

    def add(self, iteration: int, drawn: Picture) -> None:
        """Take in the output of an iteration."""
        self._last.append(drawn)
        has_stopped = 0 < self.best[1] < iteration - WMV_PATIENCE
        # Every tenth will do: over 100 outputs the variance changes slowly.
        if has_stopped or len(self._last) < WMV_WINDOW or iteration % CHECK_EVERY:
            return
        variance = float(np.var(np.stack(self._last), axis=0).mean())
        self.best = min(self.best, (variance, iteration))


@dataclass
class Trial:
    """One run on one picture and what was seen on its way."""

    run: PriorRun
    clean: Picture
    rule: StopRule
    wmv: MovingVariance | None = None
    points: list[Point] = field(default_factory=list)
    seconds: float = 0.0
    rule_ended: int = 0
    kept: tuple[Check, Picture] | None = None

    def advance(self) -> None:
        """Do ten iterations and look; looking does not count as time."""
        check = None
        for _ in range(CHECK_EVERY):
            begin = time.perf_counter()
            self.run.step()
            if self.run.iteration % CHECK_EVERY == 0:
                check = self.run.check()  # waits for the device
            self.seconds += time.perf_counter() - begin
            if self.wmv is not None:
                self.wmv.add(self.run.iteration, self.run.drawn())
        average = self.run.average()
        self.points.append(Point(self.run.iteration, self.seconds, psnr(average, self.clean)))
        if check is None or self.rule_ended:
            return
        if self.rule.is_best(check):
            self.kept = (check, average)
        if self.rule.is_over(check):
            self.rule_ended = self.run.iteration

    @property
    def best(self) -> Point:
        """The moment with the highest PSNR."""
        return max(self.points, key=lambda point: point.psnr)

    def reached(self, db: float) -> Point | None:
        """Return the first moment with this PSNR."""
        return next((point for point in self.points if point.psnr >= db), None)

    def at(self, iteration: int) -> float:
        """Return the PSNR of the average nearest to an iteration."""
        return min(self.points, key=lambda point: abs(point.iteration - iteration)).psnr


def begin(
    clean: Picture,
    noisy: Picture,
    recipe: Recipe,
    device: Device,
    *,
    seed: int,
    known: Mask | None = None,
    precision: str = "auto",
) -> Trial:
    """Begin a run, with the precision (unless told) and the stop rule the program would choose."""
    precision = choose_precision(noisy, recipe, device=device, wanted=precision)
    mask = np.ones(noisy.shape[:2], np.bool_) if known is None else known
    run = PriorRun(noisy, mask, recipe, seed=seed, device=device, precision=precision)
    noise = measure_noise(noisy)
    is_correlated = noise.is_correlated and known is None
    return Trial(run, clean, StopRule(noise_mse=noise.sigma**2 if is_correlated else None))


def take_turns(trials: Sequence[tuple[Trial, int]]) -> None:
    """Take each run to its iteration, ten at a time in turns.

    Whatever else the machine does slows all of them alike then.
    """
    while any(trial.run.iteration < last for trial, last in trials):
        for trial, last in trials:
            if trial.run.iteration < last:
                trial.advance()
