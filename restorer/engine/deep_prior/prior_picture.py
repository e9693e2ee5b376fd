"""Between photographs and what a network is fitted to: 0..1, grey as one channel."""

from __future__ import annotations

import time

import cv2
import numpy as np

from restorer.engine.deep_prior.prior import Mask, Picture, PriorRun
from restorer.engine.jobs import RunContext
from restorer.engine.photo import Photo, Pixels
from restorer.engine.tiles import Tile

PREVIEW_INTERVAL_S = 0.5
PREVIEW_SHARE = 0.02  # of the time, at most
PREVIEW_PX = 1024


def to_picture(photo: Photo) -> Picture:
    """Return a photo's pixels as (H, W, 3), or (H, W, 1) if its channels are equal, 0..1."""
    first = photo.pixels[:, :, :1]
    pixels = first if photo.is_gray or (first == photo.pixels).all() else photo.pixels
    return pixels.astype(np.float32) * np.float32(1 / photo.max_value)


def to_pixels(picture: Picture, photo: Photo) -> Pixels:
    """Return a picture rounded to a photo's depth, (H, W, 3)."""
    scaled = picture * np.float32(photo.max_value)
    pixels = np.clip(np.rint(scaled), 0, photo.max_value).astype(photo.pixels.dtype)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


class Shower:
    """Shows a run's average, seldom enough not to cost time.

    Args:
        photo: What is restored.
        tile: Which part of it the run is about.
        ctx: Where to show it.
        fixed: (H, W, C) the photo as a picture, and (H, W) what of it stays as it is; None if
            nothing does.
    """

    def __init__(
        self,
        photo: Photo,
        tile: Tile,
        ctx: RunContext,
        *,
        fixed: tuple[Picture, Mask] | None = None,
    ) -> None:
        self._photo, self._tile, self._ctx, self._fixed = photo, tile, ctx, fixed
        self._due = time.monotonic() + PREVIEW_INTERVAL_S

    def __call__(self, run: PriorRun) -> None:
        """Show the average if it is time and anybody looks."""
        begin = time.monotonic()
        if not self._ctx.wants_previews or begin < self._due:
            return
        photo = self._photo
        height, width = photo.height, photo.width
        top, left, bottom, right = self._tile.core
        window_top, window_left = self._tile.window[:2]
        core = run.average()[
            top - window_top : bottom - window_top, left - window_left : right - window_left
        ]
        if self._fixed is not None:
            original, stays = (whole[top:bottom, left:right] for whole in self._fixed)
            core = np.where(stays[:, :, None], original, core)
        shrink = PREVIEW_PX / max(core.shape[:2])
        if shrink < 1:
            size = tuple(max(1, round(side * shrink)) for side in core.shape[1::-1])
            small = cv2.resize(core, size, interpolation=cv2.INTER_AREA)
            core = small.reshape(*size[::-1], -1).astype(np.float32)
        region = (top / height, left / width, bottom / height, right / width)
        self._ctx.preview(region, photo.with_pixels(to_pixels(core, photo)))
        cost = time.monotonic() - begin
        self._due = begin + max(PREVIEW_INTERVAL_S, cost / PREVIEW_SHARE)
