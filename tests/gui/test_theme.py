from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QListWidget,
    QPushButton,
    QSlider,
    QWidget,
)

from restorer.gui import icons, theme
from restorer.gui.settings_dialog import SettingsDialog
from restorer.gui.theme import DARK, LIGHT
from restorer.settings import Settings


@pytest.fixture(autouse=True)
def _as_before(qapp):
    yield
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())


def luminance(color):
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(colors):
    for background in (colors.panel, colors.field, colors.canvas):
        assert contrast(colors.text, background) >= 7
        assert contrast(colors.faint, background) >= 4.5
        assert contrast(colors.link, background) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert contrast(colors.on_accent, colors.accent_hover) >= 4.5


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_empty_tick_box_can_be_seen(qapp, colors):
    theme.apply_theme(qapp, "light" if colors is LIGHT else "dark")
    box = QCheckBox("x")
    box.resize(box.sizeHint())
    image = box.grab().toImage()
    middle = image.height() // 2
    drawn = {image.pixelColor(x, middle).name() for x in range(18)}
    assert any(contrast(color, colors.panel) >= 3 for color in drawn)


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [(QSlider, "strengthSlider"), (QListWidget, "queueList"), (QPushButton, "scaleChoice3")],
)
def test_focus_can_be_seen(qapp, window, choice, kind, name):
    theme.apply_theme(qapp, choice)
    window.queue.add([Path("a.png"), Path("b.png")])
    window.findChild(QWidget, "runBar").show()
    widget = window.findChild(kind, name)
    if isinstance(widget, QListWidget):
        widget.setCurrentRow(0)
    window.activateWindow()
    window.findChild(QComboBox, "modeBox").setFocus()
    before = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    assert widget.hasFocus()
    assert widget.grab().toImage() != before


@pytest.mark.parametrize(("choice", "colors"), [("light", LIGHT), ("dark", DARK)])
def test_choice_sets_the_palette(qapp, choice, colors):
    theme.apply_theme(qapp, choice)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == colors.panel
    assert qapp.style().objectName().lower() in ("fusion", "")


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_style_sheet_names_no_colour_that_is_missing(qapp, colors):
    assert not re.findall(r"@\w+", theme.make_style_sheet(colors))


def test_icons_follow_the_theme(qapp, window):
    theme.apply_theme(qapp, "light")
    light = window.actions_by_name["open"].icon().cacheKey()
    theme.apply_theme(qapp, "dark")
    qapp.processEvents()
    assert window.actions_by_name["open"].icon().cacheKey() != light
    assert icons.icon("open").cacheKey() == window.actions_by_name["open"].icon().cacheKey()


def test_icons_of_the_queue_follow_the_theme(qapp, window):
    theme.apply_theme(qapp, "light")
    window.queue.add([Path("a.png"), Path("b.png")])
    item = window.findChild(QListWidget, "queueList").item(0)
    light = item.icon().cacheKey()
    theme.apply_theme(qapp, "dark")
    qapp.processEvents()
    assert item.icon().cacheKey() not in (light, 0)


@pytest.mark.parametrize("name", ["noteText", "proposal"])
def test_links_follow_the_theme(qapp, window, name):
    theme.apply_theme(qapp, "light")
    label = window.findChild(QLabel, name)
    label.setText('<a href="choose">Choose</a>')
    label.resize(200, 30)
    colors = colors_of(label)
    assert LIGHT.link in colors
    theme.apply_theme(qapp, "dark")
    qapp.processEvents()
    colors = colors_of(label)
    assert DARK.link in colors
    assert LIGHT.link not in colors


def colors_of(widget):
    image = widget.grab().toImage()
    places = itertools.product(range(image.width()), range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in places}


def test_sizes_grow_with_the_font_of_the_system(qapp):
    before = qapp.font()
    font = QFont(before)
    try:
        font.setPointSize(10)
        qapp.setFont(font)
        assert "font-size: 17pt" in theme.make_style_sheet(LIGHT)
        font.setPointSize(20)
        qapp.setFont(font)
        sheet = theme.make_style_sheet(LIGHT)
        line_px = QFontMetrics(font).height()
    finally:
        qapp.setFont(before)
    assert "font-size: 34pt" in sheet
    assert f"min-height: {line_px}px" in sheet


def test_large_font_leaves_the_boxes_of_the_settings_whole(qapp, qtbot):
    before = qapp.font()
    font = QFont(before)
    font.setPointSize(20)
    qapp.setFont(font)
    try:
        theme.apply_theme(qapp, "light")
        dialog = SettingsDialog(Settings())
        qtbot.addWidget(dialog)
        dialog.show()
        boxes = [dialog.findChild(QComboBox, f"{name}Box") for name in ("language", "theme")]
        assert not boxes[0].geometry().intersects(boxes[1].geometry())
    finally:
        qapp.setFont(before)
