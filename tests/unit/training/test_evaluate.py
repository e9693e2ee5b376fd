import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from restorer.engine.detail import load_mixed
from restorer.engine.device import Compute
from restorer.engine.model_files import find_models, read_card
from restorer.errors import SettingsError
from restorer.paths import bundled_models_dir
from restorer.training import __main__ as program
from restorer.training.data import list_photos, read_sharp
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic
from restorer.training.evaluate import Result, Score, evaluate, mean, score
from restorer.training.lpips import Lpips
from restorer.training.scores import MOST_DB, luma, psnr, ssim

BENCH = Path(__file__).parents[4] / "shared" / "data" / "bench"


def test_luma_goes_from_16_to_235():
    assert luma(np.uint8([[[0, 0, 0]]]))[0, 0] == pytest.approx(16)
    assert luma(np.uint8([[[255, 255, 255]]]))[0, 0] == pytest.approx(235)


def test_psnr_of_one_level_is_48_db():
    a = np.zeros((20, 20))
    assert psnr(a, a + 1, border_px=4) == pytest.approx(48.13, abs=0.01)
    assert psnr(a, a, border_px=4) == MOST_DB


def test_the_border_is_left_out():
    a = np.zeros((20, 20))
    b = a.copy()
    b[:4] = 99
    assert psnr(a, b, border_px=4) == MOST_DB


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


def test_means_leave_out_what_was_not_measured():
    results = [Result("a", Score(30, 0.9), Score(28, 0.8), 50.0),
               Result("b", Score(32, 0.7), Score(26, 0.6), None)]  # fmt: skip
    assert mean(results).model.psnr == 31
    assert mean(results).bicubic.ssim == pytest.approx(0.7)
    assert mean(results).model.lpips is None
    assert mean(results).agreement_db == 50


@pytest.fixture
def sharp(tmp_path):
    folder = tmp_path / "Test2"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        pixels = rng.integers(0, 256, (64, 72, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["training", "evaluate", "--device", "cpu", *map(str, words)])
    return program.main()


def test_the_table_of_a_pair_is_printed_and_recorded_in_both_cards(
    sharp, tiny_pair, tmp_path, monkeypatch, capsys
):
    torch.manual_seed(0)
    save_file(Lpips().state_dict(), tmp_path / "lpips.safetensors")
    words = ("--hr", sharp, "--model", tiny_pair.srgan.name, "--detail", "0,100")
    words += ("--lpips", tmp_path / "lpips.safetensors", "--record")
    assert run(monkeypatch, *words) == 0
    table = capsys.readouterr().out
    for card in (tiny_pair.faithful, tiny_pair.srgan):
        figures = read_card(card.path).figures
        assert list(figures) == ["Test2, detail 0", "Test2, detail 100"]
        for row in figures.values():
            assert {"PSNR", "SSIM", "LPIPS", "agreement", "bicubic PSNR"} <= row.keys()
            assert f"{row['PSNR']:.2f}" in table
    assert load_mixed(tiny_pair, 50)


def test_detail_needs_a_partner(sharp, tiny_model, monkeypatch, capsys):
    words = ("--hr", sharp, "--model", tiny_model.name, "--detail", "50")
    assert run(monkeypatch, *words) == 1
    assert "has no partner" in capsys.readouterr().err


def test_cleaning_is_evaluated_on_damaged_pictures(sharp, tiny_cleaner, monkeypatch, capsys):
    words = ("--hr", sharp, "--model", tiny_cleaner.name, "--degradation", "noise-25")
    assert run(monkeypatch, *words, "--held-out", "--record") == 0
    assert "two" not in capsys.readouterr().out  # the first of two names is held out
    figures = read_card(tiny_cleaner.path).figures["validation, noise-25"]
    assert figures["bicubic PSNR"] == pytest.approx(25.4, abs=1)  # of Y, where colours average


def test_an_unknown_degradation_is_named(sharp, tiny_cleaner, monkeypatch, capsys):
    words = ("--hr", sharp, "--model", tiny_cleaner.name, "--degradation", "rust")
    assert run(monkeypatch, *words) == 1
    assert "no degradation 'rust'" in capsys.readouterr().err


def test_a_table_compares_models(sharp, tiny_model, tiny_pair, tmp_path, monkeypatch, capsys):
    torch.manual_seed(0)
    save_file(Lpips().state_dict(), tmp_path / "lpips.safetensors")
    monkeypatch.setattr("restorer.training.__main__.bundled_models_dir", lambda: tmp_path)
    names = [tiny_model.name, tiny_pair.srgan.name]
    words = ["table", *names, "--hr", str(sharp), "--device", "cpu", "--record"]
    words += ["--lpips", str(tmp_path / "lpips.safetensors")]
    monkeypatch.setattr("sys.argv", ["training", *words])
    assert program.main() == 0
    table = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert [row[0] for row in rows] == ["model", "---", "bicubic", *names]
    assert rows[0][2] == "trained"
    assert rows[0][3:] == ["parameters", "s / megapixel", "Test2 PSNR", "Test2 SSIM", "Test2 LPIPS"]
    assert all(math.isfinite(float(cell.replace(",", ""))) for row in rows[3:] for cell in row[3:])
    assert (tmp_path / "recipes.md").read_text(encoding="utf-8") == table


@pytest.mark.parametrize("words", ["0,101", "many", ""])
def test_an_impossible_detail_is_wrong_usage(sharp, monkeypatch, words):
    with pytest.raises(SystemExit):
        run(monkeypatch, "--hr", sharp, "--detail", words)


SHIPPED = [
    (card, name.partition(", detail ")[::2], row)
    for card in find_models()
    if card.path.parent == bundled_models_dir()
    for name, row in card.figures.items()
    if name.startswith("Set5")
]


@pytest.mark.slow
@pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmark pictures are not here")
@pytest.mark.parametrize(
    ("card", "test_set", "row"), SHIPPED, ids=lambda value: getattr(value, "name", None)
)
def test_a_shipped_card_has_the_figures_that_are_measured(card, test_set, row):
    name, detail = test_set
    params = {"detail": float(detail)} if detail else {}
    params["agree"] = "agreement" in row
    found = mean(list(evaluate(BENCH / name, card, Compute(device="cpu"), params=params)))
    assert found.model.psnr == pytest.approx(row["PSNR"], abs=0.02)
    assert found.model.ssim == pytest.approx(row["SSIM"], abs=0.001)
    assert found.bicubic.psnr == pytest.approx(row["bicubic PSNR"], abs=0.01)


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
