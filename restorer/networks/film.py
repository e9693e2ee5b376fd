"""A film restorer's pair: a U-Net that enlarges, and a discriminator that sees its input too."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEPTH = 4  # halvings
SCALE = 4


class UNetGenerator(nn.Module):
    """A U-Net whose right half ends four times larger than its left half began.

    After Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation",
    2015, arXiv:1505.04597, figure 1. Differs: only convolutions on the left and only transposed
    convolutions on the right, with strides in place of pooling; short cuts between equal sizes add,
    as in ResNet, instead of joining channels; no activation after the last layer of either half;
    neither dropout nor batch normalisation.

    Args:
        scale: 4.
        channels: Feature maps at the full size; they double with every halving, up to 8 times.

    Shapes:
        input (N, 3, H, W), range 0..1, sides multiples of 16; output (N, 3, 4*H, 4*W), not clamped.
    """

    multiple_of = 2**DEPTH

    def __init__(self, scale: int = SCALE, channels: int = 32) -> None:
        super().__init__()
        if scale != SCALE:
            raise ValueError(f"scale must be {SCALE}, not {scale}")
        widths = [channels * 2 ** min(level, 3) for level in range(DEPTH + 1)]
        self.first = nn.Conv2d(3, widths[0], 3, padding=1)
        self.left = nn.ModuleList(
            nn.Conv2d(before, after, 4, stride=2, padding=1) for before, after in pairwise(widths)
        )
        self.right = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)
            for before, after in pairwise(reversed(widths))
        )
        self.enlarge = nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1)
        self.last = nn.ConvTranspose2d(channels, 3, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.first(x)]
        for layer in self.left:
            maps.append(layer(F.leaky_relu(maps[-1], 0.2)))
        features = maps.pop()  # (N, C, H / 16, W / 16), not activated
        for layer in self.right:
            features = F.relu(layer(features) + maps.pop())
        drawn: Tensor = self.last(F.relu(self.enlarge(features)))  # (N, 3, 4H, 4W)
        return drawn


class ConditionalDiscriminator(nn.Module):
    """Tells photographs from generated pictures, knowing the small picture they belong to.

    Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv:1411.1784, figure 1.
    The picture goes down a path of convolutions; the small one, resized to the size of the maps
    after two halvings, joins from the side. One neuron answers, and its sigmoid is left to the
    loss. Maps are averaged before it, so that any size fits.

    Args:
        channels: Feature maps of the first layer; they double with every halving, up to 8 times.

    Shapes:
        picture (N, 3, H, W) of at least 32 px and small (N, 3, h, w), range 0..1; output (N, 1),
        logits, above 0 for "a photograph".
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()

        def step(before: int, after: int, stride: int) -> nn.Sequential:
            convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
            return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2))

        self.path = nn.Sequential(
            nn.Conv2d(3, channels, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            step(channels, 2 * channels, 2),
        )
        self.side = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1),
            nn.LeakyReLU(0.2),
            step(channels, 2 * channels, 1),
        )
        self.judge = nn.Sequential(
            step(4 * channels, 4 * channels, 2),
            step(4 * channels, 8 * channels, 2),
            step(8 * channels, 8 * channels, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8 * channels, 1),
        )

    def forward(self, picture: Tensor, small: Tensor) -> Tensor:
        features = self.path(picture * 2 - 1)  # (N, 2C, H / 4, W / 4)
        size = features.shape[2:]
        resized = F.interpolate(small * 2 - 1, size, mode="bilinear", align_corners=False)
        logits: Tensor = self.judge(torch.cat([features, self.side(resized)], dim=1))
        return logits
