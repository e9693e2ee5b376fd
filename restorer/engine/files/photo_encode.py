"""From a Photo to the contents of a picture file."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from restorer.engine.files import exif, extended_xmp, iptc, xmp
from restorer.engine.files.icc import fitting_profile, to_srgb
from restorer.engine.files.record import with_record
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels

log = logging.getLogger(__name__)

# From here on no chroma is thrown away: coloured edges of a print stay sharp.
_FULL_CHROMA_QUALITY = 90

_JPEG_EXIF_BYTES = extended_xmp.SEGMENT_BYTES - 6  # the segment's name
_PNG_KEYWORD_BYTES = 79

# Photographs in 16 bit hardly shrink further above 3, which is several times as fast as 6 to 9.
DEFLATE_LEVEL = 3

_STRIP_BYTES = 2**20
_CLASSIC_TIFF_BYTES = 2**32 - 2**26  # room for the directory behind the pixels


def encode_png(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode losslessly, 8 or 16 bit.

    libvips encodes, about three times as fast as Pillow and, unlike OpenCV, also grey with alpha.
    It would rebuild the EXIF block, so that and the rest of the metadata is put in here.
    """
    del quality
    values = _interleaved(photo)
    deep = "16" if values.dtype == np.uint16 else ""
    gray = {"": "b-w", "16": "grey16"}[deep]
    image = pyvips.Image.new_from_array(values).copy(
        interpretation=gray if values.shape[2] < 3 else {"": "srgb", "16": "rgb16"}[deep]
    )
    data = image.pngsave_buffer(compression=DEFLATE_LEVEL, filter="sub", keep="none")
    header_end = 8 + 25
    yield data[:header_end]
    yield from png_metadata(photo)
    yield from _without_chunk(data[header_end:], b"pHYs")


def png_metadata(photo: Photo) -> Iterator[bytes]:
    """Return the chunks between PNG's header and its pixels: profile, resolution, metadata."""
    if icc := fitting_profile(photo.icc, is_gray=photo.is_gray):
        yield png_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc))
    if photo.dpi is not None:
        per_meter = (max(1, round(value / 0.0254)) for value in photo.dpi)
        yield png_chunk(b"pHYs", struct.pack(">IIB", *per_meter, 1))
    if block := exif_of(photo):
        yield png_chunk(b"eXIf", block)
    if packet := xmp_of(photo):
        yield _png_text(b"XML:com.adobe.xmp", packet)
    if photo.iptc:
        text = zlib.compress(iptc.png_text(photo.iptc))
        yield png_chunk(b"zTXt", b"Raw profile type iptc\0\0" + text)
    for keyword, words in photo.texts:
        key = keyword.encode("latin-1", "replace")[:_PNG_KEYWORD_BYTES]
        yield _png_text(key, words.encode("utf-8", "replace"))


def _png_text(keyword: bytes, text: bytes) -> bytes:
    """Return the chunk of a text in UTF-8, neither compressed nor in a language of its own."""
    return png_chunk(b"iTXt", keyword + bytes(5) + text)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _without_chunk(chunks: bytes, kind: bytes) -> Iterator[bytes]:
    """Return the chunks except those of one kind."""
    rest = memoryview(chunks)
    while rest:
        end = int.from_bytes(rest[:4], "big") + 12
        if rest[4:8] != kind:
            yield bytes(rest[:end])
        rest = rest[end:]


