"""Unit tests run where Qt cannot even be imported."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _no_qt(monkeypatch):
    """Fail any import of Qt that a unit test causes; what is loaded already stays."""
    for name in ("PySide6", "shiboken6"):
        if name not in sys.modules:
            monkeypatch.setitem(sys.modules, name, None)
