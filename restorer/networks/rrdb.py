"""ESRGAN's generator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.networks.srgan import start_small

DAMPING = 0.2  # ESRGAN, section 3.1: residuals are scaled down against instability


class DenseBlock(nn.Module):
    """Five 3x3 convolutions, each of which sees all maps before it, and a short cut.

    Shapes:
        input and output (N, channels, H, W).
    """

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        widths = [channels + index * growth for index in range(5)]
        self.layers = nn.ModuleList(
            nn.Conv2d(width, growth if index < 4 else channels, 3, padding=1)
            for index, width in enumerate(widths)
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.layers[:-1]:
            maps.append(F.leaky_relu(layer(torch.cat(maps, dim=1)), 0.2))
        change: Tensor = self.layers[-1](torch.cat(maps, dim=1))
        return x + DAMPING * change


class RrdbGenerator(nn.Module):
    """RRDBNet: residuals in residuals of dense blocks; enlarges RGB images.

    Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", 2018,
    arXiv:1809.00219, section 3.1, figure 4. Differs: what is scaled down is the change that a
    block makes, without the block's input. Enlarges by nearest neighbours and a convolution for
    each factor 2, as the authors' published network does it.

    Args:
        scale: Output pixels per input pixel along each side: 1, 2, 4 or 8.
        channels: Feature maps; 64 in the paper.
        blocks: Residual blocks of three dense ones; 23 in the paper.
        growth: Maps that each layer of a dense block adds; 32 in the paper.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 3, scale*H, scale*W), not clamped.
    """

    def __init__(
        self, scale: int = 4, channels: int = 64, blocks: int = 23, growth: int = 32
    ) -> None:
        super().__init__()
        if scale not in (1, 2, 4, 8):
            raise ValueError(f"scale must be 1, 2, 4 or 8, not {scale}")
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Sequential(*(DenseBlock(channels, growth) for _ in range(3))) for _ in range(blocks)
        )
        self.body_end = nn.Conv2d(channels, channels, 3, padding=1)
        self.enlarge = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in range(scale.bit_length() - 1)
        )
        self.tail = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, 3, 3, padding=1),
        )
        start_small(self.body)

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(x)  # (N, C, H, W)
        features = first
        for block in self.body:
            features = features + DAMPING * (block(features) - features)
        features = first + self.body_end(features)
        for layer in self.enlarge:
            doubled = F.interpolate(features, scale_factor=2, mode="nearest")
            features = F.leaky_relu(layer(doubled), 0.2)
        drawn: Tensor = self.tail(features)
        return drawn
