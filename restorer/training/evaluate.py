"""PSNR, SSIM and LPIPS of a model on a folder of sharp pictures, beside bicubic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.modes.clean import Clean
from restorer.modes.upscale import Upscale
from restorer.training.data import list_photos, make_small, read_sharp, split_photos
from restorer.training.degrade import enlarge_bicubic
from restorer.training.lpips import Lpips, distance
from restorer.training.scores import luma, psnr, ssim


@dataclass(frozen=True)
class Score:
    """How near a picture comes to the sharp one.

    Attributes:
        psnr: Peak signal-to-noise ratio of the Y channel, dB.
        ssim: Structural similarity of the Y channel, at most 1.
        lpips: Perceptual distance of the colours, AlexNet 0.1; None if it was not measured.
    """

    psnr: float
    ssim: float
    lpips: float | None = None


@dataclass(frozen=True)
class Result:
    """What came of one picture, or the means over several.

    Attributes:
        name: Of the picture.
        model: The model's score.
        bicubic: Bicubic's score.
        agreement_db: How well the result gives the small picture again; None if not sought.
    """

    name: str
    model: Score
    bicubic: Score
    agreement_db: float | None


def evaluate(
    folder: Path,
    card: ModelCard,
    compute: Compute,
    *,
    params: Mapping[str, object] | None = None,
    lpips: Lpips | None = None,
    degradation: str = "bicubic",
    held_out: bool = False,
) -> Iterator[Result]:
    """Make each picture of a folder small, enlarge it again and compare; or damage and clean it.

    The pictures go through the program's own modes, so what is measured is what users get. A
    border of scale pixels is left out, as the literature does it, but not for LPIPS. Grey pictures
    are scored as RGB turned to Y, which adds about 0.1 dB to the mean of Set14 against the
    published one.

    Args:
        folder: Sharp pictures.
        card: The model.
        compute: Where and how to run it.
        params: Of the upscaling: detail, agree.
        lpips: Measures the perceptual distance too.
        degradation: What is done to the pictures, as for data.make_small: the same at each call.
        held_out: Only the photographs that are kept for validation.

    Raises:
        SettingsError: There is no picture in the folder, or a param is not possible.
        PhotoReadError: One cannot be read.
    """
    params = {**(params or {}), "scale": card.scale}
    mode = Clean() if card.scale == 1 else Upscale()
    step = Step(mode=mode, params=params, card=card, compute=compute)
    photos = list_photos(folder)
    for number, path in enumerate(split_photos(photos)[1] if held_out else photos):
        sharp = read_sharp(path, card.scale)
        small = make_small(sharp, card.scale, degradation=degradation, seed=number)
        restored = step.mode.restore(Photo(small), step, RunContext.quiet())
        agreement_db = restored.facts["agreement_db"]
        assert agreement_db is None or isinstance(agreement_db, float)
        yield Result(
            path.stem,
            score(restored.photo.pixels, sharp, card.scale, lpips),
            score(enlarge_bicubic(small, card.scale), sharp, card.scale, lpips),
            agreement_db,
        )


def mean(results: Sequence[Result]) -> Result:
    """Return the means of all figures, under the name "mean"."""

    def mean_of(values: Sequence[float | None]) -> float | None:
        there = [value for value in values if value is not None]
        return sum(there) / len(there) if there else None

    def mean_score(scores: Sequence[Score]) -> Score:
        means = (mean_of([getattr(one, key) for one in scores]) for key in ("psnr", "ssim"))
        psnr, ssim = (value if value is not None else math.nan for value in means)
        return Score(psnr, ssim, mean_of([one.lpips for one in scores]))

    return Result(
        "mean",
        mean_score([result.model for result in results]),
        mean_score([result.bicubic for result in results]),
        mean_of([result.agreement_db for result in results]),
    )


def score(
    picture: NDArray[np.generic],
    sharp: NDArray[np.generic],
    border_px: int,
    lpips: Lpips | None = None,
) -> Score:
    """Compare two (H, W, 3) RGB pictures of 0..255; the border is left out of PSNR and SSIM."""
    a, b = luma(picture), luma(sharp)
    return Score(
        psnr(a, b, border_px=border_px),
        ssim(a, b, border_px=border_px),
        None if lpips is None else distance(lpips, picture, sharp),
    )
