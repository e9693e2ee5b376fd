"""JPEG's losses on tensors: many pictures at once, each with its own quality, on any device."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# ITU-T T.81 (1992), annex K, tables K.1 and K.2: luminance and chrominance.
LUMA_STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA_STEPS = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
# ITU-T T.871 (2011), clause 7: RGB to YCbCr.
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def jpeg(x: Tensor, quality: Tensor) -> Tensor:
    """Return pictures as they come back from a baseline JPEG file with halved colour (4:2:0).

    ITU-T T.81: blocks of 8 x 8, cosine transform, quantisation by the tables of annex K, scaled by
    the quality as libjpeg does it. What is lossless in a JPEG file is left out.

    Args:
        x: (N, 3, H, W), range 0..1; a value counts as 8 bit, as a file would have it.
        quality: (N,), whole numbers 1..100.

    Returns:
        (N, 3, H, W), range 0..1, whole 8-bit levels.
    """
    height, width = x.shape[2:]
    x = (x.clamp(0, 1) * 255).round()
    x = F.pad(x, (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = torch.einsum("nchw,kc->nkhw", x, x.new_tensor(TO_YCC))
    luma, chroma = ycc[:, :1].round(), F.avg_pool2d(ycc[:, 1:], 2).round()
    q = quality.to(x.device).float().view(-1, 1, 1, 1, 1, 1)
    percent = torch.where(q < 50, torch.floor(5000 / q), 200 - 2 * q)
    luma = _quantise(luma - 128, LUMA_STEPS, percent) + 128
    chroma = _quantise(chroma, CHROMA_STEPS, percent)
    # libjpeg's smooth enlargement, 3/4 and 1/4 of the two nearest, is the bilinear one.
    chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    ycc = torch.cat([luma, chroma], dim=1)
    rgb = torch.einsum("nchw,kc->nkhw", ycc, x.new_tensor(TO_RGB))
    return rgb[:, :, :height, :width].round().clamp(0, 255) / 255


def _quantise(x: Tensor, table: tuple[tuple[int, ...], ...], percent: Tensor) -> Tensor:
    """Return (N, C, H, W) after the transform, rounding to the table's steps, and back."""
    count, channels, height, width = x.shape
    steps = torch.floor((x.new_tensor(table) * percent + 50) / 100).clamp(1, 255)
    basis = _cosines(x)
    blocks = x.view(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    transformed = basis @ blocks @ basis.T  # (N, C, H / 8, W / 8, 8, 8)
    blocks = basis.T @ (torch.round(transformed / steps) * steps) @ basis
    whole = blocks.transpose(3, 4).reshape(count, channels, height, width).round()
    return whole.clamp(-128, 127)


def _cosines(like: Tensor) -> Tensor:
    """Return the orthonormal 8 x 8 matrix of the cosine transform, a row for each frequency."""
    place = torch.arange(8, dtype=torch.float64)
    rows = torch.cos((2 * place[None] + 1) * place[:, None] * math.pi / 16) / 2
    rows[0] /= math.sqrt(2)
    return rows.to(like)
