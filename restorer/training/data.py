"""Photographs to train on, held in memory, and the crops drawn from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from tqdm import tqdm

from restorer.errors import PhotoReadError, SettingsError
from restorer.training.damage import Damage, degrade, find_damage, with_kept
from restorer.training.degrade import shrink_bicubic, shrink_opencv

SUFFIXES = {".jpg", ".jpeg", ".png"}
# One small picture for each photograph; every other degradation is random and made anew each time.
SHRINKS = {"bicubic": shrink_bicubic, "opencv": shrink_opencv}
MARGIN_PX = 8  # around a damaged crop, small pixels: JPEG's blocks begin anywhere in what is seen
FIXED_SEED = 5


@dataclass(frozen=True, eq=False)
class Pair:
    """A sharp photograph and the small one made from it.

    Attributes:
        sharp: (3, scale*H, scale*W) uint8.
        small: (3, H, W) uint8; None where each crop is damaged anew.
    """

    sharp: Tensor
    small: Tensor | None


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
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
    ) as error:  # what Pillow raises, SyntaxError for a broken PNG chunk  # fmt: skip
        raise PhotoReadError(path, f"cannot be read: {error}") from error
    return pixels[: pixels.shape[0] // scale * scale, : pixels.shape[1] // scale * scale]


def make_small(
    pixels: NDArray[np.uint8], scale: int, *, degradation: str, seed: int = 0
) -> NDArray[np.uint8]:
    """Return what a network gets to see of a sharp picture, (H / scale, W / scale, 3).

    Args:
        pixels: (H, W, 3), both sides multiples of scale.
        scale: Sharp pixels per small pixel along each side.
        degradation: "bicubic", "opencv", or a name for damage.find_damage.
        seed: Number of the picture: a random degradation is the same whenever it is asked for.

    Raises:
        SettingsError: There is no such degradation.
    """
    if degradation in SHRINKS:
        return SHRINKS[degradation](pixels, scale)
    sharp = _chw(pixels)[None].float() / 255
    damaged = degrade(sharp, find_damage(degradation), scale=scale, seed=(FIXED_SEED, seed))
    small: NDArray[np.uint8] = (damaged[0] * 255).round().byte().permute(1, 2, 0).numpy()
    return small


def load_pairs(
    photos: Sequence[Path],
    scale: int,
    *,
    degradation: str = "bicubic",
    center_px: int | None = None,
) -> list[Pair]:
    """Read photographs and make the small side of each.

    Args:
        photos: Files to read.
        scale: Sharp pixels per small pixel along each side.
        degradation: As for make_small; empty makes no small side.
        center_px: Keep only a centre square of this side, sharp pixels, or of the next multiple
            of scale below; None keeps all.

    Raises:
        PhotoReadError: A file cannot be read.
        SettingsError: There is no such degradation.
    """

    def load(number: int, path: Path) -> Pair:
        pixels = read_sharp(path, scale)
        if center_px is not None:
            side = center_px // scale * scale
            top = max(0, (pixels.shape[0] - side) // 2)
            left = max(0, (pixels.shape[1] - side) // 2)
            pixels = pixels[top : top + side, left : left + side]
        if not degradation:
            return Pair(_chw(pixels), None)
        return Pair(
            _chw(pixels), _chw(make_small(pixels, scale, degradation=degradation, seed=number))
        )

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        pairs = threads.map(load, range(len(photos)), photos)
        return list(tqdm(pairs, desc="Reading photographs", total=len(photos), leave=False))


class Pool:
    """Photographs in one piece of a device's memory, and the crops drawn from them.

    Pixels lie row by row, picture after picture, so one lookup makes a whole batch on the device.

    Args:
        pairs: Pictures, each at least crop_px on the small side, with damage 16 px more.
        scale: Sharp pixels per small pixel along each side.
        device: Where crops are made; 299 megapixels take 0.95 GB there.
        damage: Done to each crop anew, on the device; None takes the pairs' small side.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        scale: int,
        device: torch.device,
        *,
        damage: Damage | None = None,
    ) -> None:
        self.scale = scale
        self._damage = damage
        self._sizes = np.array([pair.sharp.shape[1:] for pair in pairs], dtype=np.int64) // scale
        areas = self._sizes.prod(axis=1)
        self._begins = np.concatenate(([0], areas.cumsum()[:-1]))
        self._chances = areas / areas.sum()
        if damage is None:
            small = [_pixels(pair.small) for pair in pairs if pair.small is not None]
            self._small = torch.cat(small).to(device)
        self._sharp = torch.cat([_pixels(pair.sharp) for pair in pairs]).to(device)
        self._device = device

    def draw(
        self, *, batch_size: int, crop_px: int, seed: int, step: int, worker: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return random crops, turned and mirrored. Everything follows from the arguments.

        A picture is drawn with a chance in proportion to its area, so every place is as likely as
        any other.

        Args:
            batch_size: N.
            crop_px: Side of a small crop.
            seed: Of the run.
            step: Number of the step.
            worker: Which of several processes draws.

        Returns:
            small (N, 3, crop_px, crop_px) and sharp (N, 3, scale*crop_px, scale*crop_px), 0..1,
            in the channels_last memory format.
        """
        rng = np.random.default_rng((seed, step, worker))
        if self._damage is None:
            plan = self._plan(rng, batch_size, crop_px)
            return (
                _lookup(self._small, plan, crop_px, factor=1),
                _lookup(self._sharp, plan, crop_px * self.scale, factor=self.scale),
            )
        top, left = rng.integers(2 * MARGIN_PX + 1, size=2)
        side = crop_px + 2 * MARGIN_PX
        plan = self._plan(rng, batch_size, side)
        sharp = _lookup(self._sharp, plan, side * self.scale, factor=self.scale)
        sharp = with_kept(sharp, self._damage, seed=(seed, step, worker, 2))
        small = degrade(sharp, self._damage, scale=self.scale, seed=(seed, step, worker, 1))
        return (
            _cut(small, top, left, crop_px),
            _cut(sharp, top * self.scale, left * self.scale, crop_px * self.scale),
        )

    def _plan(self, rng: np.random.Generator, batch_size: int, crop_px: int) -> Tensor:
        """Return (7, N): begin, width, top, left and three flips of each crop, small pixels."""
        pictures = rng.choice(len(self._sizes), size=batch_size, p=self._chances)
        heights, widths = self._sizes[pictures].T
        tops = (rng.random(batch_size) * (heights - crop_px + 1)).astype(np.int64)
        lefts = (rng.random(batch_size) * (widths - crop_px + 1)).astype(np.int64)
        flips = rng.integers(2, size=(3, batch_size))  # up-down, left-right, transposed: 8 ways
        plan = torch.from_numpy(np.stack([self._begins[pictures], widths, tops, lefts, *flips]))
        if self._device.type == "cuda":
            return plan.pin_memory().to(self._device, non_blocking=True)
        return plan.to(self._device)


def _cut(x: Tensor, top: int, left: int, side: int) -> Tensor:
    cut = x[:, :, top : top + side, left : left + side]
    return cut.contiguous(memory_format=torch.channels_last)


def _lookup(pixels: Tensor, plan: Tensor, side: int, *, factor: int) -> Tensor:
    """Return (N, 3, side, side), 0..1, of (P, 3) pixels; plan is (7, N), in small pixels."""
    begin, width, top, left, up_down, left_right, transposed = plan[:, :, None, None]
    along = torch.arange(side, device=pixels.device)
    row, column = along[None, :, None], along[None, None, :]
    row = torch.where(up_down == 1, side - 1 - row, row)  # (N, side, 1)
    column = torch.where(left_right == 1, side - 1 - column, column)  # (N, 1, side)
    turned = transposed == 1
    y = torch.where(turned, column, row) + top * factor  # (N, side, side)
    x = torch.where(turned, row, column) + left * factor
    index = begin * factor**2 + y * (width * factor) + x
    return pixels[index].permute(0, 3, 1, 2).float() / 255


def _pixels(picture: Tensor) -> Tensor:
    return picture.permute(1, 2, 0).reshape(-1, 3)


def _chw(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
