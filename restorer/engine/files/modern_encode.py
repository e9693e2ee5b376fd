"""AVIF and JPEG XL."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator

import numpy as np
from PIL import AvifImagePlugin, Image  # the plugin registers itself  # noqa: F401

from restorer.engine.files import avif_boxes, exif, photo_encode
from restorer.engine.files.icc import fitting_profile, to_srgb
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels

_BAND_ROWS = 256
_EXIF_MARK = b"Exif\0\0"
_KEEP_EXIF, _KEEP_XMP, _KEEP_ICC = 1, 2, 8  # of libvips
_JXL_EFFORT = 4  # of 9: beyond, an encoding takes many times as long for a few per cent


def encode_avif(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode with 8 bit, or 12 if the photo has 16; the resolution goes into the EXIF block."""
    if photo.pixels.dtype == np.uint16:
        yield _encode_deep_avif(photo, quality)
        return
    buffer = io.BytesIO()
    values, metadata = photo_encode.for_pillow(photo)
    if metadata["exif"]:
        # Pillow would rebuild a block that states an orientation. It is 1, which none means too.
        block = metadata["exif"].removeprefix(_EXIF_MARK)
        metadata["exif"] = _EXIF_MARK + exif.without_tag(block, exif.ORIENTATION)
    subsampling = "4:4:4" if photo_encode.has_full_chroma(quality) else "4:2:0"
    Image.fromarray(values).save(
        buffer, "AVIF", quality=quality, subsampling=subsampling, **metadata
    )
    yield buffer.getvalue()


def _encode_deep_avif(photo: Photo, quality: int) -> bytes:
    values, metadata = photo_encode.for_pillow(photo, keeps_depth=True)
    # libvips takes the upper 12 of 16 bits; rounded here, in bands for the memory.
    rounded = np.empty_like(values)
    for top in range(0, len(values), _BAND_ROWS):
        band = values[top : top + _BAND_ROWS].astype(np.uint32)
        rounded[top : top + _BAND_ROWS] = (band * 4095 + 32767) // 65535 << 4
    image = pyvips.Image.new_from_array(rounded).copy(interpretation="rgb16")
    items = {
        kind: content
        for kind, content in (
            (b"Exif", bytes(4) + metadata["exif"].removeprefix(_EXIF_MARK)),
            (b"mime", metadata["xmp"]),
        )
        if len(content) > 4  # no more than the offset that comes before EXIF
    }
    keep = _KEEP_ICC
    if icc := metadata["icc_profile"]:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    if b"Exif" in items:
        keep |= _KEEP_EXIF  # libvips makes one up
    if b"mime" in items:
        keep |= _KEEP_XMP
        image.set_type(pyvips.GValue.blob_type, "xmp-data", b"a placeholder")
    data = image.heifsave_buffer(
        compression="av1",
        Q=quality,
        bitdepth=12,
        keep=keep,
        subsample_mode="off" if photo_encode.has_full_chroma(quality) else "on",
    )
    return avif_boxes.with_items(data, items) if items else bytes(data)


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
