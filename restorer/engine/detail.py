"""The detail dial: how much of a faithful and of an SRGAN network's weights is used."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from restorer.engine.model_files import SUFFIX, ModelCard, find_model, load_network, read_card
from restorer.errors import ModelDamagedError, ModelError

if TYPE_CHECKING:
    from torch import nn

FAITHFUL, SRGAN = "faithful", "srgan"
MOST_DETAIL = 100.0
# A mixture of the x4 pair keeps more of the faithful network's look than its share: with this power
# of the dial its LPIPS falls in about even steps. For all four pairs the middle is then better than
# the mean of the ends, in PSNR and in LPIPS (validation photographs).
EVENNESS = 0.65


@dataclass(frozen=True)
class ModelPair:
    """Two networks of the same layers: one trained to be faithful, one from it to show detail.

    Attributes:
        faithful: Detail 0.
        srgan: Detail 100.
    """

    faithful: ModelCard
    srgan: ModelCard


def find_pair(card: ModelCard) -> ModelPair | None:
    """Return the pair a model belongs to, None if it has no partner or the partner does not fit.

    The partner is looked for beside the model's file, then among the installed models.
    """
    if not card.pair or card.role not in (FAITHFUL, SRGAN):
        return None
    try:
        beside = card.path.with_name(card.pair + SUFFIX)
        partner = read_card(beside) if os.path.isfile(beside) else find_model(card.pair)
    except (ModelError, ValueError):  # with_name refuses what is no name
        return None  # the model is of use without it
    if {card.role, partner.role} != {FAITHFUL, SRGAN} or _topology(card) != _topology(partner):
        return None
    return ModelPair(card, partner) if card.role == FAITHFUL else ModelPair(partner, card)


def one_of_each_pair(cards: Iterable[ModelCard]) -> list[ModelCard]:
    """Leave out the faithful model of each pair: the dial mixes both, whichever is chosen."""
    return [card for card in cards if card.role != FAITHFUL or find_pair(card) is None]


def load_mixed(pair: ModelPair, detail: float) -> nn.Module:
    """Return the network whose weights lie between those of a pair, ready to run.

    Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", 2018,
    arXiv:1809.00219, section 3.4, eq. 4: every weight is (1 - a) times the faithful one plus a
    times the SRGAN one. Here a = (detail / 100) ** 0.65, see EVENNESS.

    Args:
        pair: Faithful and SRGAN.
        detail: 0..100; the ends are the networks themselves, bit by bit.

    Raises:
        ModelError: One cannot be loaded.
    """
    import torch

    if detail <= 0:
        return load_network(pair.faithful)
    network = load_network(pair.srgan)
    if detail >= MOST_DETAIL:
        return network
    faithful = load_network(pair.faithful).state_dict()
    share = (detail / MOST_DETAIL) ** EVENNESS
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            if weight.shape != faithful[name].shape:
                raise ModelDamagedError(
                    pair.faithful.path, pair.faithful.name, f"does not fit {pair.srgan.name}"
                )
            weight.copy_(torch.lerp(faithful[name], weight, share))
    return network


def _topology(card: ModelCard) -> tuple[str, Mapping[str, object], int]:
    return card.network, card.network_args, card.scale
