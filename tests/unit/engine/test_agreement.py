import numpy as np
import pytest

from restorer.engine import agreement
from restorer.engine.agreement import agree, resize
from restorer.engine.jobs import CancelToken, RunContext
from restorer.errors import Cancelled
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic


def picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    rough = rng.integers(60, 197, (-(-height // 8), -(-width // 8), 3), dtype=np.uint8)
    smooth = enlarge_bicubic(rough, 8)[:height, :width].astype(int)
    return np.clip(smooth + rng.integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_smaller_is_the_bicubic_of_the_training(scale):
    """The training's rounds to 8 bit after each of its two passes."""
    sharp = picture(24 * scale, 20 * scale)
    small = shrink_bicubic(sharp, scale)
    mine = resize(sharp[:, :, 0].astype(np.float32), *small.shape[:2])
    assert np.abs(mine - small[:, :, 0]).max() < 1.6
    assert abs(float((mine - small[:, :, 0]).mean())) < 0.1


@pytest.mark.parametrize("size", [(96, 80), (72, 60), (36, 30), (48, 41), (240, 200)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_made_small_again_it_is_the_original_at_any_ratio(ctx, size, dtype):
    small = picture(24, 20).astype(dtype) * (np.iinfo(dtype).max // 255)
    rng = np.random.default_rng(1)
    wrong = np.empty((*size, 3), dtype)
    for channel in range(3):
        plane = resize(small[:, :, channel].astype(np.float32), *size)
        noise = rng.normal(0, 0.04 * np.iinfo(dtype).max, size)
        wrong[:, :, channel] = np.clip(plane + noise, 0, np.iinfo(dtype).max)
    before = agree(wrong, small, ctx, rounds=0)
    after = agree(wrong, small, ctx)
    assert (before.pixels == wrong).all()
    assert before.agreement_db < 43
    assert after.agreement_db > 45
    assert after.pixels.dtype == dtype


def test_a_picture_that_agrees_stays_as_it_is(ctx):
    flat = np.full((16, 16, 3), 90, np.uint8)
    agreed = agree(flat, flat[:4, :4], ctx)
    assert (agreed.pixels == flat).all()


def test_gray_stays_gray(ctx):
    small = picture(12, 12)[:, :, :1].repeat(3, axis=2)
    agreed = agree(small.repeat(4, axis=0).repeat(4, axis=1), small, ctx)
    assert (agreed.pixels == agreed.pixels[:, :, :1]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
def test_a_single_row_or_pixel_is_enough(ctx, size):
    small = picture(8, 8)[: size[0], : size[1]]
    big = small.repeat(4, axis=0).repeat(4, axis=1)
    assert agree(big, small, ctx).pixels.shape == big.shape


def test_it_stops_between_two_rounds():
    token = CancelToken()
    token.cancel()
    small = picture(8, 8)
    with pytest.raises(Cancelled):
        agree(small.repeat(2, axis=0).repeat(2, axis=1), small, RunContext(token=token))


@pytest.mark.parametrize("scale", [2, 2.7, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_blocks_give_what_the_whole_picture_gives(ctx, monkeypatch, scale, dtype):
    top = np.iinfo(dtype).max
    small = picture(150, 170).astype(dtype) * (top // 255)
    size = (round(150 * scale), round(170 * scale))
    planes = [resize(small[:, :, c].astype(np.float32), *size) for c in range(3)]
    wrong = np.stack(planes, axis=2) + np.random.default_rng(1).normal(0, top / 25, (*size, 3))
    wrong = np.clip(wrong, 0, top).astype(dtype)
    monkeypatch.setattr(agreement, "ENOUGH_DB", 200)  # all blocks do all rounds
    whole = agree(wrong, small, ctx)
    monkeypatch.setattr(agreement, "BLOCK_PX", 50)
    blocks = agree(wrong, small, ctx)
    differences = np.abs(blocks.pixels.astype(int) - whole.pixels)
    assert differences.max() <= 1
    assert blocks.agreement_db == pytest.approx(whole.agreement_db, abs=0.01)


def test_a_flat_block_with_a_little_text_joins_its_rough_neighbour(ctx, monkeypatch):
    seam = 4 * 128
    sharp = np.full((512, 1024), 235, np.float32)
    sharp[200:206, seam - 70 : seam + 90] = 10
    sharp[180:240, seam - 20 : seam + 20 : 12] = 10
    rough = np.random.default_rng(0).integers(0, 256, (64, 32)).astype(np.float32)
    sharp[:, seam + 256 :] = rough.repeat(8, axis=0).repeat(8, axis=1)
    small = np.clip(resize(sharp, 128, 256), 0, 255).round()
    large = np.clip(resize(small, *sharp.shape), 0, 255).round()
    given = [np.repeat(plane[:, :, None], 3, axis=2).astype(np.uint8) for plane in (large, small)]
    monkeypatch.setattr(agreement, "BLOCK_PX", 128)
    joined = agree(*given, ctx).pixels.astype(int)
    monkeypatch.setattr(agreement, "ENOUGH_DB", 200)  # all rounds
    whole = agree(*given, ctx).pixels.astype(int)
    steps = [pixels[:, seam] - pixels[:, seam - 1] for pixels in (joined, whole)]
    assert np.abs(steps[0] - steps[1]).max() <= 5
