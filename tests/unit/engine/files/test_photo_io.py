import contextlib
import errno
import io
import logging
import os
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from restorer.engine.files import exif, photo_encode, photo_io, safe_file
from restorer.engine.files.icc import fitting_profile
from restorer.engine.files.photo_io import (
    READ_SUFFIXES,
    WRITE_FORMATS,
    WriteOptions,
    can_read,
    format_for,
    read_photo,
    write_photo,
)
from restorer.engine.files.region_io import open_by_region
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo
from restorer.errors import (
    PhotoExistsError,
    PhotoReadError,
    PhotoTooLargeError,
    PhotoWriteError,
)

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MAKER_NOTE = b"MAKER\0\0\1" + bytes(range(64))
XMP_ON_ITS_SIDE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
LOSSLESS = ["png", "tif"]
ALL_FORMATS = sorted(WRITE_FORMATS)
posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def gray_profile():
    """A grey profile of gamma 1.8 (ICC.1:2001), which Pillow cannot make."""
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.8 * 256)) + bytes(2)
    text = b"text\0\0\0\0test\0" + bytes(3)
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(79)
    values = [(b"desc", name), (b"cprt", text), (b"wtpt", white), (b"kTRC", curve)]
    table, data, offset = struct.pack(">I", len(values)), b"", 132 + 12 * len(values)
    for key, value in values:
        table += key + struct.pack(">II", offset + len(data), len(value))
        data += value
    head = bytes(4) + b"lcms\x02\x20\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    body = head[4:] + table + data
    return struct.pack(">I", len(body) + 4) + body


def noise(*shape, dtype=np.uint8, seed=1):
    top = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, top, shape, dtype=dtype)


def make_photo(*, dtype=np.uint8, gray=False, alpha=False, height=13, width=17, **rest):
    pixels = noise(height, width, 3, dtype=dtype)
    if gray:
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    return Photo(
        pixels,
        noise(height, width, dtype=dtype, seed=2) if alpha else None,
        is_gray=gray,
        **rest,
    )


def make_exif(order="<", orientation=6, thumbnail=b"\xff\xd8 a thumbnail \xff\xd9"):
    """An EXIF block as a camera writes it: make, GPS, maker note, size and a thumbnail."""
    first = {271: (2, b"Camera\0"), 274: (3, orientation), 0x8769: (4, 0), 0x8825: (4, 0)}
    inner = {0x927C: (7, MAKER_NOTE), 0xA002: (3, 17), 0xA003: (3, 13)}
    place = {1: (2, b"N\0"), 2: (5, struct.pack(order + "6I", 52, 1, 31, 1, 12, 1))}
    preview = {0x201: (4, 0), 0x202: (4, len(thumbnail))}
    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    fields = {}

    def add(tags):
        nonlocal block
        values_at = len(block) + 2 + 12 * len(tags) + 4
        entries, values = b"", b""
        for tag, (kind, value) in tags.items():
            fields[tag] = len(block) + 2 + len(entries) + 8
            size = {2: 1, 7: 1, 5: 8}.get(kind)
            entries += struct.pack(order + "HHI", tag, kind, len(value) // size if size else 1)
            if not size:
                entries += struct.pack(
                    order + ("HH" if kind == 3 else "I"), *([value, 0][: 5 - kind])
                )
            elif len(value) <= 4:
                entries += value.ljust(4, b"\0")
            else:
                entries += struct.pack(order + "I", values_at + len(values))
                values += value
        block += struct.pack(order + "H", len(tags)) + entries + bytes(4) + values

    def point(position, target):
        nonlocal block
        block = block[:position] + struct.pack(order + "I", target) + block[position + 4 :]

    add(first)
    next_at = 8 + 2 + 12 * len(first)
    for tag, tags in ((0x8769, inner), (0x8825, place)):
        point(fields[tag], len(block))
        add(tags)
    point(next_at, len(block))
    add(preview)
    point(fields[0x201], len(block))
    return block + thumbnail


def save(path, photo, **options):
    write_photo(photo, path, options=WriteOptions(**options))
    return path


def assert_same_pixels(found, expected):
    assert found.pixels.dtype == expected.pixels.dtype
    assert found.is_gray == expected.is_gray
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    if expected.alpha is None:
        assert found.alpha is None
    else:
        np.testing.assert_array_equal(found.alpha, expected.alpha)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bytes(photo):
    return b"".join(photo_encode.encode_png(photo, 95))


def with_png_chunk(data, kind, content):
    return data[:33] + png_chunk(kind, content) + data[33:]


def tiff_bytes(values, photometric, *, bits=None, extra=(), tags=None):
    """An uncompressed TIFF of any kind, little-endian."""
    height, width, channels = values.shape
    data = values.tobytes()
    kinds = {"u": 1, "i": 2, "f": 3}
    found = {
        256: exif.short(width),
        257: exif.short(height),
        258: exif.short(*[bits or 8 * values.dtype.itemsize] * channels),
        259: exif.short(1),
        262: exif.short(photometric),
        273: exif.short(8),
        277: exif.short(channels),
        278: exif.short(height),
        279: exif.Tag(exif.LONG, 1, struct.pack("<I", len(data))),
        339: exif.short(*[kinds[values.dtype.kind]] * channels),
    }
    if extra:
        found[338] = exif.short(*extra)
    found |= tags or {}
    data += bytes(len(data) % 2)
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + exif.pack_tags(found, 8 + len(data))
    )


