"""models/README.md, written from what the model files say about themselves."""

from __future__ import annotations

from collections.abc import Sequence

from restorer.engine.model_files import ModelCard
from restorer.training.evaluate import Score

README = "README.md"

HEAD = """# Models

Written by `python -m restorer.training cards` from the cards inside the files; change those, not
this page. PSNR (dB) and SSIM are on the Y channel of ITU-R BT.601 without a border as wide as the
scale; the small pictures are made with MATLAB's bicubic; Set14's grey picture is scored as RGB
turned to Y, which adds about 0.1 dB to the published means. Set5 and Set14 are for reporting only:
nothing was trained on them or chosen by them. Each line is printed by
`python -m restorer.training evaluate --hr FOLDER --model NAME`.
"""


def figures_row(model: Score, bicubic: Score) -> dict[str, float]:
    """Return a test set's means as a card keeps them."""
    return {
        "PSNR": round(model.psnr, 2),
        "SSIM": round(model.ssim, 4),
        "bicubic PSNR": round(bicubic.psnr, 2),
        "bicubic SSIM": round(bicubic.ssim, 4),
    }


def describe(cards: Sequence[ModelCard]) -> str:
    """Return the page for these models, Markdown."""
    return HEAD + "".join(_section(card) for card in cards)


def _section(card: ModelCard) -> str:
    facts = [
        ("file", f"`{card.path.name}`, {card.path.stat().st_size / 1e6:.1f} MB"),
        ("network", f"`{card.network}` {dict(card.network_args)}"),
        ("scale, halo", f"x{card.scale}, {card.halo_px} px"),
        ("licence", card.license),
        ("training", card.training),
        ("SHA-256 of the tensors", f"`{card.sha256}`"),
    ]
    lines = [f"\n## {card.name}: {card.title}\n", card.description, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts]
    if card.figures:
        columns = list(next(iter(card.figures.values())))
        lines += ["", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [
            f"| {name} | " + " | ".join(f"{row[column]:g}" for column in columns) + " |"
            for name, row in card.figures.items()
        ]
    return "\n".join(lines) + "\n"
