"""Encoder-decoder with skip connections: the networks of Deep Image Prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Pad = Literal["reflect", "zeros"]

SLOPE = 0.2  # of the leaky rectifier: the paper's


class SkipNet(nn.Module):
    """Draws a picture from a noise tensor of the same size.

    Ulyanov, Vedaldi, Lempitsky, "Deep Image Prior", CVPR 2018, arXiv:1711.10925, figure 21 of the
    supplement: at each of five scales a strided 3x3 convolution and a 3x3 convolution on the way
    down; the coarser scale's result is enlarged, joined with a 1x1 convolution of the scale's
    input (the skip), normalised, and goes through a 3x3 and a 1x1 convolution on the way up.
    Written anew from that description. `paper_net` is it as it stands; `lean_net` leaves out
    what costs time, see there.

    Batch normalisation always uses the statistics of the batch, which is one picture: there is
    nothing to average over, and the paper never leaves training mode either.

    Args:
        in_channels: Of the input tensor.
        out_channels: Of the picture: 3, or 1 for grey.
        widths: Feature maps at each scale, finest first.
        skips: Feature maps of each scale's skip; 0 for none.
        upsample: "bilinear" or "nearest".
        pad: "reflect" (the paper) or "zeros" (quicker).
        normalise_joined: Batch normalisation on the joined maps.
        pointwise: The 1x1 convolution after each 3x3 one on the way up.
        narrow_before_upsample: A 1x1 convolution brings the coarser scale's maps to this scale's
            width before they are enlarged, not after.
        bias: Convolutions have one; the normalisation behind most of them undoes it.
        down_size: Side of the convolutions on the way down, odd.

    Shapes:
        input (1, in_channels, H, W), H and W multiples of `multiple_of` and at least `min_side`;
        output (1, out_channels, H, W), range 0..1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int = 3,
        *,
        widths: Sequence[int],
        skips: Sequence[int],
        upsample: str = "bilinear",
        pad: Pad = "reflect",
        normalise_joined: bool = True,
        pointwise: bool = True,
        narrow_before_upsample: bool = False,
        bias: bool = True,
        down_size: int = 3,
    ) -> None:
        super().__init__()
        if len(widths) != len(skips) or not widths:
            raise ValueError(f"{len(widths)} widths do not go with {len(skips)} skips")
        self.multiple_of = 2 ** len(widths)
        # At the coarsest scale a map is larger than what is reflected around it.
        self.min_side = self.multiple_of * (down_size // 2 + 1)
        finer = in_channels
        scales = []
        for index, (width, skip) in enumerate(zip(widths, skips, strict=True)):
            below = widths[min(index + 1, len(widths) - 1)]
            scales.append(
                _Scale(
                    finer,
                    width,
                    below,
                    skip,
                    upsample=upsample,
                    pad=pad,
                    normalise_joined=normalise_joined,
                    pointwise=pointwise,
                    narrow_before_upsample=narrow_before_upsample,
                    bias=bias,
                    down_size=down_size,
                )
            )
            finer = width
        self._scales = scales
        self.scales = nn.ModuleList(scales)  # the same, for torch
        self.last = nn.Conv2d(widths[0], out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for scale in self._scales:
            kept.append(x)
            x = scale.down(x)
        for scale, before in zip(reversed(self._scales), reversed(kept), strict=True):
            x = scale.up(before, x)
        return torch.sigmoid(self.last(x))


class _Scale(nn.Module):
    """One scale: down halves its input, up enlarges what came back and joins the skip.

    Shapes:
        down: (1, finer, H, W) to (1, width, H/2, W/2); up: (1, finer, H, W) and
        (1, below, H/2, W/2) to (1, width, H, W).
    """

    def __init__(
        self,
        finer: int,
        width: int,
        below: int,
        skip: int,
        *,
        upsample: str,
        pad: Pad,
        normalise_joined: bool,
        pointwise: bool,
        narrow_before_upsample: bool,
        bias: bool,
        down_size: int,
    ) -> None:
        super().__init__()
        self._upsample = upsample

        def block(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
            conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, padding_mode=pad, bias=bias)
            return nn.Sequential(conv, _norm(outputs), nn.LeakyReLU(SLOPE, inplace=True))

        self._down = nn.Sequential(
            block(finer, width, down_size, 2), block(width, width, down_size)
        )
        self._skip = block(finer, skip, 1) if skip else None
        narrows = narrow_before_upsample and below != width
        self._narrow = nn.Conv2d(below, width, 1, bias=False) if narrows else None
        joined = skip + (width if narrows else below)
        self._join = _norm(joined) if normalise_joined else nn.Identity()
        up = [block(joined, width, 3)]
        if pointwise:
            up.append(block(width, width, 1))
        self._up = nn.Sequential(*up)

    def down(self, x: Tensor) -> Tensor:
        halved: Tensor = self._down(x)
        return halved

    def up(self, before: Tensor, coarse: Tensor) -> Tensor:
        if self._narrow is not None:
            coarse = self._narrow(coarse)
        corners = None if self._upsample == "nearest" else False
        large = F.interpolate(coarse, scale_factor=2, mode=self._upsample, align_corners=corners)
        if self._skip is not None:
            large = torch.cat((self._skip(before), large), 1)
        drawn: Tensor = self._up(self._join(large))
        return drawn


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, track_running_stats=False)


def paper_net(in_channels: int = 32, out_channels: int = 3) -> SkipNet:
    """Return the paper's network for denoising: 128 maps at five scales, skips of 4."""
    return SkipNet(in_channels, out_channels, widths=(128,) * 5, skips=(4,) * 5)


def lean_net(in_channels: int = 8, out_channels: int = 3) -> SkipNet:
    """Return the network of the quick effort: narrow where the maps are large.

    Chosen on a 128 px crop of F16 with noise of sigma 25, one seed, 1 thread, input noise 0.01.
    Best average of the run: widths from 32 without the 1x1 convolution 28.89 dB; from 16 29.02 dB
    in half the time per iteration; from 16 with the 1x1 convolution 29.36 dB (this one); from 16
    with the joined maps normalised instead 28.93 dB; from 8 without either 29.21 dB and rising.
    Another crop of that size, 1500 iterations (benchmarks.dip, ablation): this one 29.50 dB at
    iteration 590, from 8 with the 1x1 convolution 29.53 dB at 1100 for two thirds of the time per
    iteration, so no sooner. One picture each: leads, no proof.
    """
    return _lean_net(in_channels, out_channels, skip=4, upsample="bilinear")


def lean_scattered_net(in_channels: int = 8, out_channels: int = 3) -> SkipNet:
    """Return the lean network for pixels missing all over: with wide skips, enlarging unsmoothed.

    Both are the paper's for text over a picture, and for the same reason: what is lost follows from
    the pixels next to it.
    """
    return _lean_net(in_channels, out_channels, skip=32, upsample="nearest")


def _lean_net(in_channels: int, out_channels: int, *, skip: int, upsample: str) -> SkipNet:
    return SkipNet(
        in_channels,
        out_channels,
        widths=(16, 32, 64, 128, 128),
        skips=(skip,) * 5,
        upsample=upsample,
        pad="zeros",
        normalise_joined=False,
        pointwise=True,
        narrow_before_upsample=True,
        bias=False,
    )


def lean_hole_net(in_channels: int = 8, out_channels: int = 3) -> SkipNet:
    """Return the lean network for holes: without skips, which the paper found to harm there."""
    return SkipNet(
        in_channels,
        out_channels,
        widths=(16, 32, 64, 128, 128, 128),
        skips=(0,) * 6,
        upsample="nearest",
        pad="zeros",
        normalise_joined=False,
        narrow_before_upsample=True,
        bias=False,
    )


def paper_scratch_net(in_channels: int = 32, out_channels: int = 3) -> SkipNet:
    """Return the paper's network for text over a picture: skips as wide as the rest."""
    return SkipNet(
        in_channels, out_channels, widths=(128,) * 5, skips=(128,) * 5, upsample="nearest"
    )


def paper_hole_net(in_channels: int = 1, out_channels: int = 3) -> SkipNet:
    """Return the paper's network for a large hole: six scales, no skips, 5x5 on the way down."""
    return SkipNet(
        in_channels,
        out_channels,
        widths=(16, 32, 64, 128, 128, 128),
        skips=(0,) * 6,
        upsample="nearest",
        pointwise=False,
        down_size=5,
    )


NETS: dict[str, Callable[[int, int], SkipNet]] = {
    "lean": lean_net,
    "lean-scattered": lean_scattered_net,
    "lean-hole": lean_hole_net,
    "paper": paper_net,
    "paper-scratch": paper_scratch_net,
    "paper-hole": paper_hole_net,
}
