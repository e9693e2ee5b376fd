"""What a training run is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import inspect
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from restorer.errors import SettingsError
from restorer.networks import NETWORKS
from restorer.training.damage import Damage, find_damage
from restorer.training.data import SHRINKS
from restorer.training.losses import GRID_PX, LEAST_LPIPS_PX

CHOICES = {
    "precision": ("fp32", "bf16"),
    "acceleration": ("none", "graphs", "compile"),
    "adversarial": ("none", "plain", "relativistic", "conditional"),
    "network": tuple(NETWORKS),
}


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
        name: Folder of the run below runs_dir.
        data: Folder of sharp photographs (JPEG or PNG). Every photograph whose number (or place
            in the sorted list, where names are no numbers) is divisible by 10 is kept for
            validation.
        runs_dir: Folder for logs and checkpoints.
        init: Model file or checkpoint to start from, empty for random weights. One of another
            scale gives head and body.
        network: The generator, a key of restorer.networks.NETWORKS.
        degradation: What is done to the sharp crops: "bicubic" (the benchmarks' exact one),
            "opencv" (its resize), or a name for damage.find_damage: "photo" or "clean".
        fading: Chance of fading and casts among what "photo" and "clean" do. The network would
            learn to change colours, so it is 0 unless that is wanted.
        scale: Output pixels per input pixel along each side.
        channels: Feature maps of the generator's body.
        blocks: Blocks of the generator, as far as it has any.
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
        precision: "fp32" or "bf16" (autocast).
        acceleration: "none", "graphs" (the generator's launches as CUDA graphs) or "compile"
            (torch.compile of every network).
        validate_every: Steps between two measurements on the validation photographs.
        checkpoint_every: Steps between two checkpoints.
        max_minutes: The run saves and stops after this time, photographs read included; the same
            command goes on. 0 for no limit.
        adversarial: "none" for the faithful stage, "plain" or "relativistic" for the SRGAN stage,
            "conditional" for a discriminator that is shown the small crop too (three steps).
        vgg: Feature weights for the content loss: a .safetensors file of VGG19, or "torchvision".
        content_layers: Convolutions of VGG19 whose outputs, before activation, are compared.
        pixel_weight: Weight of the pixel loss.
        content_weight: Weight of the content loss, SRGAN stage.
        adversarial_weight: Weight of the adversarial loss, SRGAN stage.
        checkerboard_weight: Weight of the checkerboard loss, SRGAN stage.
        lpips_weight: Weight of LPIPS as a loss, SRGAN stage.
        lpips: Weights of LPIPS, for the validation and the loss; empty for none.
    """

    name: str
    data: Path
    runs_dir: Path = Path("runs")
    init: str = ""
    network: str = "srgan-generator"
    degradation: str = "bicubic"
    fading: float = 0.0
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
    acceleration: str = "none"
    validate_every: int = 1000
    checkpoint_every: int = 500
    max_minutes: float = 0.0
    adversarial: str = "none"
    vgg: str = ""
    content_layers: str = "conv3_4 conv4_4 conv5_4"
    pixel_weight: float = 1.0
    content_weight: float = 0.0
    adversarial_weight: float = 0.0
    checkerboard_weight: float = 0.0
    lpips_weight: float = 0.0
    lpips: str = ""

    @property
    def is_srgan(self) -> bool:
        """There is a discriminator: content and adversarial loss."""
        return self.adversarial != "none"

    @property
    def network_args(self) -> dict[str, int]:
        """The generator's constructor arguments: those of the three that it takes."""
        taken = inspect.signature(NETWORKS[self.network]).parameters
        given = {"scale": self.scale, "channels": self.channels, "blocks": self.blocks}
        return {name: value for name, value in given.items() if name in taken}

    @property
    def damage(self) -> Damage | None:
        """What is done anew to each crop; None where the small side is made once."""
        if self.degradation in SHRINKS:
            return None
        return find_damage(self.degradation, fading=self.fading)

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
    for key, choices in CHOICES.items():
        if (value := getattr(config, key)) not in choices:
            raise SettingsError(f"{path}: {key} must be one of {choices}, not {value!r}.")
    for key in ("max_minutes", "pixel_weight", "content_weight", "adversarial_weight",
                "checkerboard_weight", "lpips_weight", "fading"):  # fmt: skip
        if getattr(config, key) < 0:
            raise SettingsError(f"{path}: {key} must not be below 0.")
    if config.fading > 1 or (config.fading > 0 and config.degradation in SHRINKS):
        raise SettingsError(f"{path}: fading is a chance, and part of a random degradation only.")
    if config.degradation not in SHRINKS:
        find_damage(config.degradation)
    try:
        with torch.device("meta"):
            network = NETWORKS[config.network](**config.network_args)
    except ValueError as error:
        raise SettingsError(f"{path}: {config.network}: {error}.") from error
    if config.crop_px % getattr(network, "multiple_of", 1):
        raise SettingsError(f"{path}: crop_px must be a multiple of {network.multiple_of}.")
    if config.checkerboard_weight > 0 and config.crop_px * config.scale % GRID_PX:
        raise SettingsError(
            f"{path}: crop_px * scale must be a multiple of {GRID_PX} for the checkerboard loss."
        )
    if config.is_srgan and config.content_weight > 0 and not config.vgg:
        raise SettingsError(f"{path}: the content loss needs vgg, a file or 'torchvision'.")
    if config.lpips_weight > 0 and not config.lpips:
        raise SettingsError(f"{path}: lpips_weight needs lpips, a file of weights.")
    if config.lpips_weight > 0 and config.crop_px * config.scale < LEAST_LPIPS_PX:
        raise SettingsError(
            f"{path}: crop_px * scale must be at least {LEAST_LPIPS_PX} px for LPIPS as a loss."
        )
    return config
