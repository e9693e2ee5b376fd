import numpy as np
import pytest
from PIL import Image

from restorer.training import __main__ as program


@pytest.fixture
def photo(tmp_path):
    """A photograph as large as a crop, 192 px."""
    pixels = np.random.default_rng(0).integers(60, 200, (192, 196, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["training", "sheet", "--device", "cpu", *map(str, words)])
    return program.main()


def test_a_row_for_each_place_and_a_column_for_each_setting(
    photo, tiny_pair, tmp_path, monkeypatch, capsys
):
    target = tmp_path / "sheet.png"
    words = (f"{photo}:0,0", f"{photo}:4,0", "--model", tiny_pair.srgan.name)
    assert run(monkeypatch, *words, "--detail", "0,100", "-o", target) == 0
    with Image.open(target) as sheet:
        assert sheet.size == (4 * 192 + 3 * 4, 18 + 2 * 192 + 4)
        last = np.asarray(sheet)[-192:, -192:]
    with Image.open(photo) as sharp:
        assert (last == np.asarray(sharp)[:, 4:196]).all()
    lines = capsys.readouterr().out.splitlines()
    assert [line[:17] for line in lines[:2]] == ["photo, detail 0  ", "photo, detail 100"]
    assert all("grey spread" in line for line in lines)


def test_a_damaged_picture_is_shown_as_it_is(photo, tiny_cleaner, tmp_path, monkeypatch):
    target = tmp_path / "sheet.png"
    words = (f"{photo}:4,0", "--model", tiny_cleaner.name, "--degradation", "none", "--side", "96")
    assert run(monkeypatch, *words, "-o", target) == 0
    with Image.open(target) as sheet, Image.open(photo) as damaged:
        assert sheet.size == (2 * 96 + 4, 18 + 96)
        assert (np.asarray(sheet)[-96:, :96] == np.asarray(damaged)[:96, 4:100]).all()


def test_a_crop_outside_the_photograph_is_an_error(
    photo, tiny_model, tmp_path, monkeypatch, capsys
):
    words = (f"{photo}:5,0", "--model", tiny_model.name, "-o", tmp_path / "sheet.png")
    assert run(monkeypatch, *words) == 1
    assert "not inside" in capsys.readouterr().err


def test_a_place_needs_a_corner(photo, monkeypatch):
    with pytest.raises(SystemExit):
        run(monkeypatch, photo, "-o", "sheet.png")
