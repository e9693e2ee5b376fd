"""The first networks that enlarged: SRCNN, ESPCN, DRCN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Srcnn(nn.Module):
    """SRCNN: three convolutions on the bicubic enlargement.

    Dong et al., "Image Super-Resolution Using Deep Convolutional Networks", 2015,
    arXiv:1501.00092, section 3, the 9-5-5 network of section 4.3. Differs: all three colours, zero
    borders instead of a smaller result, and it adds to the enlargement.

    Args:
        scale: Output pixels per input pixel along each side.
        channels: Feature maps of the first layer; the second has half as many.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 3, scale*H, scale*W), not clamped.
    """

    def __init__(self, scale: int = 4, channels: int = 64) -> None:
        super().__init__()
        self.scale = scale
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels, 9, padding=4),
            nn.ReLU(),
            nn.Conv2d(channels, channels // 2, 5, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels // 2, 3, 5, padding=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        enlarged = bicubic(x, self.scale)
        detail: Tensor = self.layers(enlarged)
        return enlarged + detail


class Espcn(nn.Module):
    """ESPCN: all work is done on the small picture, the last layer draws the pixels.

    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", 2016, arXiv:1609.05158, section 3.2: 5-3-3, tanh. Differs: all
    three colours.

    Args:
        scale: Output pixels per input pixel along each side.
        channels: Feature maps of the first layer; the second has half as many.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 3, scale*H, scale*W), not clamped.
    """

    def __init__(self, scale: int = 4, channels: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, channels, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(channels, channels // 2, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(channels // 2, 3 * scale**2, 3, padding=1),
            nn.PixelShuffle(scale),
        )

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self.layers(x)
        return drawn


class Drcn(nn.Module):
    """DRCN: one convolution used again and again on the bicubic enlargement.

    Kim et al., "Deeply-Recursive Convolutional Network for Image Super-Resolution", 2016,
    arXiv:1511.04491, sections 3.1 and 3.3 (figure 3c): every recursion's features are drawn by the
    same layers, and the result is their weighted mean on top of the enlargement. Differs: all three
    colours, and the recursion begins as the identity.

    Args:
        scale: Output pixels per input pixel along each side.
        channels: Feature maps; 256 in the paper.
        blocks: Recursions; 16 in the paper.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 3, scale*H, scale*W), not clamped. While training
        (blocks + 1, N, 3, scale*H, scale*W): what each recursion draws, and the result as the last.
    """

    def __init__(self, scale: int = 4, channels: int = 256, blocks: int = 16) -> None:
        super().__init__()
        self.scale = scale
        self.embed = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )
        self.recurse = nn.Conv2d(channels, channels, 3, padding=1)
        self.draw = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 3, 3, padding=1),
        )
        self.shares = nn.Parameter(torch.full((blocks,), 1 / blocks))
        if not self.recurse.weight.is_meta:
            nn.init.dirac_(self.recurse.weight)

    def forward(self, x: Tensor) -> Tensor:
        enlarged = result = bicubic(x, self.scale)
        features = self.embed(enlarged)  # (N, C, scale*H, scale*W)
        drawn = []
        for share in self.shares:
            features = F.relu(self.recurse(features))
            detail = self.draw(features)
            result = result + share * detail
            if self.training:
                drawn.append(enlarged + detail)
        return torch.stack([*drawn, result]) if self.training else result


def bicubic(x: Tensor, scale: int) -> Tensor:
    """Return pictures enlarged by the bicubic."""
    return F.interpolate(x, scale_factor=scale, mode="bicubic", align_corners=False)
