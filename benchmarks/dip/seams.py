"""Steps across the borders of tiles."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.dip.part import NOISY, Part, Result, Unit, noisy_pair, picture_units, text, verdict
from benchmarks.dip.pictures import psnr, to_photo
from restorer.engine.deep_prior.fitting import fit_photo
from restorer.engine.deep_prior.prior import Picture
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.deep_prior.windows import HALO_PX
from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.tiles import plan_tiles


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        yield {**unit, "sigma": 25.0, "tile": options.tile, "iterations": options.iterations}


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = noisy_pair(unit, options)
    compute = Compute(device=options.device, seed=unit["seed"], tile=unit["tile"])
    fitted = fit_photo(
        to_photo(noisy),
        DENOISE["quick"],
        RunContext.quiet(),
        compute=compute,
        iterations=unit["iterations"],
    )
    if fitted.facts["tile_px"] != unit["tile"]:
        raise SystemExit(f"A tile of {unit['tile']} px holds the whole picture: choose a smaller.")
    steps, is_border = seam_steps(fitted.picture - clean, unit["tile"])
    return {
        "db": psnr(fitted.picture, clean),
        "at_borders": float(steps[is_border].max()),
        "elsewhere": float(steps[~is_border].max()),
    }


def seam_steps(error: Picture, tile_px: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the mean step between neighbours in a result's error, and which are at borders.

    Args:
        error: Result less clean picture, (H, W, C): a picture's own edges are not in it.
        tile_px: Side of the tiles' cores.

    Returns:
        A figure for each line between two columns or two rows, and whether a tile's core or window
        begins or ends there.
    """
    height, width = error.shape[:2]
    tiles = plan_tiles(height, width, tile_px=tile_px, halo_px=HALO_PX)
    steps, is_border = [], []
    for axis, length in ((0, height), (1, width)):
        mean = np.abs(np.diff(error, axis=axis)).mean(axis=(1 - axis, 2))
        ends = {end for tile in tiles for box in (tile.core, tile.window) for end in box[axis::2]}
        steps.append(mean)
        is_border.append(np.isin(np.arange(1, length), list(ends)))
    return np.concatenate(steps), np.concatenate(is_border)


def _goals(results: Sequence[Result]) -> list[str]:
    worst = max(result["at_borders"] / result["elsewhere"] for result in results)
    return [
        f"largest step across a border of tiles: {worst:.2f} of the largest elsewhere; goal 1: "
        f"{verdict(is_met=worst <= 1)}"
    ]


PART = Part(
    "steps across the borders of tiles, against those elsewhere",
    _units,
    _measure,
    {
        **NOISY,
        "tile": text("tile"),
        "PSNR": text("db", ".2f"),
        "at borders": text("at_borders", ".5f"),
        "elsewhere": text("elsewhere", ".5f"),
    },
    _goals,
)
