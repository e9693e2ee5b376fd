"""The pictures on buttons: one table from what a button does to a glyph of QtAwesome."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QAbstractButton, QWidget

from restorer import paths

if TYPE_CHECKING:
    from PySide6.QtCore import QSize
    from PySide6.QtGui import QPixmap

GLYPHS = {
    "about": "ph.info",
    "actual_size": "ph.frame-corners",
    "cancel": "ph.x",
    "copy": "ph.copy",
    "export": "ph.export",
    "finish_early": "ph.check",
    "fit": "ph.corners-out",
    "language": "ph.globe",
    "open": "ph.folder-open",
    "paste": "ph.clipboard",
    "pause": "ph.pause",
    "photo": "ph.image",
    "private": "ph.shield-check",
    "quit": "ph.sign-out",
    "run": "ph.sparkle",
    "sample": "ph.image-square",
    "settings": "ph.gear-six",
    "state_done": "ph.check-circle",
    "state_failed": "ph.warning-circle",
    "state_waiting": "ph.image",
    "updates": "ph.arrows-clockwise",
    "zoom_in": "ph.magnifying-glass-plus",
    "zoom_out": "ph.magnifying-glass-minus",
}

_NAME = "icon_name"
_ROLE = "icon_role"


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """Return the icon of an action, tinted for the palette of this moment.

    Raises:
        KeyError: The table has no such name.
    """
    palette = QGuiApplication.palette()
    normal = palette.color(QPalette.ColorGroup.Active, role)
    disabled = palette.color(QPalette.ColorGroup.Disabled, role)
    return _awesome_icon(GLYPHS[name], normal.name(), disabled.name())


def pixmap(name: str, size: QSize, role: QPalette.ColorRole) -> QPixmap:
    """Return an icon as a picture for a label, sharp on any screen."""
    return icon(name, role).pixmap(size)


def set_icon(
    target: QAction | QAbstractButton,
    name: str,
    role: QPalette.ColorRole = QPalette.ColorRole.ButtonText,
) -> None:
    """Give target an icon that refresh tints anew."""
    target.setProperty(_NAME, name)
    target.setProperty(_ROLE, role.value)
    target.setIcon(icon(name, role))


def refresh(root: QWidget) -> None:
    """Tint all icons below root for the palette of this moment."""
    for target in root.findChildren(QObject):
        name = target.property(_NAME)
        if name and isinstance(target, QAction | QAbstractButton):
            target.setIcon(icon(name, QPalette.ColorRole(target.property(_ROLE))))


def app_icon() -> QIcon:
    """Return the program's own icon."""
    return QIcon(str(paths.resources_dir() / "app" / "icon.png"))


@functools.cache
def _awesome_icon(glyph: str, color: str, disabled: str) -> QIcon:
    with warnings.catch_warnings():
        # WORKAROUND: QtAwesome 1.4 leaves its font tables for the collector to close.
        warnings.simplefilter("ignore", ResourceWarning)
        import qtawesome  # reads its fonts, which need a QApplication

        return qtawesome.icon(glyph, color=color, color_disabled=disabled)
