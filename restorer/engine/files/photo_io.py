"""Read photographs from files and write them to files."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from restorer.engine.files import modern_encode, photo_encode
from restorer.engine.files.modern_decode import HAS_JXL
from restorer.engine.files.photo_decode import decode_photo
from restorer.engine.files.raw_decode import SUFFIXES as RAW_SUFFIXES
from restorer.engine.files.record import without_record, written_with
from restorer.engine.files.safe_file import (
    clear_write_errors,
    is_same_file,
    new_file,
    try_folder,
    write_block,
)
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo
from restorer.errors import PhotoExistsError, PhotoReadError, PhotoWriteError

log = logging.getLogger(__name__)

# A2 paper scanned at 1000 dpi is 386 megapixels. At 500, a 16-bit RGB photo takes 3 GB, and the
# restored one as much again.
DEFAULT_LIMIT_MEGAPIXELS = 500.0

_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
_JXL_SUFFIXES = (".jxl",)
READ_SUFFIXES = (
    ".png", *_JPEG_SUFFIXES, ".tif", ".tiff", ".webp", ".avif", ".bmp", ".gif",
    ".heic", ".heif", ".hif", *(_JXL_SUFFIXES if HAS_JXL else ()), *RAW_SUFFIXES,
)  # fmt: skip


@dataclass(frozen=True)
class WriteFormat:
    """A kind of file that can be written.

    Attributes:
        name: Shown to the user.
        suffixes: With the dot, lower case; the first is the usual one.
        bits: Most bits of a colour that are written.
        max_side_px: The longest side it can hold.
        holds_texts: It can hold Photo.texts.
    """

    name: str
    suffixes: tuple[str, ...]
    bits: int
    holds_alpha: bool
    is_lossy: bool
    max_side_px: int
    encode: Callable[[Photo, int], Iterator[bytes]]
    holds_texts: bool = False


# Longest sides: PNG, what libpng reads; JPEG, what libjpeg reads (the format says 65,535).
WRITE_FORMATS = {
    "png": WriteFormat("PNG", (".png",), 16, True, False, 1_000_000, photo_encode.encode_png, True),
    "jpg": WriteFormat(
        "JPEG", _JPEG_SUFFIXES, 8, False, True, 65_500, photo_encode.encode_jpeg, True
    ),
    "tif": WriteFormat(
        "TIFF", (".tif", ".tiff"), 16, True, False, 2**31 - 1, photo_encode.encode_tiff
    ),
    "webp": WriteFormat("WebP", (".webp",), 8, True, True, 16_383, photo_encode.encode_webp),
    "avif": WriteFormat("AVIF", (".avif",), 12, True, True, 65_535, modern_encode.encode_avif),
}
if HAS_JXL:
    WRITE_FORMATS["jxl"] = WriteFormat(
        "JPEG XL", _JXL_SUFFIXES, 8, True, True, 2**30, modern_encode.encode_jxl
    )


@dataclass(frozen=True)
class WriteOptions:
    """How to write a photograph.

    Attributes:
        format: Key of WRITE_FORMATS; None: by the suffix of the file.
        quality: 1 to 100, for the lossy formats; 100 makes WebP and JPEG XL lossless.
        overwrite: Replace a file of that name; never the original photograph.
        has_record: What was done to the photograph is written into its XMP.
        keeps_time: The file gets the original's time of modification.
    """

    format: str | None = None
    quality: int = 95
    overwrite: bool = False
    has_record: bool = True
    keeps_time: bool = False

    def __post_init__(self) -> None:
        """Refuse what is a mistake of the programmer."""
        if self.format is not None and self.format not in WRITE_FORMATS:
            raise ValueError(f"unknown format {self.format!r}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be 1 to 100, not {self.quality}")


def can_read(path: Path) -> bool:
    """Say whether the name looks like a photograph. The contents decide in read_photo.

    So do those of kinds whose package is not installed: reading them says so.
    """
    return path.suffix.lower() in (*READ_SUFFIXES, *_JXL_SUFFIXES)


def format_for(path: Path) -> str | None:
    """Return the key of WRITE_FORMATS that the suffix stands for, None if there is none."""
    suffix = path.suffix.lower()
    return next((key for key, kind in WRITE_FORMATS.items() if suffix in kind.suffixes), None)


def read_photo(path: Path, *, limit_megapixels: float = DEFAULT_LIMIT_MEGAPIXELS) -> Photo:
    """Read a photograph upright and in its own depth, with profile, EXIF and resolution.

    The contents decide what kind of file it is, not the suffix. Of several pages or frames the
    first is read.

    Raises:
        PhotoTooLargeError: More pixels than the limit; found before decoding.
        PhotoReadError: Missing, no permission, not a picture, damaged, or not supported.
    """
    log.debug("reading %s", path)
    try:
        # Before opening: a pipe would wait for its writer, a device may do anything.
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            raise PhotoReadError(path, "is a folder, not a photograph")
        if not stat.S_ISREG(info.st_mode):
            raise PhotoReadError(path, "is not an ordinary file")
        if info.st_size == 0:
            raise PhotoReadError(path, "is empty")
        with open(path, "rb") as file:
            return decode_photo(file, path, limit_megapixels=limit_megapixels)
    except (OSError, ValueError) as error:
        raise PhotoReadError(path, _read_reason(error)) from error


def _read_reason(error: OSError | ValueError) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "does not exist"
        case PermissionError():
            return "may not be read: permission is missing"
        case OSError(errno=errno.ENAMETOOLONG) | ValueError():
            return "is not a possible file name"
        case _:
            return f"cannot be read: {error.strerror or error}"


def write_photo(photo: Photo, path: Path, *, options: WriteOptions) -> None:
    """Write a photograph with its profile, tags and resolution: completely or not at all.

    Grey pictures become files with one channel (WebP has none). What the format cannot hold is
    converted: 16 bit to 12 or 8, transparent parts to white.

    Raises:
        PhotoExistsError, PhotoWriteError: As check_target; or the disk is full.
    """
    side_px = max(photo.height, photo.width)
    kind = check_target(path, options=options, source=photo.source, side_px=side_px)
    log.debug("writing %s as %s", path, kind.name)
    warn_of_loss(photo, path, kind)
    photo = with_wanted_record(photo, kind, options)
    time_ns = None
    with clear_write_errors(path):
        if options.keeps_time and photo.source is not None:
            time_ns = time_of(photo.source)
        try:
            with new_file(path, overwrite=options.overwrite, time_ns=time_ns) as file:
                for part in kind.encode(photo, options.quality):
                    write_block(file, part)
        except pyvips.Error as error:
            reason = f"cannot be written: encoding as {kind.name} failed"
            raise PhotoWriteError(path, reason) from error


def warn_of_loss(photo: Photo, path: Path, kind: WriteFormat) -> None:
    """Say it if a format cannot hold all bits of a photograph, or its texts."""
    if photo.texts and not kind.holds_texts:
        words = ", ".join(keyword for keyword, _ in photo.texts)
        log.warning("%s: %s has no place for the texts %s", path.name, kind.name, words)
    if photo.pixels.dtype == np.uint16 and kind.bits < 16:
        log.warning(
            "%s: 16 bits become %d, the most that is written as %s", path.name, kind.bits, kind.name
        )


def with_wanted_record(photo: Photo, kind: WriteFormat, options: WriteOptions) -> Photo:
    """Return the photo with the record to write.

    If none is wanted, that of an earlier restoration goes too: from it and the original, other
    pixels would be made than those of the file. A photo that was not restored keeps it.
    """
    if photo.record is None:
        return photo
    if not options.has_record:
        return replace(photo, record=None, xmp=without_record(photo.xmp))
    return replace(
        photo, record=written_with(photo.record, options.quality if kind.is_lossy else None)
    )


def time_of(source: Path) -> int | None:
    """Return a file's time of modification in nanoseconds since 1970, None if it is gone."""
    try:
        return source.stat().st_mtime_ns
    except OSError:
        return None


