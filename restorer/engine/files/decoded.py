"""From what a decoder found in a file to a Photo: upright, and with metadata that is true."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from restorer.engine.files import exif, extended_xmp, iptc, xmp
from restorer.engine.files.icc import fitting_profile
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels
from restorer.errors import PhotoReadError, PhotoTooLargeError

log = logging.getLogger(__name__)

# The most that JPEG can state.
LIMIT_DPI = 65_535
PLACEHOLDER_DPI = (72.0, 72.0)  # what programs write that know none

# Turns stored pixels upright: (transpose, flip vertically, flip horizontally), in this order.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}

_opening = threading.Lock()  # the filter of warnings is one for all threads

_SPLIT_JPEG = "MPO"  # what Pillow calls a JPEG that carries further pictures, as phones write it


@dataclass(frozen=True)
class Stored:
    """Pixels as they lie in the file, not yet upright; see Photo.

    Attributes:
        is_converted: They are sRGB now, and the file's profile no longer applies.
        is_upright: The decoder turned them already.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    is_gray: bool = False
    is_converted: bool = False
    is_upright: bool = False


@dataclass(frozen=True)
class Found:
    """What a file says beside its pixels, not yet checked.

    Attributes:
        orientation: 1 to 8 as EXIF or TIFF say it; None if they say nothing, then XMP counts.
        remarks: What to tell the user if the picture is used: what was left out and why.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    orientation: int | None = None
    remarks: tuple[str, ...] = ()

    def without(self, name: str, *, kind: str) -> Found:
        """Return this without damaged metadata: the attribute of a name, called kind."""
        remarks = (*self.remarks, f"left out damaged {kind} data")
        changes: dict[str, Any] = {name: None, "remarks": remarks}
        return replace(self, **changes)


def open_quietly(file: BinaryIO, formats: tuple[str, ...]) -> Image.Image:
    """Open without the warnings of Pillow about metadata, which we check ourselves."""
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(file, formats=formats)


def check_size(path: Path, width: int, height: int, limit_megapixels: float) -> None:
    """Refuse a picture by what its header says.

    Raises:
        PhotoReadError: It has no pixels.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    if width < 1 or height < 1:
        raise PhotoReadError(path, "is damaged: it says that it has no pixels")
    megapixels = width * height / 1e6
    if megapixels > limit_megapixels:
        raise PhotoTooLargeError(path, megapixels=megapixels, limit_megapixels=limit_megapixels)


def array_of(image: pyvips.Image) -> Pixels:
    """Return (H, W, bands), decoding the file."""
    values: Pixels = image.numpy().reshape(image.height, image.width, image.bands)
    return values


def stored_from(values: Pixels) -> Stored:
    """Return (H, W, 1 to 4): grey or RGB, then alpha if there is one."""
    colours = 1 if values.shape[2] < 3 else 3
    alpha = values[..., colours].copy() if values.shape[2] > colours else None
    if colours == 1:
        return Stored(np.repeat(values[..., :1], 3, axis=2), alpha, is_gray=True)
    return Stored(np.ascontiguousarray(values[..., :3]), alpha)


def found_by_pillow(image: Image.Image, remarks: Iterable[str] = ()) -> Found:
    """Return what Pillow read beside the pixels; remarks as in Found, to which more may come."""
    info, remarks = image.info, list(remarks)
    segment = _png_profile(info, "APP1", remarks)  # of a JPEG: EXIF or XMP
    of_xmp = segment is not None and segment.startswith(extended_xmp.NAME)
    block = info.get("exif") or _png_profile(info, "exif", remarks) or (None if of_xmp else segment)
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
    packet = info.get("xmp") or _png_profile(info, "xmp", remarks)
    if segment and of_xmp and not packet:
        packet = segment.removeprefix(extended_xmp.NAME)
    if isinstance(packet, str):
        packet = packet.encode()
    if packet and image.format in ("JPEG", _SPLIT_JPEG):
        packet = _with_extension(packet, getattr(image, "applist", ()), remarks)
    return Found(
        icc=info.get("icc_profile") or None,
        exif=block or None,
        xmp=packet or None,
        iptc=_iptc_by_pillow(image, remarks),
        texts=_texts(image),
        dpi=dpi if dpi is not None and min(dpi) > 0 else None,
        remarks=tuple(remarks),
    )


def _png_profile(info: Mapping[Any, Any], name: str, remarks: list[str]) -> bytes | None:
    """Return what ImageMagick and exiftool wrote into a PNG as a hexadecimal text."""
    text = info.get(f"Raw profile type {name}")
    if not text:
        return None
    try:
        return bytes.fromhex("".join(str(text).split("\n")[3:]))
    except ValueError:
        remarks.append(f"left out damaged {name.upper()} data")
        return None


