"""Pictures that go from file to file by rows come out as those restored in memory."""

import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from restorer.engine import agreement, device, faults, pipeline
from restorer.engine.device import Compute
from restorer.engine.files import safe_file
from restorer.engine.files.photo_io import WriteOptions, read_photo, write_photo
from restorer.engine.files.region_io import open_by_region
from restorer.engine.mode import Step
from restorer.engine.photo import Photo
from restorer.engine.pipeline import (
    open_large_photo,
    open_photo,
    restore_large_photo,
    restore_photo,
    save_photo,
)
from restorer.errors import PhotoReadError, PhotoTooLargeError, PhotoWriteError
from restorer.modes.clean import Clean
from restorer.modes.upscale import Upscale


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(pipeline, "STREAM_ABOVE_MEGAPIXELS", 0)
    monkeypatch.setattr(agreement, "BLOCK_PX", 64)


def save(path, photo):
    write_photo(photo, path, options=WriteOptions(quality=100))
    return path


def both(source, card, folder, ctx, *, suffix=".png", scale=2.0, tile=64, **params):
    """Return the result by rows and that in memory."""
    mode = Clean() if card.scale == 1 else Upscale()
    step = Step(mode, {"scale": scale, **params}, card, Compute("cpu", "fp32", tile))
    by_rows, in_memory = folder / f"rows{suffix}", folder / f"memory{suffix}"
    options = WriteOptions(quality=100)
    reader = open_large_photo(source, lambda header: step, options, by_rows, limit_megapixels=500)
    restored = restore_large_photo(reader, step, by_rows, options, ctx)
    expected = restore_photo(open_photo(source, ctx), (step,), ctx)
    save_photo(expected.photo, in_memory, options, ctx)
    assert restored.facts.keys() == expected.facts.keys()
    for name in ("model", "precision", "scale", "detail"):
        assert restored.facts.get(name) == expected.facts.get(name)
    agreement = expected.facts["agreement_db"]
    assert restored.facts["agreement_db"] == (agreement and pytest.approx(agreement, abs=0.02))
    found = read_photo(by_rows)
    assert (restored.photo.height, restored.photo.width) == (found.height, found.width)
    return found, read_photo(in_memory)


def assert_same(found, expected, tolerance=0):
    assert found.pixels.dtype == expected.pixels.dtype
    assert np.abs(found.pixels.astype(int) - expected.pixels).max() <= tolerance
    for name in ("is_gray", "icc", "exif", "xmp", "iptc", "dpi"):
        assert getattr(found, name) == getattr(expected, name), name


