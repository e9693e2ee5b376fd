"""The kinds of file that came after PNG, JPEG, TIFF and WebP."""

import io
import shutil
import sys

import numpy as np
import pytest

from benchmarks import fuzz
from restorer.engine.files import exif, modern_decode
from restorer.engine.files.photo_io import WriteOptions, read_photo, write_photo
from restorer.engine.files.region_io import open_by_region
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo
from restorer.errors import PhotoReadError, PhotoTooLargeError, RestorerError

RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def smooth(height=40, width=50, top=255, dtype=np.uint8):
    rows, columns = np.mgrid[0:height, 0:width]
    planes = [rows / height, columns / width, (rows + columns) / (height + width)]
    return (np.stack(planes, axis=2) * top).astype(dtype)


def float_tiff(path, values):
    pyvips.Image.new_from_array(values.astype(np.float32)).tiffsave(str(path))
    return path


def test_float_tiff_becomes_16_bit(tmp_path):
    values = smooth(top=65535, dtype=np.uint16)
    photo = read_photo(float_tiff(tmp_path / "a.tif", values / 65535))
    assert (photo.pixels == values).all()


def test_float_tiff_is_clipped_with_a_word(tmp_path, caplog):
    values = smooth() / 255.0
    values[0, 0], values[1, 1] = 2, np.nan
    photo = read_photo(float_tiff(tmp_path / "a.tif", values))
    assert photo.pixels[0, 0].tolist() == [65535] * 3
    assert photo.pixels[1, 1].tolist() == [0] * 3
    assert "outside 0 to 1" in caplog.text


def test_float_tiff_of_unknown_white_is_refused(tmp_path):
    with pytest.raises(PhotoReadError, match="white cannot be known"):
        read_photo(float_tiff(tmp_path / "a.tif", smooth().astype(float)))


@pytest.mark.parametrize("kind", ["tif", "gif", "webp", "avif"])
def test_more_pages_are_mentioned(tmp_path, caplog, kind):
    from PIL import Image

    pages = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    pages[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=pages[1:])
    read_photo(tmp_path / f"a.{kind}")
    assert "only the first is read" in caplog.text


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_deep_avif_keeps_its_depth(tmp_path, bits):
    values = smooth(64, 80, 65535, np.uint16)
    image = pyvips.Image.new_from_array(values).copy(interpretation="rgb16")
    if bits == 8:
        image = pyvips.Image.new_from_array((values >> 8).astype(np.uint8))
    image.heifsave(
        str(tmp_path / "a.avif"), compression="av1", lossless=True, bitdepth=bits, effort=0
    )
    photo = read_photo(tmp_path / "a.avif")
    assert photo.pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
    scale = 65535 // photo.max_value
    difference = np.abs(photo.pixels.astype(int) * scale - values).max()
    assert difference <= 65535 / 2**bits + 300 * (bits == 8)


@pytest.mark.parametrize("alpha", [False, True])
def test_16_bits_become_12_in_avif(tmp_path, alpha):
    values = smooth(64, 80, 65535, np.uint16)
    block = b"II*\0\x08\0\0\0" + exif.pack_tags({50_000: exif.Tag(2, 4, b"own\0")}, 8)
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"/></x:xmpmeta>' % RDF
    photo = Photo(values, values[..., 0] if alpha else None, exif=block, xmp=packet)
    write_photo(photo, tmp_path / "a.avif", options=WriteOptions(quality=100))
    found = read_photo(tmp_path / "a.avif")
    assert found.pixels.dtype == np.uint16
    step = 65535 / 2**12
    assert np.abs(found.pixels.astype(int) - values).max() <= 2 * step  # to YCbCr and back
    assert not alpha or np.abs(found.alpha.astype(int) - photo.alpha).max() <= step
    assert exif.parse_block(found.exif)[50_000].data == b"own\0"  # libvips alone would lose it
    assert found.xmp == packet


def test_avif_of_16_bits_without_metadata(tmp_path):
    write_photo(
        Photo(smooth(64, 80, 65535, np.uint16)), tmp_path / "a.avif", options=WriteOptions()
    )
    found = read_photo(tmp_path / "a.avif")
    assert (found.exif, found.xmp, found.icc) == (None, None, None)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_heic(tmp_path, dtype):
    pillow_heif = pytest.importorskip("pillow_heif")
    top = int(np.iinfo(dtype).max)
    values = smooth(64, 80, top, dtype)
    mode = "RGB" if dtype == np.uint8 else "RGB;16"
    image = pillow_heif.from_bytes(mode, (80, 64), values.tobytes())
    image.save(tmp_path / "a.heic", quality=95, exif=exif.resolution_block((300, 300)))
    photo = read_photo(tmp_path / "a.heic")
    assert photo.pixels.dtype == dtype
    assert np.abs(photo.pixels.astype(int) - values).mean() < 0.02 * top
    assert photo.dpi == (300.0, 300.0)


