"""The lean network with its savings taken back one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from restorer.engine.deep_prior.recipes import DENOISE, Recipe
from restorer.networks.skip_net import NETS, SkipNet

# What networks.skip_net.lean_net is made of; each variant changes some of it.
LEAN: dict[str, Any] = {
    "widths": (16, 32, 64, 128, 128),
    "skips": (4,) * 5,
    "pad": "zeros",
    "normalise_joined": False,
    "pointwise": True,
    "narrow_before_upsample": True,
    "bias": False,
}

VARIANTS: dict[str, dict[str, Any]] = {
    "lean": {},
    "from 32, no 1x1": {"widths": (32, 64, 128, 128, 128), "pointwise": False},
    "from 32": {"widths": (32, 64, 128, 128, 128)},
    "from 16, no 1x1": {"pointwise": False},
    "from 8": {"widths": (8, 16, 32, 64, 128)},
    "from 8, no 1x1": {"widths": (8, 16, 32, 64, 128), "pointwise": False},
    "128 everywhere": {"widths": (128,) * 5},
    "joined maps normalised": {"normalise_joined": True},
    "reflection padding": {"pad": "reflect"},
    "narrowed by the 3x3": {"narrow_before_upsample": False},
    "bias": {"bias": True},
    "32 input channels": {"input_channels": 32},
    "input noise of 0.01": {"input_noise": 0.01},
    "input noise of 1/30": {"input_noise": 1 / 30},
    "the paper's network, input noise of 0.02": {
        "widths": (128,) * 5,
        "pad": "reflect",
        "normalise_joined": True,
        "narrow_before_upsample": False,
        "bias": True,
        "input_channels": 32,
    },
}


@contextmanager
def registered(variant: str) -> Iterator[Recipe]:
    """Give the quick recipe with a variant's network, which is known inside the block."""
    changes = VARIANTS[variant]
    recipe_changes = {key: changes[key] for key in changes.keys() - LEAN.keys()}
    layers = {**LEAN, **{key: changes[key] for key in changes.keys() & LEAN.keys()}}

    def network(in_channels: int, out_channels: int) -> SkipNet:
        return SkipNet(in_channels, out_channels, **layers)

    NETS["ablation"] = network
    try:
        yield replace(DENOISE["quick"], network="ablation", **recipe_changes)
    finally:
        del NETS["ablation"]
