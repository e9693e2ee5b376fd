"""The restoration modes. The list is explicit: a folder scan fails in a frozen program."""

from __future__ import annotations

from restorer.engine.mode import Mode
from restorer.modes.upscale import Upscale

MODES: tuple[Mode, ...] = (Upscale(),)
