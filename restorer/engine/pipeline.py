"""The engine on one page: open a photo, restore it step by step, save the result.

The window runs these three as jobs in its worker thread; the command line calls them in turn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer.engine.jobs import RunContext
from restorer.engine.mode import Restored, Step
from restorer.engine.photo import Photo
from restorer.engine.photo_io import WriteOptions, read_photo, write_photo

log = logging.getLogger(__name__)


def open_photo(path: Path, ctx: RunContext) -> Photo:
    """Read a photograph.

    Raises:
        PhotoReadError: It cannot be read.
        PhotoTooLargeError: It has more pixels than the limit.
        Cancelled: The job is to stop.
    """
    ctx.step("open", 0, 0)
    photo = read_photo(path)
    ctx.step("open", 1, 1)
    return photo


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a picture as a mask: (H, W), True where it is white and not transparent.

    Raises:
        PhotoReadError: It cannot be read.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    mask = read_photo(path)
    half = mask.max_value // 2
    white: NDArray[np.bool_] = mask.pixels.min(axis=2) > half
    return white if mask.alpha is None else white & (mask.alpha > half)


def restore_photo(photo: Photo, steps: Sequence[Step], ctx: RunContext) -> Restored:
    """Apply steps in order. The facts of later steps win over those of earlier ones.

    What the last step's result can be changed into comes with it.

    Raises:
        RestorerError: A step cannot be done.
        Cancelled: The job is to stop.
    """
    facts: dict[str, object] = {}
    fitted = None
    for index, step in enumerate(steps):
        log.info("restore: %s, %d x %d", step.mode.id, photo.width, photo.height)
        restored = step.mode.restore(photo, step, ctx.part(index, len(steps)))
        photo = restored.photo
        fitted = restored.fitted
        facts.update(restored.facts)
    return Restored(photo, facts, fitted)


def save_photo(photo: Photo, path: Path, options: WriteOptions, ctx: RunContext) -> Path:
    """Write a photograph, whole or not at all.

    Returns:
        The file written.

    Raises:
        PhotoWriteError: It cannot be written; no part of it is left.
        Cancelled: The job is to stop.
    """
    ctx.step("save", 0, 0)
    write_photo(photo, path, options=options)
    ctx.step("save", 1, 1)
    return path
