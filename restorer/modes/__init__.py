"""The restoration modes. The list is explicit: a folder scan fails in a frozen program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from restorer.engine.mode import Mode
from restorer.engine.model_files import ModelCard
from restorer.modes.clean import Clean
from restorer.modes.denoise import Denoise
from restorer.modes.repair import Repair
from restorer.modes.upscale import Upscale

MODES: tuple[Mode, ...] = (Upscale(), Clean(), Denoise(), Repair())


def offered_modes(models: Mapping[str, Sequence[ModelCard]]) -> list[Mode]:
    """Return the modes of the window.

    There is no brush for masks yet. A mode without a model is left out, but for the first, which
    says where models go.

    Args:
        models: Those that fit, by the mode's id.
    """
    return [
        mode
        for mode in MODES
        if not mode.needs_mask and (not mode.needs_model or models[mode.id] or mode is MODES[0])
    ]
