"""PSNR and SSIM of a model on a folder of sharp pictures, beside bicubic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.modes.upscale import Upscale
from restorer.training.data import list_photos, read_sharp
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic


@dataclass(frozen=True)
class Score:
    """How near a picture comes to the sharp one, on the Y channel.

    Attributes:
        psnr: Peak signal-to-noise ratio, dB.
        ssim: Structural similarity, at most 1.
    """

    psnr: float
    ssim: float


def evaluate(folder: Path, card: ModelCard, compute: Compute) -> Iterator[tuple[str, Score, Score]]:
    """Make each picture of a folder small, enlarge it again and compare.

    The pictures go through the program's own upscaling, so what is measured is what users get.
    A border of scale pixels is left out, as the literature does it. Grey pictures are scored as
    RGB turned to Y, which adds about 0.1 dB to the mean of Set14 against the published one.

    Args:
        folder: Sharp pictures.
        card: The model.
        compute: Where and how to run it.

    Yields:
        Name, score of the model, score of bicubic.

    Raises:
        SettingsError: There is no picture in the folder.
        PhotoReadError: One cannot be read.
    """
    step = Step(mode=Upscale(), params={"scale": card.scale}, card=card, compute=compute)
    for path in list_photos(folder):
        sharp = read_sharp(path, card.scale)
        small = shrink_bicubic(sharp, card.scale)
        restored = step.mode.restore(Photo(small), step, RunContext.quiet()).photo.pixels
        bicubic = enlarge_bicubic(small, card.scale)
        yield path.stem, score(restored, sharp, card.scale), score(bicubic, sharp, card.scale)


def score(picture: NDArray[np.generic], sharp: NDArray[np.generic], border_px: int) -> Score:
    """Compare two (H, W, 3) RGB pictures of 0..255 on the Y channel without their border."""
    a, b = luma(picture), luma(sharp)
    return Score(psnr(a, b, border_px=border_px), ssim(a, b, border_px=border_px))


def luma(pixels: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the Y channel of ITU-R BT.601, range 16..235, of (H, W, 3) RGB in 0..255."""
    return 16 + pixels.astype(np.float64) @ (np.array([65.481, 128.553, 24.966]) / 255)


def psnr(a: NDArray[np.float64], b: NDArray[np.float64], *, border_px: int) -> float:
    """Return the peak signal-to-noise ratio of two (H, W) channels of 0..255, dB."""
    difference = _inside(a, border_px) - _inside(b, border_px)
    mean_square = float(np.mean(difference**2))
    return math.inf if mean_square == 0 else 10 * math.log10(255**2 / mean_square)


def ssim(a: NDArray[np.float64], b: NDArray[np.float64], *, border_px: int) -> float:
    """Return the structural similarity of two (H, W) channels of 0..255, H and W at least 11.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004,
    eq. 13: Gaussian window of 11 px, sigma 1.5, K1 = 0.01, K2 = 0.03; only where the window fits.
    """
    a, b = _inside(a, border_px), _inside(b, border_px)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

    def mean(channel: NDArray[np.float64]) -> NDArray[np.float64]:
        blurred: NDArray[np.float64] = np.asarray(cv2.GaussianBlur(channel, (11, 11), 1.5))
        return _inside(blurred, 5)

    mean_a, mean_b = mean(a), mean(b)
    variance_a = mean(a * a) - mean_a**2
    variance_b = mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    similarity = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    return float(similarity.mean())


def _inside(channel: NDArray[np.float64], border_px: int) -> NDArray[np.float64]:
    height, width = channel.shape
    return channel[border_px : height - border_px, border_px : width - border_px]
