"""Deep Image Prior: the official settings against ours, on the same noisy pictures.

    python -m benchmarks.dip DATA [--images F16 Peppers] [--sigma 25] [--crop 256] [-o table.md]

DATA holds the nine colour pictures of the CBM3D page. All runs of a picture take turns, ten
iterations each, so that whatever else the machine does slows all of them alike. The official
network is our own re-writing of it (networks/skip_net.paper_net), fitted to all pixels as the
official code does; times leave out the measuring.

The columns of the table: PSNR of the official average after --reference iterations; seconds and
iterations to that less 0.2 dB, official and ours; then of our run: best average, the one the rule
keeps (gap), the one ES-WMV keeps (gap), and the result, with its share of the original.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from restorer.engine.device import Device, choose_device
from restorer.engine.noise import measure_noise
from restorer.engine.prior import CHECK_EVERY, Picture, PriorRun, choose_precision
from restorer.engine.recipes import DENOISE, Recipe
from restorer.engine.stop_rule import Check, StopRule, blend_weight

CSET9 = ("Baboon", "F16", "House", "Lena", "Peppers", "kodim01", "kodim02", "kodim03", "kodim12")
MARGIN_DB = 0.2
WMV_WINDOW, WMV_PATIENCE = 100, 1000  # of the authors' code


@dataclass
class Point:
    """A moment of a run: iteration, seconds so far, PSNR of the average."""

    iteration: int
    seconds: float
    psnr: float


class MovingVariance:
    """ES-WMV: keeps the iteration where the outputs of the last 100 differ least.

    Wang et al., "Early Stopping for Deep Image Prior", 2023, arXiv:2112.06074. Stops when there
    was no new minimum for 1000 iterations.
    """

    def __init__(self) -> None:
        self.best = (np.inf, 0)
        self._last: deque[Picture] = deque(maxlen=WMV_WINDOW)

    def add(self, iteration: int, drawn: Picture) -> None:
        """Take in the output of an iteration."""
        self._last.append(drawn)
        has_stopped = 0 < self.best[1] < iteration - WMV_PATIENCE
        # Every tenth will do: over 100 outputs the variance changes slowly.
        if has_stopped or len(self._last) < WMV_WINDOW or iteration % CHECK_EVERY:
            return
        variance = float(np.var(np.stack(self._last), axis=0).mean())
        self.best = min(self.best, (variance, iteration))


@dataclass
class Trial:
    """One run on one picture and what was seen on its way."""

    run: PriorRun
    clean: Picture
    noisy: Picture
    rule: StopRule = field(default_factory=StopRule)
    wmv: MovingVariance | None = None
    points: list[Point] = field(default_factory=list)
    seconds: float = 0.0
    rule_ended: int = 0
    kept: tuple[Check, Picture] | None = None

    def advance(self) -> None:
        """Do ten iterations and look."""
        for _ in range(CHECK_EVERY):
            begin = time.perf_counter()
            self.run.step()
            if self.run.iteration % CHECK_EVERY == 0:
                check = self.run.check()  # waits for the device
            self.seconds += time.perf_counter() - begin
            if self.wmv is not None:
                self.wmv.add(self.run.iteration, self.run.drawn())
        average = self.run.average()
        self.points.append(Point(self.run.iteration, self.seconds, psnr(average, self.clean)))
        if check is None or self.rule_ended:
            return
        if self.rule.is_best(check):
            self.kept = (check, average)
        if self.rule.is_over(check):
            self.rule_ended = self.run.iteration

    def reached(self, db: float) -> Point | None:
        """Return the first moment with this PSNR."""
        return next((point for point in self.points if point.psnr >= db), None)

    def at(self, iteration: int) -> float:
        """Return the PSNR of the average nearest to an iteration."""
        return min(self.points, key=lambda point: abs(point.iteration - iteration)).psnr


def psnr(picture: Picture, clean: Picture) -> float:
    """Return the peak signal to noise ratio of a picture, dB; both 0..1."""
    return float(-10 * np.log10(np.mean((np.clip(picture, 0, 1) - clean) ** 2)))


def load(path: Path, crop: int) -> Picture:
    """Return a picture, 0..1; its middle if crop is not 0."""
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    if crop:
        top, left = (max(0, (side - crop) // 2) for side in pixels.shape[:2])
        pixels = pixels[top : top + crop, left : left + crop]
    return np.ascontiguousarray(pixels)


def make_noisy(clean: Picture, sigma_255: float, seed: int) -> Picture:
    """Return a picture with white noise, clipped and rounded to 8 bits."""
    noise = np.random.default_rng(seed).normal(0, sigma_255 / 255, clean.shape)
    return (np.rint(np.clip(clean + noise, 0, 1) * 255) / 255).astype(np.float32)


def trial(clean: Picture, noisy: Picture, recipe: Recipe, device: Device, seed: int) -> Trial:
    """Begin a run."""
    known = np.ones(noisy.shape[:2], np.bool_)
    precision = choose_precision(noisy, recipe, device=device, wanted="auto")
    run = PriorRun(noisy, known, recipe, seed=seed, device=device, precision=precision)
    return Trial(run, clean, noisy)


def compare(clean: Picture, noisy: Picture, options: argparse.Namespace) -> list[str]:
    """Run official and ours in turns; return the cells of the picture's row."""
    device = choose_device(options.device)
    ours = trial(clean, noisy, DENOISE[options.effort], device, options.seed)
    ours.wmv = MovingVariance()
    trials = [ours]
    if options.reference:
        trials.append(
            trial(clean, noisy, replace(DENOISE["best"], hold_out=0.0), device, options.seed)
        )
    limits = [options.iterations, options.reference]
    while any(item.run.iteration < limit for item, limit in zip(trials, limits, strict=False)):
        for item, limit in zip(trials, limits, strict=False):
            if item.run.iteration < limit:
                item.advance()
    cells = [f"{psnr(noisy, clean):.2f}"]
    if options.reference:
        goal = trials[1].at(options.reference) - MARGIN_DB
        theirs, mine = trials[1].reached(goal), ours.reached(goal)
        cells += [f"{goal + MARGIN_DB:.2f}", *(_moment(point) for point in (theirs, mine))]
        cells.append(f"{theirs.seconds / mine.seconds:.1f}" if theirs and mine else "-")
    best = max(ours.points, key=lambda point: point.psnr)
    assert ours.kept is not None
    check, average = ours.kept
    share = np.float32(blend_weight(check, measure_noise(noisy).sigma ** 2))
    kept, wmv = psnr(average, clean), ours.at(ours.wmv.best[1])
    cells += [
        f"{best.psnr:.2f} @{best.iteration}",
        f"{kept:.2f} @{check.iteration} ({best.psnr - kept:.2f})",
        f"{ours.rule_ended or 'no'}",
        f"{wmv:.2f} @{ours.wmv.best[1]} ({best.psnr - wmv:.2f})",
        f"{psnr(average + share * (noisy - average), clean):.2f}",
    ]
    return cells