def test_gray_of_three_channels_gets_no_colours_by_rows(photo, tiny_model, tmp_path, ctx):
    gray = np.repeat(photo(90, 150).pixels[..., :1], 3, 2)
    found, expected = both(save(tmp_path / "in.png", Photo(gray)), tiny_model, tmp_path, ctx)
    assert_same(found, expected)
    assert (found.pixels == found.pixels[..., :1]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_rows_give_the_same_picture(photo, tiny_model, tmp_path, ctx, dtype, gray, suffix):
    picture = photo(150, 90, dtype=dtype, dpi=(300.0, 300.0))
    if gray:
        picture = Photo(np.repeat(picture.pixels[..., :1], 3, 2), is_gray=True, dpi=(300.0, 300.0))
    source = save(tmp_path / f"in{suffix}", picture)
    assert_same(*both(source, tiny_model, tmp_path, ctx, suffix=suffix))


@pytest.mark.parametrize("scale", [4, 3, 1.7, 1, 0.4])
def test_any_scale(photo, tiny_model, tmp_path, ctx, scale):
    source = save(tmp_path / "in.png", photo(301, 90))
    assert_same(*both(source, tiny_model, tmp_path, ctx, scale=scale))


def test_detail_and_agreement(photo, tiny_pair, tmp_path, ctx):
    source = save(tmp_path / "in.png", photo(150, 90))
    for params in ({"detail": 30}, {"detail": 100, "agree": False}):
        assert_same(*both(source, tiny_pair.faithful, tmp_path, ctx, scale=4, **params))
        for path in tmp_path.glob("[rm]*.png"):
            path.unlink()


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_alpha(photo, tiny_model, tmp_path, ctx, gray, suffix):
    pixels = photo(150, 90).pixels
    if gray:
        pixels = np.repeat(pixels[..., :1], 3, 2)
    alpha = np.zeros((150, 90), np.uint8)
    alpha[40:110, 20:80] = 255
    source = save(tmp_path / f"in{suffix}", Photo(pixels, alpha, is_gray=gray))
    found, expected = both(source, tiny_model, tmp_path, ctx, suffix=suffix, scale=4)
    assert (found.alpha == expected.alpha).all()
    visible = expected.alpha > 0
    assert (found.pixels[visible] == expected.pixels[visible]).all()


def test_constant_alpha(photo, tiny_model, tmp_path, ctx):
    source = save(tmp_path / "in.png", Photo(photo(70, 90).pixels, np.full((70, 90), 7, np.uint8)))
    found, expected = both(source, tiny_model, tmp_path, ctx)
    assert_same(found, expected)
    assert (found.alpha == expected.alpha).all()


@pytest.mark.parametrize("alpha", [False, True])
def test_cleaning_by_rows(photo, tiny_cleaner, tmp_path, ctx, alpha):
    source = save(tmp_path / "in.png", photo(150, 91, alpha=alpha))
    found, expected = both(source, tiny_cleaner, tmp_path, ctx)
    assert_same(found, expected)
    if alpha:
        assert (found.alpha == expected.alpha).all()


def test_feathered_tiles_by_rows(photo, tiny_model, tmp_path, ctx):
    card = replace(tiny_model, halo_px=6, feather_px=5)
    source = save(tmp_path / "in.png", photo(150, 91, alpha=True))
    found, expected = both(source, card, tmp_path, ctx)
    assert found.pixels.shape == expected.pixels.shape
    assert np.abs(found.pixels.astype(int) - expected.pixels).mean() < 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_that_lie_on_their_side(photo, tiny_model, tmp_path, ctx, orientation):
    tags = Image.Exif()
    tags[274] = orientation
    source = tmp_path / "in.tif"
    Image.fromarray(photo(150, 90).pixels).save(source, exif=tags)
    assert_same(*both(source, tiny_model, tmp_path, ctx))


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_jpeg(photo, tiny_model, tmp_path, ctx, gray, alpha):
    picture = photo(150, 90, alpha=alpha)
    if gray:
        picture = Photo(np.repeat(picture.pixels[..., :1], 3, 2), picture.alpha, is_gray=True)
    source = save(tmp_path / "in.png", picture)
    found, expected = both(source, tiny_model, tmp_path, ctx, suffix=".jpg")
    assert_same(found, expected, tolerance=8)
    assert np.abs(found.pixels.astype(int) - expected.pixels).mean() < 0.5


def test_jpeg_and_tiff_are_read_by_rows(photo, tiny_model, tmp_path, ctx):
    source = save(tmp_path / "in.jpg", photo(150, 90))
    assert_same(*both(source, tiny_model, tmp_path, ctx))


def test_a_restart_after_memory_ran_out_reads_from_the_top(photo, tmp_path):
    picture = photo(200, 30)
    reader = open_by_region(save(tmp_path / "in.png", picture), limit_megapixels=500)
    for box in ((0, 0, 90, 30), (60, 5, 150, 30), (0, 0, 10, 30), (50, 3, 200, 9)):
        top, left, bottom, right = box
        assert (reader.read(box) == picture.pixels[top:bottom, left:right]).all()


def test_lab_is_read_as_a_whole(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("LAB", (32, 32), (127, 128, 128)).save(path)
    assert open_by_region(path, limit_megapixels=1) is None
    with pytest.raises(PhotoTooLargeError):
        open_by_region(path, limit_megapixels=0.001)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
def test_a_pipe_is_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "a.png")
    monkeypatch.setattr("builtins.open", None)  # opening would wait for ever
    assert open_by_region(tmp_path / "a.png", limit_megapixels=500) is None


def test_what_is_left_out_is_said_once(photo, tiny_model, tmp_path, ctx, caplog, monkeypatch):
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png", exif=b"junk", icc_profile=b"junk")
    page = Image.new("RGB", (80, 60))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page])
    step = Step(Upscale(), {"scale": 2.0}, tiny_model, Compute("cpu", "fp32", 64))
    for name, words in (("a.png", ("EXIF", "profile")), ("a.tif", ("2 pages",))):
        for limit in (0, 500):
            monkeypatch.setattr(pipeline, "STREAM_ABOVE_MEGAPIXELS", limit)
            caplog.clear()
            rest = {"limit_megapixels": 500}
            options, target = WriteOptions(), tmp_path / "b.png"
            reader = open_large_photo(tmp_path / name, lambda header: step, options, target, **rest)
            assert (reader is None) == (limit > 0)
            if reader is None:
                open_photo(tmp_path / name, ctx)
            assert [caplog.text.count(word) for word in words] == [1] * len(words)


