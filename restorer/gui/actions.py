"""Everything the menus and the toolbar can do: one line per action."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence

from restorer.gui import icons
from restorer.gui.document import Document, State
from restorer.gui.update_check import DOWNLOADS_URL

if TYPE_CHECKING:
    from restorer.gui.main_window import MainWindow

translate = QCoreApplication.translate

Key = QKeySequence.StandardKey
Shortcut = QKeySequence.StandardKey | str | None

MNEMONIC = re.compile(r"\(&\w\)|&|…")  # "&Open…" in English, "打开(&O)…" in Chinese

ALL = frozenset(State)
CALM = frozenset({State.EMPTY, State.READY, State.RESTORED})
RESTORED = frozenset({State.RESTORED})
RESTORABLE = frozenset({State.READY, State.RESTORED})
RESTORING = frozenset({State.RESTORING})
WITH_PHOTO = ALL - {State.EMPTY}


@dataclass(frozen=True)
class ActionSpec:
    """One line of the table.

    Attributes:
        name: Also the name of its icon, if it has one.
        text: Translated, with its mnemonic.
        shortcut: Standard keys where Qt has them.
        slot: What it calls.
        states: When it is enabled.
    """

    name: str
    text: str
    shortcut: Shortcut
    slot: Callable[[], object]
    states: frozenset[State]


def action_specs(window: MainWindow) -> tuple[ActionSpec, ...]:
    """Return the table, translated, calling a window."""
    view = window.compare_view
    return (
        ActionSpec("open", translate("actions", "&Open…"), Key.Open, window.choose_photos, ALL),
        ActionSpec("paste", translate("actions", "&Paste"), Key.Paste, window.paste, ALL),
        ActionSpec(
            "sample",
            translate("actions", "Open the sa&mple picture"),
            None,
            window.open_sample,
            ALL,
        ),
        ActionSpec(
            "export", translate("actions", "&Export…"), Key.Save, window.export_result, RESTORED
        ),
        ActionSpec(
            "copy", translate("actions", "&Copy result"), Key.Copy, window.copy_result, RESTORED
        ),
        ActionSpec("quit", translate("actions", "&Quit"), Key.Quit, window.close, ALL),
        ActionSpec("run", translate("actions", "&Restore"), "Ctrl+R", window.restore, RESTORABLE),
        ActionSpec("cancel", translate("actions", "S&top"), "Esc", window.cancel_job, RESTORING),
        ActionSpec(
            "zoom_in", translate("actions", "Zoom &in"), Key.ZoomIn, view.zoom_in, WITH_PHOTO
        ),
        ActionSpec(
            "zoom_out", translate("actions", "Zoom &out"), Key.ZoomOut, view.zoom_out, WITH_PHOTO
        ),
        ActionSpec("fit", translate("actions", "&Fit the window"), "Ctrl+0", view.fit, WITH_PHOTO),
        ActionSpec(
            "actual_size",
            translate("actions", "&Actual size"),
            "Ctrl+1",
            view.actual_size,
            WITH_PHOTO,
        ),
        ActionSpec(
            "settings",
            translate("actions", "&Settings…"),
            Key.Preferences,
            window.edit_settings,
            CALM,
        ),
        ActionSpec(
            "updates",
            translate("actions", "Check for &updates…"),
            None,
            window.check_for_updates,
            ALL,
        ),
        ActionSpec("about", translate("actions", "&About Restorer"), None, window.show_about, ALL),
    )


def build_actions(specs: Iterable[ActionSpec], window: MainWindow) -> dict[str, QAction]:
    """Return the actions of a table by name, belonging to the window."""
    actions = {}
    for spec in specs:
        action = QAction(spec.text, window)
        action.setObjectName(f"{spec.name}Action")
        words = MNEMONIC.sub("", spec.text)
        action.setIconText("1:1" if spec.name == "actual_size" else words)
        action.setToolTip(words)
        icons.set_icon(action, spec.name)
        if isinstance(spec.shortcut, str):
            action.setShortcut(QKeySequence(spec.shortcut))
        elif spec.shortcut is not None:
            action.setShortcuts(spec.shortcut)
        if keys := action.shortcut().toString(QKeySequence.SequenceFormat.NativeText):
            action.setToolTip(f"{words} ({keys})")
        action.triggered.connect(spec.slot)
        actions[spec.name] = action
    roles = {
        "about": QAction.MenuRole.AboutRole,
        "quit": QAction.MenuRole.QuitRole,
        "settings": QAction.MenuRole.PreferencesRole,
    }
    for name, role in roles.items():
        actions[name].setMenuRole(role)
    actions["updates"].setVisible(bool(DOWNLOADS_URL))
    return actions


def enable_actions(
    actions: dict[str, QAction],
    specs: Iterable[ActionSpec],
    document: Document,
    *,
    can_run: bool,
) -> None:
    """Enable what can be done in the document's state; can_run as the panel's button says."""
    for spec in specs:
        actions[spec.name].setEnabled(document.state in spec.states)
    actions["run"].setEnabled(can_run)
