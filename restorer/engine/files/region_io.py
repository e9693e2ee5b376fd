"""Pictures too large for the memory: read from their file row by row."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from restorer.engine.files import exif, tiff_decode
from restorer.engine.files.decoded import (
    Found,
    check_size,
    found_by_pillow,
    open_quietly,
    settled,
    with_tags,
)
from restorer.engine.files.icc import misfit
from restorer.engine.files.photo_decode import (
    PILLOW_FORMATS,
    PNG_MAGIC,
    check_png,
    clear_decode_errors,
    png_description,
)
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels
from restorer.engine.tiles import Box

log = logging.getLogger(__name__)

_JPEG_MAGIC = b"\xff\xd8\xff"
_COLOURS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3}

# What turns stored pixels upright, by EXIF's orientation.
_VIPS_TURNS: dict[int, Callable[[pyvips.Image], pyvips.Image]] = {
    1: lambda image: image,
    2: lambda image: image.fliphor(),
    3: lambda image: image.rot180(),
    4: lambda image: image.flipver(),
    5: lambda image: image.rot90().fliphor(),
    6: lambda image: image.rot90(),
    7: lambda image: image.rot270().fliphor(),
    8: lambda image: image.rot270(),
}


def virtual_pixels(height: int, width: int, dtype: np.dtype[np.generic]) -> Pixels:
    """Return (height, width, 3) zeros that take no memory: for a Photo that is only its header."""
    pixels: Pixels = np.broadcast_to(np.zeros((), dtype), (height, width, 3))
    return pixels


class FileReader:
    """A PNG, JPEG or TIFF file as a PhotoReader. Use from one thread.

    Rows are decoded as they are asked for, and kept as long as a row of tiles needs them. Reading
    above them starts over. A picture that lies on its side is decoded to a temporary file first.

    Attributes:
        header: All about the picture but its pixels, which are zeros, and its alpha, which is None.
        height: Pixels, upright.
        width: Pixels, upright.
        channels: What read() returns: 3, or 4 with alpha.
    """

    def __init__(self, path: Path, load: Callable[[str], pyvips.Image], found: Found) -> None:
        self._path, self._found = path, found
        found, self._turn = settled(found)
        self._load = load
        self._open()
        self.height, self.width = self._image.height, self._image.width
        self._colours = _COLOURS[self._image.interpretation]
        is_gray = self._colours == 1
        dtype = np.dtype(np.uint16 if self._image.format == "ushort" else np.uint8)
        self.channels = 3 + int(self._image.bands > self._colours)
        remark = misfit(found.icc, is_gray=is_gray) if found.icc else None
        self._remarks = (*found.remarks, remark) if remark else found.remarks
        self.header = Photo(
            virtual_pixels(self.height, self.width, dtype),
            is_gray=is_gray,
            icc=None if remark else found.icc,
            exif=found.exif,
            xmp=found.xmp,
            iptc=found.iptc,
            texts=found.texts,
            dpi=found.dpi,
            source=path,
        )

    def _open(self) -> None:
        image = self._load("sequential" if self._turn == 1 else "random")
        self._image = _VIPS_TURNS[self._turn](image)
        self._region = pyvips.Region.new(self._image)
        self._rows: Pixels | None = None
        self._top = self._bottom = 0

    def check(self) -> None:
        """Find out early what the decoder would let pass, and say what was left out.

        Raises:
            PhotoReadError: The file is damaged.
        """
        for remark in self._remarks:
            log.warning("%s", remark)
        with open(self._path, "rb") as file:
            if file.read(len(PNG_MAGIC)) == PNG_MAGIC:
                check_png(file, self._path)

    def read(self, box: Box) -> Pixels:
        """Return the pixels (bottom - top, right - left, channels) of a box.

        Raises:
            PhotoReadError: The file is damaged there.
        """
        top, left, bottom, right = box
        with clear_decode_errors(self._path):
            if top < self._top:
                self._open()
            self._advance(top, bottom)
        assert self._rows is not None
        return self._rows[top - self._top : bottom - self._top, left:right]

    def again(self) -> FileReader:
        """Return another reader of the same file."""
        return FileReader(self._path, self._load, self._found)

    def constant_alpha(self) -> int | None:
        """Return the alpha that all pixels have, None if they differ. Reads the whole file."""
        with clear_decode_errors(self._path):
            band = self._load("sequential")[self._colours]
            stats = band.stats()
            low, high = stats(0, 0)[0], stats(1, 0)[0]
        return int(low) if low == high else None

    def _advance(self, top: int, bottom: int) -> None:
        """Make the rows from top to bottom, at least, those that are held."""
        rows = [] if self._rows is None else [self._rows[max(0, top - self._top) :]]
        first = max(self._bottom, top)
        if bottom > first:
            rows.append(self._fetch(first, bottom))
        if len(rows) > 1 or self._rows is None:
            self._rows = np.concatenate(rows)
        else:
            self._rows = rows[0].copy() if top > self._top else rows[0]
        self._top, self._bottom = max(top, self._top), max(bottom, first)

    def _fetch(self, top: int, bottom: int) -> Pixels:
        data = self._region.fetch(0, top, self.width, bottom - top)
        values = np.frombuffer(data, self.header.pixels.dtype)
        values = values.reshape(bottom - top, self.width, self._image.bands)
        if self._colours == 3:
            return values[..., : self.channels]
        gray = np.repeat(values[..., :1], 3, axis=2)
        return gray if self.channels == 3 else np.concatenate((gray, values[..., 1:2]), axis=2)


def open_by_region(path: Path, *, limit_megapixels: float) -> FileReader | None:
    """Return a reader of a file, None if its kind can only be read as a whole.

    Raises:
        PhotoReadError: The file is damaged or cannot be read.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None  # before opening: a pipe would wait for its writer
    with open(path, "rb") as file, clear_decode_errors(path):
        head = file.read(16)
        file.seek(0)
        if head.startswith(tiff_decode.MAGICS):
            return _open_tiff(file, path, limit_megapixels)
        if not head.startswith((PNG_MAGIC, _JPEG_MAGIC)):
            return None
        is_png = head.startswith(PNG_MAGIC)
        header, remarks = png_description(file) if is_png else (file, [])
        with open_quietly(header, PILLOW_FORMATS) as image:
            check_size(path, *image.size, limit_megapixels)
            is_usual = image.mode != "CMYK"
            found = with_tags(found_by_pillow(image, remarks))
        if not is_usual:
            return None
    load = pyvips.Image.pngload if is_png else pyvips.Image.jpegload
    name = os.fsencode(path)
    with clear_decode_errors(path):
        return FileReader(path, lambda access: load(name, access=access, fail_on="error"), found)


def _open_tiff(file: BinaryIO, path: Path, limit_megapixels: float) -> FileReader | None:
    if tiff_decode.is_camera_raw(file):
        return None
    tags = tiff_decode.read_header(file, path, limit_megapixels=limit_megapixels)
    if tiff_decode.is_plain_ycbcr(tags) or tiff_decode.is_lab(tags):
        return None
    name = os.fsencode(path)

    def load(access: str) -> pyvips.Image:
        return pyvips.Image.tiffload(name, access=access, fail_on="error")

    image = load("sequential")
    check_size(path, image.width, image.height, limit_megapixels)
    colours = _COLOURS.get(image.interpretation)
    is_usual = image.format in ("uchar", "ushort") and colours is not None
    extra = exif.numbers(tags, 338)[:1]
    if not is_usual or image.bands - (colours or 0) > 1 or extra == (0,):
        return None
    found = tiff_decode.found_in(tags)
    if remark := tiff_decode.more_pages(image, path):
        found = replace(found, remarks=(*found.remarks, remark))
    return FileReader(path, load, found)
