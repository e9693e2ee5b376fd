"""Blur kernels of cameras, lenses and resizing programs, and blurring with them.

Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data",
2021, arXiv:2107.10833, sections 3.2 and 3.4.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

RADIUS_PX = 10
SHAPES = ("gaussian", "generalised", "plateau")
SHAPE_CHANCES = (0.70, 0.15, 0.15)
ROUND_CHANCES = (0.45 / 0.70, 0.8, 0.8)  # isotropic, of each shape
GENERALISED_BETA = (0.5, 4.0)
PLATEAU_BETA = (1.0, 2.0)


def bell_kernel(
    shape: str, *, sigma_px: tuple[float, float], angle: float, beta: float = 1.0
) -> NDArray[np.float64]:
    """Return a kernel of 21 x 21 with the sum 1.

    With q the squared distance from the centre in sigmas, exp(-q**beta / 2) is the (generalised)
    Gaussian and 1 / (1 + q**beta) the plateau (section 3.2).

    Args:
        shape: "gaussian" (beta is 1), "generalised" or "plateau".
        sigma_px: Along and across the kernel's axis; equal for a round (isotropic) one.
        angle: Of that axis against the rows, radians.
        beta: 0.5..4 for generalised, 1..2 for plateau.
    """
    down, right = np.mgrid[-RADIUS_PX : RADIUS_PX + 1, -RADIUS_PX : RADIUS_PX + 1].astype(float)
    along = right * math.cos(angle) + down * math.sin(angle)
    across = down * math.cos(angle) - right * math.sin(angle)
    q = (along / sigma_px[0]) ** 2 + (across / sigma_px[1]) ** 2
    kernel = 1 / (1 + q**beta) if shape == "plateau" else np.exp(-(q**beta) / 2)
    return np.asarray(kernel / kernel.sum())


def sinc_kernel(cutoff: float, radius_px: int) -> NDArray[np.float64]:
    """Return the circular low pass that makes ringing and overshoot, 21 x 21 with the sum 1.

    w / (2 pi r) * J1(w r), section 3.4, eq. 6.

    Args:
        cutoff: w, radians per pixel, up to pi.
        radius_px: Where the kernel is cut off, 3..10.
    """
    down, right = np.mgrid[-RADIUS_PX : RADIUS_PX + 1, -RADIUS_PX : RADIUS_PX + 1].astype(float)
    radius = np.hypot(down, right)
    radius[RADIUS_PX, RADIUS_PX] = 1.0
    bessel = torch.special.bessel_j1(torch.from_numpy(cutoff * radius)).numpy()
    kernel = cutoff * bessel / (2 * np.pi * radius)
    kernel[RADIUS_PX, RADIUS_PX] = cutoff**2 / (4 * np.pi)
    kernel[(np.abs(down) > radius_px) | (np.abs(right) > radius_px)] = 0
    return np.asarray(kernel / kernel.sum())


def draw_kernel(
    rng: np.random.Generator, *, sigma_px: tuple[float, float], sinc_chance: float
) -> NDArray[np.float64]:
    """Return a random blur kernel with the chances and ranges of Real-ESRGAN.

    45 % round and 25 % elongated Gaussians, 12 and 3 % generalised, 12 and 3 % plateaus; beta
    0.5..4 and 1..2 on either side of 1 alike; sinc in their place with sinc_chance.

    Args:
        rng: Where chance comes from.
        sigma_px: Range of the standard deviations: 0.2..3 at first, 0.2..1.5 the second time.
        sinc_chance: 0.1 in Real-ESRGAN.
    """
    if rng.random() < sinc_chance:
        return draw_sinc(rng)
    index = rng.choice(len(SHAPES), p=SHAPE_CHANCES)
    first, second = rng.uniform(*sigma_px, size=2)
    if rng.random() < ROUND_CHANCES[index]:
        second = first
    low, high = {"gaussian": (1.0, 1.0), "generalised": GENERALISED_BETA}.get(
        SHAPES[index], PLATEAU_BETA
    )
    below_one = low < 1 and rng.random() < 0.5
    beta = rng.uniform(low, 1) if below_one else rng.uniform(1, high)
    return bell_kernel(
        SHAPES[index], sigma_px=(first, second), angle=rng.uniform(0, math.pi), beta=beta
    )


def draw_sinc(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a random sinc kernel: radius 3..10 px, cut-off pi/3..pi (from pi/5 for large ones)."""
    radius_px = int(rng.integers(3, RADIUS_PX + 1))
    return sinc_kernel(rng.uniform(math.pi / (3 if radius_px < 6 else 5), math.pi), radius_px)


def blur(x: Tensor, kernels: NDArray[np.float64]) -> Tensor:
    """Return pictures convolved each with its own kernel; borders are mirrored.

    In the frequency domain, so that the time does not depend on the kernel.

    Args:
        x: (N, C, H, W), sides above 10.
        kernels: (N, 21, 21).
    """
    height, width = x.shape[2:]
    padded = F.pad(x, (RADIUS_PX,) * 4, mode="reflect")
    size = (padded.shape[2], padded.shape[3])
    weights = torch.from_numpy(kernels).float().to(x.device)[:, None]  # (N, 1, 21, 21)
    product = torch.fft.rfft2(padded) * torch.fft.rfft2(weights, s=size)
    blurred: Tensor = torch.fft.irfft2(product, s=size)
    first = 2 * RADIUS_PX  # where the kernel lies inside the padded picture
    return blurred[:, :, first : first + height, first : first + width]
