from dataclasses import replace

import numpy as np
import pytest

from restorer import paths
from restorer.engine import network_mode
from restorer.engine.agreement import agree
from restorer.engine.agreement import resize as resize_plane
from restorer.engine.device import Compute, choose_device
from restorer.engine.files.photo_io import read_photo
from restorer.engine.files.vips import pyvips
from restorer.engine.inference import Inference
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.engine.model_files import find_model, find_models
from restorer.engine.photo import Photo
from restorer.engine.resize import resize
from restorer.errors import DeviceNotFoundError, NotEnoughMemoryError, PhotoTooLargeError
from restorer.modes.upscale import Upscale

BUNDLED = {card.name: card for card in find_models()}


def step(card, tile="auto", precision="fp32", **params):
    return Step(Upscale(), params, card, Compute("cpu", precision, tile))


def noise(height, width):
    """A picture with structure at every size: harder on seams than white noise."""
    rng = np.random.default_rng(0)
    levels = [rng.normal(0, 30, (-(-height // s), -(-width // s), 3)) for s in (1, 4, 16)]
    total = sum(
        np.repeat(np.repeat(level, s, 0), s, 1)[:height, :width]
        for level, s in zip(levels, (1, 4, 16), strict=True)
    )
    return np.clip(128 + total, 0, 255).astype(np.uint8)


def restore(pixels, wanted, ctx=None):
    return Upscale().restore(Photo(pixels), wanted, ctx or RunContext.quiet())


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (107, 161)])
@pytest.mark.parametrize("tile", [64, 100])
def test_tiles_give_the_same_picture_as_the_whole(tiny_model, size, tile):
    whole = restore(noise(*size), step(tiny_model, "whole")).photo.pixels
    tiled = restore(noise(*size), step(tiny_model, tile)).photo.pixels
    assert (whole == tiled).all()


@pytest.mark.slow
@pytest.mark.skipif("srgan-x4" not in BUNDLED, reason="srgan-x4 is not bundled")
@pytest.mark.parametrize("size", [(1, 1), (3, 500), (161, 107)])
def test_the_shipped_network_joins_exactly(size):
    """Where a convolution library rounds differently for another shape, 1 level in 100,000.

    Pictures a few pixels high get other kernels of it than their tiles: 1 level in 5,000.
    """
    card = BUNDLED["srgan-x4"]
    whole = restore(noise(*size), step(card, "whole")).photo.pixels.astype(int)
    tiled = restore(noise(*size), step(card, 64)).photo.pixels
    difference = np.abs(whole - tiled).max(axis=2)
    assert difference.max() <= 1
    assert (difference > 0).sum() <= difference.size / (5_000 if min(size) < 40 else 100_000)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_tiles_differ_by_one_level_at_most(tiny_model, precision):
    whole = restore(noise(90, 80), step(tiny_model, "whole", precision)).photo.pixels
    tiled = restore(noise(90, 80), step(tiny_model, 64, precision)).photo.pixels
    assert np.abs(whole.astype(int) - tiled).max() <= 1


@pytest.mark.parametrize(
    ("scale", "size"),
    [(4, (80, 120)), (2, (40, 60)), (3, (60, 90)), (1.5, (30, 45)), (1, (20, 30)),
     (0.5, (10, 15)), (5, (100, 150)), (16, (320, 480)), (0.01, (1, 1))],
)  # fmt: skip
def test_any_scale_is_made(tiny_model, scale, size):
    photo = restore(noise(20, 30), step(tiny_model, scale=scale)).photo
    assert (photo.height, photo.width) == size


def test_scale_4_is_the_networks_own_picture(tiny_model, ctx):
    cpu = choose_device("cpu")
    pixels = noise(20, 30)
    own = Inference(tiny_model, cpu, "fp32").restore(pixels, ctx)
    expected = np.clip(np.rint(own * 255), 0, 255)
    restored = restore(pixels, step(tiny_model, scale=4, agree=False))
    assert (restored.photo.pixels == expected).all()
    assert restored.facts["agreement_db"] is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_reduction_keeps_a_flat_picture_flat(tiny_model, ctx, dtype):
    flat = np.full((8, 8, 3), np.iinfo(dtype).max // 3, dtype)
    photo = Upscale().restore(Photo(flat), step(tiny_model, scale=0.5), ctx).photo
    assert (photo.pixels == flat[0, 0]).all()


def test_16_bit_has_more_than_256_levels(tiny_model, ctx):
    ramp = np.linspace(0, 65535, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint16)
    photo = Upscale().restore(Photo(ramp), step(tiny_model), ctx).photo
    assert len(np.unique(photo.pixels)) > 5000


def test_constant_alpha_costs_no_pass_and_stays_constant(tiny_model, ctx, monkeypatch):
    calls = []
    original = Inference.restore

    def counted(self, window, window_ctx):
        calls.append(window.shape)
        return original(self, window, window_ctx)

    monkeypatch.setattr(Inference, "restore", counted)
    photo = Photo(noise(8, 8), alpha=np.full((8, 8), 200, np.uint8))
    result = Upscale().restore(photo, step(tiny_model), ctx).photo
    assert (result.alpha == 200).all()
    assert len(calls) == 1


def test_previews_cover_the_picture(tiny_model):
    """Tile by tile, before the whole is brought to agreement."""
    seen = np.zeros((160, 280, 3), np.uint8)

    def show(preview):
        rows = [round(edge * 160) for edge in (preview.region[0], preview.region[2])]
        columns = [round(edge * 280) for edge in (preview.region[1], preview.region[3])]
        seen[slice(*rows), slice(*columns)] = preview.part.pixels

    ctx = RunContext(preview=show)
    result = restore(noise(40, 70), step(tiny_model, 64, agree=False), ctx).photo
    assert (seen == result.pixels).all()


def test_out_of_memory_halves_the_tile_and_changes_no_pixel(tiny_model, monkeypatch):
    expected = restore(noise(100, 150), step(tiny_model, "whole")).photo.pixels
    original = Inference.restore

    def failing(self, window, ctx):
        if max(window.shape) > 110:
            raise NotEnoughMemoryError("cpu", max(window.shape))
        return original(self, window, ctx)

    monkeypatch.setattr(Inference, "restore", failing)
    monkeypatch.setattr("restorer.engine.inference._fitting_tiles", {})
    restored = restore(noise(100, 150), step(tiny_model, "whole"))
    assert (restored.photo.pixels == expected).all()
    assert restored.facts["tile_px"] == 75


def test_a_result_larger_than_the_memory_is_refused_before_any_work(tiny_model, monkeypatch):
    monkeypatch.setattr(network_mode, "free_ram_bytes", lambda: 1_000_000)
    monkeypatch.setattr(network_mode, "choose_device", None)
    with pytest.raises(PhotoTooLargeError, match="would grow to 4 megapixels"):
        restore(noise(500, 500), step(tiny_model))


def test_a_missing_device_is_an_error(tiny_model):
    wanted = Step(Upscale(), {}, tiny_model, Compute(device="cuda:99"))
    with pytest.raises(DeviceNotFoundError):
        restore(noise(4, 4), wanted)


@pytest.mark.parametrize("scale", [1.5, 2, 3, 4, 5])
def test_the_result_made_small_again_is_the_original(tiny_model, scale):
    pixels = np.clip(noise(40, 50), 30, 225)
    restored = restore(pixels, step(tiny_model, scale=scale))
    assert restored.facts["agreement_db"] > 45
    loose = restore(pixels, step(tiny_model, scale=scale, agree=False)).photo.pixels
    assert agree(loose, pixels, RunContext.quiet(), rounds=0).agreement_db < 45


@pytest.mark.parametrize("scale", [0.5, 1])
def test_what_is_not_larger_has_no_agreement(tiny_model, scale):
    assert restore(noise(8, 8), step(tiny_model, scale=scale)).facts["agreement_db"] is None


def test_detail_goes_from_one_network_to_the_other(tiny_pair):
    def pixels(card, **params):
        return restore(noise(12, 12), step(card, agree=False, **params))

    ends = [pixels(replace(card, pair="")).photo.pixels.astype(int)
            for card in (tiny_pair.faithful, tiny_pair.srgan)]  # fmt: skip
    for card in (tiny_pair.faithful, tiny_pair.srgan):
        assert (pixels(card, detail=0).photo.pixels == ends[0]).all()
        assert (pixels(card, detail=100).photo.pixels == ends[1]).all()
    middle = pixels(tiny_pair.srgan, detail=50)
    assert middle.facts["detail"] == 50
    assert (middle.photo.pixels != ends[0]).any()
    assert (middle.photo.pixels != ends[1]).any()


def test_a_model_without_a_partner_has_no_detail(tiny_model, tiny_pair):
    assert restore(noise(8, 8), step(tiny_model, detail=80)).facts["detail"] is None
    keys = [param.key for param in Upscale().params_for(tiny_model)]
    assert "detail" not in keys
    assert "detail" in [param.key for param in Upscale().params_for(tiny_pair.faithful)]


def test_colours_under_transparent_parts_do_not_bleed_into_edges(tiny_model, ctx):
    """What lies under alpha 0 is arbitrary: it must not change a visible pixel."""
    alpha = np.zeros((60, 70), np.uint8)
    alpha[20:40, 25:50] = 255
    black, red = noise(60, 70), noise(60, 70)
    black[alpha == 0], red[alpha == 0] = 0, (255, 0, 0)
    results = [
        Upscale().restore(Photo(pixels, alpha), step(tiny_model), ctx).photo
        for pixels in (black, red)
    ]
    assert (results[0].pixels == results[1].pixels).all()
    assert (results[0].alpha == results[1].alpha).all()


@pytest.mark.slow
@pytest.mark.skipif("srgan-x4" not in BUNDLED, reason="srgan-x4 is not bundled")
@pytest.mark.parametrize("profile", ["srgb", "p3"])
def test_a_wide_gamut_is_neither_clipped_nor_shifted(profile, ctx):
    """Mean dE2000 to the plainly resized picture, both through their profile, is below 1."""
    small = _saturated(60, 80)
    restored = Upscale().restore(Photo(small), step(BUNDLED["srgan-x4"]), ctx).photo.pixels
    plain = resize(small, 240, 320)

    def lab(pixels):
        image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
        return image.icc_import(input_profile=profile, pcs="lab")

    assert lab(restored).dE00(lab(plain)).avg() < 1


def _saturated(height, width):
    """Smooth colours to the corners of the gamut, with edges between them."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / (7 + c) + c) * np.cos(columns / (9 - c) - c) for c in range(3)]
    return np.clip(127.5 + 160 * np.stack(waves, axis=2), 0, 255).astype(np.uint8)


def test_a_gray_picture_of_three_channels_gets_no_colours(tiny_model):
    gray = np.clip(noise(20, 30), 30, 225)[:, :, :1].repeat(3, axis=2)
    restored = restore(gray, step(tiny_model)).photo
    assert not restored.is_gray
    assert (restored.pixels == restored.pixels[:, :, :1]).all()


@pytest.mark.parametrize("detail", [0, 50])
def test_wide_gamut_is_neither_clipped_nor_shifted(detail):
    """Mean CIEDE2000 to the picture that is only resized."""
    icc = bytes(pyvips.Image.profile_load("p3"))
    sample = read_photo(paths.resources_dir() / "sample" / "photo.jpg")
    pixels = sample.pixels[100:164, 200:280].astype(np.uint16) * 257
    photo = Photo(pixels, icc=icc)
    restored = Upscale().restore(
        photo, step(find_model("srgan-x4"), detail=detail), RunContext.quiet()
    )
    assert restored.photo.icc == icc
    small = lab(pixels, icc)
    planes = [
        resize_plane(plane.astype(np.float32), 256, 320) for plane in pixels.transpose(2, 0, 1)
    ]
    plain = lab(np.stack(planes, 2).clip(0, 65535).astype(np.uint16), icc)
    mine = lab(restored.photo.pixels, icc)
    assert mine.dE00(plain).avg() < 1
    for before, after in zip(small.bandsplit(), mine.bandsplit(), strict=True):
        assert abs(before.avg() - after.avg()) < 0.2


def lab(pixels, icc):
    height, width = pixels.shape[:2]
    image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, 3, "ushort")
    image = image.copy(interpretation="rgb16")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    return image.icc_import(pcs="lab", intent="relative", embedded=True)
