"""How often the proposal of a model is right: python -m benchmarks.proposals PHOTOS.

200 cases from the validation photographs of a folder, made two or four times smaller: 40 left
alone, 40 each with JPEG (quality 20 to 80), white noise (sigma 4 to 30), grain and blur (1 to 3
px). Right is a model for damaged photographs for all but the first 40.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restorer.engine.condition import measure_condition
from restorer.training.data import list_photos, read_sharp, split_photos
from restorer.training.degrade import shrink_bicubic
from restorer.training.jpeg import jpeg
from restorer.training.kernels import bell_kernel, blur
from restorer.training.noise import white_noise
from restorer.training.prints import film_grain

CASES = 40  # of each kind


def damaged(kind: str, x: Tensor, rng: np.random.Generator) -> Tensor:
    """Return (1, 3, H, W), 0..1, after one kind of damage."""
    if kind == "JPEG":
        return jpeg(x, torch.tensor([int(rng.integers(20, 81))]))
    if kind == "noise":
        noise = white_noise(tuple(x.shape), int(rng.integers(2**31)), x.device)
        return x + noise * rng.uniform(4, 30) / 255
    if kind == "grain":
        return film_grain(x, rng)
    if kind == "blur":
        sigma_px = rng.uniform(1, 3)
        return blur(x, bell_kernel("gaussian", sigma_px=(sigma_px, sigma_px), angle=0)[None])
    return x


def main(folder: Path) -> None:
    """Print how many of each kind were right, and the longest time of one measurement."""
    photos = split_photos(list_photos(folder))[1]
    rng = np.random.default_rng(0)
    right: Counter[str] = Counter()
    longest = 0.0
    kinds = ("nothing", "JPEG", "noise", "grain", "blur")
    for number in range(CASES):
        scale = (2, 4)[number % 2]
        small = shrink_bicubic(read_sharp(photos[number % len(photos)], scale), scale)
        x = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
        for kind in kinds:
            levels = (damaged(kind, x, rng)[0].clamp(0, 1) * 255).round().byte()
            begin = time.perf_counter()
            condition = measure_condition(levels.permute(1, 2, 0).numpy())
            longest = max(longest, time.perf_counter() - begin)
            right[kind] += bool(condition.faults) == (kind != "nothing")
    for kind in kinds:
        print(f"{kind:8} {right[kind]} of {CASES}")
    print(f"{'all':8} {right.total()} of {CASES * len(kinds)}, {longest:.3f} s at most")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