def _with_extension(
    packet: bytes, segments: Iterable[tuple[str, bytes]], remarks: list[str]
) -> bytes:
    try:
        return extended_xmp.joined(packet, (data for name, data in segments if name == "APP1"))
    except ValueError:
        remarks.append("left out damaged XMP data")
        return packet


def _iptc_by_pillow(image: Image.Image, remarks: list[str]) -> bytes | None:
    blocks = image.info.get("photoshop")
    if isinstance(blocks, dict) and iptc.is_iptc(block := blocks.get(0x0404)):
        return block
    if text := image.info.get("Raw profile type iptc"):
        try:
            return iptc.from_png_text(str(text))
        except ValueError:
            remarks.append("left out damaged IPTC data")
    return None


def _texts(image: Image.Image) -> tuple[tuple[str, str], ...]:
    """Return the texts of a PNG's chunks, or the comment of another file, each with its keyword."""
    comment = image.info.get("comment")
    if isinstance(comment, bytes):
        text = comment.rstrip(b"\0")
        try:
            return (("Comment", text.decode()),) if text else ()
        except UnicodeDecodeError:
            return (("Comment", text.decode("latin-1")),)
    if image.format != "PNG":
        return ()
    words = {str(key): str(value) for key, value in image.info.items() if isinstance(value, str)}
    known = ("Raw profile type ", "XML:com.adobe.xmp")
    return tuple((key, text) for key, text in words.items() if not key.startswith(known))


def _tidy(dpi: float) -> float:
    """Return 300 for 299.9994: PNG and BMP count whole pixels per metre, 0.0254 dpi apart."""
    return float(round(dpi)) if abs(dpi - round(dpi)) <= 0.0128 else round(dpi, 2)


def with_tags(found: Found) -> Found:
    """Return found with the orientation and resolution that its EXIF block states."""
    if not found.exif:
        return found
    try:
        tags = exif.parse_block(found.exif)
    except ValueError:
        return found.without("exif", kind="EXIF")
    stated = exif.orientation(tags) if exif.ORIENTATION in tags else None
    dpi = found.dpi
    if dpi is None or dpi == PLACEHOLDER_DPI:
        dpi = exif.resolution(tags) or dpi
    return replace(found, dpi=dpi, orientation=stated)


def settled(found: Found) -> tuple[Found, int]:
    """Keep of the metadata what is sound, make it upright, and return how pixels must be turned.

    XMP's orientation counts only where EXIF and TIFF state none, as Adobe's programs hold it.
    """
    block, packet, turn = found.exif, found.xmp, found.orientation
    if packet is not None:
        try:
            turn = turn or xmp.orientation(packet)
            packet = xmp.upright(packet)
        except ValueError:
            found, packet = found.without("xmp", kind="XMP"), None
    if block is not None:
        try:
            block = exif.upright(block)
        except ValueError:
            found, block = found.without("exif", kind="EXIF"), None
    turn = turn or 1
    dpi = found.dpi
    if dpi is not None and not all(1 <= value <= LIMIT_DPI for value in dpi):
        dpi = None
    if dpi is not None and turn >= 5:  # the sides change places
        dpi = (dpi[1], dpi[0])
    return replace(found, exif=block, xmp=packet, dpi=dpi, orientation=1), turn


def finished(stored: Stored, found: Found, path: Path) -> Photo:
    """Turn the pixels upright, keep of the metadata what is sound, and say what is not."""
    found, turn = settled(found)
    for remark in found.remarks:
        log.warning("%s", remark)
    if stored.is_upright:
        turn = 1
    return Photo(
        turned(stored.pixels, turn),
        None if stored.alpha is None else turned(stored.alpha, turn),
        is_gray=stored.is_gray,
        icc=None if stored.is_converted else fitting_profile(found.icc, is_gray=stored.is_gray),
        exif=found.exif,
        xmp=found.xmp,
        iptc=found.iptc,
        texts=found.texts,
        dpi=found.dpi,
        source=path,
    )


def turned(values: Pixels, orientation: int) -> Pixels:
    """Return stored pixels upright."""
    transpose, flip_rows, flip_columns = TURNS[orientation]
    if transpose:
        values = values.swapaxes(0, 1)
    rows = slice(None, None, -1 if flip_rows else 1)
    columns = slice(None, None, -1 if flip_columns else 1)
    return np.ascontiguousarray(values[rows, columns])
