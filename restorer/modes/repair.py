"""Deep Image Prior for scratches, creases, stains and holes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.device import choose_device
from restorer.engine.fitting import fit_photo
from restorer.engine.jobs import RunContext
from restorer.engine.mode import ChoiceParam, IntParam, Mode, Restored, Step
from restorer.engine.photo import Photo
from restorer.engine.prior import Recipe
from restorer.engine.prior_picture import to_pixels
from restorer.errors import MaskError
from restorer.text import mark

HOLE_RADIUS_PX = 8  # damage that reaches this far from its edge is a hole, not a scratch

# The paper's settings for text over a picture and for a large hole (section 3, "Inpainting").
BEST = {
    "scratch": Recipe(
        network="paper-scratch",
        input="noise",
        input_channels=32,
        input_noise=0.03,
        learning_rate=0.01,
        iterations=6000,
        runs=1,
        bytes_per_px=16000,
    ),
    "hole": Recipe(
        network="paper-hole",
        input="noise",
        input_channels=1,
        input_noise=0.0,
        learning_rate=0.01,
        iterations=3000,
        runs=1,
        bytes_per_px=4000,
    ),
}
QUICK = {
    "scratch": Recipe(
        network="lean",
        input="noise",
        input_channels=8,
        input_noise=0.01,
        learning_rate=0.01,
        iterations=1500,
        runs=1,
        bytes_per_px=1800,
    ),
    "hole": Recipe(
        network="lean-hole",
        input="noise",
        input_channels=8,
        input_noise=0.01,
        learning_rate=0.01,
        iterations=1500,
        runs=1,
        bytes_per_px=1800,
    ),
}


class Repair(Mode):
    """Draws what is lost under a mask anew, with Deep Image Prior.

    A network that has never seen a photograph is fitted to the pixels that are there; what it
    draws in the gaps follows from their surroundings. Pixels outside the mask come back exactly
    as they were.
    """

    id = "repair"
    title = mark("modes", "Repair damage")
    verb = mark("modes", "Repair")
    params = (
        ChoiceParam(
            key="effort",
            label=mark("modes", "Effort"),
            default="auto",
            choices=(
                ("auto", mark("modes", "Automatic")),
                ("quick", mark("modes", "Quick")),
                ("best", mark("modes", "Best, many times slower")),
            ),
        ),
        ChoiceParam(
            key="damage",
            label=mark("modes", "Damage"),
            default="auto",
            choices=(
                ("auto", mark("modes", "Automatic")),
                ("scratch", mark("modes", "Scratches and specks")),
                ("hole", mark("modes", "Holes")),
            ),
        ),
        IntParam(
            key="iterations",
            label=mark("modes", "Iterations"),
            default=0,
            minimum=1,
            maximum=100_000,
            zero_text=mark("modes", "stops by itself"),
            zero_word="auto",
        ),
    )
    can_finish_early = True
    needs_mask = True

    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the same size."""
        return height, width

    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the photo with what is under the mask drawn anew; alpha is kept as it is."""
        lost = _checked_mask(step.mask, photo)
        effort, damage = step.word("effort"), step.word("damage")
        iterations = round(step.value("iterations"))
        if effort == "auto":
            effort = "best" if choose_device(step.compute.device).kind == "cuda" else "quick"
        if damage == "auto":
            damage = "hole" if _radius_px(lost) > HOLE_RADIUS_PX else "scratch"
        recipe = (BEST if effort == "best" else QUICK)[damage]
        fitted = fit_photo(
            photo,
            recipe,
            ctx,
            compute=step.compute,
            iterations=iterations,
            known=~lost,
            checkpoint=step.checkpoint,
        )
        drawn = to_pixels(fitted.picture, photo)
        pixels = np.where(lost[:, :, None], drawn, photo.pixels)
        facts = {
            **fitted.facts,
            "effort": effort,
            "damage": damage,
            "repaired_pixels": int(lost.sum()),
        }
        return Restored(photo.with_pixels(pixels, photo.alpha), facts)


def _checked_mask(mask: NDArray[np.bool_] | None, photo: Photo) -> NDArray[np.bool_]:
    """Return the mask if it can be used.

    Raises:
        MaskError: It is missing, of another size, empty or full.
    """
    if mask is None:
        raise MaskError("Repairing needs a mask that says where the damage is.")
    if mask.shape != (photo.height, photo.width):
        raise MaskError(
            f"The mask has {mask.shape[1]} x {mask.shape[0]} pixels, "
            f"the photograph {photo.width} x {photo.height}."
        )
    if not mask.any():
        raise MaskError("The mask is empty: nothing in it is white.")
    if mask.all():
        raise MaskError("The mask covers the whole photograph: nothing is left to go by.")
    return mask


def _radius_px(lost: NDArray[np.bool_]) -> float:
    """Return how far the damage reaches from its edge."""
    return float(cv2.distanceTransform(lost.astype(np.uint8), cv2.DIST_L2, 5).max())
