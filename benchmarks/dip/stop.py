"""What the automatic stop loses against the best average of a run, beside ES-WMV."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks.dip.part import (
    NOISY,
    Part,
    Result,
    Unit,
    mean,
    noisy_pair,
    picture_units,
    text,
    verdict,
    with_iteration,
)
from benchmarks.dip.pictures import psnr
from benchmarks.dip.trials import MovingVariance, begin
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.deep_prior.residual import mix
from restorer.engine.device import choose_device
from restorer.engine.noise import measure_noise

PAST_PEAK = 1.5  # a run has to go this many times past its best iteration


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        for sigma in options.sigma:
            yield {**unit, "sigma": sigma, "iterations": options.iterations or 6000}


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = noisy_pair(unit, options)
    trial = begin(clean, noisy, DENOISE["quick"], choose_device(options.device), seed=unit["seed"])
    trial.wmv = MovingVariance()
    # Past the peak, past the end of both rules, or to the last iteration.
    while trial.run.iteration < unit["iterations"]:
        trial.advance()
        count = trial.run.iteration
        if count >= PAST_PEAK * trial.best.iteration and trial.rule_ended and count >= 1500:
            break
    assert trial.kept is not None
    check, average = trial.kept
    given = mix(average, check, noisy, measure_noise(noisy))  # what the program makes of it
    return {
        "ran": trial.run.iteration,
        "best_db": trial.best.psnr,
        "best_iteration": trial.best.iteration,
        "kept_iteration": check.iteration,
        "gap_db": trial.best.psnr - psnr(average, clean),
        "given_gap_db": trial.best.psnr - psnr(given, clean),
        "ended": trial.rule_ended,
        "wmv_iteration": trial.wmv.best[1],
        "wmv_gap_db": trial.best.psnr - trial.at(trial.wmv.best[1]),
        "is_correlated": trial.rule.noise_mse is not None,
    }


def _goals(results: Sequence[Result]) -> list[str]:
    gaps = [result["gap_db"] for result in results]
    given = [result["given_gap_db"] for result in results]
    others = [result["wmv_gap_db"] for result in results]
    past = sum(result["ran"] >= PAST_PEAK * result["best_iteration"] for result in results)
    return [
        f"gap of the result to the best average: mean {mean(given):.2f} dB, worst "
        f"{max(given):.2f} dB; goal 0.3 and 1.0: "
        f"{verdict(is_met=mean(given) <= 0.3 and max(given) <= 1.0)}",
        f"gap of the kept average alone: mean {mean(gaps):.2f} dB, worst {max(gaps):.2f} dB",
        f"ES-WMV on the same runs: mean {mean(others):.2f} dB, worst {max(others):.2f} dB; goal: "
        f"ours is smaller, alone too: {verdict(is_met=mean(gaps) < mean(others))}",
        f"{past} of {len(results)} runs went {PAST_PEAK} times past their peak; goal: all",
    ]


PART = Part(
    "what the automatic stop loses against the best average, beside ES-WMV",
    _units,
    _measure,
    {
        **NOISY,
        "best of run": with_iteration("best_db", "best_iteration", ".2f"),
        "gap of the average": with_iteration("gap_db", "kept_iteration", ".2f"),
        "of the result": lambda result: f"{result['given_gap_db']:.2f}",
        "ended": text("ended"),
        "gap of ES-WMV": with_iteration("wmv_gap_db", "wmv_iteration", ".2f"),
        "ran": text("ran"),
    },
    _goals,
)
