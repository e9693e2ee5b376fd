from __future__ import annotations

import subprocess
import sys

import pytest

from restorer.gui import icons


def test_window_is_imported_without_torch():
    code = "import sys, restorer.app, restorer.gui.main_window; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_icon_is_in_its_font(qapp):
    for name in icons.GLYPHS:
        assert not icons.icon(name).isNull(), name


def test_unknown_icon_is_refused(qapp):
    with pytest.raises(KeyError):
        icons.icon("no such icon")


def test_program_has_its_own_icon(qapp):
    assert not icons.app_icon().isNull()