# Round trips


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
@pytest.mark.parametrize("gray", [False, True], ids=["rgb", "gray"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_return_every_bit(tmp_path, suffix, dtype, gray, alpha):
    photo = make_photo(dtype=dtype, gray=gray, alpha=alpha)
    assert_same_pixels(read_photo(save(tmp_path / f"a.{suffix}", photo)), photo)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (70, 3000)])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_hold_extreme_shapes(tmp_path, suffix, height, width):
    photo = make_photo(dtype=np.uint16, height=height, width=width)
    assert_same_pixels(read_photo(save(tmp_path / f"a.{suffix}", photo)), photo)


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_webp_of_quality_100_returns_every_bit(tmp_path, alpha):
    photo = make_photo(alpha=alpha)
    assert_same_pixels(read_photo(save(tmp_path / "a.webp", photo, quality=100)), photo)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_lossy_formats_come_close(tmp_path, suffix):
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], 64, axis=0)
    photo = Photo(np.repeat(ramp, 3, axis=2))
    found = read_photo(save(tmp_path / f"a.{suffix}", photo))
    assert np.abs(found.pixels.astype(int) - photo.pixels).max() <= 8


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_profile_exif_and_resolution_survive(tmp_path, suffix):
    block = exif.upright(make_exif())
    photo = make_photo(icc=RGB_PROFILE, exif=block, dpi=(300.0, 200.0))
    found = read_photo(save(tmp_path / f"a.{suffix}", photo))
    assert found.icc == (None if suffix == "jxl" else RGB_PROFILE)  # the library takes none
    assert found.dpi == (300.0, 200.0)
    tags = exif.parse_block(found.exif)
    assert tags[271].data == b"Camera\0"
    assert tags[0x8769][0x927C].data == MAKER_NOTE
    assert exif.numbers(tags[0x8825], 2) == (52, 31, 12)


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_resolution_survives_without_exif(tmp_path, suffix):
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(dpi=(600.0, 600.0))))
    assert found.dpi == (600.0, 600.0)


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_nothing_is_made_up(tmp_path, suffix):
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo()))
    assert (found.icc, found.exif, found.dpi) == (None, None, None)
    assert found.source == tmp_path / f"a.{suffix}"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_exif_keeps_every_byte_but_the_changed_ones(tmp_path, suffix):
    block = exif.upright(make_exif())
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(exif=block)))
    changed = exif.truthful(block, height=13, width=17)
    assert found.exif == changed
    assert found.exif.index(MAKER_NOTE) == block.index(MAKER_NOTE)


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_profile_of_several_megabytes_survives(tmp_path, suffix):
    large = RGB_PROFILE + noise(1_500_000).tobytes()
    large = struct.pack(">I", len(large)) + large[4:]
    assert read_photo(save(tmp_path / f"a.{suffix}", make_photo(icc=large))).icc == large


@pytest.mark.parametrize("suffix", ALL_FORMATS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_states_the_size_that_was_written(tmp_path, suffix, order):
    photo = make_photo(exif=make_exif(order), height=20, width=70)
    found = read_photo(save(tmp_path / f"a.{suffix}", photo))
    inner = exif.parse_block(found.exif)[0x8769]
    assert (exif.numbers(inner, 0xA002), exif.numbers(inner, 0xA003)) == ((70,), (20,))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_gray_profile_stays_with_gray_pixels(tmp_path, suffix):
    photo = make_photo(gray=True, icc=gray_profile())
    found = read_photo(save(tmp_path / f"a.{suffix}", photo))
    assert found.is_gray
    assert found.icc == gray_profile()


def test_webp_has_no_gray_so_gray_becomes_srgb(tmp_path):
    photo = make_photo(gray=True, icc=gray_profile())
    found = read_photo(save(tmp_path / "a.webp", photo, quality=100))
    assert found.icc is None
    middle = (photo.pixels[..., 0] > 60) & (photo.pixels[..., 0] < 200)
    assert (found.pixels[middle][:, 0] > photo.pixels[middle][:, 0]).all()  # gamma 1.8 is lighter


@pytest.mark.parametrize("suffix", ALL_FORMATS)
@pytest.mark.parametrize(("gray", "icc"), [(True, RGB_PROFILE), (False, gray_profile())])
def test_profile_for_other_pixels_is_left_out(tmp_path, suffix, gray, icc):
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(gray=gray, icc=icc)))
    assert found.icc is None


def test_profile_made_for_the_test_is_sound():
    assert fitting_profile(gray_profile(), is_gray=True) == gray_profile()


# What other programs write


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_pixels_are_turned_upright(tmp_path, suffix, orientation):
    stored = np.zeros((16, 24, 3), np.uint8)
    stored[:8, :8], stored[:8, 16:] = (250, 0, 0), (0, 0, 250)
    turns = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.transpose(a, (1, 0, 2)),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(np.transpose(a, (1, 0, 2)), 2),
        8: np.rot90,
    }
    path = tmp_path / f"a.{suffix}"
    tags = Image.Exif()
    tags[274], tags[271] = orientation, "Camera"
    Image.fromarray(stored).save(path, exif=tags.tobytes(), quality=95, dpi=(300, 150))
    found = read_photo(path)
    expected = turns[orientation](stored)
    assert found.pixels.shape == expected.shape
    assert np.abs(found.pixels.astype(int) - expected).mean() < 8
    assert exif.orientation(exif.parse_block(found.exif)) == 1
    if suffix != "webp":
        assert found.dpi == ((150, 300) if orientation >= 5 else (300, 150))


def test_alpha_is_turned_with_the_pixels(tmp_path):
    photo = make_photo(alpha=True)
    data = with_png_chunk(png_bytes(photo), b"eXIf", make_exif(orientation=6))
    (tmp_path / "a.png").write_bytes(data)
    found = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(found.alpha, np.rot90(photo.alpha, -1))
    np.testing.assert_array_equal(found.pixels, np.rot90(photo.pixels, -1))


