"""Prints what each format keeps, as exiftool and a second decoder (ImageMagick) see it.

    python -m tests.fidelity

A picture with everything in it is written in each format. "kept": the other programs find it as
it was; "converted": in the words behind; "-": the format cannot hold it. Ends with status 1 if
anything differs from what is promised here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ImageCms

from restorer.engine.files import exif
from restorer.engine.files.photo_io import WRITE_FORMATS, WriteOptions, write_photo
from restorer.engine.files.record import Record, StepRecord
from restorer.engine.photo import Photo

HEIGHT, WIDTH = 60, 80
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CAPTION = b"\x1c\x02\x00\x00\x02\x00\x04\x1c\x02\x78\x00\x09A caption"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="attic" '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:ImageWidth="1"/></rdf:RDF></x:xmpmeta>'
)

# What is not kept, and why: by property, then format.
CONVERTED = {
    "16 bit": {**dict.fromkeys(("jpg", "webp", "jxl"), "8 bit"), "avif": "12 bit"},
    "grey": dict.fromkeys(("webp", "avif"), "RGB"),
    "alpha": {"jpg": "on white"},
    "profile": {"jxl": "sRGB"},
    "IPTC": dict.fromkeys(("webp", "avif", "jxl"), "-"),
    "DPI": {},
}


def picture(*, deep: bool, gray: bool = False, alpha: bool = False) -> Photo:
    """Return smooth colours with all metadata."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [rows / HEIGHT, columns / WIDTH, (rows + columns) / (HEIGHT + WIDTH)]
    if gray:
        planes = [planes[2]] * 3
    top = 65535 if deep else 255
    dtype = np.uint16 if deep else np.uint8
    tags: exif.Tags = {
        271: exif.Tag(2, 7, b"Camera\0"),
        exif.GPS_DIRECTORY: {1: exif.Tag(2, 2, b"N\0"), 2: exif.Tag(5, 3, _rationals(52, 31, 12))},
    }
    block = b"II*\0\x08\0\0\0" + exif.pack_tags(tags, 8)
    done = StepRecord("upscale", {"scale": 2.0}, "m", "cd" * 32, None, "cpu", "fp32", 0)
    return Photo(
        (np.stack(planes, axis=2) * top).astype(dtype),
        (planes[1] * top).astype(dtype) if alpha else None,
        is_gray=gray,
        icc=None if gray else PROFILE,
        exif=block,
        xmp=XMP,
        iptc=CAPTION,
        dpi=(300.0, 300.0),
        record=Record("0", None, (done,)).to_json(),
    )


def _rationals(*values: int) -> bytes:
    return b"".join(int(v).to_bytes(4, "little") + (1).to_bytes(4, "little") for v in values)


def main() -> int:
    """Print the table; 0 if all is as promised."""
    is_right = True
    formats = list(WRITE_FORMATS)
    print("property".ljust(12), *(name.ljust(14) for name in formats))
    with tempfile.TemporaryDirectory() as folder:
        files = {name: _write(Path(folder), name) for name in formats}
        for title, holds in PROPERTIES.items():
            words = []
            for name in formats:
                promised = CONVERTED.get(title, {}).get(name)
                found = holds(files[name])
                word = "kept" if found else (promised or "LOST")
                if (found and promised) or (not found and not promised):
                    is_right, word = False, word + "!"
                words.append(word.ljust(14))
            print(title.ljust(12), *words)
    return 0 if is_right else 1


class Files:
    """One format: the written files, and what exiftool says about the first."""

    def __init__(self, color: Path, gray: Path, alpha: Path) -> None:
        self.color, self.gray, self.alpha = color, gray, alpha
        done = subprocess.run(
            ["exiftool", "-json", "-G1", "-n", "-struct", color], capture_output=True, check=True
        )
        self.tags: dict[str, object] = json.loads(done.stdout)[0]

    def has(self, name: str, value: object) -> bool:
        """Say whether a tag has a value in whatever group it stands."""
        return any(
            key.rpartition(":")[2] == name and found == value for key, found in self.tags.items()
        )


