import threading

import numpy as np
import pytest

from restorer.engine import jobs
from restorer.engine.jobs import CancelToken, Job, RunContext
from restorer.engine.photo import Photo
from restorer.errors import Cancelled


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless moved."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(jobs.time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def reports():
    return []


@pytest.fixture
def reporting(reports):
    return RunContext(job_id=7, report=reports.append)


def test_step_raises_once_the_token_is_cancelled():
    token = CancelToken()
    ctx = RunContext(token=token)
    ctx.step("tile", 0, 2)
    thread = threading.Thread(target=token.cancel)
    thread.start()
    thread.join()
    with pytest.raises(Cancelled):
        ctx.step("tile", 1, 2)


def test_a_part_is_cancelled_with_the_whole():
    token = CancelToken()
    part = RunContext(token=token).part(0, 2)
    token.cancel()
    with pytest.raises(Cancelled):
        part.raise_if_cancelled()


def test_finish_early_is_seen_and_does_not_cancel():
    token = CancelToken()
    ctx = RunContext(token=token)
    token.finish_early()
    assert ctx.finish_requested
    ctx.step("iteration", 1, 2)


def test_fraction_is_done_of_total(reporting, reports, clock):
    reporting.step("tile", 1, 4)
    assert reports[0].job_id == 7
    assert reports[0].stage == "tile"
    assert reports[0].fraction == 0.25


def test_fraction_is_unknown_without_a_total(reporting, reports):
    reporting.step("load", 0, 0)
    assert reports[0].fraction is None
    assert reports[0].seconds_left is None


def test_parts_of_parts_fill_their_share(reporting, reports, clock):
    reporting.part(1, 2).share(0.5, 1.0).step("tile", 1, 2)
    assert reports[0].fraction == pytest.approx(0.5 + 0.5 * 0.75)


def test_reports_come_at_most_every_50_ms_but_the_last_always(reporting, reports, clock):
    for done in range(100):
        reporting.step("tile", done, 100)
    reporting.step("tile", 100, 100)
    assert [report.fraction for report in reports] == [0.0, 1.0]


def test_time_left_follows_from_the_speed_so_far(reporting, reports, clock):
    reporting.step("tile", 0, 10)
    clock.now += 4
    reporting.step("tile", 2, 10)
    assert reports[0].seconds_left is None
    assert reports[1].seconds_left == pytest.approx(16)


def test_time_spent_loading_is_not_held_against_the_tiles(reporting, reports, clock):
    reporting.step("load", 0, 0)
    clock.now += 60
    reporting.step("tile", 0, 10)
    clock.now += 1
    reporting.step("tile", 5, 10)
    assert reports[-1].seconds_left == pytest.approx(1)


def test_time_left_starts_again_after_starting_over(reporting, reports, clock):
    reporting.step("tile", 0, 4)
    clock.now += 10
    reporting.step("tile", 2, 4)
    clock.now += 1
    reporting.step("tile", 0, 16)
    clock.now += 1
    reporting.step("tile", 1, 16)
    assert reports[-1].seconds_left == pytest.approx(15)


def test_preview_carries_the_job_and_the_region():
    previews = []
    part = Photo(np.zeros((2, 2, 3), np.uint8))
    RunContext(job_id=3, preview=previews.append).part(0, 2).preview((0, 0, 0.5, 1), part)
    assert (previews[0].job_id, previews[0].region) == (3, (0, 0, 0.5, 1))
    assert previews[0].part is part


def test_every_job_has_its_own_id():
    assert Job("open", print).id != Job("open", print).id
