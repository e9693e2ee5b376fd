import numpy as np
import pytest

from restorer import paths
from restorer.engine.deep_prior import speeds
from restorer.engine.deep_prior.fitting import estimate_seconds, fit_photo
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.deep_prior.speeds import Speed, learn, speed_of
from restorer.engine.device import Compute, Device
from restorer.engine.jobs import CancelToken, RunContext
from restorer.errors import Cancelled

pytestmark = pytest.mark.usefixtures("tiny_prior")

CPU = Device("cpu", "Processor", 1 << 30, "fp32")


def speed(ctx):
    return speed_of(DENOISE["quick"], CPU, "fp32", ctx)


def estimate(ctx, height=1000, width=1000, *, recipe=None, iterations=0, **choices):
    compute = Compute(device="cpu", precision="fp32", **choices)
    recipe = recipe or DENOISE["quick"]
    return estimate_seconds(height, width, recipe, ctx, compute=compute, iterations=iterations)


@pytest.fixture
def known_speed(monkeypatch):
    """A second for each megapixel."""
    monkeypatch.setattr("restorer.engine.deep_prior.fitting.speed_of", lambda *_: Speed(0.0, 1.0))


def test_it_is_measured_once_and_remembered(ctx, monkeypatch):
    first = speed(ctx)
    assert first.seconds(1e6) > 0
    monkeypatch.setattr(speeds, "_measure", lambda *_: pytest.fail("measured again"))
    assert speed(ctx) == first


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "b"}'])
def test_a_damaged_file_is_measured_anew(ctx, monkeypatch, content):
    monkeypatch.setattr(speeds, "_measure", lambda *_: Speed(0.5, 2.0))
    paths.speeds_file().write_text(content)
    assert speed(ctx) == Speed(0.5, 2.0)


def test_other_settings_have_a_speed_of_their_own(ctx, monkeypatch):
    learn(DENOISE["quick"], CPU, "bf16", pixels=1e6, seconds=7.0)
    monkeypatch.setattr(speeds, "_measure", lambda *_: Speed(0.5, 2.0))
    assert speed(ctx) == Speed(0.5, 2.0)


def test_measuring_can_be_cancelled():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        speed(RunContext(token=token))


def test_a_run_teaches_its_speed(ctx, photo):
    compute = Compute(device="cpu", precision="fp32")
    before = estimate(ctx)
    fit_photo(photo(), DENOISE["quick"], ctx, compute=compute, iterations=40)
    assert len(speeds._load()) == 1
    assert estimate(ctx) != before


def test_a_run_alone_does_not_say_what_other_sizes_take(ctx, photo):
    compute = Compute(device="cpu", precision="fp32")
    fit_photo(photo(), DENOISE["quick"], ctx, compute=compute, iterations=40)
    assert speeds._load() == {}


def test_a_run_corrects_what_was_measured():
    assert Speed(1.0, 2.0).corrected(1e6, 6.0) == Speed(2.0, 4.0)


def test_small_pictures_take_their_fixed_time(ctx, monkeypatch):
    times = {64: 0.1, 256: 0.1 + (256**2 - 64**2) / 1e6}
    monkeypatch.setattr(speeds, "_iteration_s", lambda side, *_: times[side])
    measured = speed(ctx)
    assert measured.per_megapixel_s == pytest.approx(1.0)
    assert measured.seconds(64**2) == pytest.approx(0.1)


def test_the_time_grows_with_pixels_iterations_and_runs(ctx, known_speed):
    assert estimate(ctx, tile="whole", iterations=100) == (100, 100)
    assert estimate(ctx, 2000, tile="whole", iterations=100) == (200, 200)
    best = DENOISE["best"]
    assert estimate(ctx, tile="whole", recipe=best, iterations=100) == (200, 200)


def test_a_run_that_stops_by_itself_takes_less_or_all(ctx, known_speed):
    least, most = estimate(ctx, tile="whole")
    assert most == DENOISE["quick"].iterations
    assert 0 < least < most


def test_the_overlap_of_tiles_takes_its_time_too(ctx, known_speed):
    _, whole = estimate(ctx, tile="whole", iterations=1)
    _, tiled = estimate(ctx, tile=256, iterations=1)
    assert whole < tiled < 3 * whole


def test_a_repair_takes_the_time_of_its_damaged_tiles(ctx, known_speed):
    known = np.ones((1000, 1000), bool)
    known[10:12, 10:50] = False
    compute = Compute(device="cpu", precision="fp32", tile=256)
    recipe = DENOISE["quick"]
    _, most = estimate_seconds(1000, 1000, recipe, ctx, compute=compute, iterations=1, known=known)
    assert 0 < most < estimate(ctx, tile=256, iterations=1)[1] / 8
