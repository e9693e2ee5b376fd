from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import QLocale, qWarning
from PySide6.QtWidgets import QPushButton

from restorer import app, paths
from restorer import settings as settings_file
from restorer.engine.device import Device
from restorer.settings import Settings


@pytest.fixture
def make_shell(qapp, monkeypatch):
    """Makes a program whose thread imports nothing."""
    monkeypatch.setattr("restorer.gui.worker.preload", lambda: None)
    cpu = Device("cpu", "Processor", 1 << 30, "fp32")
    monkeypatch.setattr("restorer.gui.worker.list_devices", lambda: [cpu])
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
