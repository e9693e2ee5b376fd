"""Kills a batch at random moments and resumes it, many times.

    python -m benchmarks.kills [--kills 200] [--files 60]

After each kill every file that has its name must be whole and identical to that of an undisturbed
run, and after the last resumption nothing may be missing or left over.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), options.kills, options.files)


def run(folder: Path, kills: int, files: int) -> None:
    """Kill and resume until all kills are done, beginning anew when a batch is complete."""
    inputs, whole, out = folder / "in", folder / "whole", folder / "out"
    inputs.mkdir()
    for index in range(files):
        pixels = np.random.default_rng(index).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(inputs / f"{index:04}.png")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in inputs.iterdir()}
    os.environ["RESTORER_HOME"] = str(folder / "home")
    subprocess.run(words(inputs, whole), check=True, capture_output=True)
    expected = {path.name: path.read_bytes() for path in whole.iterdir()}
    chance = random.Random(0)
    done = complete = 0
    while done < kills:
        process = subprocess.Popen(words(inputs, out), stderr=subprocess.DEVNULL)
        wait_for_work(process, out)
        time.sleep(chance.uniform(0, 1.0))
        process.send_signal(signal.SIGKILL)
        was_killed = process.wait() == -signal.SIGKILL
        done += was_killed
        for path in out.glob("[!.]*"):
            assert path.read_bytes() == expected[path.name], path
        if not was_killed or len(list(out.glob("[!.]*"))) == files:
            subprocess.run(words(inputs, out), check=True, capture_output=True)
            finished = {path.name: path.read_bytes() for path in out.iterdir()}
            assert finished == expected
            complete += 1
            shutil.rmtree(out)
    if out.exists():
        subprocess.run(words(inputs, out), check=True, capture_output=True)
        assert {path.name: path.read_bytes() for path in out.iterdir()} == expected
        complete += 1
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in inputs.iterdir()}
    print(f"{done} kills, {complete} batches of {files} files completed after them: every file "
          "that had its name was whole at every moment, originals untouched")  # fmt: skip


def words(inputs: Path, out: Path) -> list[str]:
    """Return the command."""
    return [sys.executable, "-m", "restorer", "upscale", str(inputs), "-o", str(out), "--resume",
            "--device", "cpu"]  # fmt: skip


def wait_for_work(process: subprocess.Popen[bytes], out: Path) -> None:
    """Return when the first file of this process appears, or it has ended."""
    before = {path.name for path in out.glob("*")} if out.exists() else set()
    while process.poll() is None:
        if out.exists() and {path.name for path in out.glob("*")} - before:
            return
        time.sleep(0.01)


if __name__ == "__main__":
    main()
