"""From the contents of a picture file to a Photo.

libvips decodes TIFF (every depth, compression and layout) and PNG, which Pillow cuts to 8 bits and
accepts with rows missing, both without a word. Pillow does the rest, and reads the metadata of PNG.
"""

from __future__ import annotations

import logging
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (  # the plugins register themselves  # noqa: F401
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from restorer.engine import exif
from restorer.engine.icc import fitting_profile, to_srgb
from restorer.engine.photo import Photo, Pixels
from restorer.engine.vips import pyvips
from restorer.errors import PhotoReadError, PhotoTooLargeError

log = logging.getLogger(__name__)

# Our own limit, checked before anything is decoded, takes the place of Pillow's, which warns at 89
# and refuses at 179 megapixels. Set once and never again, so no thread can see it change.
Image.MAX_IMAGE_PIXELS = None

# TIFF tags that are used more than once.
_PHOTOMETRIC, _COLOUR_PROFILE = 262, 34675

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SPLIT_JPEG = "MPO"  # what Pillow calls a JPEG that carries further pictures, as phones write it
_PILLOW_MAGICS = (_PNG_MAGIC, b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
_KINDS = "PNG, JPEG, TIFF, WebP, BMP or GIF"
_PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")

# What Pillow is known to raise on damaged or hostile files.
_DECODER_ERRORS = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, ZeroDivisionError, RuntimeError, AssertionError, struct.error, zlib.error,
)  # fmt: skip

# The most that JPEG can state.
_LIMIT_DPI = 65_535

# Turns stored pixels upright: (transpose, flip vertically, flip horizontally), in this order.
_TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}

_opening = threading.Lock()


