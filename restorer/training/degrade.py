"""From a sharp picture to the small one a network learns to enlarge."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def shrink_bicubic(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """Return a picture made scale times smaller, as the super-resolution benchmarks do it.

    This is MATLAB's imresize: the bicubic kernel with a = -0.5 (Keys, "Cubic Convolution
    Interpolation for Digital Image Processing", 1981) stretched by the scale against aliasing,
    mirrored borders, rows first, rounded to 8 bit after each of the two passes.

    Args:
        pixels: (H, W, C), both sides multiples of scale.
        scale: Input pixels per output pixel along each side, at least 1.

    Returns:
        (H / scale, W / scale, C).
    """
    if pixels.shape[0] % scale or pixels.shape[1] % scale:
        raise ValueError(f"{pixels.shape[:2]} is not a multiple of {scale}")
    rows = _resize_axis(pixels, pixels.shape[0] // scale, axis=0)
    return _resize_axis(rows, pixels.shape[1] // scale, axis=1)


def enlarge_bicubic(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """Return a picture made scale times larger by the same rule: what a network has to beat.

    Args:
        pixels: (H, W, C).
        scale: Output pixels per input pixel along each side, at least 1.

    Returns:
        (scale * H, scale * W, C).
    """
    rows = _resize_axis(pixels, pixels.shape[0] * scale, axis=0)
    return _resize_axis(rows, pixels.shape[1] * scale, axis=1)


def shrink_opencv(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """Return a picture made scale times smaller by OpenCV's resize as it is called without options.

    Bilinear without a filter against aliasing: at x4 each pixel is the mean of the middle four.

    Args:
        pixels: (H, W, C), both sides multiples of scale.
        scale: As in shrink_bicubic.
    """
    import cv2

    size = (pixels.shape[1] // scale, pixels.shape[0] // scale)
    small: NDArray[np.uint8] = cv2.resize(pixels, size)  # type: ignore[assignment]
    return small


def _resize_axis(pixels: NDArray[np.uint8], length: int, *, axis: int) -> NDArray[np.uint8]:
    before = pixels.shape[axis]
    ratio = before / length  # input pixels per output pixel
    stretch = max(1.0, ratio)  # of the kernel, against aliasing
    center = (np.arange(length) + 0.5) * ratio - 0.5  # in input pixels
    first = np.floor(center - 2 * stretch).astype(int) + 1
    across = (-1, 1, 1) if axis == 0 else (1, -1, 1)
    total: NDArray[np.float32] = np.zeros(1, np.float32)
    weight_sum = np.zeros(length)
    for tap in range(math.ceil(4 * stretch) + 1):
        index = first + tap
        weight = _cubic((center - index) / stretch)
        mirrored = index % (2 * before)
        mirrored = np.where(mirrored < before, mirrored, 2 * before - 1 - mirrored)
        column = weight.astype(np.float32).reshape(across)
        total = total + np.take(pixels, mirrored, axis=axis) * column
        weight_sum += weight
    total = total / weight_sum.astype(np.float32).reshape(across)
    rounded: NDArray[np.uint8] = np.clip(np.floor(total + 0.5), 0, 255).astype(np.uint8)
    return rounded


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
