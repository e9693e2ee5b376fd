"""Read photographs from files and write them to files."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from restorer.engine import photo_encode
from restorer.engine.photo import Photo
from restorer.engine.photo_decode import decode_photo
from restorer.engine.vips import pyvips
from restorer.errors import PhotoExistsError, PhotoReadError, PhotoWriteError

log = logging.getLogger(__name__)

# A2 paper scanned at 1000 dpi is 386 megapixels. At 500, a 16-bit RGB photo takes 3 GB, and the
# restored one as much again.
DEFAULT_LIMIT_MEGAPIXELS = 500.0

_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
READ_SUFFIXES = (".png", *_JPEG_SUFFIXES, ".tif", ".tiff", ".webp", ".bmp", ".gif")


@dataclass(frozen=True)
class WriteFormat:
    """A kind of file that can be written.

    Attributes:
        name: Shown to the user.
        suffixes: With the dot, lower case; the first is the usual one.
        max_side_px: The longest side it can hold.
    """

    name: str
    suffixes: tuple[str, ...]
    holds_16_bit: bool
    holds_alpha: bool
    is_lossy: bool
    max_side_px: int
    encode: Callable[[Photo, int], Iterator[bytes]]


# Longest sides: PNG, what libpng reads; JPEG, what libjpeg reads (the format says 65,535).
WRITE_FORMATS = {
    "png": WriteFormat("PNG", (".png",), True, True, False, 1_000_000, photo_encode.encode_png),
    "jpg": WriteFormat(
        "JPEG", _JPEG_SUFFIXES, False, False, True, 65_500, photo_encode.encode_jpeg
    ),
    "tif": WriteFormat(
        "TIFF", (".tif", ".tiff"), True, True, False, 2**31 - 1, photo_encode.encode_tiff
    ),
    "webp": WriteFormat("WebP", (".webp",), False, True, True, 16_383, photo_encode.encode_webp),
}


@dataclass(frozen=True)
class WriteOptions:
    """How to write a photograph.

    Attributes:
        format: Key of WRITE_FORMATS; None: by the suffix of the file.
        quality: 1 to 100, for JPEG and WebP; 100 makes WebP lossless.
        overwrite: Replace a file of that name; never the original photograph.
    """

    format: str | None = None
    quality: int = 95
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse what is a mistake of the programmer."""
        if self.format is not None and self.format not in WRITE_FORMATS:
            raise ValueError(f"unknown format {self.format!r}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be 1 to 100, not {self.quality}")


def can_read(path: Path) -> bool:
    """Say whether the name looks like a photograph. The contents decide in read_photo."""
    return path.suffix.lower() in READ_SUFFIXES


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
    """Write a photograph with its profile, EXIF and resolution: completely or not at all.

    Grey pictures become files with one channel (WebP has none). What the format cannot hold is
    converted: 16 bit to 8, transparent parts to white.

    Raises:
        PhotoExistsError, PhotoWriteError: As check_target; or the disk is full.
    """
    side_px = max(photo.height, photo.width)
    kind = check_target(path, options=options, source=photo.source, side_px=side_px)
    log.debug("writing %s as %s", path, kind.name)
    with _clear_reasons(path):
        try:
            parts = kind.encode(photo, options.quality)
            _write_file(path, parts, overwrite=options.overwrite)
        except MemoryError as error:
            raise PhotoWriteError(path, "cannot be written: there is not enough memory") from error
        except pyvips.Error as error:
            raise PhotoWriteError(
                path, f"cannot be written: encoding as {kind.name} failed"
            ) from error


def check_target(
    path: Path, *, options: WriteOptions, source: Path | None, side_px: int
) -> WriteFormat:
    """Find out before the long work of restoring what would fail after it.

    Args:
        path: The file to be written.
        options: How.
        source: The original photograph, which is never written over.
        side_px: The longer side of the picture to be written.

    Returns:
        The format it will have.

    Raises:
        PhotoExistsError: There is a file of that name and overwrite is not set.
        PhotoWriteError: It is the original photograph, the format is unknown or cannot hold the
            picture, the folder is missing or may not be used.
    """
    key = options.format or format_for(path)
    if key is None:
        known = ", ".join(kind.suffixes[0] for kind in WRITE_FORMATS.values())
        raise PhotoWriteError(path, f"has no suffix of a known format ({known})")
    kind = WRITE_FORMATS[key]
    if side_px > kind.max_side_px:
        limit = f"{kind.name} holds at most {kind.max_side_px:,}"
        raise PhotoWriteError(path, f"cannot be written: it is {side_px:,} pixels long and {limit}")
    with _clear_reasons(path):
        _check_name(path, source=source, overwrite=options.overwrite)
    return kind


def _check_name(path: Path, *, source: Path | None, overwrite: bool) -> None:
    try:
        target = os.stat(path)
    except FileNotFoundError:
        if not os.path.isdir(path.parent):
            raise
        return
    if stat.S_ISDIR(target.st_mode):
        raise PhotoWriteError(path, "is a folder; choose another name")
    if source is not None and os.path.exists(source) and os.path.samefile(path, source):
        raise PhotoWriteError(path, "is the original photograph; choose another name")
    if not overwrite:
        raise PhotoExistsError(path)
    if not stat.S_ISREG(target.st_mode):
        raise PhotoWriteError(path, "is not an ordinary file; choose another name")


@contextmanager
def _clear_reasons(path: Path) -> Iterator[None]:
    """Turn the system's errors into sentences."""
    try:
        yield
    except FileExistsError as error:
        raise PhotoExistsError(path) from error
    except (OSError, ValueError) as error:
        raise PhotoWriteError(path, _write_reason(error)) from error


def _write_file(path: Path, parts: Iterable[bytes], *, overwrite: bool) -> None:
    """Write under another name first, so that nobody ever sees half a file."""
    temporary = path.parent / f".restorer-{secrets.token_hex(8)}.part"
    try:
        with open(temporary, "xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(temporary, path)
        else:
            _rename_to_new(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Rename, or raise FileExistsError, with nothing in between for others to slip into."""
    if os.name == "nt":
        os.rename(temporary, path)  # on Windows this never replaces
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network drives have no links: hold the name with an empty file
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            os.replace(temporary, path)
        except OSError:
            path.unlink()
            raise


def _write_reason(error: OSError | ValueError) -> str:
    match error:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "cannot be written: the disk is full"
        case OSError(errno=errno.EFBIG):
            return "cannot be written: the disk does not take files that large"
        case OSError(errno=errno.EROFS):
            return "cannot be written: the disk is read-only"
        case OSError(errno=errno.ENAMETOOLONG):
            return "cannot be written: the name is too long"
        case PermissionError():
            return "cannot be written: there is no permission to write in that folder"
        case FileNotFoundError() | NotADirectoryError():
            return "cannot be written: the folder does not exist"
        case OSError():
            return f"cannot be written: {error.strerror or error}"
        case _:
            return f"cannot be written: {error}"