@dataclass(frozen=True)
class _Stored:
    """Pixels as they lie in the file, not yet upright; see Photo.

    Attributes:
        is_converted: They are sRGB now, and the file's profile no longer applies.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    is_gray: bool = False
    is_converted: bool = False


@dataclass(frozen=True)
class _Metadata:
    """What a file says beside its pixels, not yet checked."""

    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None


def decode_photo(file: BinaryIO, path: Path, *, limit_megapixels: float) -> Photo:
    """Decode an open picture file.

    Raises:
        PhotoTooLargeError: By its header, before any pixel is decoded.
        PhotoReadError: Not a picture, damaged, or of a kind that is not supported.
    """
    head = file.read(16)
    file.seek(0)
    try:
        if head.startswith(_TIFF_MAGICS):
            return _decode_tiff(file, path, limit_megapixels)
        return _decode_with_pillow(file, path, head, limit_megapixels)
    except MemoryError as error:
        raise PhotoReadError(path, "needs more memory than there is") from error
    except (pyvips.Error, *_DECODER_ERRORS) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk, not the file
        log.debug("cannot decode %s", path, exc_info=True)
        text = str(error).lower()
        if any(word in text for word in ("truncated", "read error", "seek", "unexpected end")):
            raise PhotoReadError(path, "is damaged: it ends too early") from error
        raise PhotoReadError(path, "is damaged: it cannot be decoded") from error


def _check_size(path: Path, width: int, height: int, limit_megapixels: float) -> None:
    if width < 1 or height < 1:
        raise PhotoReadError(path, "is damaged: it says that it has no pixels")
    megapixels = width * height / 1e6
    if megapixels > limit_megapixels:
        raise PhotoTooLargeError(path, megapixels=megapixels, limit_megapixels=limit_megapixels)


# TIFF


def _decode_tiff(file: BinaryIO, path: Path, limit_megapixels: float) -> Photo:
    try:
        tags = exif.read_tags(file, strict=True)
    except ValueError as error:
        raise PhotoReadError(path, "is damaged: it ends too early") from error
    file.seek(8)
    (kind,) = exif.numbers(tags, 254)[:1] or (0,)
    if file.read(2) == b"CR" or 50706 in tags or int(kind) & 1:
        # The first picture of a raw file is a thumbnail.
        raise PhotoReadError(path, "is a camera raw file, which is not supported")
    for across, down in ((256, 257), (322, 323)):  # the picture, and one tile of it
        width, height = exif.numbers(tags, across)[:1], exif.numbers(tags, down)[:1]
        if width and height:
            _check_size(path, int(width[0]), int(height[0]), limit_megapixels)
    is_lab = exif.numbers(tags, _PHOTOMETRIC)[:1] == (8,)
    if is_lab and exif.numbers(tags, 258) == (8, 8, 8):
        stored = _decode_lab(file)
    else:
        stored = _decode_tiff_pixels(path, tags, limit_megapixels)
    found = _Metadata(_profile(tags), exif.block_from_tiff(tags), exif.resolution(tags))
    return _finished(stored, found, exif.orientation(tags), path)


def _profile(tags: exif.Tags) -> bytes | None:
    found = tags.get(_COLOUR_PROFILE)
    return found.data if isinstance(found, exif.Tag) else None


def _decode_tiff_pixels(path: Path, tags: exif.Tags, limit_megapixels: float) -> _Stored:
    image = pyvips.Image.tiffload(os.fsencode(path), access="sequential", fail_on="error")
    _check_size(path, image.width, image.height, limit_megapixels)
    if image.get_typeof("n-pages") and image.get("n-pages") > 1:
        log.warning("only the first page of several is read")
    if image.format == "short" and image.interpretation == "labs":
        image = image.icc_export(output_profile="srgb", pcs="lab", depth=16)
        return _Stored(_array(image)[..., :3].copy(), is_converted=True)
    if image.format not in ("uchar", "ushort"):
        reason = "has pixels that are not 8 or 16-bit whole numbers, which is not supported"
        raise PhotoReadError(path, f"{reason}; save it with 16 bits per channel")
    colours = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "cmyk": 4}.get(image.interpretation)
    if colours is None or colours > image.bands:
        raise PhotoReadError(path, f"has {image.interpretation} pixels, which is not supported")
    values = _array(image)
    alpha = None
    if image.bands > colours:
        extra = exif.numbers(tags, 338)[:1]
        if extra in ((), (1,), (2,)):
            alpha = values[..., colours].copy()
        else:
            log.warning("left out a channel that is neither colour nor transparency")
    values = np.ascontiguousarray(values[..., :colours])
    if colours == 4:
        converted = to_srgb(values, _profile(tags), space="cmyk")
        return _Stored(converted, alpha, is_converted=True)
    if colours == 1:
        return _Stored(np.repeat(values, 3, axis=2), alpha, is_gray=True)
    return _Stored(values, alpha)


def _decode_lab(file: BinaryIO) -> _Stored:
    """Decode 8-bit Lab, which libvips takes for something else: as RGB, then convert."""
    file.seek(0)
    data = bytearray(file.read())
    exif.replace_short(data, _PHOTOMETRIC, 2)
    values = _array(pyvips.Image.tiffload_buffer(bytes(data), fail_on="error"))[..., :3]
    lab = values.view(np.int8).astype(np.float32)  # a and b are signed, L is not
    lab[..., 0] = values[..., 0] * np.float32(100 / 255)
    image = pyvips.Image.new_from_array(lab).copy(interpretation="lab")
    return _Stored(_array(image.icc_export(output_profile="srgb", pcs="lab")), is_converted=True)


def _array(image: pyvips.Image) -> Pixels:
    """Return (H, W, bands), decoding the file."""
    values: Pixels = image.numpy().reshape(image.height, image.width, image.bands)
    return values


# PNG, JPEG, WebP, GIF, BMP


def _decode_with_pillow(file: BinaryIO, path: Path, head: bytes, limit_megapixels: float) -> Photo:
    is_png = head.startswith(_PNG_MAGIC)
    if is_png:
        width, height = struct.unpack(">II", file.read(24)[16:])
        _check_size(path, width, height, limit_megapixels)
        _check_png(file, path)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        (size,) = struct.unpack_from("<I", head, 4)
        if size + 8 > file.seek(0, os.SEEK_END):
            raise PhotoReadError(path, "is damaged: it ends too early")
    file.seek(0)
    try:
        image = _open_quietly(file)
    except UnidentifiedImageError as error:
        if head.startswith(_PILLOW_MAGICS):
            raise PhotoReadError(path, "is damaged: its beginning cannot be read") from error
        raise PhotoReadError(path, f"is not a picture of a known kind ({_KINDS})") from error
    with image:
        _check_size(path, *image.size, limit_megapixels)
        found = _pillow_metadata(image)
        if is_png:
            file.seek(0)
            stored = _decode_png(file.read())
        else:
            image.load()
            stored = _pillow_pixels(image, found.icc)
    tags: exif.Tags = {}
    if found.exif:
        try:
            tags = exif.parse_block(found.exif)
        except ValueError:
            log.warning("left out damaged EXIF data")
            found = replace(found, exif=None)
    found = replace(found, dpi=found.dpi or exif.resolution(tags))
    return _finished(stored, found, exif.orientation(tags), path)


def _open_quietly(file: BinaryIO) -> Image.Image:
    """Open without the warnings of Pillow about metadata, which we check ourselves."""
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(file, formats=_PILLOW_FORMATS)


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Return type and (type, data, checksum) of each chunk, as far as the file goes."""
    file.seek(len(_PNG_MAGIC))
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, kind + file.read(length + 4)
        if kind == b"IEND":
            return


