import numpy as np
import pytest

from restorer.engine.honesty import honesty_map, map_pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_only_the_place_that_differs_is_shown(dtype):
    faithful = np.full((40, 60, 3), np.iinfo(dtype).max // 2, dtype)
    result = faithful.copy()
    result[10:20, 30:40] += np.iinfo(dtype).max // 4
    departure = honesty_map(result, faithful)
    assert departure.shape == (40, 60)
    assert departure[15, 35] == 1
    assert departure[35, 5] == 0


def test_texture_with_the_right_mean_counts():
    faithful = np.full((32, 32, 3), 100, np.uint8)
    result = faithful.copy()
    result[::2, 1::2] += 20
    result[1::2, ::2] -= 20
    departure = honesty_map(result, faithful)
    assert departure[16, 16] == pytest.approx(20 / 255 / 2**0.5 / 0.1, abs=0.01)


def test_a_map_is_a_gray_picture():
    pixels = map_pixels(np.float32([[0, 0.5, 1]]))
    assert pixels.shape == (1, 3, 3)
    assert pixels[0, :, 0].tolist() == [0, 128, 255]
