"""AVIF and JPEG XL."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import AvifImagePlugin, Image  # the plugin registers itself  # noqa: F401

from restorer.engine import exif, photo_encode
from restorer.engine.icc import fitting_profile, to_srgb
from restorer.engine.photo import Photo, Pixels

_JXL_EFFORT = 4  # of 9: beyond, an encoding takes many times as long for a few per cent


def encode_avif(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode with 8 bit; the resolution goes into the EXIF block."""
    buffer = io.BytesIO()
    values, metadata = photo_encode.for_pillow(photo)
    subsampling = "4:4:4" if photo_encode.has_full_chroma(quality) else "4:2:0"
    Image.fromarray(values).save(
        buffer, "AVIF", quality=quality, subsampling=subsampling, **metadata
    )
    yield buffer.getvalue()


def encode_jxl(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode with 8 bit; quality 100 is lossless.

    The library has no 16-bit colour, declares 16-bit grey as linear, and takes no profile: so
    other colour spaces are converted to sRGB.
    """
    pixels = photo.pixels
    space, channels = ("gray", 1) if photo.is_gray else ("rgb", 3)
    if icc := fitting_profile(photo.icc, is_gray=photo.is_gray):
        pixels = to_srgb(np.ascontiguousarray(pixels[..., :channels]), icc, space=space)
    values = pixels[..., :channels]
    values = photo_encode.as_8_bit(values)
    if photo.alpha is not None:
        values = np.dstack((values, photo_encode.as_8_bit(photo.alpha)))
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[values.shape[2]]
    yield _encoded(np.ascontiguousarray(values), mode, quality, photo)


def _encoded(values: Pixels, mode: str, quality: int, photo: Photo) -> bytes:
    encoder = importlib.import_module("pillow_jxl").Encoder(
        mode=mode,
        lossless=quality == 100,
        quality=quality,
        decoding_speed=0,
        effort=_JXL_EFFORT,
        use_container=True,  # metadata has no place outside
        use_original_profile=False,
        num_threads=-1,
    )
    block = photo_encode.exif_of(photo)
    if block is None and photo.dpi is not None:
        block = exif.resolution_block(photo.dpi)
    height, width = values.shape[:2]
    encoded = encoder(
        values.tobytes(),
        width,
        height,
        jpeg_encode=False,
        exif=block,
        jumb=None,
        xmp=photo_encode.xmp_of(photo),
        compress=False,
    )
    return bytes(encoded)
