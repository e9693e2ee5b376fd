"""Deep Image Prior for noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restorer.engine.fitting import fit_photo
from restorer.engine.jobs import RunContext
from restorer.engine.mode import ChoiceParam, IntParam, Mode, Restored, Step
from restorer.engine.photo import Photo
from restorer.engine.prior_picture import to_picture, to_pixels
from restorer.engine.recipes import DENOISE, EFFORT, ITERATIONS, chosen_effort
from restorer.text import mark


class Denoise(Mode):
    """Removes noise without any training data, with Deep Image Prior.

    A network that has never seen a photograph is fitted to this one. It learns structure before
    it learns noise, so that what it draws on the way is the picture without its noise.
    """

    id = "denoise"
    title = mark("modes", "Remove noise")
    verb = mark("modes", "Remove noise")
    params = (
        EFFORT,
        IntParam(
            key="strength",
            label=mark("modes", "Strength"),
            default=100,
            minimum=0,
            maximum=100,
            unit=" %",
        ),
        ITERATIONS,
        ChoiceParam(
            key="start",
            label=mark("modes", "Starts from"),
            default="noise",
            choices=(
                ("noise", mark("modes", "Noise")),
                ("picture", mark("modes", "The photo itself")),
            ),
        ),
    )
    can_finish_early = True

    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the same size."""
        return height, width

    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the photo with less noise; alpha is kept as it is."""
        strength = np.float32(step.value("strength") / 100)
        effort = chosen_effort(step)
        recipe = replace(DENOISE[effort], input=step.word("start"))
        fitted = fit_photo(
            photo,
            recipe,
            ctx,
            compute=step.compute,
            iterations=round(step.value("iterations")),
            mixes_noise=True,
            checkpoint=step.checkpoint,
        )
        original = to_picture(photo)
        result = original + strength * (fitted.picture - original)
        facts = {
            **fitted.facts,
            "effort": effort,
            "start": recipe.input,
            "strength": step.value("strength"),
        }
        return Restored(photo.with_pixels(to_pixels(result, photo), photo.alpha), facts)
