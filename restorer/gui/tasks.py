"""What the worker thread does for the window: the engine's jobs and their pictures for the screen.

Everything here takes long on a large photograph and runs in the worker thread only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtGui import QColorSpace, QImage

from restorer.engine.condition import measure_condition
from restorer.engine.deep_prior.checkpoint import remove_run
from restorer.engine.deep_prior.fitted import Fitted
from restorer.engine.files.record import adjusted_record
from restorer.engine.jobs import HeldOut, RunContext
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.engine.pipeline import open_photo, restore_photo
from restorer.gui.qimages import Picture, make_picture


@dataclass(frozen=True, eq=False)
class Result:
    """A finished restoration.

    Attributes:
        picture: The result, ready for the screen.
        steps: How it was made.
        facts: What was used, as in Restored.
        seconds: How long it took.
        fitted: What it can be changed into without another run, if that is possible.
        iteration: Whose picture of fitted it is.
        strength: 0..100, with which that is blended with the original.
        curve: Held-out error of the run.
    """

    picture: Picture
    steps: Sequence[Step]
    facts: Mapping[str, object]
    seconds: float
    fitted: Fitted | None = None
    iteration: int = 0
    strength: float = 100.0
    curve: Sequence[HeldOut] = ()


def open_picture(path: Path, ctx: RunContext) -> Picture:
    """Read a photograph and make it ready for the screen. Raises as open_photo."""
    photo = open_photo(path, ctx)
    ctx.raise_if_cancelled()
    return _make_picture(photo)


def paste_picture(image: QImage, ctx: RunContext) -> Picture:
    """Make a picture of the clipboard ready for the screen."""
    ctx.step("open", 0, 0)
    return _make_picture(photo_from_image(image))


def restore_picture(photo: Photo, steps: Sequence[Step], ctx: RunContext) -> Result:
    """Restore a photograph and make the result ready for the screen. Raises as restore_photo."""
    begin = time.monotonic()
    restored = restore_photo(photo, steps, ctx)
    seconds = time.monotonic() - begin
    if restored.fitted is None:  # what came of a long run is not thrown away
        ctx.raise_if_cancelled()
    result = Result(make_picture(restored.photo), steps, restored.facts, seconds, restored.fitted)
    if not ctx.is_cancelled:  # else nobody takes the result
        for step in steps:
            remove_run(step.checkpoint)
    if restored.fitted is None:
        return result
    strength = float(str(restored.facts.get("strength", 100)))
    return replace(result, iteration=restored.fitted.kept_iteration, strength=strength)


def adjust_result(
    result: Result, fitted: Fitted, iteration: int, strength: int, ctx: RunContext
) -> Result:
    """Return what a run gave after an iteration, blended with the original, for the screen."""
    photo = fitted.blended(strength=strength, iteration=iteration)
    ctx.raise_if_cancelled()
    snapshot = None if iteration == fitted.kept_iteration else iteration
    record = result.picture.photo.record
    assert record is not None
    record = adjusted_record(record, strength=strength, snapshot=snapshot)
    picture = make_picture(replace(photo, record=record))
    facts = {**result.facts, "strength": strength}
    return replace(result, picture=picture, facts=facts, iteration=iteration, strength=strength)


def estimate_time(
    step: Step, height: int, width: int, ctx: RunContext
) -> tuple[float, float] | None:
    """Return the least and the most seconds a step may take, None if that is not known."""
    return step.mode.estimate_seconds(height, width, step, ctx)


def _make_picture(photo: Photo) -> Picture:
    photo.digest  # noqa: B018  here it costs the window no time; it is kept
    return replace(make_picture(photo), condition=measure_condition(photo.pixels, photo.source))


def photo_from_image(image: QImage) -> Photo:
    """Return a Photo with an image's pixels, depth, transparency and colour profile."""
    is_deep = image.depth() > 32 or image.format() == QImage.Format.Format_Grayscale16
    target = QImage.Format.Format_RGBA64 if is_deep else QImage.Format.Format_RGBA8888
    is_gray = image.isGrayscale()
    has_alpha = image.hasAlphaChannel()
    image = image.convertToFormat(target)
    dtype = np.dtype(np.uint16 if is_deep else np.uint8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    rgba = rows[:, : image.width() * 4 * dtype.itemsize].copy().view(dtype)
    rgba = rgba.reshape(image.height(), image.width(), 4)  # (H, W, 4)
    space = image.colorSpace()
    is_srgb = not space.isValid() or space == QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    return Photo(
        pixels=np.ascontiguousarray(rgba[:, :, :3]),
        alpha=np.ascontiguousarray(rgba[:, :, 3]) if has_alpha else None,
        is_gray=is_gray,
        icc=None if is_srgb else bytes(space.iccProfile().data()),
    )
