from __future__ import annotations

import json
import logging
from dataclasses import fields

import pytest

from restorer import settings
from restorer.settings import CHECKS, Settings


def test_what_was_saved_is_loaded(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    chosen = Settings(
        language="zh_CN", theme="dark", models={"upscale": "mine"}, values={"upscale.scale": 2.5},
        tile=256, export_quality=80, geometry="01d9",
    )  # fmt: skip
    settings.save(chosen, path)
    assert settings.load(path) == chosen
    assert [item.name for item in path.parent.iterdir()] == ["settings.json"]


def test_a_name_that_is_no_unicode_is_kept(tmp_path):
    chosen = Settings(models={"upscale": "a\udcff"})
    settings.save(chosen, tmp_path / "settings.json")
    assert settings.load(tmp_path / "settings.json") == chosen


def test_without_a_file_everything_has_its_default(tmp_path):
    assert settings.load(tmp_path / "none.json") == Settings()


@pytest.mark.parametrize("text", ["{", "[]", "\x00", "nonsense", '"a"'])
def test_damaged_file_gives_defaults_and_is_logged(tmp_path, text, caplog):
    path = tmp_path / "settings.json"
    path.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert settings.load(path) == Settings()
    assert caplog.records


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("language", "xx"), ("theme", 3), ("precision", "fp8"), ("tile", 63), ("tile", True),
        ("tile", "half"), ("export_quality", 0), ("export_quality", 101), ("export_quality", "9"),
        ("models", ["a"]), ("models", {"upscale": 1}), ("values", {"upscale.scale": [4]}),
        ("geometry", "zz"), ("device", None), ("open_folder", 1),
    ],
)  # fmt: skip
def test_impossible_value_is_replaced_alone_and_logged(tmp_path, name, bad, caplog):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({name: bad, "export_folder": "/pictures"}))
    with caplog.at_level(logging.WARNING):
        assert settings.load(path) == Settings(export_folder="/pictures")
    assert name in caplog.text


def test_every_field_has_a_check_that_takes_its_default():
    assert set(CHECKS) == {item.name for item in fields(Settings)}
    defaults = Settings()
    assert all(check(getattr(defaults, name)) for name, check in CHECKS.items())


def test_setting_of_another_version_is_ignored(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"from_the_future": 1, "theme": "dark"}')
    assert settings.load(path) == Settings(theme="dark")


def test_disk_that_refuses_is_logged_not_raised(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    settings.save(Settings(), tmp_path / "file" / "settings.json")
    assert "cannot be saved" in caplog.text
