"""What all tests share: a home of their own, a photograph, a small model."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

# Before anything imports Qt: without a display it would abort the whole run.
if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from restorer.engine.detail import ModelPair, find_pair
from restorer.engine.jobs import RunContext
from restorer.engine.model_files import ModelCard, read_card, save_network
from restorer.engine.photo import Photo

PhotoFactory = Callable[..., Photo]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder: empty, and another one for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RESTORER_HOME", str(folder))
    return folder


@pytest.fixture
def photo() -> PhotoFactory:
    """Makes a photograph of smooth colours and noise, the same each time."""

    def make(
        height: int = 24,
        width: int = 32,
        *,
        dtype: type[np.generic] = np.uint8,
        alpha: bool = False,
        seed: int = 0,
        **fields: object,
    ) -> Photo:
        rng = np.random.default_rng(seed)
        top = np.iinfo(dtype).max
        rows = np.linspace(0.2, 0.8, height)[:, None, None]
        columns = np.linspace(0.1, 0.9, width)[None, :, None]
        colors = rows * np.array([1, 0.5, 0.2]) + columns * np.array([0.1, 0.4, 0.7])
        noisy = np.clip(colors + rng.normal(0, 0.05, (height, width, 3)), 0, 1)
        shape = rng.integers(0, top, (height, width), endpoint=True).astype(dtype)
        return Photo((noisy * top).astype(dtype), shape if alpha else None, **fields)

    return make


@pytest.fixture(scope="session")
def _tiny_model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    from restorer.engine.inference import measure_reach_px
    from restorer.networks.srgan import Generator

    torch.manual_seed(0)
    network = Generator(scale=4, channels=8, blocks=2)
    card = ModelCard(
        path=tmp_path_factory.mktemp("models") / "tiny-x4.safetensors",
        title="Tiny x4",
        network="srgan-generator",
        network_args={"scale": 4, "channels": 8, "blocks": 2},
        scale=4,
        halo_px=measure_reach_px(network, 4),
        multiple_of=1,
        license="MIT",
        description="Not trained: for tests.",
    )
    save_network(network, card)
    return card.path


@pytest.fixture
def tiny_model(_tiny_model_file: Path, home: Path) -> ModelCard:
    """A small untrained upscaler with a real card, installed among the user's models."""
    path = home / "models" / _tiny_model_file.name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_tiny_model_file.read_bytes())
    return read_card(path)


@pytest.fixture
def tiny_cleaner(home: Path) -> ModelCard:
    """A small untrained cleaner with a real card, installed among the user's models."""
    import torch

    from restorer.engine.inference import measure_reach_px
    from restorer.networks.clean import CleanGenerator

    torch.manual_seed(0)
    network = CleanGenerator(channels=8, blocks=1)
    path = home / "models" / "tiny-clean-x1.safetensors"
    path.parent.mkdir(exist_ok=True)
    card = ModelCard(
        path=path,
        title="Tiny cleaner",
        network="clean-generator",
        network_args={"scale": 1, "channels": 8, "blocks": 1},
        scale=1,
        halo_px=measure_reach_px(network, 1, multiple_of=2),
        multiple_of=2,
        license="MIT",
        description="Not trained: for tests.",
        degradation="clean",
    )
    save_network(network, card)
    return read_card(path)


@pytest.fixture
def tiny_pair(home: Path) -> ModelPair:
    """A faithful and an SRGAN model that are partners, small and untrained, installed."""
    import torch

    from restorer.engine.inference import measure_reach_px
    from restorer.networks.srgan import Generator

    folder = home / "models"
    folder.mkdir(exist_ok=True)
    for index, role in enumerate(("faithful", "srgan")):
        torch.manual_seed(index)
        network = Generator(scale=4, channels=8, blocks=2)
        card = ModelCard(
            path=folder / f"tiny-{role}-x4.safetensors",
            title=f"Tiny {role} x4",
            network="srgan-generator",
            network_args={"scale": 4, "channels": 8, "blocks": 2},
            scale=4,
            halo_px=measure_reach_px(network, 4),
            multiple_of=1,
            license="MIT",
            role=role,
            pair=f"tiny-{'srgan' if role == 'faithful' else 'faithful'}-x4",
        )
        save_network(network, card)
    pair = find_pair(read_card(card.path))
    assert pair is not None
    return pair


@pytest.fixture
def tiny_prior(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deep Image Prior fits a network of two narrow scales, which takes a tenth of the time.

    Slow tests keep the real one: there the result has to be good.
    """
    if request.node.get_closest_marker("slow") is not None:
        return
    from restorer.engine.deep_prior import recipes
    from restorer.networks import skip_net

    def tiny_net(in_channels: int, out_channels: int) -> skip_net.SkipNet:
        return skip_net.SkipNet(in_channels, out_channels, widths=(4, 8), skips=(2, 2))

    monkeypatch.setitem(skip_net.NETS, "tiny", tiny_net)
    for table in (recipes.DENOISE, recipes.REPAIR):
        for key, recipe in table.items():
            monkeypatch.setitem(table, key, replace(recipe, network="tiny"))


@pytest.fixture
def ctx() -> RunContext:
    """A context that reports to nobody."""
    return RunContext.quiet()
