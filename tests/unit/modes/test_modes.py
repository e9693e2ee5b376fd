"""What every mode has to do, whatever it restores."""

from pathlib import Path

import numpy as np
import pytest

from restorer import modes
from restorer.engine.device import Compute
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.mode import BoolParam, Step
from restorer.engine.photo import Photo
from restorer.errors import Cancelled, SettingsError
from restorer.modes import MODES


@pytest.fixture(params=MODES, ids=lambda mode: mode.id)
def step(request, tiny_model):
    mode = request.param
    card = tiny_model if mode.network == tiny_model.network else None
    return Step(mode=mode, card=card, compute=Compute(device="cpu", seed=1))


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
    photo = step.mode.restore(Photo(noise(*size, dtype)), step, ctx).photo
    assert (photo.height, photo.width) == step.mode.output_size(*size, step)
    assert photo.pixels.dtype == dtype


def test_profile_exif_resolution_and_source_are_kept(step, ctx, tmp_path):
    photo = Photo(
        noise(8, 9), icc=b"profile", exif=b"exif", dpi=(600, 600), source=tmp_path / "a.png"
    )
    result = step.mode.restore(photo, step, ctx).photo
    for name in ("icc", "exif", "dpi", "source"):
        assert getattr(result, name) == getattr(photo, name)


def test_gray_stays_gray(step, ctx):
    pixels = np.repeat(noise(8, 9)[:, :, :1], 3, axis=2)
    result = step.mode.restore(Photo(pixels, is_gray=True), step, ctx).photo
    assert result.is_gray
    assert (result.pixels == result.pixels[:, :, :1]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_is_kept(step, ctx, dtype):
    alpha = np.zeros((12, 15), dtype)
    alpha[:, 8:] = np.iinfo(dtype).max
    result = step.mode.restore(Photo(noise(12, 15, dtype), alpha=alpha), step, ctx).photo
    assert result.alpha.shape == result.pixels.shape[:2]
    assert result.alpha.dtype == dtype
    assert result.alpha[:, 0].mean() < 0.1 * result.max_value
    assert result.alpha[:, -1].mean() > 0.9 * result.max_value


def test_the_input_is_not_touched(step, ctx):
    photo = Photo(noise(8, 9))
    step.mode.restore(photo, step, ctx)
    assert (photo.pixels == noise(8, 9)).all()


def test_the_same_seed_gives_the_same_result(step, ctx):
    first = step.mode.restore(Photo(noise(8, 9)), step, ctx).photo.pixels
    again = step.mode.restore(Photo(noise(8, 9)), step, ctx).photo.pixels
    assert (first == again).all()


def test_progress_grows_and_ends_at_one(step):
    fractions = []

    def report(progress):
        if progress.fraction is not None:
            fractions.append(progress.fraction)

    step.mode.restore(Photo(noise(20, 20)), step, RunContext(report=report))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_cancel_stops_within_one_step(step):
    token = CancelToken()
    reports = []

    def report(progress):
        reports.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        step.mode.restore(Photo(noise(20, 20)), step, RunContext(token=token, report=report))
    assert len(reports) == 1


def test_facts_name_device_precision_and_model(step, ctx):
    facts = step.mode.restore(Photo(noise(8, 9)), step, ctx).facts
    assert facts["device"] == "cpu"
    assert facts["precision"] == "fp32"
    assert facts.get("model") == (step.card.name if step.card else None)


def test_params_out_of_range_are_refused(step):
    for param in step.mode.params:
        outside = () if isinstance(param, BoolParam) else (param.minimum - 1, param.maximum + 1)
        for value in (*outside, "much", None, float("nan")):
            with pytest.raises(SettingsError):
                param.check(value)
