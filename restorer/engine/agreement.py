"""Agreement with the original: an enlarged picture that, made small again, is what it came from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from restorer.engine.jobs import RunContext
from restorer.engine.photo import Pixels

Plane = NDArray[np.float32]

# Set14 enlarged by bicubic, which is worse than any network: mean 48.5 dB after 2 rounds, 55.6
# after 4, 63.8 after 8, 68.5 after 16 (least of the 14 pictures 40.3, 43.6, 48.3, 53.0).
ROUNDS = 16
ENOUGH_DB = 60.0  # where a channel's rounds end: about what rounding to 8 bit leaves
KERNEL_PX = 2  # reach of the bicubic kernel, in pixels of the coarser picture


@dataclass(frozen=True)
class Agreed:
    """A result that was brought to agreement.

    Attributes:
        pixels: (H, W, 3), of the result's depth.
        agreement_db: Peak signal-to-noise ratio between the original and the result made small
            again, over all channels, dB; infinite if there is no difference.
    """

    pixels: Pixels
    agreement_db: float


def agree(enlarged: Pixels, original: Pixels, ctx: RunContext, *, rounds: int = ROUNDS) -> Agreed:
    """Correct an enlarged picture until it gives the original when it is made small again.

    Irani and Peleg, "Improving Resolution by Image Registration", 1991, eq. 3 (iterative
    back-projection): what the picture lacks on the small side is enlarged and added. Smaller is
    MATLAB's antialiased bicubic, as the networks were trained with, without its rounding; larger
    is plain bicubic. The whole picture is corrected at once, a channel at a time, so nothing
    depends on tiles. Values stay in range in every round, and the result is rounded once.

    Args:
        enlarged: (H, W, 3), at least as large as the original along both sides.
        original: (h, w, 3), same dtype. Any ratio, whole or not.
        ctx: Reports each channel.
        rounds: At most; fewer where the channels agree to 60 dB before. 0 only measures.

    Raises:
        Cancelled: The job is to stop.
    """
    top = np.iinfo(enlarged.dtype).max
    result = np.empty_like(enlarged)
    squares, enough = 0.0, top**2 / 10 ** (ENOUGH_DB / 10)
    is_gray = all((p[:, :, :1] == p[:, :, 1:]).all() for p in (enlarged, original))
    channels = 1 if is_gray else 3
    for channel in range(channels):
        wanted = original[:, :, channel].astype(np.float32)
        plane = enlarged[:, :, channel].astype(np.float32)
        for _ in range(rounds):
            ctx.raise_if_cancelled()
            missing = wanted - resize(plane, *wanted.shape)
            if np.mean(missing**2, dtype=np.float64) < enough:
                break
            plane += resize(missing, *plane.shape)
            np.clip(plane, 0, top, out=plane)
        np.rint(plane, out=plane)
        result[:, :, channel] = plane
        missing = wanted - resize(plane, *wanted.shape)
        squares += float(np.mean(missing**2, dtype=np.float64)) / channels
        ctx.step("tile", channel + 1, channels)
    if is_gray:
        result[:, :, 1:] = result[:, :, :1]
    return Agreed(result, math.inf if squares == 0 else 10 * math.log10(top**2 / squares))


def resize(plane: Plane, height: int, width: int) -> Plane:
    """Return (H, W) resized by MATLAB's bicubic, antialiased where it shrinks, mirrored borders.

    Keys' kernel with a = -0.5, as restorer/training/degrade.py has it for 8 bit.
    """
    rows, columns = (
        math.ceil(KERNEL_PX * max(1.0, before / after)) + 1
        for before, after in zip(plane.shape, (height, width), strict=True)
    )
    image = Image.fromarray(np.pad(plane, ((rows, rows), (columns, columns)), mode="symmetric"))
    inside = (columns, rows, columns + plane.shape[1], rows + plane.shape[0])
    resized = image.resize((width, height), Image.Resampling.BICUBIC, box=inside)
    return np.asarray(resized)
