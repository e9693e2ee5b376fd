"""Reads damaged pictures in all formats: each gives a picture or a clear error.

    python -m benchmarks.fuzz [--count 10000]

Each sample is read in a process of its own kind that is watched: a crash, more than 10 s for one
file or more than 1 GB of memory fail the run and the file is kept.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import multiprocessing
import random
import resource
import struct
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from restorer.engine.files import exif
from restorer.engine.files.modern_decode import HAS_JXL
from restorer.engine.files.photo_io import WRITE_FORMATS, WriteOptions, read_photo, write_photo
from restorer.engine.files.region_io import open_by_region
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo
from restorer.errors import RestorerError

LIMIT_S = 10
LIMIT_BYTES = 2**30
LIMIT_MEGAPIXELS = 20.0
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def main() -> None:
    """Print the counts, and each failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples = make_samples(Path(folder))
        names = sorted(samples)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=None) as pool:
            done: dict[str, int] = {}
            for index in range(options.count):
                name = names[index % len(names)]
                data = mutated(samples[name], index)
                answer = pool.apply_async(read, (data, name, folder)).get(timeout=2 * LIMIT_S)
                kind, seconds, peak = answer
                assert seconds < LIMIT_S, (name, index, seconds)
                assert peak < LIMIT_BYTES, (name, index, peak)
                done[kind] = done.get(kind, 0) + 1
    print(f"{options.count} mutations of {len(names)} samples: {done}, peak {peak / 2**20:.0f} MiB")


def make_samples(folder: Path) -> dict[str, bytes]:
    """Return small pictures with metadata, by name: every format, depth and kind."""
    rng = np.random.default_rng(0)
    samples = {}
    for key, kind in WRITE_FORMATS.items():
        for deep in (False, True) if kind.bits > 8 else (False,):
            for alpha in (False, True) if kind.holds_alpha else (False,):
                dtype = np.uint16 if deep else np.uint8
                top = np.iinfo(dtype).max
                photo = Photo(
                    rng.integers(0, top, (40, 50, 3), dtype=dtype),
                    rng.integers(0, top, (40, 50), dtype=dtype) if alpha else None,
                    icc=PROFILE,
                    exif=exif.resolution_block((300, 300)),
                    xmp=packet(200),
                    iptc=b"\x1c\x02\x19\x00\x05attic",
                    dpi=(300.0, 300.0),
                )
                path = folder / f"{key}{'16' if deep else ''}{'a' if alpha else ''}.{key}"
                write_photo(photo, path, options=WriteOptions())
                samples[path.name] = path.read_bytes()
    image = Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
    for suffix, mode in (("bmp", "RGB"), ("gif", "P"), ("jpg", "CMYK"), ("png", "P"), ("tif", "1")):
        buffer = io.BytesIO()
        image.convert(mode).save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix))
        samples[f"pillow-{mode}.{suffix}"] = buffer.getvalue()
    vips = pyvips.Image.new_from_array(np.asarray(image))
    for name, options in {
        "tiles.tif": {"tile": True, "tile_width": 16, "tile_height": 16, "compression": "lzw"},
        "big.tif": {"bigtiff": True, "compression": "deflate"},
        "jpeg.tif": {"compression": "jpeg"},
    }.items():
        samples[name] = vips.tiffsave_buffer(**options)
    samples["float.tif"] = vips.cast("float").tiffsave_buffer()
    samples["camera.dng"] = dng(rng.integers(0, 65536, (64, 80)))
    large = Photo(np.asarray(image), xmp=packet(100_000))
    write_photo(large, folder / "split-xmp.jpg", options=WriteOptions())
    samples["split-xmp.jpg"] = (folder / "split-xmp.jpg").read_bytes()
    if importlib.util.find_spec("pillow_heif") is not None:  # pi-heif only reads
        heif = importlib.import_module("pillow_heif").from_pillow(image)
        heif.save(folder / "a.heic", quality=80, exif=exif.resolution_block((300, 300)))
        samples["a.heic"] = (folder / "a.heic").read_bytes()
    if HAS_JXL:
        encoder = importlib.import_module("pillow_jxl").Encoder(
            mode="RGB", lossless=False, quality=90, decoding_speed=0, effort=3,
            use_container=True, use_original_profile=False, num_threads=1,
        )  # fmt: skip
        samples["jpeg.jxl"] = bytes(encoder(samples["jpg.jpg"], 50, 40, jpeg_encode=True))
    return samples


def dng(values: np.ndarray) -> bytes:
    """Return a small raw file: an RGGB mosaic of 16 bits (Adobe DNG 1.4)."""
    height, width = values.shape
    data = values.astype("<u2").tobytes()
    matrix = struct.pack("<18i", *(v for x in (1, 0, 0, 0, 1, 0, 0, 0, 1) for v in (x, 1)))
    tags = {
        254: exif.Tag(exif.LONG, 1, bytes(4)),
        256: exif.short(width), 257: exif.short(height), 258: exif.short(16),
        259: exif.short(1), 262: exif.short(32803), 271: exif.Tag(2, 7, b"Camera\0"),
        272: exif.Tag(2, 6, b"Model\0"), 273: exif.short(8), 274: exif.short(1),
        277: exif.short(1), 278: exif.short(height),
        279: exif.Tag(exif.LONG, 1, struct.pack("<I", len(data))),
        33421: exif.short(2, 2), 33422: exif.Tag(1, 4, bytes((0, 1, 1, 2))),
        50706: exif.Tag(1, 4, bytes((1, 4, 0, 0))), 50708: exif.Tag(2, 6, b"Model\0"),
        50717: exif.Tag(exif.LONG, 1, struct.pack("<I", 65535)),
        50721: exif.Tag(10, 9, matrix), 50778: exif.short(21),
    }  # fmt: skip
    head = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    return head + data + exif.pack_tags(tags, 8 + len(data))


def packet(size: int) -> bytes:
    """Return an XMP packet with a value of that many letters."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/'
        '22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:my="urn:x-my" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"><my:v>{"x" * size}</my:v>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def mutated(data: bytes, seed: int) -> bytes:
    """Return the file with bytes changed, cut, repeated or set to extreme values."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(changed)) if chance.random() < 0.5 else chance.randrange(
            min(400, len(changed)))  # fmt: skip
        match chance.randrange(6):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                changed[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
            case 3:
                del changed[at : at + chance.randrange(1, 64)]
            case 4:
                changed[at:at] = changed[at : at + chance.randrange(1, 64)]
            case 5:
                if chance.random() < 0.2:
                    del changed[max(1, at) :]
        if not changed:
            return b"\0"
    return bytes(changed)


def read(data: bytes, name: str, folder: str) -> tuple[str, float, int]:
    """Return "picture" or "error", the seconds it took, and the peak of memory, bytes."""
    path = Path(folder) / f"mutated-{name}"
    path.write_bytes(data)
    begin = time.monotonic()
    try:
        read_photo(path, limit_megapixels=LIMIT_MEGAPIXELS)
        reader = open_by_region(path, limit_megapixels=LIMIT_MEGAPIXELS)
        if reader is not None:
            reader.read((0, 0, reader.height, reader.width))
        kind = "picture"
    except RestorerError:
        kind = "error"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return kind, time.monotonic() - begin, peak


if __name__ == "__main__":
    main()
