from __future__ import annotations

import re
import runpy
import shutil
import string
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator

from restorer import app, paths

FOLDER = paths.resources_dir() / "i18n"


def messages(path):
    """Return (context, source) -> translation element."""
    return {
        (context.findtext("name"), message.findtext("source")): message.find("translation")
        for context in ElementTree.parse(path).iter("context")
        for message in context.iter("message")
    }


CHINESE = messages(FOLDER / "restorer_zh_CN.ts")


def test_every_string_is_translated():
    unfinished = [key for key, item in CHINESE.items() if item.get("type") or not item.text]
    assert not unfinished


def places(text):
    return sorted(name for _, name, *_ in string.Formatter().parse(text) if name is not None)


def test_translations_keep_the_places_and_have_their_own_mnemonics():
    for (_, source), item in CHINESE.items():
        assert places(source) == places(item.text), source
        assert ("&" in source) == bool(re.search(r"\(&[A-Z]\)", item.text)), source


@pytest.mark.slow
def test_translation_files_are_current(tmp_path):
    update = runpy.run_path(str(FOLDER / "update.py"))["update"]
    copy = tmp_path / "restorer_zh_CN.ts"
    shutil.copy(FOLDER / copy.name, copy)
    update(copy, "zh_CN")
    assert set(messages(copy)) == set(CHINESE), "run python resources/i18n/update.py"
    assert copy.with_suffix(".qm").read_bytes() == (FOLDER / "restorer_zh_CN.qm").read_bytes()


def test_compiled_translation_is_used(qapp):
    translator = QTranslator()
    assert translator.load("restorer_zh_CN", str(FOLDER))
    qapp.installTranslator(translator)
    try:
        assert QCoreApplication.translate("StartPage", "Drop a photo here") == "将照片拖到这里"
        assert QCoreApplication.translate("modes", "Upscale") == "放大"
    finally:
        qapp.removeTranslator(translator)


def test_pseudo_translation_doubles_every_string(qapp):
    translator = app.PseudoTranslator()
    qapp.installTranslator(translator)
    try:
        assert QCoreApplication.translate("StartPage", "Paste") == "Paste Paste"
    finally:
        qapp.removeTranslator(translator)
