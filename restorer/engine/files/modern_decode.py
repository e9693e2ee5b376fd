"""AVIF, HEIC and JPEG XL.

AVIF comes with libvips (10 and 12 bits, which Pillow cuts to 8). The libraries for HEIC and
JPEG XL are optional, since their licences are stricter than this program's.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import AvifImagePlugin  # the plugin registers itself  # noqa: F401

from restorer.engine.files import avif_boxes
from restorer.engine.files.decoded import (
    Found,
    Stored,
    array_of,
    check_size,
    finished,
    found_by_pillow,
    open_quietly,
    stored_from,
    with_tags,
)
from restorer.engine.files.icc import profile_of_code
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels
from restorer.errors import PhotoReadError

log = logging.getLogger(__name__)

HAS_JXL = importlib.util.find_spec("pillow_jxl") is not None

_JXL_BARE, _JXL_BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_AVIF_BRANDS = (b"avif", b"avis")
_ANY_BRANDS = (b"mif1", b"msf1")  # of pictures whatever their coding, which a further brand says
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", *_ANY_BRANDS)
# How libjxl names the profile it makes up for pixels that are plainly sRGB.
_JXL_SRGB = tuple(name.encode("utf-16-be") for name in ("sRGB", "Gra_D65_Rel_SRG"))
_CODESTREAM_BYTES = 64  # more than a JPEG XL header of sizes needs

HEAD_BYTES = 64  # of a file, in which kind_of finds the brands


def kind_of(head: bytes) -> str | None:
    """Return "AVIF", "HEIC" or "JPEG XL" by the first HEAD_BYTES, None for anything else."""
    if head.startswith((_JXL_BARE, _JXL_BOXED)):
        return "JPEG XL"
    if head[4:8] == b"ftyp":
        major, others = head[8:12], head[16 : int.from_bytes(head[:4], "big")]
        brands = {others[at : at + 4] for at in range(0, len(others), 4)}
        if major in _AVIF_BRANDS or (major in _ANY_BRANDS and brands.intersection(_AVIF_BRANDS)):
            return "AVIF"
        if major in _HEIC_BRANDS:
            return "HEIC"
    return None


def decode_modern(file: BinaryIO, path: Path, kind: str, *, limit_megapixels: float) -> Photo:
    """Decode a file of one of the three kinds.

    Raises:
        PhotoReadError: Damaged, or the library that reads it is not installed.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    decode = {"AVIF": _decode_avif, "HEIC": _decode_heic, "JPEG XL": _decode_jxl}[kind]
    file.seek(0)
    stored, found = decode(file, path, limit_megapixels)
    return finished(stored, found, path)


def _decode_avif(file: BinaryIO, path: Path, limit_megapixels: float) -> tuple[Stored, Found]:
    with open_quietly(file, ("AVIF",)) as image:
        check_size(path, *image.size, limit_megapixels)
        found = with_tags(found_by_pillow(image))
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            log.warning("%s has %d frames; only the first is read", path.name, frames)
    file.seek(0)
    data = file.read()
    if found.icc is None and (code := avif_boxes.colour_code(data)):
        icc, remark = profile_of_code(*code)
        found = replace(found, icc=icc, remarks=(*found.remarks, *([remark] if remark else [])))
    image = pyvips.Image.heifload_buffer(data, fail_on="error", unlimited=True)
    values = array_of(image)
    if values.dtype == np.uint16 and image.get_typeof("bits-per-sample"):
        values = _full_range(values, image.get("bits-per-sample"))
    stored = stored_from(values)
    # libheif has turned the pixels by the container's own tags; EXIF's do not count here.
    return Stored(stored.pixels, stored.alpha, stored.is_gray, is_upright=True), found


def _full_range(values: Pixels, bits: int) -> Pixels:
    """Turn 12 bits shifted up (white is 65520) into the whole range (white is 65535)."""
    if not 8 < bits < 16:
        return values
    filled: Pixels = np.bitwise_or(values, values >> bits).astype(values.dtype, copy=False)
    return filled


def _decode_heic(file: BinaryIO, path: Path, limit_megapixels: float) -> tuple[Stored, Found]:
    import pi_heif

    image = pi_heif.open_heif(file, convert_hdr_to_8bit=False)
    check_size(path, image.size[0], image.size[1], limit_megapixels)
    values = np.asarray(image)
    if values.ndim == 2:
        values = values[..., None]
    info = image.info
    if values.dtype == np.uint16:
        values = _full_range(values, info["bit_depth"])
    icc, remark = info.get("icc_profile") or None, None
    if icc is None and (code := info.get("nclx_profile")):
        icc, remark = profile_of_code(code["color_primaries"], code["transfer_characteristics"])
    found = Found(
        icc=icc,
        remarks=(remark,) if remark else (),
        exif=(info.get("exif") or b"").removeprefix(b"Exif\0\0") or None,
        xmp=info.get("xmp") or None,
    )
    stored = stored_from(np.array(values))
    upright = Stored(stored.pixels, stored.alpha, stored.is_gray, is_upright=True)
    return upright, with_tags(found)


