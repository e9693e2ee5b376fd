"""The pictures of the benchmark, what is done to them, and how close a result is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from restorer.engine.deep_prior.prior import Mask, Picture
from restorer.engine.photo import Photo

# Nine colour pictures of the CBM3D page; the paper's denoising figures are means over them.
CSET9 = ("Baboon", "F16", "House", "Lena", "Peppers", "kodim01", "kodim02", "kodim03", "kodim12")


def load(path: Path, crop: int, *, mode: str = "RGB") -> Picture:
    """Return a picture, (H, W, C), 0..1; its middle if crop is not 0."""
    pixels = np.asarray(Image.open(path).convert(mode), np.float32) / 255
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if crop:
        top, left = (max(0, (side - crop) // 2) for side in pixels.shape[:2])
        pixels = pixels[top : top + crop, left : left + crop]
    return np.ascontiguousarray(pixels)


def make_noisy(clean: Picture, sigma_255: float, seed: int) -> Picture:
    """Return a picture with white noise, clipped and rounded to 8 bits."""
    noise = np.random.default_rng(seed).normal(0, sigma_255 / 255, clean.shape)
    return (np.rint(np.clip(clean + noise, 0, 1) * 255) / 255).astype(np.float32)


def to_photo(picture: Picture) -> Photo:
    """Return a picture as the program opens it: 8 bits."""
    pixels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if pixels.shape[2] == 1:
        return Photo(np.repeat(pixels, 3, axis=2), is_gray=True)
    return Photo(pixels)


def scratches(height: int, width: int, seed: int) -> Mask:
    """Return thin lines from edge to edge, True where they are."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    for _ in range(8):
        begin = (int(rng.integers(width)), 0)
        end = (int(rng.integers(width)), height - 1)
        cv2.line(mask, begin, end, 1, int(rng.integers(1, 4)))
    return mask.astype(bool)


def hole(height: int, width: int) -> Mask:
    """Return a square of a sixth of the side in the middle, True where it is."""
    mask = np.zeros((height, width), np.bool_)
    half = max(2, min(height, width) // 12)
    mask[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half] = True
    return mask


def psnr(picture: Picture, clean: Picture, where: Mask | None = None) -> float:
    """Return the peak signal to noise ratio of a picture, dB, both 0..1; of the pixels of where."""
    error = (np.clip(picture, 0, 1) - clean) ** 2
    return float(-10 * np.log10(np.mean(error if where is None else error[where])))
