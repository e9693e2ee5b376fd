import logging
import struct

import numpy as np
import pytest
from PIL import Image

from restorer.engine.files import exif
from restorer.engine.files.photo_io import WriteOptions, read_photo, write_photo
from restorer.engine.photo import Photo

PIXELS = np.full((64, 64, 3), (200, 40, 60), np.uint8)
DISPLAY_P3, HDR = (12, 13), (9, 16)  # of ITU-T H.273


def pillow_avif(path):
    """An AVIF without profile, as bytes that can be changed."""
    Image.fromarray(PIXELS).save(path, "AVIF", quality=90)
    return bytearray(path.read_bytes())


def make_exif(order):
    """An EXIF block with an orientation, a name that is not ASCII, and a maker note."""
    name, note = "M\u00fcller \u8001\0".encode(), b"MAKER\0\0\1" + bytes(range(64))
    values_at = 8 + 2 + 3 * 12 + 4
    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, 3)
    block += struct.pack(order + "HHIHH", exif.ORIENTATION, 3, 1, 1, 0)
    block += struct.pack(order + "HHII", 315, 2, len(name), values_at)
    block += struct.pack(order + "HHII", 0x927C, 7, len(note), values_at + len(name))
    return block + bytes(4) + name + note


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_not_rebuilt(tmp_path, dtype, order):
    block, path = make_exif(order), tmp_path / "a.avif"
    write_photo(Photo(PIXELS.astype(dtype), exif=block), path, options=WriteOptions())
    found = read_photo(path)
    expected = exif.without_tag(block, exif.ORIENTATION) if dtype == np.uint8 else block
    assert found.exif == expected
    before, after = exif.parse_block(block), exif.parse_block(found.exif)
    assert {tag: after[tag] for tag in (315, 0x927C)} == {tag: before[tag] for tag in (315, 0x927C)}
    assert found.exif.index(b"MAKER") == block.index(b"MAKER")


def test_exif_that_pillow_cannot_rebuild_is_written(tmp_path):
    text = exif.Tag(2, 4, b"abc\0")
    tags = {exif.ORIENTATION: exif.short(1), exif.GPS_DIRECTORY: {2: text}}
    block = b"II*\0" + struct.pack("<I", 8) + exif.pack_tags(tags, 8)
    write_photo(Photo(PIXELS, exif=block), tmp_path / "a.avif", options=WriteOptions())
    found = exif.parse_block(read_photo(tmp_path / "a.avif").exif)
    assert found == {exif.GPS_DIRECTORY: {2: text}}


def read_with_code(path, code, caplog):
    data = pillow_avif(path)
    at = data.index(b"colrnclx") + 8
    struct.pack_into(">HH", data, at, *code)
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        return read_photo(path)


def test_colours_stated_as_numbers_become_a_profile(tmp_path, caplog):
    found = read_with_code(tmp_path / "a.avif", DISPLAY_P3, caplog)
    assert found.icc is not None
    assert found.icc[36:40] == b"acsp"
    assert not caplog.text


def test_colours_stated_in_an_unknown_way_are_said(tmp_path, caplog):
    found = read_with_code(tmp_path / "a.avif", HDR, caplog)
    assert found.icc is None
    assert "taken as sRGB" in caplog.text


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_nothing_is_said_of_the_colours_of_our_own_files(tmp_path, caplog, dtype):
    write_photo(Photo(PIXELS.astype(dtype)), tmp_path / "a.avif", options=WriteOptions())
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert read_photo(tmp_path / "a.avif").icc is None
    assert not caplog.text


@pytest.mark.parametrize("brand", [b"mif1", b"msf1"])
def test_general_brand_before_that_of_avif(tmp_path, brand):
    path = tmp_path / "a.avif"
    data = pillow_avif(path)
    data[8:12] = brand
    path.write_bytes(data)
    assert np.abs(read_photo(path).pixels.astype(int) - PIXELS).max() < 5
