"""From the contents of a picture file to a Photo.

libvips decodes TIFF (every depth, compression and layout) and PNG, which Pillow cuts to 8 bits and
accepts with rows missing, both without a word. Pillow does the rest, and reads the metadata of PNG.
"""

from __future__ import annotations

import io
import logging
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
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

from restorer.engine.files import raw_decode, tiff_decode
from restorer.engine.files.decoded import (
    Stored,
    array_of,
    check_size,
    finished,
    found_by_pillow,
    open_quietly,
    stored_from,
    with_tags,
)
from restorer.engine.files.icc import COLOURS_TAKEN_AS_SRGB, profile_of_code, to_srgb
from restorer.engine.files.modern_decode import HEAD_BYTES, decode_modern, kind_of
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo
from restorer.errors import PhotoReadError

log = logging.getLogger(__name__)

# Our own limit, checked before anything is decoded, takes the place of Pillow's, which warns at 89
# and refuses at 179 megapixels. Set once and never again, so no thread can see it change.
Image.MAX_IMAGE_PIXELS = None
# Profiles of a few megabytes are sound; Pillow refuses a PNG from 1 MiB on.
PngImagePlugin.MAX_TEXT_CHUNK = 64 * 2**20

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PILLOW_MAGICS = (PNG_MAGIC, b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
_KINDS = "PNG, JPEG, TIFF, WebP, AVIF, HEIC, JPEG XL, camera raw, BMP or GIF"
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")

# What a PNG says beside its pixels, and the header and palette without which Pillow opens none.
_PNG_DESCRIPTION = frozenset((
    b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"cICP", b"cHRM", b"gAMA", b"pHYs",
    b"eXIf", b"tEXt", b"zTXt", b"iTXt",
))  # fmt: skip

# White, red, green and blue of sRGB, and its gamma, in units of 0.00001. Programs round them
# differently (0.45 for 0.45455); other colour spaces are farther off.
_SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_SRGB_GAMMA = (45455,)
_COLOUR_TOLERANCE = 1000

# What libvips says of sound TIFFs of 12 bits, or of a compression that it was built without.
_NOT_SUPPORTED = ("not a whole number of bytes", "is not configured")

# What Pillow is known to raise on damaged or hostile files.
_DECODER_ERRORS = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, ZeroDivisionError, RuntimeError, AssertionError, struct.error, zlib.error,
)  # fmt: skip


