"""How much the result depends on the seed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks.dip.part import (
    PICTURE,
    Part,
    Result,
    Unit,
    noisy_pair,
    picture_units,
    text,
    verdict,
)
from benchmarks.dip.pictures import psnr, to_photo
from restorer.engine.deep_prior.prior_picture import to_picture
from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.modes.denoise import Denoise


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        if unit["picture"] == options.images[0]:
            for seed in range(options.seeds):
                yield {**unit, "sigma": 25.0, "seed": seed, "iterations": options.iterations}


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = noisy_pair(unit, options)
    params = {"effort": "quick", "iterations": unit["iterations"]}
    step = Step(Denoise(), params, compute=Compute(device=options.device, seed=unit["seed"]))
    restored = step.mode.restore(to_photo(noisy), step, RunContext.quiet())
    return {
        "db": psnr(to_picture(restored.photo), clean),
        "iterations": restored.facts["iterations"],
    }


def _goals(results: Sequence[Result]) -> list[str]:
    values = [result["db"] for result in results]
    spread = max(values) - min(values)
    return [
        f"{len(values)} seeds: {min(values):.2f} to {max(values):.2f} dB, spread {spread:.2f} dB; "
        f"goal 0.3: {verdict(is_met=spread <= 0.3)}"
    ]


PART = Part(
    "how much the result depends on the seed, on the first of --images",
    _units,
    _measure,
    {**PICTURE, "seed": text("seed"), "PSNR": text("db", ".2f"), "its": text("iterations")},
    _goals,
)
