"""Deep Image Prior for noise."""

from __future__ import annotations

from dataclasses import replace

from restorer.engine.deep_prior.fitting import estimate_seconds, fit_photo
from restorer.engine.deep_prior.recipes import (
    DENOISE,
    EFFORT,
    ITERATIONS,
    STRENGTH,
    Recipe,
    chosen_effort,
)
from restorer.engine.jobs import RunContext
from restorer.engine.mode import ChoiceParam, Mode, Restored, Step
from restorer.engine.photo import Photo
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
        STRENGTH,
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

    def estimate_seconds(
        self, height: int, width: int, step: Step, ctx: RunContext
    ) -> tuple[float, float]:
        """Return the least and the most time it may take, by this machine's speed."""
        iterations = round(step.value(ITERATIONS.key))
        return estimate_seconds(
            height, width, self._recipe(step), ctx, compute=step.compute, iterations=iterations
        )

    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the photo with less noise; alpha is kept as it is."""
        strength = step.value(STRENGTH.key)
        recipe = self._recipe(step)
        fitted = fit_photo(
            photo,
            recipe,
            ctx,
            compute=step.compute,
            iterations=round(step.value(ITERATIONS.key)),
            mixes_noise=True,
            checkpoint=step.checkpoint,
        )
        facts = {
            **fitted.facts,
            "effort": chosen_effort(step),
            "start": recipe.input,
            "strength": strength,
        }
        return Restored(fitted.blended(strength=strength), facts, fitted)

    def _recipe(self, step: Step) -> Recipe:
        return replace(DENOISE[chosen_effort(step)], input=step.word("start"))
