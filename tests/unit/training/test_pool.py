import numpy as np
import pytest
import torch
import torch.nn.functional as F

from restorer.training.damage import DAMAGES, Damage
from restorer.training.data import Pair, Pool
from restorer.training.degrade import shrink_bicubic

CPU = torch.device("cpu")


def pair(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    chw = [
        torch.from_numpy(p.transpose(2, 0, 1).copy()) for p in (pixels, shrink_bicubic(pixels, 4))
    ]
    return Pair(*chw)


@pytest.fixture(scope="module")
def pairs():
    return [pair(64, 68, 0), pair(72, 64, 1)]


@pytest.fixture
def pool(pairs):
    return Pool(pairs, 4, CPU)


def draw(pool, *, seed=1, step=5, batch_size=8, **rest):
    return pool.draw(batch_size=batch_size, crop_px=8, seed=seed, step=step, **rest)


def test_small_and_sharp_crops_show_the_same_place(pool):
    small, sharp = draw(pool)
    assert small.shape == (8, 3, 8, 8)
    assert sharp.shape == (8, 3, 32, 32)
    for one, large in zip(small, sharp, strict=True):
        pixels = (large * 255).byte().permute(1, 2, 0).numpy()
        again = shrink_bicubic(pixels, 4)[2:-2, 2:-2] / 255  # the border has other neighbours
        assert np.abs(again - one.permute(1, 2, 0).numpy()[2:-2, 2:-2]).max() < 0.02


def test_every_crop_is_in_a_photograph_in_one_of_8_ways(pool, pairs):
    _, sharp = draw(pool, batch_size=40)
    ways = set()
    for crop in (sharp * 255).round().byte():
        views = [
            (way, torch.rot90(crop.flip(2) if way >= 4 else crop, way % 4, (1, 2)))
            for way in range(8)
        ]
        found = [way for way, view in views for p in pairs if is_inside(view, p.sharp)]
        assert len(found) == 1
        ways |= set(found)
    assert ways == set(range(8))


def is_inside(crop, picture):
    side = crop.shape[1]
    places = picture.unfold(1, side, 4).unfold(2, side, 4)  # (3, rows, columns, side, side)
    return bool((places == crop[:, None, None]).all(-1).all(-1).all(0).any())


def test_crops_are_channels_last(pool):
    assert draw(pool)[1].is_contiguous(memory_format=torch.channels_last)


def test_crops_follow_from_seed_step_and_worker(pool):
    first = draw(pool)[0]
    assert torch.equal(first, draw(pool)[0])
    for other in ({"step": 6}, {"seed": 2}, {"worker": 1}):
        assert not torch.equal(first, draw(pool, **other)[0])


def test_crops_are_made_on_the_pools_device(pairs):
    on_meta = Pool(pairs, 4, torch.device("meta"))  # stands for any that is neither CPU nor CUDA
    assert all(crop.is_meta for crop in draw(on_meta))


def test_larger_pictures_are_drawn_more_often():
    flat = [np.full((side, side, 3), value, np.uint8) for side, value in ((32, 0), (96, 200))]
    chw = [[torch.from_numpy(p.transpose(2, 0, 1).copy()) for p in (f, f[::4, ::4])] for f in flat]
    _, sharp = draw(Pool([Pair(*one) for one in chw], 4, CPU), batch_size=400)
    share = (sharp[:, 0, 0, 0] > 0.5).float().mean()
    assert share == pytest.approx(0.9, abs=0.05)


@pytest.fixture
def damaged_pool(pairs):
    sharp = [Pair(torch.tile(p.sharp, (1, 2, 2)), None) for p in pairs]
    return Pool(sharp, 4, CPU, damage=DAMAGES["photo"])


def test_damaged_crops_have_the_promised_shape_and_follow_from_the_arguments(damaged_pool):
    small, sharp = draw(damaged_pool)
    assert small.shape == (8, 3, 8, 8)
    assert sharp.shape == (8, 3, 32, 32)
    assert torch.equal(small, draw(damaged_pool)[0])
    assert not torch.equal(small, draw(damaged_pool, step=6)[0])


def test_a_crop_that_is_not_damaged_shows_the_same_place(pairs):
    smooth = [Pair(F.avg_pool2d(torch.tile(p.sharp, (1, 2, 2)).float(), 9, 1, 4).byte(), None)
              for p in pairs]  # fmt: skip
    pool = Pool(smooth, 4, CPU, damage=Damage(untouched_chance=1))
    small, sharp = draw(pool)
    again = F.interpolate(sharp, scale_factor=0.25, mode="bicubic", antialias=True)
    assert (again - small)[:, :, 2:-2, 2:-2].abs().max() < 0.02
