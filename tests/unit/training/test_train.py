import csv
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from safetensors.torch import save_file

from restorer.engine.model_files import load_network
from restorer.errors import PhotoReadError, SettingsError
from restorer.networks.srgan import Generator
from restorer.training import __main__ as program
from restorer.training.checkpoint import load_average, load_initial
from restorer.training.config import TrainConfig, load_config
from restorer.training.data import Pool, read_sharp, split_photos
from restorer.training.export import export
from restorer.training.lpips import Lpips
from restorer.training.steps import make_trainee
from restorer.training.timing import balance, profile
from restorer.training.train import learning_rate, train
from restorer.training.workers import Workers, join_workers


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
    parts = ("network", "average", "discriminator")
    return {f"{part}.{k}": v for part in parts for k, v in state.get(part, {}).items()}


def test_a_run_writes_a_log_and_a_checkpoint(config):
    train(config)
    rows = log_rows(config)
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(np.isfinite(float(row["pixel_loss"])) for row in rows)
    assert [path.name for path in config.run_dir.iterdir() if path.suffix == ".part"] == []


@pytest.fixture
def srgan_config(config, vgg, tmp_path):
    lpips = tmp_path / "lpips.safetensors"
    torch.manual_seed(0)
    save_file(Lpips().state_dict(), lpips)
    return replace(
        config, adversarial="relativistic", vgg=vgg, content_layers="conv1_2 conv2_1",
        content_weight=1.0, adversarial_weight=0.1, checkerboard_weight=1.0, pixel_weight=0.01,
        lpips=str(lpips), lpips_weight=1.0, crop_px=12, learning_rate=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("stage", ["faithful", "srgan", "bf16"])
def test_going_on_equals_not_stopping(config, srgan_config, tmp_path, monkeypatch, stage):
    config = {"faithful": config, "bf16": replace(config, precision="bf16")}.get(
        stage, srgan_config
    )
    whole = weights(train(config))
    other = replace(config, runs_dir=tmp_path / "stopped")
    draw = Pool.draw

    def interrupted(pool, *, step, **rest):
        if step == 3:  # the checkpoint is of step 2: one step is lost and done again
            raise KeyboardInterrupt
        return draw(pool, step=step, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(Pool, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(other)
    resumed = weights(train(other))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_run_stops_when_its_minutes_are_over_and_goes_on(config):
    stopped = train(replace(config, max_minutes=1e-9))
    assert torch.load(stopped, weights_only=True)["step"] == 1
    assert [row["step"] for row in log_rows(config)] == ["1"]
    assert torch.load(train(config), weights_only=True)["step"] == 4


def test_the_srgan_stage_starts_from_the_faithful_one_and_logs_every_term(
    config, srgan_config, capsys
):
    faithful = train(config)
    train(replace(srgan_config, name="second", init=str(faithful)))
    rows = log_rows(replace(config, name="second"))
    terms = {"pixel_loss", "content_loss", "checkerboard_loss", "lpips_loss", "adversarial_loss",
             "discriminator_loss", "D_real", "D_fake"}  # fmt: skip
    assert terms <= rows[0].keys()
    assert all(np.isfinite(float(rows[-1][term])) for term in terms)


@pytest.mark.parametrize("adversarial", ["plain", "relativistic"])
def test_generator_and_discriminator_both_learn(srgan_config, adversarial):
    config = replace(srgan_config, adversarial=adversarial, steps=1)
    after = torch.load(train(config), weights_only=True)
    before = make_trainee(config, torch.device("cpu"))
    assert not torch.equal(after["network"]["tail.weight"], before.generator.tail.weight)
    judge = before.discriminator.judge
    assert not torch.equal(after["discriminator"]["judge.4.weight"], judge[4].weight)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("stage", ["faithful", "srgan"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_graphs_train_as_plain_calls_do(config, srgan_config, tmp_path, stage, precision):
    config = config if stage == "faithful" else srgan_config
    config = replace(config, device="cuda", precision=precision)
    plain = weights(train(config))
    graphed = weights(train(replace(config, runs_dir=tmp_path / "graphs", acceleration="graphs")))
    for name, weight in plain.items():
        if weight.is_floating_point():
            assert torch.allclose(weight.float(), graphed[name].float(), atol=2e-3), name


def test_a_checkpoint_of_another_stage_is_refused(config, srgan_config):
    train(config)
    with pytest.raises(SettingsError, match="another stage"):
        train(srgan_config)


def test_a_loss_that_is_not_a_number_stops_the_run_and_is_not_kept(config, monkeypatch):
    draw = Pool.draw

    def broken(pool, *, step, **rest):
        small, sharp = draw(pool, step=step, **rest)
        return (small * float("nan") if step == 2 else small), sharp

    monkeypatch.setattr(Pool, "draw", broken)
    with pytest.raises(SettingsError, match="pixel_loss is not a number"):
        train(config)
    kept = config.run_dir / "checkpoint.pt"
    assert all(torch.isfinite(tensor).all() for tensor in weights(kept).values())
    assert torch.load(kept, weights_only=True)["step"] == 2


def test_a_weight_that_is_not_a_number_is_not_kept(config, monkeypatch):
    """As where the losses are fine and the gradients are not: another process's, for example."""

    def broken(workers, parameters):
        if (config.run_dir / "checkpoint.pt").exists():
            for parameter in parameters:
                parameter.grad.fill_(float("nan"))

    monkeypatch.setattr(Workers, "average_gradients", broken)
    with pytest.raises(SettingsError, match="A weight is not a number at step 3"):
        train(replace(config, steps=3))
    kept = config.run_dir / "checkpoint.pt"
    assert all(torch.isfinite(tensor).all() for tensor in weights(kept).values())


def test_a_checkpoint_of_the_first_program_goes_on_and_is_exported(config):
    """Until the SRGAN stage came, the average was torch's own, with a counter beside it."""
    path = train(replace(config, steps=2))
    state = torch.load(path, weights_only=True)
    state["average"]["n_averaged"] = torch.tensor(2)
    torch.save(state, path)
    assert "n_averaged" not in load_average(path).weights
    assert torch.load(train(config), weights_only=True)["step"] == 4


def test_samples_and_the_best_average_are_kept(config):
    train(config)
    with Image.open(config.run_dir / "samples" / "0000004.png") as image:
        assert image.size == (3 * 140, 136)
    average = load_average(config.run_dir / "best.pt")
    assert average.network_args == {"scale": 4, "channels": 4, "blocks": 1}
    assert average.steps in (2, 4)
    assert "tail.weight" in average.weights


def test_a_profile_measures_every_part(srgan_config):
    times = profile(srgan_config, 2)
    assert times.parts_ms.keys() == {"crops", "network", "optimiser"}
    assert times.step_ms > 0
    terms = balance(srgan_config, 1)
    assert terms.keys() == {
        "pixel_loss", "content_loss", "checkerboard_loss", "lpips_loss", "adversarial_loss",
    }  # fmt: skip
    assert all(term.gradient > 0 for term in terms.values())
    assert not srgan_config.run_dir.exists()


# A thread of the connection that is left can abort the process while Python shuts down.
TRAIN_AND_LOOK_AT_THREADS = """
import pathlib, sys
from restorer.training.__main__ import main
status = main()
names = [path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
left = [name for name in names if "gloo" in name]
sys.exit(status or ", ".join(left) or None)
"""


@pytest.mark.slow
def test_two_processes_train_one_network(config, tmp_path):
    toml = tmp_path / "two.toml"
    toml.write_text(
        f'name = "run"\ndata = "{config.data.as_posix()}"\n'
        f'runs_dir = "{config.runs_dir.as_posix()}"\n'
        "channels = 4\nblocks = 1\ncrop_px = 8\nbatch_size = 2\nsteps = 3\n"
        'device = "cpu"\nwarmup_steps = 2\n'
    )
    # As torchrun starts them, without its own search for the machine's name and address.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    together = {
        "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", TRAIN_AND_LOOK_AT_THREADS, "train", str(toml)],
            env={**os.environ, **together, "RANK": rank, "LOCAL_RANK": rank},
            stderr=subprocess.PIPE, text=True,
        )
        for rank in ("0", "1")
    ]  # fmt: skip
    try:
        for worker in workers:
            said = worker.communicate(timeout=300)[1]
            assert worker.returncode == 0, said
    finally:
        for worker in workers:
            worker.kill()
    assert torch.load(config.run_dir / "checkpoint.pt", weights_only=True)["step"] == 3


def test_a_run_lowers_the_loss(config):
    train(replace(config, steps=60, learning_rate=1e-3, validate_every=20))
    rows = log_rows(config)
    assert float(rows[-1]["validation_psnr"]) > float(rows[0]["validation_psnr"])


def test_a_checkpoint_of_another_network_is_refused(config):
    train(config)
    with pytest.raises(SettingsError, match="another network"):
        train(replace(config, channels=8))


def test_a_checkpoint_of_another_discriminator_is_refused(srgan_config):
    config = replace(srgan_config, vgg="", content_weight=0.0)
    train(config)
    with pytest.raises(SettingsError, match="another discriminator"):
        train(replace(config, adversarial="conditional"))


def test_a_run_goes_on_without_what_it_began_with(config):
    first = train(config)
    second = replace(config, name="second", init=str(first))
    train(second)
    first.unlink()
    longer = replace(second, steps=5)
    assert torch.load(train(longer), weights_only=True)["step"] == 5
    profile(longer, 1)


def test_a_run_enlarges_three_times(config, photos):
    """The 256 pixels that are measured on are no multiple of 3."""
    for path in photos.iterdir():
        with Image.open(path) as image:
            image.resize((300, 290)).save(path)
    assert train(replace(config, scale=3)).exists()


@pytest.mark.parametrize(("device", "index"), [("auto", 1), ("cuda", 1), ("cuda:0", 0)])
def test_each_process_has_a_gpu_of_its_own(monkeypatch, device, index):
    chosen = []
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    assert join_workers(device).device == torch.device("cuda", index)
    assert chosen == [torch.device("cuda", index)]


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
    assert all(tensor.dtype == np.float16 for tensor in load_file(card.path).values())
    train(replace(config, name="second", init=str(card.path)))
    with pytest.raises(SettingsError, match="does not fit"):
        train(replace(config, name="third", channels=8, init=str(card.path)))


def test_a_network_of_another_scale_gives_head_and_body(tmp_path):
    x4 = Generator(scale=4, channels=4, blocks=1)
    save_file(x4.state_dict(), tmp_path / "x4.safetensors")
    for scale in (2, 3):
        fresh, network = (Generator(scale=scale, channels=4, blocks=1) for _ in range(2))
        network.load_state_dict(fresh.state_dict())
        load_initial(network, str(tmp_path / "x4.safetensors"))
        for name, weight in network.state_dict().items():
            is_new = name.startswith(("upsample.", "tail."))
            source = fresh if is_new else x4
            assert torch.equal(weight, source.state_dict()[name]), name


def test_an_export_may_be_one_of_a_pair(config, tmp_path):
    words = {"title": "Mine", "description": "", "license": "MIT", "training": "noise"}
    path = train(config)
    card = export(path, tmp_path / "a.safetensors", **words, role="srgan", pair="b")
    assert (card.role, card.pair) == ("srgan", "b")
    with pytest.raises(SettingsError, match="takes both"):
        export(path, tmp_path / "c.safetensors", **words, role="srgan")


def test_weights_too_large_for_half_precision_leave_no_model_file(config, tmp_path):
    path = train(config)
    state = torch.load(path, weights_only=True)
    state["average"]["module.tail.bias"] += 1e6
    torch.save(state, path)
    with pytest.raises(SettingsError, match="too large"):
        export(path, tmp_path / "a.safetensors", title="", description="", license="", training="")
    assert not (tmp_path / "a.safetensors").exists()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: folder.rename(folder.with_name("gone")), SettingsError, "no folder"),
        (lambda folder: [p.unlink() for p in folder.iterdir()], SettingsError, "no photograph"),
        (lambda folder: (folder / "0012.jpg").write_bytes(b"?"), PhotoReadError, "0012.jpg"),
        (
            lambda folder: [Image.new("RGB", (20, 20)).save(p) for p in folder.iterdir()],
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


def test_a_photograph_of_too_many_pixels_is_named(photos, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(PhotoReadError, match="decompression bomb"):
        read_sharp(photos / "0009.png", 4)


def test_a_png_with_a_broken_chunk_is_named(tmp_path):
    path = tmp_path / "rough.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)).save(
        path
    )
    begin, *parts = path.read_bytes().split(b"IDAT")
    assert len(parts) > 1
    path.write_bytes(begin + b"IDAT" + b"ID\0T".join(parts))
    with pytest.raises(PhotoReadError, match="broken PNG"):
        read_sharp(path, 4)


def test_a_photograph_smaller_than_a_crop_is_named_and_left_out(config, photos, caplog):
    expected = weights(train(config))
    Image.new("RGB", (20, 20)).save(photos / "0012.png")
    found = weights(train(replace(config, name="again")))
    assert "left out: 0012.png" in caplog.text
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_tenth_is_kept_for_validation(tmp_path):
    numbered = [tmp_path / f"{number:04}.jpg" for number in (7, 10, 11, 20)]
    training, validation = split_photos(numbered)
    assert [path.stem for path in validation] == ["0010", "0020"]
    assert [path.stem for path in training] == ["0007", "0011"]
    named = [tmp_path / f"{letter}.jpg" for letter in "abcdefghijk"]
    assert [path.stem for path in split_photos(named)[1]] == ["a", "k"]


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
        ('name = "a"\ndata = "x"\nadversarial = "wgan"', "adversarial"),
        ('name = "a"\ndata = "x"\nacceleration = "magic"', "acceleration"),
        ('name = "a"\ndata = "x"\nmax_minutes = -1', "max_minutes"),
        ('name = "a"\ndata = "x"\nadversarial = "plain"\ncontent_weight = 1', "needs vgg"),
        ('name = "a"\ndata = "x"\nadversarial = "plain"\nlpips_weight = 1', "needs lpips"),
        ('name = "a"\ndata = "x"\nlpips = "w"\nlpips_weight = 1\ncrop_px = 8', "at least 40 px"),
        ("name = ", "not a TOML file"),
    ],
)
def test_a_bad_config_is_named(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        load_config(write(tmp_path / "c.toml", text))


def test_a_missing_config_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"Cannot read .*gone\.toml"):
        load_config(tmp_path / "gone.toml")


CONFIGS = sorted((Path(program.__file__).parent / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_that_come_with_it_are_valid(path):
    config = load_config(path)
    assert config.decay_steps <= config.steps
    assert f"x{config.scale}" in config.name
    assert config.is_srgan == path.stem.endswith("_gan")
