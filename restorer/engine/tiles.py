"""Restoring a picture piece by piece so that the pieces join exactly."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from restorer.engine.jobs import RunContext
from restorer.engine.photo import Pixels
from restorer.errors import NotEnoughMemoryError

log = logging.getLogger(__name__)

Box = tuple[int, int, int, int]  # top, left, bottom, right; half open

MIN_TILE_PX = 64


class PhotoReader(Protocol):
    """A picture that is read by region."""

    @property
    def height(self) -> int:
        """Pixels."""
        ...

    @property
    def width(self) -> int:
        """Pixels."""
        ...

    def read(self, box: Box) -> Pixels:
        """Return the pixels (bottom - top, right - left, 3) of a box."""
        ...


class PhotoWriter(Protocol):
    """A picture that is filled from the first row to the last, band by band."""

    def start(self) -> None:
        """Begin with the first row; what was written before is thrown away."""
        ...

    def next_band(self, rows: int) -> Pixels:
        """Return the next rows, (rows, W, 3), to be filled before the next call."""
        ...

    def finish(self) -> None:
        """The last band is filled."""
        ...


class MemoryReader:
    """Reads from a picture in memory."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        self.height, self.width = pixels.shape[:2]

    def read(self, box: Box) -> Pixels:
        """Return a view of a box."""
        top, left, bottom, right = box
        return self._pixels[top:bottom, left:right]


class MemoryWriter:
    """Writes to a picture in memory.

    Attributes:
        pixels: (H, W, 3), whole after finish.
    """

    def __init__(self, height: int, width: int, dtype: np.dtype[np.generic]) -> None:
        self.pixels: Pixels = np.empty((height, width, 3), dtype)
        self._row = 0

    def start(self) -> None:
        """Begin with the first row."""
        self._row = 0

    def next_band(self, rows: int) -> Pixels:
        """Return a view of the next rows."""
        band = self.pixels[self._row : self._row + rows]
        self._row += rows
        return band

    def finish(self) -> None:
        """Check that nothing is missing."""
        if self._row != self.pixels.shape[0]:
            raise ValueError(f"{self._row} of {self.pixels.shape[0]} rows were written")


@dataclass(frozen=True)
class Tile:
    """One step of a plan. Boxes are in input pixels.

    Attributes:
        core: What this tile writes. Cores cover the picture exactly once.
        window: What the network sees: the core grown by the halo, clipped to the picture.
    """

    core: Box
    window: Box


def plan_tiles(
    height: int, width: int, *, tile_px: int, halo_px: int, multiple_of: int = 1
) -> list[Tile]:
    """Cut a picture into tiles that can be restored one by one, row after row.

    Cores cover the picture exactly once and are nearly equal in size. If halo_px is at least the
    network's reach, the joined result equals restoring the whole picture at once.

    Args:
        height: Input height, pixels, at least 1.
        width: Input width, pixels, at least 1.
        tile_px: Longest core side, input pixels. The network sees up to tile_px + 2 * halo_px.
        halo_px: Context added on each side, input pixels; 0 for none.
        multiple_of: Windows begin at multiples of this, so that a network that halves its input
            sees every tile in the same phase as the whole picture.

    Raises:
        ValueError: height, width, tile_px or multiple_of below 1, or halo_px below 0.
    """
    if min(height, width, tile_px, multiple_of) < 1 or halo_px < 0:
        raise ValueError(f"no plan for {height=} {width=} {tile_px=} {halo_px=} {multiple_of=}")

    cores = [
        (top, left, bottom, right)
        for top, bottom in _nearly_equal(height, tile_px)
        for left, right in _nearly_equal(width, tile_px)
    ]
    return [
        Tile(core, _grown(core, height, width, halo_px=halo_px, multiple_of=multiple_of))
        for core in cores
    ]


