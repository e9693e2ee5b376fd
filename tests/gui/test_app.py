from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, qWarning
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QPushButton

from restorer import app, paths
from restorer import settings as settings_file
from restorer.engine.device import Device
from restorer.settings import Settings

CPU = Device("cpu", "Processor", 8_000_000_000, "fp32")


@pytest.fixture
def make_shell(qapp, monkeypatch):
    """Makes a program whose thread imports nothing."""
    monkeypatch.setattr("restorer.gui.worker.preload", lambda: None)
    monkeypatch.setattr("restorer.gui.worker.list_devices", lambda: [CPU])
    shells = []

    def make(settings):
        shell = app.Shell(qapp, settings)
        shells.append(shell)
        shell.open_window()
        return shell

    yield make
    for shell in shells:
        shell.window.close()
        shell.window.deleteLater()
        assert shell.runner.shut_down()
        for translator in shell._translators:
            qapp.removeTranslator(translator)
        shell.deleteLater()
    QLocale.setDefault(QLocale.c())
    qapp.setStyleSheet("")


def start_words(shell):
    return shell.window.findChild(QPushButton, "sampleButton").text()


def test_language_of_the_settings_is_spoken(make_shell):
    assert start_words(make_shell(Settings(language="zh_CN"))) == "用示例图片试一试"


@pytest.mark.parametrize("name", ["zh_CN", "zh_SG", "zh_Hans_HK", "zh"])
def test_simplified_chinese_of_any_place_is_spoken(make_shell, monkeypatch, name):
    monkeypatch.setattr(app, "chosen_locale", lambda language: QLocale(name))
    assert start_words(make_shell(Settings())) == "用示例图片试一试"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"  # Qt's own


@pytest.mark.parametrize(("languages", "chinese"), [
    ("en-Latn-US en-US en-Latn en zh-Hans-CN zh-CN zh-Hans zh", False),
    ("en-GB zh-CN", False),
    ("de-DE de zh-Hans-SG zh-SG zh-Hans zh en", True),
    ("de-DE de en zh-CN", False),
    ("zh-Hant-TW zh-TW zh-Hant zh", False),
    ("zh-HK zh en", False),
    ("zh-Hant-TW zh-TW zh-Hant zh zh-Hans-CN zh-CN", True),
    ("zh", True),
    ("de-DE de", False),
    ("C", False),
])  # fmt: skip
def test_first_language_that_the_program_speaks_counts(languages, chinese):
    assert app.is_chinese(languages.split()) is chinese


def test_another_language_takes_a_new_window_and_keeps_the_photo(make_shell, saved_photo, qtbot):
    shell = make_shell(Settings(language="en"))
    before = shell.window
    with qtbot.waitSignal(shell.runner.finished):
        before.open_photos([saved_photo])
    before.choose_language("zh_CN")
    assert shell.window is not before
    assert start_words(shell) == "用示例图片试一试"
    assert shell.window.document.source == saved_photo
    assert "holiday.png" in shell.window.windowTitle()
    assert not before.isVisible()
    assert settings_file.load(paths.settings_file()).language == "zh_CN"


def test_pseudo_language_doubles_the_window_s_words(make_shell, monkeypatch):
    monkeypatch.setenv("RESTORER_PSEUDO", "1")
    text = start_words(make_shell(Settings(language="en")))
    assert text == "Try the sample picture Try the sample picture"


def test_settings_are_written_when_the_window_closes(make_shell):
    shell = make_shell(Settings(language="en"))
    shell.window.close()
    assert settings_file.load(paths.settings_file()).geometry


def test_without_a_display_one_sentence_and_status_2(monkeypatch, capsys):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(app.sys, "platform", "linux")
    assert app.main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "restorer upscale PHOTO -o OUT" in said


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_windows_and_macos_have_a_display(monkeypatch, platform):
    monkeypatch.setattr(app.sys, "platform", platform)
    assert app.has_display()


def test_what_qt_says_goes_into_the_log(qapp, caplog):
    from PySide6.QtCore import qInstallMessageHandler

    before = qInstallMessageHandler(app.log_qt_message)
    try:
        with caplog.at_level(logging.WARNING):
            qWarning("something odd")
    finally:
        qInstallMessageHandler(before)
    assert "something odd" in caplog.text


def test_a_photo_the_system_asks_for_is_opened(make_shell, qapp, saved_photo, qtbot):
    shell = make_shell(Settings(language="en"))
    qapp.photo_wanted.connect(shell.open_photo)
    with qtbot.waitSignal(shell.runner.finished):
        QCoreApplication.sendEvent(qapp, QFileOpenEvent(str(saved_photo)))
    assert shell.window.document.source == saved_photo
