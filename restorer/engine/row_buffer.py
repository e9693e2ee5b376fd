"""Rows of a picture that pass by: new ones come in below, old ones are let go above."""

from __future__ import annotations

import numpy as np

from restorer.engine.photo import Pixels


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
