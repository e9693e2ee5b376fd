from pathlib import Path

import numpy as np
import pytest

from restorer.engine.photo import Photo


def pixels(dtype=np.uint8, height=3, width=5):
    return np.zeros((height, width, 3), dtype)


def test_size_comes_from_the_pixels():
    photo = Photo(pixels(height=300, width=500))
    assert (photo.height, photo.width, photo.megapixels) == (300, 500, 0.15)


@pytest.mark.parametrize(("dtype", "max_value"), [(np.uint8, 255), (np.uint16, 65535)])
def test_max_value_follows_the_depth(dtype, max_value):
    assert Photo(pixels(dtype)).max_value == max_value


def test_arrays_cannot_be_written_to():
    photo = Photo(pixels(), np.zeros((3, 5), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        photo.pixels[0, 0, 0] = 1
    assert photo.alpha is not None
    with pytest.raises(ValueError, match="read-only"):
        photo.alpha[0, 0] = 1


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((3, 5), np.uint8), np.zeros((3, 5, 4), np.uint8), np.zeros((3, 5, 3), np.float32)],
    ids=["two dimensions", "four channels", "float"],
)
def test_refuses_pixels_of_another_shape_or_type(wrong):
    with pytest.raises(ValueError, match="pixels must be"):
        Photo(wrong)


@pytest.mark.parametrize(
    "wrong", [np.zeros((5, 3), np.uint8), np.zeros((3, 5), np.uint16)], ids=["size", "type"]
)
def test_refuses_alpha_that_does_not_match(wrong):
    with pytest.raises(ValueError, match="alpha must have"):
        Photo(pixels(), wrong)


def test_other_pixels_keep_everything_else():
    photo = Photo(
        pixels(), None, True, icc=b"icc", exif=b"exif", dpi=(300.0, 300.0), source=Path("a.png")
    )
    larger = photo.with_pixels(pixels(height=6, width=10), np.zeros((6, 10), np.uint8))
    assert (larger.height, larger.width) == (6, 10)
    assert larger.alpha is not None
    assert (larger.is_gray, larger.icc, larger.exif) == (True, b"icc", b"exif")
    assert (larger.dpi, larger.source) == ((300.0, 300.0), Path("a.png"))


def test_the_digest_tells_pixels_sizes_and_depths_apart(photo):
    same = photo(24, 32)
    others = [photo(seed=1), photo(dtype=np.uint16), Photo(same.pixels.reshape(32, 24, 3))]
    assert same.digest == photo(24, 32).digest
    assert len({same.digest, *(other.digest for other in others)}) == 4
