"""XMP, IPTC and the record, as our reader and exiftool see them."""

import json
import os
import shutil
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from restorer.engine.files import exif, iptc, record, xmp
from restorer.engine.files.photo_io import WRITE_FORMATS, WriteOptions, read_photo, write_photo
from restorer.engine.photo import Photo
from restorer.errors import RecordError

FORMATS = sorted(WRITE_FORMATS)
IIM = b"\x1c\x02\x00\x00\x02\x00\x04\x1c\x02\x78\x00\x09A caption\x1c\x02\x19\x00\x05attic"
RECORD = record.Record(
    "1.2.3",
    "ab" * 32,
    (record.StepRecord("upscale", {"scale": 2.5}, "m", "cd" * 32, None, "cpu", "fp32", 7),),
)


def packet(orientation=1, extra=""):
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f'tiff:Orientation="{orientation}" tiff:ImageWidth="17" exif:PixelXDimension="17" '
        f'tiff:ImageLength="13"><dc:rights>Märta</dc:rights>{extra}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def make_photo(height=26, width=34, **rest):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Photo(pixels, **rest)


def save(path, photo, **options):
    write_photo(photo, path, options=WriteOptions(**options))
    return path


def exiftool(path):
    done = subprocess.run(
        ["exiftool", "-json", "-G1", "-n", "-struct", path], capture_output=True, check=True
    )
    return json.loads(done.stdout)[0]


needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")


@pytest.mark.parametrize("suffix", FORMATS)
def test_xmp_survives_and_states_the_new_size(tmp_path, suffix):
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(xmp=packet())))
    held = xmp.Packet(found.xmp)
    assert held.value("http://purl.org/dc/elements/1.1/", "rights") == "Märta"
    assert held.value(xmp.TIFF, "ImageWidth") == "34"
    assert held.value(xmp.TIFF, "ImageLength") == "26"
    assert held.value(xmp.EXIF, "PixelXDimension") == "34"
    assert held.value(xmp.EXIF, "PixelYDimension") is None


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_iptc_survives_byte_for_byte(tmp_path, suffix):
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(iptc=IIM)))
    assert found.iptc == IIM


def test_untouched_xmp_keeps_every_byte(tmp_path):
    photo = make_photo(13, 17, xmp=packet())
    assert read_photo(save(tmp_path / "a.png", photo)).xmp == packet()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_orientation_in_xmp_alone_turns_the_picture_and_is_reset(tmp_path, suffix):
    photo = make_photo(13, 17, xmp=packet(6))
    found = read_photo(save(tmp_path / f"a.{suffix}", photo))
    assert (found.height, found.width) == (17, 13)
    assert xmp.orientation(found.xmp) == 1


def test_exif_orientation_comes_before_that_of_xmp(tmp_path):
    tags = Image.Exif()
    tags[274] = 1
    Image.new("RGB", (17, 13)).save(tmp_path / "a.jpg", exif=tags.tobytes(), xmp=packet(6))
    found = read_photo(tmp_path / "a.jpg")
    assert (found.height, found.width) == (13, 17)
    assert xmp.orientation(found.xmp) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"<x/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + packet()[60:],
        packet()[:-60],
        packet().replace(b"M\xc3\xa4rta", b"M\xc3rta"),
        b"\xff\xfe" + packet(),
        packet().replace(b"</rdf:RDF>", 1000 * b"<a>" + 1000 * b"</a>" + b"</rdf:RDF>"),
    ],
)
def test_damaged_xmp_is_left_out(tmp_path, data):
    found = read_photo(save(tmp_path / "a.tif", make_photo(xmp=data or b" ")))
    assert found.xmp is None


def large_packet(count=40, size=4000):
    """More than a JPEG segment holds, with values in all forms and a namespace of its own."""
    values = "".join(f"<my:v{i}>{chr(97 + i % 26) * size}</my:v{i}>" for i in range(count))
    return packet(1, f'<my:small xmlns:my="urn:x-my">kept</my:small>{values}').replace(
        b"<rdf:RDF ", b'<rdf:RDF xmlns:my="urn:x-my" ', 1
    )


@pytest.mark.parametrize("count", [17, 40, 300])
def test_xmp_that_no_jpeg_segment_holds_is_split_and_joined(tmp_path, count):
    photo = make_photo(xmp=large_packet(count), record=RECORD.to_json())
    path = save(tmp_path / "a.jpg", photo)
    found = read_photo(path)
    held = xmp.Packet(found.xmp)
    for index in range(count):
        assert held.value("urn:x-my", f"v{index}") == chr(97 + index % 26) * 4000
    assert held.value("urn:x-my", "small") == "kept"
    assert held.extension is None
    assert record.recorded(found.xmp) == replace(RECORD, quality=95)
    again = read_photo(save(tmp_path / "b.jpg", found))
    assert xmp.Packet(again.xmp).value("urn:x-my", "v3") == "d" * 4000


@pytest.mark.parametrize("damage", [b"extensioN", b"dddddddd"])
def test_a_damaged_extension_leaves_the_rest(tmp_path, damage, caplog):
    path = save(tmp_path / "a.jpg", make_photo(xmp=large_packet()))
    whole = {b"extensioN": b"extension", b"dddddddd": b"ddddddde"}[damage]
    data = path.read_bytes()
    path.write_bytes(
        data.replace(*((whole, damage) if damage == b"extensioN" else (damage, whole)))
    )
    found = read_photo(path)
    assert "left out damaged XMP data" in caplog.text
    assert xmp.Packet(found.xmp).value("urn:x-my", "small") == "kept"
    assert xmp.Packet(found.xmp).extension is None