@pytest.mark.parametrize("kind", ["exif", "xmp", "text"])
def test_metadata_behind_the_pixels_of_a_png_counts(tmp_path, kind):
    chunks = {
        "exif": (b"eXIf", make_exif()),
        "xmp": (b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP_ON_ITS_SIDE),
        "text": (b"tEXt", b"Raw profile type exif\0\nexif\n9\n" + make_exif().hex().encode()),
    }
    data = png_bytes(make_photo())
    end = len(data) - 12
    (tmp_path / "a.png").write_bytes(data[:end] + png_chunk(*chunks[kind]) + data[end:])
    reader = open_by_region(tmp_path / "a.png", limit_megapixels=1)
    for found in (read_photo(tmp_path / "a.png"), reader.header):
        assert (found.height, found.width) == (17, 13)
        assert (found.xmp if kind == "xmp" else found.exif) is not None


@pytest.mark.parametrize(
    ("kind", "content", "is_said"),
    [
        (b"cICP", bytes((12, 13, 0, 1)), True),
        (b"cICP", bytes((1, 13, 0, 1)), False),
        (b"gAMA", struct.pack(">I", 100_000), True),
        (b"gAMA", struct.pack(">I", 45_455), False),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000), True),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000), False),
    ],
)
def test_colours_of_a_png_without_a_profile(tmp_path, caplog, kind, content, is_said):
    (tmp_path / "a.png").write_bytes(with_png_chunk(png_bytes(make_photo()), kind, content))
    read_photo(tmp_path / "a.png")
    assert ("taken as sRGB" in caplog.text) == is_said


@pytest.mark.parametrize("name", ["exif", "APP1", "xmp"])
def test_damaged_text_of_a_png_is_left_out(tmp_path, name, caplog):
    text = f"Raw profile type {name}\0\n{name}\n10\nzzzz\n".encode()
    (tmp_path / "a.png").write_bytes(with_png_chunk(png_bytes(make_photo()), b"tEXt", text))
    assert read_photo(tmp_path / "a.png").width == 17
    assert f"left out damaged {name.upper()} data" in caplog.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("APP1", b"Exif\0\0" + make_exif()),
        ("APP1", b"http://ns.adobe.com/xap/1.0/\0" + XMP_ON_ITS_SIDE),
        ("xmp", XMP_ON_ITS_SIDE),
    ],
)
def test_metadata_that_a_png_has_as_text_counts(tmp_path, name, content):
    text = f"Raw profile type {name}\0\n{name}\n{len(content)}\n{content.hex()}\n".encode()
    (tmp_path / "a.png").write_bytes(with_png_chunk(png_bytes(make_photo()), b"tEXt", text))
    found = read_photo(tmp_path / "a.png")
    assert (found.height, found.width) == (17, 13)
    assert (found.xmp is None) != (found.exif is None)


def test_metadata_of_a_png_with_a_wrong_checksum_is_left_out(tmp_path, caplog):
    data = with_png_chunk(png_bytes(make_photo()), b"eXIf", make_exif())
    (tmp_path / "a.png").write_bytes(data.replace(MAKER_NOTE, MAKER_NOTE[::-1]))
    assert read_photo(tmp_path / "a.png").exif is None
    assert "left out damaged data of the kind eXIf" in caplog.text


def test_thumbnail_of_the_unrestored_picture_is_removed(tmp_path):
    thumbnail = b"\xff\xd8 secret \xff\xd9"
    block = make_exif(thumbnail=thumbnail)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + block)
    found = read_photo(tmp_path / "a.jpg")
    assert thumbnail in block
    assert b"secret" not in found.exif
    assert MAKER_NOTE in found.exif


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (5, 5), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png", transparency=0)
    found = read_photo(tmp_path / "a.png")
    assert found.pixels[0, 0].tolist() == [10, 20, 30]
    assert found.pixels[4, 4].tolist() == [40, 50, 60]
    assert (found.alpha[0, 0], found.alpha[4, 4]) == (0, 255)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_one_bit_becomes_black_and_white(tmp_path, suffix):
    image = Image.new("1", (9, 3), 1)
    image.putpixel((2, 1), 0)
    image.save(tmp_path / f"a.{suffix}")
    found = read_photo(tmp_path / f"a.{suffix}")
    assert found.is_gray or suffix == "bmp"
    assert found.pixels[1, 2].tolist() == [0, 0, 0]
    assert found.pixels[0, 0].tolist() == [255, 255, 255]


def test_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_photo(tmp_path / "a.gif").pixels[0, 0].tolist() == [255, 0, 0]


