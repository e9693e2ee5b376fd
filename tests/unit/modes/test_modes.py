"""What every mode has to do, whatever it restores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restorer import modes
from restorer.engine.device import Compute
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.mode import FloatParam, IntParam, Step
from restorer.engine.photo import Photo
from restorer.errors import Cancelled, SettingsError
from restorer.modes import MODES


@pytest.fixture(params=MODES, ids=lambda mode: mode.id)
def step(request, tiny_model, tiny_cleaner):
    mode = request.param
    card = next((card for card in (tiny_model, tiny_cleaner) if mode.fits(card)), None)
    params = {"iterations": 3} if "iterations" in {param.key for param in mode.params} else {}
    return Step(mode=mode, params=params, card=card, compute=Compute(device="cpu", seed=1))


def restore(step, photo, ctx):
    """Restore a photo, under a mask where the mode needs one."""
    if step.mode.needs_mask:
        mask = np.zeros(photo.pixels.shape[:2], bool)
        mask[-1:, -2:] = True
        step = replace(step, mask=mask)
    return step.mode.restore(photo, step, ctx)


def noise(height, width, dtype=np.uint8):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype=dtype)


def test_every_file_is_in_the_list():
    files = {path.stem for path in Path(modes.__file__).parent.glob("[!_]*.py")}
    assert files == {type(mode).__module__.rpartition(".")[2] for mode in MODES}


def test_ids_are_unique():
    assert len({mode.id for mode in MODES}) == len(MODES)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (20, 33)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_result_has_the_promised_size_and_depth(step, ctx, size, dtype):
    if size == (1, 1) and step.mode.needs_mask:
        pytest.skip("one pixel cannot be both lost and known")
    photo = restore(step, Photo(noise(*size, dtype)), ctx).photo
    assert (photo.height, photo.width) == step.mode.output_size(*size, step)
    assert photo.pixels.dtype == dtype


def test_profile_exif_resolution_and_source_are_kept(step, ctx, tmp_path):
    photo = Photo(
        noise(8, 9), icc=b"profile", exif=b"exif", dpi=(600, 600), source=tmp_path / "a.png"
    )
    result = restore(step, photo, ctx).photo
    for name in ("icc", "exif", "dpi", "source"):
        assert getattr(result, name) == getattr(photo, name)


def test_gray_stays_gray(step, ctx):
    pixels = np.repeat(noise(8, 9)[:, :, :1], 3, axis=2)
    result = restore(step, Photo(pixels, is_gray=True), ctx).photo
    assert result.is_gray
    assert (result.pixels == result.pixels[:, :, :1]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_is_kept(step, ctx, dtype):
    alpha = np.zeros((12, 15), dtype)
    alpha[:, 8:] = np.iinfo(dtype).max
    result = restore(step, Photo(noise(12, 15, dtype), alpha=alpha), ctx).photo
    assert result.alpha.shape == result.pixels.shape[:2]
    assert result.alpha.dtype == dtype
    assert result.alpha[:, 0].mean() < 0.1 * result.max_value
    assert result.alpha[:, -1].mean() > 0.9 * result.max_value


def test_the_input_is_not_touched(step, ctx):
    photo = Photo(noise(8, 9))
    restore(step, photo, ctx)
    assert (photo.pixels == noise(8, 9)).all()


def test_the_same_seed_gives_the_same_result(step, ctx):
    first = restore(step, Photo(noise(8, 9)), ctx).photo.pixels
    again = restore(step, Photo(noise(8, 9)), ctx).photo.pixels
    assert (first == again).all()


def test_progress_grows_and_ends_at_one(step):
    fractions = []

    def report(progress):
        if progress.fraction is not None:
            fractions.append(progress.fraction)

    restore(step, Photo(noise(20, 20)), RunContext(report=report))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_cancel_stops_within_one_step(step):
    token = CancelToken()
    reports = []

    def report(progress):
        reports.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        restore(step, Photo(noise(20, 20)), RunContext(token=token, report=report))
    assert len(reports) == 1


def test_facts_name_device_precision_and_model(step, ctx):
    facts = restore(step, Photo(noise(8, 9)), ctx).facts
    assert facts["device"] == "cpu"
    assert facts["precision"] == "fp32"
    assert facts.get("model") == (step.card.name if step.card else None)


def test_params_out_of_range_are_refused(step):
    for param in step.mode.params:
        is_number = isinstance(param, FloatParam | IntParam)
        outside = (-1 - param.maximum, param.maximum + 1) if is_number else ()
        for value in (*outside, "much", None, float("nan")):
            with pytest.raises(SettingsError):
                param.check(value)