def _decode_jxl(file: BinaryIO, path: Path, limit_megapixels: float) -> tuple[Stored, Found]:
    if not HAS_JXL:
        needed = "is a JPEG XL picture, which needs the package pillow-jxl-plugin to be installed"
        raise PhotoReadError(path, needed)
    data = file.read()
    header = _jxl_header(data)
    check_size(path, header.width, header.height, limit_megapixels)
    is_jpeg, info, pixels, icc, boxes = importlib.import_module("pillow_jxl").Decoder(
        num_threads=1
    )(data)
    if is_jpeg:  # packed losslessly, with its own metadata
        with open_quietly(io.BytesIO(pixels), ("JPEG",)) as image:
            check_size(path, *image.size, limit_megapixels)
            if image.mode not in ("L", "RGB"):
                raise PhotoReadError(path, f"is a JPEG with {image.mode} pixels inside JPEG XL")
            values = np.array(image)
            return stored_from(np.atleast_3d(values)), with_tags(found_by_pillow(image))
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16": 1}.get(info.mode)
    if channels is None:
        raise PhotoReadError(path, f"is JPEG XL with {info.mode} pixels, which is not supported")
    dtype = np.dtype("<u2" if info.mode == "I;16" else "u1")
    values = np.frombuffer(pixels, dtype).reshape(info.height, info.width, channels)
    if header.bits > 8 * dtype.itemsize:
        log.warning("%s: of its %d bits per colour, 8 can be read", path.name, header.bits)
    inside = {box.box_type: box.data for box in boxes}
    block = inside.get(b"Exif")
    if block and block[:4] not in (b"II*\0", b"MM\0*"):
        block = block[4:]  # the offset of the block, which is always 0
    if icc and icc[4:8] == b"jxl " and any(name in icc for name in _JXL_SRGB):
        icc = None
    found = Found(icc=icc or None, exif=block or None, xmp=inside.get(b"xml ") or None)
    stored = stored_from(values.astype(dtype.newbyteorder("="), copy=True))
    # The decoder has turned the pixels.
    upright = Stored(stored.pixels, stored.alpha, stored.is_gray, is_upright=True)
    return upright, with_tags(found)


@dataclass(frozen=True)
class _JxlHeader:
    width: int
    height: int
    bits: int


def _jxl_header(data: bytes) -> _JxlHeader:
    """Return what the header says (ISO 18181-1, SizeHeader, ImageMetadata), nothing decoded."""
    bits = int.from_bytes(_codestream(data)[2:_CODESTREAM_BYTES], "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    def size() -> tuple[int, int]:
        is_small = take(1)

        def side() -> int:
            return 8 * (take(5) + 1) if is_small else take((9, 13, 18, 30)[take(2)]) + 1

        height = side()
        ratio = take(3)
        if ratio == 0:
            return side(), height
        across, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        return height * across // down, height

    width, height = size()
    if take(1):  # everything is as usual
        return _JxlHeader(width, height, 8)
    if take(1):  # extra fields
        take(3)  # orientation
        if take(1):  # another size to be shown in
            size()
        if take(1) or take(1):  # a preview, an animation: what follows is not looked at
            return _JxlHeader(width, height, 8)
    is_float = take(1)
    depth = (32, 16, 24)[min(2, take(2))] if is_float else (8, 10, 12, 0)[take(2)] or take(6) + 1
    return _JxlHeader(width, height, depth)


def _codestream(data: bytes) -> bytes:
    """Return the beginning of the coded picture, out of its boxes."""
    if data.startswith(_JXL_BARE):
        return data[:_CODESTREAM_BYTES]
    found = b"".join(part for part in _coded_parts(data))
    if not found.startswith(_JXL_BARE):
        raise ValueError("no JPEG XL codestream")
    return found


def _coded_parts(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        end = len(data) if length == 0 else at + length
        if end <= at:
            raise ValueError("a box without length")
        if kind in (b"jxlc", b"jxlp"):
            start = at + head + (4 if kind == b"jxlp" else 0)
            yield data[start : min(end, start + _CODESTREAM_BYTES)]
        at = end
