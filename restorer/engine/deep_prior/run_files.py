"""Where runs are kept that were stopped, to go on with them another day."""

from __future__ import annotations

import contextlib
from pathlib import Path

from restorer import paths
from restorer.engine.deep_prior.checkpoint import fingerprint
from restorer.engine.mode import IntParam, Step
from restorer.engine.photo import Photo

KEPT_BYTES = 4 << 30  # a run takes 20 MB and more


def run_file(photo: Photo, step: Step) -> Path:
    """Return the file for a photo's run with a step's settings; it need not exist.

    What only changes the finished result is not among them.
    """
    chosen = {
        param.key: step.params.get(param.key, param.default)
        for param in step.mode.params
        if not (isinstance(param, IntParam) and param.is_late)
    }
    settings = fingerprint(step.mode.id, sorted(chosen.items()), step.compute)
    return paths.runs_dir() / f"{photo.digest[:24]}-{settings[:16]}.run"


def make_room(path: Path) -> None:
    """Make the folder of a run that begins, and delete the oldest others beyond KEPT_BYTES."""
    folder = path.parent
    with contextlib.suppress(OSError):  # writing the run will say it in words
        folder.mkdir(parents=True, exist_ok=True)
        others = [other for other in folder.glob("*.run") if other != path]
        others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
        size = 0
        for other in others:
            size += other.stat().st_size
            if size > KEPT_BYTES:
                other.unlink()
