"""SRGAN: the generator that enlarges, and the discriminator it is trained against."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIP_ROWS = 32


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a short cut: x + conv(prelu(conv(x))).

    Shapes:
        input and output (N, channels, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.PReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.conv2(self.act(self.conv1(x)))
        return x + change


class UpsampleStep(nn.Module):
    """Sub-pixel convolution: 3x3 convolution, PReLU, PixelShuffle.

    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", 2016, arXiv:1609.05158, eq. 4.

    Args:
        channels: Feature maps before and after.
        factor: How far to enlarge.
        is_last: Leave the PixelShuffle to a ShuffledConv2d.

    Shapes:
        input (N, channels, H, W); output (N, channels, factor*H, factor*W), of the last one
        (N, channels * factor**2, H, W).
    """

    def __init__(self, channels: int, factor: int, *, is_last: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels * factor**2, 3, padding=1)
        self.shuffle = nn.Identity() if is_last else nn.PixelShuffle(factor)
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        enlarged: Tensor = self.shuffle(self.act(self.conv(x)))
        return enlarged


class ShuffledConv2d(nn.Conv2d):
    """A convolution of what a PixelShuffle would give, without enlarging the feature maps.

    Convolutions to three channels leave most of a processor's lanes idle: the same sums, as a
    convolution to three channels of factor**2 places each, take a third of the time.

    Args:
        in_channels, out_channels: After the PixelShuffle.
        kernel_size: There, odd; the padding is half of it.
        factor: Of the PixelShuffle.

    Shapes:
        input (N, in_channels * factor**2, H, W); output (N, out_channels, factor*H, factor*W).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, factor: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        self.factor = factor
        self.half_px = math.ceil(kernel_size // 2 / factor)  # of the kernel, in input pixels

    def forward(self, x: Tensor) -> Tensor:
        places = self.factor**2
        bias = None if self.bias is None else self.bias.repeat_interleave(places)
        drawn = F.conv2d(x, self._folded(), bias, padding=self.half_px)
        return F.pixel_shuffle(drawn, self.factor)

    def _folded(self) -> Tensor:
        """Return the kernel, (out_channels * factor**2, in_channels * factor**2, side, side)."""
        factor, size = self.factor, self.kernel_size[0]
        side = 2 * self.half_px + 1
        kernels = []
        for place in range(factor**2):
            before = [at + factor * self.half_px - size // 2 for at in divmod(place, factor)]
            top, left = before
            bottom, right = (factor * side - size - most for most in before)
            kernel = F.pad(self.weight, (left, right, top, bottom))
            kernel = kernel.reshape(*self.weight.shape[:2], side, factor, side, factor)
            kernels.append(kernel.permute(0, 1, 3, 5, 2, 4).flatten(1, 3))
        return torch.stack(kernels, dim=1).flatten(0, 1)


def start_small(*parts: nn.Module) -> None:
    """Give convolutions a tenth of Kaiming's weights, for near-identity blocks (ESRGAN, 3.1)."""
    with torch.no_grad():
        for part in parts:
            for module in part.modules():
                if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
                    nn.init.kaiming_normal_(module.weight, a=0.25)
                    module.weight.mul_(0.1)
                    if module.bias is not None:
                        module.bias.zero_()


class Generator(nn.Module):
    """SRGAN generator (SRResNet): enlarges RGB images.

    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", 2017, arXiv:1609.04802, figure 4. Differs: no batch normalisation (it leaves
    artefacts: Wang et al., "ESRGAN", 2018, arXiv:1809.00219, section 3.1), values in 0..1 instead
    of -1..1, and the network adds to the bilinearly enlarged input instead of drawing the whole
    picture.

    Args:
        scale: Output pixels per input pixel along each side: 1, 2, 3, 4 or 8.
        channels: Feature maps of the body.
        blocks: Residual blocks of the body.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 3, scale*H, scale*W), not clamped.

    Reach:
        40 input pixels for blocks=16, scale=4 (tests/unit/networks/test_srgan.py).
    """

    has_strips = True  # see _enlarge

    def __init__(self, scale: int = 4, channels: int = 64, blocks: int = 16) -> None:
        super().__init__()
        factors = {1: (), 2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
        if scale not in factors:
            raise ValueError(f"scale must be one of {sorted(factors)}, not {scale}")
        self.scale = scale
        self.head = nn.Sequential(nn.Conv2d(3, channels, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))
        self.body_end = nn.Conv2d(channels, channels, 3, padding=1)
        steps = list(enumerate(factors[scale], 1))
        self.upsample = nn.Sequential(
            *(UpsampleStep(channels, f, is_last=number == len(steps)) for number, f in steps)
        )
        self.tail = ShuffledConv2d(channels, 3, 9, steps[-1][1] if steps else 1)
        sizes = [math.prod(factors[scale][:index]) for index in range(len(factors[scale]))]
        self._strip_halo = math.ceil(sum(1 / size for size in sizes) + 4 / scale)
        start_small(self.body, self.tail)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x)  # (N, C, H, W)
        features = features + self.body_end(self.body(features))
        detail = self._enlarge(features)  # (N, 3, scale*H, scale*W)
        if self.scale == 1:
            return x + detail
        enlarged = F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)
        return enlarged + detail

    def _enlarge(self, features: Tensor) -> Tensor:
        """Upsample and draw; strip by strip unless training, for a tenth of the memory.

        The large maps are scale**2 times the features' size, but look only a few rows far.
        """
        height = features.shape[2]
        if self.training or height <= STRIP_ROWS:
            whole: Tensor = self.tail(self.upsample(features))
            return whole
        strips = []
        for top in range(0, height, STRIP_ROWS):
            bottom = min(height, top + STRIP_ROWS)
            first, last = max(0, top - self._strip_halo), min(height, bottom + self._strip_halo)
            strip = self.tail(self.upsample(features[:, :, first:last]))
            strips.append(strip[:, :, (top - first) * self.scale : (bottom - first) * self.scale])
        return torch.cat(strips, dim=2)


class Discriminator(nn.Module):
    """SRGAN discriminator: tells generated pictures from photographs.

    Ledig et al., 2017, arXiv:1609.04802, figure 4. Differs: the feature maps are averaged before
    the dense layers, so that crops of any size of at least 16 px fit, and there is no final
    sigmoid: the losses take logits.

    Args:
        channels: Feature maps of the first layer; they double with every halving of the size.

    Shapes:
        input (N, 3, H, W), range 0..1; output (N, 1), logits, above 0 for "a photograph".
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(0.2)]
        widths = [channels * factor for factor in (1, 2, 2, 4, 4, 8, 8)]
        before = channels
        for index, width in enumerate(widths):
            stride = 2 if index % 2 == 0 else 1
            layers += [
                nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.LeakyReLU(0.2),
            ]
            before = width
        self.features = nn.Sequential(*layers)
        self.judge = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(before, 16 * channels),
            nn.LeakyReLU(0.2),
            nn.Linear(16 * channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.judge(self.features(x * 2 - 1))
        return logits
