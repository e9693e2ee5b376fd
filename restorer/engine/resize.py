"""Resizing with Pillow's antialiased Lanczos filter, whole pictures and band by band."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from restorer.engine.photo import Pixels
from restorer.engine.row_buffer import PassingWriter
from restorer.engine.tiles import PhotoWriter

_LOBES = 3  # of the Lanczos filter: how many output pixels it looks to each side
_BAND_ROWS = 256  # of the result, resized at once


def resize(channel: Pixels, height: int, width: int) -> Pixels:
    """Return (H, W) or (H, W, 3) resized, depth kept.

    Args:
        channel: uint8 or uint16.
        height: Of the result.
        width: Of the result.
    """
    result: Pixels = np.empty((height, width, *channel.shape[2:]), channel.dtype)
    bands = _Bands(channel.shape[0], height)
    for begin, end in bands.spans():
        first, last = bands.seen(begin, end)
        rows = np.ascontiguousarray(channel[first:last])
        result[begin:end] = bands.resized(rows, width, begin, end)
    return result


class _Bands:
    """Where the bands of a result lie, and which rows of the input they see.

    Pictures in memory and those that pass by row by row are resized in the same bands, so that
    they come out the same: what Pillow makes of a row may differ by one level with where its box
    begins.

    Args:
        before: Height of the input.
        after: Height of the result.
    """

    def __init__(self, before: int, after: int) -> None:
        self._before, self._after = before, after
        self._scale = before / after
        self._support = _LOBES * max(1.0, self._scale) + 1

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield first and last row of each band of the result."""
        for begin in range(0, self._after, _BAND_ROWS):
            yield begin, min(self._after, begin + _BAND_ROWS)

    def seen(self, begin: int, end: int) -> tuple[int, int]:
        """Return first and last row of the input that a band of the result depends on."""
        first = max(0, math.floor(begin * self._scale - self._support))
        return first, min(self._before, math.ceil(end * self._scale + self._support))

    def resized(self, rows: Pixels, width: int, begin: int, end: int) -> Pixels:
        """Return a band of the result, made of the rows it sees."""
        # One direction after the other: Pillow chooses which comes first by the sizes.
        height_before, width_before = rows.shape[:2]
        if width != width_before:
            box = (0.0, 0.0, float(width_before), float(height_before))
            rows = _resized(rows, height_before, width, box)
        first, _ = self.seen(begin, end)
        top, bottom = begin * self._scale - first, end * self._scale - first
        return _resized(rows, end - begin, width, (0.0, top, float(width), bottom))


def _resized(
    channel: Pixels, height: int, width: int, box: tuple[float, float, float, float]
) -> Pixels:
    if channel.dtype == np.uint8:
        image = Image.fromarray(channel)
        return np.array(image.resize((width, height), Image.Resampling.LANCZOS, box))
    if channel.ndim == 3:  # Pillow has no 16-bit colour
        planes = [
            _resized(np.ascontiguousarray(channel[:, :, c]), height, width, box) for c in range(3)
        ]
        return np.stack(planes, axis=2)
    image = Image.fromarray(channel.astype(np.float32))
    resized = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, box))
    deep: Pixels = np.clip(np.rint(resized), 0, 65535).astype(channel.dtype)
    return deep


class ResizingWriter(PassingWriter[tuple[int, int]]):
    """Takes bands of a picture and hands them on resized, to another writer.

    Args:
        writer: Gets the result.
        size: Height and width of what is written here.
        target: Height and width of the result.
        channels: 3, or 4 with alpha, which is resized by itself (straight, not premultiplied).
        dtype: Of the pixels.
    """

    def __init__(
        self,
        writer: PhotoWriter,
        size: tuple[int, int],
        target: tuple[int, int],
        *,
        channels: int,
        dtype: np.dtype[np.generic],
    ) -> None:
        super().__init__(writer, size[1], channels, dtype)
        self._target_width = target[1]
        self._bands = _Bands(size[0], target[0])

    def parts(self) -> Iterator[tuple[int, int]]:
        """Yield the bands of the result."""
        return self._bands.spans()

    def seen(self, part: tuple[int, int]) -> tuple[int, int]:
        """Return the rows that a band depends on."""
        return self._bands.seen(*part)

    def hand_on(self, part: tuple[int, int], rows: Pixels, writer: PhotoWriter) -> None:
        """Write a band of the result."""
        begin, end = part
        band = writer.next_band(end - begin)
        colours = np.ascontiguousarray(rows[..., :3])
        band[..., :3] = self._bands.resized(colours, self._target_width, begin, end)
        if rows.shape[2] == 4:
            alpha = np.ascontiguousarray(rows[..., 3])
            band[..., 3] = self._bands.resized(alpha, self._target_width, begin, end)
