"""Where runs are kept that were stopped, to go on with them another day."""

from __future__ import annotations

import contextlib
from pathlib import Path

from restorer import paths
from restorer.engine.checkpoint import fingerprint
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.engine.recipes import STRENGTH

KEPT_RUNS = 4  # each takes 20 MB and more


def run_file(photo: Photo, step: Step) -> Path:
    """Return the file for a photo's run with a step's settings; it need not exist.

    The strength is not among them: it only blends the finished picture.
    """
    chosen = {param.key: step.params.get(param.key, param.default) for param in step.mode.params}
    chosen.pop(STRENGTH.key, None)
    settings = fingerprint(step.mode.id, sorted(chosen.items()), step.compute)
    return paths.runs_dir() / f"{photo.digest[:24]}-{settings[:16]}.run"


def make_room() -> None:
    """Make the folder, and delete the oldest runs: with one more there are KEPT_RUNS."""
    folder = paths.runs_dir()
    with contextlib.suppress(OSError):  # writing the run will say it in words
        folder.mkdir(parents=True, exist_ok=True)
        kept = sorted(folder.glob("*.run"), key=lambda path: path.stat().st_mtime)
        for path in kept[: max(0, len(kept) - KEPT_RUNS + 1)]:
            path.unlink()
