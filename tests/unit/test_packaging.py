"""What the packages say about the program must be true of it."""

import re
from pathlib import Path

from restorer import cli, paths
from restorer.engine.files.photo_io import READ_SUFFIXES
from restorer.engine.files.raw_decode import SUFFIXES as RAW_SUFFIXES

INSTALLER = paths.program_dir() / "installer"
MIME_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
}
# Raw files; of the other makers freedesktop.org has no type.
MIME_TYPES |= {
    ".dng": "image/x-adobe-dng",
    ".nef": "image/x-nikon-nef",
    ".nrw": "image/x-nikon-nrw",
    ".cr2": "image/x-canon-cr2",
    ".cr3": "image/x-canon-cr3",
    ".arw": "image/x-sony-arw",
    ".srf": "image/x-sony-srf",
    ".sr2": "image/x-sony-sr2",
    ".raf": "image/x-fuji-raf",
    ".orf": "image/x-olympus-orf",
    ".rw2": "image/x-panasonic-rw2",
    ".pef": "image/x-pentax-pef",
    ".kdc": "image/x-kodak-kdc",
    ".mrw": "image/x-minolta-mrw",
    ".x3f": "image/x-sigma-x3f",
}
SAME = {
    ".jpeg": ".jpg",
    ".jpe": ".jpg",
    ".jfif": ".jpg",
    ".tiff": ".tif",
    ".heif": ".heic",
    ".hif": ".heic",
}
NOT_PACKAGED = {".jxl"}  # see "formats" in pyproject.toml
PACKAGED = set(READ_SUFFIXES) - NOT_PACKAGED


def test_the_desktop_entry_names_what_can_be_read():
    text = (INSTALLER / "linux" / "restorer.desktop").read_text("utf-8")
    types = re.search(r"^MimeType=(.*);$", text, re.MULTILINE).group(1).split(";")
    plain = {SAME.get(suffix, suffix) for suffix in PACKAGED}
    assert set(types) == {MIME_TYPES[suffix] for suffix in plain & MIME_TYPES.keys()}
    assert plain - MIME_TYPES.keys() <= set(RAW_SUFFIXES)


def test_windows_offers_the_program_for_what_can_be_read():
    text = (INSTALLER / "windows" / "restorer.iss").read_text("utf-8")
    offered = re.findall(r'SupportedTypes".*ValueName: "(\.\w+)"', text)
    assert set(offered) == PACKAGED


def test_the_manual_page_names_every_command():
    text = (INSTALLER / "linux" / "restorer.1").read_text("utf-8")
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
