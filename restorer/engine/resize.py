"""Resizing with Pillow's antialiased Lanczos filter, whole pictures and band by band."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from restorer.engine.photo import Pixels
from restorer.engine.row_buffer import RowBuffer
from restorer.engine.tiles import PhotoWriter

_LOBES = 3  # of the Lanczos filter: how many output pixels it looks to each side
_BAND_ROWS = 256  # of the result, resized at once

Span = tuple[float, float]


def resize(channel: Pixels, height: int, width: int, *, rows: Span | None = None) -> Pixels:
    """Return (H, W) or (H, W, 3) resized, depth kept.

    Args:
        channel: uint8 or uint16.
        height: Of the result.
        width: Of the result.
        rows: First and last row of the input that the result shows; None for all. The filter
            looks beyond them where there is more.
    """
    # One direction after the other: Pillow chooses which comes first by the sizes, and bands are to
    # give what the whole picture gives.
    height_before, width_before = channel.shape[:2]
    if width != width_before:
        box = (0.0, 0.0, float(width_before), float(height_before))
        channel = _resized(channel, height_before, width, box)
    top, bottom = (0.0, float(height_before)) if rows is None else rows
    return _resized(channel, height, width, (0.0, top, float(width), bottom))


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


class ResizingWriter:
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
        self._writer = writer
        self._height, self._width = size
        self._target_height, self._target_width = target
        self._channels, self._dtype = channels, dtype
        self._scale = self._height / self._target_height
        self._support = _LOBES * max(1.0, self._scale) + 1

    def start(self) -> None:
        """Begin with the first row."""
        self._writer.start()
        self._buffer = RowBuffer(self._width, self._channels, self._dtype)
        self._done = 0  # rows of the result that are written

    def next_band(self, rows: int) -> Pixels:
        """Return the next rows, to be filled before the next call."""
        self._hand_on()
        return self._buffer.grow(rows)

    def finish(self) -> None:
        """The last band is filled."""
        self._hand_on()
        if self._done != self._target_height:
            raise ValueError(f"{self._done} of {self._target_height} rows were written")
        self._writer.finish()

    def _hand_on(self) -> None:
        """Write the rows of the result for which all of the input is there."""
        ready = self._target_height
        if self._buffer.bottom < self._height:
            below = self._buffer.bottom - self._support
            ready = max(self._done, math.floor(below / self._scale))
        while self._done < ready:
            end = min(ready, self._done + _BAND_ROWS)
            self._write(end)
            self._done = end
        self._buffer.drop_above(math.floor(self._done * self._scale - self._support))

    def _write(self, end: int) -> None:
        begin = self._done
        # Only what the filter sees: box coordinates are small, and so exact.
        first = max(0, math.floor(begin * self._scale - self._support))
        last = min(self._height, math.ceil(end * self._scale + self._support))
        rows = self._buffer.rows(first, last)
        shown = (begin * self._scale - first, end * self._scale - first)
        band = self._writer.next_band(end - begin)
        size = (end - begin, self._target_width)
        band[..., :3] = resize(np.ascontiguousarray(rows[..., :3]), *size, rows=shown)
        if self._channels == 4:
            band[..., 3] = resize(np.ascontiguousarray(rows[..., 3]), *size, rows=shown)
