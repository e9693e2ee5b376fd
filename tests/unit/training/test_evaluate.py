import math
from pathlib import Path

import numpy as np
import pytest

from restorer.engine.device import Compute
from restorer.errors import SettingsError
from restorer.training.data import list_photos, read_sharp
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic
from restorer.training.evaluate import evaluate, luma, psnr, score, ssim

BENCH = Path(__file__).parents[4] / "shared" / "data" / "bench"


def test_luma_goes_from_16_to_235():
    assert luma(np.uint8([[[0, 0, 0]]]))[0, 0] == pytest.approx(16)
    assert luma(np.uint8([[[255, 255, 255]]]))[0, 0] == pytest.approx(235)


def test_psnr_of_one_level_is_48_db():
    a = np.zeros((20, 20))
    assert psnr(a, a + 1, border_px=4) == pytest.approx(48.13, abs=0.01)
    assert psnr(a, a, border_px=4) == math.inf


def test_the_border_is_left_out():
    a = np.zeros((20, 20))
    b = a.copy()
    b[:4] = 99
    assert psnr(a, b, border_px=4) == math.inf


def test_ssim_is_1_for_equal_and_falls_with_noise():
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 255, (40, 40))
    assert ssim(a, a, border_px=4) == pytest.approx(1)
    little = ssim(a, a + rng.normal(0, 5, a.shape), border_px=4)
    much = ssim(a, a + rng.normal(0, 50, a.shape), border_px=4)
    assert 1 > little > much > 0


def test_evaluate_names_a_folder_without_pictures(tmp_path, tiny_model):
    with pytest.raises(SettingsError, match="no photograph"):
        list(evaluate(tmp_path, tiny_model, Compute()))


@pytest.mark.slow
@pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmark pictures are not here")
@pytest.mark.parametrize(("name", "published"), [("Set5", 28.42), ("Set14", 26.09)])
def test_bicubic_has_its_published_psnr(name, published):
    """Set14 is 26.00 in the literature; 26.09 with its grey picture scored as RGB to Y."""
    scores = []
    for path in list_photos(BENCH / name):
        sharp = read_sharp(path, 4)
        scores.append(score(enlarge_bicubic(shrink_bicubic(sharp, 4), 4), sharp, 4).psnr)
    assert np.mean(scores) == pytest.approx(published, abs=0.015)
