"""The engine on one page: open a photo, restore it step by step, save the result.

The window runs these three as jobs in its worker thread; the command line calls them in turn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restorer.engine.jobs import RunContext
from restorer.engine.mode import Restored, Step
from restorer.engine.photo import Photo
from restorer.engine.photo_io import (
    DEFAULT_LIMIT_MEGAPIXELS,
    WriteOptions,
    read_photo,
    write_photo,
)
from restorer.engine.record import make_record, step_record

log = logging.getLogger(__name__)


def open_photo(
    path: Path, ctx: RunContext, *, limit_megapixels: float = DEFAULT_LIMIT_MEGAPIXELS
) -> Photo:
    """Read a photograph.

    Raises:
        PhotoReadError: It cannot be read.
        PhotoTooLargeError: It has more pixels than the limit.
        Cancelled: The job is to stop.
    """
    ctx.step("open", 0, 0)
    photo = read_photo(path, limit_megapixels=limit_megapixels)
    ctx.step("open", 1, 1)
    return photo


def restore_photo(photo: Photo, steps: Sequence[Step], ctx: RunContext) -> Restored:
    """Apply steps in order. The facts of later steps win over those of earlier ones.

    The result carries the record of what was done; see record.py.

    Raises:
        RestorerError: A step cannot be done.
        Cancelled: The job is to stop.
    """
    facts: dict[str, object] = {}
    done = []
    source = photo.source
    for index, step in enumerate(steps):
        log.info("restore: %s, %d x %d", step.mode.id, photo.width, photo.height)
        restored = step.mode.restore(photo, step, ctx.part(index, len(steps)))
        photo = restored.photo
        facts.update(restored.facts)
        done.append(step_record(step, restored.facts))
    return Restored(replace(photo, record=make_record(done, source).to_json()), facts)


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
