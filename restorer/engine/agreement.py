"""Agreement with the original: an enlarged picture that, made small again, is what it came from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from restorer.engine.jobs import RunContext
from restorer.engine.photo import Pixels
from restorer.engine.row_buffer import PassingWriter
from restorer.engine.tiles import Box, PhotoReader, PhotoWriter, Tile, plan_tiles
from restorer.engine.transparency import filled

Plane = NDArray[np.float32]
Size = tuple[int, int]  # height, width

# Set14 enlarged by bicubic, which is worse than any network: mean 48.5 dB after 2 rounds, 55.6
# after 4, 63.8 after 8, 68.5 after 16 (least of the 14 pictures 40.3, 43.6, 48.3, 53.0).
ROUNDS = 16
ENOUGH_DB = 60.0  # where a channel's rounds end: about what rounding to 8 bit leaves
# No pixel of the original may be further off then, as a share of the range: in a block that is flat
# but for a line of text the mean says little, and its rounds ended before the neighbour's, which
# left steps of 17 levels at their border. At most 3 are left; half of this share doubles the time.
ENOUGH_LARGEST = 5 / 255
KERNEL_PX = 2  # reach of the bicubic kernel, in pixels of the coarser picture
# Sides of the original that are corrected at once, and seen around that. 16 rounds see 64 pixels
# far, but what lies beyond 32 changes three 8-bit values in 100,000, by one level
# (tests/unit/engine/test_agreement.py).
BLOCK_PX, OVERLAP_PX = 256, 32


@dataclass(frozen=True)
class Agreed:
    """A result that was brought to agreement.

    Attributes:
        pixels: (H, W, 3), of the result's depth.
        agreement_db: Peak signal-to-noise ratio between the original and the result made small
            again, over all channels, dB; infinite if there is no difference. Measured block by
            block, so next to a block's edge with its own view of the neighbours.
    """

    pixels: Pixels
    agreement_db: float


def agree(
    enlarged: Pixels,
    original: Pixels,
    ctx: RunContext,
    *,
    alpha: Pixels | None = None,
    rounds: int = ROUNDS,
) -> Agreed:
    """Correct an enlarged picture until it gives the original when it is made small again.

    Irani and Peleg, "Improving Resolution by Image Registration", 1991, eq. 3 (iterative
    back-projection): what the picture lacks on the small side is enlarged and added. Smaller is
    MATLAB's antialiased bicubic, as the networks were trained with, without its rounding; larger
    is plain bicubic. Blocks of the picture are corrected one by one, a channel at a time; where
    they lie depends on the sizes only. Values stay in range in every round, and the result is
    rounded once.

    Args:
        enlarged: (H, W, 3), at least as large as the original along both sides.
        original: (h, w, 3), same dtype. Any ratio, whole or not.
        ctx: Reports each block.
        alpha: (h, w), of the original; colours under 0 count as those of visible neighbours.
        rounds: At most; fewer where a block's channel agrees to 60 dB before, and each of its
            pixels to 5 levels of 255. 0 only measures.

    Raises:
        Cancelled: The job is to stop.
    """
    result = np.empty_like(enlarged)
    blocks = _Blocks(original.shape[:2], enlarged.shape[:2], rounds)
    squares = 0.0
    for done, tile in enumerate(blocks.tiles):
        ctx.step("tile", done, len(blocks.tiles))
        seen = cut(original, tile.window)
        if alpha is not None:
            seen = filled(seen, cut(alpha, tile.window))
        window, core = blocks.place(tile)
        corrected, error = blocks.corrected(cut(enlarged, window), seen, tile, ctx)
        cut(result, core)[:] = corrected
        squares += error
    ctx.step("tile", len(blocks.tiles), len(blocks.tiles))
    return Agreed(result, decibels(squares, original.shape[:2], original.dtype))


class AgreeingWriter(PassingWriter[list[Tile]]):
    """Takes bands of an enlarged picture and hands them on in agreement, to another writer.

    The pixels are those of agree(). Alpha is handed on as it is.

    Args:
        writer: Gets the result.
        original: What was enlarged; read from the first row to the last.
        size: Height and width of what is written here.
        channels: 3, or 4 with alpha.
        dtype: Of the pixels.
        ctx: Stops between two rounds.

    Attributes:
        agreement_db: As in Agreed, after finish().
    """

    def __init__(
        self,
        writer: PhotoWriter,
        original: PhotoReader,
        size: Size,
        *,
        channels: int,
        dtype: np.dtype[np.generic],
        ctx: RunContext,
    ) -> None:
        super().__init__(writer, size[1], channels, dtype)
        self._original = original
        self._blocks = _Blocks((original.height, original.width), size, ROUNDS)
        self._ctx = ctx
        self.agreement_db = math.inf

    def start(self) -> None:
        """Begin with the first row."""
        super().start()
        self._squares = 0.0

    def parts(self) -> Iterator[list[Tile]]:
        """Yield the rows of blocks."""
        for _, row in groupby(self._blocks.tiles, key=lambda tile: tile.core[0]):
            yield list(row)

    def seen(self, part: list[Tile]) -> tuple[int, int]:
        """Return the rows that a row of blocks sees."""
        window, _ = self._blocks.place(part[0])
        return window[0], window[2]

    def hand_on(self, part: list[Tile], rows: Pixels, writer: PhotoWriter) -> None:
        """Write a row of blocks, corrected."""
        (top, _, _, _), (core_top, _, core_bottom, _) = self._blocks.place(part[0])
        first, _, last, _ = part[0].window
        original = self._original.read((first, 0, last, self._original.width))
        band = writer.next_band(core_bottom - core_top)
        band[..., 3:] = rows[core_top - top : core_bottom - top, :, 3:]
        for tile in part:
            seen = cut(original, tile.window, first)
            if rows.shape[2] == 4:
                seen = filled(seen[..., :3], seen[..., 3])
            window, core = self._blocks.place(tile)
            enlarged = cut(rows, window, top)[..., :3]
            corrected, error = self._blocks.corrected(enlarged, seen, tile, self._ctx)
            band[:, core[1] : core[3], :3] = corrected
            self._squares += error

    def finish(self) -> None:
        """The last band is filled."""
        super().finish()
        size = (self._original.height, self._original.width)
        self.agreement_db = decibels(self._squares, size, self._dtype)


class _Blocks:
    """Where the blocks of a picture lie, and how one is corrected.

    Args:
        small: Size of the original.
        large: Size of the enlarged picture.
        rounds: As in agree().
    """

    def __init__(self, small: Size, large: Size, rounds: int) -> None:
        self.tiles = plan_tiles(*small, tile_px=BLOCK_PX, halo_px=OVERLAP_PX)
        self._ratios = tuple(after / before for before, after in zip(small, large, strict=True))
        self._small, self._large = small, large
        self._rounds = rounds

    def place(self, tile: Tile) -> tuple[Box, Box]:
        """Return where a block's window and its core are in the enlarged picture."""
        (top, left, bottom, right), core = tile.window, tile.core
        down, across = self._ratios
        window = (math.floor(top * down), math.floor(left * across),
                  min(self._large[0], math.ceil(bottom * down)),
                  min(self._large[1], math.ceil(right * across)))  # fmt: skip
        return window, (round(core[0] * down), round(core[1] * across),
                        round(core[2] * down), round(core[3] * across))  # fmt: skip

    def corrected(
        self, enlarged: Pixels, original: Pixels, tile: Tile, ctx: RunContext
    ) -> tuple[Pixels, float]:
        """Return a block's core in agreement, (H, W, 3), and the squared error that is left.

        Args:
            enlarged: The block's window.
            original: The same part of the original.
            tile: The block.
            ctx: Stops between two rounds.
        """
        window, core = self.place(tile)
        down, across = self._ratios
        top, left, bottom, right = tile.window
        # What the window of one picture shows, in the pixels of the other's.
        shown = (top * down - window[0], left * across - window[1],
                 bottom * down - window[0], right * across - window[1])  # fmt: skip
        seen = (window[0] / down - top, window[1] / across - left,
                window[2] / down - top, window[3] / across - left)  # fmt: skip
        limit = np.iinfo(enlarged.dtype).max
        enough = limit**2 / 10 ** (ENOUGH_DB / 10)
        is_gray = all((p[:, :, :1] == p[:, :, 1:]).all() for p in (enlarged, original))
        planes, squares = [], 0.0
        for channel in range(1 if is_gray else 3):
            wanted = original[:, :, channel].astype(np.float32)
            plane = enlarged[:, :, channel].astype(np.float32)
            for _ in range(self._rounds):
                ctx.raise_if_cancelled()
                missing = wanted - resize(plane, *wanted.shape, box=shown)
                if (
                    np.mean(missing**2, dtype=np.float64) < enough
                    and np.abs(missing).max() < limit * ENOUGH_LARGEST
                ):
                    break
                plane += resize(missing, *plane.shape, box=seen)
                np.clip(plane, 0, limit, out=plane)
            np.rint(plane, out=plane)
            missing = wanted - resize(plane, *wanted.shape, box=shown)
            squares += float(np.sum(cut(missing, tile.core, top, left) ** 2, dtype=np.float64))
            planes.append(cut(plane, core, *window[:2]).astype(enlarged.dtype))
        if is_gray:
            planes, squares = planes * 3, squares * 3
        return np.stack(planes, axis=2), squares


