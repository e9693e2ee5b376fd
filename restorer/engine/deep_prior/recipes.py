"""How Deep Image Prior fits its networks: the settings of each effort, and their choice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from restorer.engine.device import choose_device
from restorer.engine.mode import ChoiceParam, IntParam, Step
from restorer.text import mark

# Fewer held-out pixels than these find the best picture less well: on crops of 128 px, 490 pixels
# lost 0.6 dB on it, 1640 lost 0.1 dB.
ENOUGH_HELD_OUT = 1900
MOST_HELD_OUT = 0.1  # share; more would be missed by the fit


@dataclass(frozen=True)
class Recipe:
    """How a network is fitted.

    Attributes:
        network: Key in networks.skip_net.NETS.
        input: "noise" (the paper), "picture" (the picture itself), or "grid" (coordinates).
        input_channels: Of the noise.
        input_noise: Standard deviation of the noise added to the input anew in each iteration.
        learning_rate: Of Adam.
        iterations: At most.
        runs: Whose results are averaged, each with a seed of its own.
        bytes_per_px: Memory it takes, for the choice of tiles: forward, backward and Adam.
        hold_out: Share of the pixels that is never fitted: they tell when to stop. More of a small
            picture.
        only_first_holds_out: The runs after the first are fitted to all known pixels, for as many
            iterations as it kept.
    """

    network: str
    input: str
    input_channels: int
    input_noise: float
    learning_rate: float
    iterations: int
    runs: int
    bytes_per_px: int
    hold_out: float = 0.03
    only_first_holds_out: bool = False
    carries_residual: bool = False

    def share_held_out(self, count: int) -> float:
        """Return the share of so many pixels that is never fitted."""
        if self.hold_out == 0 or count == 0:
            return 0.0
        return min(MOST_HELD_OUT, max(self.hold_out, ENOUGH_HELD_OUT / count))


def _quick(network: str, iterations: int, input_noise: float) -> Recipe:
    """Return a recipe of our own lean networks.

    The less input noise, the sooner a network settles, and the more on the picture's own noise.
    """
    return Recipe(
        network=network,
        input="noise",
        input_channels=8,
        input_noise=input_noise,
        learning_rate=0.01,
        iterations=iterations,
        runs=1,
        bytes_per_px=1800,
    )


# By the effort. On three photographs (128 px, sigma 25) the automatic stop kept 25.0 to 27.4 dB
# with input noise of 0.02, 0.7 to 1.3 dB more than with 0.01 for twice the iterations; with the
# paper's 1/30 two of them were 0.7 and 0.8 dB behind that after 1,200 iterations. The best one has
# the paper's denoising settings; its code does 3000 iterations, and the stop needs some more.
DENOISE = {
    "quick": _quick("lean", 3000, input_noise=0.02),
    "best": Recipe(
        network="paper",
        input="noise",
        input_channels=32,
        input_noise=1 / 30,
        learning_rate=0.01,
        iterations=4000,
        runs=2,
        bytes_per_px=9600,
    ),
}

# By the effort and the damage. The best ones have the paper's settings for text over a picture,
# for half of the pixels missing and for a large hole (section 3, "Inpainting"). For scratches the
# paper's input noise is as good for the quick effort: over three photographs (128 px) the
# automatic stop kept 23.9 dB within them with 0.01 and 1500 iterations, 24.4 with 0.02 and 24.6
# with 0.03 and 3000. Skips of 32 maps, and maps enlarged unsmoothed, do no good there (28.2 dB on
# three photographs became 27.8), but with half of the pixels missing 1500 iterations gave 0.3 and
# 1.2 dB more with them, on a third one 1000 0.9 dB more; a second run, fitted to the held-out
# pixels too, brought the mean 0.6 and 0.8 dB further, and a third one 0.3 and 0.2 dB.
REPAIR = {
    ("quick", "scratch"): _quick("lean", 3000, input_noise=0.03),
    ("quick", "scattered"): replace(
        _quick("lean-scattered", 3000, input_noise=0.03),
        runs=3,
        bytes_per_px=2400,
        only_first_holds_out=True,
        carries_residual=True,
    ),
    ("quick", "hole"): _quick("lean-hole", 1500, input_noise=0.01),
    ("best", "scratch"): Recipe(
        network="paper-scratch",
        input="noise",
        input_channels=32,
        input_noise=0.03,
        learning_rate=0.01,
        iterations=6000,
        runs=1,
        bytes_per_px=16000,
    ),
    ("best", "scattered"): replace(
        DENOISE["best"], input_noise=0.03, learning_rate=0.001, iterations=11000, runs=1
    ),
    ("best", "hole"): Recipe(
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

EFFORT = ChoiceParam(
    key="effort",
    label=mark("modes", "Effort"),
    default="auto",
    choices=(
        ("auto", mark("modes", "Automatic")),
        ("quick", mark("modes", "Quick")),
        ("best", mark("modes", "Best, many times slower")),
    ),
)
ITERATIONS = IntParam(
    key="iterations",
    label=mark("modes", "Iterations"),
    default=0,
    minimum=1,
    maximum=100_000,
    zero_text=mark("modes", "stops by itself"),
    zero_word="auto",
)
STRENGTH = IntParam(
    key="strength",
    label=mark("modes", "Strength"),
    default=100,
    minimum=0,
    maximum=100,
    unit=" %",
    is_late=True,
)


def chosen_effort(step: Step) -> str:
    """Return "quick" or "best"; the automatic choice is the best one on CUDA only."""
    effort = step.word(EFFORT.key)
    if effort != "auto":
        return effort
    return "best" if choose_device(step.compute.device).kind == "cuda" else "quick"
