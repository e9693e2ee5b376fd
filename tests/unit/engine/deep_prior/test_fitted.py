import numpy as np
import pytest

from restorer.engine.deep_prior.fitted import (
    SNAPSHOT_BYTES,
    SNAPSHOTS,
    Fitted,
    Snapshots,
    snapshot_iterations,
    to_snapshot,
)
from restorer.engine.deep_prior.prior_picture import to_picture
from restorer.engine.photo import Photo
from restorer.engine.tiles import plan_tiles


def fitted(photo):
    kept = 1 - to_picture(photo)
    return Fitted(photo, kept, 150, {}, {100: to_snapshot(kept * 0.5), 200: to_snapshot(kept)})


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_kept_picture_and_the_original_are_the_ends(photo, dtype):
    original = photo(dtype=dtype, alpha=True)
    made = fitted(original)
    assert (made.blended(strength=0).pixels == original.pixels).all()
    assert (made.blended(strength=0, iteration=100).pixels == original.pixels).all()
    assert (made.blended(strength=100).pixels == original.max_value - original.pixels).all()
    assert (made.blended(strength=100).alpha == original.alpha).all()


def test_half_the_strength_is_half_the_way(photo):
    original = photo()
    half = fitted(original).blended(strength=50).pixels
    assert abs(half.astype(int) - 127.5).max() <= 0.5


def test_a_snapshot_takes_the_place_of_the_kept_picture(photo):
    original = photo(dtype=np.uint16)
    expected = (65535 - original.pixels.astype(int)) / 2
    shown = fitted(original).blended(strength=100, iteration=100).pixels
    assert abs(shown - expected).max() <= 1
    assert fitted(original).iterations == (100, 150, 200)


def test_grey_stays_grey(photo):
    pixels = np.repeat(photo().pixels[:, :, :1], 3, axis=2)
    shown = fitted(Photo(pixels, is_gray=True)).blended(strength=70, iteration=200)
    assert shown.is_gray
    assert (shown.pixels == shown.pixels[:, :, :1]).all()


def test_snapshots_are_denser_in_the_beginning():
    taken = snapshot_iterations((256, 256, 3), 2000)
    assert len(taken) == SNAPSHOTS
    assert (taken[0], taken[-1]) == (100, 2000)
    assert list(np.diff(taken)) == sorted(np.diff(taken))
    assert all(iteration % 10 == 0 for iteration in taken)


@pytest.mark.parametrize("side", [64, 3500, 8000, 20000])
def test_snapshots_of_a_large_photo_never_take_more_than_their_memory(side):
    taken = snapshot_iterations((side, side, 3), 2000)
    assert len(taken) * side * side * 3 * 2 <= SNAPSHOT_BYTES


@pytest.mark.parametrize("last", [1, 9, 10, 14, 100])
def test_short_runs_have_few_snapshots(last):
    taken = snapshot_iterations((64, 64, 3), last)
    assert all(0 < iteration <= last for iteration in taken)


def test_tiles_snapshots_fade_into_each_other():
    rng = np.random.default_rng(0)
    picture = rng.random((40, 90, 3)).astype(np.float32)
    snapshots = Snapshots(np.zeros_like(picture), (10, 20))
    weights = np.zeros((40, 90, 1), np.float32)
    for tile in plan_tiles(40, 90, tile_px=30, halo_px=8):
        top, left, bottom, right = tile.window
        part = to_snapshot(picture[top:bottom, left:right])
        ramp = rng.random((bottom - top, right - left, 1)).astype(np.float32)
        before = weights[top:bottom, left:right]
        snapshots.add(np.stack([part, part // 2]), tile, ramp / (before + ramp))
        weights[top:bottom, left:right] += ramp
    whole = to_snapshot(picture).astype(int)
    assert abs(snapshots.up_to(20)[10] - whole).max() <= 1
    assert abs(snapshots.up_to(20)[20] - whole // 2).max() <= 1
    assert snapshots.up_to(15).keys() == {10}
