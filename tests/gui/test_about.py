"""What the Help menu tells: licences, and whether there is a newer version."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QPlainTextEdit, QPushButton

from restorer import __version__
from restorer.gui import update_check
from restorer.gui.licenses_dialog import LicensesDialog


def test_about_leads_to_the_licences(window):
    window.show_about()
    button = window.findChild(QPushButton, "licensesButton")
    button.click()
    dialog = window.findChild(LicensesDialog)
    text = dialog.findChild(QPlainTextEdit).toPlainText()
    for words in ("numpy", "PySide6", "GNU LESSER GENERAL PUBLIC LICENSE", "libheif"):
        assert words in text
    dialog.reject()


def test_no_check_is_offered_while_the_project_has_no_page(window):
    assert update_check.DOWNLOADS_URL == ""
    assert not window.actions_by_name["updates"].isVisible()


@pytest.fixture
def ask(window, tmp_path, qtbot):
    """Answers the question with yes and returns the text and the box that follows."""

    def ask(answer):
        if answer is not None:
            (tmp_path / "version.txt").write_text(answer)
        url = QUrl.fromLocalFile(f"{tmp_path}/").toString()
        update_check.UpdateCheck(window, url).ask()
        window.findChild(QPushButton, "checkAnswer").click()

        def answers():
            return [box for box in window.findChildren(QMessageBox) if box.isVisible()]

        qtbot.waitUntil(lambda: len(answers()) == 1)
        return answers()[0]

    return ask


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (f"{__version__}\n", "newest version"),
        ("0.0.9", "newest version"),
        ("999.0", "newer version, 999.0"),
        ("<html>", "not understood"),
        ("1." * 60, "not understood"),
        (None, "could not be found out"),
    ],
)
def test_the_answer_is_said(ask, answer, words):
    box = ask(answer)
    assert words in box.text() + box.informativeText()
    box.reject()


def test_a_newer_version_leads_to_its_page(ask, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    ask("999.0").findChild(QPushButton, "pageAnswer").click()
    assert opened[0].isLocalFile()


def test_nothing_is_fetched_without_a_yes(window, monkeypatch):
    monkeypatch.setattr(update_check.UpdateCheck, "_fetch", lambda self: pytest.fail("fetched"))
    update_check.UpdateCheck(window, "file:///nowhere/").ask()
    window.findChild(QMessageBox).reject()


@pytest.mark.parametrize(
    ("version", "than", "expected"),
    [("1.10", "1.9", True), ("1.9", "1.10", False), ("1.0.1", "1.0", True), ("1.0", "1.0", False)],
)
def test_versions_are_compared_number_by_number(version, than, expected):
    assert update_check.is_newer(version, than) is expected