@pytest.mark.parametrize("bits", [10, 12])
def test_white_of_a_deep_heic_is_white(tmp_path, monkeypatch, bits):
    pillow_heif = pytest.importorskip("pillow_heif")
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    white = np.full((64, 80, 3), 65535, np.uint16)
    image = pillow_heif.from_bytes("RGB;16", (80, 64), white.tobytes())
    image.save(tmp_path / "a.heic", quality=-1)
    assert (read_photo(tmp_path / "a.heic").pixels == 65535).all()


@pytest.mark.parametrize(("primaries", "has_profile"), [(1, False), (12, True), (9, False)])
def test_colours_that_a_heic_states_without_a_profile(tmp_path, caplog, primaries, has_profile):
    pillow_heif = pytest.importorskip("pillow_heif")
    image = pillow_heif.from_bytes("RGB", (80, 64), smooth(64, 80).tobytes())
    image.save(tmp_path / "a.heic", color_primaries=primaries, transfer_characteristics=13)
    assert (read_photo(tmp_path / "a.heic").icc is not None) == has_profile
    assert ("taken as sRGB" in caplog.text) == (primaries == 9)


def test_a_jpeg_packed_in_jpeg_xl_is_that_jpeg(tmp_path):
    pillow_jxl = pytest.importorskip("pillow_jxl")
    jpeg = tmp_path / "a.jpg"
    write_photo(Photo(smooth(), dpi=(240.0, 240.0)), jpeg, options=WriteOptions())
    encoder = pillow_jxl.Encoder(
        mode="RGB", lossless=False, quality=90, decoding_speed=0, effort=3, use_container=True,
        use_original_profile=False, num_threads=1,
    )  # fmt: skip
    packed = encoder(jpeg.read_bytes(), 50, 40, jpeg_encode=True)
    (tmp_path / "a.jxl").write_bytes(packed)
    found, expected = read_photo(tmp_path / "a.jxl"), read_photo(jpeg)
    assert (found.pixels == expected.pixels).all()
    assert found.dpi == expected.dpi


def test_the_depth_of_jpeg_xl_is_read_from_its_header():
    """The beginning of a file that cjxl made of 200 x 100 pixels of 16 bit."""
    header = modern_decode._jxl_header(bytes.fromhex("ff0a1873fc0014170208020100840a4b"))
    assert (header.width, header.height, header.bits) == (200, 100, 16)


def test_jpeg_xl_bomb_is_refused_by_its_header(tmp_path):
    pytest.importorskip("pillow_jxl")
    write_photo(Photo(smooth()), tmp_path / "a.jxl", options=WriteOptions())
    with pytest.raises(PhotoTooLargeError, match="megapixels"):
        read_photo(tmp_path / "a.jxl", limit_megapixels=0.0019)
    assert read_photo(tmp_path / "a.jxl", limit_megapixels=0.0021).pixels.shape == (40, 50, 3)


def test_camera_raw_is_developed_in_16_bits(tmp_path):
    (tmp_path / "a.dng").write_bytes(fuzz.dng(np.full((64, 80), 20000)))
    photo = read_photo(tmp_path / "a.dng")
    assert photo.pixels.dtype == np.uint16
    assert abs(photo.height - 64) <= 8
    assert abs(photo.width - 80) <= 8
    assert exif.parse_block(photo.exif)[271].data == b"Camera\0"
    with pytest.raises(PhotoTooLargeError):
        read_photo(tmp_path / "a.dng", limit_megapixels=0.001)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures memory as POSIX does")
def test_mutations_give_a_picture_or_a_clear_error(tmp_path):
    """The short form of benchmarks/fuzz.py."""
    samples = fuzz.make_samples(tmp_path)
    for index in range(20 * len(samples)):
        name = sorted(samples)[index % len(samples)]
        path = tmp_path / f"mutated-{name}"
        path.write_bytes(fuzz.mutated(samples[name], index))
        for read in (read_photo, open_by_region):
            try:
                read(path, limit_megapixels=20.0)
            except RestorerError:
                continue


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("exiftool") is None or shutil.which("convert") is None,
    reason="needs exiftool and ImageMagick",
)
def test_each_format_keeps_what_it_promises(capsys):
    fidelity = pytest.importorskip("tests.fidelity")
    assert fidelity.main() == 0
    assert isinstance(capsys.readouterr().out, str | io.StringIO)
