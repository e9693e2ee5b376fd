import gc
import logging
import tracemalloc
import weakref

import numpy as np
import pytest
from PIL import ImageCms
from PySide6.QtGui import QColor, QColorSpace, QImage

from restorer.engine.photo import Photo
from restorer.gui.qimages import make_picture, to_qimage


def pixels_of(image: QImage) -> np.ndarray:
    """Return (H, W, 4) RGBA, straight."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()


def address_of(image: QImage) -> int:
    return np.frombuffer(image.constBits(), np.uint8).ctypes.data


def random_pixels(height: int, width: int, dtype=np.uint8) -> np.ndarray:
    limit = np.iinfo(dtype).max + 1
    return np.random.default_rng(0).integers(0, limit, (height, width, 3), dtype)


def named_icc(name: QColorSpace.NamedColorSpace) -> bytes:
    return QColorSpace(name).iccProfile().data()


def gray_icc() -> bytes:
    """Return a grey profile with a straight line for its curve."""
    header = bytearray(128)
    header[8:12] = (0x02400000).to_bytes(4, "big")
    header[12:24] = b"mntrGRAYXYZ "
    header[36:40] = b"acsp"
    header[68:80] = b"\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"
    white = b"XYZ \0\0\0\0" + header[68:80]
    curve = b"curv\0\0\0\0" + (0).to_bytes(4, "big")
    text = b"desc\0\0\0\0" + (5).to_bytes(4, "big") + b"gray\0" + bytes(79)
    table, data, offset = b"", b"", 128 + 4 + 3 * 12
    for name, body in ((b"wtpt", white), (b"kTRC", curve), (b"desc", text)):
        place = offset + len(data)
        table += name + place.to_bytes(4, "big") + len(body).to_bytes(4, "big")
        data += body + bytes(-len(body) % 4)
    profile = bytes(header) + (3).to_bytes(4, "big") + table + data
    return len(profile).to_bytes(4, "big") + profile[4:]


def test_srgb_photo_is_shown_from_its_own_memory():
    photo = Photo(random_pixels(40, 51))
    assert address_of(make_picture(photo).levels[0]) == photo.pixels.ctypes.data
    assert address_of(to_qimage(photo)) == photo.pixels.ctypes.data


def test_srgb_profile_and_opaque_alpha_copy_nothing():
    photo = Photo(
        random_pixels(40, 51),
        alpha=np.full((40, 51), 255, np.uint8),
        icc=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert address_of(to_qimage(photo)) == photo.pixels.ctypes.data


def test_image_and_its_copies_keep_the_memory_alive():
    photo = Photo(random_pixels(30, 41))
    expected, memory = photo.pixels.copy(), weakref.ref(photo.pixels)
    image = QImage(to_qimage(photo))
    del photo
    gc.collect()
    assert memory() is not None
    np.testing.assert_array_equal(pixels_of(image)[:, :, :3], expected)
    del image
    gc.collect()
    assert memory() is None


@pytest.mark.parametrize(
    "view",
    [
        np.s_[5:25, 7:20],
        np.s_[5:25],
        np.s_[::-1],
        np.s_[:, ::-1],
        np.s_[::2, ::3],
    ],
)
def test_views_of_larger_arrays_are_shown_as_they_are(view):
    pixels = random_pixels(40, 51)[view]
    np.testing.assert_array_equal(pixels_of(to_qimage(Photo(pixels)))[:, :, :3], pixels)


def test_turned_view_is_shown_as_it_is():
    pixels = random_pixels(40, 51).transpose(1, 0, 2)
    np.testing.assert_array_equal(pixels_of(to_qimage(Photo(pixels)))[:, :, :3], pixels)


@pytest.mark.parametrize(
    ("size", "levels"),
    [
        ((1, 1), [(1, 1)]),
        ((512, 3), [(512, 3)]),
        ((1301, 999), [(1301, 999), (651, 500), (326, 250)]),
        ((1, 5000), [(1, 5000), (1, 2500), (1, 1250), (1, 625), (1, 313)]),
    ],
)
def test_levels_are_halved_and_rounded_up(size, levels):
    picture = make_picture(Photo(random_pixels(*size)))
    assert [(level.height(), level.width()) for level in picture.levels] == levels


@pytest.mark.parametrize("has_alpha", [False, True])
def test_levels_show_the_mean_of_the_pixels(has_alpha):
    pixels = np.full((1024, 1024, 3), (10, 20, 30), np.uint8)
    pixels[:, 1::2] = (30, 40, 50)
    alpha = np.full((1024, 1024), 255, np.uint8)
    alpha[:8, :8] = 0
    picture = make_picture(Photo(pixels, alpha=alpha if has_alpha else None))
    assert picture.levels[1].pixelColor(300, 300) == QColor(20, 30, 40)
    assert picture.levels[1].hasAlphaChannel() == has_alpha


def test_sixteen_bits_are_rounded():
    values = np.uint16([0, 128, 129, 257, 32767, 65406, 65407, 65535])
    photo = Photo(np.repeat(values[None, :, None], 3, axis=2))
    shown = pixels_of(to_qimage(photo))[0, :, 0]
    assert shown.tolist() == [0, 0, 1, 1, 127, 254, 255, 255]


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_thin_pictures_with_profile_and_alpha_are_shown(size, dtype):
    alpha = np.full(size, 100, dtype)
    icc = named_icc(QColorSpace.NamedColorSpace.AdobeRgb)
    image = to_qimage(Photo(random_pixels(*size, dtype), alpha=alpha, icc=icc))
    assert (image.height(), image.width()) == size


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "name", [QColorSpace.NamedColorSpace.AdobeRgb, QColorSpace.NamedColorSpace.DisplayP3]
)
def test_colours_of_a_profile_are_converted(name, dtype):
    eight = np.uint8([[[200, 120, 90], [60, 90, 70], [128, 128, 128], [255, 255, 255]]])
    pixels = eight if dtype == np.uint8 else eight.astype(np.uint16) * 257
    shown = pixels_of(to_qimage(Photo(pixels, icc=named_icc(name))))[0, :, :3]
    change = QColorSpace(name).transformationToColorSpace(
        QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    )
    expected = [change.map(QColor(*map(int, color))).getRgb()[:3] for color in eight[0]]
    np.testing.assert_allclose(shown, expected, atol=2)
    assert abs(shown[0].astype(int) - eight[0, 0]).max() > 4


def test_shadows_of_a_linear_profile_have_no_bands():
    values = np.linspace(0, 1300, 400).astype(np.uint16)  # a fiftieth of the range
    photo = Photo(
        np.repeat(values[None, :, None], 3, axis=2),
        icc=named_icc(QColorSpace.NamedColorSpace.SRgbLinear),
    )
    light = values / 65535
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    shown = pixels_of(to_qimage(photo))[0, :, 1]
    np.testing.assert_allclose(shown, 255 * srgb, atol=1.5)


def test_sixteen_bits_of_a_grey_profile_are_shown():
    pixels = np.full((4, 4, 3), 55 * 257, np.uint16)
    shown = pixels_of(to_qimage(Photo(pixels, icc=gray_icc())))
    assert shown[0, 0, :3].tolist() == pytest.approx([128] * 3, abs=2)


def test_strips_of_a_converted_picture_join():
    pixels = np.broadcast_to(np.uint8([200, 120, 90]), (1200, 700, 3))
    icc = named_icc(QColorSpace.NamedColorSpace.AdobeRgb)
    shown = pixels_of(to_qimage(Photo(pixels, icc=icc)))
    assert (shown == shown[0, 0]).all()


def test_gray_profile_is_applied():
    pixels = np.full((4, 4, 3), 55, np.uint8)
    shown = pixels_of(to_qimage(Photo(pixels, is_gray=True, icc=gray_icc())))
    assert shown[0, 0, :3].tolist() == pytest.approx([128] * 3, abs=2)  # 55 / 255, linear


def test_gray_profile_keeps_colours_that_were_added():
    pixels = np.broadcast_to(np.uint8([55, 0, 255]), (4, 4, 3))
    shown = pixels_of(to_qimage(Photo(pixels, icc=gray_icc())))
    assert shown[0, 0, :3].tolist() == pytest.approx([128, 0, 255], abs=2)


@pytest.mark.parametrize("icc", [b"", b"no profile", gray_icc()[:150]])
def test_broken_profile_is_shown_as_srgb_with_a_warning(icc, caplog):
    photo = Photo(random_pixels(8, 8), icc=icc)
    with caplog.at_level(logging.WARNING):
        image = to_qimage(photo)
    np.testing.assert_array_equal(pixels_of(image)[:, :, :3], photo.pixels)
    assert "shown as sRGB" in caplog.text


def test_profile_for_other_than_rgb_is_shown_as_srgb_with_a_warning(caplog):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    photo = Photo(random_pixels(8, 8), icc=icc)
    np.testing.assert_array_equal(pixels_of(to_qimage(photo))[:, :, :3], photo.pixels)
    assert "Lab" in caplog.text


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_is_shown(dtype):
    scale = 1 if dtype == np.uint8 else 257
    pixels = np.full((2, 3, 3), (200, 100, 50), np.uint8).astype(dtype) * dtype(scale)
    alpha = np.uint8([[0, 128, 255]] * 2).astype(dtype) * dtype(scale)
    image = to_qimage(Photo(pixels, alpha=alpha))
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied
    shown = pixels_of(image)
    np.testing.assert_array_equal(shown[:, :, 3], [[0, 128, 255]] * 2)
    np.testing.assert_allclose(shown[:, 1:, :3], np.broadcast_to((200, 100, 50), (2, 2, 3)), atol=1)


def test_conversion_needs_no_large_temporary():
    photo = Photo(
        random_pixels(2000, 1500, np.uint16), icc=named_icc(QColorSpace.NamedColorSpace.AdobeRgb)
    )
    to_qimage(Photo(photo.pixels[:1], icc=photo.icc))
    tracemalloc.start()
    image = to_qimage(photo)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < image.sizeInBytes() * 1.5