def encode_jpeg(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode with 8 bit and without alpha."""
    values = as_8_bit(_on_white(photo))
    image = Image.fromarray(values[..., 0] if photo.is_gray else values)
    buffer = io.BytesIO()
    image.save(
        buffer,
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if has_full_chroma(quality) else "4:2:0",
        optimize=False,  # else Pillow guesses the size of the file, and fails if it is larger
        **jpeg_metadata(photo),
    )
    data = buffer.getvalue()
    end = jpeg_segments_end(data)
    yield data[:end]
    yield jpeg_segments(photo)
    yield data[end:]


def has_full_chroma(quality: int) -> bool:
    """Say whether JPEG keeps the colours of every pixel at this quality."""
    return quality >= _FULL_CHROMA_QUALITY


def jpeg_metadata(photo: Photo) -> dict[str, Any]:
    """Return what Pillow's JPEG writer takes for profile, EXIF and resolution."""
    block = exif_of(photo)
    if block and len(block) > _JPEG_EXIF_BYTES:
        log.warning("left out EXIF data: JPEG holds at most 64 kB")
        block = None
    return {
        "icc_profile": fitting_profile(photo.icc, is_gray=photo.is_gray),
        "exif": b"Exif\0\0" + block if block else b"",
        "dpi": tuple(max(1, round(value)) for value in photo.dpi or ()) or (0, 0),
    }


def jpeg_segments(photo: Photo) -> bytes:
    """Return the segments of a JPEG that hold IPTC, XMP whatever its size, and comments."""
    older = photo.iptc
    if older and len(older) > iptc.JPEG_BYTES:
        log.warning("left out IPTC data: JPEG holds at most 64 kB")
        older = None
    return (iptc.jpeg_segment(older) if older else b"") + _xmp_segments(photo) + _comments(photo)


def _comments(photo: Photo) -> bytes:
    segments = b""
    for keyword, words in photo.texts:
        text = words if keyword == "Comment" else f"{keyword}: {words}"
        data = text.encode("utf-8", "replace")
        if len(data) > extended_xmp.SEGMENT_BYTES:
            log.warning("left out the text %s: JPEG holds at most 64 kB", keyword)
            continue
        segments += struct.pack(">2sH", b"\xff\xfe", len(data) + 2) + data
    return segments


def jpeg_segments_end(data: bytes) -> int:
    """Return where the start of a JPEG and its application segments end."""
    at = 2
    while data[at] == 0xFF and (0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _xmp_segments(photo: Photo) -> bytes:
    packet = xmp_of(photo)
    try:
        return extended_xmp.jpeg_segments(packet) if packet else b""
    except ValueError:
        log.warning("left out XMP data: it cannot be split into parts of 64 kB, as JPEG needs it")
    packet = xmp_of(replace(photo, xmp=None))  # the record alone is short
    return extended_xmp.jpeg_segments(packet) if packet else b""


def encode_webp(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode with 8 bit; quality 100 is lossless. The resolution goes into the EXIF block."""
    buffer = io.BytesIO()
    values, metadata = for_pillow(photo)
    Image.fromarray(values).save(
        buffer,
        "WEBP",
        quality=quality,
        lossless=quality == 100,
        exact=True,  # keeps the colours below transparent parts
        **metadata,
    )
    yield buffer.getvalue()


def for_pillow(photo: Photo, *, keeps_depth: bool = False) -> tuple[Pixels, dict[str, Any]]:
    """Return what Pillow takes for a format that has no grey and no resolution.

    Args:
        photo: What is to be written.
        keeps_depth: 16 bits stay; else they become 8.

    Returns:
        (H, W, 3 or 4), and the arguments for profile, EXIF and XMP.
    """
    depth = (lambda values: values) if keeps_depth else as_8_bit
    pixels, icc = photo.pixels, photo.icc
    if icc and photo.is_gray:
        pixels, icc = to_srgb(pixels[..., :1], icc, space="gray"), None
    values = depth(pixels)
    if photo.alpha is not None:
        values = np.dstack((values, depth(photo.alpha)))
    if photo.iptc:
        log.warning("left out IPTC data: the format does not hold it")
    block = exif_of(photo)
    if block is None and photo.dpi is not None:
        block = exif.resolution_block(photo.dpi)
    return values, {
        "icc_profile": fitting_profile(icc, is_gray=False),
        "exif": b"Exif\0\0" + block if block else b"",
        "xmp": xmp_of(photo) or b"",
    }


def encode_tiff(photo: Photo, quality: int) -> Iterator[bytes]:
    """Encode losslessly, 8 or 16 bit, as deflated strips with horizontal differences.

    Written here because Pillow has no 16-bit colour and libvips drops EXIF. TIFF 6.0; Adobe
    Photoshop TIFF Technical Notes, 2002 (deflate, compression 8).
    """
    del quality
    values = _interleaved(photo)
    height, width, channels = values.shape
    depth = values.dtype.itemsize
    rows = max(1, _STRIP_BYTES // (width * channels * depth))
    with ThreadPoolExecutor() as pool:  # zlib lets other threads run
        tops = range(0, height, rows)
        strips = list(pool.map(lambda top: deflated(values[top : top + rows]), tops))
    big = sum(map(len, strips)) > _CLASSIC_TIFF_BYTES
    starts = [16 if big else 8]
    for strip in strips:
        starts.append(starts[-1] + len(strip))
    directory_at = starts.pop()
    padding = directory_at % 2
    tags = tiff_tags(photo, channels, has_alpha=photo.alpha is not None)
    lengths = [len(strip) for strip in strips]
    tags |= strip_tags(photo, channels, rows, starts, lengths, big=big)
    if big:
        yield b"II" + struct.pack("<HHHQ", 43, 8, 0, directory_at + padding)
    else:
        yield b"II" + struct.pack("<HI", 42, directory_at + padding)
    yield from strips
    yield bytes(padding) + exif.pack_tags(tags, directory_at + padding, big=big)


def tiff_tags(photo: Photo, channels: int, *, has_alpha: bool) -> exif.Tags:
    """Return the tags that do not depend on where the strips are."""
    tags: exif.Tags = {}
    if block := exif_of(photo):
        tags |= exif.descriptive(exif.parse_block(block))
    if photo.dpi is not None:
        tags |= exif.resolution_tags(photo.dpi)
    if packet := xmp_of(photo):
        tags[700] = exif.Tag(1, len(packet), packet)
    if photo.iptc:
        tags[33723] = exif.Tag(7, len(photo.iptc), photo.iptc)
    tags[259] = exif.short(8)  # deflate
    tags[262] = exif.short(1 if photo.is_gray else 2)  # grey, RGB
    tags[277] = exif.short(channels)
    tags[284] = exif.short(1)  # interleaved
    tags[317] = exif.short(2)  # horizontal differences
    if has_alpha:
        tags[338] = exif.short(2)  # straight alpha
    if icc := fitting_profile(photo.icc, is_gray=photo.is_gray):
        tags[34675] = exif.Tag(7, len(icc), icc)
    return tags


def strip_tags(
    photo: Photo, channels: int, rows: int, starts: list[int], lengths: list[int], *, big: bool
) -> exif.Tags:
    """Return the tags of the size and of where the strips are.

    Args:
        photo: Its size and depth count.
        channels: With alpha.
        rows: Of each strip but the last.
        starts: Where in the file each strip begins.
        lengths: Bytes of each strip.
        big: For BigTIFF.
    """
    depth = photo.pixels.dtype.itemsize
    return {
        256: _long(photo.width),
        257: _long(photo.height),
        258: exif.short(*[8 * depth] * channels),
        273: _offsets(starts, big=big),
        278: _long(rows),
        279: _offsets(lengths, big=big),
        339: exif.short(*[1] * channels),
    }


def deflated(strip: Pixels) -> bytes:
    """Return a strip of a TIFF, (rows, W, C), as its differences along the rows, deflated."""
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    little_endian = differences.astype(differences.dtype.newbyteorder("<"), copy=False)
    return zlib.compress(little_endian.tobytes(), DEFLATE_LEVEL)


def _long(value: int) -> exif.Tag:
    return exif.Tag(exif.LONG, 1, struct.pack("<I", value))


def _offsets(values: list[int], *, big: bool) -> exif.Tag:
    kind = exif.LONG8 if big else exif.LONG
    return exif.Tag(kind, len(values), np.array(values, "<u8" if big else "<u4").tobytes())


def _interleaved(photo: Photo) -> Pixels:
    """Return (H, W, 1 to 4): grey or RGB, then alpha if there is one."""
    values = photo.pixels[..., :1] if photo.is_gray else photo.pixels
    if photo.alpha is None:
        return np.ascontiguousarray(values)
    return np.dstack((values, photo.alpha))


def _on_white(photo: Photo) -> Pixels:
    """Return the pixels as they look on white paper, same dtype."""
    if photo.alpha is None:
        return photo.pixels
    log.warning("transparent parts become white")
    result = np.empty_like(photo.pixels)
    for top in range(0, photo.height, 256):  # in bands: the sums need four times the memory
        rows = slice(top, top + 256)
        result[rows] = mixed_with_white(photo.pixels[rows], photo.alpha[rows])
    return result


def mixed_with_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Return pixels, (H, W, 3), as they look on white, same dtype; alpha is (H, W)."""
    white = int(np.iinfo(pixels.dtype).max)
    opacity = alpha[..., None].astype(np.uint64)
    mixed = pixels * opacity + white * (white - opacity)
    result: Pixels = ((mixed + white // 2) // white).astype(pixels.dtype)
    return result


def as_8_bit(values: Pixels) -> Pixels:
    """Return uint8; 65535 becomes 255 and all between is rounded."""
    if values.dtype == np.uint8:
        return values
    result = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), 256):
        result[top : top + 256] = (values[top : top + 256].astype(np.uint32) + 128) // 257
    return result


def exif_of(photo: Photo) -> bytes | None:
    """Return the EXIF block to write: with the size and resolution the picture has now."""
    if photo.exif is None:
        return None
    try:
        return exif.truthful(photo.exif, height=photo.height, width=photo.width, dpi=photo.dpi)
    except ValueError:
        log.warning("left out damaged EXIF data")
        return None


def xmp_of(photo: Photo) -> bytes | None:
    """Return the XMP packet to write: true of the picture, and with the record if there is one."""
    packet = photo.xmp
    if packet is not None:
        try:
            size = {"height": photo.height, "width": photo.width}
            packet = xmp.truthful(packet, dpi=photo.dpi, **size)
        except ValueError:
            log.warning("left out damaged XMP data")
            packet = None
    return packet if photo.record is None else with_record(packet, photo.record)
