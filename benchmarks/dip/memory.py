"""The peak of memory for each megapixel."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.dip.part import Part, Result, Unit, text, verdict
from benchmarks.dip.pictures import to_photo
from restorer.engine.deep_prior.fitting import fit_photo
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext

MEMORY_CODE = """
import sys
from benchmarks.dip.memory import peak_bytes
peak_bytes(float(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
"""


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for megapixels, tile in ((1.0, "whole"), (2.0, "whole"), (12.0, "auto")):
        if megapixels <= options.megapixels:
            yield {"megapixels": megapixels, "tile": tile, "iterations": options.iterations or 3}


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    words = [str(unit[key]) for key in ("megapixels", "tile", "iterations")]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_CODE, *words], check=True, capture_output=True, text=True
    )
    peak = float(done.stdout.split()[-1])
    return {"peak_gib": peak / 2**30, "gib_per_megapixel": peak / 2**30 / unit["megapixels"]}


def peak_bytes(megapixels: float, tile: str, iterations: int) -> None:
    """Print by how much a quick run on a photo of this size raises the process's peak memory."""
    from restorer.engine.device import preload

    def peak() -> int:
        # Linux only, unlike getrusage, which begins with what the parent process had.
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024  # KiB

    preload()
    side = round((megapixels * 1e6) ** 0.5)
    rng = np.random.default_rng(0)
    photo = to_photo(rng.random((side, side, 3), np.float32))
    compute = Compute(device="cpu", precision="fp32", tile=tile)
    small = to_photo(rng.random((64, 64, 3), np.float32))
    for picture in (small, photo):
        before = peak()
        fit_photo(
            picture, DENOISE["quick"], RunContext.quiet(), compute=compute, iterations=iterations
        )
    print(peak() - before)


def _goals(results: Sequence[Result]) -> list[str]:
    worst = max(result["gib_per_megapixel"] for result in results)
    return [f"Quick: {worst:.2f} GiB a megapixel; goal 1.7: {verdict(is_met=worst <= 1.7)}"]


PART = Part(
    "peak memory of Quick on a processor",
    _units,
    _measure,
    {
        "megapixels": text("megapixels", "g"),
        "tile": text("tile"),
        "peak GiB": text("peak_gib", ".2f"),
        "GiB a megapixel": text("gib_per_megapixel", ".2f"),
    },
    _goals,
)
