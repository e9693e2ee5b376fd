"""The training loop, top to bottom: config, data, network, loss, optimiser, steps."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from restorer.errors import SettingsError
from restorer.networks.srgan import Generator
from restorer.training.config import TrainConfig
from restorer.training.data import Pair, draw_batch, list_photos, load_pairs, split_photos
from restorer.training.evaluate import luma, psnr
from restorer.training.losses import pixel_loss

VALIDATION_CROP_PX = 256
CHECKPOINT = "checkpoint.pt"


def train(config: TrainConfig) -> Path:
    """Train until config.steps, going on from the run's checkpoint if there is one.

    The run's folder gets log.csv and checkpoint.pt. A run that was stopped and goes on gives the
    same weights as one that was not.

    Returns:
        The last checkpoint.

    Raises:
        SettingsError: No photographs, one too small, or a checkpoint of another network.
        PhotoReadError: A photograph cannot be read.
    """
    device = torch.device(
        ("cuda" if torch.cuda.is_available() else "cpu")
        if config.device == "auto"
        else config.device
    )
    torch.manual_seed(config.seed)
    photos, held_out = split_photos(list_photos(config.data))
    network = Generator(scale=config.scale, channels=config.channels, blocks=config.blocks)
    if config.init:
        _load_initial(network, config)
    network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema_decay)
    )
    optimizer = torch.optim.Adam(
        network.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True
    )
    checkpoint = config.run_dir / CHECKPOINT
    done = _resume(checkpoint, config, network, average, optimizer)

    pairs = load_pairs(photos, config.scale)
    _check_sizes(pairs, photos, config.crop_px)
    validation = load_pairs(held_out, config.scale, center_px=VALIDATION_CROP_PX)

    config.run_dir.mkdir(parents=True, exist_ok=True)
    log = _Log(config.run_dir / "log.csv")
    progress = tqdm(range(done, config.steps), initial=done, total=config.steps, desc=config.name)
    for step in progress:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step)
        small, sharp = draw_batch(
            pairs,
            batch_size=config.batch_size,
            crop_px=config.crop_px,
            seed=config.seed,
            step=step,
        )
        small = small.to(device, memory_format=torch.channels_last)
        sharp = sharp.to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16"):
            output = network(small)
        loss = pixel_loss(output.float(), sharp)
        if not torch.isfinite(loss):
            raise SettingsError(
                f"The loss is not a number at step {step}: go on from {checkpoint} with a lower "
                "learning_rate."
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        average.update_parameters(network)

        finished = step + 1
        if finished % config.validate_every == 0 or finished == config.steps:
            score = validate(average.module, validation, device)
            log.write(
                step=finished, pixel_loss=loss.item(), validation_psnr=score,
                learning_rate=learning_rate(config, step),
            )  # fmt: skip
            progress.write(f"step {finished}: validation {score:.3f} dB")
        if finished % config.checkpoint_every == 0 or finished == config.steps:
            _save(checkpoint, config, finished, network, average, optimizer)
    return checkpoint


def learning_rate(config: TrainConfig, step: int) -> float:
    """Warm-up, plateau, and a half-cosine decay over the last steps."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    left = (config.steps - step) / max(1, config.decay_steps)
    decay = 0.5 - 0.5 * math.cos(math.pi * min(1.0, left))
    return config.learning_rate * warm * decay


@torch.inference_mode()
def validate(network: nn.Module, pairs: Sequence[Pair], device: torch.device) -> float:
    """Return the mean PSNR on the Y channel, dB, without a 4-pixel border."""
    scores = []
    for pair in pairs:
        small = pair.small[None].to(device, memory_format=torch.channels_last).float() / 255
        output = network(small)[0].clamp(0, 1).mul(255).round().cpu()
        scores.append(
            psnr(
                luma(output.permute(1, 2, 0).numpy()),
                luma(pair.sharp.permute(1, 2, 0).numpy()),
                border_px=4,
            )
        )
    return sum(scores) / len(scores) if scores else math.nan


def load_average(checkpoint: Path) -> tuple[dict[str, Any], dict[str, Tensor], int]:
    """Return the generator's arguments, its averaged weights and the steps done.

    Raises:
        SettingsError: The file is missing or no checkpoint.
    """
    state = _read(checkpoint)
    weights = {
        name.removeprefix("module."): tensor
        for name, tensor in state["average"].items()
        if name.startswith("module.")
    }
    return state["network_args"], weights, state["step"]


def _network_args(config: TrainConfig) -> dict[str, int]:
    return {"scale": config.scale, "channels": config.channels, "blocks": config.blocks}


def _load_initial(network: nn.Module, config: TrainConfig) -> None:
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(config.init))
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"{config.init} does not fit the network: {error}") from error


def _check_sizes(pairs: Sequence[Pair], photos: Sequence[Path], crop_px: int) -> None:
    for pair, path in zip(pairs, photos, strict=True):
        if min(pair.small.shape[1:]) < crop_px:
            raise SettingsError(f"{path.name} is too small for crops of {crop_px} px.")


def _save(
    checkpoint: Path, config: TrainConfig, step: int, network: nn.Module,
    average: nn.Module, optimizer: torch.optim.Optimizer,
) -> None:  # fmt: skip
    state = {
        "network_args": _network_args(config), "step": step, "network": network.state_dict(),
        "average": average.state_dict(), "optimizer": optimizer.state_dict(),
    }  # fmt: skip
    part = checkpoint.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, checkpoint)


def _read(checkpoint: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if not {"network_args", "step", "average"} <= state.keys():
            raise ValueError("parts are missing")
    except FileNotFoundError as error:
        raise SettingsError(f"There is no checkpoint {checkpoint}.") from error
    except Exception as error:  # torch.load raises many kinds for a foreign file
        raise SettingsError(f"{checkpoint} is no checkpoint of this program: {error}") from error
    return state


def _resume(
    checkpoint: Path, config: TrainConfig, network: nn.Module, average: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> int:  # fmt: skip
    if not checkpoint.exists():
        return 0
    state = _read(checkpoint)
    if state["network_args"] != _network_args(config):
        raise SettingsError(
            f"{checkpoint} is of another network ({state['network_args']}): choose another name "
            "for this run or remove the checkpoint."
        )
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


class _Log:
    """A CSV file that grows by a row at each measurement."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = time.monotonic()

    def write(self, **values: float) -> None:
        row = {**values, "seconds": round(time.monotonic() - self._begin, 1)}
        new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
