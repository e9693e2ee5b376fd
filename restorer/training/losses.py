"""The terms of the training, each under its paper's name.

Content: Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative
Adversarial Network", 2017, arXiv:1609.04802, eq. 5; before activation as in Wang et al., "ESRGAN",
2018, arXiv:1809.00219, section 3.3. Adversarial, plain: Ledig et al., eq. 6 and the discriminator's
side of eq. 2; relativistic average: ESRGAN, eq. 1 and 2 (Jolicoeur-Martineau, 2018,
arXiv:1807.00734). Logits stand for the discriminator's answer before its sigmoid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.training.lpips import Lpips

GRID_PX = 4  # of x4; those of x2 and of networks that work at half the size have 2
LEAST_LPIPS_PX = 40  # sides of a crop; AlexNet's pooling leaves nothing of smaller ones
SHIFTS = 8  # places along each side where LPIPS may begin; its first layer looks every 4 px


def pixel_loss(output: Tensor, sharp: Tensor) -> Tensor:
    """Mean absolute difference (L1), scalar.

    Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017,
    arXiv:1707.02921, section 4.2: converges better than the squared error of SRResNet.
    output: (N, 3, H, W), or (R, N, 3, H, W) of several recursions; sharp: (N, 3, H, W); range 0..1.
    """
    return (output - sharp).abs().mean()


def content_loss(output: Sequence[Tensor], sharp: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of feature maps, averaged over the layers, scalar.

    Differs from eq. 5: absolute instead of squared differences, as ESRGAN's code has it; several
    layers instead of one; and each layer's difference is a share of the photograph's own mean
    there, so that no layer drowns the others and other feature weights need no other balance.
    output, sharp: (N, C, H, W) of each layer, before activation.
    """
    terms = [
        (one.float() - other.float()).abs().mean() / other.float().abs().mean().clamp_min(1e-6)
        for one, other in zip(output, sharp, strict=True)
    ]
    return torch.stack(terms).mean()


def checkerboard_loss(output: Tensor, sharp: Tensor) -> Tensor:
    """How strong the same grid lies over all of a crop's errors, scalar.

    Layers that enlarge and the gradients of strided ones draw it (Odena et al., "Deconvolution and
    Checkerboard Artifacts", 2016, doi:10.23915/distill.00003), and neither VGG's features nor the
    discriminator mind. In the mean over all places of a crop what belongs to the photograph evens
    out, and the grid stays: GRID_PX x GRID_PX means, compared with the mean of all.
    output, sharp: (N, 3, H, W), range 0..1; H and W multiples of GRID_PX.
    """
    means = F.pixel_unshuffle(output - sharp, GRID_PX).mean(dim=(2, 3))
    grid = means.unflatten(1, (-1, GRID_PX * GRID_PX))  # (N, 3, places of the grid)
    departure: Tensor = (grid - grid.mean(dim=2, keepdim=True)).abs()
    return departure.mean()


def lpips_loss(network: Lpips, output: Tensor, sharp: Tensor, *, seed: Sequence[int]) -> Tensor:
    """Mean LPIPS of crops that are turned, mirrored and cut off at the top left at random, scalar.

    Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018,
    arXiv:1801.03924. As it stands a generator learns its blind spots: AlexNet's first layer looks
    at every fourth pixel only. Seen from another place each time there are fewer (Kettunen et al.,
    "E-LPIPS", 2019, arXiv:1906.03973; of its transformations these are the cheap ones).
    output, sharp: (N, 3, H, W), range 0..1, sides at least LEAST_LPIPS_PX; seed: the
    transformation follows from it.
    """
    top, left, turns, mirrored = np.random.default_rng(seed).integers((SHIFTS, SHIFTS, 4, 2))

    def seen(x: Tensor) -> Tensor:
        x = x[:, :, top:, left:].rot90(int(turns), (2, 3))
        return x.flip(3) if mirrored else x

    distance: Tensor = network(seen(output), seen(sharp)).mean()
    return distance


def adversarial_loss(fake: Tensor, real: Tensor, *, relativistic: bool) -> Tensor:
    """What the generator pays for being found out, scalar.

    fake, real: (N, 1) logits of generated pictures and of photographs; plain takes no notice of
    real.
    """
    if not relativistic:
        return F.softplus(-fake).mean()
    return F.softplus(real - fake.mean()).mean() + F.softplus(real.mean() - fake).mean()


def discriminator_loss(fake: Tensor, real: Tensor, *, relativistic: bool) -> Tensor:
    """What the discriminator pays for its mistakes, scalar. fake, real: (N, 1) logits."""
    if not relativistic:
        return F.softplus(-real).mean() + F.softplus(fake).mean()
    return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()


def answer_loss(logits: Tensor, *, is_real: bool) -> Tensor:
    """Cross-entropy of a discriminator's answers with what they should be, scalar.

    logits: (N, 1); is_real: the wanted answer, for all alike.
    """
    return F.softplus(-logits if is_real else logits).mean()
