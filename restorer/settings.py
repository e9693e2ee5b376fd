"""What the user has chosen, kept from one start to the next."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

log = logging.getLogger(__name__)

LANGUAGES = ("auto", "en", "zh_CN")
THEMES = ("auto", "light", "dark")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
MIN_TILE_PX = 64


@dataclass(frozen=True)
class Settings:
    """Every choice that is remembered. A new field needs a line in CHECKS.

    Attributes:
        language: "auto" follows the system.
        theme: "auto" follows the system.
        mode: Id of the mode chosen last.
        models: Name of the model chosen last, by the mode's id.
        values: Numbers, words and switches chosen last, by "MODE.PARAM", as in "upscale.scale".
        device: "auto" or torch's name of it.
        precision: "auto" is what the device does best.
        tile: "auto", "whole" or the side of a tile's core in pixels.
        export_format: "" keeps the photo's own format where it can be written.
        export_quality: Of JPEG, WebP, AVIF and JPEG XL, 1..100.
        export_record: What was done is written into the file.
        export_keeps_time: The file gets the photo's time of modification.
        open_folder: Where a photo was opened last, "" before the first.
        export_folder: Where a result was exported last, "" for beside the original.
        geometry: The window's size and place, as Qt saves it, in hexadecimal.
    """

    language: str = "auto"
    theme: str = "auto"
    mode: str = "upscale"
    models: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, float | str | bool] = field(default_factory=dict)
    device: str = "auto"
    precision: str = "auto"
    tile: str | int = "auto"
    export_format: str = ""
    export_quality: int = 95
    export_record: bool = True
    export_keeps_time: bool = False
    open_folder: str = ""
    export_folder: str = ""
    geometry: str = ""


def load(path: Path) -> Settings:
    """Return the settings of a file; the default for each value that is missing or not possible."""
    try:
        stored = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.warning("settings cannot be read, starting with the defaults: %s", error)
        return Settings()
    if not isinstance(stored, dict):
        log.warning("settings are no JSON object, starting with the defaults")
        return Settings()
    good = {}
    for item in fields(Settings):
        if item.name not in stored:
            continue
        value = stored[item.name]
        if CHECKS[item.name](value):
            good[item.name] = value
        else:
            log.warning("setting %s: %r is not possible, using the default", item.name, value)
    return Settings(**good)


def save(settings: Settings, path: Path) -> None:
    """Write the settings, whole or not at all. A disk that refuses is logged, not raised."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(settings), indent=2) + "\n", "utf-8")
        os.replace(part, path)
    except OSError as error:
        log.warning("settings cannot be saved: %s", error)
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _one_of(*choices: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and all(digit in "0123456789abcdef" for digit in value)


def _is_choice(value: object) -> bool:
    return isinstance(value, int | float) or _is_text(value)


def _is_quality(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


def _is_tile(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return value >= MIN_TILE_PX
    return value in ("auto", "whole")


def _all_values(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, dict) and all(check(item) for item in value.values())


CHECKS: Mapping[str, Callable[[object], bool]] = {
    "language": _one_of(*LANGUAGES),
    "theme": _one_of(*THEMES),
    "mode": _is_text,
    "models": _all_values(_is_text),
    "values": _all_values(_is_choice),
    "device": _is_text,
    "precision": _one_of(*PRECISIONS),
    "tile": _is_tile,
    "export_format": _is_text,
    "export_quality": _is_quality,
    "export_record": _is_switch,
    "export_keeps_time": _is_switch,
    "open_folder": _is_text,
    "export_folder": _is_text,
    "geometry": _is_hex,
}
