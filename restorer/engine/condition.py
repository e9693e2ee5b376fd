"""What a photograph has gone through, estimated from its pixels, and the model that suits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.detail import FAITHFUL
from restorer.engine.files.jpeg_tables import quantization
from restorer.engine.model_files import ModelCard
from restorer.engine.network_mode import LUMA, removes_damage
from restorer.engine.noise import measure_floor
from restorer.engine.photo import Pixels
from restorer.text import mark

Plane = NDArray[np.float32]

LARGEST_SIDE_PX = 1024  # of the part that is looked at, from the middle
BLOCK_PX = 8
LARGEST_STEP_255 = 12.0  # an edge of the picture, not of a block
REBLUR_PX = 9
# A hundred training photographs made two and four times smaller, alone and after JPEG of quality 20
# to 80, white noise of sigma 4 to 30, grain of 2 to 24 and a blur of 1 to 3 px: these find all of
# JPEG, noise and blur and nine in ten of grain, and take four in five for undamaged that are. The
# fifth is texture from edge to edge, like grass, which looks like grain.
MOST_BLOCKS = 0.055
MOST_FINE_255 = 2.6
MOST_COARSE_255 = 2.3
GRAIN_RATIO = 1.3  # of coarse to fine; see noise.CORRELATED_RATIO
MOST_BLUR = 0.39
# Where the picture itself has edges everywhere, blocks do not show in it: the file says more.
MOST_QUANTIZATION_255 = 20.0  # about quality 83


@dataclass(frozen=True)
class Condition:
    """What was measured.

    Attributes:
        blocks: How much more the brightness changes at the edges of JPEG's blocks than beside
            them, as a share of its mean change; about 0 without blocks.
        fine_255: What changes from pixel to pixel even in the quietest parts, of 255: noise.
        coarse_255: The same from one pair of pixels to the next: grain.
        blur: 0 for a picture that a blur changes much, 1 for one that it does not change at all.
        quantization_255: See files/jpeg_tables.py; 0 for a picture that was no JPEG.
    """

    blocks: float
    fine_255: float
    coarse_255: float
    blur: float
    quantization_255: float = 0.0

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the picture, a sentence each, marked for translation."""
        strongest = max(self.fine_255 / MOST_FINE_255, self.coarse_255 / MOST_COARSE_255)
        is_grain = self.coarse_255 > GRAIN_RATIO * self.fine_255
        found = []
        if self.blocks > MOST_BLOCKS or self.quantization_255 > MOST_QUANTIZATION_255:
            found.append(mark("condition", "Compression left blocks in this photo."))
        if strongest > 1 and is_grain:
            found.append(mark("condition", "This photo has grain."))
        if strongest > 1 and not is_grain:
            found.append(mark("condition", "This photo has noise."))
        if self.blur > MOST_BLUR:
            found.append(mark("condition", "This photo is blurred."))
        return tuple(found)


@dataclass(frozen=True)
class Proposal:
    """The model that suits a photograph.

    Attributes:
        card: The model.
        reasons: A sentence each, marked for translation.
    """

    card: ModelCard
    reasons: tuple[str, ...]


def propose(
    condition: Condition, cards: Sequence[ModelCard], *, default: str, scale: float
) -> Proposal:
    """Return the model for a photograph in this condition.

    Of several that suit, that with the least scale that is enough: it is the quickest.

    Args:
        condition: Of the photograph.
        cards: The models to choose from, at least one.
        default: Name of the one to prefer where several suit.
        scale: How far to enlarge.
    """
    reasons = condition.faults or (mark("condition", "No damage was found in this photo."),)
    suited = [card for card in cards if removes_damage(card) == bool(condition.faults)]
    if not suited:
        reasons += (
            (mark("condition", "There is no model for damaged photos."),)
            if condition.faults
            else (mark("condition", "There is no model for undamaged photos."),)
        )
    suited = suited or list(cards)
    largest = max(card.scale for card in suited)
    enough = min((card.scale for card in suited if card.scale >= scale), default=largest)
    if enough < largest:
        reasons += (mark("condition", "At this scale a quicker model is as good."),)
    # Of a pair either will do: the dial mixes both.
    order = sorted(
        (card for card in suited if card.scale == enough),
        key=lambda card: (card.name != default, card.role == FAITHFUL),
    )
    return Proposal(order[0], reasons)


def measure_condition(pixels: Pixels, source: Path | None = None) -> Condition:
    """Measure a picture in a tenth of a second, whatever its size.

    Args:
        pixels: (H, W, 3), 8 or 16 bit.
        source: The file it is in, if it is in one.
    """
    top, left = (max(0, (side - LARGEST_SIDE_PX) // 2) for side in pixels.shape[:2])
    part = pixels[top : top + LARGEST_SIDE_PX, left : left + LARGEST_SIDE_PX]
    luma: Plane = part.astype(np.float32) @ LUMA / np.float32(np.iinfo(pixels.dtype).max)
    fine, coarse = measure_floor(luma[:, :, None])
    luma *= 255
    return Condition(
        blocks=max(_blocks(luma), _blocks(luma.T)),
        fine_255=255 * fine,
        coarse_255=255 * coarse,
        blur=max(_blur(luma), _blur(np.ascontiguousarray(luma.T))),
        quantization_255=quantization(source),
    )


def _blocks(luma: Plane) -> float:
    """Return how far the columns between two blocks stand out, whichever column that is.

    A step between columns counts as far as it exceeds the mean of its two neighbours; of the eight
    columns where blocks could begin, the strongest is compared with the median one.
    """
    steps = np.minimum(np.abs(np.diff(luma, axis=1)), LARGEST_STEP_255)
    if steps.shape[1] < 3 * BLOCK_PX:
        return 0.0
    excess = (steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2).mean(axis=0)  # (W - 3,)
    phases = np.array([excess[phase::BLOCK_PX].mean() for phase in range(BLOCK_PX)])
    return float((phases.max() - np.median(phases)) / max(float(steps.mean()), 0.5))


def _blur(luma: Plane) -> float:
    """Return the blur along the rows.

    Crete et al., "The Blur Effect: Perception and Estimation with a New No-Reference Perceptual
    Blur Metric", 2007, SPIE 6492, eq. 1 to 6: how little of the change between neighbours a box
    blur takes away.
    """
    again = cv2.blur(luma, (REBLUR_PX, 1))
    before = np.abs(np.diff(luma, axis=1))
    lost = np.maximum(0, before - np.abs(np.diff(again, axis=1)))
    total = float(before.sum())
    return (total - float(lost.sum())) / total if total else 0.0
