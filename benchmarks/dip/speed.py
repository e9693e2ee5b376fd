"""Seconds to the official average's PSNR, official and quick in turns."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks.dip.part import (
    NOISY,
    REFERENCE,
    Part,
    Result,
    Unit,
    begin_official,
    mean,
    noisy_pair,
    picture_units,
    text,
    verdict,
    with_iteration,
)
from benchmarks.dip.trials import begin, take_turns
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.device import choose_device

MARGIN_DB = 0.2


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        yield {
            **unit,
            "sigma": 25.0,
            "iterations": options.iterations or 2000,
            "reference": options.reference or REFERENCE,
        }


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = noisy_pair(unit, options)
    device = choose_device(options.device)
    ours = begin(clean, noisy, DENOISE["quick"], device, seed=unit["seed"])
    official = begin_official(clean, noisy, device, seed=unit["seed"])
    take_turns([(ours, unit["iterations"]), (official, unit["reference"])])
    goal = official.at(unit["reference"]) - MARGIN_DB
    theirs, mine = official.reached(goal), ours.reached(goal)
    assert theirs is not None
    return {
        "goal_db": goal,
        "precision": ours.run.precision,
        "official_s": theirs.seconds,
        "official_iteration": theirs.iteration,
        "s": mine and mine.seconds,
        "iteration": mine and mine.iteration,
        "best_db": ours.best.psnr,
        "has_amx": _has_amx(),
    }


def _has_amx() -> bool:
    import torch

    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def _goals(results: Sequence[Result]) -> list[str]:
    shares = [result["s"] / result["official_s"] for result in results if result["s"]]
    limit = 1 / 8 if all(result["has_amx"] for result in results) else 1 / 5
    is_ok = len(shares) == len(results) and mean(shares) <= limit
    return [
        f"time to the official average less {MARGIN_DB} dB: {mean(shares):.3f} of the official "
        f"one's, reached on {len(shares)} of {len(results)}; goal {limit:.3f} on all "
        f"({'with' if limit == 1 / 8 else 'without'} AMX): {verdict(is_met=is_ok)}"
    ]


PART = Part(
    "seconds to the official average's PSNR, official and quick in turns",
    _units,
    _measure,
    {
        **NOISY,
        "PSNR to reach": text("goal_db", ".2f"),
        "official s": with_iteration("official_s", "official_iteration", ".0f"),
        "quick s": with_iteration("s", "iteration", ".0f"),
        "share": lambda r: f"{r['s'] / r['official_s']:.3f}" if r["s"] else "-",
    },
    _goals,
)
