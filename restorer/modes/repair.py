"""Deep Image Prior for scratches, creases, stains and holes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.engine.deep_prior.fitting import estimate_seconds, fit_photo
from restorer.engine.deep_prior.prior_picture import to_pixels
from restorer.engine.deep_prior.recipes import EFFORT, ITERATIONS, REPAIR, chosen_effort
from restorer.engine.jobs import RunContext
from restorer.engine.mode import ChoiceParam, Mode, Restored, Step
from restorer.engine.photo import Photo
from restorer.errors import MaskError
from restorer.text import mark

HOLE_RADIUS_PX = 8  # damage that reaches this far from its edge is a hole, not a scratch
SCATTERED_SHARE = 0.25  # of the photograph; scratches are less of it


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
        EFFORT,
        ChoiceParam(
            key="damage",
            label=mark("modes", "Damage"),
            default="auto",
            choices=(
                ("auto", mark("modes", "Automatic")),
                ("scratch", mark("modes", "Scratches and specks")),
                ("scattered", mark("modes", "Pixels missing all over")),
                ("hole", mark("modes", "Holes")),
            ),
        ),
        ITERATIONS,
    )
    can_finish_early = True
    needs_mask = True

    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the same size."""
        return height, width

    def estimate_seconds(
        self, height: int, width: int, step: Step, ctx: RunContext
    ) -> tuple[float, float] | None:
        """Return the least and the most time it may take; None without a mask that can be used."""
        try:
            lost = _checked_mask(step.mask, height, width)
        except MaskError:
            return None  # nothing is measured for what restore() refuses
        recipe = REPAIR[chosen_effort(step), _damage(step, lost)]
        return estimate_seconds(
            height,
            width,
            recipe,
            ctx,
            compute=step.compute,
            iterations=round(step.value(ITERATIONS.key)),
            known=~lost,
        )

    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the photo with what is under the mask drawn anew; alpha is kept as it is."""
        lost = _checked_mask(step.mask, photo.height, photo.width)
        effort, damage = chosen_effort(step), _damage(step, lost)
        fitted = fit_photo(
            photo,
            REPAIR[effort, damage],
            ctx,
            compute=step.compute,
            iterations=round(step.value(ITERATIONS.key)),
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


def _checked_mask(mask: NDArray[np.bool_] | None, height: int, width: int) -> NDArray[np.bool_]:
    """Return the mask if it can be used for a photograph of that size.

    Raises:
        MaskError: It is missing, of another size, empty or full.
    """
    if mask is None:
        raise MaskError("Repairing needs a mask that says where the damage is.")
    if mask.shape != (height, width):
        raise MaskError(
            f"The mask has {mask.shape[1]} x {mask.shape[0]} pixels, "
            f"the photograph {width} x {height}."
        )
    if not mask.any():
        raise MaskError("The mask is empty: nothing in it is white.")
    if mask.all():
        raise MaskError("The mask covers the whole photograph: nothing is left to go by.")
    return mask


def _damage(step: Step, lost: NDArray[np.bool_]) -> str:
    """Return "scratch", "scattered" or "hole"."""
    damage = step.word("damage")
    if damage != "auto":
        return damage
    if _radius_px(lost) > HOLE_RADIUS_PX:
        return "hole"
    return "scattered" if lost.mean() > SCATTERED_SHARE else "scratch"


def _radius_px(lost: NDArray[np.bool_]) -> float:
    """Return how far the damage reaches from its edge."""
    return float(cv2.distanceTransform(lost.astype(np.uint8), cv2.DIST_L2, 5).max())
