"""Photographs to train on, held in memory, and the crops drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from tqdm import tqdm

from restorer.errors import PhotoReadError, SettingsError
from restorer.training.degrade import shrink_bicubic

SUFFIXES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, eq=False)
class Pair:
    """A sharp photograph and the small one made from it.

    Attributes:
        sharp: (3, scale*H, scale*W) uint8.
        small: (3, H, W) uint8.
    """

    sharp: Tensor
    small: Tensor


def list_photos(folder: Path) -> list[Path]:
    """Return the folder's photographs, sorted by name.

    Raises:
        SettingsError: There is no such folder, or no photograph in it.
    """
    if not folder.is_dir():
        raise SettingsError(f"There is no folder {folder}.")
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not photos:
        raise SettingsError(f"There is no photograph ({', '.join(sorted(SUFFIXES))}) in {folder}.")
    return photos


def split_photos(photos: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the photographs to train on and those to validate with (a fixed tenth)."""
    held_out = [
        (int(path.stem) if path.stem.isdecimal() else place) % 10 == 0
        for place, path in enumerate(photos)
    ]
    return (
        [path for path, held in zip(photos, held_out, strict=True) if not held],
        [path for path, held in zip(photos, held_out, strict=True) if held],
    )


def read_sharp(path: Path, scale: int) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) RGB, cut to multiples of scale.

    Raises:
        PhotoReadError: It cannot be read.
    """
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise PhotoReadError(path, f"cannot be read: {error}") from error
    return pixels[: pixels.shape[0] // scale * scale, : pixels.shape[1] // scale * scale]


def load_pairs(photos: Sequence[Path], scale: int, *, center_px: int | None = None) -> list[Pair]:
    """Read photographs and make the small side of each.

    Args:
        photos: Files to read.
        scale: Sharp pixels per small pixel along each side.
        center_px: Keep only a centre square of this side, sharp pixels; None keeps all.

    Raises:
        PhotoReadError: A file cannot be read.
    """
    pairs = []
    for path in tqdm(photos, desc="Reading photographs", leave=False):
        pixels = read_sharp(path, scale)
        if center_px is not None:
            top = max(0, (pixels.shape[0] - center_px) // 2)
            left = max(0, (pixels.shape[1] - center_px) // 2)
            pixels = pixels[top : top + center_px, left : left + center_px]
        pairs.append(Pair(_chw(pixels), _chw(shrink_bicubic(pixels, scale))))
    return pairs


def draw_batch(
    pairs: Sequence[Pair], *, batch_size: int, crop_px: int, seed: int, step: int
) -> tuple[Tensor, Tensor]:
    """Return random crops, turned and mirrored. Everything follows from seed and step.

    A picture is drawn with a chance in proportion to its area, so every place is as likely as any
    other.

    Args:
        pairs: Pictures, each at least crop_px on the small side.
        batch_size: N.
        crop_px: Side of a small crop.
        seed: Of the run.
        step: Number of the step.

    Returns:
        small (N, 3, crop_px, crop_px) and sharp (N, 3, scale*crop_px, scale*crop_px), 0..1.
    """
    rng = np.random.default_rng((seed, step))
    areas = np.array([pair.small[0].numel() for pair in pairs], dtype=np.float64)
    small, sharp = [], []
    for index in rng.choice(len(pairs), size=batch_size, p=areas / areas.sum()):
        pair = pairs[index]
        scale = pair.sharp.shape[1] // pair.small.shape[1]
        top = int(rng.integers(pair.small.shape[1] - crop_px + 1))
        left = int(rng.integers(pair.small.shape[2] - crop_px + 1))
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        small.append(_crop(pair.small, top, left, crop_px, turns=turns, mirrored=mirrored))
        sharp.append(
            _crop(pair.sharp, top * scale, left * scale, crop_px * scale,
                  turns=turns, mirrored=mirrored)
        )  # fmt: skip
    return torch.stack(small).float() / 255, torch.stack(sharp).float() / 255


def _crop(picture: Tensor, top: int, left: int, side: int, *, turns: int, mirrored: bool) -> Tensor:
    crop = picture[:, top : top + side, left : left + side]
    return torch.rot90(crop.flip(2) if mirrored else crop, turns, (1, 2))


def _chw(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
