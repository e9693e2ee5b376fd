import numpy as np
import pytest

from restorer.engine.deep_prior import prior_picture, windows
from restorer.engine.device import Compute
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.modes.denoise import Denoise

pytestmark = pytest.mark.usefixtures("tiny_prior")


def step(tile="auto", **params):
    compute = Compute(device="cpu", seed=1, tile=tile)
    return Step(Denoise(), {"iterations": 4, **params}, compute=compute)


def restore(pixels, a_step, ctx):
    return a_step.mode.restore(Photo(pixels), a_step, ctx)


def psnr(a, b):
    return 10 * np.log10(255**2 / max(1e-9, np.mean((a.astype(float) - b) ** 2)))


def noisy(side=64, sigma_255=25):
    rng = np.random.default_rng(0)
    clean = np.linspace(60, 190, side)[:, None, None] + np.linspace(-30, 30, side)[None, :, None]
    clean = np.repeat(clean, 3, axis=2)
    pixels = np.clip(np.rint(clean + rng.normal(0, sigma_255, clean.shape)), 0, 255)
    return clean, pixels.astype(np.uint8)


@pytest.mark.slow
def test_noise_goes(ctx):
    clean, pixels = noisy()
    result = restore(pixels, step(iterations=150), ctx)
    assert psnr(result.photo.pixels, clean) > psnr(pixels, clean) + 6
    assert result.facts["noise_sigma_255"] == pytest.approx(25, rel=0.1)


def test_strength_0_changes_nothing(ctx):
    _, pixels = noisy()
    assert (restore(pixels, step(strength=0), ctx).photo.pixels == pixels).all()


def test_strength_is_linear(ctx):
    _, pixels = noisy()
    full = restore(pixels, step(), ctx).photo.pixels.astype(int)
    half = restore(pixels, step(strength=50), ctx).photo.pixels
    assert abs((full + pixels) / 2 - half).max() <= 1


@pytest.mark.parametrize("size", [(2, 2), (40, 40)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_colour_comes_back_as_it_was(ctx, size, value):
    pixels = np.full((*size, 3), value, np.uint8)
    assert abs(restore(pixels, step(), ctx).photo.pixels.astype(int) - value).max() <= 1


def test_a_picture_without_noise_hardly_changes(ctx):
    clean, _ = noisy()
    pixels = np.rint(clean).astype(np.uint8)
    assert psnr(restore(pixels, step(), ctx).photo.pixels, pixels) >= 38


@pytest.mark.parametrize("start", ["noise", "picture"])
def test_both_starts_work(ctx, start):
    _, pixels = noisy()
    assert restore(pixels, step(start=start), ctx).facts["start"] == start


def test_facts_say_how_it_ended(ctx):
    facts = restore(noisy()[1], step(), ctx).facts
    assert facts["stopped_by"] == "iterations"
    assert facts["iterations"] == 4
    assert facts["effort"] == "quick"
    assert facts["seed"] == 1
    assert facts["held_out_mse"] > 0


def test_tiles_cover_a_photo_of_any_size_and_later_ones_follow_the_first(ctx, monkeypatch):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    _, pixels = noisy(150)
    result = restore(pixels, step(tile=64, iterations=2), ctx)
    assert result.facts["tile_px"] == 64
    assert result.photo.pixels.shape == pixels.shape
    assert (result.photo.pixels != pixels).any(axis=2).mean() > 0.9


def test_a_photo_stopped_between_tiles_keeps_what_was_done(monkeypatch):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    _, pixels = noisy(150)
    token = CancelToken()
    token.finish_early()
    result = restore(pixels, step(tile=64), RunContext(token=token))
    changed = (result.photo.pixels != pixels).any(axis=2)
    assert result.facts["stopped_by"] == "user"
    assert 0.1 < changed.mean() < 0.5


def test_the_average_is_shown_while_it_runs(monkeypatch):
    monkeypatch.setattr(prior_picture, "PREVIEW_INTERVAL_S", 0)
    monkeypatch.setattr(prior_picture, "PREVIEW_SHARE", 1e9)
    shown = []
    _, pixels = noisy()
    restore(pixels, step(iterations=20), RunContext(preview=shown.append))
    assert len(shown) == 2
    assert shown[0].region == (0, 0, 1, 1)
    assert shown[0].part.pixels.shape == pixels.shape