def test_transparent_colour_of_a_16_bit_png_becomes_alpha(tmp_path):
    photo = make_photo(dtype=np.uint16)
    colour = photo.pixels[3, 4].astype(">u2").tobytes()
    (tmp_path / "a.png").write_bytes(with_png_chunk(png_bytes(photo), b"tRNS", colour))
    found = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(found.pixels, photo.pixels)
    assert (found.alpha[3, 4], found.alpha[0, 0]) == (0, 65535)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_premultiplied_tiff_alpha_becomes_straight(tmp_path, dtype):
    top = np.iinfo(dtype).max
    values = np.array([[[top // 4, top // 2, 0, top // 2], [9, 9, 9, 0]]], dtype)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 2, extra=[1]))
    found = read_photo(tmp_path / "a.tif")
    assert abs(int(found.pixels[0, 0, 0]) - top // 2) <= top // 100
    assert found.pixels[0, 0, 1:].tolist() == [top, 0]
    assert found.alpha[0].tolist() == [top // 2, 0]


def test_channel_that_is_not_alpha_is_left_out(tmp_path):
    values = noise(4, 5, 4)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 2, extra=[0]))
    found = read_photo(tmp_path / "a.tif")
    assert found.alpha is None
    np.testing.assert_array_equal(found.pixels, values[..., :3])


@pytest.mark.parametrize("compression", ["lzw", "packbits", "deflate", "none"])
@pytest.mark.parametrize("tile", [False, True], ids=["strips", "tiles"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_of_other_programs_is_read_exactly(tmp_path, compression, tile, dtype):
    values = noise(40, 50, 3, dtype=dtype)
    path = tmp_path / "a.tif"
    pyvips.Image.new_from_array(values).tiffsave(
        str(path), compression=compression, tile=tile, tile_width=16, tile_height=16
    )
    found = read_photo(path)
    assert found.pixels.dtype == dtype
    np.testing.assert_array_equal(found.pixels, values)


def test_white_is_zero_tiff_is_inverted(tmp_path):
    values = noise(4, 5, 1)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 0))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").pixels, 255 - values.repeat(3, 2))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_becomes_srgb(tmp_path, suffix):
    inks = {"white": (0, 0, 0, 0), "red": (0, 255, 255, 0), "black": (0, 0, 0, 255)}
    image = Image.new("CMYK", (48, 16))
    for index, ink in enumerate(inks.values()):
        image.paste(ink, (16 * index, 0, 16 * index + 16, 16))
    image.save(tmp_path / f"a.{suffix}")
    photo = read_photo(tmp_path / f"a.{suffix}")
    assert photo.icc is None
    found = dict(zip(inks, photo.pixels[8, 8::16].astype(int), strict=True))
    assert found["white"].min() > 245
    assert found["red"][0] > 180
    assert found["red"][1:].max() < 80
    assert found["black"].max() < 80


def test_16_bit_cmyk_stays_16_bit(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff_bytes(noise(4, 5, 4, dtype=np.uint16), 5))
    assert read_photo(tmp_path / "a.tif").pixels.dtype == np.uint16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lab_becomes_srgb(tmp_path, dtype):
    top = np.iinfo(dtype).max
    values = np.zeros((2, 2, 3), dtype)
    values[0, :, 0] = top  # a = b = 0: white above, black below
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 8))
    pixels = read_photo(tmp_path / "a.tif").pixels
    assert pixels[0].min() > 0.98 * np.iinfo(pixels.dtype).max
    assert pixels[1].max() < 0.02 * np.iinfo(pixels.dtype).max


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lab_keeps_its_alpha(tmp_path, dtype):
    top = np.iinfo(dtype).max
    values = np.zeros((2, 2, 4), dtype)
    values[0] = (top, 0, 0, top - 9)  # white above, black below
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_bytes(values, 8, extra=[2]))
    found = read_photo(path)
    np.testing.assert_array_equal(found.alpha, values[..., 3])
    assert found.pixels[0].min() > 0.98 * top
    assert found.pixels[1].max() < 0.02 * top


@pytest.mark.parametrize(("photometric", "channels"), [(0, 1), (5, 4), (8, 3)])
def test_floating_point_that_is_neither_gray_nor_rgb_is_refused(tmp_path, photometric, channels):
    values = np.full((4, 5, channels), 0.5, np.float32)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, photometric))
    with pytest.raises(PhotoReadError, match="16 bits per channel"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("extra", [0, 2])
def test_further_channel_of_floating_point(tmp_path, caplog, channels, extra):
    values = np.full((4, 5, channels + 1), 0.5, np.float32)
    data = tiff_bytes(values, 1 if channels == 1 else 2, extra=[extra])
    (tmp_path / "a.tif").write_bytes(data)
    with caplog.at_level(logging.WARNING):
        found = read_photo(tmp_path / "a.tif")
    assert found.is_gray == (channels == 1)
    assert (found.alpha is None) == ("left out a channel" in caplog.text) == (extra == 0)


@pytest.mark.parametrize("kind", [np.uint32, np.int16])
def test_other_number_types_are_refused_with_advice(tmp_path, kind):
    (tmp_path / "a.tif").write_bytes(tiff_bytes(np.ones((4, 5, 3), kind), 2))
    with pytest.raises(PhotoReadError, match="16 bits per channel"):
        read_photo(tmp_path / "a.tif")


def test_ycbcr_tiff_becomes_rgb(tmp_path):
    rgb = Image.fromarray(noise(13, 17, 3))
    stored = np.array(rgb.convert("YCbCr"))
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_bytes(stored, 6, tags={530: exif.short(1, 1)}))
    assert open_by_region(path, limit_megapixels=1) is None
    assert np.abs(read_photo(path).pixels.astype(int) - np.array(rgb)).max() <= 3


@pytest.mark.parametrize(
    "tags",
    [
        {},  # which means subsampled pixels
        {530: exif.short(1, 1), 529: exif.short(0, 0, 0)},
        {530: exif.short(1, 1), 532: exif.short(16, 235, 128, 240, 128, 240)},
    ],
)
def test_unusual_ycbcr_tiff_is_refused(tmp_path, tags):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_bytes(noise(14, 18, 3), 6, tags=tags))
    with pytest.raises(PhotoReadError, match="YCbCr pixels of a kind"):
        read_photo(path)


@pytest.mark.parametrize("tag", [{258: exif.short(12, 12, 12)}, {259: exif.short(50000)}])
def test_sound_tiff_that_is_not_supported_is_not_called_damaged(tmp_path, tag):
    (tmp_path / "a.tif").write_bytes(tiff_bytes(noise(14, 18, 3, dtype=np.uint16), 2, tags=tag))
    with pytest.raises(PhotoReadError, match="not supported"):
        read_photo(tmp_path / "a.tif")


def test_raw_file_is_not_mistaken_for_its_thumbnail(tmp_path):
    tags = {254: exif.short(1), 330: exif.Tag(exif.LONG, 1, bytes(4))}
    (tmp_path / "a.nef").write_bytes(tiff_bytes(noise(4, 5, 3), 2, tags=tags))
    with pytest.raises(PhotoReadError, match="camera raw"):
        read_photo(tmp_path / "a.nef")


def test_first_page_marked_as_a_thumbnail_is_read_if_it_is_of_no_raw_file(tmp_path):
    values = noise(14, 15, 3)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 2, tags={254: exif.short(1)}))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").pixels, values)


