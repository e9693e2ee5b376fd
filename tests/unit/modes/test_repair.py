import numpy as np
import pytest

from restorer.engine.deep_prior import fitting, windows
from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.errors import MaskError
from restorer.modes.repair import Repair

pytestmark = pytest.mark.usefixtures("tiny_prior")


def step(mask, tile="auto", **params):
    compute = Compute(device="cpu", seed=1, tile=tile)
    return Step(Repair(), {"iterations": 4, **params}, compute=compute, mask=mask)


def scratch(height=40, width=50):
    mask = np.zeros((height, width), bool)
    mask[10:12, 5:45] = True
    return mask


def test_known_pixels_come_back_exactly(ctx, photo):
    original, mask = photo(40, 50, dtype=np.uint16), scratch()
    a_step = step(mask)
    result = a_step.mode.restore(original, a_step, ctx)
    same = (result.photo.pixels == original.pixels).all(axis=2)
    assert same[~mask].all()
    assert not same[mask].all()
    assert result.facts["repaired_pixels"] == mask.sum()
    assert result.facts["damage"] == "scratch"


def test_a_wide_gap_is_a_hole(ctx, photo):
    mask = np.zeros((64, 64), bool)
    mask[20:44, 20:44] = True
    a_step = step(mask)
    assert a_step.mode.restore(photo(64, 64), a_step, ctx).facts["damage"] == "hole"


def test_pixels_missing_all_over_are_drawn_by_three_runs(ctx, monkeypatch, photo):
    runs = []
    real = fitting.PriorRun
    monkeypatch.setattr(fitting, "PriorRun", lambda *a, **k: runs.append(real(*a, **k)) or runs[-1])
    mask = np.random.default_rng(0).random((64, 64)) < 0.5
    reports = []
    watched = RunContext(report=reports.append)
    a_step = step(mask, iterations=40)
    result = a_step.mode.restore(photo(64, 64), a_step, watched)
    assert result.facts["damage"] == "scattered"
    first, *others = runs
    known = float((~mask).sum())
    assert 0.85 * known < float(first._seen.sum()) < 0.95 * known
    assert [float(run._seen.sum()) for run in others] == [known, known]
    assert others[0].iteration == others[1].iteration == result.facts["kept_iteration"]
    assert others[0].iteration <= first.iteration == 40
    assert {report.held_out.run for report in reports if report.held_out} == {0}


@pytest.mark.slow
def test_a_scratch_is_filled_from_its_surroundings(ctx, photo):
    original, mask = photo(40, 50), scratch()
    damaged = original.pixels.copy()
    damaged[mask] = 255
    a_step = step(mask, iterations=200)
    result = a_step.mode.restore(Photo(damaged), a_step, ctx).photo.pixels
    before = abs(damaged[mask].astype(int) - original.pixels[mask]).mean()
    after = abs(result[mask].astype(int) - original.pixels[mask]).mean()
    assert after < before / 3


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (None, "needs a mask"),
        (np.ones((3, 3), bool), "3 x 3"),
        (np.zeros((24, 32), bool), "empty"),
        (np.ones((24, 32), bool), "whole"),
    ],
)
def test_wrong_masks_are_refused_before_any_work(ctx, photo, mask, words):
    a_step = step(mask)
    with pytest.raises(MaskError, match=words):
        a_step.mode.restore(photo(), a_step, ctx)


@pytest.mark.parametrize("value", [False, True])
def test_no_time_is_measured_for_a_mask_that_is_refused(ctx, monkeypatch, value):
    monkeypatch.setattr("restorer.modes.repair.estimate_seconds", None)
    a_step = step(np.full((24, 32), value))
    assert a_step.mode.estimate_seconds(24, 32, a_step, ctx) is None


def test_only_what_is_around_damage_is_fitted(ctx, monkeypatch, photo):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    mask = np.zeros((150, 150), bool)
    mask[5:7, 5:20] = True
    runs = []
    real = fitting.PriorRun
    monkeypatch.setattr(fitting, "PriorRun", lambda *a, **k: runs.append(a) or real(*a, **k))
    mask[140, 120:124] = True
    a_step = step(mask)
    result = a_step.mode.restore(photo(150, 150), a_step, ctx).photo
    assert [run[0].shape[:2] for run in runs] == [(15, 28), (17, 20)]
    changed = (result.pixels != photo(150, 150).pixels).any(axis=2)
    assert changed[5:7, 5:20].any()
    assert changed[140, 120:124].any()


def test_the_whole_photograph_is_looked_at_if_that_is_asked_for(ctx, monkeypatch, photo):
    runs = []
    real = fitting.PriorRun
    monkeypatch.setattr(fitting, "PriorRun", lambda *a, **k: runs.append(a) or real(*a, **k))
    mask = np.zeros((150, 150), bool)
    mask[5:7, 5:20] = True
    a_step = step(mask, tile="whole")
    a_step.mode.restore(photo(150, 150), a_step, ctx)
    assert [run[0].shape[:2] for run in runs] == [(150, 150)]


def test_damage_larger_than_a_tile_is_an_error(ctx, monkeypatch, photo):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    mask = np.zeros((300, 300), bool)
    mask[:250, :250] = True
    a_step = step(mask, tile=64)
    with pytest.raises(MaskError, match="larger than tiles of 64 pixels; --tile whole"):
        a_step.mode.restore(photo(300, 300), a_step, ctx)


def test_tiles_are_made_large_enough_for_the_damage(ctx, monkeypatch, photo):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr(windows, "AUTO_TILE_PX", 64)
    mask = np.zeros((300, 300), bool)
    mask[:250, :250] = True
    a_step = step(mask)
    result = a_step.mode.restore(photo(300, 300), a_step, ctx)
    assert result.facts["tile_px"] > 64


def test_a_black_and_white_photograph_of_three_channels_gets_no_colours(ctx, photo):
    grey = np.repeat(photo(40, 50).pixels[:, :, :1], 3, axis=2)
    a_step = step(scratch())
    pixels = a_step.mode.restore(Photo(grey), a_step, ctx).photo.pixels
    assert (pixels[:, :, :1] == pixels).all()
    assert (pixels != grey).any()


def test_previews_show_known_pixels_as_they_are(monkeypatch, photo):
    monkeypatch.setattr("restorer.engine.deep_prior.prior_picture.PREVIEW_INTERVAL_S", 0)
    original, mask, shown = photo(40, 50), scratch(), []
    a_step = step(mask, iterations=20)
    a_step.mode.restore(original, a_step, RunContext(preview=shown.append))
    region, pixels = shown[-1].region, shown[-1].part.pixels
    top, left, bottom, right = (round(x * n) for x, n in zip(region, (40, 50) * 2, strict=True))
    same = (pixels == original.pixels[top:bottom, left:right]).all(axis=2)
    assert same[~mask[top:bottom, left:right]].all()
    assert not same.all()
