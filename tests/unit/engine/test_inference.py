import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from restorer.engine import inference
from restorer.engine.device import choose_device
from restorer.engine.inference import Inference, measure_reach_px
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.model_files import load_network
from restorer.errors import Cancelled, NotEnoughMemoryError, SettingsError
from restorer.networks.srgan import Generator

CPU = choose_device("cpu")


@pytest.fixture
def tiny(tiny_model):
    return Inference(tiny_model, CPU, "fp32")


@pytest.fixture
def window():
    return np.random.default_rng(0).integers(0, 256, (20, 31, 3), dtype=np.uint8)


def test_it_gives_what_the_network_gives(tiny, tiny_model, window, ctx):
    small = torch.from_numpy(window).float().permute(2, 0, 1)[None] / 255
    expected = load_network(tiny_model)(small)[0].permute(1, 2, 0).numpy()
    assert np.allclose(tiny.restore(window, ctx), expected, atol=1e-5)


def test_8_and_16_bit_give_the_same(tiny, window, ctx):
    deep = window.astype(np.uint16) * 257
    assert np.allclose(tiny.restore(window, ctx), tiny.restore(deep, ctx), atol=1e-6)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_near(tiny, tiny_model, window, ctx, precision):
    half = Inference(tiny_model, CPU, precision).restore(window, ctx)
    assert half.dtype == np.float32
    assert np.abs(half - tiny.restore(window, ctx)).max() < 0.02


def test_cancel_stops_between_two_layers(tiny, window):
    token = CancelToken()
    layers = []

    def report(progress):
        layers.append(progress.fraction)
        token.cancel()

    with pytest.raises(Cancelled):
        tiny.restore(window, RunContext(token=token, report=report))
    assert len(layers) == 1


def test_progress_grows_inside_a_window(tiny, window, monkeypatch):
    monkeypatch.setattr("restorer.engine.jobs.REPORT_INTERVAL_S", 0)
    fractions = []
    tiny.restore(window, RunContext(report=lambda progress: fractions.append(progress.fraction)))
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert 0.3 < fractions[-1] < 1


def test_a_network_runs_again_after_a_cancel(tiny, window, ctx):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        tiny.restore(window, RunContext(token=token))
    assert np.isfinite(tiny.restore(window, ctx)).all()


def test_the_input_is_not_touched(tiny, window, ctx):
    before = window.copy()
    tiny.restore(window, ctx)
    assert (window == before).all()


def test_sides_are_padded_to_the_multiple_and_cut_again(tiny_model, window, ctx):
    padded = Inference(replace(tiny_model, multiple_of=16), CPU, "fp32")
    assert padded.restore(window, ctx).shape == (80, 124, 3)


def test_tile_choices(tiny):
    assert tiny.tile_px("whole") > 10**9
    assert tiny.tile_px(200) == 200
    assert 64 <= tiny.tile_px("auto") <= 512
    for impossible in (63, "large", 1.5):
        with pytest.raises(SettingsError):
            tiny.tile_px(impossible)


def test_auto_takes_what_fits_in_the_memory(tiny, monkeypatch):
    monkeypatch.setattr(inference, "free_memory_bytes", lambda device: 0)
    assert tiny.tile_px("auto") == 64


def test_auto_remembers_what_fitted_when_memory_ran_out(tiny, monkeypatch):
    monkeypatch.setattr(inference, "_fitting_tiles", {})
    tiny.ran_out(96)
    assert tiny.tile_px("auto") == 96


def test_memory_that_runs_out_names_device_and_window(tiny, window, ctx, monkeypatch):
    def fail(small, precision):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(tiny, "_forward", fail)
    with pytest.raises(NotEnoughMemoryError) as caught:
        tiny.restore(window, ctx)
    assert (caught.value.device, caught.value.tile_px) == ("cpu", 31)


@pytest.mark.parametrize(("blocks", "reach"), [(1, 10), (2, 12)])
def test_the_measured_reach_is_the_sum_of_the_layers(blocks, reach):
    """9x9 head 4, two 3x3 a block, body end 1, upsampling 1 + 1/2, 9x9 tail at x4 1: rounded up."""
    assert measure_reach_px(Generator(scale=4, channels=4, blocks=blocks), 4) == reach


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of /proc/self/status")
def test_the_estimate_of_memory_per_pixel_is_not_exceeded(tmp_path):
    """The auto tile counts on it. A fresh process, since the peak never falls."""
    code = """
import torch
from restorer.engine.inference import BYTES_PER_PX
from restorer.networks.srgan import Generator

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

network = Generator().eval().requires_grad_(False).to(memory_format=torch.channels_last)
network(torch.zeros(1, 3, 32, 32))
before = peak()
network(torch.zeros(1, 3, 256, 256).to(memory_format=torch.channels_last))
used = (peak() - before) / 256**2
print(f"{used:.0f} bytes per pixel")
assert used <= BYTES_PER_PX, used
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