def _check_png(file: BinaryIO, path: Path) -> None:
    """Check what the decoders let pass: wrong checksums, and a file that stops early."""
    kind = b""
    for kind, chunk in _png_chunks(file):
        is_critical = not kind[0] & 0x20
        if is_critical and zlib.crc32(chunk[:-4]) != int.from_bytes(chunk[-4:], "big"):
            at_end = not file.read(1)
            damage = "it ends too early" if at_end else "a checksum is wrong"
            raise PhotoReadError(path, f"is damaged: {damage}")
    if kind != b"IEND":
        raise PhotoReadError(path, "is damaged: it ends too early")


def _decode_png(data: bytes) -> _Stored:
    values = _array(pyvips.Image.pngload_buffer(data, fail_on="error"))
    colours = 1 if values.shape[2] < 3 else 3
    alpha = values[..., colours].copy() if values.shape[2] > colours else None
    if colours == 1:
        return _Stored(np.repeat(values[..., :1], 3, axis=2), alpha, is_gray=True)
    return _Stored(np.ascontiguousarray(values[..., :3]), alpha)


def _pillow_metadata(image: Image.Image) -> _Metadata:
    info = image.info
    block = info.get("exif")
    if not block and (text := info.get("Raw profile type exif")):  # as ImageMagick writes PNG
        block = bytes.fromhex("".join(str(text).split("\n")[3:]))
    if isinstance(block, bytes):
        block = block.removeprefix(b"Exif\0\0")
    dpi = info.get("dpi")
    if "jfif_density" in info:
        per_inch = {1: 1.0, 2: 2.54}.get(info.get("jfif_unit", 0))
        dpi = tuple(value * per_inch for value in info["jfif_density"]) if per_inch else None
    elif image.format in ("JPEG", _SPLIT_JPEG):
        dpi = None  # Pillow makes up 72 for a JPEG without a resolution
    if dpi is not None:
        dpi = (_tidy(float(dpi[0])), _tidy(float(dpi[1])))
    return _Metadata(
        icc=info.get("icc_profile") or None,
        exif=block or None,
        dpi=dpi if dpi is not None and min(dpi) > 0 else None,
    )


def _tidy(dpi: float) -> float:
    """Return 300 for 299.9994: PNG and BMP count whole pixels per metre, 0.0254 dpi apart."""
    return float(round(dpi)) if abs(dpi - round(dpi)) <= 0.0128 else round(dpi, 2)


def _pillow_pixels(image: Image.Image, icc: bytes | None) -> _Stored:
    if image.mode == "CMYK":
        return _Stored(to_srgb(np.array(image), icc, space="cmyk"), is_converted=True)
    is_gray = image.mode in ("1", "L", "LA")
    if image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        values = np.array(image.convert("LA" if is_gray else "RGBA"))
        alpha = values[..., -1].copy()
        values = values[..., :-1]
    else:
        values = np.array(image.convert("L" if is_gray else "RGB"))
        alpha = None
    if is_gray:
        values = np.repeat(values.reshape(image.height, image.width, 1), 3, axis=2)
    return _Stored(np.ascontiguousarray(values), alpha, is_gray=is_gray)


# All formats


def _finished(stored: _Stored, found: _Metadata, orientation: int, path: Path) -> Photo:
    """Turn the pixels upright and keep of the metadata what is sound."""
    icc = None if stored.is_converted else fitting_profile(found.icc, is_gray=stored.is_gray)
    block = found.exif
    if block is not None:
        try:
            block = exif.upright(block)
        except ValueError:
            log.warning("left out damaged EXIF data")
            block = None
    dpi = found.dpi
    if dpi is not None and not all(1 <= value <= _LIMIT_DPI for value in dpi):
        dpi = None
    if dpi is not None and orientation >= 5:  # the sides change places
        dpi = (dpi[1], dpi[0])
    return Photo(
        _turned(stored.pixels, orientation),
        None if stored.alpha is None else _turned(stored.alpha, orientation),
        is_gray=stored.is_gray,
        icc=icc,
        exif=block,
        dpi=dpi,
        source=path,
    )


def _turned(values: Pixels, orientation: int) -> Pixels:
    transpose, flip_rows, flip_columns = _TURNS[orientation]
    if transpose:
        values = values.swapaxes(0, 1)
    rows = slice(None, None, -1 if flip_rows else 1)
    columns = slice(None, None, -1 if flip_columns else 1)
    return np.ascontiguousarray(values[rows, columns])
