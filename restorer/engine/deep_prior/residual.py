"""What a network did not fit: the share of it that belongs into the result."""

from __future__ import annotations

import cv2
import numpy as np

from restorer.engine.deep_prior.prior import Mask, Picture
from restorer.engine.deep_prior.stop_rule import Check, blend_weight
from restorer.engine.noise import Noise

REACH_PX = 0.7  # standard deviation of the weights; chosen where recipes.REPAIR says
MOST_SHARE = 2.0  # what few held-out pixels could mistake for more


def mix(fitted: Picture, check: Check, picture: Picture, noise: Noise) -> Picture:
    """Return a fitted picture with its best share of the original, all (H, W, C), 0..1."""
    share = np.float32(blend_weight(check, noise.sigma**2))
    mixed: Picture = fitted + share * (picture - fitted)
    return mixed


def carried_on(fitted: Picture, picture: Picture, seen: Mask) -> Picture:
    """Return the residual at seen pixels as a smooth map of the whole picture, (H, W, C).

    A network fits fine texture late and never wholly, so its residual at a known pixel says
    something of its error at a lost one beside it. The map is the mean of the seen residuals around
    each pixel with Gaussian weights: normalised convolution (Knutsson and Westin, "Normalized and
    Differential Convolution", CVPR 1993). Far from every seen pixel it is 0.
    """
    residual = np.where(seen[:, :, None], picture - fitted, np.float32(0))

    def spread(values: Picture) -> Picture:
        smooth = cv2.GaussianBlur(values, (0, 0), REACH_PX, borderType=cv2.BORDER_CONSTANT)
        return smooth.reshape(*seen.shape, -1).astype(np.float32)

    weight = spread(seen[:, :, None].astype(np.float32))
    return (spread(residual) / np.maximum(weight, np.float32(1e-6))).astype(np.float32)


def best_share(carried: Picture, fitted: Picture, picture: Picture, held_out: Mask) -> float:
    """Return how much of the map brings held-out pixels nearest, by least squares; at least 0.

    Args:
        carried: The map.
        fitted: What the network drew, (H, W, C).
        picture: What it was fitted to.
        held_out: Pixels that it was not fitted to; 0 is returned if there are none.
    """
    there = carried[held_out]
    power = float(np.square(there, dtype=np.float64).sum())
    if power == 0:
        return 0.0
    wanted = float((there * (picture - fitted)[held_out]).sum(dtype=np.float64))
    return min(MOST_SHARE, max(0.0, wanted / power))
