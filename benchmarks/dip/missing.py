"""The paper's 50 % missing pixels."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.dip.part import (
    PICTURE,
    Part,
    Result,
    Unit,
    mean,
    official_iterations,
    text,
    verdict,
    with_iteration,
)
from benchmarks.dip.pictures import load, psnr, to_photo
from benchmarks.dip.trials import begin, take_turns
from restorer.engine.deep_prior.fitting import fit_photo
from restorer.engine.deep_prior.prior import Picture
from restorer.engine.deep_prior.recipes import REPAIR
from restorer.engine.device import Compute, choose_device
from restorer.engine.jobs import RunContext

OFFICIAL = replace(REPAIR["best", "scattered"], hold_out=0.0)  # the official code fits all pixels
# The paper's table, same pictures, PSNR in dB.
PAPER = {
    "barbara": 32.22,
    "boat": 33.06,
    "house": 39.16,
    "Lena512": 36.16,
    "peppers256": 33.05,
    "Cameraman256": 29.8,
    "couple": 32.52,
    "fingerprint": 32.84,
    "hill": 32.77,
    "man": 32.20,
    "montage": 34.54,
}


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for picture in options.images if set(options.images) <= PAPER.keys() else PAPER:
        yield {
            "picture": picture,
            "crop": options.crop if options.is_crop_chosen else 0,
            "mask_seed": 0,
            "seed": options.seed,
            "iterations": options.iterations,
            "reference": official_iterations(options, OFFICIAL.iterations),
            "effort": options.effort,
            "device": choose_device(options.device).title,
        }


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    path = options.data / "inpaint" / f"{unit['picture']}.png"
    clean = load(path, unit["crop"], mode="L")
    known = np.random.default_rng(unit["mask_seed"]).random(clean.shape[:2]) < 0.5
    device = choose_device(options.device)
    damaged = np.where(known[:, :, None], clean, 0).astype(np.float32)
    begun = time.perf_counter()
    ours = fit_photo(
        to_photo(damaged),
        REPAIR[unit["effort"], "scattered"],
        RunContext.quiet(),
        compute=Compute(device=options.device, seed=unit["seed"]),
        iterations=unit["iterations"],
        known=known,
    )

    def put_back(picture: Picture) -> float:
        return psnr(np.where(known[:, :, None], clean, picture), clean)

    result = {
        "ours_db": put_back(ours.picture),
        "ours_iterations": ours.facts["iterations"],
        "ours_s": time.perf_counter() - begun,
    }
    if unit["reference"]:
        official = begin(
            clean, damaged, OFFICIAL, device, seed=unit["seed"], known=known, precision="fp32"
        )
        take_turns([(official, unit["reference"])])
        result |= {
            "drawn_db": psnr(official.run.drawn(), clean),
            "average_db": psnr(official.run.average(), clean),
            "put_back_db": put_back(official.run.average()),
            "official_s": official.seconds,
        }
    return result


def _goals(results: Sequence[Result]) -> list[str]:
    paper = mean([PAPER[result["picture"]] for result in results])
    lines = []
    for name, key in (
        ("the paper's settings, as drawn", "drawn_db"),
        ("averaged", "average_db"),
        ("averaged, known pixels put back", "put_back_db"),
        ("restorer repair", "ours_db"),
    ):
        values = [result[key] for result in results if key in result]
        if len(values) == len(results):
            lines.append(
                f"{name}: {mean(values):.2f} dB; paper {paper:.2f}; goal within 0.3: "
                f"{verdict(is_met=mean(values) >= paper - 0.3)}"
            )
    return lines


PART = Part(
    "the paper's 50 % missing pixels, grey pictures",
    _units,
    _measure,
    {
        **PICTURE,
        "paper": lambda r: f"{PAPER[r['picture']]:.2f}",
        "drawn": text("drawn_db", ".2f"),
        "averaged": text("average_db", ".2f"),
        "known put back": text("put_back_db", ".2f"),
        "repair": with_iteration("ours_db", "ours_iterations", ".2f"),
        "s": text("ours_s", ".0f"),
        "official s": text("official_s", ".0f"),
    },
    _goals,
)
