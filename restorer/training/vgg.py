"""VGG19's feature maps, for the content loss."""

from __future__ import annotations

import importlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from restorer.errors import SettingsError

BLOCKS = {1: (64, 2), 2: (128, 2), 3: (256, 4), 4: (512, 4), 5: (512, 4)}  # channels, convolutions
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class VggFeatures(nn.Module):
    """The convolutions of VGG19 up to the deepest layer asked for.

    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    2015, arXiv:1409.1556, configuration E. Differs: reflected instead of zero borders, so that a
    crop's edge looks like no edge, and pooling rounds up.

    Args:
        layers: Names like conv5_4; their outputs before activation are returned.

    Shapes:
        input (N, 3, H, W), range 0..1, sides at least 32; output one (N, C, h, w) for each layer.
    """

    def __init__(self, layers: tuple[str, ...]) -> None:
        super().__init__()
        names = [f"conv{block}_{i + 1}" for block in BLOCKS for i in range(BLOCKS[block][1])]
        unknown = set(layers) - set(names)
        if unknown or not layers:
            raise SettingsError(f"VGG19 has no layer {', '.join(sorted(unknown)) or 'of no name'}.")
        self.layers = layers
        self.names = names[: max(map(names.index, layers)) + 1]
        self.input = nn.Conv2d(3, 3, 1)
        before = 3
        for name in self.names:
            channels = BLOCKS[int(name[4])][0]
            self.add_module(name, nn.Conv2d(before, channels, 3, padding=1, padding_mode="reflect"))
            before = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps; shapes are in the class's docstring."""
        found = {}
        x = self.input(x)
        for name in self.names:
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2, ceil_mode=True)
            x = self.get_submodule(name)(x)
            if name in self.layers:
                found[name] = x
            x = F.relu(x)
        return [found[name] for name in self.layers]


def load_vgg(source: str, layers: str) -> VggFeatures:
    """Return the features with their weights, frozen.

    Args:
        source: A .safetensors file with tensors conv1_1.weight and so on, and an optional 1x1
            convolution `input`; or "torchvision" for torchvision's own download.
        layers: Names of the layers, separated by spaces.

    Raises:
        SettingsError: The weights cannot be had or do not fit.
    """
    network = VggFeatures(tuple(layers.split()))
    weights = _from_torchvision(network.names) if source == "torchvision" else _from_file(source)
    try:
        network.load_state_dict(
            {name: weights[name].float() for name in network.state_dict()}, strict=True
        )
    except (KeyError, RuntimeError) as error:
        raise SettingsError(f"{source} are no weights of VGG19: {error}") from error
    return network.eval().requires_grad_(False)


def _from_file(source: str) -> dict[str, Tensor]:
    try:
        return load_file(Path(source))
    except (OSError, SafetensorError) as error:
        raise SettingsError(f"Cannot read the VGG weights {source}: {error}") from error


def _from_torchvision(names: list[str]) -> dict[str, Tensor]:
    try:
        models = importlib.import_module("torchvision.models")
    except ImportError as error:
        raise SettingsError("vgg = 'torchvision' needs torchvision: install it.") from error
    try:
        features = models.vgg19(weights="IMAGENET1K_V1").features
    except OSError as error:
        raise SettingsError(f"torchvision cannot fetch the VGG weights: {error}") from error
    layers = [layer for layer in features if isinstance(layer, nn.Conv2d)]
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    weights = {"input.weight": torch.diag(1 / std)[:, :, None, None], "input.bias": -mean / std}
    for name, layer in zip(names, layers, strict=False):
        assert layer.bias is not None
        weights |= {f"{name}.weight": layer.weight.detach(), f"{name}.bias": layer.bias.detach()}
    return weights
