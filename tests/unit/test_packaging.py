"""What the packages say about the program must be true of it."""

import re
from pathlib import Path

from restorer import cli, paths
from restorer.engine.photo_io import READ_SUFFIXES

LINUX = paths.program_dir() / "installer" / "linux"
MIME_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
}
SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


def test_the_desktop_entry_names_what_can_be_read():
    text = (LINUX / "restorer.desktop").read_text("utf-8")
    types = re.search(r"^MimeType=(.*);$", text, re.MULTILINE).group(1).split(";")
    assert set(types) == {MIME_TYPES[SAME.get(suffix, suffix)] for suffix in READ_SUFFIXES}


def test_the_manual_page_names_every_command():
    text = (LINUX / "restorer.1").read_text("utf-8")
    missing = [
        name for name in cli.COMMANDS if not re.search(rf"^\.(B|BI|BR) {name}\b", text, re.M)
    ]
    assert missing == []


def test_resources_are_found_in_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / "restorer" / "resources").mkdir(parents=True)
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "restorer" / "paths.py"))
    assert paths.program_dir() == tmp_path.resolve() / "restorer"


def test_licences_of_the_lgpl_are_there():
    for name in ("LGPL-3.0", "LGPL-2.1", "GPL-3.0"):
        text = Path(paths.resources_dir(), "licenses", f"{name}.txt").read_text("utf-8")
        assert "GENERAL PUBLIC LICENSE" in text
