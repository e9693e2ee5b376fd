import numpy as np
import pytest

from restorer.engine.deep_prior import prior_picture
from restorer.engine.deep_prior.prior_picture import PREVIEW_INTERVAL_S, PREVIEW_SHARE, Shower
from restorer.engine.jobs import RunContext
from restorer.engine.tiles import plan_tiles


class Clock:
    """Time passes only when somebody works."""

    def __init__(self):
        self.now, self.shown_s = 0.0, 0.0

    def monotonic(self):
        return self.now


class Run:
    """A run whose average takes a while to fetch."""

    def __init__(self, clock, size, cost_s):
        self.clock, self.size, self.cost_s = clock, size, cost_s

    def average(self):
        self.clock.now += self.cost_s
        self.clock.shown_s += self.cost_s
        return np.full((*self.size, 3), 0.5, np.float32)


@pytest.mark.parametrize("cost_s", [0.0, 0.001, 0.02, 0.3])
@pytest.mark.parametrize("iteration_s", [0.01, 0.2, 3.0])
def test_previews_come_twice_a_second_at_most_and_take_two_percent_at_most(
    photo, monkeypatch, cost_s, iteration_s
):
    clock, shown = Clock(), []
    monkeypatch.setattr(prior_picture, "time", clock)
    show = Shower(photo(), plan_tiles(24, 32, tile_px=64, halo_px=8)[0], RunContext(
        preview=shown.append
    ))  # fmt: skip
    run = Run(clock, (24, 32), cost_s)
    while clock.now < 600:
        clock.now += iteration_s
        show(run)
    assert 2 <= len(shown) <= 600 / PREVIEW_INTERVAL_S
    assert clock.shown_s - cost_s <= PREVIEW_SHARE * clock.now


def test_nothing_is_fetched_if_nobody_looks(photo, ctx, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(prior_picture, "time", clock)
    show = Shower(photo(), plan_tiles(24, 32, tile_px=64, halo_px=8)[0], ctx)
    clock.now = 100.0
    show(Run(clock, (24, 32), 5.0))
    assert clock.shown_s == 0
