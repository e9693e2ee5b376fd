"""TIFF in every depth, compression and layout that libvips decodes."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from restorer.engine.files import exif, iptc, raw_decode
from restorer.engine.files.decoded import Found, Stored, array_of, check_size, finished, stored_from
from restorer.engine.files.icc import to_srgb
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels
from restorer.errors import PhotoReadError

log = logging.getLogger(__name__)

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# Tags that are used more than once.
_PHOTOMETRIC, _XMP, _IPTC, _RESOURCES, _COLOUR_PROFILE = 262, 700, 33723, 34377, 34675
_DNG_VERSION, _CFA, _SUB_DIRECTORIES, _EXTRA_SAMPLES = 50706, 32803, 330, 338
_CANON_MARK = b"CR\x02\0"  # of CR2, at byte 8
_YCBCR, _YCBCR_FACTORS, _YCBCR_SUBSAMPLING, _YCBCR_RANGE = 6, 529, 530, 532
_JPEG_COMPRESSIONS = (6, 7)


def is_camera_raw(file: BinaryIO) -> bool:
    """Say whether a TIFF file is a raw file, whose first picture is only a thumbnail.

    Raises:
        ValueError: It has no directory.
    """
    file.seek(0)
    tags = exif.read_tags(file, strict=False)
    file.seek(8)
    is_mosaic = exif.numbers(tags, _PHOTOMETRIC)[:1] == (_CFA,)
    if file.read(4) == _CANON_MARK or _DNG_VERSION in tags or is_mosaic:
        return True
    (kind,) = exif.numbers(tags, 254)[:1] or (0,)
    is_thumbnail = bool(int(kind) & 1)
    # Other programs mark a first page as one too. A raw file has its picture in a sub-directory,
    # and is never to be taken for its thumbnail, even if LibRaw is too old for it.
    return is_thumbnail and (_SUB_DIRECTORIES in tags or raw_decode.is_known(file))


def decode_tiff(file: BinaryIO, path: Path, *, limit_megapixels: float) -> Photo:
    """Decode the first page. Raises PhotoReadError, PhotoTooLargeError, and what libvips raises."""
    tags = read_header(file, path, limit_megapixels=limit_megapixels)
    if is_lab(tags) and set(exif.numbers(tags, 258)) == {8}:
        stored = _decode_lab(file, tags)
    else:
        stored = _decode_pixels(path, tags, limit_megapixels)
    return finished(stored, found_in(tags), path)


def is_lab(tags: exif.Tags) -> bool:
    """Say whether the pixels are CIE Lab, which must be converted."""
    return exif.numbers(tags, _PHOTOMETRIC)[:1] == (8,)


def is_plain_ycbcr(tags: exif.Tags) -> bool:
    """Say whether the pixels are YCbCr that libvips takes for RGB: all but those of JPEG."""
    is_ycbcr = exif.numbers(tags, _PHOTOMETRIC)[:1] == (_YCBCR,)
    return is_ycbcr and exif.numbers(tags, 259)[:1] not in {(kind,) for kind in _JPEG_COMPRESSIONS}


def read_header(file: BinaryIO, path: Path, *, limit_megapixels: float) -> exif.Tags:
    """Return the tags of the first page and check the size they state.

    Raises:
        PhotoReadError: It is damaged.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    file.seek(0)
    try:
        tags = exif.read_tags(file, strict=True)
    except ValueError as error:
        raise PhotoReadError(path, "is damaged: it ends too early") from error
    for across, down in ((256, 257), (322, 323)):  # the picture, and one tile of it
        width, height = exif.numbers(tags, across)[:1], exif.numbers(tags, down)[:1]
        if width and height:
            check_size(path, int(width[0]), int(height[0]), limit_megapixels)
    return tags


def found_in(tags: exif.Tags) -> Found:
    """Return what the tags say beside the pixels."""
    remarks: list[str] = []
    return Found(
        icc=_profile(tags),
        exif=exif.block_from_tiff(tags),
        xmp=_bytes(tags, _XMP),
        iptc=_iptc(tags, remarks),
        dpi=exif.resolution(tags),
        orientation=exif.orientation(tags) if exif.ORIENTATION in tags else None,
        remarks=tuple(remarks),
    )


def more_pages(image: pyvips.Image, path: Path) -> str | None:
    """Return what to tell the user about the pages that are not read, None if there are none."""
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    return f"{path.name} has {pages} pages; only the first is read" if pages > 1 else None


def _profile(tags: exif.Tags) -> bytes | None:
    return _bytes(tags, _COLOUR_PROFILE)


def _bytes(tags: exif.Tags, tag: int) -> bytes | None:
    found = tags.get(tag)
    return found.data if isinstance(found, exif.Tag) else None


def _iptc(tags: exif.Tags, remarks: list[str]) -> bytes | None:
    found = tags.get(_IPTC)
    if isinstance(found, exif.Tag):
        # Adobe's programs write bytes as LONG, in the byte order of the writer; Tag has undone
        # that for a big-endian file, so it is done again.
        data = found.data
        if found.kind == exif.LONG and not iptc.is_iptc(data):
            data = np.frombuffer(data, "<u4").byteswap().tobytes()
        if iptc.is_iptc(data):
            return data
    block = _bytes(tags, _RESOURCES)
    if block:
        try:
            return iptc.from_resources(block)
        except ValueError:
            remarks.append("left out damaged IPTC data")
    return None


