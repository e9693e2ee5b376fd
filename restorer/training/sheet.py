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
from restorer.modes.clean import Clean
from restorer.modes.upscale import Upscale
from restorer.training.data import make_small, read_sharp
from restorer.training.degrade import enlarge_bicubic

CAPTION_PX = 18
GAP_PX = 4


@dataclass(frozen=True)
class Place:
    """Where a photograph is shown.

    Attributes:
        path: The photograph.
        x: Left edge of the crop, pixels of the result.
        y: Upper edge of the crop, pixels of the result.
    """

    path: Path
    x: int
    y: int


@dataclass(frozen=True)
class Colours:
    """What a model did to the colours of a photograph.

    Attributes:
        name: Of the photograph, and the setting of the dial.
        a_shift: Mean a* of the result less that of the picture before, CIE L*a*b*.
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
    degradation: str = "bicubic",
    side_px: int = 192,
) -> tuple[Image.Image, list[Colours]]:
    """Restore photographs; show a crop of each before, enlarged by bicubic, and after.

    Args:
        places: A row of the sheet each; crops are placed in the size of the result.
        card: The model.
        compute: Where and how to run it.
        details: Settings of the dial, a column each; empty for the program's default.
        degradation: What is done to the photographs first, as for data.make_small; they are shown
            in a last column then. "" leaves them as they are, which is for damaged ones.
        side_px: Side of the crops.

    Raises:
        SettingsError: A crop is not inside its picture, or there is no such degradation.
        PhotoReadError: A photograph cannot be read.
    """
    rows, colours = [], []
    settings: list[tuple[dict[str, object], str]]
    settings = [({"detail": detail}, f"detail {detail:g}") for detail in details]
    settings = settings or [({}, "restored")]
    for number, place in enumerate(places):
        before = photo = read_sharp(place.path, card.scale if degradation else 1)
        if degradation:
            before = make_small(photo, card.scale, degradation=degradation, seed=number)
        height, width = (card.scale * side for side in before.shape[:2])
        if not (0 <= place.x <= width - side_px and 0 <= place.y <= height - side_px):
            raise SettingsError(
                f"A crop of {side_px} pixels at {place.x},{place.y} is not inside "
                f"{place.path.name}, which has {width} x {height} pixels."
            )
        results = [_restore(before, card, compute, params) for params, _ in settings]
        grey = before[:, :, 1:2].repeat(3, axis=2)
        for (params, caption), result in zip(settings, results, strict=True):
            shift = _mean_lab(result) - _mean_lab(before)
            spread = int(np.ptp(_restore(grey, card, compute, params), axis=2).max())
            name = f"{place.path.stem}, {caption}"
            colours.append(Colours(name, float(shift[1]), float(shift[2]), spread))
        crop = np.s_[place.y : place.y + side_px, place.x : place.x + side_px]
        row = [enlarge_bicubic(before, card.scale), *results]
        rows.append([picture[crop] for picture in ([*row, photo] if degradation else row)])
    captions = ["bicubic" if card.scale > 1 else "before", *(caption for _, caption in settings)]
    if degradation:
        captions.append("photograph")
    return _join(rows, captions, side_px), colours


def _restore(
    small: NDArray[np.uint8], card: ModelCard, compute: Compute, params: Mapping[str, object]
) -> NDArray[np.uint8]:
    step = Step(
        mode=Clean() if card.scale == 1 else Upscale(),
        params={**params, "scale": card.scale},
        card=card,
        compute=compute,
    )
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
