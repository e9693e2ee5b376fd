"""LPIPS: how different two pictures look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from restorer.errors import SettingsError

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
CONVOLUTIONS = {0: (3, 64, 11, 4, 2), 3: (64, 192, 5, 1, 2), 6: (192, 384, 3, 1, 1),
                8: (384, 256, 3, 1, 1), 10: (256, 256, 3, 1, 1)}  # fmt: skip
POOLED_BEFORE = (3, 6)


class Lpips(nn.Module):
    """Learned perceptual distance, AlexNet, version 0.1.

    Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018,
    arXiv:1801.03924, eq. 1, with the weights of its authors' package.

    Shapes:
        two inputs (N, 3, H, W), range 0..1; output (N,), 0 for equal pictures.
    """

    shift: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("shift", torch.tensor(SHIFT).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(SCALE).view(1, 3, 1, 1), persistent=False)
        self.features = nn.ModuleDict(
            {
                str(index): nn.Conv2d(before, after, side, stride, padding)
                for index, (before, after, side, stride, padding) in CONVOLUTIONS.items()
            }
        )
        for index, shape in enumerate(CONVOLUTIONS.values()):
            self.add_module(f"lin{index}", nn.Conv2d(shape[1], 1, 1, bias=False))

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the distances; shapes are in the class's docstring."""
        total = torch.zeros(len(one), device=one.device)
        pairs = zip(self._maps(one), self._maps(other), strict=True)
        for index, (a, b) in enumerate(pairs):
            weighted = self.get_submodule(f"lin{index}")((a - b) ** 2)  # (N, 1, h, w)
            total = total + weighted.mean((1, 2, 3))
        return total

    def _maps(self, x: Tensor) -> list[Tensor]:
        maps = []
        x = (2 * x - 1 - self.shift) / self.spread
        for index in CONVOLUTIONS:
            if index in POOLED_BEFORE:
                x = F.max_pool2d(x, 3, 2)
            x = F.relu(self.features[str(index)](x))
            length = x.square().sum(1, keepdim=True).sqrt()
            maps.append(x / (length + 1e-10))
        return maps


def load_lpips(path: Path) -> Lpips:
    """Return LPIPS with weights of a .safetensors file: features.N.* of AlexNet and lin0 to lin4.

    Raises:
        SettingsError: The file cannot be read or does not fit.
    """
    network = Lpips()
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise SettingsError(f"Cannot read the LPIPS weights {path}: {error}") from error
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def distance(network: Lpips, picture: NDArray[np.generic], sharp: NDArray[np.generic]) -> float:
    """Return the distance of two (H, W, 3) RGB pictures."""
    device = next(network.parameters()).device

    def tensor(pixels: NDArray[np.generic]) -> Tensor:
        chw = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
        return torch.from_numpy(chw).to(device).float() / 255  # (1, 3, H, W)

    return float(network(tensor(picture), tensor(sharp)))
