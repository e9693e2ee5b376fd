"""Measures the memory that a picture of any size takes, from file to file.

    python -m benchmarks.gigapixel [--width 20000] [--height 20000] [--suffix tif]
                                   [--network-scale 4] [--deep]

The network is a stand-in that repeats pixels, since a real one would need days for 400 megapixels:
what is measured is everything around it. Reader, tiles, reduction, encoder and file are the real
ones. The result's corners are compared with what they must be.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np

from restorer.engine import network_mode
from restorer.engine.device import Compute, Device
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.files.region_io import open_by_region, virtual_pixels
from restorer.engine.files.row_encode import TiffWriter
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.engine.pipeline import open_large_photo, restore_large_photo
from restorer.modes import upscale

LIMIT_MEGAPIXELS = 1e6


class Repeat:
    """Stands in for Inference."""

    def __init__(self, card: ModelCard, device: Device, precision: str, **mixture: object) -> None:
        del mixture
        self.card, self.device, self.precision = card, device, precision

    def restore(self, window: np.ndarray, ctx: RunContext) -> np.ndarray:
        """Return the window with every pixel repeated."""
        scaled = window * np.float32(1 / np.iinfo(window.dtype).max)
        return scaled.repeat(self.card.scale, 0).repeat(self.card.scale, 1)

    def tile_px(self, choice: str | int) -> int:
        """Return the largest tile that is chosen on a processor."""
        return 512

    def ran_out(self, tile_px: int) -> None:
        """Nothing is remembered: the process ends soon."""


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=20_000)
    parser.add_argument("--height", type=int, default=20_000)
    parser.add_argument("--suffix", choices=("tif", "png", "jpg"), default="tif")
    parser.add_argument("--network-scale", type=int, default=4)
    parser.add_argument("--deep", action="store_true", help="16 bits")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Make a picture, restore it, check the result, print what it took."""
    dtype = np.dtype(np.uint16 if options.deep else np.uint8)
    source, target = folder / "in.tif", folder / f"out.{options.suffix}"
    make_picture(source, options.height, options.width, dtype)
    card = ModelCard(Path("repeat"), "", "", {}, options.network_scale, 40, 1, "MIT", sha256="0")
    step = Step(upscale.Upscale(), {"scale": 2.0}, card, Compute("cpu", "fp32"))
    before, begin = peak_bytes(), time.monotonic()
    with mock.patch.object(network_mode, "Inference", Repeat):
        reader = open_large_photo(
            source, lambda header: step, WriteOptions(), target, limit_megapixels=LIMIT_MEGAPIXELS
        )
        assert reader is not None, "not above the threshold"
        restored = restore_large_photo(reader, step, target, WriteOptions(), RunContext.quiet())
    seconds, grown = time.monotonic() - begin, peak_bytes() - before
    check(source, target, restored.photo)
    megapixels = restored.photo.megapixels
    print(
        f"{options.width} x {options.height} {dtype} to {megapixels:,.0f} megapixels of "
        f"{options.suffix}, network x{options.network_scale}: {grown / 2**20:,.0f} MiB above the "
        f"{before / 2**20:,.0f} MiB before, {seconds:,.0f} s, {target.stat().st_size / 1e9:.2f} GB"
    )


def make_picture(path: Path, height: int, width: int, dtype: np.dtype) -> None:
    """Write smooth colours with some noise."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 8, (64, width, 3), dtype=np.uint8)
    ramp = (np.arange(width, dtype=np.float32) / width * 200)[None, :, None]
    scale = np.iinfo(dtype).max // 255
    with open(path, "w+b") as file:
        header = Photo(virtual_pixels(height, width, dtype))
        writer = TiffWriter(file, header, channels=3, quality=95)
        writer.start()
        for top in range(0, height, 64):
            rows = min(64, height - top)
            band = writer.next_band(rows)
            band[:] = (ramp + noise[:rows] + top / height * 40).astype(dtype) * scale
        writer.finish()


def check(source: Path, target: Path, photo: Photo) -> None:
    """Compare the flat means of a band in the middle of both files."""
    large = open_by_region(target, limit_megapixels=LIMIT_MEGAPIXELS)
    small = open_by_region(source, limit_megapixels=LIMIT_MEGAPIXELS)
    assert large is not None
    assert small is not None
    assert (large.height, large.width) == (photo.height, photo.width)
    for share in (0.1, 0.9):
        row = int(small.height * share)
        one = small.read((row, 0, row + 8, small.width)).astype(float)
        two = large.read((2 * row, 0, 2 * row + 16, large.width)).astype(float)
        top = np.iinfo(small.header.pixels.dtype).max
        difference = np.abs(one.mean(axis=(0, 1)) - two.mean(axis=(0, 1))).max() / top
        assert difference < 0.002, difference


def peak_bytes() -> int:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
