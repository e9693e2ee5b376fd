"""A picture of every degradation, one beside the other, under its name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from restorer.errors import SettingsError
from restorer.training.damage import DAMAGES, RESIZE_MODES, degrade
from restorer.training.data import read_sharp
from restorer.training.jpeg import jpeg
from restorer.training.kernels import bell_kernel, blur, sinc_kernel
from restorer.training.noise import sensor_noise
from restorer.training.prints import PRINT_EFFECTS

CELL_PX = 192
CAPTION_PX = 16
GAP_PX = 4
COLUMNS = 5
SAMPLES = 7  # of each random degradation as a whole


def make_sheet(photo: Path, *, seed: int) -> Image.Image:
    """Return the middle of a photograph under each degradation.

    Args:
        photo: At least 192 px high and wide.
        seed: Another one shows other examples.

    Raises:
        PhotoReadError: It cannot be read.
        SettingsError: It is too small.
    """
    pixels = read_sharp(photo, 1)
    top, left = ((side - CELL_PX) // 2 for side in pixels.shape[:2])
    if min(top, left) < 0:
        raise SettingsError(f"{photo.name} is smaller than {CELL_PX} pixels.")
    crop = np.ascontiguousarray(pixels[top : top + CELL_PX, left : left + CELL_PX])
    sharp = torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255
    cells = list(_cells(sharp, seed))
    rows = math.ceil(len(cells) / COLUMNS)
    step_y, step_x = CELL_PX + CAPTION_PX + GAP_PX, CELL_PX + GAP_PX
    sheet = Image.new("RGB", (COLUMNS * step_x - GAP_PX, rows * step_y - GAP_PX), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (name, picture) in enumerate(cells):
        y, x = index // COLUMNS * step_y, index % COLUMNS * step_x
        shown = (picture[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        image = Image.fromarray(shown).resize((CELL_PX, CELL_PX), Image.Resampling.NEAREST)
        sheet.paste(image, (x, y + CAPTION_PX))
        draw.text((x + 2, y + 2), name, fill="black")
    return sheet


def _cells(sharp: Tensor, seed: int) -> Iterator[tuple[str, Tensor]]:
    """Yield each example's name and picture."""
    yield "photograph", sharp
    for name, picture in _fixed_examples(sharp, seed):
        yield name, picture
    for name, effect in PRINT_EFFECTS.items():
        yield f"print: {name}", effect(sharp, np.random.default_rng(seed))
    for name, damage in DAMAGES.items():
        scale = 4 if name == "photo" else 1
        for number in range(SAMPLES):
            yield (
                f"{name} x{scale}, {number}",
                degrade(sharp, damage, scale=scale, seed=(seed, number)),
            )


def _fixed_examples(sharp: Tensor, seed: int) -> Iterator[tuple[str, Tensor]]:
    kernels = {
        "round Gaussian, 2 px": bell_kernel("gaussian", sigma_px=(2, 2), angle=0),
        "elongated Gaussian, 3:1 px": bell_kernel("gaussian", sigma_px=(3, 1), angle=0.8),
        "generalised, beta 0.6": bell_kernel("generalised", sigma_px=(2, 2), angle=0, beta=0.6),
        "plateau, beta 1.5": bell_kernel("plateau", sigma_px=(2, 2), angle=0, beta=1.5),
        "sinc, cut-off pi/3": sinc_kernel(math.pi / 3, 10),
    }
    for name, kernel in kernels.items():
        yield f"blur: {name}", blur(sharp, kernel[None])
    for mode in RESIZE_MODES:
        small = torch.nn.functional.interpolate(sharp, scale_factor=0.4, mode=mode)
        yield f"resize: {mode}, 0.4", small
    yield "noise: colour, sigma 25", _noise(sharp, seed, sigma_255=25)
    yield "noise: grey, sigma 25", _noise(sharp, seed, sigma_255=25, is_gray=True)
    yield "noise: Poisson, strength 2.5", _noise(sharp, seed, photon=2.5)
    for quality in (60, 30, 10):
        yield f"JPEG, quality {quality}", jpeg(sharp, torch.tensor([quality]))


def _noise(
    x: Tensor, seed: int, *, sigma_255: float = 0, photon: float = 0, is_gray: bool = False
) -> Tensor:
    return sensor_noise(
        x, np.random.default_rng(seed),
        sigma_255=np.array([float(sigma_255)]), photon=np.array([float(photon)]),
        is_gray=np.array([is_gray]),
    )  # fmt: skip