def test_pixels_that_spell_cr_are_no_raw_file(tmp_path):
    values = np.full((14, 15, 3), tuple(b"CR2"), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(values, 2))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").pixels, values)
    (tmp_path / "a.tif").write_bytes(
        tiff_bytes(np.full((14, 15, 4), tuple(b"CR\2\0"), np.uint8), 2)
    )
    with pytest.raises(PhotoReadError, match="camera raw"):
        read_photo(tmp_path / "a.tif")


def test_contents_count_not_the_suffix(tmp_path):
    photo = make_photo(dtype=np.uint16)
    (tmp_path / "a.jpg").write_bytes(png_bytes(photo))
    assert_same_pixels(read_photo(tmp_path / "a.jpg"), photo)


@pytest.mark.parametrize("name", ["Ä ö #1 %20.tif", "日本 [0].tif", "a" * 251 + ".tif"])
def test_any_file_name_will_do(tmp_path, name):
    photo = make_photo()
    assert_same_pixels(read_photo(save(tmp_path / name, photo)), photo)


@posix_only
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS allows UTF-8 names only")
def test_name_that_is_not_utf_8_will_do(tmp_path):
    photo = make_photo()
    path = tmp_path / os.fsdecode(b"\xff.tif")
    assert_same_pixels(read_photo(save(path, photo)), photo)


# Bad input


def valid_file(suffix, *, size=40):
    photo = make_photo(height=size, width=size, icc=RGB_PROFILE, exif=exif.upright(make_exif()))
    if suffix in ("png16", "tif16"):
        photo = photo.with_pixels(noise(size, size, 3, dtype=np.uint16))
    if suffix in ("gif", "bmp"):
        buffer = io.BytesIO()
        Image.fromarray(photo.pixels).save(buffer, suffix)
        return buffer.getvalue()
    return b"".join(WRITE_FORMATS[suffix.removesuffix("16")].encode(photo, 95))


KINDS = ["png", "png16", "jpg", "tif", "tif16", "webp", "gif", "bmp"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_truncated_file_is_refused(tmp_path, kind, share):
    data = valid_file(kind)
    path = tmp_path / "a"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(PhotoReadError, match=r"a is damaged: .*\.$"):
        read_photo(path)


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "bmp"])
def test_truncated_pixels_are_reported_as_such(tmp_path, kind):
    path = tmp_path / "a"
    data = valid_file(kind)
    path.write_bytes(data[: int(len(data) * 0.9)])
    with pytest.raises(PhotoReadError, match="a is damaged: it ends too early"):
        read_photo(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_damaged_bytes_never_raise_anything_else(tmp_path, kind, seed, capfd):
    data = bytearray(valid_file(kind, size=12))
    random = np.random.default_rng(seed)
    for position in random.integers(0, min(len(data), 400), 12):
        data[position] = random.integers(256)
    path = tmp_path / "a"
    path.write_bytes(data)
    with contextlib.suppress(PhotoReadError, PhotoTooLargeError):
        read_photo(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_with_wrong_checksum_is_refused(tmp_path, dtype):
    data = bytearray(png_bytes(make_photo(dtype=dtype)))
    data[data.index(b"IDAT") + 40] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PhotoReadError, match="is damaged: a checksum is wrong"):
        read_photo(tmp_path / "a.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_with_rows_missing_is_refused(tmp_path, dtype):
    photo = make_photo(dtype=dtype)
    data = bytearray(png_bytes(photo))
    data[20:24] = struct.pack(">I", 2 * photo.height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PhotoReadError, match="is damaged"):
        read_photo(tmp_path / "a.png")


def test_damaged_text_in_tiff_is_not_shown_to_users(tmp_path, capfd):
    data = tiff_bytes(noise(4, 5, 3), 2, tags={0xFDE8: exif.Tag(2, 4, b"\xff\xfe\x80x")})
    (tmp_path / "a\N{LATIN SMALL LETTER E WITH ACUTE}.tif").write_bytes(data[:-3])
    with contextlib.suppress(PhotoReadError):
        read_photo(tmp_path / "a\N{LATIN SMALL LETTER E WITH ACUTE}.tif")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a.jpg is empty."),
        (b"Dear diary,\n" * 50, "a.jpg is not a picture of a known kind"),
        (b"II*\0", "a.jpg is damaged: it ends too early."),
        (b"\x89PNG\r\n\x1a\n", "a.jpg is damaged"),
        (b"\xff\xd8\xff", "a.jpg is damaged"),
        (b"RIFF\0\0\0\0WEBP", "a.jpg is damaged"),
        (b"BM", "a.jpg is damaged"),
    ],
    ids=["empty", "text", "tiff", "png", "jpeg", "webp", "bmp"],
)
def test_file_without_picture_is_refused(tmp_path, content, sentence):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PhotoReadError) as caught:
        read_photo(tmp_path / "a.jpg")
    assert str(caught.value).startswith(sentence)


def test_missing_file(tmp_path):
    with pytest.raises(PhotoReadError, match=r"a\.jpg does not exist\."):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"], ids=["long", "null"])
def test_impossible_name(tmp_path, name):
    with pytest.raises(PhotoReadError, match="not a possible file name"):
        read_photo(tmp_path / name)


def test_folder_is_refused(tmp_path):
    with pytest.raises(PhotoReadError, match="is a folder"):
        read_photo(tmp_path)


@posix_only
def test_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(PhotoReadError, match="not an ordinary file"):
        read_photo(tmp_path / "a.jpg")


@posix_only
def test_device_is_refused():
    with pytest.raises(PhotoReadError, match="not an ordinary file"):
        read_photo(Path("/dev/zero"))


