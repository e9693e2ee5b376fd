"""The photographs that were dropped together: a list to click through."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from restorer.gui import icons


class EntryState(Enum):
    """What became of a photograph in the queue."""

    WAITING = "waiting"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Entry:
    """One photograph in the queue."""

    path: Path
    state: EntryState = EntryState.WAITING


class PhotoQueue(QObject):
    """Which photographs were dropped, and what became of them.

    Signals:
        changed: The entries or one of their states.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()

    def add(self, paths: list[Path]) -> None:
        """Take photographs in. One alone replaces one alone: that is no queue."""
        old = () if len(paths) == 1 and len(self.entries) < 2 else self.entries
        known = {entry.path for entry in old}
        new = [Entry(path) for path in dict.fromkeys(paths) if path not in known]
        self.entries = (*old, *new)
        self.changed.emit()

    def set_state(self, path: Path | None, state: EntryState) -> None:
        """Remember what became of a photograph; others than those in the queue are ignored."""
        self.entries = tuple(
            replace(entry, state=state) if entry.path == path else entry for entry in self.entries
        )
        self.changed.emit()


class QueueList(QListWidget):
    """The queue as a row of names; hidden while there is nothing to choose from.

    Signals:
        photo_chosen: Path of the photograph to open.
    """

    photo_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queueList")
        self._entries: tuple[Entry, ...] = ()
        self._current: Path | None = None
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(16, 16))
        self.setFixedHeight(self.fontMetrics().height() + 44)
        self.setAccessibleName(self.tr("Photos to restore"))
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)
        self.hide()

    def show_queue(self, entries: tuple[Entry, ...], current: Path | None) -> None:
        """Show the entries; current is the one that is open or being opened."""
        scroll_bar = self.horizontalScrollBar()
        place = scroll_bar.value()
        self.clear()
        self._entries = entries
        words = {
            EntryState.WAITING: self.tr("Not restored yet"),
            EntryState.FAILED: self.tr("Cannot be opened"),
            EntryState.DONE: self.tr("Exported"),
        }
        for entry in entries:
            item = QListWidgetItem(entry.path.name)
            # A file name may look like markup, and a tip takes what does for that.
            path = html.escape(str(entry.path))
            item.setToolTip(f"<p style='white-space:pre'>{path}<br>{words[entry.state]}</p>")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, words[entry.state])
            self.addItem(item)
            if entry.path == current:
                self.setCurrentItem(item)
        self.refresh_icons()
        self.setVisible(len(entries) > 1)
        self.doItemsLayout()  # at once: what has no place yet cannot be scrolled to
        if current == self._current:
            scroll_bar.setValue(place)
        elif item := self.currentItem():
            self.scrollToItem(item)
        self._current = current

    def refresh_icons(self) -> None:
        """Tint for the palette of this moment."""
        for row, entry in enumerate(self._entries):
            self.item(row).setIcon(icons.icon(f"state_{entry.state.value}"))

    def _choose(self, item: QListWidgetItem) -> None:
        # The entry's own path: a Qt string does not hold every name that Linux does.
        self.photo_chosen.emit(self._entries[self.row(item)].path)

    # What Qt calls

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # The arrow keys may have left it; the highlight says which photo is open.
        paths = [entry.path for entry in self._entries]
        if self._current in paths:
            self.setCurrentRow(paths.index(self._current))
