"""How quickly this machine fits a network: measured by a few iterations, and remembered."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass

import numpy as np

from restorer import paths
from restorer.engine.deep_prior.prior import PriorRun, choose_precision
from restorer.engine.deep_prior.recipes import Recipe
from restorer.engine.device import Device, clear_errors
from restorer.engine.files.safe_file import new_file
from restorer.engine.jobs import RunContext

log = logging.getLogger(__name__)

# Sides of the pictures that are fitted, by the kind of device; other kinds are as quick as CUDA.
PROBE_SIDES_PX = {"cpu": (64, 256)}
LARGE_PROBE_SIDES_PX = (128, 512)
PROBE_ITERATIONS = 3


@dataclass(frozen=True)
class Speed:
    """What an iteration takes.

    Attributes:
        fixed_s: Seconds, however small the picture is.
        per_megapixel_s: Seconds more for each megapixel.
    """

    fixed_s: float
    per_megapixel_s: float

    def seconds(self, pixels: float) -> float:
        """Return what an iteration takes on a picture of so many pixels."""
        return self.fixed_s + self.per_megapixel_s * pixels / 1e6

    def corrected(self, pixels: float, seconds: float) -> Speed:
        """Return a speed that gives these seconds for these pixels."""
        factor = seconds / self.seconds(pixels)
        return Speed(self.fixed_s * factor, self.per_megapixel_s * factor)


def speed_of(recipe: Recipe, device: Device, precision: str, ctx: RunContext) -> Speed:
    """Return how quickly a network is fitted: remembered, or measured now.

    Measuring takes about a second with the lean network on a processor, ten with the paper's.

    Raises:
        Cancelled: The job is to stop.
    """
    known = _load().get(_name(recipe, device, precision))
    if known is None:
        known = _measure(recipe, device, precision, ctx)
        _keep(recipe, device, precision, known)
    return known


def learn(recipe: Recipe, device: Device, precision: str, *, pixels: float, seconds: float) -> None:
    """Correct the speed that was measured, if one was, by what an iteration of a real run took."""
    known = _load().get(_name(recipe, device, precision))
    if known is not None:  # one run alone does not say what pictures of another size take
        _keep(recipe, device, precision, known.corrected(pixels, seconds))


def _keep(recipe: Recipe, device: Device, precision: str, speed: Speed) -> None:
    """Write the file. A disk that refuses is logged only."""
    path = paths.speeds_file()
    speeds = {**_load(), _name(recipe, device, precision): speed}
    values = {name: [item.fixed_s, item.per_megapixel_s] for name, item in speeds.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path, overwrite=True) as file:
            file.write(json.dumps(values, indent=2).encode())
    except OSError as error:
        log.warning("speeds cannot be written: %s", error)


def _load() -> dict[str, Speed]:
    """Return the speeds by name; none of a file that is damaged."""
    try:
        stored = json.loads(paths.speeds_file().read_text("utf-8"))
        speeds = {name: Speed(float(fixed), float(rest)) for name, (fixed, rest) in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {name: speed for name, speed in speeds.items() if speed.seconds(1e6) > 0}


def _name(recipe: Recipe, device: Device, precision: str) -> str:
    return f"{device.title}, {recipe.network}, {precision}"


def _measure(recipe: Recipe, device: Device, precision: str, ctx: RunContext) -> Speed:
    sides = PROBE_SIDES_PX.get(device.kind, LARGE_PROBE_SIDES_PX)
    small, large = (_iteration_s(side, recipe, device, precision, ctx) for side in sides)
    few, many = (side * side / 1e6 for side in sides)
    slope = max(0.0, (large - small) / (many - few))
    return Speed(max(0.0, small - slope * few), slope) if slope else Speed(large, 0.0)


def _iteration_s(
    side: int, recipe: Recipe, device: Device, precision: str, ctx: RunContext
) -> float:
    picture = np.random.default_rng(0).random((side, side, 3), np.float32)
    known = np.ones((side, side), np.bool_)
    with clear_errors(device, side):
        chosen = choose_precision(picture, recipe, device=device, wanted=precision)
        run = PriorRun(picture, known, recipe, seed=0, device=device, precision=chosen)
        run.step()  # warms up
        run.check()
        begin = time.perf_counter()
        for _ in range(PROBE_ITERATIONS):
            ctx.raise_if_cancelled()
            run.step()
        run.check()  # waits for the device
    return (time.perf_counter() - begin) / PROBE_ITERATIONS
