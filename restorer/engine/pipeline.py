"""The engine on one page: open a photo, restore it step by step, save the result.

The window runs these three as jobs in its worker thread; the command line calls them in turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.files.photo_io import (
    DEFAULT_LIMIT_MEGAPIXELS,
    WriteOptions,
    check_target,
    format_for,
    kind_for,
    read_photo,
    time_of,
    warn_of_loss,
    with_wanted_record,
    write_photo,
)
from restorer.engine.files.record import make_record, step_record
from restorer.engine.files.region_io import FileReader, open_by_region, virtual_pixels
from restorer.engine.files.row_encode import ROW_WRITERS, RowWriter
from restorer.engine.files.safe_file import check_disk, clear_write_errors, new_file
from restorer.engine.files.vips import pyvips
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Restored, Step
from restorer.engine.photo import Photo
from restorer.errors import Cancelled, PhotoError, PhotoReadError, PhotoWriteError

log = logging.getLogger(__name__)

# Above, a picture goes from file to file. Of a 16-bit photo, the network's picture takes 1.5 GB.
STREAM_ABOVE_MEGAPIXELS = 250.0
# Of a file's size to that of its pixels, at most: the lossless ones may not shrink at all.
LARGEST_SHARE = {"png": 1.01, "tif": 1.01, "jpg": 0.6}


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


def read_mask(
    path: Path, *, limit_megapixels: float = DEFAULT_LIMIT_MEGAPIXELS
) -> NDArray[np.bool_]:
    """Read a picture as a mask: (H, W), True where it is white and not transparent.

    Raises:
        PhotoReadError: It cannot be read.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    mask = read_photo(path, limit_megapixels=limit_megapixels)
    half = mask.max_value // 2
    white: NDArray[np.bool_] = mask.pixels.min(axis=2) > half
    return white if mask.alpha is None else white & (mask.alpha > half)


def restore_photo(photo: Photo, steps: Sequence[Step], ctx: RunContext) -> Restored:
    """Apply steps in order. The facts of later steps win over those of earlier ones.

    The result carries the record of what was done, see record.py, and what the last step's result
    can be changed into.

    Raises:
        RestorerError: A step cannot be done.
        Cancelled: The job is to stop.
    """
    facts: dict[str, object] = {}
    done = []
    source = photo.source
    fitted = None
    for index, step in enumerate(steps):
        log.info("restore: %s, %d x %d", step.mode.id, photo.width, photo.height)
        with clear_memory_errors(source):
            restored = step.mode.restore(photo, step, ctx.part(index, len(steps)))
        photo = restored.photo
        fitted = restored.fitted
        facts.update(restored.facts)
        done.append(step_record(step, restored.facts))
    record = make_record(done, source).to_json()
    return Restored(replace(photo, record=record), facts, fitted)


@contextmanager
def clear_memory_errors(path: Path | None) -> Iterator[None]:
    """Turn what NumPy and OpenCV raise where memory runs out into an error about a photograph.

    Raises:
        PhotoError: It did.
    """
    try:
        yield
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
            raise
        raise PhotoError(path, "needs more memory than there is") from error


def save_photo(photo: Photo, path: Path, options: WriteOptions, ctx: RunContext) -> Path:
    """Write a photograph, whole or not at all.

    Returns:
        The file written.

    Raises:
        PhotoWriteError: It cannot be written; no part of it is left.
        Cancelled: The job is to stop; nothing was written.
    """
    ctx.step("save", 0, 0)
    write_photo(photo, path, options=options)
    with suppress(Cancelled):  # too late: the file is there
        ctx.step("save", 1, 1)
    return path


def open_large_photo(
    path: Path,
    step_for: Callable[[Photo], Step],
    options: WriteOptions,
    target: Path,
    *,
    limit_megapixels: float,
) -> FileReader | None:
    """Return a reader of a photograph that is too large to be restored in memory.

    Args:
        path: The photograph.
        step_for: Says what is to be done, from all about the photograph but its pixels.
        options: How the result is to be written.
        target: The file to write.
        limit_megapixels: Refuse a larger one.

    Returns:
        None if it is small enough, or cannot be read and written by rows, or the mode needs the
        whole of it: then open_photo is to be called.

    Raises:
        PhotoReadError: It is large and damaged.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    if (options.format or format_for(target)) not in ROW_WRITERS:
        return None
    try:
        reader = open_by_region(path, limit_megapixels=limit_megapixels)
    except (OSError, ValueError, PhotoReadError):
        return None  # open_photo says what is wrong
    if reader is None:
        return None
    step = step_for(reader.header)
    working = step.mode.working_pixels(reader.height, reader.width, step)
    if working is None or working <= STREAM_ABOVE_MEGAPIXELS * 1e6:
        return None
    reader.check()
    return reader


def restore_large_photo(
    reader: FileReader, step: Step, path: Path, options: WriteOptions, ctx: RunContext
) -> Restored:
    """Restore a photograph from file to file; its rows are written as they become ready.

    Returns:
        The facts, and a photo without pixels (they are zeros that take no memory).

    Raises:
        PhotoWriteError: It cannot be written, the format cannot hold it, or the disk has too
            little room; the last two are found before any work.
        RestorerError: The step cannot be done.
        Cancelled: The job is to stop.
    """
    header = reader.header
    height, width = step.mode.output_size(header.height, header.width, step)
    pixels = virtual_pixels(height, width, header.pixels.dtype)
    key = options.format or format_for(path)
    kind = kind_for(path, options)
    if kind.bits < 16:
        pixels = virtual_pixels(height, width, np.dtype(np.uint8))
    stored_channels = reader.channels - (2 if header.is_gray else 0)
    check_target(path, options=options, source=header.source, side_px=max(height, width))
    check_disk(path, int(pixels.nbytes / 3 * stored_channels * LARGEST_SHARE[key or ""]))
    warn_of_loss(header, path, kind)
    if reader.channels == 4 and not kind.holds_alpha:
        log.warning("transparent parts become white")
    restored = header.with_pixels(virtual_pixels(height, width, header.pixels.dtype))
    writers: list[RowWriter] = []
    with clear_write_errors(path):
        time_ns = time_of(header.source) if options.keeps_time and header.source else None
        with new_file(path, overwrite=options.overwrite, time_ns=time_ns) as file:

            def make_writer(facts: Mapping[str, object]) -> RowWriter:
                record = make_record([step_record(step, facts)], header.source).to_json()
                whole = with_wanted_record(replace(restored, record=record), kind, options)
                for writer in writers:
                    writer.close()
                writers.append(
                    ROW_WRITERS[key or ""](
                        file, whole, channels=reader.channels, quality=options.quality
                    )
                )
                return writers[-1]

            try:
                facts = step.mode.restore_rows(reader, make_writer, step, ctx)
            except pyvips.Error as error:
                reason = f"cannot be written: encoding as {kind.name} failed"
                raise PhotoWriteError(path, reason) from error
            finally:
                for writer in writers:
                    writer.close()
    return Restored(restored, facts)
