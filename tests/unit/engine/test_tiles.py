import itertools

import numpy as np
import pytest

from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.tiles import (
    MemoryReader,
    MemoryWriter,
    plan_tiles,
    plan_tiles_around,
    run_tiled,
)
from restorer.errors import Cancelled, NotEnoughMemoryError

SIZES = [(1, 1), (1, 500), (500, 1), (3, 500), (64, 64), (65, 129), (427, 641)]


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("tile_px", [1 << 40, 200, 64])
@pytest.mark.parametrize("multiple_of", [1, 8])
def test_cores_cover_the_picture_exactly_once(height, width, tile_px, multiple_of):
    covered = np.zeros((height, width), int)
    for tile in plan_tiles(height, width, tile_px=tile_px, halo_px=7, multiple_of=multiple_of):
        top, left, bottom, right = tile.core
        covered[top:bottom, left:right] += 1
        assert max(bottom - top, right - left) <= tile_px
        assert tile.window[0] % multiple_of == 0
        assert tile.window[1] % multiple_of == 0
    assert (covered == 1).all()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_windows_have_the_halo_or_end_at_the_border(height, width):
    for tile in plan_tiles(height, width, tile_px=64, halo_px=9):
        assert tile.window[0] in (0, tile.core[0] - 9)
        assert tile.window[1] in (0, tile.core[1] - 9)
        assert tile.window[2] in (height, tile.core[2] + 9)
        assert tile.window[3] in (width, tile.core[3] + 9)


def spots(height, width, count, *, seed=0):
    """Pixels that are wanted, in small squares all over a picture."""
    rng = np.random.default_rng(seed)
    wanted = np.zeros((height, width), bool)
    for _ in range(count):
        top, left = rng.integers(height), rng.integers(width)
        wanted[top : top + 5, left : left + 5] = True
    return wanted


def window_px(tile):
    top, left, bottom, right = tile.window
    return (bottom - top) * (right - left)


@pytest.mark.parametrize("count", [0, 1, 2, 20, 2000])
@pytest.mark.parametrize("tile_px", [64, 1 << 40])
@pytest.mark.parametrize("halo_px", [0, 9, 64])
def test_all_that_is_wanted_is_in_one_core_with_its_halo(count, tile_px, halo_px):
    wanted = spots(300, 500, count)
    covered = np.zeros(wanted.shape, int)
    for tile in plan_tiles_around(wanted, tile_px=tile_px, halo_px=halo_px):
        top, left, bottom, right = tile.core
        covered[top:bottom, left:right] += 1
        assert max(bottom - top, right - left) <= tile_px
        assert tile.window == (
            max(0, top - halo_px), max(0, left - halo_px),
            min(300, bottom + halo_px), min(500, right + halo_px),
        )  # fmt: skip
    assert (covered[wanted] == 1).all()
    assert covered.max() <= 1


def test_spots_that_are_far_apart_have_a_window_each():
    wanted = np.zeros((3000, 4000), bool)
    for row, column in ((100, 200), (2800, 300), (1500, 3700)):
        wanted[row : row + 4, column : column + 4] = True
    tiles = plan_tiles_around(wanted, tile_px=512, halo_px=64)
    assert [window_px(tile) for tile in tiles] == [132 * 132] * 3


def test_windows_never_cover_more_than_one_around_everything():
    wanted = spots(250, 250, 8)
    together = plan_tiles_around(wanted, tile_px=512, halo_px=64)
    assert sum(map(window_px, together)) <= 250 * 250


def test_a_mask_full_of_specks_is_planned_in_a_moment():
    wanted = np.random.default_rng(0).random((1500, 2000)) < 0.5
    assert len(plan_tiles_around(wanted, tile_px=512, halo_px=64)) == 16


def test_cores_are_nearly_equal():
    sides = {tile.core[3] - tile.core[1] for tile in plan_tiles(10, 129, tile_px=64, halo_px=0)}
    assert sides == {43}


@pytest.mark.parametrize(
    "arguments",
    [
        {"height": 0, "width": 5, "tile_px": 64, "halo_px": 1},
        {"height": 5, "width": 5, "tile_px": 0, "halo_px": 1},
        {"height": 5, "width": 5, "tile_px": 64, "halo_px": -1},
    ],
)
def test_impossible_plans_are_refused(arguments):
    with pytest.raises(ValueError, match="no plan"):
        plan_tiles(**arguments)


