"""What a part of the benchmark is, and what the parts share."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.dip.pictures import load, make_noisy
from benchmarks.dip.trials import Trial, begin
from restorer.engine.deep_prior.prior import Picture
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.device import Device, choose_device

Unit = dict[str, Any]  # what is measured: JSON values
Result = dict[str, Any]  # a unit and its figures

OFFICIAL = replace(DENOISE["best"], hold_out=0.0)  # the official code fits all pixels
REFERENCE = 1000  # official iterations


@dataclass(frozen=True)
class Part:
    """A part of the benchmark.

    Attributes:
        about: One line.
        units: What is measured one after the other, each kept when it is done.
        measure: Returns a unit's figures.
        columns: Heading and figure of each column of the table; a row is a result.
        goals: Returns lines with the figures over all results, each with its goal.
    """

    about: str
    units: Callable[[argparse.Namespace], Iterator[Unit]]
    measure: Callable[[Unit, argparse.Namespace], Result]
    columns: Mapping[str, Callable[[Result], str]]
    goals: Callable[[Sequence[Result]], list[str]]


def picture_units(options: argparse.Namespace) -> Iterator[Unit]:
    """Give a unit for each of --images."""
    for picture in options.images:
        yield {
            "picture": picture,
            "crop": options.crop,
            "noise_seed": 0,
            "seed": options.seed,
            "device": choose_device(options.device).title,
        }


def noisy_pair(unit: Unit, options: argparse.Namespace) -> tuple[Picture, Picture]:
    """Return a unit's clean picture and the noisy one."""
    clean = load(options.data / f"{unit['picture']}.png", unit["crop"])
    return clean, make_noisy(clean, unit["sigma"], unit["noise_seed"])


def begin_official(clean: Picture, noisy: Picture, device: Device, *, seed: int) -> Trial:
    """Begin a run of the official settings, which know single precision only."""
    return begin(clean, noisy, OFFICIAL, device, seed=seed, precision="fp32")


def official_iterations(options: argparse.Namespace, default: int) -> int:
    """Return how many --reference asks for."""
    return default if options.reference is None else int(options.reference)


def verdict(*, is_met: bool) -> str:
    """Return the word at the end of a goal's line."""
    return "met" if is_met else "MISSED"


def mean(values: Sequence[float]) -> float:
    """Return the mean, NaN of nothing."""
    return statistics.fmean(values) if values else float("nan")


def text(key: str, form: str = "") -> Callable[[Result], str]:
    """Return a column that shows a figure."""
    return lambda result: format(result[key], form) if result.get(key) is not None else "-"


def with_iteration(key: str, iteration: str, form: str) -> Callable[[Result], str]:
    """Return a column that shows a figure and the iteration it was reached at."""
    return lambda result: (
        f"{result[key]:{form}} @{result[iteration]}" if result[key] is not None else "not reached"
    )


PICTURE = {"picture": text("picture")}
NOISY = {**PICTURE, "sigma": text("sigma", "g")}
