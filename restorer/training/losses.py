"""The terms a generator is trained with, each under its paper's name."""

from __future__ import annotations

from torch import Tensor


def pixel_loss(output: Tensor, sharp: Tensor) -> Tensor:
    """Mean absolute difference (L1), scalar.

    Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017,
    arXiv:1707.02921, section 4.2: converges better than the squared error of SRResNet.
    output, sharp: (N, 3, H, W), range 0..1.
    """
    return (output - sharp).abs().mean()