def _moment(point: Point | None) -> str:
    return f"{point.seconds:.0f} s @{point.iteration}" if point else "not reached"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(words: list[str]) -> None:
    """Measure, and print the table row by row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--images", nargs="+", default=CSET9)
    parser.add_argument("--sigma", type=float, nargs="+", default=[25.0])
    parser.add_argument("--crop", type=int, default=256, help="0 takes the whole picture")
    parser.add_argument("--effort", choices=("quick", "best"), default="quick")
    parser.add_argument("--iterations", type=int, default=2000, help="of our run")
    parser.add_argument("--reference", type=int, default=1000, help="official ones, 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("-o", "--output", type=Path, help="the table is written there, too")
    options = parser.parse_args(words)
    import torch

    device = choose_device(options.device)
    lines = [
        f"{datetime.date.today()}, {device.title} ({platform.machine()}), torch "
        f"{torch.__version__}, {torch.get_num_threads()} threads; crop {options.crop}, "
        f"effort {options.effort}, seed {options.seed}",
        "",
    ]
    heads = ["picture", "sigma", "noisy"]
    if options.reference:
        heads += [f"official @{options.reference}", "official to -0.2", "ours to -0.2", "times"]
    heads += ["best of run", "kept (gap)", "ended", "ES-WMV (gap)", "result"]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    _say("\n".join(lines))
    for name in options.images:
        for sigma in options.sigma:
            clean = load(options.data / f"{name}.png", options.crop)
            noisy = make_noisy(clean, sigma, options.seed)
            cells = compare(clean, noisy, options)
            lines.append("| " + " | ".join([name, f"{sigma:g}", *cells]) + " |")
            _say(lines[-1])
            if options.output is not None:
                options.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