def _decode_pixels(path: Path, tags: exif.Tags, limit_megapixels: float) -> Stored:
    image = pyvips.Image.tiffload(os.fsencode(path), access="sequential", fail_on="error")
    check_size(path, image.width, image.height, limit_megapixels)
    if remark := more_pages(image, path):
        log.warning("%s", remark)
    if image.format == "short" and image.interpretation == "labs":
        values = array_of(image)
        has_alpha = _has_alpha(tags, image.bands - 3)
        deep = values[..., 3].astype(np.uint16) if has_alpha else None
        image = pyvips.Image.new_from_array(values[..., :3]).copy(interpretation="labs")
        image = image.icc_export(output_profile="srgb", pcs="lab", depth=16)
        return Stored(array_of(image), deep, is_converted=True)
    if image.format in ("float", "double"):
        return _decode_float(path, image, tags)
    if image.format not in ("uchar", "ushort"):
        reason = "has pixels that are neither 8 or 16-bit whole numbers nor floating-point ones"
        raise PhotoReadError(path, f"{reason}; save it with 16 bits per channel")
    colours = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "cmyk": 4}.get(image.interpretation)
    if colours is None or colours > image.bands:
        raise PhotoReadError(path, f"has {image.interpretation} pixels, which is not supported")
    values = _rgb_of_ycbcr(path, image, tags) if is_plain_ycbcr(tags) else array_of(image)
    has_alpha = _has_alpha(tags, image.bands - colours)
    alpha = values[..., colours].copy() if has_alpha else None
    values = np.ascontiguousarray(values[..., :colours])
    if colours == 4:
        converted = to_srgb(values, _profile(tags), space="cmyk")
        return Stored(converted, alpha, is_converted=True)
    if colours == 1:
        return Stored(np.repeat(values, 3, axis=2), alpha, is_gray=True)
    return Stored(values, alpha)


def _has_alpha(tags: exif.Tags, extra_channels: int) -> bool:
    """Say whether the first channel behind the colours is transparency, and warn if it is not."""
    if extra_channels < 1:
        return False
    if exif.numbers(tags, _EXTRA_SAMPLES)[:1] in ((), (1,), (2,)):
        return True
    log.warning("left out a channel that is neither colour nor transparency")
    return False


def _rgb_of_ycbcr(path: Path, image: pyvips.Image, tags: exif.Tags) -> Pixels:
    """Convert with TIFF's usual factors and range, which are those of JPEG (TIFF 6.0 section 21).

    Raises:
        PhotoReadError: The colours are stored in a way that is not the usual one.
    """
    is_usual = (
        exif.numbers(tags, _YCBCR_SUBSAMPLING) == (1, 1)
        and _YCBCR_FACTORS not in tags
        and exif.numbers(tags, _YCBCR_RANGE) in ((), (0, 255, 128, 255, 128, 255))
        and (image.bands, image.format) == (3, "uchar")
    )
    if not is_usual:
        reason = "has YCbCr pixels of a kind that is not supported"
        raise PhotoReadError(path, f"{reason}; save it with RGB pixels")
    ycbcr = Image.frombytes("YCbCr", (image.width, image.height), array_of(image).tobytes())
    return np.array(ycbcr.convert("RGB"))


def _decode_float(path: Path, image: pyvips.Image, tags: exif.Tags) -> Stored:
    """Take 0..1 as black to white, in the encoding of the file's profile, with 16 bits."""
    (photometric,) = exif.numbers(tags, _PHOTOMETRIC)[:1] or (0,)
    colours = {1: 1, 2: 3}.get(int(photometric))
    if colours is None:
        reason = "has floating-point pixels that are neither RGB nor grey with black as 0"
        raise PhotoReadError(path, f"{reason}; save it with 16 bits per channel")
    if not colours <= image.bands <= 4:
        raise PhotoReadError(path, f"has {image.bands} channels, which is not supported")
    values = array_of(image)[..., : colours + _has_alpha(tags, image.bands - colours)]
    if np.median(values) > 1:
        reason = "has floating-point values far above 1, whose white cannot be known"
        raise PhotoReadError(path, f"{reason}; save it with 16 bits per channel")
    deep = np.empty(values.shape, np.uint16)
    is_outside = False
    for top in range(0, len(values), 256):  # in bands: the product needs as much memory again
        rows = np.nan_to_num(values[top : top + 256], nan=0.0, posinf=1.0, neginf=0.0)
        is_outside |= bool((rows < 0).any() or (rows > 1).any())
        deep[top : top + 256] = np.rint(np.clip(rows, 0, 1) * 65535)
    if is_outside:
        log.warning("%s has values outside 0 to 1, which were clipped", path.name)
    return stored_from(deep)


def _decode_lab(file: BinaryIO, tags: exif.Tags) -> Stored:
    """Decode 8-bit Lab, which libvips takes for something else: as RGB, then convert."""
    file.seek(0)
    data = bytearray(file.read())
    exif.replace_short(data, _PHOTOMETRIC, 2)
    values = array_of(pyvips.Image.tiffload_buffer(bytes(data), fail_on="error"))
    alpha = values[..., 3].copy() if _has_alpha(tags, values.shape[2] - 3) else None
    values = values[..., :3]
    lab = values.view(np.int8).astype(np.float32)  # a and b are signed, L is not
    lab[..., 0] = values[..., 0] * np.float32(100 / 255)
    image = pyvips.Image.new_from_array(lab).copy(interpretation="lab")
    image = image.icc_export(output_profile="srgb", pcs="lab")
    return Stored(array_of(image), alpha, is_converted=True)
