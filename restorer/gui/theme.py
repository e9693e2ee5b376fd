"""Light and dark: our own palettes on Qt's Fusion style, and a small style sheet.

setColorScheme alone does nothing where the platform has no theme (bare X), so the palette is ours;
it is called all the same, for the window's title bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from restorer import paths


@dataclass(frozen=True)
class Colors:
    """One theme. Names say where a colour is seen.

    Attributes:
        canvas: Behind the photograph.
        panel: Side panel, bars and dialogs.
        field: Inside text fields and lists.
        line: Borders.
        hover: A button under the pointer.
        text: Most text.
        faint: Text of less weight.
        disabled: Text of what cannot be used now.
        accent: The one button that matters, progress, selection.
        accent_hover: The same under the pointer.
        on_accent: Text on it.
        link: Links, warnings and the frame of a field with the focus.
        arrow: File of the arrow of a drop-down list.
    """

    canvas: str
    panel: str
    field: str
    line: str
    hover: str
    text: str
    faint: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    link: str
    arrow: str


LIGHT = Colors(
    canvas="#eceef1",
    panel="#fafbfc",
    field="#ffffff",
    line="#d5d9df",
    hover="#eceff3",
    text="#1c2129",
    faint="#626b78",
    disabled="#a2a9b3",
    accent="#3557d6",
    accent_hover="#2a48b8",
    on_accent="#ffffff",
    link="#3557d6",
    arrow="arrow-light.svg",
)
DARK = Colors(
    canvas="#14161a",
    panel="#1e2127",
    field="#272b33",
    line="#383e48",
    hover="#2f343d",
    text="#e8eaee",
    faint="#9aa3b0",
    disabled="#636b77",
    accent="#4466ee",
    accent_hover="#3555d8",
    on_accent="#ffffff",
    link="#7b95fa",
    arrow="arrow-dark.svg",
)


def apply_theme(app: QApplication, choice: str) -> None:
    """Give the program its colours; call again when the choice or the system's scheme changes.

    Args:
        app: The program.
        choice: "auto", "light" or "dark".
    """
    schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    hints = app.styleHints()
    hints.setColorScheme(schemes.get(choice, Qt.ColorScheme.Unknown))
    is_dark = choice == "dark" or (choice == "auto" and hints.colorScheme() == Qt.ColorScheme.Dark)
    colors = DARK if is_dark else LIGHT
    style = app.style()
    if style is None or style.name() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(make_palette(colors))
    app.setStyleSheet(make_style_sheet(colors))


def make_palette(colors: Colors) -> QPalette:
    """Return a theme's colours by the roles of Qt."""
    role = QPalette.ColorRole
    palette = QPalette(QColor(colors.panel))
    for which, color in {
        role.Window: colors.panel,
        role.WindowText: colors.text,
        role.Base: colors.field,
        role.AlternateBase: colors.panel,
        role.Text: colors.text,
        role.Button: colors.field,
        role.ButtonText: colors.text,
        role.BrightText: colors.on_accent,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Link: colors.link,
        role.LinkVisited: colors.link,
        role.PlaceholderText: colors.faint,
        role.ToolTipBase: colors.field,
        role.ToolTipText: colors.text,
        role.Mid: colors.line,
        role.Midlight: colors.hover,
        role.Dark: colors.canvas,
    }.items():
        palette.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText, role.BrightText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colors.disabled))
    return palette


def make_style_sheet(colors: Colors) -> str:
    """Return resources/styles/restorer.qss with a theme's colours in the places named @COLOR.

    @pt(FACTOR) and @row(PX) there are sizes that grow with the font of the system: FACTOR times its
    size, and PX or the height of a line. They are made for 10 points, and never less than then.
    """
    styles = paths.resources_dir() / "styles"
    QDir.setSearchPaths("styles", [str(styles)])  # url() in a style sheet takes no odd characters
    sheet = (styles / "restorer.qss").read_text("utf-8")
    # The longest names first: @accent_hover begins with @accent.
    for name in sorted((field.name for field in fields(Colors)), key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", getattr(colors, name))
    font = QGuiApplication.font()
    points, line_px = max(10.0, font.pointSizeF()), QFontMetrics(font).height()
    sheet = re.sub(r"@pt\((.+?)\)", lambda found: f"{float(found[1]) * points:g}pt", sheet)
    return re.sub(r"@row\((.+?)\)", lambda found: f"{max(int(found[1]), line_px)}px", sheet)
