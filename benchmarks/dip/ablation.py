"""The lean network with its savings taken back one by one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from benchmarks.dip.part import (
    PICTURE,
    Part,
    Result,
    Unit,
    mean,
    noisy_pair,
    picture_units,
    text,
    with_iteration,
)
from benchmarks.dip.pictures import psnr
from benchmarks.dip.trials import begin, take_turns
from restorer.engine.deep_prior.recipes import DENOISE, Recipe
from restorer.engine.device import choose_device
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


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        for variant in options.variants or VARIANTS:
            yield {
                **unit,
                "sigma": 25.0,
                "variant": variant,
                "iterations": options.iterations or 3000,
            }


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = noisy_pair(unit, options)
    with registered(unit["variant"]) as recipe:
        trial = begin(clean, noisy, recipe, choose_device(options.device), seed=unit["seed"])
    take_turns([(trial, unit["iterations"])])
    assert trial.kept is not None
    return {
        "best_db": trial.best.psnr,
        "best_iteration": trial.best.iteration,
        "kept_db": psnr(trial.kept[1], clean),
        "ms": 1000 * trial.seconds / trial.run.iteration,
    }


def _goals(results: Sequence[Result]) -> list[str]:
    lean = {
        result["picture"]: result["best_db"] for result in results if result["variant"] == "lean"
    }
    lines = []
    for variant in dict.fromkeys(result["variant"] for result in results):
        gains = [
            result["best_db"] - lean[result["picture"]]
            for result in results
            if result["variant"] == variant and result["picture"] in lean
        ]
        if gains:
            lines.append(f"{variant}: {mean(gains):+.2f} dB against lean, {len(gains)} pictures")
    return lines


PART = Part(
    "which savings of the lean network cost what",
    _units,
    _measure,
    {
        **PICTURE,
        "variant": text("variant"),
        "best of run": with_iteration("best_db", "best_iteration", ".2f"),
        "kept": text("kept_db", ".2f"),
        "ms an iteration": text("ms", ".0f"),
    },
    _goals,
)
