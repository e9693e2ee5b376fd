"""All generators: size, reach, and that a card's arguments make them again."""

import pytest
import torch

from restorer.engine.inference import (
    FEATHER_PX,
    FEATHERED_HALO_PX,
    LONGEST_HALO_PX,
    measure_reach_px,
    tile_joins,
)
from restorer.networks import NETWORKS
from restorer.networks.clean import CleanGenerator
from restorer.networks.early import Drcn, Espcn, Srcnn
from restorer.networks.film import ConditionalDiscriminator, UNetGenerator
from restorer.networks.rrdb import RrdbGenerator
from restorer.networks.swinir import SwinGenerator

SMALL = {
    "srgan-generator": {"channels": 4, "blocks": 1},
    "clean-generator": {"channels": 4, "blocks": 2},
    "unet-generator": {"channels": 4},
    "rrdb-generator": {"channels": 4, "blocks": 1, "growth": 2},
    "swinir-light": {"channels": 6, "blocks": 1, "layers": 2, "heads": 2},
    "srcnn": {"channels": 4},
    "espcn": {"channels": 4},
    "drcn": {"channels": 4, "blocks": 3},
}


@pytest.fixture(params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    return NETWORKS[request.param](**SMALL[request.param]).eval()


def scale_of(network):
    return 1 if isinstance(network, CleanGenerator) else 4


def test_the_output_is_scale_times_larger(network):
    scale = scale_of(network)
    with torch.inference_mode():
        assert network(torch.rand(2, 3, 16, 32)).shape == (2, 3, 16 * scale, 32 * scale)


def test_it_can_be_made_without_memory_and_filled_later(network):
    name = next(name for name, kind in NETWORKS.items() if kind is type(network))
    with torch.device("meta"):
        empty = NETWORKS[name](**SMALL[name])
    empty.load_state_dict(network.state_dict(), strict=True, assign=True)
    picture = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        assert torch.equal(empty.eval()(picture), network(picture))


def test_what_is_farther_than_the_measured_reach_changes_nothing(network):
    """And the reach is no larger than it has to be, on at least one of four sides."""
    scale, step = scale_of(network), getattr(network, "multiple_of", 1)
    reach = measure_reach_px(network, scale, multiple_of=step)
    if reach == LONGEST_HALO_PX:
        pytest.skip("it looks too far for exact tiles")
    side = 16 * (2 * reach // 16 + 3)
    picture = torch.rand(1, 3, 32, side, generator=torch.Generator().manual_seed(1)).double()
    with torch.inference_mode():
        before = network.double()(picture)
        for place in range(side // 2 // step * step, (side // 2 // step + 1) * step):
            changed = picture.clone()
            changed[:, :, :, : place - reach] = 0.3
            after = network(changed)
            assert torch.equal(before[..., place * scale :], after[..., place * scale :])


@pytest.mark.parametrize(
    ("make", "scale", "step", "reach"),
    [
        (lambda: Srcnn(channels=4), 4, 1, 4),
        (lambda: Espcn(channels=4), 4, 1, 4),
        (lambda: Drcn(channels=4), 4, 1, 7),
        (lambda: CleanGenerator(channels=4), 1, 2, 71),
        (lambda: RrdbGenerator(channels=4, blocks=2, growth=2), 4, 1, 34),
        (lambda: UNetGenerator(channels=4), 4, 16, 47),
    ],
)
def test_known_reaches(make, scale, step, reach):
    assert measure_reach_px(make().eval(), scale, multiple_of=step) == reach


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "step"),
    [(lambda: RrdbGenerator(channels=8, growth=4), 1), (SwinGenerator, 8)],
)
def test_networks_that_look_too_far_get_feathered_tiles(make, step):
    assert tile_joins(make(), 4, multiple_of=step) == (FEATHERED_HALO_PX, FEATHER_PX)


def test_while_training_drcn_gives_its_recursions_and_the_result_as_the_last():
    torch.manual_seed(0)
    network = Drcn(channels=4, blocks=3)
    picture = torch.rand(2, 3, 8, 8)
    drawn = network(picture)
    assert drawn.shape == (4, 2, 3, 32, 32)
    assert torch.equal(drawn[-1], network.eval()(picture))
    torch.testing.assert_close(drawn[:-1].mean(dim=0), drawn[-1])  # equal shares at first


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (Srcnn, 69_251),
        (Espcn, 37_200),
        (Drcn, 1_784_339),
        (RrdbGenerator, 16_697_987),
        (SwinGenerator, 929_508),  # the paper's, but for its normalisation before the first block
        (CleanGenerator, 1_232_541),
        (UNetGenerator, 3_493_443),
    ],
)
def test_sizes(make, count):
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in make().parameters()) == count


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CleanGenerator(scale=2), "scale"),
        (lambda: UNetGenerator(scale=2), "scale"),
        (lambda: RrdbGenerator(scale=3), "scale"),
        (lambda: SwinGenerator(channels=10), "heads"),
    ],
)
def test_impossible_arguments_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_shifted_windows_do_not_look_across_the_border():
    torch.manual_seed(0)
    network = SwinGenerator(channels=6, blocks=1, layers=2, heads=2).double().eval()
    picture = torch.rand(1, 3, 32, 32).double()
    changed = picture.clone()
    changed[:, :, :, :2] = 0
    with torch.inference_mode():
        assert torch.equal(network(picture)[..., -16:], network(changed)[..., -16:])


def test_the_conditional_discriminator_looks_at_both_pictures():
    torch.manual_seed(0)
    network = ConditionalDiscriminator(channels=4).eval()
    picture, small = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 16, 16)
    with torch.inference_mode():
        logits = network(picture, small)
        assert logits.shape == (2, 1)
        assert not torch.equal(logits, network(picture, 1 - small))
        assert not torch.equal(logits, network(1 - picture, small))
