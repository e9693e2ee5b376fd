"""Deep Image Prior for noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restorer.engine.device import choose_device
from restorer.engine.fitting import fit_photo
from restorer.engine.jobs import RunContext
from restorer.engine.mode import ChoiceParam, IntParam, Mode, Restored, Step
from restorer.engine.photo import Photo
from restorer.engine.prior import Recipe
from restorer.engine.prior_picture import to_picture, to_pixels
from restorer.text import mark

# The least noise on the input that still keeps the network from settling on the noise: half the
# iterations of the paper's 1/30. The memory is that of forward, backward and Adam.
QUICK = Recipe(
    network="lean",
    input="noise",
    input_channels=8,
    input_noise=0.01,
    learning_rate=0.01,
    iterations=2000,
    runs=1,
    bytes_per_px=1800,
)
# The paper's denoising settings; its code does 3000 iterations, and the stop needs some more.
BEST = Recipe(
    network="paper",
    input="noise",
    input_channels=32,
    input_noise=1 / 30,
    learning_rate=0.01,
    iterations=4000,
    runs=2,
    bytes_per_px=9600,
)


class Denoise(Mode):
    """Removes noise without any training data, with Deep Image Prior.

    A network that has never seen a photograph is fitted to this one. It learns structure before
    it learns noise, so that what it draws on the way is the picture without its noise.
    """

    id = "denoise"
    title = mark("modes", "Remove noise")
    verb = mark("modes", "Remove noise")
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
        IntParam(
            key="strength",
            label=mark("modes", "Strength"),
            default=100,
            minimum=0,
            maximum=100,
            unit=" %",
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
        effort = step.word("effort")
        iterations = round(step.value("iterations"))
        if effort == "auto":
            effort = "best" if choose_device(step.compute.device).kind == "cuda" else "quick"
        recipe = replace(BEST if effort == "best" else QUICK, input=step.word("start"))
        fitted = fit_photo(
            photo,
            recipe,
            ctx,
            compute=step.compute,
            iterations=iterations,
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
