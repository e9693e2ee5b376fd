"""restorer reproduce: the same pixels again, from a result's record and its original."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer.arguments import MAX_SEED, number
from restorer.engine.device import Compute
from restorer.engine.files.photo_io import (
    DEFAULT_LIMIT_MEGAPIXELS,
    WriteOptions,
    check_target,
    format_for,
)
from restorer.engine.files.record import (
    Record,
    StepRecord,
    hash_file,
    hash_mask,
    partner_sha256,
    recorded,
)
from restorer.engine.files.safe_file import is_same_file
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard, find_model, find_models
from restorer.engine.photo import Photo
from restorer.engine.pipeline import open_photo, read_mask, restore_photo, save_photo
from restorer.engine.tiles import MIN_TILE_PX
from restorer.errors import PhotoReadError, PhotoWriteError, RecordError
from restorer.modes import MODES

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments; its run is set as for the other commands."""
    parser.set_defaults(run=run)
    parser.add_argument("result", type=Path, metavar="RESULT", help="a file this program wrote")
    parser.add_argument("--original", type=Path, required=True, metavar="FILE",
                        help="the photograph it was made from")  # fmt: skip
    parser.add_argument("--mask", type=Path, metavar="MASK", help="of a repair: the one it had")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quality", type=number(1, 100), default=None, metavar="1..100",
                        help="of JPEG, WebP, AVIF, JPEG XL (default: as RESULT was)")  # fmt: skip
    parser.add_argument("--limit-megapixels", type=number(1, 1_000_000), metavar="N",
                        default=int(DEFAULT_LIMIT_MEGAPIXELS),
                        help="refuse larger pictures (default: %(default)s)")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace OUTPUT if it exists")
    parser.add_argument("--device", default=None, help="default: the kind that was used")


def run(options: argparse.Namespace) -> int:
    """Make a result again; returns 0 if its pixels are the same, 1 if they are not.

    Raises:
        RecordError: There is no record, the original or the model is another one.
        RestorerError: As for any restoration.
    """
    ctx = RunContext.quiet()
    limit = options.limit_megapixels
    result = open_photo(options.result, ctx, limit_megapixels=limit)
    record = _record_of(result)
    _check_original(options.original, record)
    steps = [_step(step, options) for step in record.steps]
    original = open_photo(options.original, ctx, limit_megapixels=limit)
    write = WriteOptions(
        format_for(options.output),
        options.quality or record.quality or WriteOptions.quality,
        options.overwrite,
    )
    for kept in (options.result, options.mask):
        if options.overwrite and kept is not None and is_same_file(options.output, kept):
            raise PhotoWriteError(options.output, "is needed as it is; choose another name")
    side_px = _longest_side_px(original, steps)
    check_target(options.output, options=write, source=options.original, side_px=side_px)
    save_photo(restore_photo(original, steps, ctx).photo, options.output, write, ctx)
    again = open_photo(options.output, ctx, limit_megapixels=limit)
    is_same = _same_pixels(again, result)
    log.info("%s: %s", options.output,
             "the same pixels" if is_same else "the pixels differ")  # fmt: skip
    return 0 if is_same else 1


def _longest_side_px(original: Photo, steps: Sequence[Step]) -> int:
    """Return the longest side of what the steps make of a photograph."""
    height, width = original.height, original.width
    for step in steps:
        height, width = step.mode.output_size(height, width, step)
    return max(height, width)


def _record_of(result: Photo) -> Record:
    record = recorded(result.xmp)
    if record is None:
        raise RecordError("The result has no record of what was done.")
    return record


def _check_original(path: Path, record: Record) -> None:
    if record.original_sha256 is None:
        return
    try:
        found = hash_file(path)
    except OSError as error:
        raise PhotoReadError(path, f"cannot be read: {error.strerror}") from error
    if found != record.original_sha256:
        raise RecordError(f"{path.name} is not the original that the result was made from.")


def _step(record: StepRecord, options: argparse.Namespace) -> Step:
    mode = next((mode for mode in MODES if mode.id == record.mode), None)
    if mode is None:
        raise RecordError(f"This version of the program does not know the mode {record.mode}.")
    if record.was_stopped:
        raise RecordError("The result was ended early by hand, which cannot be done again.")
    if record.snapshot is not None:
        raise RecordError(
            f"The result is the picture of iteration {record.snapshot}, chosen by hand, which "
            "cannot be done again."
        )
    if not 0 <= record.seed <= MAX_SEED:
        raise RecordError(f"The record's seed {record.seed} is not between 0 and {MAX_SEED}.")
    card, tile_px = _card(record), record.tile_px
    if card is None and mode.needs_model:  # no network ran, whichever it would have been
        card = find_model(mode.default_model)
    # Tiles that join exactly may be any: as large as the memory allows.
    free = "auto" if card is not None and card.joins_exactly else "whole"
    tile = free if tile_px is None or tile_px < MIN_TILE_PX else tile_px
    compute = Compute(options.device or record.device, record.precision, tile, record.seed)
    return Step(mode, record.params, card, compute, _mask(record, options))


def _mask(record: StepRecord, options: argparse.Namespace) -> NDArray[np.bool_] | None:
    if record.mask_sha256 is None:
        return None
    if options.mask is None:
        raise RecordError("The result was made with a mask: name it with --mask.")
    mask = read_mask(options.mask, limit_megapixels=options.limit_megapixels)
    if hash_mask(mask) != record.mask_sha256:
        raise RecordError(f"{options.mask.name} is not the mask that the result was made with.")
    return mask


def _card(record: StepRecord) -> ModelCard | None:
    if record.model_sha256 is None:
        return None
    found = find_models()
    card = next((card for card in found if card.sha256 == record.model_sha256), None)
    if card is None:
        if any(card.name == record.model for card in found):
            raise RecordError(
                f"The model {record.model} has other weights now. The file it had, with the hash "
                f"{record.model_sha256}, can be added under another name (restorer models add)."
            )
        raise RecordError(
            f"The model {record.model} with the hash {record.model_sha256} is not installed."
        )
    if partner_sha256(card) != record.partner_sha256:
        raise RecordError(
            f"The model that {record.model} was mixed with, with the hash {record.partner_sha256}, "
            "is not installed."
            if record.partner_sha256
            else f"The model {record.model} has a partner now, which it had not."
        )
    return card


def _same_pixels(one: Photo, other: Photo) -> bool:
    if (one.alpha is None) != (other.alpha is None):
        return False
    if one.alpha is not None and other.alpha is not None:
        if not np.array_equal(one.alpha, other.alpha):
            return False
    return np.array_equal(one.pixels, other.pixels) and one.pixels.dtype == other.pixels.dtype