def test_many_small_values_are_split_too(tmp_path):
    many = "".join(f'<my:v{i} xmlns:my="urn:x-my">v</my:v{i}>' for i in range(2000))
    found = read_photo(save(tmp_path / "a.jpg", make_photo(xmp=packet(1, many))))
    assert xmp.Packet(found.xmp).value("urn:x-my", "v1999") == "v"


def test_thumbnails_in_xmp_are_removed(tmp_path):
    thumb = '<xmp:Thumbnails xmlns:xmp="http://ns.adobe.com/xap/1.0/"><rdf:Alt/></xmp:Thumbnails>'
    found = read_photo(save(tmp_path / "a.png", make_photo(xmp=packet(1, thumb))))
    assert b"Thumbnails" not in found.xmp
    assert b"rights" in found.xmp


def test_what_is_said_of_a_gain_map_and_a_video_goes_with_them(tmp_path):
    said = (
        '<hdrgm:Version xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/">1.0</hdrgm:Version>'
        '<c:MotionPhoto xmlns:c="http://ns.google.com/photos/1.0/camera/">1</c:MotionPhoto>'
        '<o:Directory xmlns:o="http://ns.google.com/photos/1.0/container/"><rdf:Seq/></o:Directory>'
    )
    found = read_photo(save(tmp_path / "a.jpg", make_photo(xmp=packet(1, said))))
    for word in (b"hdrgm:Version", b"MotionPhoto", b"Directory"):
        assert word not in found.xmp
    assert b"rights" in found.xmp


@pytest.mark.parametrize("held", [None, packet()])
def test_a_record_comes_back_and_replaces_an_older_one(held):
    once = record.with_record(held, RECORD.to_json())
    twice = record.with_record(once, RECORD.to_json())
    assert record.recorded(twice) == RECORD
    assert twice.count(b"DigitalSourceType>") == 2  # begin and end of one element
    assert twice.count(b"stEvt:action>") == 4  # the history has both


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("wanted", [True, False])
def test_the_record_is_in_the_file_unless_switched_off(tmp_path, suffix, wanted):
    photo = make_photo(record=RECORD.to_json())
    found = read_photo(save(tmp_path / f"a.{suffix}", photo, has_record=wanted))
    quality = 95 if WRITE_FORMATS[suffix].is_lossy else None
    assert record.recorded(found.xmp) == (replace(RECORD, quality=quality) if wanted else None)


def test_an_earlier_record_goes_with_a_later_one_that_is_not_wanted(tmp_path):
    first = read_photo(save(tmp_path / "a.png", make_photo(record=RECORD.to_json(), xmp=packet())))
    kept = read_photo(save(tmp_path / "b.png", first, has_record=False))
    assert record.recorded(kept.xmp) == RECORD  # only saved again, not restored
    again = replace(first, record=RECORD.to_json())
    found = read_photo(save(tmp_path / "c.png", again, has_record=False))
    assert record.recorded(found.xmp) is None
    assert b"rights" in found.xmp


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"record": 99}', '{"record": 1, "steps": 3}'])
def test_a_damaged_record_is_an_error(text):
    with pytest.raises(RecordError):
        record.parse_record(text)


def test_the_time_is_kept_by_option(tmp_path):
    source = save(tmp_path / "a.png", make_photo())
    past = 1_000_000_000_123_456_789
    os.utime(source, ns=(past, past))
    photo = read_photo(source)
    assert save(tmp_path / "b.tif", photo, keeps_time=True).stat().st_mtime_ns == past
    assert save(tmp_path / "c.tif", photo).stat().st_mtime_ns != past


@needs_exiftool
@pytest.mark.slow
@pytest.mark.parametrize("suffix", FORMATS)
def test_exiftool_reads_what_is_written(tmp_path, suffix):
    photo = make_photo(
        xmp=packet(), iptc=IIM, record=RECORD.to_json(), exif=exif.resolution_block((300, 300)),
        dpi=(300.0, 300.0),
    )  # fmt: skip
    found = exiftool(save(tmp_path / f"a.{suffix}", photo))
    assert "ExifTool:Warning" not in found
    assert found["XMP-dc:Rights"] == "Märta"
    assert found["XMP-iptcExt:DigitalSourceType"].endswith("/algorithmicallyEnhanced")
    assert found["XMP-xmpMM:History"][0]["SoftwareAgent"] == "Restorer 1.2.3"
    if suffix in ("png", "jpg", "tif"):
        assert found["IPTC:Caption-Abstract"] == "A caption"


def test_image_resources_hold_iim_among_others():
    other = b"8BIM\x03\xed\x00\x00\x00\x00\x00\x03abc\x00"
    assert iptc.from_resources(other + iptc.resources(IIM)) == IIM
    assert iptc.from_resources(other) is None
    with pytest.raises(ValueError, match="too early"):
        iptc.from_resources(iptc.resources(IIM)[:-9])


@pytest.mark.parametrize("suffix", ["tif", "jpg", "png"])
def test_text_of_exif_3_in_utf_8_is_kept(tmp_path, suffix):
    text = "Grüße aus Köln".encode() + b"\0"
    block = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 270, 129, len(text), 26, 0) + text
    found = read_photo(save(tmp_path / f"a.{suffix}", make_photo(exif=block)))
    assert text in found.exif
