from dataclasses import replace

import numpy as np
import pytest

from benchmarks.dip.seams import seam_steps
from restorer.engine.deep_prior import fitting, windows
from restorer.engine.deep_prior.fitting import fit_photo
from restorer.engine.deep_prior.prior import Fit
from restorer.engine.deep_prior.recipes import DENOISE, REPAIR
from restorer.engine.deep_prior.stop_rule import Check
from restorer.engine.deep_prior.windows import AUTO_TILE_PX, HALO_PX, MEMORY_SHARE
from restorer.engine.device import Compute, Device
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.photo import Photo
from restorer.engine.tiles import MIN_TILE_PX, plan_tiles
from restorer.errors import NotEnoughMemoryError

pytestmark = pytest.mark.usefixtures("tiny_prior")

CPU = Device("cpu", "Processor", 1 << 30, "fp32")
GIB = 1 << 30


def smooth(side):
    rows, columns = np.linspace(0.2, 0.8, side), np.linspace(-0.15, 0.15, side)
    return np.repeat((rows[:, None] + columns[None])[:, :, None], 3, axis=2).astype(np.float32)


def test_no_step_is_larger_across_the_borders_of_tiles(ctx, monkeypatch):
    monkeypatch.setattr(windows, "HALO_PX", 16)
    monkeypatch.setattr("benchmarks.dip.seams.HALO_PX", 16)
    clean = smooth(130)
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)
    photo = Photo(np.rint(np.clip(noisy, 0, 1) * 255).astype(np.uint8))
    compute = Compute(device="cpu", tile=64)
    fitted = fit_photo(photo, DENOISE["quick"], ctx, compute=compute, iterations=20)
    steps, is_border = seam_steps(fitted.picture - clean, 64)
    assert is_border.sum() >= 6
    assert steps[is_border].max() <= steps[~is_border].max()


def test_a_probe_that_needs_too_much_memory_is_answered_with_smaller_tiles(ctx, monkeypatch):
    def choose(window, *_, **__):
        if max(window.shape) > 100:
            raise MemoryError
        return "fp32"

    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr(fitting, "choose_precision", choose)
    photo = Photo(np.full((20, 140, 3), 100, np.uint8))
    compute = Compute(device="cpu", tile="whole")
    facts = fit_photo(photo, DENOISE["quick"], ctx, compute=compute, iterations=2).facts
    assert (facts["tile_px"], facts["precision"]) == (70, "fp32")


def test_memory_that_is_not_enough_for_the_damage_is_no_fault_of_the_mask(ctx, monkeypatch):
    def fit_tile(*_, **__):
        raise NotEnoughMemoryError("cpu", 280)

    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr(fitting, "_fit_tile", fit_tile)
    known = np.zeros((300, 300), bool)
    known[290:] = True
    photo = Photo(np.full((300, 300, 3), 100, np.uint8))
    with pytest.raises(NotEnoughMemoryError):
        fit_photo(photo, REPAIR["quick", "hole"], ctx, compute=Compute(device="cpu"),
                  iterations=2, known=known)  # fmt: skip


def test_tiles_that_are_no_judges_all_do_the_judges_median(ctx, monkeypatch):
    done = []

    def fit(run, rule, ctx, *, iterations, stops_itself, **_):
        done.append(100 if stops_itself else iterations)
        check = Check(100 if stops_itself else iterations - 10, 0.1, 0.1)
        return Fit(run.average(), check, done[-1], "iterations")

    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr(fitting, "fit", fit)
    photo = Photo(np.full((20, 640, 3), 100, np.uint8))
    compute = Compute(device="cpu", tile=64)
    fit_photo(photo, DENOISE["quick"], ctx, compute=compute, iterations=0)
    assert done == [100] * 10


@pytest.mark.parametrize("only_first", [False, True])
def test_a_later_run_that_is_stopped_early_is_left_out_of_the_mean(ctx, only_first):
    def fitted(runs, ctx):
        recipe = replace(DENOISE["quick"], runs=runs, only_first_holds_out=only_first)
        photo = Photo(np.rint(255 * smooth(32)).astype(np.uint8))
        return fit_photo(photo, recipe, ctx, compute=Compute(device="cpu"), iterations=40)

    token = CancelToken()

    def report(progress):
        if progress.fraction is not None and progress.fraction > 0.6:  # in the second run
            token.finish_early()

    stopped = fitted(2, RunContext(token=token, report=report))
    assert stopped.facts["stopped_by"] == "user"
    assert (stopped.picture == fitted(1, ctx).picture).all()


@pytest.mark.parametrize("recipe", [*DENOISE.values(), *REPAIR.values()])
@pytest.mark.parametrize("free_gib", [2, 8, 64])
def test_a_tile_of_a_12_megapixel_photo_fits_into_the_free_memory(monkeypatch, recipe, free_gib):
    monkeypatch.setattr(windows, "free_memory_bytes", lambda device: free_gib * GIB)
    tile_px = windows.choose_tile_px("auto", recipe, CPU)
    assert MIN_TILE_PX <= tile_px <= AUTO_TILE_PX
    tiles = plan_tiles(3000, 4000, tile_px=tile_px, halo_px=HALO_PX)
    sides = [tile.window for tile in tiles]
    largest = max((bottom - top) * (right - left) for top, left, bottom, right in sides)
    assert largest * recipe.bytes_per_px <= MEMORY_SHARE * free_gib * GIB


def test_quick_takes_at_most_1_7_gib_a_megapixel():
    # Measured in tests/unit/test_benchmarks.py; the choice of tiles goes by this figure.
    assert DENOISE["quick"].bytes_per_px * 1e6 <= 1.7 * GIB
