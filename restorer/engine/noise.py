"""How strong a picture's noise is, and whether neighbouring pixels share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_PX = 16
CLIPPED = 0.05  # so near the ends of the scale noise is cut off
CLIPPED_SIGMAS, MOST_CLIPPED = 2, 0.3  # strong noise so far from them, but no farther than this
FLAT_SHARE = 0.2  # of the blocks: those with the least structure
# White noise gives 1. Of the nine CSet9 pictures (256 px corners), white noise of sigma 15..50 gave
# at most 1.25, JPEG of quality 60 made of sigma 25 at least 1.35, noise blurred by 0.8 px 2.4.
CORRELATED_RATIO = 1.3


@dataclass(frozen=True)
class Noise:
    """What was measured.

    Attributes:
        sigma: Standard deviation, on the 0..1 scale; of correlated noise that of pairs of
            pixels, where it is stronger.
        is_correlated: Neighbouring pixels share their noise, as after JPEG, demosaicing,
            resizing, or on scanned grain: a pixel can be guessed from its neighbours' noise.
    """

    sigma: float
    is_correlated: bool


def measure_noise(picture: NDArray[np.float32]) -> Noise:
    """Measure the noise in the flattest parts of a picture.

    The diagonal detail of a Haar wavelet has the same standard deviation at each level if the
    noise is white, and grows with the level if neighbours share it (Donoho, "De-noising by
    soft-thresholding", 1995, IEEE Trans. Inf. Theory 41, for the estimate at the first level).
    What we do differently: only the flattest fifth of the blocks is looked at, since elsewhere
    the picture's own structure would count as noise.

    Args:
        picture: (H, W, C), 0..1.
    """
    blocks = _blocks(picture)
    if blocks is None:
        return Noise(0.0, is_correlated=False)
    half, fine = _haar(blocks)
    rest, coarse = _haar(half)
    structure = rest.reshape(len(rest), -1).std(1)
    mean = blocks.mean((1, 2))

    def measure(margin: float) -> tuple[float, float] | None:
        """Return fine and coarse sigma of the flattest blocks so far from the ends of the scale."""
        candidates = np.flatnonzero((mean > margin) & (mean < 1 - margin))
        if candidates.size == 0:
            return None
        count = max(1, round(FLAT_SHARE * candidates.size))
        flat = candidates[np.argsort(structure[candidates], kind="stable")[:count]]
        squares = ((detail[flat] ** 2).mean((1, 2)) for detail in (fine, coarse))
        fine_sigma, coarse_sigma = (float(np.sqrt(np.median(one))) for one in squares)
        return fine_sigma, coarse_sigma

    found = measure(CLIPPED)
    if found is None:
        return Noise(0.0, is_correlated=False)
    sigma, coarse_sigma = found
    if coarse_sigma > CORRELATED_RATIO * sigma:
        return Noise(coarse_sigma, is_correlated=True)
    # Strong noise is cut off farther from the ends, and where it is, blocks look flat.
    again = measure(min(MOST_CLIPPED, max(CLIPPED, CLIPPED_SIGMAS * sigma)))
    return Noise(again[0] if again else sigma, is_correlated=False)


def measure_floor(picture: NDArray[np.float32]) -> tuple[float, float]:
    """Return what changes even where a picture changes least: noise, or grain, that is everywhere.

    Args:
        picture: (H, W, C), 0..1.

    Returns:
        Standard deviations of the finest and of the next coarser diagonal detail (see
        measure_noise), in the quietest twentieth of the blocks, on the 0..1 scale. White noise
        gives nearly the same for both, less than its own since quiet blocks are chosen; grain a
        larger second one.
    """
    blocks = _blocks(picture)
    if blocks is None:
        return 0.0, 0.0
    mean = blocks.mean((1, 2))
    inside = (mean > CLIPPED) & (mean < 1 - CLIPPED)
    half, fine = _haar(blocks[inside] if inside.any() else blocks)
    _, coarse = _haar(half)
    squares = np.stack([(detail**2).mean((1, 2)) for detail in (fine, coarse)])
    quietest = np.argsort(squares.sum(0), kind="stable")[: max(1, squares.shape[1] // 20)]
    fine_sigma, coarse_sigma = np.sqrt(np.median(squares[:, quietest], axis=1))
    return float(fine_sigma), float(coarse_sigma)


def _blocks(picture: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return (count, 16, 16) blocks of all channels, None if there is not one."""
    height, width, channels = picture.shape
    rows, columns = height // BLOCK_PX, width // BLOCK_PX
    if rows == 0 or columns == 0:
        return None
    cut = picture[: rows * BLOCK_PX, : columns * BLOCK_PX]
    blocks = cut.reshape(rows, BLOCK_PX, columns, BLOCK_PX, channels)
    return blocks.transpose(0, 2, 4, 1, 3).reshape(-1, BLOCK_PX, BLOCK_PX)


def _haar(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the coarse part and the diagonal detail, (count, H/2, W/2), orthonormal."""
    a, b = x[:, ::2, ::2], x[:, ::2, 1::2]
    c, d = x[:, 1::2, ::2], x[:, 1::2, 1::2]
    half = np.float32(0.5)
    return (a + b + c + d) * half, (a - b - c + d) * half
