"""What a photograph is inside the program."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, eq=False)
class Photo:
    r"""A decoded photograph and everything needed to write it back faithfully.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16, RGB, upright, read-only. Kept in the file's own depth:
            a 50-megapixel photo is 150 MB here and would be 600 MB as float32.
        alpha: (H, W), same dtype, straight (not premultiplied), or None.
        is_gray: The file had one channel; the three channels are equal and written back as one.
        icc: Colour profile bytes; None means sRGB. Carried along, never applied to pixels, except
            CMYK and Lab files, which are converted to sRGB when read.
        exif: EXIF bytes ("Exif\\0\\0" not included) with Orientation reset to 1 (pixels are
            already upright), or None.
        xmp: XMP packet with tiff:Orientation reset likewise, or None.
        iptc: IPTC data (IIM records), or None.
        texts: What people wrote into a PNG or a JPEG beside that, each with its keyword (a comment
            has "Comment").
        dpi: Dots per inch, horizontal and vertical, or None.
        source: File it came from, or None.
        record: What was done to it, as JSON, to be written into its XMP; None for nothing. See
            record.py.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    is_gray: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    source: Path | None = None
    record: str | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError(f"pixels must be (H, W, 3), not {self.pixels.shape}")
        if self.pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"pixels must be uint8 or uint16, not {self.pixels.dtype}")
        if self.alpha is not None and (
            self.alpha.shape != self.pixels.shape[:2] or self.alpha.dtype != self.pixels.dtype
        ):
            raise ValueError("alpha must have the height, width and dtype of pixels")
        self.pixels.flags.writeable = False
        if self.alpha is not None:
            self.alpha.flags.writeable = False

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.height * self.width / 1e6

    @property
    def max_value(self) -> int:
        """The integer that stands for 1.0: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)

    @functools.cached_property
    def digest(self) -> str:
        """Says which pixels these are, in hexadecimal. The first call takes 0.1 s for 30 MP."""
        digest = hashlib.blake2b(f"{self.pixels.shape} {self.pixels.dtype}".encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()

    def with_pixels(self, pixels: Pixels, alpha: Pixels | None = None) -> Photo:
        """Return another picture with this one's profile, metadata, resolution and source."""
        return replace(self, pixels=pixels, alpha=alpha)