@posix_only
def test_unreadable_file(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", make_photo())
    if os.geteuid() == 0:  # for whom every file is readable

        def refuse(*args, **kwargs):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
    else:
        path.chmod(0)
    with pytest.raises(PhotoReadError, match="permission is missing"):
        read_photo(path)


@pytest.mark.parametrize("junk", [b"junk", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_garbage_exif_is_left_out(tmp_path, suffix, junk):
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (8, 8)).save(path, exif=b"Exif\0\0" + junk)
    found = read_photo(path)
    assert (found.width, found.exif) == (8, None)


@pytest.mark.parametrize("junk", [b"junk", RGB_PROFILE[:300], bytes(3000)])
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_garbage_profile_is_left_out_with_a_warning(tmp_path, suffix, junk, caplog):
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (8, 8)).save(path, icc_profile=junk)
    with caplog.at_level(logging.WARNING):
        assert read_photo(path).icc is None
    assert "damaged colour profile" in caplog.text


def test_garbage_profile_of_cmyk_is_left_out(tmp_path):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg", icc_profile=b"junk" * 100)
    assert read_photo(tmp_path / "a.jpg").pixels.min() > 245


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_texts_of_a_png_survive(tmp_path, suffix):
    texts = PngInfo()
    texts.add_text("Title", "The mill")
    texts.add_itxt("Comment", "Großmutter, 1931; 外婆")
    source, target = tmp_path / "a.png", tmp_path / f"b.{suffix}"
    Image.new("RGB", (8, 8)).save(source, pnginfo=texts)
    photo = read_photo(source)
    assert photo.texts == (("Title", "The mill"), ("Comment", "Großmutter, 1931; 外婆"))
    write_photo(photo, target, options=WriteOptions())
    data = target.read_bytes()
    assert "Großmutter, 1931; 外婆".encode() in data
    assert b"The mill" in data
    if suffix == "png":
        assert read_photo(target).texts == photo.texts


@pytest.mark.parametrize("comment", [b"a comment\0", "Größe".encode(), "Größe".encode("latin-1")])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_the_comment_of_a_jpeg_survives(tmp_path, comment, suffix):
    source, target = tmp_path / "a.jpg", tmp_path / f"b.{suffix}"
    Image.new("RGB", (8, 8)).save(source, comment=comment)
    expected = "a comment" if b"comment" in comment else "Größe"
    photo = read_photo(source)
    assert photo.texts == (("Comment", expected),)
    write_photo(photo, target, options=WriteOptions())
    assert read_photo(target).texts == photo.texts


def test_texts_that_cannot_be_written_are_named(tmp_path, caplog):
    photo = replace(Photo(np.zeros((8, 8, 3), np.uint8)), texts=(("Title", "The mill"),))
    write_photo(photo, tmp_path / "b.webp", options=WriteOptions())
    assert "WebP has no place for the texts Title" in caplog.text
    caplog.clear()
    photo = replace(photo, texts=(("Title", "x" * 70_000),))
    write_photo(photo, tmp_path / "b.jpg", options=WriteOptions())
    assert "left out the text Title: JPEG holds at most 64 kB" in caplog.text


def test_a_resolution_of_72_gives_way_to_that_of_exif(tmp_path):
    """Programs write 72 into a JPEG's head where they know none."""
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 300.0, 2
    for head, expected in ((72, 300), (150, 150)):
        Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif, dpi=(head, head))
        assert read_photo(tmp_path / "a.jpg").dpi == (expected, expected)


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_impossible_resolution_is_left_out(tmp_path, suffix):
    block = exif.resolution_block((400_000.0, 0.01))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.webp", exif=b"Exif\0\0" + block)
    found = read_photo(tmp_path / "a.webp")
    assert found.dpi is None
    save(tmp_path / f"b.{suffix}", found)


def test_first_picture_of_a_phone_jpeg_is_read(tmp_path):
    colours = [Image.new("RGB", (16, 8), colour) for colour in ("white", "black")]
    colours[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=colours[1:])
    assert read_photo(tmp_path / "a.jpg").pixels.min() == 255


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "avif"])
def test_a_bad_pointer_inside_exif_loses_only_what_it_points_to(tmp_path, suffix, caplog):
    block = bytearray(make_exif(orientation=1))
    position = 8 + 2 + 12 * 2 + 8
    block[position : position + 4] = struct.pack("<I", 2**31)
    photo = make_photo(exif=bytes(block), dpi=(300.0, 300.0))
    tags = exif.parse_block(read_photo(save(tmp_path / f"a.{suffix}", photo)).exif)
    assert tags[271].data == b"Camera\0"
    assert tags[exif.GPS_DIRECTORY][1].data == b"N\0"
    assert "damaged part of the EXIF data" in caplog.text


def test_exif_directory_that_contains_itself(tmp_path):
    block = bytearray(make_exif())
    position = 8 + 2 + 12 * 2 + 8
    block[position : position + 4] = struct.pack("<I", 8)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + bytes(block))
    assert read_photo(tmp_path / "a.jpg").width == 8


# Size limit


def huge_headers():
    ihdr = struct.pack(">IIBBBBB", 100_000, 100_000, 16, 2, 0, 0, 0)
    idat = zlib.compress(bytes(10_000))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(*part) for part in ((b"IHDR", ihdr), (b"IDAT", idat), (b"IEND", b""))
    )
    jpeg = bytearray(valid_file("jpg"))
    start = jpeg.index(b"\xff\xc0") + 5
    jpeg[start : start + 4] = struct.pack(">HH", 60_000, 60_000)
    size = exif.Tag(exif.LONG, 1, struct.pack("<I", 100_000))
    tiff = tiff_bytes(noise(4, 4, 3), 2, tags={256: size, 257: size})
    tiles = tiff_bytes(noise(4, 4, 3), 2, tags={322: size, 323: size})
    bmp = bytearray(valid_file("bmp"))
    bmp[18:26] = struct.pack("<ii", 100_000, 100_000)
    return {"png": png, "jpg": bytes(jpeg), "tif": tiff, "tiles": tiles, "bmp": bytes(bmp)}


