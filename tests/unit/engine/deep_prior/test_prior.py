import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from restorer.engine.deep_prior import prior
from restorer.engine.deep_prior.prior import PriorRun, choose_precision, fit
from restorer.engine.deep_prior.recipes import DENOISE, Recipe
from restorer.engine.deep_prior.stop_rule import StopRule
from restorer.engine.device import Device
from restorer.engine.jobs import CancelToken, RunContext
from restorer.errors import Cancelled, SettingsError

pytestmark = pytest.mark.usefixtures("tiny_prior")

CPU = Device("cpu", "Processor", 1 << 30, "fp32")
RECIPE = Recipe(
    network="tiny", input="noise", input_channels=4, input_noise=0.01, learning_rate=0.01,
    iterations=100, runs=1, bytes_per_px=1,
)  # fmt: skip
PICTURE = np.random.default_rng(0).random((24, 33, 3)).astype(np.float32)
ALL = np.ones((24, 33), bool)


def make_run(picture=PICTURE, known=ALL, seed=1, **changes):
    recipe = replace(RECIPE, **changes)
    return PriorRun(picture, known, recipe, seed=seed, device=CPU, precision="fp32")


def steps(run, count):
    for _ in range(count):
        run.step()
        if run.iteration % prior.CHECK_EVERY == 0:
            run.check()


def test_the_same_seed_gives_the_same_picture_and_another_does_not():
    first, same, other = make_run(), make_run(), make_run(seed=2)
    for run in (first, same, other):
        steps(run, 3)
    assert (first.average() == same.average()).all()
    assert (first.average() != other.average()).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_that_was_taken_stays_as_it_is_while_the_run_goes_on(channels):
    run = make_run(PICTURE[:, :, :channels])
    steps(run, 2)
    average, drawn = run.average(), run.drawn()
    before = average.copy(), drawn.copy()
    steps(run, 3)
    assert (average == before[0]).all()
    assert (drawn == before[1]).all()
    assert (run.average() != average).any()


def test_a_run_goes_on_bit_for_bit_from_its_state():
    whole, begun, resumed = make_run(), make_run(), make_run()
    steps(whole, 15)
    steps(begun, 7)
    resumed.load_state(begun.state())
    steps(resumed, 8)
    assert resumed.iteration == 15
    assert (resumed.average() == whole.average()).all()


def test_a_resumed_run_goes_back_as_far_as_one_that_was_not_interrupted():
    whole, resumed = make_run(), make_run()
    steps(whole, 64)
    resumed.load_state(whole.state())
    for run in (whole, resumed):
        run._roll_back()
        steps(run, 6)
    assert resumed.iteration == whole.iteration == 56
    assert (resumed.average() == whole.average()).all()


def test_the_program_draws_what_other_code_draws_whatever_the_global_seed():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    make_run()
    assert (torch.get_rng_state() == before).all()


def test_lost_and_held_out_pixels_are_never_looked_at():
    known = ALL.copy()
    known[5:9, 5:9] = False
    changed = PICTURE.copy()
    changed[5:9, 5:9] = 1 - changed[5:9, 5:9]
    for start in ("noise", "picture", "grid"):
        one, two = (make_run(p, known, input=start) for p in (PICTURE, changed))
        steps(one, 3)
        steps(two, 3)
        assert (one.average() == two.average()).all()


@pytest.mark.parametrize(
    ("pixels", "share"),
    [(0, 0), (1, 0.1), (128 * 128, 0.1), (40_000, 0.0475), (256 * 256, 0.03), (10**9, 0.03)],
)
def test_of_a_small_picture_more_is_held_out(pixels, share):
    assert DENOISE["quick"].share_held_out(pixels) == pytest.approx(share)
    assert replace(DENOISE["quick"], hold_out=0.0).share_held_out(pixels) == 0


def test_a_loss_that_is_no_number_rolls_back_and_the_run_goes_on():
    run = make_run()
    steps(run, 60)
    good = run.average()
    with torch.no_grad():
        next(run._network.parameters()).fill_(math.nan)
    run.step()
    assert run.check() is None
    assert run.rollbacks == 1
    assert run.iteration <= 60
    assert np.isfinite(run.average()).all()
    steps(run, 10)
    assert run.check() is not None
    assert abs(run.average() - good).mean() < 0.1
    assert run._optimiser.param_groups[0]["lr"] == RECIPE.learning_rate / 2


def test_a_jump_of_the_loss_rolls_back():
    run = make_run()
    steps(run, 60)
    with torch.no_grad():
        run._network.last.bias.fill_(20)
    run.step()
    assert run.check() is None


def test_it_learns(ctx):
    run = make_run(np.full((32, 32, 3), 0.8, np.float32), np.ones((32, 32), bool))
    fitted = fit(run, StopRule(), ctx, iterations=100, stops_itself=False)
    assert fitted.iterations == 100
    assert fitted.stopped_by == "iterations"
    assert abs(fitted.picture - 0.8).mean() < 0.05


def test_the_held_out_curve_is_reported_point_by_point(monkeypatch):
    monkeypatch.setattr("restorer.engine.jobs.REPORT_INTERVAL_S", 0)
    reports = []
    ctx = RunContext(report=reports.append)
    fitted = fit(make_run(), StopRule(), ctx, iterations=41, stops_itself=False, number=3)
    points = {report.held_out for report in reports} - {None}
    assert sorted(point.iteration for point in points) == [10, 20, 30, 40]
    assert {point.run for point in points} == {3}
    best = min(points, key=lambda point: point.mse)
    assert max(points, key=lambda point: point.iteration).kept_iteration == best.iteration
    assert fitted.check.held_out_mse <= best.mse


def test_stop_and_keep_gives_what_is_there():
    token = CancelToken()
    token.finish_early()
    fitted = fit(make_run(), StopRule(), RunContext(token=token), iterations=50, stops_itself=True)
    assert fitted.stopped_by == "user"
    assert fitted.iterations == 1


def test_cancel_throws_it_away():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        fit(make_run(), StopRule(), RunContext(token=token), iterations=50, stops_itself=True)


def test_a_run_that_cannot_be_saved_ends(monkeypatch, ctx):
    run = make_run()
    steps(run, 10)
    good = run.check
    monkeypatch.setattr(run, "check", lambda: good() if run.iteration < 30 else run._roll_back())
    fitted = fit(run, StopRule(), ctx, iterations=100, stops_itself=True)
    assert fitted.stopped_by == "divergence"


def test_bf16_is_not_even_tried_where_it_is_emulated(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": False})
    large = np.zeros((300, 300, 3), np.float32)
    assert choose_precision(large, RECIPE, device=CPU, wanted="auto") == "fp32"


def test_bf16_is_taken_only_if_it_is_quicker(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    monkeypatch.setattr(prior, "PROBE_PX", 1)
    times = iter([0.0, 1.0, 1.0, 1.5, 0.0, 1.0, 1.0, 1.9])  # fp32, then bf16, twice
    monkeypatch.setattr(prior.time, "perf_counter", lambda: next(times))
    assert choose_precision(PICTURE, RECIPE, device=CPU, wanted="auto") == "bf16"
    assert choose_precision(PICTURE, RECIPE, device=CPU, wanted="auto") == "fp32"


def test_precisions_it_cannot_learn_in_are_refused():
    with pytest.raises(SettingsError, match="fp16"):
        choose_precision(PICTURE, RECIPE, device=CPU, wanted="fp16")
