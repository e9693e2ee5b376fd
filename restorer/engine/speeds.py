"""How quickly this machine fits a network: measured by a few iterations, and remembered."""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING

import numpy as np

from restorer import paths
from restorer.engine.device import Device, clear_errors
from restorer.engine.jobs import RunContext
from restorer.engine.prior import PriorRun, choose_precision
from restorer.engine.recipes import Recipe

if TYPE_CHECKING:
    from restorer.engine.prior import Picture

log = logging.getLogger(__name__)

SIDE_PX = {"cpu": 256}  # of the picture that is fitted
LARGE_SIDE_PX = 512  # on other devices, which a small one would leave idle
ITERATIONS = 3


def seconds_per_megapixel(recipe: Recipe, device: Device, precision: str, ctx: RunContext) -> float:
    """Return what an iteration takes for each megapixel: remembered, or measured now.

    Measuring takes about a second with the lean network on a processor, ten with the paper's.

    Raises:
        Cancelled: The job is to stop.
    """
    known = _load().get(_name(recipe, device, precision))
    if known is None:
        known = _measure(recipe, device, precision, ctx)
        remember(recipe, device, precision, known)
    return known


def remember(recipe: Recipe, device: Device, precision: str, seconds: float) -> None:
    """Keep what an iteration took for each megapixel. A disk that refuses is logged only."""
    path = paths.speeds_file()
    part = path.with_name(path.name + ".part")
    speeds = {**_load(), _name(recipe, device, precision): seconds}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(speeds, indent=2), "utf-8")
        os.replace(part, path)
    except OSError as error:
        log.warning("speeds cannot be written: %s", error)


def _load() -> dict[str, float]:
    try:
        stored = json.loads(paths.speeds_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {name: value for name, value in stored.items() if isinstance(value, float) and value > 0}


def _name(recipe: Recipe, device: Device, precision: str) -> str:
    import torch

    threads = f" {torch.get_num_threads()} threads" if device.kind == "cpu" else ""
    return f"{device.title}{threads}, {recipe.network}, {precision}"


def _measure(recipe: Recipe, device: Device, precision: str, ctx: RunContext) -> float:
    side = SIDE_PX.get(device.kind, LARGE_SIDE_PX)
    picture: Picture = np.random.default_rng(0).random((side, side, 3), np.float32)
    known = np.ones((side, side), np.bool_)
    with clear_errors(device, side):
        chosen = choose_precision(picture, recipe, device=device, wanted=precision)
        run = PriorRun(picture, known, recipe, seed=0, device=device, precision=chosen)
        run.step()  # warms up
        run.check()
        begin = time.perf_counter()
        for _ in range(ITERATIONS):
            ctx.raise_if_cancelled()
            run.step()
        run.check()  # waits for the device
    return (time.perf_counter() - begin) / ITERATIONS / (side * side / 1e6)
