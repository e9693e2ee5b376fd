"""Rows of a picture that pass by: new ones come in below, old ones are let go above."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np

from restorer.engine.photo import Pixels
from restorer.engine.tiles import PhotoWriter

Part = TypeVar("Part")


class RowBuffer:
    """The rows of a picture that are still needed.

    Args:
        width: Pixels.
        channels: Of each pixel.
        dtype: Of the pixels.

    Attributes:
        top: Row of the picture that is the first held.
        bottom: Row of the picture after the last held.
    """

    def __init__(self, width: int, channels: int, dtype: np.dtype[np.generic]) -> None:
        self._rows: Pixels = np.empty((0, width, channels), dtype)
        self.top = self.bottom = 0

    def grow(self, rows: int) -> Pixels:
        """Return a view of new rows at the bottom, to be filled before the next call."""
        kept = self._rows
        self._rows = np.empty((len(kept) + rows, *kept.shape[1:]), kept.dtype)
        self._rows[: len(kept)] = kept
        self.bottom += rows
        return self._rows[len(kept) :]

    def rows(self, first: int, last: int) -> Pixels:
        """Return a view of rows of the picture, last excluded."""
        return self._rows[first - self.top : last - self.top]

    def drop_above(self, row: int) -> None:
        """Let go of what lies above a row of the picture."""
        if row > self.top:
            self._rows = self._rows[row - self.top :].copy()
            self.top = row


class PassingWriter(ABC, Generic[Part]):
    """Takes bands of a picture and hands them on, changed, to another writer.

    Args:
        writer: Gets the result.
        width: Pixels of a row that is written here.
        channels: 3, or 4 with alpha.
        dtype: Of the pixels.
    """

    def __init__(
        self, writer: PhotoWriter, width: int, channels: int, dtype: np.dtype[np.generic]
    ) -> None:
        self._writer = writer
        self._width, self._channels, self._dtype = width, channels, dtype

    @abstractmethod
    def parts(self) -> Iterable[Part]:
        """Return the parts that the result is handed on in, from the first row to the last."""

    @abstractmethod
    def seen(self, part: Part) -> tuple[int, int]:
        """Return the first row, and the one after the last, that a part is made of."""

    @abstractmethod
    def hand_on(self, part: Part, rows: Pixels, writer: PhotoWriter) -> None:
        """Write a part, made of the rows it sees."""

    def start(self) -> None:
        """Begin with the first row."""
        self._writer.start()
        self._buffer = RowBuffer(self._width, self._channels, self._dtype)
        self._waiting = list(self.parts())

    def next_band(self, rows: int) -> Pixels:
        """Return the next rows, to be filled before the next call."""
        self._hand_on_ready()
        return self._buffer.grow(rows)

    def finish(self) -> None:
        """The last band is filled."""
        self._hand_on_ready()
        if self._waiting:
            raise ValueError(f"{len(self._waiting)} parts were not written")
        self._writer.finish()

    def _hand_on_ready(self) -> None:
        """Write the parts of which all rows are there."""
        while self._waiting:
            first, last = self.seen(self._waiting[0])
            self._buffer.drop_above(first)
            if last > self._buffer.bottom:
                return
            self.hand_on(self._waiting.pop(0), self._buffer.rows(first, last), self._writer)
