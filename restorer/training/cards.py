"""models/README.md, written from what the model files say about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restorer.engine.model_files import ModelCard
from restorer.training.evaluate import Result

README = "README.md"
RECIPES = "recipes.md"

HEAD = """# Models

Written by `python -m restorer.training cards` from the cards inside the files; change those, not
this page. PSNR (dB) and SSIM are on the Y channel of ITU-R BT.601 without a border as wide as the
scale, of a picture at most 50 dB, which is more than the eye sees; the small pictures are made with
MATLAB's bicubic; Set14's grey picture is scored as RGB turned to Y, which adds about 0.1 dB to the
published means. LPIPS is version 0.1 with AlexNet. Agreement (dB) says how well the result, made
small again, gives the small picture. Set5 and Set14 are for reporting only: nothing was trained on
them or chosen by them. "validation" are the 34 photographs that were kept from training, damaged by
fixed seeds as the word after it says (with "clean" three stay undamaged), and "bicubic" beside them
is the damaged picture itself where the size stays. Each line is printed by `python -m
restorer.training evaluate --hr FOLDER --model NAME`.
"""


RECIPES_HEAD = """## Every recipe, trained alike

Networks alone, without agreement, after the same short budget; not shipped. It says how the first
minutes go, not where a recipe ends: deep networks that do not begin at an enlarged picture are
behind for hours. Printed by `python -m restorer.training table`.
"""


def figures_row(result: Result) -> dict[str, float]:
    """Return a test set's means as a card keeps them."""
    figures = {
        "PSNR": (result.model.psnr, 2),
        "SSIM": (result.model.ssim, 4),
        "LPIPS": (result.model.lpips, 3),
        "agreement": (result.agreement_db, 1),
        "bicubic PSNR": (result.bicubic.psnr, 2),
        "bicubic SSIM": (result.bicubic.ssim, 4),
        "bicubic LPIPS": (result.bicubic.lpips, 3),
    }
    return {
        name: round(value, digits) for name, (value, digits) in figures.items() if value is not None
    }


def read_recipes(folder: Path) -> str:
    """Return the table of all recipes that `table --record` left, empty if there is none."""
    path = folder / RECIPES
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def describe(cards: Sequence[ModelCard], recipes: str = "") -> str:
    """Return the page for these models, Markdown.

    Args:
        cards: Of the models.
        recipes: A table of all recipes, for the end of the page; empty for none.
    """
    page = HEAD + "".join(_section(card) for card in cards)
    return f"{page}\n{RECIPES_HEAD}\n{recipes}" if recipes else page


def _section(card: ModelCard) -> str:
    facts = [
        ("file", f"`{card.path.name}`, {card.path.stat().st_size / 1e6:.1f} MB"),
        ("network", f"`{card.network}` {dict(card.network_args)}"),
        ("scale, halo", f"x{card.scale}, {card.halo_px} px"),
        *([("trained for", card.degradation)] if card.degradation else []),
        ("licence", card.license),
        *([("pair", f"the {card.role} one, with `{card.pair}`")] if card.pair else []),
        ("training", card.training),
        ("SHA-256 of the tensors", f"`{card.sha256}`"),
    ]
    lines = [f"\n## {card.name}: {card.title}\n", card.description, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts]
    if card.figures:
        columns = list(dict.fromkeys(name for row in card.figures.values() for name in row))
        lines += ["", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [
            f"| {name} | " + " | ".join(f"{row[c]:g}" if c in row else "" for c in columns) + " |"
            for name, row in card.figures.items()
        ]
    sheet = card.path.with_suffix(".jpg")
    if sheet.is_file():
        lines += ["", f"![Before and after]({sheet.name})"]
    return "\n".join(lines) + "\n"
