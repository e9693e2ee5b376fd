"""The restoration modes. The list is explicit: a folder scan fails in a frozen program."""

from __future__ import annotations

from restorer.engine.mode import Mode
from restorer.modes.denoise import Denoise
from restorer.modes.repair import Repair
from restorer.modes.upscale import Upscale

MODES: tuple[Mode, ...] = (Upscale(), Denoise(), Repair())
