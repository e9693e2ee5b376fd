"""From a checkpoint to a model file with its card."""

from __future__ import annotations

import copy
from pathlib import Path

import torch

from restorer.engine.inference import tile_joins
from restorer.engine.model_files import SUFFIX, ModelCard, load_network, read_card, save_network
from restorer.errors import SettingsError
from restorer.networks import NETWORKS
from restorer.training.checkpoint import load_average

HALF_LEVEL = 0.5 / 255


def export(
    checkpoint: Path,
    output: Path,
    *,
    title: str,
    description: str,
    license: str,
    training: str,
    role: str = "",
    pair: str = "",
) -> ModelCard:
    """Write a checkpoint's averaged weights, in half precision, as a model file.

    It is read back and compared: no value may depart by half a level of 8 bit.

    Args:
        checkpoint: Made by train.
        output: The model file, ending in .safetensors.
        title: Shown to people.
        description: What the model is good for.
        license: Of the weights.
        training: Where they came from, in one line; the steps done are added.
        role: "faithful" or "srgan" in a pair for the detail dial, else empty.
        pair: Name of its partner, else empty.

    Returns:
        The card of the file.

    Raises:
        SettingsError: The checkpoint cannot be read, the output has another suffix, only one of
            role and pair is given, or the values are too large for half precision.
    """
    if bool(role) != bool(pair):
        raise SettingsError("A pair takes both: a role and the partner's name.")
    if output.suffix != SUFFIX:
        raise SettingsError(f"{output} must end in {SUFFIX}.")
    average = load_average(checkpoint)
    network = NETWORKS[average.network](**average.network_args).eval()
    network.load_state_dict(average.weights)
    scale = int(average.network_args["scale"])
    multiple_of = getattr(network, "multiple_of", 1)
    halo_px, feather_px = tile_joins(network, scale, multiple_of=multiple_of)
    card = ModelCard(
        path=output,
        title=title,
        network=average.network,
        network_args=average.network_args,
        scale=scale,
        halo_px=halo_px,
        feather_px=feather_px,
        multiple_of=multiple_of,
        degradation=average.degradation,
        license=license,
        description=description,
        training=f"{training}; {average.steps} steps",
        role=role,
        pair=pair,
    )
    save_network(copy.deepcopy(network).half(), card)
    written = read_card(output)
    probe = torch.rand(1, 3, 48, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        if not torch.allclose(
            load_network(written)(probe), network(probe), rtol=0, atol=HALF_LEVEL
        ):
            output.unlink()
            raise SettingsError(
                f"{output} would give another picture than its checkpoint: the values are too "
                "large for half precision."
            )
    return written
