import io

import cv2
import numpy as np
import pytest
from PIL import Image

from restorer.engine.noise import measure_noise


def scene(side=192):
    """Return a picture of soft shapes, (side, side, 3), 0.2..0.8."""
    rng = np.random.default_rng(5)
    small = rng.random((6, 6, 3)).astype(np.float32)
    return 0.2 + 0.6 * np.clip(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)


def noisy(sigma_255, seed=0):
    rng = np.random.default_rng(seed)
    picture = scene()
    return (picture + rng.normal(0, sigma_255 / 255, picture.shape)).astype(np.float32)


@pytest.mark.parametrize("sigma_255", [5, 15, 25, 50])
def test_white_noise_is_measured(sigma_255):
    noise = measure_noise(noisy(sigma_255))
    assert 255 * noise.sigma == pytest.approx(sigma_255, rel=0.06)
    assert not noise.is_correlated


def test_blurred_noise_is_found_to_be_correlated():
    rng = np.random.default_rng(0)
    blurred = cv2.GaussianBlur(rng.normal(0, 1, (192, 192, 3)), (0, 0), 0.8)
    picture = scene() + blurred / blurred.std() * 25 / 255
    assert measure_noise(picture.astype(np.float32)).is_correlated


def test_jpeg_is_found_to_be_correlated():
    file = io.BytesIO()
    pixels = np.clip(noisy(25) * 255, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=60)
    assert measure_noise(np.asarray(Image.open(file), np.float32) / 255).is_correlated


@pytest.mark.parametrize("shape", [(1, 1, 3), (15, 400, 3), (64, 64, 1)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_one_colour_and_tiny_pictures_have_no_noise(shape, value):
    noise = measure_noise(np.full(shape, value, np.float32))
    assert noise.sigma == 0
    assert not noise.is_correlated
