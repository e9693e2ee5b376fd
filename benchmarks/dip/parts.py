"""The parts of the benchmark: what each measures, how its table reads, and its goals."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.dip.ablation import VARIANTS, registered
from benchmarks.dip.pictures import (
    hole,
    load,
    make_noisy,
    psnr,
    scratches,
    to_photo,
)
from benchmarks.dip.trials import MovingVariance, Trial, begin, take_turns
from restorer.engine.deep_prior.fitting import HALO_PX, fit_photo, mix
from restorer.engine.deep_prior.prior import Picture
from restorer.engine.deep_prior.prior_picture import to_picture
from restorer.engine.deep_prior.recipes import DENOISE, REPAIR, Recipe
from restorer.engine.device import Compute, Device, choose_device
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.noise import measure_noise
from restorer.engine.tiles import plan_tiles
from restorer.modes.denoise import Denoise
from restorer.modes.repair import Repair

MARGIN_DB = 0.2
PAST_PEAK = 1.5  # a run has to go this many times past its best iteration
OFFICIAL = replace(DENOISE["best"], hold_out=0.0)  # the official code fits all pixels
# The notebook for 50 % missing pixels; the paper's table, same pictures, PSNR in dB.
OFFICIAL_MISSING = Recipe(
    network="paper",
    input="noise",
    input_channels=32,
    input_noise=0.03,
    learning_rate=0.001,
    iterations=11000,
    runs=1,
    bytes_per_px=9600,
    hold_out=0.0,
)
PAPER_MISSING = {
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
MEMORY_CODE = """
import sys
from benchmarks.dip.parts import peak_bytes
peak_bytes(float(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
"""

Unit = dict[str, Any]  # what is measured: JSON values
Result = dict[str, Any]  # a unit and its figures


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


def _noisy(unit: Unit, options: argparse.Namespace) -> tuple[Picture, Picture]:
    """Return a unit's clean picture and the noisy one."""
    clean = load(options.data / f"{unit['picture']}.png", unit["crop"])
    return clean, make_noisy(clean, unit["sigma"], unit["noise_seed"])


def begin_official(clean: Picture, noisy: Picture, device: Device, *, seed: int) -> Trial:
    """Begin a run of the official settings, which know single precision only."""
    return begin(clean, noisy, OFFICIAL, device, seed=seed, precision="fp32")


def _pictures(options: argparse.Namespace) -> Iterator[Unit]:
    for picture in options.images:
        yield {
            "picture": picture,
            "crop": options.crop,
            "noise_seed": 0,
            "seed": options.seed,
            "device": choose_device(options.device).title,
        }


def _is_ok(*, is_ok: bool) -> str:
    return "met" if is_ok else "MISSED"


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else float("nan")


# speed: seconds to the official average's PSNR


def _speed_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        yield {
            **unit,
            "sigma": 25.0,
            "iterations": options.iterations or 2000,
            "reference": options.reference,
        }


def _speed(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
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


def _speed_goals(results: Sequence[Result]) -> list[str]:
    shares = [result["s"] / result["official_s"] for result in results if result["s"]]
    limit = 1 / 8 if all(result["has_amx"] for result in results) else 1 / 5
    is_ok = len(shares) == len(results) and _mean(shares) <= limit
    return [
        f"time to the official average less {MARGIN_DB} dB: {_mean(shares):.3f} of the official "
        f"one's, reached on {len(shares)} of {len(results)}; goal {limit:.3f} on all "
        f"({'with' if limit == 1 / 8 else 'without'} AMX): {_is_ok(is_ok=is_ok)}"
    ]


# stop: what the automatic stop loses


def _stop_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        for sigma in options.sigma:
            yield {**unit, "sigma": sigma, "iterations": options.iterations or 6000}


def _stop(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
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


def _stop_goals(results: Sequence[Result]) -> list[str]:
    gaps = [result["gap_db"] for result in results]
    given = [result["given_gap_db"] for result in results]
    others = [result["wmv_gap_db"] for result in results]
    past = sum(result["ran"] >= PAST_PEAK * result["best_iteration"] for result in results)
    return [
        f"gap of the result to the best average: mean {_mean(given):.2f} dB, worst "
        f"{max(given):.2f} dB; goal 0.3 and 1.0: "
        f"{_is_ok(is_ok=_mean(given) <= 0.3 and max(given) <= 1.0)}",
        f"gap of the kept average alone: mean {_mean(gaps):.2f} dB, worst {max(gaps):.2f} dB",
        f"ES-WMV on the same runs: mean {_mean(others):.2f} dB, worst {max(others):.2f} dB; goal: "
        f"ours is smaller, alone too: {_is_ok(is_ok=_mean(gaps) < _mean(others))}",
        f"{past} of {len(results)} runs went {PAST_PEAK} times past their peak; goal: all",
    ]


# quality: the best effort


def _quality_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        yield {
            **unit,
            "sigma": 25.0,
            "iterations": options.iterations,
            "reference": options.reference if options.crop else 0,
        }


def _quality(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
    recipe = replace(DENOISE["best"], runs=1)
    runs = []
    for index in range(2):
        compute = Compute(device=options.device, seed=unit["seed"] + index)
        runs.append(
            fit_photo(
                to_photo(noisy),
                recipe,
                RunContext.quiet(),
                compute=compute,
                iterations=unit["iterations"],
                mixes_noise=True,
            )
        )
    result = {
        "one_db": psnr(runs[0].picture, clean),
        "two_db": psnr(np.mean([run.picture for run in runs], axis=0), clean),
        "kept_iteration": runs[0].kept_iteration,
        "stopped_by": runs[0].facts["stopped_by"],
    }
    if unit["reference"]:
        device = choose_device(options.device)
        official = begin_official(clean, noisy, device, seed=unit["seed"])
        take_turns([(official, unit["reference"])])
        result["official_db"] = official.points[-1].psnr
    return result


def _quality_goals(results: Sequence[Result]) -> list[str]:
    one = _mean([result["one_db"] for result in results])
    two = _mean([result["two_db"] for result in results])
    return [
        f"one run {one:.2f} dB; goal 30.43 on the whole nine: {_is_ok(is_ok=one >= 30.43)}",
        f"two runs {two:.2f} dB; goal 31.00 on the whole nine: {_is_ok(is_ok=two >= 31.0)}",
        "paper: 29.22 single, 30.43 averaged, 31.00 two runs; CBM3D 31.42",
    ]


# seeds: how much the result depends on them


def _seed_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        if unit["picture"] == options.images[0]:
            for seed in range(options.seeds):
                yield {**unit, "sigma": 25.0, "seed": seed, "iterations": options.iterations}


def _seeds(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
    params = {"effort": "quick", "iterations": unit["iterations"]}
    step = Step(Denoise(), params, compute=Compute(device=options.device, seed=unit["seed"]))
    restored = step.mode.restore(to_photo(noisy), step, RunContext.quiet())
    return {
        "db": psnr(to_picture(restored.photo), clean),
        "iterations": restored.facts["iterations"],
    }


def _seed_goals(results: Sequence[Result]) -> list[str]:
    values = [result["db"] for result in results]
    spread = max(values) - min(values)
    return [
        f"{len(values)} seeds: {min(values):.2f} to {max(values):.2f} dB, spread {spread:.2f} dB; "
        f"goal 0.3: {_is_ok(is_ok=spread <= 0.3)}"
    ]


# missing: the paper's 50 % missing pixels


def _missing_units(options: argparse.Namespace) -> Iterator[Unit]:
    for picture in options.images if set(options.images) <= PAPER_MISSING.keys() else PAPER_MISSING:
        yield {
            "picture": picture,
            "crop": options.crop if options.is_crop_chosen else 0,
            "mask_seed": 0,
            "seed": options.seed,
            "iterations": options.iterations or OFFICIAL_MISSING.iterations,
            "effort": options.effort,
            "device": choose_device(options.device).title,
        }


def _missing(unit: Unit, options: argparse.Namespace) -> Result:
    path = options.data / "inpaint" / f"{unit['picture']}.png"
    clean = load(path, unit["crop"], mode="L")
    known = np.random.default_rng(unit["mask_seed"]).random(clean.shape[:2]) < 0.5
    device = choose_device(options.device)
    damaged = np.where(known[:, :, None], clean, 0).astype(np.float32)
    official = begin(
        clean, damaged, OFFICIAL_MISSING, device, seed=unit["seed"], known=known, precision="fp32"
    )
    take_turns([(official, unit["iterations"] // 10 * 10)])
    begun = time.perf_counter()
    ours = fit_photo(
        to_photo(damaged),
        REPAIR[unit["effort"], "scratch"],
        RunContext.quiet(),
        compute=Compute(device=options.device, seed=unit["seed"]),
        iterations=min(options.iterations, REPAIR[unit["effort"], "scratch"].iterations),
        known=known,
    )

    def put_back(picture: Picture) -> float:
        return psnr(np.where(known[:, :, None], clean, picture), clean)

    return {
        "drawn_db": psnr(official.run.drawn(), clean),
        "average_db": psnr(official.run.average(), clean),
        "put_back_db": put_back(official.run.average()),
        "official_s": official.seconds,
        "ours_db": put_back(ours.picture),
        "ours_iterations": ours.facts["iterations"],
        "ours_s": time.perf_counter() - begun,
    }


def _missing_goals(results: Sequence[Result]) -> list[str]:
    paper = _mean([PAPER_MISSING[result["picture"]] for result in results])
    lines = []
    for name, key in (
        ("the paper's settings, as drawn", "drawn_db"),
        ("averaged", "average_db"),
        ("averaged, known pixels put back", "put_back_db"),
        ("restorer repair", "ours_db"),
    ):
        value = _mean([result[key] for result in results])
        lines.append(
            f"{name}: {value:.2f} dB; paper {paper:.2f}; goal within 0.3: "
            f"{_is_ok(is_ok=value >= paper - 0.3)}"
        )
    return lines


# repair: scratches and holes in colour pictures


def _repair_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        for damage in ("scratch", "hole"):
            yield {
                **unit,
                "damage": damage,
                "effort": options.effort,
                "iterations": options.iterations,
            }


def _repair(unit: Unit, options: argparse.Namespace) -> Result:
    clean = load(options.data / f"{unit['picture']}.png", unit["crop"])
    height, width = clean.shape[:2]
    lost = scratches(height, width, 0) if unit["damage"] == "scratch" else hole(height, width)
    photo = to_photo(np.where(lost[:, :, None], 1, clean))
    params = {key: unit[key] for key in ("effort", "damage", "iterations")}
    compute = Compute(device=options.device, seed=unit["seed"])
    step = Step(Repair(), params, compute=compute, mask=lost)
    restored = step.mode.restore(photo, step, RunContext.quiet())
    telea = cv2.inpaint(photo.pixels.copy(), lost.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return {
        "db": psnr(to_picture(restored.photo), clean, lost),
        "telea_db": psnr(telea / np.float32(255), clean, lost),
        "changed_known_pixels": int((restored.photo.pixels != photo.pixels)[~lost].sum()),
        "iterations": restored.facts["iterations"],
    }


def _repair_goals(results: Sequence[Result]) -> list[str]:
    changed = sum(result["changed_known_pixels"] for result in results)
    lines = [f"known pixels that changed: {changed}; goal 0: {_is_ok(is_ok=changed == 0)}"]
    for damage in ("scratch", "hole"):
        chosen = [result for result in results if result["damage"] == damage]
        if chosen:
            ours = _mean([result["db"] for result in chosen])
            telea = _mean([result["telea_db"] for result in chosen])
            lines.append(f"{damage}: {ours:.2f} dB within the damage, Telea (OpenCV) {telea:.2f}")
    return lines


# ablation: which savings of the lean network cost what


def _ablation_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        for variant in options.variants or VARIANTS:
            yield {
                **unit,
                "sigma": 25.0,
                "variant": variant,
                "iterations": options.iterations or 3000,
            }


def _ablation(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
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


def _ablation_goals(results: Sequence[Result]) -> list[str]:
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
            lines.append(f"{variant}: {_mean(gains):+.2f} dB against lean, {len(gains)} pictures")
    return lines


# seams: steps across the borders of tiles


def _seam_units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in _pictures(options):
        yield {**unit, "sigma": 25.0, "tile": options.tile, "iterations": options.iterations}


def _seams(unit: Unit, options: argparse.Namespace) -> Result:
    clean, noisy = _noisy(unit, options)
    compute = Compute(device=options.device, seed=unit["seed"], tile=unit["tile"])
    fitted = fit_photo(
        to_photo(noisy),
        DENOISE["quick"],
        RunContext.quiet(),
        compute=compute,
        iterations=unit["iterations"],
    )
    if fitted.facts["tile_px"] != unit["tile"]:
        raise SystemExit(f"A tile of {unit['tile']} px holds the whole picture: choose a smaller.")
    steps, is_border = seam_steps(fitted.picture - clean, unit["tile"])
    return {
        "db": psnr(fitted.picture, clean),
        "at_borders": float(steps[is_border].max()),
        "elsewhere": float(steps[~is_border].max()),
    }


def seam_steps(error: Picture, tile_px: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the mean step between neighbours in a result's error, and which are at borders.

    Args:
        error: Result less clean picture, (H, W, C): a picture's own edges are not in it.
        tile_px: Side of the tiles' cores.

    Returns:
        A figure for each line between two columns or two rows, and whether a tile's core or window
        begins or ends there.
    """
    height, width = error.shape[:2]
    tiles = plan_tiles(height, width, tile_px=tile_px, halo_px=HALO_PX)
    steps, is_border = [], []
    for axis, length in ((0, height), (1, width)):
        mean = np.abs(np.diff(error, axis=axis)).mean(axis=(1 - axis, 2))
        ends = {end for tile in tiles for box in (tile.core, tile.window) for end in box[axis::2]}
        steps.append(mean)
        is_border.append(np.isin(np.arange(1, length), list(ends)))
    return np.concatenate(steps), np.concatenate(is_border)


def _seam_goals(results: Sequence[Result]) -> list[str]:
    worst = max(result["at_borders"] / result["elsewhere"] for result in results)
    return [
        f"largest step across a border of tiles: {worst:.2f} of the largest elsewhere; goal 1: "
        f"{_is_ok(is_ok=worst <= 1)}"
    ]


# memory: the peak for each megapixel


def _memory_units(options: argparse.Namespace) -> Iterator[Unit]:
    for megapixels, tile in ((1.0, "whole"), (2.0, "whole"), (12.0, "auto")):
        if megapixels <= options.megapixels:
            yield {"megapixels": megapixels, "tile": tile, "iterations": options.iterations or 3}


def _memory(unit: Unit, options: argparse.Namespace) -> Result:
    words = [str(unit[key]) for key in ("megapixels", "tile", "iterations")]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_CODE, *words], check=True, capture_output=True, text=True
    )
    peak = float(done.stdout.split()[-1])
    return {"peak_gib": peak / 2**30, "gib_per_megapixel": peak / 2**30 / unit["megapixels"]}


def peak_bytes(megapixels: float, tile: str, iterations: int) -> None:
    """Print by how much a quick run on a photo of this size raises the process's peak memory."""
    from restorer.engine.device import preload

    def peak() -> int:
        # Linux only, unlike getrusage, which begins with what the parent process had.
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024  # KiB

    preload()
    side = round((megapixels * 1e6) ** 0.5)
    rng = np.random.default_rng(0)
    photo = to_photo(rng.random((side, side, 3), np.float32))
    compute = Compute(device="cpu", precision="fp32", tile=tile)
    small = to_photo(rng.random((64, 64, 3), np.float32))
    for picture in (small, photo):
        before = peak()
        fit_photo(
            picture, DENOISE["quick"], RunContext.quiet(), compute=compute, iterations=iterations
        )
    print(peak() - before)


def _memory_goals(results: Sequence[Result]) -> list[str]:
    worst = max(result["gib_per_megapixel"] for result in results)
    return [f"Quick: {worst:.2f} GiB a megapixel; goal 1.7: {_is_ok(is_ok=worst <= 1.7)}"]


def _text(key: str, form: str = "") -> Callable[[Result], str]:
    return lambda result: format(result[key], form) if result.get(key) is not None else "-"


def _with_iteration(key: str, iteration: str, form: str) -> Callable[[Result], str]:
    return lambda result: (
        f"{result[key]:{form}} @{result[iteration]}" if result[key] is not None else "not reached"
    )


PICTURE = {"picture": _text("picture")}
NOISY = {**PICTURE, "sigma": _text("sigma", "g")}

PARTS = {
    "speed": Part(
        "seconds to the official average's PSNR, official and quick in turns",
        _speed_units,
        _speed,
        {
            **NOISY,
            "PSNR to reach": _text("goal_db", ".2f"),
            "official s": _with_iteration("official_s", "official_iteration", ".0f"),
            "quick s": _with_iteration("s", "iteration", ".0f"),
            "share": lambda r: f"{r['s'] / r['official_s']:.3f}" if r["s"] else "-",
        },
        _speed_goals,
    ),
    "stop": Part(
        "what the automatic stop loses against the best average, beside ES-WMV",
        _stop_units,
        _stop,
        {
            **NOISY,
            "best of run": _with_iteration("best_db", "best_iteration", ".2f"),
            "gap of the average": _with_iteration("gap_db", "kept_iteration", ".2f"),
            "of the result": lambda result: f"{result['given_gap_db']:.2f}",
            "ended": _text("ended"),
            "gap of ES-WMV": _with_iteration("wmv_gap_db", "wmv_iteration", ".2f"),
            "ran": _text("ran"),
        },
        _stop_goals,
    ),
    "quality": Part(
        "the best effort with its automatic stop (--crop 0: whole pictures, for a GPU)",
        _quality_units,
        _quality,
        {
            **NOISY,
            "one run": _text("one_db", ".2f"),
            "two runs": _text("two_db", ".2f"),
            "kept": _text("kept_iteration"),
            "stopped by": _text("stopped_by"),
            "official": _text("official_db", ".2f"),
        },
        _quality_goals,
    ),
    "seeds": Part(
        "how much the result depends on the seed, on the first of --images",
        _seed_units,
        _seeds,
        {**PICTURE, "seed": _text("seed"), "PSNR": _text("db", ".2f"), "its": _text("iterations")},
        _seed_goals,
    ),
    "missing": Part(
        "the paper's 50 % missing pixels, grey pictures",
        _missing_units,
        _missing,
        {
            **PICTURE,
            "paper": lambda r: f"{PAPER_MISSING[r['picture']]:.2f}",
            "drawn": _text("drawn_db", ".2f"),
            "averaged": _text("average_db", ".2f"),
            "known put back": _text("put_back_db", ".2f"),
            "repair": _with_iteration("ours_db", "ours_iterations", ".2f"),
            "s": lambda r: f"{r['official_s']:.0f} / {r['ours_s']:.0f}",
        },
        _missing_goals,
    ),
    "repair": Part(
        "scratches and holes, beside Telea's method; known pixels have to stay",
        _repair_units,
        _repair,
        {
            **PICTURE,
            "damage": _text("damage"),
            "PSNR within": _text("db", ".2f"),
            "Telea": _text("telea_db", ".2f"),
            "known changed": _text("changed_known_pixels"),
            "its": _text("iterations"),
        },
        _repair_goals,
    ),
    "ablation": Part(
        "which savings of the lean network cost what",
        _ablation_units,
        _ablation,
        {
            **PICTURE,
            "variant": _text("variant"),
            "best of run": _with_iteration("best_db", "best_iteration", ".2f"),
            "kept": _text("kept_db", ".2f"),
            "ms an iteration": _text("ms", ".0f"),
        },
        _ablation_goals,
    ),
    "seams": Part(
        "steps across the borders of tiles, against those elsewhere",
        _seam_units,
        _seams,
        {
            **NOISY,
            "tile": _text("tile"),
            "PSNR": _text("db", ".2f"),
            "at borders": _text("at_borders", ".5f"),
            "elsewhere": _text("elsewhere", ".5f"),
        },
        _seam_goals,
    ),
    "memory": Part(
        "peak memory of Quick on a processor",
        _memory_units,
        _memory,
        {
            "megapixels": _text("megapixels", "g"),
            "tile": _text("tile"),
            "peak GiB": _text("peak_gib", ".2f"),
            "GiB a megapixel": _text("gib_per_megapixel", ".2f"),
        },
        _memory_goals,
    ),
}
