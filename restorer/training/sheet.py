"""Crops before and after, side by side as one picture, and what became of the colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.errors import SettingsError
from restorer.modes.upscale import Upscale
from restorer.training.data import read_sharp
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic

CAPTION_PX = 18
GAP_PX = 4


@dataclass(frozen=True)
class Place:
    """Where a photograph is shown.

    Attributes:
        path: The sharp photograph.
        x: Left edge of the crop, pixels.
        y: Upper edge of the crop, pixels.
    """

    path: Path
    x: int
    y: int


@dataclass(frozen=True)
class Colours:
    """What a model did to the colours of a photograph.

    Attributes:
        name: Of the photograph, and the setting of the dial.
        a_shift: Mean a* of the result less that of the small picture, CIE L*a*b*.
        b_shift: The same for b*.
        grey_spread: Largest difference between two channels of a result, 0..255, when the
            photograph is made grey first.
    """

    name: str
    a_shift: float
    b_shift: float
    grey_spread: int


def make_sheet(
    places: Sequence[Place],
    card: ModelCard,
    compute: Compute,
    details: Sequence[float],
    *,
    side_px: int = 192,
) -> tuple[Image.Image, list[Colours]]:
    """Restore photographs made small; show a crop of each beside bicubic and the photograph.

    Args:
        places: A row of the sheet each.
        card: The model.
        compute: Where and how to run it.
        details: Settings of the dial, a column each; empty for the program's default.
        side_px: Side of the crops, at the size of the photograph.

    Raises:
        SettingsError: A crop is not inside its photograph.
        PhotoReadError: A photograph cannot be read.
    """
    rows, colours = [], []
    settings: list[tuple[dict[str, object], str]]
    settings = [({"detail": detail}, f"detail {detail:g}") for detail in details]
    settings = settings or [({}, "restored")]
    for place in places:
        sharp = read_sharp(place.path, card.scale)
        if not (0 <= place.x <= sharp.shape[1] - side_px
                and 0 <= place.y <= sharp.shape[0] - side_px):  # fmt: skip
            raise SettingsError(
                f"A crop of {side_px} pixels at {place.x},{place.y} is not inside "
                f"{place.path.name}, which has {sharp.shape[1]} x {sharp.shape[0]} pixels."
            )
        small = shrink_bicubic(sharp, card.scale)
        results = [_restore(small, card, compute, params) for params, _ in settings]
        grey = small[:, :, 1:2].repeat(3, axis=2)
        for (params, caption), result in zip(settings, results, strict=True):
            shift = _mean_lab(result) - _mean_lab(small)
            spread = int(np.ptp(_restore(grey, card, compute, params), axis=2).max())
            name = f"{place.path.stem}, {caption}"
            colours.append(Colours(name, float(shift[1]), float(shift[2]), spread))
        crop = np.s_[place.y : place.y + side_px, place.x : place.x + side_px]
        rows.append([picture[crop] for picture in (enlarge_bicubic(small, card.scale), *results,
                                                   sharp)])  # fmt: skip
    captions = ["bicubic", *(caption for _, caption in settings), "photograph"]
    return _join(rows, captions, side_px), colours


def _restore(
    small: NDArray[np.uint8], card: ModelCard, compute: Compute, params: Mapping[str, object]
) -> NDArray[np.uint8]:
    params = {**params, "scale": card.scale}
    step = Step(mode=Upscale(), params=params, card=card, compute=compute)
    return step.mode.restore(Photo(small), step, RunContext.quiet()).photo.pixels.astype(np.uint8)


def _mean_lab(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    means: NDArray[np.float64] = lab.mean(axis=(0, 1), dtype=np.float64)
    return means


def _join(
    rows: Sequence[Sequence[NDArray[np.uint8]]], captions: Sequence[str], side_px: int
) -> Image.Image:
    pitch = side_px + GAP_PX
    sheet = Image.new(
        "RGB", (pitch * len(captions) - GAP_PX, CAPTION_PX + pitch * len(rows) - GAP_PX), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for column, caption in enumerate(captions):
        draw.text((column * pitch + 2, 3), caption, fill="black")
        for row, pictures in enumerate(rows):
            place = (column * pitch, CAPTION_PX + row * pitch)
            sheet.paste(Image.fromarray(pictures[column]), place)
    return sheet
