"""What the screen shows of a photo: images of 8 bits in sRGB, at falling sizes."""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PySide6.QtGui import QColorSpace, QImage

from restorer.engine.condition import Condition
from restorer.engine.photo import Photo

SMALLEST_LEVEL_PX = 512
STRIP_PIXELS = 2**18  # converted at a time: no big temporary, and Python's lock is held for 1 ms

Bytes = NDArray[np.uint8]
Conversion = Callable[[Bytes], Bytes]  # (H, W, 3) to (H, W, 3), sRGB
DeepConversion = Callable[[NDArray], Bytes]  # the same from 16 bits

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Picture:
    """A photo and what the screen shows of it.

    Attributes:
        photo: The photo.
        levels: 8 bits, sRGB. The first at full size, each next half as large (rounded up), down to
            about SMALLEST_LEVEL_PX. Format_RGB888 or Format_RGB32; with transparency
            Format_ARGB32_Premultiplied. Where the photo is 8 bits, sRGB and opaque the first is
            its own memory.
        condition: What the photo has gone through, if that was measured.
    """

    photo: Photo
    levels: tuple[QImage, ...]
    condition: Condition | None = None


def make_picture(photo: Photo) -> Picture:
    """Make a photo ready for the screen. For the worker thread: 0.5 to 3 s for 100 megapixels."""
    pixels = _screen_pixels(photo)
    is_opaque = pixels.shape[2] == 3
    levels = [_wrap(pixels)]
    while max(pixels.shape[:2]) > SMALLEST_LEVEL_PX:
        height, width = ((side + 1) // 2 for side in pixels.shape[:2])
        pixels = _bytes(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
        # Qt draws 32 bits three times as fast as 24; only the first level is worth the memory.
        levels.append(_wrap_rgb32(pixels) if is_opaque else _wrap(pixels))
    return Picture(photo, tuple(levels))


def to_qimage(photo: Photo) -> QImage:
    """Return what the screen shows of a photo, at full size only. For the worker thread."""
    return _wrap(_screen_pixels(photo))


def _screen_pixels(photo: Photo) -> Bytes:
    """Return (H, W, 3) RGB, or (H, W, 4) BGRA premultiplied if something shows through."""
    conversion = None if photo.icc is None else _srgb_conversion(photo.icc)
    deep_conversion = None
    if photo.icc is not None and conversion is not None and photo.pixels.dtype == np.uint16:
        deep_conversion = _deep_conversion(photo.icc)
    alpha = photo.alpha
    if alpha is not None and alpha.min() == photo.max_value:
        alpha = None
    if photo.pixels.dtype == np.uint8 and conversion is None and alpha is None:
        return np.ascontiguousarray(_bytes(photo.pixels))
    shown = np.empty((photo.height, photo.width, 3 if alpha is None else 4), np.uint8)
    for rows in _strips(photo.height, photo.width):
        if deep_conversion is not None:
            part = deep_conversion(photo.pixels[rows])
        else:
            part = _eight_bits(photo.pixels[rows])
            if conversion is not None:
                part = conversion(part)
        if alpha is not None:
            part = _premultiplied(part, _eight_bits(alpha[rows]))
        shown[rows] = part
    return shown


def _strips(height: int, width: int) -> Iterator[slice]:
    rows = max(1, STRIP_PIXELS // width)
    return (slice(top, top + rows) for top in range(0, height, rows))


def _eight_bits(values: NDArray) -> Bytes:
    """Return 0..65535 rounded to 0..255; 0..255 as it is."""
    if values.dtype == np.uint8:
        return values
    # Of one column or one row OpenCV makes what it likes, hence the shape.
    return _bytes(cv2.convertScaleAbs(values, alpha=1 / 257)).reshape(values.shape)


def _premultiplied(pixels: Bytes, alpha: Bytes) -> Bytes:
    """Return (H, W, 4) BGRA, which is Qt's order of bytes on every processor Qt has wheels for."""
    three = cv2.merge((alpha, alpha, alpha))
    shown = np.empty((*alpha.shape, 4), np.uint8)
    shown[:, :, 2::-1] = cv2.multiply(pixels, three, scale=1 / 255)
    shown[:, :, 3] = alpha
    return shown


def _wrap(pixels: Bytes) -> QImage:
    """Return an image on an array's memory, which lives as long as the image or a copy of it."""
    height, width, channels = pixels.shape
    image_format = (
        QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_ARGB32_Premultiplied
    )
    return QImage(pixels.data, width, height, width * channels, image_format)


def _wrap_rgb32(pixels: Bytes) -> QImage:
    height, width = pixels.shape[:2]
    bgra = _bytes(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGRA))
    return QImage(bgra.data, width, height, width * 4, QImage.Format.Format_RGB32)


def _bytes(values: object) -> Bytes:
    return np.asarray(values, np.uint8)


@functools.lru_cache(maxsize=4)  # the parts of one job all have the photo's profile
def _srgb_conversion(icc: bytes) -> Conversion | None:
    """Return what turns a profile's colours into sRGB, or None if nobody would see it."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        conversion = _conversion(profile)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.warning("colour profile cannot be used, shown as sRGB: %s", error)
        return None
    samples = _samples()
    change = np.abs(conversion(samples).astype(int) - samples).max()
    return conversion if change > 1 else None  # 1: rounding


@functools.lru_cache(maxsize=4)
def _deep_conversion(icc: bytes) -> DeepConversion | None:
    """Return what turns 16 bits of a profile's colours into 8 bits of sRGB, rounded at the end.

    Before it, it would leave bands in the shadows of a linear profile. Pillow takes 8 bits only.
    None where Qt, which takes 16, makes something else of the profile than LittleCMS does.
    """
    space, conversion = QColorSpace.fromIccProfile(icc), _srgb_conversion(icc)
    if conversion is None or space.colorModel() != QColorSpace.ColorModel.Rgb:
        return None
    deep_conversion = functools.partial(_convert_deep, space=space)
    samples = _samples()
    shown = deep_conversion(samples.astype(np.uint16) * 257).astype(int)
    difference = np.abs(shown - conversion(samples)).max()
    return deep_conversion if difference <= 2 else None  # 2: both round


def _convert_deep(pixels: NDArray, *, space: QColorSpace) -> Bytes:
    height, width = pixels.shape[:2]
    rgbx = np.full((height, width, 4), 65535, np.uint16)
    rgbx[:, :, :3] = pixels
    image = QImage(rgbx.data, width, height, width * 8, QImage.Format.Format_RGBX64)
    image.setColorSpace(space)
    image = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    shown = np.frombuffer(image.constBits(), np.uint16).reshape(height, width, 4)
    return _eight_bits(shown)[:, :, :3]


def _samples() -> Bytes:
    """Return (1, N, 3): colours from all over the cube."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)


def _conversion(profile: ImageCms.ImageCmsProfile) -> Conversion:
    color_space = profile.profile.xcolor_space.strip()
    if color_space == "GRAY":
        # One curve. The pixels may have become colourful since, so each channel gets it.
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
        gray = ImageCms.applyTransform(ramp, _transform(profile, "L"))
        curve = np.asarray(gray)[0, :, 1].copy()
        return lambda pixels: _bytes(cv2.LUT(pixels, curve)).reshape(pixels.shape)
    if color_space != "RGB":
        raise ValueError(f"it is for {color_space}, the pixels are RGB")
    transform = _transform(profile, "RGB")
    return lambda pixels: np.asarray(
        ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels)), transform)
    )


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
