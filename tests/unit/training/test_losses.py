import math

import pytest
import torch

from restorer.training.losses import (
    GRID_PX,
    adversarial_loss,
    checkerboard_loss,
    content_loss,
    discriminator_loss,
    lpips_loss,
    pixel_loss,
)
from restorer.training.lpips import Lpips


def logits(*values):
    return torch.tensor(values)[:, None]


def test_pixel_loss_is_the_mean_difference():
    assert pixel_loss(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.25)) == 0.25


def test_content_loss_is_the_mean_over_layers_of_the_relative_difference():
    sharp = [torch.full((1, 4, 8, 8), 2.0), torch.full((1, 2, 4, 4), -100.0)]
    output = [torch.full((1, 4, 8, 8), 1.0), torch.full((1, 2, 4, 4), -75.0)]
    assert content_loss(output, sharp) == (0.5 + 0.25) / 2


def test_checkerboard_loss_is_the_grid_of_the_errors_and_nothing_else():
    sharp = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    grid = torch.tensor([[0.1, -0.1], [-0.1, 0.1]]).repeat(32, 32)
    assert checkerboard_loss(sharp + grid, sharp) == pytest.approx(0.1, abs=1e-6)
    assert checkerboard_loss(sharp + 0.3, sharp) == pytest.approx(0, abs=1e-6)
    edge = torch.zeros(64, 64)
    edge[:, :32] = 0.5  # as strong as an error can be, but no grid
    assert checkerboard_loss(sharp + edge, sharp) == pytest.approx(0, abs=1e-6)
    shifted = torch.roll(grid, 1, dims=1)
    both = torch.cat([sharp[:1] + grid, sharp[1:] + shifted])  # each crop for itself
    assert checkerboard_loss(both, sharp) == pytest.approx(0.1, abs=1e-6)
    assert GRID_PX == 4


def test_lpips_loss_looks_from_another_place_with_every_seed_but_the_same_for_both():
    torch.manual_seed(0)
    network, sharp = Lpips().requires_grad_(False), torch.rand(2, 3, 48, 64)
    output = sharp.clone().requires_grad_()
    losses = {seed: lpips_loss(network, output + 0.1, sharp, seed=(seed,)) for seed in range(8)}
    assert len({loss.item() for loss in losses.values()}) == 8
    assert lpips_loss(network, output + 0.1, sharp, seed=(3,)) == losses[3]
    assert all(lpips_loss(network, sharp, sharp, seed=(seed,)) == 0 for seed in range(8))
    losses[0].backward()
    assert output.grad.abs().sum() > 0


@pytest.mark.parametrize("relativistic", [False, True])
def test_each_side_pays_more_when_it_loses(relativistic):
    fooled = {"fake": logits(2.0, 3.0), "real": logits(-2.0, -1.0)}
    found = {"fake": logits(-2.0, -1.0), "real": logits(2.0, 3.0)}
    for loss, wins, loses in (
        (adversarial_loss, fooled, found),
        (discriminator_loss, found, fooled),
    ):
        assert loss(**wins, relativistic=relativistic) < loss(**loses, relativistic=relativistic)


def test_plain_losses_by_hand():
    """Ledig et al., eq. 6: -log D; sigmoid(0) is a half."""
    fake, real = logits(0.0), logits(1.0)
    assert adversarial_loss(fake, real, relativistic=False) == pytest.approx(math.log(2))
    expected = math.log(2) + math.log(1 + math.exp(-1))
    assert discriminator_loss(fake, real, relativistic=False) == pytest.approx(expected)


def test_relativistic_losses_by_hand():
    """ESRGAN, eq. 1 and 2: with D_Ra(a, b) = sigmoid(C(a) - mean C(b))."""
    fake, real = logits(0.0, 2.0), logits(1.0, 4.0)
    d_real = [1 / (1 + math.exp(-(r - 1.0))) for r in (1.0, 4.0)]
    d_fake = [1 / (1 + math.exp(-(f - 2.5))) for f in (0.0, 2.0)]

    def mean_log(values):
        return sum(math.log(v) for v in values) / len(values)

    discriminator = -mean_log(d_real) - mean_log([1 - d for d in d_fake])
    generator = -mean_log([1 - d for d in d_real]) - mean_log(d_fake)
    assert discriminator_loss(fake, real, relativistic=True) == pytest.approx(discriminator)
    assert adversarial_loss(fake, real, relativistic=True) == pytest.approx(generator)
