from dataclasses import replace

import pytest
import torch

from restorer.engine.detail import find_pair, load_mixed, one_of_each_pair
from restorer.engine.model_files import load_network, read_card, save_network
from restorer.networks.srgan import Generator


def test_the_ends_are_the_networks_themselves(tiny_pair):
    for detail, card in ((0, tiny_pair.faithful), (100, tiny_pair.srgan)):
        mixed, own = load_mixed(tiny_pair, detail), load_network(card)
        for name, weight in own.state_dict().items():
            assert torch.equal(mixed.state_dict()[name], weight)


def test_between_the_ends_weights_are_interpolated(tiny_pair):
    """ESRGAN, eq. 4, with a share of 0.4 at detail 0.4 ** (1 / 0.65)."""
    faithful = load_network(tiny_pair.faithful).state_dict()
    srgan = load_network(tiny_pair.srgan).state_dict()
    for name, weight in load_mixed(tiny_pair, 100 * 0.4 ** (1 / 0.65)).state_dict().items():
        assert torch.allclose(weight, 0.6 * faithful[name] + 0.4 * srgan[name], atol=1e-6)


def test_either_model_finds_the_pair(tiny_pair):
    assert find_pair(tiny_pair.faithful) == tiny_pair
    assert find_pair(tiny_pair.srgan) == tiny_pair


def test_a_model_without_a_partner_has_no_pair(tiny_model):
    assert find_pair(tiny_model) is None
    assert find_pair(replace(tiny_model, role="faithful", pair="absent")) is None


def test_a_partner_that_does_not_fit_is_no_partner(tiny_pair):
    other = replace(tiny_pair.srgan, network_args={"scale": 4, "channels": 4, "blocks": 2})
    save_network(Generator(scale=4, channels=4, blocks=2), other)
    assert find_pair(tiny_pair.faithful) is None
    save_network(
        Generator(scale=4, channels=8, blocks=2), replace(tiny_pair.srgan, role="faithful")
    )
    assert find_pair(tiny_pair.faithful) is None


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_damaged_partner_is_no_partner(tiny_pair, content):
    tiny_pair.srgan.path.write_bytes(content)
    assert find_pair(tiny_pair.faithful) is None


@pytest.mark.parametrize("name", ["n" * 300, "../up", "a/b"])
def test_a_partner_of_an_impossible_name_is_no_partner(tiny_model, name):
    assert find_pair(replace(tiny_model, role="faithful", pair=name)) is None


def test_one_of_a_pair_is_enough_to_choose_it(tiny_pair, tiny_model):
    cards = [tiny_pair.faithful, tiny_model, tiny_pair.srgan]
    assert one_of_each_pair(cards) == [tiny_model, tiny_pair.srgan]
    tiny_pair.srgan.path.unlink()
    assert one_of_each_pair([tiny_pair.faithful]) == [tiny_pair.faithful]


def test_the_card_keeps_role_and_partner(tiny_pair):
    card = read_card(tiny_pair.srgan.path)
    assert (card.role, card.pair) == ("srgan", "tiny-faithful-x4")
