"""Every recipe trains, goes on where it stopped, and gives a model file that loads."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from restorer.engine.model_files import load_network
from restorer.errors import SettingsError
from restorer.training import __main__ as program
from restorer.training.config import load_config
from restorer.training.data import Pool
from restorer.training.export import export
from restorer.training.timing import balance
from restorer.training.train import train

CONFIGS = sorted((Path(program.__file__).parent / "configs").glob("*.toml"))
TINY = {
    "drcn": {"channels": 4, "blocks": 2},
    "espcn": {"channels": 4},
    "rrdb-generator": {"channels": 4, "blocks": 1},
    "srcnn": {"channels": 4},
    "srgan-generator": {"channels": 4, "blocks": 1},
    "swinir-light": {"channels": 6, "blocks": 1},
    "clean-generator": {"channels": 4, "blocks": 1},
    "unet-generator": {"channels": 4},
}


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def recipe(request, tmp_path, photos, vgg):
    """A config as it is, but for its size."""
    config = load_config(request.param)
    return replace(
        config, data=photos, runs_dir=tmp_path / "runs", init="", batch_size=2, steps=3,
        crop_px=16, warmup_steps=1, decay_steps=1, validate_every=3, checkpoint_every=2,
        device="cpu", precision="fp32", lpips="", lpips_weight=0.0, vgg=vgg if config.vgg else "",
        content_layers="conv1_2 conv2_1", **TINY[config.network],
    )  # fmt: skip


def weights(checkpoint):
    return torch.load(checkpoint, weights_only=True)["network"]


@pytest.mark.slow
def test_a_recipe_trains_goes_on_and_gives_a_model(recipe, tmp_path, monkeypatch):
    whole = weights(train(recipe))
    other = replace(recipe, runs_dir=tmp_path / "stopped")
    draw = Pool.draw

    def interrupted(pool, *, step, **rest):
        if step == 2:
            raise KeyboardInterrupt
        return draw(pool, step=step, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(Pool, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(other)
    resumed = weights(train(other))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)

    row = next(csv.DictReader((recipe.run_dir / "log.csv").read_text().splitlines()))
    losses = {name: float(value) for name, value in row.items()}
    assert all(np.isfinite(value) for value in losses.values())
    if recipe.adversarial == "conditional":
        assert 0 < losses["D(G(b), b)"] < 1
        assert 0 < losses["D(a, b)"] < 1
    assert ("recursion_loss" in losses) == (recipe.network == "drcn")

    card = export(
        recipe.run_dir / "checkpoint.pt", tmp_path / "mine.safetensors", title="Mine",
        description="", license="MIT", training="noise",
    )  # fmt: skip
    assert (card.network, card.degradation) == (recipe.network, recipe.degradation)
    side = 2 * card.multiple_of
    picture = load_network(card)(torch.rand(1, 3, side, side))
    assert picture.shape == (1, 3, side * card.scale, side * card.scale)


def test_the_losses_of_the_three_steps_are_balanced_like_others(tmp_path, photos):
    words = [f"data={photos}", f"runs_dir={tmp_path}", "device=cpu", "channels=4", "crop_px=16",
             "batch_size=1", "lpips=''", "precision=fp32"]  # fmt: skip
    terms = balance(load_config(CONFIGS[0].parent / "film_x4_gan.toml", words), 1)
    assert terms.keys() == {"pixel_loss", "adversarial_loss"}
    assert all(term.gradient > 0 for term in terms.values())


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path, photos):
    words = [f"data={photos}", f"runs_dir={tmp_path}", "name=run", "steps=1", "device=cpu",
             "channels=4", "blocks=1", "crop_px=8", "batch_size=1"]  # fmt: skip
    folder = CONFIGS[0].parent
    train(load_config(folder / "espcn_x4.toml", words))
    with pytest.raises(SettingsError, match="another network"):
        train(load_config(folder / "srcnn_x4.toml", words))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["degradation=rust"], "rust"),
        (["network=resnet"], "network must be one of"),
        (["fading=2.0"], "fading"),
        (["degradation=bicubic", "fading=0.5"], "fading"),
        (["scale=2"], "scale must be 1"),
        (["crop_px=15"], "multiple of 2"),
    ],
)
def test_a_config_that_cannot_be_is_named(words, message):
    with pytest.raises(SettingsError, match=message):
        load_config(CONFIGS[0].parent / "clean_x1.toml", words)
