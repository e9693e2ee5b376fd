"""Random fields that follow from a seed and are the same on every device."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LOW = 0xFFFFFFFF


def white_noise(shape: tuple[int, ...], seed: int, device: torch.device) -> Tensor:
    """Return independent numbers of the standard normal distribution, float32.

    torch's own generators give other numbers on a GPU than on a CPU. Here each number is a hash of
    its place and the seed, turned to a normal one by Box and Muller's method ("A Note on the
    Generation of Random Normal Deviates", 1958), so devices differ by rounding only.

    Args:
        shape: Of the result.
        seed: From 0, below 2**63.
        device: Where to make it.
    """
    count = math.prod(shape)
    half = (count + 1) // 2
    length = torch.sqrt(-2 * torch.log(_uniform(half, seed, 0, device)))
    angle = 2 * math.pi * _uniform(half, seed, 1, device)
    both = torch.cat([length * torch.cos(angle), length * torch.sin(angle)])
    return both[:count].view(shape)


def correlated_noise(
    shape: tuple[int, int, int, int],
    seed: int,
    device: torch.device,
    *,
    sigma_px: tuple[float, float],
    angle: float = 0.0,
) -> Tensor:
    """Return normal noise that neighbours share: white noise under a Gaussian blur, variance 1.

    The blur is done in the frequency domain, where a Gaussian is one too, so the field has no
    border: it goes on at the opposite side.

    Args:
        shape: (N, C, H, W).
        seed: As for white_noise.
        device: Where to make it.
        sigma_px: Standard deviations of the blur along and across its longer axis, pixels.
        angle: Of that axis against the rows, radians.
    """
    height, width = shape[2:]
    down = torch.fft.fftfreq(height, device=device)[:, None]
    right = torch.fft.rfftfreq(width, device=device)[None, :]
    along = right * math.cos(angle) + down * math.sin(angle)  # cycles per pixel
    across = down * math.cos(angle) - right * math.sin(angle)
    power = (along * sigma_px[0]) ** 2 + (across * sigma_px[1]) ** 2
    spectrum = torch.exp(-2 * math.pi**2 * power)  # (H, W // 2 + 1)
    noise = torch.fft.irfft2(
        torch.fft.rfft2(white_noise(shape, seed, device)) * spectrum, s=(height, width)
    )
    weights = torch.full((spectrum.shape[1],), 2.0, device=device)  # the missing half mirrors it
    weights[0] = 1.0
    if width % 2 == 0:
        weights[-1] = 1.0
    variance = (spectrum.square() * weights).sum() / (height * width)
    unit: Tensor = noise / variance.sqrt()
    return unit


def sensor_noise(
    x: Tensor,
    rng: np.random.Generator,
    *,
    sigma_255: NDArray[np.float64],
    photon: NDArray[np.float64],
    is_gray: NDArray[np.bool_],
) -> Tensor:
    """Add a sensor's noise: a normal part, and one that grows with the root of the light.

    Wang et al., "Real-ESRGAN", 2021, arXiv:2107.10833, section 3.2. Differs: Poisson's
    distribution is taken as the normal one of its variance, the light / 256 times the strength
    squared.

    Args:
        x: (N, 3, H, W), range 0..1.
        rng: Where chance comes from.
        sigma_255: (N,), standard deviation of the normal part, of 255.
        photon: (N,), strength of the other part.
        is_gray: (N,), True for the same noise in all colours.
    """
    noise = white_noise(tuple(x.shape), draw_seed(rng), x.device)
    gray = torch.from_numpy(is_gray).to(x.device).view(-1, 1, 1, 1)
    noise = torch.where(gray, noise[:, :1], noise)
    light = torch.where(gray, x.mean(1, keepdim=True), x).clamp(0, 1)
    variance = column((sigma_255 / 255) ** 2, x) + column(photon**2 / 256, x) * light
    return x + variance.sqrt() * noise


def draw_seed(rng: np.random.Generator) -> int:
    """Return a seed for one field."""
    return int(rng.integers(2**62))


def column(values: NDArray[np.float64], like: Tensor) -> Tensor:
    """Return (N,) numbers as (N, 1, 1, 1) of a tensor's device and type."""
    return torch.from_numpy(values).to(like).view(-1, 1, 1, 1)


def _uniform(count: int, seed: int, stream: int, device: torch.device) -> Tensor:
    """Return count numbers between 0 and 1, without 0, float32."""
    place = torch.arange(count, device=device, dtype=torch.int64)
    hashed = _mix(place + (seed & _LOW))
    hashed = _mix(hashed ^ (((seed >> 32) * 2 + stream) & _LOW))
    return (hashed.float() + 0.5) * 2.0**-32


def _mix(x: Tensor) -> Tensor:
    """Return Wellons's hash "lowbias32" of 32-bit numbers, kept in int64 for want of uint32."""
    x = x & _LOW
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _LOW
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _LOW  # may wrap; the low bits are right
    return x ^ (x >> 16)