def _write(folder: Path, name: str) -> Files:
    paths = []
    for kind in ({}, {"gray": True}, {"alpha": True}):
        path = folder / f"{'-'.join(kind) or 'color'}.{name}"
        write_photo(picture(deep=True, **kind), path, options=WriteOptions(quality=100))
        paths.append(path)
    return Files(*paths)


def _decoded(path: Path, channels: str) -> np.ndarray:
    """Return (H, W, C) in 16 bit as ImageMagick decodes it."""
    raw = subprocess.run(
        ["convert", path, "-depth", "16", "-endian", "LSB", f"{channels}:-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(raw, "<u2").reshape(HEIGHT, WIDTH, len(channels)).astype(int)


def _close(path: Path, channels: str, expected: np.ndarray, tolerance: float) -> bool:
    return bool(np.abs(_decoded(path, channels) - expected).max() <= tolerance * 65535)


PLAIN = picture(deep=True)
SHAPED = picture(deep=True, alpha=True)
assert SHAPED.alpha is not None


def _colours(files: Files) -> bool:
    return _second_decoder(files.color, "rgb", PLAIN.pixels.astype(int), 0.03)


def _second_decoder(path: Path, channels: str, expected: np.ndarray, tolerance: float) -> bool:
    if path.suffix in (".avif", ".jxl"):  # this ImageMagick has neither: the project's own reader
        from restorer.engine.files.photo_io import read_photo

        photo = read_photo(path)
        scale = 65535 // photo.max_value
        values = photo.pixels if channels == "rgb" else np.asarray(photo.alpha)[..., None]
        return bool(np.abs(values.astype(int) * scale - expected).max() <= tolerance * 65535)
    return _close(path, channels, expected, tolerance)


PROPERTIES: dict[str, Callable[[Files], bool]] = {
    "colours": _colours,
    "16 bit": lambda f: _second_decoder(f.color, "rgb", PLAIN.pixels.astype(int), 0),
    "grey": lambda f: _is_gray(f.gray),
    "alpha": lambda f: _has_alpha(f.alpha),
    "profile": lambda f: f.has("ProfileDescription", "sRGB built-in"),
    "EXIF": lambda f: f.has("Make", "Camera"),
    "GPS": lambda f: any(key.endswith(":GPSLatitude") for key in f.tags),
    "XMP": lambda f: f.has("Source", "attic"),
    "XMP size": lambda f: f.tags.get("XMP-tiff:ImageWidth") == WIDTH,
    "IPTC": lambda f: f.has("Caption-Abstract", "A caption"),
    "DPI": lambda f: _dpi(f),
    "record": lambda f: f.has(
        "DigitalSourceType",
        "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced",
    ),
}


def _is_gray(path: Path) -> bool:
    from restorer.engine.files.photo_io import read_photo

    return read_photo(path).is_gray


def _has_alpha(path: Path) -> bool:
    if path.suffix == ".jpg":
        return False
    expected = SHAPED.alpha.astype(int)[..., None]
    if path.suffix in (".avif", ".jxl"):
        return _second_decoder(path, "a", expected, 0.03)
    return bool(np.abs(_decoded(path, "rgba")[..., 3:] - expected).max() <= 0.01 * 65535)


def _dpi(files: Files) -> bool:
    per_unit = {2: 300, 3: 118.11, 1: 11811}
    for key, value in files.tags.items():
        if key.endswith((":XResolution", ":PixelsPerUnitX")) and isinstance(value, int | float):
            if any(abs(value - wanted) < 0.2 for wanted in per_unit.values()):
                return True
    return False


if __name__ == "__main__":
    if shutil.which("exiftool") is None or shutil.which("convert") is None:
        sys.exit("needs exiftool (libimage-exiftool-perl) and ImageMagick")
    sys.exit(main())
