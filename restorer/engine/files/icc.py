"""Colour profiles: which one fits which pixels, and conversion to sRGB."""

from __future__ import annotations

import io
import logging

import numpy as np
from PIL import ImageCms

from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Pixels

log = logging.getLogger(__name__)

COLOURS_TAKEN_AS_SRGB = (
    "its colours are stated in a way that is not supported: they are taken as sRGB"
)


def fitting_profile(icc: bytes | None, *, is_gray: bool) -> bytes | None:
    """Return icc if it describes such pixels, else None with a line in the log."""
    if not icc:
        return None
    if remark := misfit(icc, is_gray=is_gray):
        log.warning("%s", remark)
        return None
    return icc


def misfit(icc: bytes, *, is_gray: bool) -> str | None:
    """Return what to tell the user if icc does not describe such pixels, else None."""
    if not is_profile(icc):
        return "left out a damaged colour profile"
    if icc[16:20] != (b"GRAY" if is_gray else b"RGB "):
        return f"left out a colour profile for {icc[16:20]!r} pixels"
    return None


def profile_of_code(primaries: int, transfer: int) -> tuple[bytes | None, str | None]:
    """Return the profile for a colour space that a file states as numbers, as videos do.

    Args:
        primaries: ITU-T H.273 ColourPrimaries: 1 are those of sRGB, 12 of Display P3.
        transfer: ITU-T H.273 TransferCharacteristics: 13 is the curve of sRGB.

    Returns:
        None for sRGB and what is taken for it, and in the latter case what to tell the user.
    """
    # Of video (1, 6) and unspecified (2): shown with the curve of sRGB by other programs too.
    if transfer in (1, 2, 6, 13):
        if primaries in (1, 2):
            return None, None
        if primaries == 12:
            return bytes(pyvips.Operation.call("profile_load", "p3")), None
    return None, COLOURS_TAKEN_AS_SRGB


def is_profile(icc: bytes) -> bool:
    """Say whether it is a whole profile, not garbage."""
    if len(icc) < 132 or icc[36:40] != b"acsp" or int.from_bytes(icc[:4], "big") > len(icc):
        return False
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return False
    return True


def to_srgb(values: Pixels, icc: bytes | None, *, space: str) -> Pixels:
    """Convert pixels that the program does not work in, through their profile if it is sound.

    Args:
        values: (H, W, C), C = 4 for "cmyk" (255 is full ink), 1 for "gray", 3 for "rgb".
        icc: Their profile. Without a fitting one: a common press profile for CMYK, no change
            for grey and RGB.
        space: "cmyk", "gray" or "rgb".

    Returns:
        (H, W, 3), RGB, same dtype.
    """
    is_deep = values.dtype == np.uint16
    wanted = {"cmyk": b"CMYK", "gray": b"GRAY", "rgb": b"RGB "}[space]
    deep = {"cmyk": "cmyk", "gray": "grey16", "rgb": "rgb16"}
    interpretation = (deep if is_deep else {"cmyk": "cmyk", "gray": "b-w", "rgb": "srgb"})[space]
    profile = icc if icc and is_profile(icc) and icc[16:20] == wanted else None
    if icc and profile is None:
        log.warning("left out a colour profile that does not fit %s pixels", space)
    if profile is None and space != "cmyk":
        return np.repeat(values, 3, axis=2) if space == "gray" else values
    image = pyvips.Image.new_from_array(values).copy(interpretation=interpretation)
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    converted = image.icc_transform(
        "srgb",
        input_profile="cmyk" if space == "cmyk" else "srgb",
        embedded=True,
        intent="relative",
        black_point_compensation=True,
        depth=16 if is_deep else 8,
    )
    result: Pixels = converted.numpy()
    return result
