"""Runs a batch of 1,000 files, some of them damaged, and measures its memory.

python -m benchmarks.batch [--files 1000] [--damaged 30]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

KINDS = ("png", "jpg", "tif", "webp")


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--damaged", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), options.files, options.damaged)


def run(folder: Path, files: int, damaged: int) -> None:
    """Make the files, run the batch, compare."""
    inputs, out = folder / "in", folder / "out"
    bad = set(random.Random(0).sample(range(files), damaged))
    for index in range(files):
        path = inputs / f"{index // 100}" / f"{index:04}.{KINDS[index % len(KINDS)]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(index).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        if index in bad:
            path.write_bytes(path.read_bytes()[:60])
    stamps = {path: path.stat().st_mtime_ns for path in inputs.rglob("*.*")}
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "restorer", "upscale", inputs, "--recursive", "-o", out,
         "--device", "cpu", "--jobs", folder / "jobs.jsonl"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    levels: dict[int, int] = {}  # resident bytes by tenth of the batch
    watched = psutil.Process(process.pid)
    lines = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        if len(lines) % max(1, files // 10) == 0:
            levels[len(lines)] = watched.memory_info().rss
    status = process.wait()
    failed = [line for line in lines if line.startswith("failed: ")]
    assert status == 1, status
    assert len(failed) == damaged, len(failed)
    assert len([path for path in out.rglob("*") if path.is_file()]) == files - damaged
    assert stamps == {path: path.stat().st_mtime_ns for path in inputs.rglob("*.*")}
    in_order = [levels[key] / 2**20 for key in sorted(levels)][:10]
    print(f"{files} files, {damaged} damaged: {files - damaged} done, {len(failed)} named, exit "
          f"status {status}, {time.monotonic() - begin:.0f} s")  # fmt: skip
    print("MiB after each tenth:", " ".join(f"{level:.0f}" for level in in_order))


if __name__ == "__main__":
    main()
