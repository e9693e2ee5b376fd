"""Cleaning without enlarging."""

from __future__ import annotations

from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.engine.network_mode import DETAIL, NetworkMode
from restorer.text import mark


class Clean(NetworkMode):
    """Removes noise, JPEG blocks and the marks of old prints with a trained network.

    The size stays. There is no agreement with the original: it has what is to be removed.
    """

    id = "clean"
    title = mark("modes", "Clean")
    verb = mark("modes", "Clean")
    params = (DETAIL,)
    default_model = "clean-x1"

    def fits(self, card: ModelCard) -> bool:
        """Return whether the model keeps the size."""
        return card.scale == 1

    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the same size."""
        return height, width

    def passes(self, step: Step) -> int:
        """Return 1."""
        return 1
