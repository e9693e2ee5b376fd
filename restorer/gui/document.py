"""What is open in the window, and in which state it is."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from restorer.gui.qimages import Picture
from restorer.gui.tasks import Result


class State(Enum):
    """What the window is about."""

    EMPTY = "empty"
    OPENING = "opening"
    READY = "ready"
    RESTORING = "restoring"
    RESTORED = "restored"
    SAVING = "saving"

    @property
    def is_busy(self) -> bool:
        """A job is running."""
        return self in (State.OPENING, State.RESTORING, State.SAVING)


class Document(QObject):
    """The photograph, its result and the state: all that changes in the window.

    A job that fails or is cancelled changes neither photograph nor result: stop returns to the
    state from before it began.

    Signals:
        changed: Anything of it.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self.picture: Picture | None = None
        self.result: Result | None = None
        self.is_saved = False
        self.opening: Path | None = None

    @property
    def source(self) -> Path | None:
        """The file that is open; None for a pasted picture."""
        return self.picture.photo.source if self.picture else None

    @property
    def has_unsaved_result(self) -> bool:
        """There is a result, and no file of it."""
        return self.result is not None and not self.is_saved

    def begin_opening(self, path: Path | None) -> None:
        """A photograph is being read; None for the clipboard."""
        self.opening = path
        self._enter(State.OPENING)

    def set_picture(self, picture: Picture) -> None:
        """A photograph was read; it takes the place of the old one and its result."""
        self.picture, self.result, self.is_saved, self.opening = picture, None, False, None
        self._enter(State.READY)

    def begin_restoring(self) -> None:
        """The photograph is being restored; an earlier result stays until there is a new one."""
        self._enter(State.RESTORING)

    def set_result(self, result: Result) -> None:
        """The photograph was restored."""
        self.result, self.is_saved = result, False
        self._enter(State.RESTORED)

    def set_adjusted(self, result: Result) -> None:
        """The result was changed; a saving that waits for that is still to come."""
        self.result, self.is_saved = result, False
        self.changed.emit()

    def begin_adjusting(self) -> None:
        """The result is to be changed: what was written of it is no longer what is wanted."""
        if self.is_saved:
            self.is_saved = False
            self.changed.emit()

    def begin_saving(self) -> None:
        """The result is being written."""
        self._enter(State.SAVING)

    def set_saved(self) -> None:
        """The result was written."""
        self.is_saved = True
        self._enter(State.RESTORED)

    def stop(self) -> None:
        """What was begun came to nothing: back to the state from before."""
        self.opening = None
        if self.picture is None:
            self._enter(State.EMPTY)
        else:
            self._enter(State.READY if self.result is None else State.RESTORED)

    def _enter(self, state: State) -> None:
        self.state = state
        self.changed.emit()