def blur_and_double(window, ctx):
    """A stand-in for a network: reach 3 px, scale 2, zeros outside."""
    height, width = window.shape[:2]
    padded = np.pad(window.astype(int), ((3, 3), (3, 3), (0, 0)))
    shifts = itertools.product(range(7), repeat=2)
    total = sum(padded[y : y + height, x : x + width] for y, x in shifts)
    return np.repeat(np.repeat(total % 251, 2, axis=0), 2, axis=1).astype(np.uint8)


def run(pixels, *, tile_px, restore=blur_and_double, ctx=None, on_tile=None):
    writer = MemoryWriter(pixels.shape[0] * 2, pixels.shape[1] * 2, pixels.dtype)
    used = run_tiled(
        MemoryReader(pixels), writer, restore, scale=2, halo_px=3, multiple_of=1,
        tile_px=tile_px, ctx=ctx or RunContext.quiet(),
        on_tile=on_tile or (lambda tile, part: None),
    )  # fmt: skip
    return writer.pixels, used


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (150, 211, 3), dtype=np.uint8)


@pytest.mark.parametrize("tile_px", [10, 40, 64, 149, 150])
def test_tiles_join_to_the_whole(pixels, tile_px):
    whole = blur_and_double(pixels, None)
    joined, used = run(pixels, tile_px=tile_px)
    assert (joined == whole).all()
    assert used == tile_px


def test_each_tile_is_shown_where_it_belongs(pixels):
    shown = np.zeros((300, 422, 3), np.uint8)

    def show(tile, part):
        top, left, bottom, right = tile.core
        shown[top * 2 : bottom * 2, left * 2 : right * 2] = part

    joined, _ = run(pixels, tile_px=64, on_tile=show)
    assert (shown == joined).all()


def test_out_of_memory_starts_over_with_half_the_tile(pixels):
    calls = []

    def restore(window, ctx):
        calls.append(window.shape)
        # The second row of large tiles fails: the first is written already and must not stay.
        if max(window.shape) > 90 and len(calls) > 2:
            raise NotEnoughMemoryError("cpu", 1)
        return blur_and_double(window, ctx)

    joined, used = run(pixels, tile_px=140, restore=restore)
    assert used == 70
    assert (joined == blur_and_double(pixels, None)).all()


def test_out_of_memory_with_the_smallest_tile_is_an_error(pixels):
    sides = []

    def restore(window, ctx):
        sides.append(max(window.shape))
        raise NotEnoughMemoryError("cpu", 1)

    with pytest.raises(NotEnoughMemoryError):
        run(pixels, tile_px=1 << 40, restore=restore)
    assert len(sides) == 3  # 211, then 105, then the smallest: 64


def test_cancel_stops_at_the_next_tile(pixels):
    token = CancelToken()
    done = []

    def restore(window, ctx):
        done.append(1)
        token.cancel()
        return blur_and_double(window, ctx)

    with pytest.raises(Cancelled):
        run(pixels, tile_px=64, restore=restore, ctx=RunContext(token=token))
    assert len(done) == 1


def test_progress_ends_at_one(pixels):
    reports = []
    run(pixels, tile_px=64, ctx=RunContext(report=reports.append))
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_writer_with_missing_rows_says_so():
    writer = MemoryWriter(4, 4, np.dtype(np.uint8))
    writer.start()
    writer.next_band(3)
    with pytest.raises(ValueError, match="3 of 4 rows"):
        writer.finish()


def feathered(pixels, restore, *, tile_px, feather_px=8, scale=2, on_tile=lambda tile, part: None):
    writer = MemoryWriter(pixels.shape[0] * scale, pixels.shape[1] * scale, pixels.dtype)
    run_tiled(
        MemoryReader(pixels), writer, restore, scale=scale, halo_px=12, multiple_of=1,
        tile_px=tile_px, ctx=RunContext.quiet(), on_tile=on_tile, feather_px=feather_px,
    )  # fmt: skip
    return writer.pixels


@pytest.mark.parametrize("tile_px", [10, 40, 64, 149, 211])
def test_feathered_tiles_change_nothing_where_the_halo_is_enough(pixels, tile_px):
    joined = feathered(pixels, blur_and_double, tile_px=tile_px)
    assert (joined == blur_and_double(pixels, None)).all()


def test_feathered_tiles_of_different_brightness_join_without_a_step():
    calls = itertools.count()

    def restore(window, ctx):
        return np.full_like(window, 100 + 40 * (next(calls) % 2))

    pixels = np.zeros((100, 160, 3), np.uint8)
    joined = feathered(pixels, restore, tile_px=40, scale=1).astype(int)
    assert joined.min() == 100
    assert joined.max() == 140
    assert np.abs(np.diff(joined, axis=0)).max() <= 5
    assert np.abs(np.diff(joined, axis=1)).max() <= 5
