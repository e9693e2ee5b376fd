"""Cleaning, and running networks of every kind."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from restorer.engine import inference
from restorer.engine.device import Compute, choose_device
from restorer.engine.inference import tile_joins
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard, read_card, save_network
from restorer.engine.photo import Photo
from restorer.errors import SettingsError
from restorer.modes import MODES, offered_modes
from restorer.modes.clean import Clean
from restorer.modes.upscale import Upscale
from restorer.networks import NETWORKS

SMALL = {
    "rrdb-generator": {"channels": 4, "blocks": 1, "growth": 2},
    "swinir-light": {"channels": 6, "blocks": 1, "layers": 2, "heads": 2},
    "unet-generator": {"channels": 4},
    "srcnn": {"channels": 4},
    "espcn": {"channels": 4},
    "drcn": {"channels": 4, "blocks": 2},
}


def noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def step(mode, card, tile="auto", **params):
    return Step(mode, params, card, Compute("cpu", "fp32", tile))


def model(folder, name, **changes):
    torch.manual_seed(0)
    network = NETWORKS[name](**SMALL[name])
    multiple_of = getattr(network, "multiple_of", 1)
    halo_px, feather_px = tile_joins(network, 4, multiple_of=multiple_of)
    card = ModelCard(
        path=folder / f"{name}.safetensors", title=name, network=name, network_args=SMALL[name],
        scale=4, halo_px=halo_px, feather_px=feather_px, multiple_of=multiple_of, license="MIT",
    )  # fmt: skip
    save_network(network, replace(card, **changes))
    return read_card(card.path)


@pytest.mark.parametrize("name", SMALL)
def test_upscale_runs_every_network_and_joins_its_tiles_exactly(tmp_path, name, ctx):
    card = model(tmp_path, name)
    photo = Photo(noise(107, 150))
    whole = Upscale().restore(photo, step(Upscale(), card, "whole"), ctx).photo.pixels
    tiled = Upscale().restore(photo, step(Upscale(), card, 64), ctx).photo.pixels
    assert whole.shape == (428, 600, 3)
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # layers of other shapes round otherwise


def test_a_network_that_looks_too_far_is_run_with_feathered_tiles(tmp_path, ctx):
    card = model(tmp_path, "rrdb-generator", halo_px=8, feather_px=4)
    assert (card.halo_px, card.feather_px) == (8, 4)
    photo = Photo(noise(100, 150))
    whole = Upscale().restore(photo, step(Upscale(), card, "whole"), ctx).photo.pixels
    tiled = Upscale().restore(photo, step(Upscale(), card, 64), ctx).photo.pixels
    assert np.abs(whole.astype(int) - tiled).mean() < 2


def test_cleaning_joins_exactly_and_keeps_size_and_alpha(tiny_cleaner, ctx):
    alpha = noise(107, 151)[:, :, 0].copy()
    photo = Photo(noise(107, 151), alpha)
    whole = Clean().restore(photo, step(Clean(), tiny_cleaner, "whole"), ctx)
    tiled = Clean().restore(photo, step(Clean(), tiny_cleaner, 64), ctx).photo
    assert (whole.photo.pixels == tiled.pixels).all()
    assert (whole.photo.alpha == alpha).all()
    assert (whole.photo.pixels != photo.pixels).any()
    assert whole.facts["agreement_db"] is None
    assert "scale" not in whole.facts


def test_each_mode_refuses_the_models_of_the_other(tiny_model, tiny_cleaner, ctx):
    for mode, card in ((Upscale(), tiny_cleaner), (Clean(), tiny_model)):
        assert not mode.fits(card)
        with pytest.raises(SettingsError, match="not for the mode"):
            mode.restore(Photo(noise(8, 8)), step(mode, card), ctx)


def test_a_model_that_removes_damage_offers_no_agreement(tiny_model, ctx):
    card = replace(tiny_model, degradation="photo")
    keys = {param.key for param in Upscale().params_for(card)}
    assert keys == {"scale"}
    restored = Upscale().restore(Photo(noise(8, 8)), step(Upscale(), card, agree=True), ctx)
    assert restored.facts["agreement_db"] is None


def test_the_window_offers_a_mode_only_with_a_model(tiny_model, tiny_cleaner):
    def offered(upscale, clean):
        return [mode.id for mode in offered_modes({"upscale": upscale, "clean": clean})]

    assert offered([tiny_model], [tiny_cleaner]) == ["upscale", "clean", "denoise"]
    assert offered([tiny_model], []) == ["upscale", "denoise"]
    assert offered([], []) == ["upscale", "denoise"]  # the first says where models go
    assert MODES[0].id == "upscale"


def test_a_network_of_large_maps_gets_smaller_tiles(tmp_path, tiny_model, monkeypatch):
    monkeypatch.setattr(inference, "free_memory_bytes", lambda device: 10**9)
    cpu = choose_device("cpu")
    plain = inference.Inference(tiny_model, cpu, "fp32").tile_px("auto")
    monkeypatch.setitem(SMALL, "drcn", {"channels": 256, "blocks": 1})
    wide = model(tmp_path, "drcn", network_args=SMALL["drcn"])
    assert inference.Inference(wide, cpu, "fp32").tile_px("auto") < plain / 2