@pytest.mark.parametrize("kind", sorted(huge_headers()))
def test_bomb_is_refused_by_its_header(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(huge_headers()[kind])
    with pytest.raises(PhotoTooLargeError) as caught:
        read_photo(path)
    assert caught.value.megapixels > caught.value.limit_megapixels == 500


@pytest.mark.parametrize("kind", KINDS)
def test_limit_is_a_parameter(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(valid_file(kind, size=100))
    assert read_photo(path, limit_megapixels=0.01).width == 100
    with pytest.raises(PhotoTooLargeError):
        read_photo(path, limit_megapixels=0.0099)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (b"iCCP", b"p\0\0" + zlib.compress(bytes(80_000_000), 9)),
        (b"zTXt", b"t\0\0" + zlib.compress(bytes(80_000_000), 9)),
        (b"iTXt", b"t\0\1\0\0\0" + zlib.compress(bytes(80_000_000), 9)),
    ],
    ids=["profile", "text", "international text"],
)
def test_compressed_text_in_png_cannot_fill_the_memory(tmp_path, kind, content):
    (tmp_path / "a.png").write_bytes(with_png_chunk(png_bytes(make_photo()), kind, content))
    with contextlib.suppress(PhotoReadError):
        assert read_photo(tmp_path / "a.png").icc is None


# Writing


