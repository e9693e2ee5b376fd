"""Camera raw files, developed by LibRaw as the camera would have done it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import BinaryIO

import rawpy

from restorer.engine.files import exif
from restorer.engine.files.decoded import Found, Stored, check_size, finished
from restorer.engine.photo import Photo
from restorer.errors import PhotoReadError

log = logging.getLogger(__name__)

SUFFIXES = (
    ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2",
    ".pef", ".srw", ".rwl", ".iiq", ".3fr", ".erf", ".kdc", ".mrw", ".x3f",
)  # fmt: skip

# Raw files that are not TIFF inside: Canon CR3, Fujifilm, Sigma, Minolta, and the TIFFs of Olympus
# and Panasonic with numbers of their own.
MAGICS = (b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")


def is_raw(head: bytes) -> bool:
    """Say whether the first 16 bytes are those of a raw file that is no TIFF."""
    return head.startswith(MAGICS) or head[4:12] == b"ftypcrx "


def is_known(file: BinaryIO) -> bool:
    """Say whether LibRaw takes a file for a raw file, sound or damaged."""
    file.seek(0)
    try:
        with rawpy.imread(file):
            return True
    except rawpy.LibRawFileUnsupportedError:
        return False
    except rawpy.LibRawError:
        return True


def decode_raw(file: BinaryIO, path: Path, *, limit_megapixels: float) -> Photo:
    """Develop a raw file: the camera's white balance, 16 bits, sRGB, upright.

    Raises:
        PhotoReadError: LibRaw does not know it, or it is damaged.
        PhotoTooLargeError: It has more pixels than the limit.
    """
    file.seek(0)
    try:
        with rawpy.imread(file) as raw:
            check_size(path, raw.sizes.width, raw.sizes.height, limit_megapixels)
            pixels = raw.postprocess(
                use_camera_wb=True,
                output_bps=16,
                output_color=rawpy.ColorSpace.sRGB,
                no_auto_bright=True,  # else one bright lamp changes all other tones
            )
    except rawpy.LibRawError as error:
        log.debug("cannot develop %s", path, exc_info=True)
        raise PhotoReadError(path, "is a camera raw file that cannot be developed") from error
    return finished(Stored(pixels, is_converted=True, is_upright=True), _found(file), path)


def _found(file: BinaryIO) -> Found:
    file.seek(0)
    try:
        tags = exif.read_tags(file, strict=False)
    except ValueError:
        return Found()  # not a TIFF inside
    block = exif.block_from_tiff(tags)
    return Found(exif=block, orientation=1)
