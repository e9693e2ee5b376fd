"""Counts the pixels in which a tiled result differs from the whole one.

    python -m benchmarks.exact_tiles [--model NAME] [--photo PHOTO]

Odd sizes cut from a photograph, every tile side against the whole picture, on the CPU.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from restorer import paths
from restorer.engine.device import Compute
from restorer.engine.files.photo_io import read_photo
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard, find_model
from restorer.engine.photo import Photo, Pixels
from restorer.modes.upscale import Upscale

SIZES = ((1, 1), (3, 500), (641, 427), (427, 641))
TILES = (64, 200)
HALF_SIZE = (150, 200)  # half precision is slow on most processors


def main() -> None:
    """Print one line for each size, precision and tile side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=Upscale.default_model)
    parser.add_argument(
        "--photo", type=Path, default=paths.resources_dir() / "sample" / "photo.jpg"
    )
    options = parser.parse_args()
    card = find_model(options.model)
    pixels = read_photo(options.photo).pixels
    cases = [("fp32", size) for size in SIZES] + [("bf16", HALF_SIZE)]
    print("precision  size       tile   pixels that differ   largest difference")
    for precision, size in cases:
        picture = cut(pixels, *size)
        whole = upscale(picture, card, precision, "whole")
        for tile in TILES:
            difference = np.abs(upscale(picture, card, precision, tile) - whole).max(axis=2)
            count = f"{(difference > 0).sum()} of {difference.size}"
            print(f"{precision:10} {size[0]:3} x {size[1]:3}  {tile:4}   {count:18}   "
                  f"{difference.max()} of 255", flush=True)  # fmt: skip


def cut(pixels: Pixels, height: int, width: int) -> Pixels:
    """Return a picture of that size, the photograph repeated where it is too small."""
    times = (-(-height // pixels.shape[0]), -(-width // pixels.shape[1]), 1)
    return np.tile(pixels, times)[:height, :width].copy()


def upscale(pixels: Pixels, card: ModelCard, precision: str, tile: str | int) -> np.ndarray:
    """Return the enlarged pixels as signed integers."""
    step = Step(Upscale(), {}, card, Compute("cpu", precision, tile))
    restored = step.mode.restore(Photo(pixels), step, RunContext.quiet())
    return restored.photo.pixels.astype(np.int32)


if __name__ == "__main__":
    main()
