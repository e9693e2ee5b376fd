"""Measures of how near a picture comes to the sharp one, on the Y channel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MOST_DB = 50.0  # beyond this no eye sees a difference


def luma(pixels: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the Y channel of ITU-R BT.601, range 16..235, of (H, W, 3) RGB in 0..255."""
    return 16 + pixels.astype(np.float64) @ (np.array([65.481, 128.553, 24.966]) / 255)


def psnr(a: NDArray[np.float64], b: NDArray[np.float64], *, border_px: int) -> float:
    """Return the peak signal-to-noise ratio of two pictures of 0..255, dB.

    Each is (H, W) or (H, W, 3). At most MOST_DB, so that a mean says something of all pictures
    where two are equal.
    """
    difference = _inside(a, border_px) - _inside(b, border_px)
    mean_square = float(np.mean(difference**2))
    if mean_square == 0:
        return MOST_DB
    return min(MOST_DB, 10 * math.log10(255**2 / mean_square))


def ssim(a: NDArray[np.float64], b: NDArray[np.float64], *, border_px: int) -> float:
    """Return the structural similarity of two (H, W) channels of 0..255, H and W at least 11.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004,
    eq. 13: Gaussian window of 11 px, sigma 1.5, K1 = 0.01, K2 = 0.03; only where the window fits.
    """
    a, b = _inside(a, border_px), _inside(b, border_px)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

    window = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(channel: NDArray[np.float64]) -> NDArray[np.float64]:
        height, width = channel.shape[0] - 10, channel.shape[1] - 10
        rows = sum(weight * channel[tap : tap + height] for tap, weight in enumerate(window))
        columns = (weight * rows[:, tap : tap + width] for tap, weight in enumerate(window))
        return np.asarray(sum(columns))

    mean_a, mean_b = mean(a), mean(b)
    variance_a = mean(a * a) - mean_a**2
    variance_b = mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    return float(similarity.mean())


def _inside(channel: NDArray[np.float64], border_px: int) -> NDArray[np.float64]:
    height, width = channel.shape[:2]
    return channel[border_px : height - border_px, border_px : width - border_px]
