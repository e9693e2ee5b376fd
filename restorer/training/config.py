"""What a training run is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restorer.errors import SettingsError


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
        name: Folder of the run below runs_dir.
        data: Folder of sharp photographs (JPEG or PNG). Every photograph whose number (or place
            in the sorted list, where names are no numbers) is divisible by 10 is kept for
            validation.
        runs_dir: Folder for logs and checkpoints.
        init: Model file to start from, empty for random weights.
        scale: Output pixels per input pixel along each side.
        channels: Feature maps of the generator's body.
        blocks: Residual blocks of the generator.
        crop_px: Side of the small crops the network sees.
        batch_size: Crops per step.
        steps: Steps in all.
        learning_rate: Of Adam, between warm-up and decay.
        warmup_steps: Steps over which the learning rate rises from 0.
        decay_steps: Last steps, over which the learning rate falls to 0 along a half cosine.
            A run with more steps goes on from any checkpoint before the decay.
        ema_decay: Share of the old average kept at each step; the average is what is shipped.
        seed: All crops and the first weights follow from it.
        device: "auto" or a torch device.
        precision: "fp32" or "bf16".
        validate_every: Steps between two measurements on the validation photographs.
        checkpoint_every: Steps between two checkpoints.
    """

    name: str
    data: Path
    runs_dir: Path = Path("runs")
    init: str = ""
    scale: int = 4
    channels: int = 64
    blocks: int = 16
    crop_px: int = 24
    batch_size: int = 16
    steps: int = 100_000
    learning_rate: float = 4e-4
    warmup_steps: int = 200
    decay_steps: int = 30_000
    ema_decay: float = 0.999
    seed: int = 1
    device: str = "auto"
    precision: str = "fp32"
    validate_every: int = 1000
    checkpoint_every: int = 500

    @property
    def run_dir(self) -> Path:
        """The folder of this run's log and checkpoint."""
        return self.runs_dir / self.name


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a run's TOML file; each override is KEY=VALUE with a TOML value or a bare word.

    Raises:
        SettingsError: The file is missing or no TOML, a key is unknown or missing, or a value is
            of the wrong type or out of range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not a TOML file: {error}.") from error
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise SettingsError(f"--set takes KEY=VALUE, not {override!r}.")
        try:
            values[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            values[key] = value
    return _checked(values, path)


def _checked(values: dict[str, Any], path: Path) -> TrainConfig:
    fields = {field.name: field for field in dataclasses.fields(TrainConfig)}
    for key, value in values.items():
        if key not in fields:
            raise SettingsError(f"{path}: there is no setting {key!r}.")
        wanted = fields[key].type
        if wanted == "float" and type(value) is int:
            values[key] = float(value)
        elif wanted == "Path" and type(value) is str:
            values[key] = Path(value)
        elif wanted != type(value).__name__:
            raise SettingsError(f"{path}: {key} must be {wanted}, not {value!r}.")
    for field in fields.values():
        if field.default is dataclasses.MISSING and field.name not in values:
            raise SettingsError(f"{path}: {field.name} is missing.")
    config = TrainConfig(**values)
    for key in ("scale", "channels", "blocks", "crop_px", "batch_size", "steps", "validate_every",
                "checkpoint_every"):  # fmt: skip
        if getattr(config, key) < 1:
            raise SettingsError(f"{path}: {key} must be at least 1.")
    if config.learning_rate <= 0 or not 0 <= config.ema_decay < 1:
        raise SettingsError(f"{path}: learning_rate must be above 0 and ema_decay in 0..1.")
    if config.precision not in ("fp32", "bf16"):
        raise SettingsError(f"{path}: precision must be fp32 or bf16, not {config.precision!r}.")
    return config
