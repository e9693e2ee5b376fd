import io
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from restorer.engine.condition import Condition, measure_condition, propose
from restorer.engine.files.jpeg_tables import quantization

UNDAMAGED = Condition(blocks=0.01, fine_255=0.5, coarse_255=0.5, blur=0.25)


def photograph(height=256, width=320):
    """Edges and smooth parts, as sharp as a photograph that was made smaller."""
    rng = np.random.default_rng(0)
    picture = np.full((4 * height, 4 * width, 3), 90, np.uint8)
    for _ in range(60):
        x, y = rng.integers(0, 4 * width), rng.integers(0, 4 * height)
        color = [int(c) for c in rng.integers(30, 220, 3)]
        cv2.circle(picture, (int(x), int(y)), int(rng.integers(10, 200)), color, -1)
    shade = np.linspace(0.8, 1.1, 4 * width)[None, :, None]
    shaded = np.clip(picture * shade, 0, 255).astype(np.uint8)
    small = cv2.resize(shaded, (width, height), interpolation=cv2.INTER_AREA)
    return noisy(small, 1.5)  # as any camera


def jpeg(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file))


def noisy(pixels, sigma_255, *, blur_px=0.0):
    noise = np.random.default_rng(1).normal(0, 1, pixels.shape).astype(np.float32)
    if blur_px:
        noise = cv2.GaussianBlur(noise, (0, 0), blur_px)
    noise *= sigma_255 / noise.std()
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def faults(pixels):
    return " ".join(measure_condition(pixels).faults)


def test_nothing_is_found_where_nothing_is_wrong():
    assert faults(photograph()) == ""


@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("quality", [20, 50])
def test_blocks_are_found_wherever_they_begin(quality, shift):
    assert "blocks" in faults(jpeg(photograph(), quality)[shift:, shift:])


@pytest.mark.parametrize(("quality", "is_found"), [(75, True), (90, False)])
def test_the_file_says_how_strongly_it_was_compressed(tmp_path, quality, is_found):
    path = tmp_path / "photo"
    Image.fromarray(photograph()).save(path, "jpeg", quality=quality)
    hidden = photograph()  # as if blocks did not show in it
    found = measure_condition(hidden, path).faults
    assert found == (("Compression left blocks in this photo.",) if is_found else ())


@pytest.mark.parametrize("contents", [None, b"", b"\xff\xd8\xff", b"GIF89a"])
def test_a_file_that_is_no_jpeg_says_nothing(tmp_path, contents):
    path = tmp_path / "photo.jpg"
    if contents is not None:
        path.write_bytes(contents)
    assert quantization(path) == 0
    assert quantization(None) == 0


def test_noise_grain_and_blur_are_found_and_told_apart():
    sharp = photograph()
    assert faults(noisy(sharp, 12)) == "This photo has noise."
    assert faults(noisy(sharp, 12, blur_px=1.2)) == "This photo has grain."
    assert faults(cv2.GaussianBlur(sharp, (0, 0), 2)) == "This photo is blurred."


def test_16_bit_measure_as_8():
    one = measure_condition(photograph())
    deep = measure_condition(photograph().astype(np.uint16) * 257)
    assert deep.blocks == pytest.approx(one.blocks, abs=1e-3)
    assert deep.blur == pytest.approx(one.blur, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (17, 9)])
def test_tiny_and_flat_pictures_have_no_faults(size):
    assert measure_condition(np.full((*size, 3), 128, np.uint8)).faults == ()


def test_a_large_picture_takes_little_time():
    large = np.tile(photograph(), (12, 12, 1))
    begin = time.perf_counter()
    measure_condition(large)
    assert time.perf_counter() - begin < 0.9


@pytest.fixture
def cards(tiny_model):
    clean = replace(tiny_model, path=tiny_model.path.with_stem("clean"), degradation="bicubic")
    photo = replace(tiny_model, path=tiny_model.path.with_stem("photo"), degradation="photo")
    faithful = replace(photo, path=photo.path.with_stem("photo-faithful"), role="faithful")
    return [faithful, clean, photo]


def test_the_model_suits_the_condition(cards):
    assert propose(UNDAMAGED, cards, default="clean", scale=4).card.name == "clean"
    proposal = propose(replace(UNDAMAGED, blocks=0.3), cards, default="clean", scale=4)
    assert proposal.card.name == "photo"
    assert proposal.reasons == ("Compression left blocks in this photo.",)


@pytest.mark.parametrize(
    ("scale", "name"), [(0.5, "half"), (1.5, "half"), (2, "half"), (3, "clean"), (9, "clean")]
)
def test_a_model_that_enlarges_no_farther_than_wanted_is_quicker(cards, scale, name):
    half = replace(cards[1], path=cards[1].path.with_stem("half"), scale=2)
    proposal = propose(UNDAMAGED, [*cards, half], default="clean", scale=scale)
    assert proposal.card.name == name
    assert (len(proposal.reasons) == 2) == (name == "half")


def test_without_a_model_that_suits_the_default_is_proposed_and_the_lack_is_said(tiny_model):
    proposal = propose(replace(UNDAMAGED, blur=0.7), [tiny_model], default="", scale=4)
    assert proposal.card == tiny_model
    assert proposal.reasons[-1] == "There is no model for damaged photos."