def plan_tiles_around(wanted: NDArray[np.bool_], *, tile_px: int, halo_px: int) -> list[Tile]:
    """Cut out only what is wanted of a picture, in tiles whose windows cover as little as possible.

    A box that is too large, or whose halves with their halos are smaller together, is halved.

    Args:
        wanted: (H, W); each pixel that is True is in one core.
        tile_px: Longest core side, at least 1.
        halo_px: Context added on each side.
    """
    height, width = wanted.shape

    def tiles_of(box: Box) -> list[Tile]:
        top, left, bottom, right = box
        rows = np.flatnonzero(wanted[top:bottom, left:right].any(axis=1))
        if len(rows) == 0:
            return []
        columns = np.flatnonzero(wanted[top:bottom, left:right].any(axis=0))
        bottom, right = top + int(rows[-1]) + 1, left + int(columns[-1]) + 1
        top, left = top + int(rows[0]), left + int(columns[0])
        core = (top, left, bottom, right)
        whole = Tile(core, _grown(core, height, width, halo_px=halo_px))
        longest = max(_sides(core))
        # But at the borders, a window has two halos each way: two of them cover no less than this.
        if longest == 1 or (longest <= tile_px and _window_px(whole) <= 2 * (2 * halo_px) ** 2):
            return [whole]
        if bottom - top == longest:
            middle = (top + bottom) // 2
            halves = (top, left, middle, right), (middle, left, bottom, right)
        else:
            middle = (left + right) // 2
            halves = (top, left, bottom, middle), (top, middle, bottom, right)
        parts = [tile for half in halves for tile in tiles_of(half)]
        if longest > tile_px or sum(map(_window_px, parts)) < _window_px(whole):
            return parts
        return [whole]

    return tiles_of((0, 0, height, width))