def kind_for(path: Path, options: WriteOptions) -> WriteFormat:
    """Return the format to write. Raises PhotoWriteError if the suffix is that of none."""
    key = options.format or format_for(path)
    if key is None:
        known = ", ".join(kind.suffixes[0] for kind in WRITE_FORMATS.values())
        raise PhotoWriteError(path, f"has no suffix of a known format ({known})")
    return WRITE_FORMATS[key]


def check_target(
    path: Path, *, options: WriteOptions, source: Path | None, side_px: int
) -> WriteFormat:
    """Find out before any long work what would fail after it; return the format to write.

    Raises:
        PhotoExistsError: There is a file of that name and overwrite is not set.
        PhotoWriteError: It is the original photograph, the format is unknown or cannot hold the
            picture, the folder is missing or may not be used.
    """
    kind = kind_for(path, options)
    check_side(path, kind, side_px, side_px)
    with clear_write_errors(path):
        _check_name(path, source=source, overwrite=options.overwrite)
    return kind


def check_side(path: Path, kind: WriteFormat, height: int, width: int) -> None:
    """Refuse a picture that is too long for a format. Raises PhotoWriteError."""
    side_px = max(height, width)
    if side_px > kind.max_side_px:
        limit = f"{kind.name} holds at most {kind.max_side_px:,}"
        raise PhotoWriteError(path, f"cannot be written: it is {side_px:,} pixels long and {limit}")


def _check_name(path: Path, *, source: Path | None, overwrite: bool) -> None:
    try:
        target = os.stat(path)
    except FileNotFoundError:
        if not os.path.isdir(path.parent):
            raise
        if os.path.lexists(path) and not overwrite:  # a link that leads nowhere
            raise PhotoExistsError(path) from None
        try_folder(path.parent)
        return
    if stat.S_ISDIR(target.st_mode):
        raise PhotoWriteError(path, "is a folder; choose another name")
    if source is not None and is_same_file(path, source):
        raise PhotoWriteError(path, "is the original photograph; choose another name")
    if not overwrite:
        raise PhotoExistsError(path)
    if not stat.S_ISREG(target.st_mode):
        raise PhotoWriteError(path, "is not an ordinary file; choose another name")
    try_folder(path.parent)
