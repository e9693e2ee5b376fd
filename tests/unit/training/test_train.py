import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from restorer.engine.model_files import load_network
from restorer.errors import PhotoReadError, SettingsError
from restorer.training.config import TrainConfig, load_config
from restorer.training.data import draw_batch, load_pairs, split_photos
from restorer.training.export import export
from restorer.training.train import learning_rate, train


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in (9, 10, 11):
        pixels = rng.integers(0, 256, (66, 70, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04}.png")
    return folder


@pytest.fixture
def config(tmp_path, photos):
    return TrainConfig(
        name="run", data=photos, runs_dir=tmp_path / "runs", channels=4, blocks=1, crop_px=8,
        batch_size=2, steps=4, warmup_steps=2, decay_steps=2, validate_every=2,
        checkpoint_every=2, device="cpu",
    )  # fmt: skip


def log_rows(config):
    return list(csv.DictReader((config.run_dir / "log.csv").read_text().splitlines()))


def weights(checkpoint):
    state = torch.load(checkpoint, weights_only=True)
    return {**state["network"], **state["average"]}


def test_a_run_writes_a_log_and_a_checkpoint(config):
    train(config)
    rows = log_rows(config)
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(np.isfinite(float(row["pixel_loss"])) for row in rows)
    assert [path.name for path in config.run_dir.iterdir() if path.suffix == ".part"] == []


def test_going_on_equals_not_stopping(config, tmp_path, monkeypatch):
    whole = weights(train(config))
    other = replace(config, runs_dir=tmp_path / "stopped")

    def interrupted(pairs, *, step, **rest):
        if step == 3:  # the checkpoint is of step 2: one step is lost and done again
            raise KeyboardInterrupt
        return draw_batch(pairs, step=step, **rest)

    with monkeypatch.context() as patched:
        patched.setattr("restorer.training.train.draw_batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(other)
    resumed = weights(train(other))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_run_lowers_the_loss(config):
    train(replace(config, steps=60, learning_rate=1e-3, validate_every=20))
    rows = log_rows(config)
    assert float(rows[-1]["validation_psnr"]) > float(rows[0]["validation_psnr"])


def test_a_checkpoint_of_another_network_is_refused(config):
    train(config)
    with pytest.raises(SettingsError, match="another network"):
        train(replace(config, channels=8))


def test_a_foreign_checkpoint_is_refused(config):
    config.run_dir.mkdir(parents=True)
    (config.run_dir / "checkpoint.pt").write_bytes(b"nothing of ours")
    with pytest.raises(SettingsError, match="no checkpoint"):
        train(config)


def test_an_export_loads_and_starts_another_run(config, tmp_path):
    card = export(
        train(config), tmp_path / "mine.safetensors", title="Mine", description="",
        license="MIT", training="noise",
    )  # fmt: skip
    assert (card.name, card.scale, card.halo_px) == ("mine", 4, 10)
    assert card.training == "noise; 4 steps"
    assert load_network(card)(torch.rand(1, 3, 6, 5)).shape == (1, 3, 24, 20)
    train(replace(config, name="second", init=str(card.path)))
    with pytest.raises(SettingsError, match="does not fit"):
        train(replace(config, name="third", channels=8, init=str(card.path)))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: folder.rename(folder.with_name("gone")), SettingsError, "no folder"),
        (lambda folder: [p.unlink() for p in folder.iterdir()], SettingsError, "no photograph"),
        (lambda folder: (folder / "0012.jpg").write_bytes(b"?"), PhotoReadError, "0012.jpg"),
        (
            lambda folder: Image.new("RGB", (20, 20)).save(folder / "0012.png"),
            SettingsError,
            "too small",
        ),
    ],
    ids=["missing", "empty", "broken", "small"],
)
def test_a_folder_that_does_not_do_is_named(config, photos, make, error, words):
    make(photos)
    with pytest.raises(error, match=words):
        train(config)


def test_a_tenth_is_kept_for_validation(tmp_path):
    numbered = [tmp_path / f"{number:04}.jpg" for number in (7, 10, 11, 20)]
    training, validation = split_photos(numbered)
    assert [path.stem for path in validation] == ["0010", "0020"]
    assert [path.stem for path in training] == ["0007", "0011"]
    named = [tmp_path / f"{letter}.jpg" for letter in "abcdefghijk"]
    assert [path.stem for path in split_photos(named)[1]] == ["a", "k"]


def test_small_and_sharp_crops_show_the_same_place(photos):
    from restorer.training.degrade import shrink_bicubic

    pairs = load_pairs(sorted(photos.iterdir()), 4)
    small, sharp = draw_batch(pairs, batch_size=8, crop_px=8, seed=1, step=5)
    assert small.shape == (8, 3, 8, 8)
    assert sharp.shape == (8, 3, 32, 32)
    for one, large in zip(small, sharp, strict=True):
        pixels = (large * 255).byte().permute(1, 2, 0).numpy()
        again = shrink_bicubic(pixels, 4)[2:-2, 2:-2] / 255  # the border has other neighbours
        assert np.abs(again - one.permute(1, 2, 0).numpy()[2:-2, 2:-2]).max() < 0.02


def test_crops_follow_from_seed_and_step(photos):
    pairs = load_pairs(sorted(photos.iterdir()), 4)

    def draw(seed, step):
        return draw_batch(pairs, batch_size=2, crop_px=8, seed=seed, step=step)[0]

    assert torch.equal(draw(1, 5), draw(1, 5))
    assert not torch.equal(draw(1, 5), draw(1, 6))
    assert not torch.equal(draw(1, 5), draw(2, 5))


def test_the_learning_rate_warms_up_stays_and_decays(config):
    long = replace(config, steps=100, warmup_steps=10, decay_steps=50, learning_rate=1.0)
    rates = [learning_rate(long, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:50] == [1.0] * 40
    assert rates[50:] == sorted(rates[50:], reverse=True)
    assert rates[-1] < 0.01


def write(path, text):
    path.write_text(text)
    return path


def test_overrides_win_over_the_file(tmp_path):
    path = write(tmp_path / "c.toml", 'name = "a"\ndata = "x"\nsteps = 5')
    config = load_config(path, ["steps=7", "learning_rate=1", "name=b"])
    assert (config.steps, config.learning_rate, config.name) == (7, 1.0, "b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "a"', "data is missing"),
        ('name = "a"\ndata = "x"\nstepz = 5', "no setting 'stepz'"),
        ('name = "a"\ndata = "x"\nsteps = "many"', "steps must be int"),
        ('name = "a"\ndata = "x"\nsteps = 0', "at least 1"),
        ('name = "a"\ndata = "x"\nlearning_rate = -1.0', "learning_rate"),
        ('name = "a"\ndata = "x"\nprecision = "fp8"', "precision"),
        ("name = ", "not a TOML file"),
    ],
)
def test_a_bad_config_is_named(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        load_config(write(tmp_path / "c.toml", text))


def test_a_missing_config_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"Cannot read .*gone\.toml"):
        load_config(tmp_path / "gone.toml")
