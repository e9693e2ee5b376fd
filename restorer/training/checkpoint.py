"""What a run keeps, so that it can stop at any time and go on."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from restorer.engine.files.safe_file import new_file
from restorer.errors import SettingsError
from restorer.training.config import TrainConfig
from restorer.training.steps import Trainee

AVERAGE_PREFIX = "module."


@dataclass(frozen=True, eq=False)
class Average:
    """What an export takes from a checkpoint.

    Attributes:
        network: The generator, a key of restorer.networks.NETWORKS.
        network_args: Its constructor arguments.
        weights: Its averaged weights.
        degradation: What it was trained to restore from.
        steps: How many were done.
    """

    network: str
    network_args: dict[str, Any]
    weights: dict[str, Tensor]
    degradation: str
    steps: int


def save(path: Path, config: TrainConfig, step: int, trainee: Trainee) -> None:
    """Write all that going on takes, whole or not at all.

    Raises:
        SettingsError: A weight is not a number; what was there stays.
    """
    state = _average_state(config, step, trainee)
    state["network"] = trainee.generator.state_dict()
    state["optimizer"] = trainee.optimizer.state_dict()
    if trainee.discriminator is not None and trainee.discriminator_optimizer is not None:
        state["discriminator"] = trainee.discriminator.state_dict()
        state["discriminator_optimizer"] = trainee.discriminator_optimizer.state_dict()
    tensors = [*state["network"].values(), *state.get("discriminator", {}).values()]
    # All in one look, which waits for the device.
    if not torch.stack([tensor.isfinite().all() for tensor in tensors]).all():
        raise SettingsError(
            f"A weight is not a number at step {step}: go on from {path} with a lower "
            "learning_rate."
        )
    _write(state, path)


def save_average(
    path: Path, config: TrainConfig, step: int, trainee: Trainee, *, score: float
) -> None:
    """Write only what an export takes: the averaged weights, and what they were chosen by."""
    _write({**_average_state(config, step, trainee), "score": score}, path)


def read_score(path: Path) -> float:
    """Return what save_average was given, minus infinity if there is no such file yet."""
    return float(_read(path)["score"]) if path.exists() else -math.inf


def load_average(checkpoint: Path) -> Average:
    """Return what an export takes.

    Raises:
        SettingsError: The file is missing or no checkpoint.
    """
    state = _read(checkpoint)
    return Average(
        # The first checkpoints had one kind of network and of degradation, and did not say so.
        network=state.get("architecture", "srgan-generator"),
        network_args=state["network_args"],
        weights=_without_prefix(state["average"]),
        degradation=state.get("degradation", "bicubic"),
        steps=state["step"],
    )


def resume(path: Path, config: TrainConfig, trainee: Trainee) -> int:
    """Go on from a checkpoint if there is one, else begin with config.init; return the steps done.

    Raises:
        SettingsError: It is no checkpoint, of another network, or of another stage; init cannot be
            read or does not fit.
    """
    if not path.exists():
        if config.init:
            load_initial(trainee.generator, config.init)
            trainee.average.load_state_dict(trainee.generator.state_dict())
        return 0
    state = _read(path)
    architecture = state.get("architecture", "srgan-generator")
    if (architecture, state["network_args"]) != (config.network, config.network_args):
        raise SettingsError(
            f"{path} is of another network ({architecture} {state['network_args']}): choose "
            "another name for this run or remove the checkpoint."
        )
    if "network" not in state or ("discriminator" in state) != config.is_srgan:
        raise SettingsError(
            f"{path} is of another stage: choose another name for this run and start it from that "
            "checkpoint with init."
        )
    try:
        trainee.generator.load_state_dict(state["network"])
        trainee.average.load_state_dict(_without_prefix(state["average"]))
        trainee.optimizer.load_state_dict(state["optimizer"])
        if trainee.discriminator is not None and trainee.discriminator_optimizer is not None:
            trainee.discriminator.load_state_dict(state["discriminator"])
            trainee.discriminator_optimizer.load_state_dict(state["discriminator_optimizer"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise SettingsError(
            f"{path} does not fit, as one of another discriminator (adversarial) or of another "
            "version of this program: choose another name for this run or remove the checkpoint."
        ) from error
    return int(state["step"])


def load_initial(network: nn.Module, source: str) -> None:
    """Begin with the weights of a model file or with the average of another run's checkpoint.

    From a network of another scale comes what does not enlarge: head and body (Lim et al.,
    "Enhanced Deep Residual Networks for Single Image Super-Resolution", 2017, arXiv:1707.02921,
    section 3.2).

    Raises:
        SettingsError: It cannot be read or does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        is_model = source.endswith(".safetensors")
        weights = load_file(source) if is_model else load_average(Path(source)).weights
        if _is_other_scale(network, weights):
            weights = {name: weight for name, weight in weights.items()
                       if not name.startswith(("upsample.", "tail."))}  # fmt: skip
            network.load_state_dict(network.state_dict() | weights)
        else:
            network.load_state_dict(weights)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise SettingsError(f"{source} does not fit the network: {error}") from error


def _is_other_scale(network: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Say whether weights fit a network but for the layers that enlarge."""
    own = {name: weight.shape for name, weight in network.state_dict().items()}
    given = {name: weight.shape for name, weight in weights.items()}
    differing = {name for name, _ in own.items() ^ given.items()}
    return bool(differing) and all(name.startswith("upsample.") for name in differing)


def _average_state(config: TrainConfig, step: int, trainee: Trainee) -> dict[str, Any]:
    average = trainee.average.state_dict()
    return {
        "architecture": config.network,
        "network_args": config.network_args,
        "degradation": config.degradation,
        "step": step,
        "average": {AVERAGE_PREFIX + name: tensor for name, tensor in average.items()},
    }


def _without_prefix(average: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(AVERAGE_PREFIX): tensor
        for name, tensor in average.items()
        if name.startswith(AVERAGE_PREFIX)  # torch's own average keeps a counter beside them
    }


def _write(state: dict[str, Any], path: Path) -> None:
    with new_file(path, overwrite=True) as file:
        torch.save(state, file)


def _read(checkpoint: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if not {"network_args", "step", "average"} <= state.keys():
            raise ValueError("parts are missing")
    except FileNotFoundError as error:
        raise SettingsError(f"There is no checkpoint {checkpoint}.") from error
    except (
        AttributeError, EOFError, KeyError, OSError, RuntimeError, ValueError,
        pickle.UnpicklingError,
    ) as error:  # what torch.load raises for a foreign file  # fmt: skip
        raise SettingsError(f"{checkpoint} is no checkpoint of this program: {error}") from error
    return state
