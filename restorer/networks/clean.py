"""A network that cleans a picture and keeps its size."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from restorer.networks.srgan import ResidualBlock, start_small


class CleanGenerator(nn.Module):
    """Removes noise and JPEG's traces; works at half the size.

    The head of FFDNet (Zhang et al., "FFDNet: Toward a Fast and Flexible Solution for CNN-Based
    Image Denoising", 2018, arXiv:1710.04026, section III.B): four neighbouring pixels become
    channels, so that each layer costs a quarter and sees twice as far. The body is that of the
    SRGAN generator. Differs: no map of the noise, and the network adds to its input.

    Args:
        scale: 1.
        channels: Feature maps of the body.
        blocks: Residual blocks of the body.

    Shapes:
        input (N, 3, H, W), range 0..1, H and W even; output of the same shape, not clamped.

    Reach:
        71 pixels for blocks=16 (tests/unit/networks/test_recipes.py).
    """

    multiple_of = 2

    def __init__(self, scale: int = 1, channels: int = 64, blocks: int = 16) -> None:
        super().__init__()
        if scale != 1:
            raise ValueError(f"scale must be 1, not {scale}")
        self.head = nn.Sequential(nn.Conv2d(12, channels, 3, padding=1), nn.PReLU())
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))
        self.body_end = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Conv2d(channels, 12, 3, padding=1)
        start_small(self.body, self.tail)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(F.pixel_unshuffle(x, 2))  # (N, C, H / 2, W / 2)
        features = features + self.body_end(self.body(features))
        return x + F.pixel_shuffle(self.tail(features), 2)
