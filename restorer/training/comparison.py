"""One table of several models: size, time, and how near they come to the sharp pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from restorer.engine.detail import MOST_DETAIL, SRGAN
from restorer.engine.device import Compute, choose_device, choose_precision
from restorer.engine.inference import Inference
from restorer.engine.jobs import RunContext
from restorer.engine.model_files import ModelCard, find_model, load_network
from restorer.training.evaluate import Score, evaluate, mean
from restorer.training.lpips import load_lpips

PROBE_SHAPE = (192, 256, 3)  # enlarged four times, 0.8 megapixels


def compare(
    models: Sequence[str], folders: Sequence[Path], compute: Compute, *, lpips: Path | None
) -> str:
    """Return a Markdown table with a row for bicubic and one for each model.

    Each network is run alone: without agreement, and one of a pair at its own end of the dial.

    Args:
        models: Names or paths of model files that enlarge alike.
        folders: Of sharp pictures.
        compute: Where and how to run them.
        lpips: Weights; None measures no LPIPS.

    Raises:
        RestorerError: A model or a picture cannot be used.
    """
    network = load_lpips(lpips) if lpips else None
    heads = ["model", "network", "trained", "parameters", "s / megapixel"]
    heads += [f"{folder.name} {name}" for folder in folders for name in ("PSNR", "SSIM", "LPIPS")]
    rows = []
    bicubic: list[Score] = []
    for card in map(find_model, models):
        params = {"agree": False, "detail": MOST_DETAIL if card.role == SRGAN else 0.0}
        means = [
            mean(list(evaluate(folder, card, compute, params=params, lpips=network)))
            for folder in folders
        ]
        bicubic = [found.bicubic for found in means]
        seconds = seconds_per_megapixel(card, compute)
        rows.append(
            [card.name, f"`{card.network}`", card.training, f"{_parameters(card):,}",
             f"{seconds:.2f}", *_numbers([found.model for found in means])]
        )  # fmt: skip
    rows.insert(0, ["bicubic", "", "", "", "", *_numbers(bicubic)])
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def seconds_per_megapixel(card: ModelCard, compute: Compute) -> float:
    """Return how long a network takes for a megapixel of its result, the quicker of two runs."""
    device = choose_device(compute.device)
    inference = Inference(card, device, choose_precision(device, compute.precision))
    window = np.random.default_rng(0).integers(0, 256, PROBE_SHAPE, dtype=np.uint8)
    inference.restore(window[:64, :64], RunContext.quiet())
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        large = inference.restore(window, RunContext.quiet())
        times.append(time.perf_counter() - begin)
    megapixels: float = large.shape[0] * large.shape[1] / 1e6
    return min(times) / megapixels


def _parameters(card: ModelCard) -> int:
    return sum(parameter.numel() for parameter in load_network(card).parameters())


def _numbers(scores: Sequence[Score]) -> list[str]:
    return [
        text
        for score in scores
        for text in (
            f"{score.psnr:.2f}",
            f"{score.ssim:.4f}",
            "" if score.lpips is None else f"{score.lpips:.3f}",
        )
    ]
