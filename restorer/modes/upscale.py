"""Super-resolution."""

from __future__ import annotations

import math

from restorer.engine.mode import BoolParam, FloatParam, Step
from restorer.engine.model_files import ModelCard
from restorer.engine.network_mode import DETAIL, NetworkMode
from restorer.text import mark


class Upscale(NetworkMode):
    """Enlarges with a trained network, an SRGAN generator unless another is chosen.

    The network's own scale is fixed: other scales are made by as many passes as it takes to reach
    them, and a Lanczos reduction to the size asked for.
    """

    id = "upscale"
    title = mark("modes", "Upscale")
    verb = mark("modes", "Upscale")
    params = (
        FloatParam(
            key="scale",
            label=mark("modes", "Scale"),
            default=4,
            minimum=0.01,
            maximum=16,
            unit="×",
            choices=(1.5, 2, 3, 4),
        ),
        DETAIL,
        BoolParam(
            key="agree",
            label=mark("modes", "Agree with the original"),
            default=True,
        ),
    )
    default_model = "srgan-x4"

    def fits(self, card: ModelCard) -> bool:
        """Return whether the model enlarges."""
        return card.scale > 1

    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the size times the scale, rounded, at least 1."""
        scale = step.value("scale")
        return max(1, round(height * scale)), max(1, round(width * scale))

    def passes(self, step: Step) -> int:
        """Return 0 for a reduction, 1 up to the network's own scale, and so on."""
        scale = step.value("scale")
        if scale <= 1 or step.card is None:
            return 0
        return math.ceil(round(math.log(scale, step.card.scale), 9))

    def own_facts(self, step: Step) -> dict[str, object]:
        """Return the scale."""
        return {"scale": step.value("scale")}