def cut(pixels: NDArray[Any], box: Box, top: int = 0, left: int = 0) -> NDArray[Any]:
    """Return a view of a box; top and left say where the pixels begin."""
    return pixels[box[0] - top : box[2] - top, box[1] - left : box[3] - left]


def decibels(squares: float, size: Size, dtype: np.dtype[Any]) -> float:
    """Return the peak signal-to-noise ratio, dB, of a sum of squares over three channels."""
    if squares == 0:
        return math.inf
    return 10 * math.log10(np.iinfo(dtype).max ** 2 * 3 * math.prod(size) / squares)


def resize(
    plane: Plane, height: int, width: int, *, box: tuple[float, float, float, float] | None = None
) -> Plane:
    """Return (H, W) resized by MATLAB's bicubic, antialiased where it shrinks, mirrored borders.

    Keys' kernel with a = -0.5, as restorer/training/degrade.py has it for 8 bit.

    Args:
        plane: (h, w).
        height: Of the result.
        width: Of the result.
        box: Top, left, bottom, right of what the result shows, at most a pixel outside the plane;
            None for all of it.
    """
    top, left, bottom, right = box or (0, 0, *plane.shape)
    rows, columns = (
        math.ceil(KERNEL_PX * max(1.0, before / after)) + 2
        for before, after in ((bottom - top, height), (right - left, width))
    )
    image = Image.fromarray(np.pad(plane, ((rows, rows), (columns, columns)), mode="symmetric"))
    inside = (left + columns, top + rows, right + columns, bottom + rows)
    resized = image.resize((width, height), Image.Resampling.BICUBIC, box=inside)
    return np.asarray(resized)