def test_what_the_format_cannot_hold_is_said_by_rows_too(photo, tiny_model, tmp_path, ctx, caplog):
    pixels = photo(60, 80, dtype=np.uint16).pixels
    source = save(tmp_path / "in.png", Photo(pixels, pixels[..., 0].copy()))
    both(source, tiny_model, tmp_path, ctx, suffix=".jpg")
    assert caplog.text.count("16 bits become 8") == 2  # by rows and in memory
    assert caplog.text.count("transparent parts become white") == 2


def test_a_damaged_file_leaves_nothing(photo, tiny_model, tmp_path, ctx):
    noise = np.random.default_rng(0).integers(0, 256, (150, 90, 3), dtype=np.uint8)
    source = save(tmp_path / "in.tif", Photo(noise))
    data = bytearray(source.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    source.write_bytes(data)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(PhotoReadError, match="damaged"):
        both(source, tiny_model, out, ctx)
    assert list(out.iterdir()) == []


def test_sizes_are_refused_before_any_work(photo, tiny_model, tmp_path, ctx, monkeypatch):
    source = save(tmp_path / "in.png", photo(2, 17_000))
    monkeypatch.setattr(Upscale, "restore_rows", None)
    with pytest.raises(PhotoWriteError, match="JPEG holds at most"):
        both(source, tiny_model, tmp_path, ctx, suffix=".jpg", scale=4)
    with pytest.raises(PhotoTooLargeError):
        open_by_region(source, limit_megapixels=0.01)


def test_a_disk_without_room_is_refused_before_any_work(
    photo, tiny_model, tmp_path, ctx, monkeypatch
):
    source = save(tmp_path / "in.png", photo(150, 90))
    monkeypatch.setattr(Upscale, "restore_rows", None)
    usage = safe_file.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(safe_file.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(PhotoWriteError, match="GB free"):
        both(source, tiny_model, tmp_path, ctx)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_full_disk_leaves_nothing(photo, tiny_model, tmp_path, ctx, suffix):
    source = save(tmp_path / "in.png", photo(150, 90))
    out = tmp_path / "out"
    out.mkdir()

    def hook(point, value):
        if point == "writing" and value > 500:
            raise OSError(28, "No space left on device")

    with faults.injected(hook), pytest.raises(PhotoWriteError, match="disk is full"):
        both(source, tiny_model, out, ctx, suffix=suffix)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA error: unspecified launch failure")]
)
@pytest.mark.parametrize("after", [0, 5])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_fault_on_the_way_changes_no_byte(
    photo, tiny_model, tmp_path, ctx, monkeypatch, error, after, suffix
):
    """Memory runs out, or the device is lost: everything begins anew, from the first row."""
    monkeypatch.setattr("restorer.engine.tiles.MIN_TILE_PX", 16)
    real = device.list_devices()
    monkeypatch.setattr(device, "list_devices", lambda: [replace(real[-1], name="cpu:0"), *real])
    source = save(tmp_path / "in.png", photo(150, 140))
    step = Step(Upscale(), {"scale": 3.0}, tiny_model, Compute("auto", "fp32", 64))
    results = []
    for name in ("undisturbed", "disturbed"):
        path = tmp_path / f"{name}{suffix}"
        reader = open_large_photo(
            source, lambda header: step, WriteOptions(), path, limit_megapixels=500
        )
        reached = 0

        def hook(point, value, name=name):
            nonlocal reached
            reached += point == "computing"
            if point == "computing" and reached == after + 1 and name == "disturbed":
                raise error

        with faults.injected(hook):
            restore_large_photo(reader, step, path, WriteOptions(has_record=False), ctx)
        results.append(path.read_bytes())
    assert results[0] == results[1]


def test_big_tiff_is_used_where_offsets_would_not_fit(
    photo, tiny_model, tmp_path, ctx, monkeypatch
):
    monkeypatch.setattr("restorer.engine.files.row_encode._CLASSIC_TIFF_BYTES", 100)
    source = save(tmp_path / "in.png", photo(150, 90))
    assert_same(*both(source, tiny_model, tmp_path, ctx, suffix=".tif"))
    assert (tmp_path / "rows.tif").read_bytes()[:4] == b"II+\0"