def test_16_bit_is_rounded_to_8(tmp_path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    photo = Photo(np.repeat(values[..., None], 3, axis=2))
    found = read_photo(save(tmp_path / "a.webp", photo, quality=100))
    np.testing.assert_array_equal(found.pixels[..., 0], np.round(values / 257).astype(np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparent_parts_become_white_in_jpeg(tmp_path, dtype, caplog):
    top = np.iinfo(dtype).max
    pixels, alpha = np.zeros((16, 32, 3), dtype), np.full((16, 32), top, dtype)
    alpha[:, 16:] = 0
    with caplog.at_level(logging.WARNING):
        found = read_photo(save(tmp_path / "a.jpg", Photo(pixels, alpha)))
    assert found.pixels[:, :16].max() < 5
    assert found.pixels[:, 16:].min() > 250
    assert "white" in caplog.text


@pytest.mark.parametrize(("quality", "factors"), [(95, (1, 1)), (90, (1, 1)), (80, (2, 2))])
def test_jpeg_keeps_full_colour_from_quality_90(tmp_path, quality, factors):
    path = save(tmp_path / "a.jpg", make_photo(), quality=quality)
    with Image.open(path) as image:
        assert image.layer[0][1:3] == factors
        assert "progressive" not in image.info


@pytest.mark.parametrize("quality", [90, 94, 100])
def test_noise_hardly_shrinks_but_is_written_as_jpeg(tmp_path, quality):
    photo = make_photo(height=300, width=400)
    found = read_photo(save(tmp_path / "a.jpg", photo, quality=quality))
    assert np.abs(found.pixels.astype(int) - photo.pixels).mean() < 20


def test_too_long_exif_is_left_out_of_jpeg(tmp_path):
    block = exif.upright(make_exif()) + bytes(70_000)
    found = read_photo(save(tmp_path / "a.jpg", make_photo(exif=block)))
    assert found.exif is None


@pytest.mark.parametrize("suffix", ALL_FORMATS)
def test_garbage_exif_of_a_photo_is_not_written(tmp_path, suffix):
    assert read_photo(save(tmp_path / f"a.{suffix}", make_photo(exif=b"junk"))).exif is None


def test_big_tiff_is_used_where_offsets_would_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(photo_encode, "_CLASSIC_TIFF_BYTES", 100)
    block = exif.upright(make_exif())
    photo = make_photo(dtype=np.uint16, alpha=True, icc=RGB_PROFILE, dpi=(300.0, 300.0), exif=block)
    path = save(tmp_path / "a.tif", photo)
    assert path.read_bytes()[:4] == b"II+\0"
    found = read_photo(path)
    assert_same_pixels(found, photo)
    assert (found.icc, found.dpi) == (RGB_PROFILE, (300.0, 300.0))
    assert exif.parse_block(found.exif)[0x8769][0x927C].data == MAKER_NOTE


@pytest.mark.parametrize("gray", [False, True], ids=["rgb", "gray"])
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_other_programs_read_what_is_written(tmp_path, suffix, gray):
    photo = make_photo(gray=gray, alpha=True, dpi=(300.0, 300.0), exif=make_exif(orientation=1))
    with Image.open(save(tmp_path / f"a.{suffix}", photo)) as image:
        image.load()
        assert image.mode == ("LA" if gray else "RGBA")
        np.testing.assert_array_equal(np.asarray(image)[..., -1], photo.alpha)
        assert image.getexif()[271].rstrip("\0") == "Camera"
        assert image.getexif().get_ifd(0x8825)[1].rstrip("\0") == "N"
        assert [round(float(value)) for value in image.info["dpi"]] == [300, 300]


@pytest.mark.parametrize("suffix", ["webp", "jpg"])
def test_side_too_long_for_the_format(tmp_path, suffix):
    photo = Photo(np.zeros((1, 70_000, 3), np.uint8))
    with pytest.raises(PhotoWriteError, match="70,000 pixels long"):
        save(tmp_path / f"a.{suffix}", photo)
    assert list(tmp_path.iterdir()) == []


def test_format_option_comes_before_the_suffix(tmp_path):
    path = save(tmp_path / "a.dat", make_photo(), format="png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(PhotoWriteError, match="no suffix of a known format"):
        save(tmp_path / "a.xyz", make_photo())


@pytest.mark.parametrize("options", [{"quality": 0}, {"quality": 101}, {"format": "gif"}])
def test_impossible_options_are_a_mistake_of_the_caller(options):
    with pytest.raises(ValueError, match=r"quality|format"):
        WriteOptions(**options)


def test_existing_file_is_not_touched(tmp_path):
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(PhotoExistsError, match="exists already"):
        save(tmp_path / "a.png", make_photo())
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_file_that_appears_while_encoding_is_not_touched(tmp_path, monkeypatch):
    def encode_slowly(photo, quality):
        yield b"new"
        (tmp_path / "a.png").write_bytes(b"mine")

    slow = replace(WRITE_FORMATS["png"], encode=encode_slowly)
    monkeypatch.setitem(photo_io.WRITE_FORMATS, "png", slow)
    with pytest.raises(PhotoExistsError):
        save(tmp_path / "a.png", make_photo())
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"mine"]


def test_overwrite_replaces(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    photo = make_photo()
    assert_same_pixels(read_photo(save(tmp_path / "a.png", photo, overwrite=True)), photo)
    assert len(list(tmp_path.iterdir())) == 1


def no_links(*args, **kwargs):
    raise OSError(errno.EPERM, "Operation not permitted")


@posix_only
def test_drive_without_links_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", no_links)
    photo = make_photo()
    assert_same_pixels(read_photo(save(tmp_path / "a.png", photo)), photo)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileExistsError):
        with safe_file.new_file(tmp_path / "a.png", overwrite=False) as file:
            file.write(b"new")
    assert_same_pixels(read_photo(tmp_path / "a.png"), photo)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
def test_original_is_never_replaced(tmp_path, overwrite, link):
    original = save(tmp_path / "a.png", make_photo())
    before = original.read_bytes()
    photo = read_photo(original)
    target = tmp_path / ("a.png" if link == "same" else "b.png")
    if link == "symbolic":
        target.symlink_to(original)
    elif link == "hard":
        os.link(original, target)
    with pytest.raises(PhotoWriteError, match="is the original photograph"):
        save(target, photo, overwrite=overwrite)
    assert original.read_bytes() == before


def test_original_that_is_gone_does_not_matter(tmp_path):
    photo = make_photo(source=tmp_path / "gone.png")
    save(tmp_path / "a.png", photo)
    save(tmp_path / "a.png", photo, overwrite=True)


def test_missing_folder(tmp_path):
    with pytest.raises(PhotoWriteError, match="the folder does not exist"):
        save(tmp_path / "no" / "a.png", make_photo())


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_takes_no_files_is_found_before_the_work(tmp_path, monkeypatch, code):
    def refuse(name, *args):
        raise OSError(code, os.strerror(code))

    (tmp_path / "old.png").write_bytes(b"old")
    monkeypatch.setattr("builtins.open", refuse)
    for name in ("new.png", "old.png"):
        options = WriteOptions(overwrite=True)
        with pytest.raises(PhotoWriteError, match=r"no permission|read-only"):
            photo_io.check_target(tmp_path / name, options=options, source=None, side_px=9)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux")
def test_a_folder_without_files_of_ours_is_not_called_missing():
    with pytest.raises(PhotoWriteError, match="takes no files"):
        save(Path("/proc/x.png"), make_photo())


@posix_only
def test_a_link_that_leads_nowhere_exists(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone")
    with pytest.raises(PhotoExistsError):
        photo_io.check_target(tmp_path / "a.png", options=WriteOptions(), source=None, side_px=9)
    save(tmp_path / "a.png", make_photo(), overwrite=True)
    assert not (tmp_path / "gone").exists()


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "no").write_bytes(b"x")
    with pytest.raises(PhotoWriteError, match="the folder does not exist"):
        save(tmp_path / "no" / "a.png", make_photo())


@pytest.mark.parametrize("overwrite", [False, True])
def test_target_that_is_a_folder(tmp_path, overwrite):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(PhotoWriteError, match="is a folder"):
        save(tmp_path / "a.png", make_photo(), overwrite=overwrite)


def test_too_long_name(tmp_path):
    with pytest.raises(PhotoWriteError, match="the name is too long"):
        save(tmp_path / ("a" * 300 + ".png"), make_photo())


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_read_only_folder(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(PhotoWriteError, match="no permission"):
        save(folder / "a.png", make_photo())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "no permission"),
        (errno.EFBIG, "does not take files that large"),
        (errno.EIO, "cannot be written: "),
    ],
)
def test_failing_disk_leaves_nothing_behind(tmp_path, monkeypatch, code, sentence):
    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PhotoWriteError, match=sentence):
        save(tmp_path / "a.png", make_photo())
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_disk_that_takes_no_more_bytes_leaves_nothing_behind(tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    photo = make_photo(height=100, width=100)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(PhotoWriteError, match="does not take files that large"):
            save(tmp_path / "a.png", photo)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_file_that_was_to_be_replaced(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"old")

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PhotoWriteError, match="the disk is full"):
        save(tmp_path / "a.png", make_photo(), overwrite=True)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


@posix_only
def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        path = save(tmp_path / "a.png", make_photo())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


# Tables


@pytest.mark.parametrize("key", ALL_FORMATS)
def test_what_can_be_written_can_be_read(key):
    assert set(WRITE_FORMATS[key].suffixes) <= set(READ_SUFFIXES)


@pytest.mark.parametrize(
    ("name", "key"), [("a.JPEG", "jpg"), ("a.b.TIFF", "tif"), ("a.gif", None), ("a", None)]
)
def test_format_follows_the_suffix(name, key):
    assert format_for(Path(name)) == key


@pytest.mark.parametrize(
    ("name", "expected"), [("a.PNG", True), ("a.jfif", True), ("a.txt", False), (".png", False)]
)
def test_can_read_looks_at_the_suffix(name, expected):
    assert can_read(Path(name)) is expected
