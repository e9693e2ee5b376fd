"""The evaluation as tables on standard output, and its means in the models' cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restorer.engine.detail import find_pair
from restorer.engine.device import Compute
from restorer.engine.model_files import find_model, save_card
from restorer.errors import SettingsError
from restorer.training.cards import figures_row
from restorer.training.evaluate import Result, Score, evaluate, mean
from restorer.training.lpips import load_lpips

COLUMNS = ("PSNR", "SSIM", "LPIPS")
HEADINGS = "".join(f"{name:>8}" for name in (*COLUMNS, "agree")) + "   bicubic:"
HEADINGS += "".join(f"{name:>8}" for name in COLUMNS)


def report(
    folder: Path,
    model: str,
    compute: Compute,
    *,
    details: Sequence[float],
    agree: bool,
    lpips: Path | None,
    record: bool,
    degradation: str = "bicubic",
    held_out: bool = False,
) -> None:
    """Print a table for each detail.

    Args:
        folder: Sharp pictures.
        model: Name or path.
        compute: Where and how to run it.
        details: Settings of the dial; empty for the program's default.
        agree: Seek agreement with the original.
        lpips: Weights; None measures no LPIPS.
        record: Write the means into the card; with details, into both cards of the pair.
        degradation: What is done to the pictures, as for data.make_small.
        held_out: Only the photographs that are kept for validation.

    Raises:
        RestorerError: The model or a picture cannot be used, or the model has no partner.
    """
    card = find_model(model)
    pair = find_pair(card)
    if details and pair is None:
        raise SettingsError(f"The model {card.name} has no partner: --detail is not possible.")
    network = load_lpips(lpips) if lpips else None
    figures: dict[str, dict[str, float]] = {}
    for detail in details or (None,):
        params = {"agree": agree} | ({} if detail is None else {"detail": detail})
        name = "validation" if held_out else folder.name
        name = name if degradation == "bicubic" else f"{name}, {degradation}"
        name = name if detail is None else f"{name}, detail {detail:g}"
        print(f"{name:20}{HEADINGS}")
        results = []
        found = evaluate(
            folder, card, compute, params=params, lpips=network, degradation=degradation,
            held_out=held_out,
        )  # fmt: skip
        for result in found:
            results.append(result)
            print(_row(result))
        print(_row(mean(results)), end="\n\n")
        figures[name] = figures_row(mean(results))
    if record:
        for member in (pair.faithful, pair.srgan) if pair and details else (card,):
            save_card(replace(member, figures={**member.figures, **figures}))


def _row(result: Result) -> str:
    def number(value: float | None, decimals: int) -> str:
        return f"{'-':>8}" if value is None else f"{value:8.{decimals}f}"

    def numbers(score: Score) -> str:
        return number(score.psnr, 2) + number(score.ssim, 4) + number(score.lpips, 4)

    agreement = number(result.agreement_db, 1)
    return f"{result.name:20}{numbers(result.model)}{agreement}{'':11}{numbers(result.bicubic)}"
