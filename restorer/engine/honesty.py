"""The honesty map: where a result shows what the network invented."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.photo import Pixels

FULL_DIFFERENCE = 0.1  # of the range: a tenth is plain to see in any place
SIGMA_PX = 2.0  # of the result: half of what one pixel of a x4 original covers


def honesty_map(result: Pixels, faithful: Pixels) -> NDArray[np.float32]:
    """Return how far a result departs from the faithful one, (H, W), 0 not at all to 1 plainly.

    The root of the mean squared difference of the three channels, in a Gaussian neighbourhood,
    over a tenth of the range: texture that was made up counts even where it has the right mean.

    Args:
        result: (H, W, 3), any detail.
        faithful: (H, W, 3), the same picture with detail 0, same dtype.
    """
    top = float(np.iinfo(result.dtype).max)
    squares = np.zeros(result.shape[:2], np.float32)
    for channel in range(3):  # one at a time: a whole picture as float32 is large
        plane = result[:, :, channel].astype(np.float32)
        plane -= faithful[:, :, channel]
        squares += (plane / top) ** 2
    near = np.asarray(cv2.GaussianBlur(squares / 3, (0, 0), SIGMA_PX), dtype=np.float32)
    share: NDArray[np.float32] = np.sqrt(near, out=near)
    share /= FULL_DIFFERENCE
    return np.minimum(share, 1, out=share)


def map_pixels(departure: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a map as a grey picture, (H, W, 3) of 0..255: white is where most was invented."""
    gray = np.rint(departure * 255).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)
