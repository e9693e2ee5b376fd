from dataclasses import replace

from restorer import paths
from restorer.engine.model_files import read_card
from restorer.training.cards import README, describe, read_recipes


def test_the_models_page_is_current():
    folder = paths.bundled_models_dir()
    cards = [read_card(path) for path in sorted(folder.glob("*.safetensors"))]
    assert (folder / README).read_text(encoding="utf-8") == describe(cards, read_recipes(folder))


def test_the_page_shows_figures_and_facts(tiny_model):
    page = describe([replace(tiny_model, figures={"Set5": {"PSNR": 31.25, "SSIM": 0.9}})])
    assert "| Set5 | 31.25 | 0.9 |" in page
    assert f"## {tiny_model.name}: " in page
    assert tiny_model.sha256 in page


def test_the_table_of_recipes_ends_the_page(tiny_model, tmp_path):
    (tmp_path / "recipes.md").write_text("| model |\n")
    assert describe([tiny_model], read_recipes(tmp_path)).endswith("\n| model |\n")
    assert read_recipes(tmp_path / "elsewhere") == ""
