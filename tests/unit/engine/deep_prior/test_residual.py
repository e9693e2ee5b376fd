import numpy as np
import pytest

from restorer.engine.deep_prior.residual import MOST_SHARE, best_share, carried_on

RNG = np.random.default_rng(0)
SEEN = RNG.random((40, 50)) < 0.5
PICTURE = RNG.random((40, 50, 3)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_residual_that_is_the_same_all_over_is_carried_on_whole(channels):
    picture = PICTURE[:, :, :channels]
    lost = np.where(SEEN[:, :, None], picture, 7)  # what is lost must not matter
    carried = carried_on(picture - np.float32(0.1), lost, SEEN)
    assert carried.shape == picture.shape
    assert np.abs(carried - 0.1).max() < 1e-5


def test_nothing_is_carried_far():
    seen = np.ones((40, 50), bool)
    seen[:, 20:] = False
    carried = carried_on(PICTURE - np.float32(0.1), PICTURE, seen)
    assert np.abs(carried[:, 23:]).max() == 0


def test_the_share_is_the_one_that_brings_held_out_pixels_nearest():
    carried = PICTURE - 0.5
    fitted = PICTURE - 0.75 * carried
    assert best_share(carried, fitted, PICTURE, ~SEEN) == pytest.approx(0.75)


def test_a_residual_that_says_nothing_of_its_neighbours_is_left_out():
    fitted = PICTURE + RNG.normal(0, 0.1, PICTURE.shape).astype(np.float32)
    carried = carried_on(fitted, PICTURE, SEEN)
    assert best_share(carried, fitted, PICTURE, ~SEEN) < 0.05
    assert best_share(-carried, PICTURE - carried, PICTURE, ~SEEN) == 0


def test_without_held_out_pixels_there_is_no_share_and_never_a_large_one():
    carried = PICTURE - 0.5
    assert best_share(carried, PICTURE - carried, PICTURE, np.zeros_like(SEEN)) == 0
    assert best_share(carried, PICTURE - 9 * carried, PICTURE, ~SEEN) == MOST_SHARE
