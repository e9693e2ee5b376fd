#!/usr/bin/env python3
"""Measures how long the packaged program takes until its window is on the screen.

    xvfb-run -a installer/measure_start.py dist/restorer/restorer

Needs Linux, a display and xdotool. A cold start is one whose files are not in memory: their pages
are given back to the system first, as after a restart of the machine; libraries of the system
stay. The table says how busy the machine was, since figures of a busy one mean little.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
TIMEOUT_S = 60


def main() -> None:
    """Print the table."""
    program = Path(sys.argv[1]).resolve()
    print(f"load average before {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    seconds_until_window(program)  # makes the caches of fonts
    for name, is_cold in (("cold", True), ("warm", False)):
        times = []
        for _ in range(RUNS):
            if is_cold:
                forget_files(program.parent)
            times.append(seconds_until_window(program))
        print(
            f"{name}: median {statistics.median(times):.2f} s of {RUNS}, "
            f"{min(times):.2f} to {max(times):.2f} s"
        )
    size = sum(file.lstat().st_size for file in program.parent.rglob("*"))
    print(f"installed size {size / 1e6:.0f} MB")


def seconds_until_window(program: Path) -> float:
    """Start the program with an empty home; return the time until its window is visible."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RESTORER_HOME": home, "QT_QPA_PLATFORM": "xcb"}
        begin = time.monotonic()
        process = subprocess.Popen([program], env=environment)
        try:
            while not visible_window():
                if process.poll() is not None or time.monotonic() > begin + TIMEOUT_S:
                    sys.exit("the program shows no window")
                time.sleep(0.01)
            return time.monotonic() - begin
        finally:
            process.terminate()
            process.wait()


def visible_window() -> str:
    """Return the ids of visible windows of the program, "" if there is none."""
    search = ["xdotool", "search", "--onlyvisible", "--name", "^Restorer$"]
    return subprocess.run(search, capture_output=True, text=True).stdout


def forget_files(folder: Path) -> None:
    """Let the system forget the contents of all files below a folder, as far as it keeps them."""
    for file in folder.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


if __name__ == "__main__":
    main()