def decode_photo(file: BinaryIO, path: Path, *, limit_megapixels: float) -> Photo:
    """Decode an open picture file.

    Raises:
        PhotoTooLargeError: By its header, before any pixel is decoded.
        PhotoReadError: Not a picture, damaged, or of a kind that is not supported.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    with clear_decode_errors(path):
        if head.startswith(tiff_decode.MAGICS):
            return _decode_tiff_or_raw(file, path, limit_megapixels)
        if raw_decode.is_raw(head):
            return raw_decode.decode_raw(file, path, limit_megapixels=limit_megapixels)
        if kind := kind_of(head):
            return decode_modern(file, path, kind, limit_megapixels=limit_megapixels)
        return _decode_with_pillow(file, path, head, limit_megapixels)


@contextmanager
def clear_decode_errors(path: Path) -> Iterator[None]:
    """Turn what the decoders raise on damaged files into PhotoReadError.

    Raises:
        PhotoReadError: The file is damaged, of a kind that is not supported, or too large for the
            memory.
    """
    try:
        yield
    except MemoryError as error:
        raise PhotoReadError(path, "needs more memory than there is") from error
    except (pyvips.Error, *_DECODER_ERRORS) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk, not the file
        log.debug("cannot decode %s", path, exc_info=True)
        text = str(error).lower()
        if any(words in text for words in _NOT_SUPPORTED):
            reason = (
                "is stored in a way that is not supported; save it uncompressed, in 8 or 16 bit"
            )
            raise PhotoReadError(path, reason) from error
        if any(word in text for word in ("truncated", "read error", "seek", "unexpected end")):
            raise PhotoReadError(path, "is damaged: it ends too early") from error
        raise PhotoReadError(path, "is damaged: it cannot be decoded") from error


def _decode_tiff_or_raw(file: BinaryIO, path: Path, limit_megapixels: float) -> Photo:
    try:
        is_raw = tiff_decode.is_camera_raw(file)
    except ValueError as error:
        raise PhotoReadError(path, "is damaged: it ends too early") from error
    decode = raw_decode.decode_raw if is_raw else tiff_decode.decode_tiff
    return decode(file, path, limit_megapixels=limit_megapixels)


# PNG, JPEG, WebP, GIF, BMP


def _decode_with_pillow(file: BinaryIO, path: Path, head: bytes, limit_megapixels: float) -> Photo:
    is_png = head.startswith(PNG_MAGIC)
    if is_png:
        width, height = struct.unpack(">II", file.read(24)[16:])
        check_size(path, width, height, limit_megapixels)
        check_png(file, path)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        (size,) = struct.unpack_from("<I", head, 4)
        if size + 8 > file.seek(0, os.SEEK_END):
            raise PhotoReadError(path, "is damaged: it ends too early")
    file.seek(0)
    header, remarks = png_description(file) if is_png else (file, [])
    try:
        image = open_quietly(header, PILLOW_FORMATS)
    except UnidentifiedImageError as error:
        if head.startswith(_PILLOW_MAGICS):
            raise PhotoReadError(path, "is damaged: its beginning cannot be read") from error
        raise PhotoReadError(path, f"is not a picture of a known kind ({_KINDS})") from error
    with image:
        check_size(path, *image.size, limit_megapixels)
        found = with_tags(found_by_pillow(image, remarks))
        if is_png:
            file.seek(0)
            stored = _decode_png(file.read())
        else:
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":
                log.warning("%s has %d frames; only the first is read", path.name, frames)
            image.load()
            stored = _pillow_pixels(image, found.icc)
    return finished(stored, found, path)


def _png_chunks(
    file: BinaryIO, kinds: frozenset[bytes] | None = None
) -> Iterator[tuple[bytes, bytes]]:
    """Return type and (type, data, checksum) of each chunk, as far as the file goes.

    Args:
        file: A PNG.
        kinds: Pass over all others unread; None for all.
    """
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kinds is None or kind in kinds:
            yield kind, kind + file.read(length + 4)
        else:
            file.seek(length + 4, os.SEEK_CUR)
        if kind == b"IEND":
            return


def _is_intact(chunk: bytes) -> bool:
    return zlib.crc32(chunk[:-4]) == int.from_bytes(chunk[-4:], "big")


def check_png(file: BinaryIO, path: Path) -> None:
    """Check what the decoders let pass: wrong checksums, and a file that stops early."""
    kind = b""
    for kind, chunk in _png_chunks(file):
        is_critical = not kind[0] & 0x20
        if is_critical and not _is_intact(chunk):
            at_end = not file.read(1)
            damage = "it ends too early" if at_end else "a checksum is wrong"
            raise PhotoReadError(path, f"is damaged: {damage}")
    if kind != b"IEND":
        raise PhotoReadError(path, "is damaged: it ends too early")


def png_description(file: BinaryIO) -> tuple[BinaryIO, list[str]]:
    """Return a PNG without pixels that says all that this one says, also behind its pixels.

    Pillow would read what is behind the pixels only after decoding them.

    Returns:
        The file, and remarks as in Found.
    """
    parts, remarks = [PNG_MAGIC], []
    stated: dict[bytes, bytes] = {}
    for kind, chunk in _png_chunks(file, _PNG_DESCRIPTION):
        if kind[0] & 0x20 and not _is_intact(chunk):
            remarks.append(f"left out damaged data of the kind {kind.decode()}")
            continue
        parts.append(struct.pack(">I", len(chunk) - 8) + chunk)
        stated[kind] = chunk[4:-4]
    if _has_other_colours(stated):
        remarks.append(COLOURS_TAKEN_AS_SRGB)
    parts.append(struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT")))
    return io.BytesIO(b"".join(parts)), remarks


def _has_other_colours(stated: dict[bytes, bytes]) -> bool:
    """Say whether a PNG states colours other than those of sRGB, and has no profile of them.

    Args:
        stated: The contents of its chunks (PNG Specification, third edition, section 4.3).
    """
    if b"iCCP" in stated:
        return False
    if len(code := stated.get(b"cICP", b"")) == 4:
        return profile_of_code(code[0], code[1]) != (None, None)
    if b"sRGB" in stated:
        return False
    for kind, usual in ((b"cHRM", _SRGB_CHROMATICITIES), (b"gAMA", _SRGB_GAMMA)):
        if len(found := stated.get(kind, b"")) == 4 * len(usual):
            values = struct.unpack(f">{len(usual)}I", found)
            if max(abs(a - b) for a, b in zip(values, usual, strict=True)) > _COLOUR_TOLERANCE:
                return True
    return False


def _decode_png(data: bytes) -> Stored:
    return stored_from(array_of(pyvips.Image.pngload_buffer(data, fail_on="error")))


def _pillow_pixels(image: Image.Image, icc: bytes | None) -> Stored:
    if image.mode == "CMYK":
        return Stored(to_srgb(np.array(image), icc, space="cmyk"), is_converted=True)
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
    return Stored(np.ascontiguousarray(values), alpha, is_gray=is_gray)