def _grown(core: Box, height: int, width: int, *, halo_px: int, multiple_of: int = 1) -> Box:
    top, left = (max(0, begin - halo_px) // multiple_of * multiple_of for begin in core[:2])
    return top, left, min(height, core[2] + halo_px), min(width, core[3] + halo_px)


def _window_px(tile: Tile) -> int:
    height, width = _sides(tile.window)
    return height * width


def fade(tile: Tile, height: int, width: int, *, halo_px: int) -> NDArray[np.float32]:
    """Return a tile's weights: 1, and a raised cosine where other tiles overlap it.

    The weighted sum of all tiles is to be divided by the sum of their weights.

    Args:
        tile: Which.
        height: Of the picture.
        width: Of the picture.
        halo_px: As in plan_tiles.

    Returns:
        (h, w, 1) of the tile's window, greater than 0.
    """

    def side(begin: int, end: int, length: int) -> NDArray[np.float32]:
        ramp = np.ones(end - begin, np.float32)
        rise = (1 - np.cos(np.pi * (np.arange(2 * halo_px) + 0.5) / (2 * halo_px))) / 2
        rise = rise[: len(ramp)].astype(np.float32)
        if begin > 0:
            ramp[: len(rise)] *= rise
        if end < length:
            ramp[len(ramp) - len(rise) :] *= rise[::-1]
        return ramp

    top, left, bottom, right = tile.window
    weights = side(top, bottom, height)[:, None] * side(left, right, width)[None, :]
    ramp: NDArray[np.float32] = np.maximum(weights, np.float32(1e-6))[:, :, None]
    return ramp


def _nearly_equal(length: int, longest: int) -> list[tuple[int, int]]:
    count = math.ceil(length / longest)
    edges = [length * index // count for index in range(count + 1)]
    return list(pairwise(edges))


def run_tiled(
    reader: PhotoReader,
    writer: PhotoWriter,
    restore_window: Callable[[Pixels, RunContext], Pixels],
    *,
    scale: int,
    halo_px: int,
    multiple_of: int,
    tile_px: int,
    ctx: RunContext,
    on_tile: Callable[[Tile, Pixels], None] = lambda tile, pixels: None,
    feather_px: int = 0,
) -> int:
    """Restore a picture tile by tile, from a reader to a writer.

    When memory runs out the tile's side is halved and everything starts over: tiles that are done
    belong to the old plan.

    Args:
        reader: The input.
        writer: The result, scale times as large.
        restore_window: Takes (h, w, 3) and the context of one tile, gives
            (scale * h, scale * w, 3).
        scale: Output pixels per input pixel along each side.
        halo_px: At least the reach of restore_window, input pixels.
        multiple_of: See plan_tiles.
        tile_px: Longest core side to begin with, input pixels.
        ctx: Reports each tile.
        on_tile: Called with each tile and its core's pixels.
        feather_px: Where halo_px is less than the reach: neighbouring tiles are blended over this
            distance to both sides of the edge between their cores, input pixels, at most halo_px.

    Returns:
        The longest core side that was used.

    Raises:
        NotEnoughMemoryError: Not even tiles of 64 pixels fit.
        Cancelled: The job is to stop.
    """
    tile_px = min(tile_px, max(reader.height, reader.width))
    while True:
        tiles = plan_tiles(
            reader.height, reader.width, tile_px=tile_px, halo_px=halo_px, multiple_of=multiple_of
        )
        try:
            if feather_px and len(tiles) > 1:
                _run_feathered(
                    reader, writer, tiles, restore_window,
                    scale=scale, feather_px=feather_px, ctx=ctx, on_tile=on_tile,
                )  # fmt: skip
            else:
                _run_plan(
                    reader, writer, tiles, restore_window, scale=scale, ctx=ctx, on_tile=on_tile
                )
        except NotEnoughMemoryError:
            if tile_px <= MIN_TILE_PX:
                raise
            log.warning("out of memory with tiles of %d px, starting over with half", tile_px)
            tile_px = max(MIN_TILE_PX, tile_px // 2)
        else:
            return tile_px


def _run_plan(
    reader: PhotoReader,
    writer: PhotoWriter,
    tiles: list[Tile],
    restore_window: Callable[[Pixels, RunContext], Pixels],
    *,
    scale: int,
    ctx: RunContext,
    on_tile: Callable[[Tile, Pixels], None],
) -> None:
    writer.start()
    ctx.step("tile", 0, len(tiles))
    done = 0
    for (top, bottom), row in groupby(tiles, key=lambda tile: (tile.core[0], tile.core[2])):
        band = writer.next_band((bottom - top) * scale)
        for tile in row:
            result = restore_window(reader.read(tile.window), ctx.part(done, len(tiles)))
            core = _cut(result, tile.core, tile, scale)
            target = band[:, tile.core[1] * scale : tile.core[3] * scale]
            target[:] = core
            on_tile(tile, target)
            done += 1
            ctx.step("tile", done, len(tiles))
    writer.finish()


def _run_feathered(
    reader: PhotoReader,
    writer: PhotoWriter,
    tiles: list[Tile],
    restore_window: Callable[[Pixels, RunContext], Pixels],
    *,
    scale: int,
    feather_px: int,
    ctx: RunContext,
    on_tile: Callable[[Tile, Pixels], None],
) -> None:
    """As _run_plan, with neighbours blended around the edge between their cores."""
    writer.start()
    ctx.step("tile", 0, len(tiles))
    done = 0
    feather_px = min(feather_px, *(min(_sides(tile.core)) // 2 for tile in tiles))
    height, width = reader.height, reader.width
    lower_edge: Pixels | None = None  # of the row before, which the next one is blended into
    for (top, bottom), row in groupby(tiles, key=lambda tile: (tile.core[0], tile.core[2])):
        begin, end = max(0, top - feather_px), min(height, bottom + feather_px)
        strip: Pixels | None = None
        for tile in row:
            result = restore_window(reader.read(tile.window), ctx.part(done, len(tiles)))
            on_tile(tile, _cut(result, tile.core, tile, scale))
            left = max(0, tile.core[1] - feather_px)
            right = min(width, tile.core[3] + feather_px)
            part = _cut(result, (begin, left, end, right), tile, scale)
            if strip is None:
                strip = np.empty((len(part), width * scale, part.shape[2]), part.dtype)
            overlap = 2 * feather_px * scale if left else 0
            target = strip[:, left * scale : right * scale]
            target[:, :overlap] = _blend(target[:, :overlap], part[:, :overlap], axis=1)
            target[:, overlap:] = part[:, overlap:]
            done += 1
            ctx.step("tile", done, len(tiles))
        assert strip is not None
        if lower_edge is not None:
            rows = len(lower_edge)
            strip[:rows] = _blend(lower_edge, strip[:rows], axis=0)
        finished = len(strip) - (2 * feather_px * scale if end < height else 0)
        writer.next_band(finished)[:] = strip[:finished]
        lower_edge = strip[finished:]
    writer.finish()


def _blend(before: Pixels, after: Pixels, *, axis: int) -> Pixels:
    """Return a raised-cosine passage from one picture to the other along an axis."""
    length = before.shape[axis]
    share = (1 - np.cos(np.pi * (np.arange(length) + 0.5) / max(1, length))) / 2
    share = share.astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    mixed: Pixels = np.rint(before + share * (after.astype(np.float32) - before)).astype(
        before.dtype
    )
    return mixed


def _sides(box: Box) -> tuple[int, int]:
    return box[2] - box[0], box[3] - box[1]


def _cut(result: Pixels, box: Box, tile: Tile, scale: int) -> Pixels:
    """Return a box of the picture, in input pixels, from a tile's result."""
    top, left = tile.window[:2]
    return result[
        (box[0] - top) * scale : (box[2] - top) * scale,
        (box[1] - left) * scale : (box[3] - left) * scale,
    ]
