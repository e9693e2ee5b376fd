from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from restorer.training.vgg import VggFeatures


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photographs, 142 x 138; the one in the middle is for validation."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in (9, 10, 11):
        blocks = rng.integers(0, 256, (35, 36, 3), dtype=np.uint8)
        pixels = blocks.repeat(4, axis=0).repeat(4, axis=1)[:138, :142]
        Image.fromarray(pixels).save(folder / f"{number:04}.png")
    return folder


@pytest.fixture
def vgg(tmp_path: Path) -> str:
    """Random feature weights: what counts here is the way, not the goal."""
    torch.manual_seed(0)
    path = tmp_path / "vgg.safetensors"
    save_file(VggFeatures(("conv2_1",)).state_dict(), path)
    return str(path)
