"""Asks before work or a result is lost, and then does what was meant to be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from restorer.gui import messages
from restorer.gui.document import Document, State
from restorer.gui.worker import JobRunner

Action = Callable[[], None]


class LossGuard(QObject):
    """Stands before whatever ends the work on a photograph: another photograph, closing.

    Args:
        window: Where questions are shown.
        document: What could be lost.
        runner: What is stopped when that is the answer.

    Attributes:
        keeps_run: What is done so far of the restoration that runs is not lost.

    Signals:
        export_wanted: The answer was to export first; the action follows when saved is called.
        stopped: The answer was to stop restoring; the document is as before.
    """

    export_wanted = Signal()
    stopped = Signal()

    def __init__(self, window: QWidget, *, document: Document, runner: JobRunner) -> None:
        super().__init__(window)
        self._window = window
        self._document = document
        self._runner = runner
        self._question: QMessageBox | None = None
        self._after_saving: Action | None = None
        self.keeps_run = False

    @property
    def must_ask(self) -> bool:
        """Something would be lost now."""
        state = self._document.state
        if state is State.OPENING:
            return False  # what another photograph replaces was given up before
        is_working = state in (State.RESTORING, State.SAVING)
        return is_working or self._document.has_unsaved_result

    def when_free(self, action: Action) -> None:
        """Do it now if nothing is lost by it, else after asking or saving, or never."""
        if self._question is not None:
            return
        state = self._document.state
        if state is State.SAVING:
            self._after_saving = action
        elif state is State.RESTORING:
            self._ask_to_stop(action)
        elif state is State.OPENING:
            self._stop()
            action()
        elif self._document.has_unsaved_result:
            self._ask_to_discard(action)
        else:
            action()

    def before_new_run(self, action: Action) -> None:
        """Do it now, or after asking if what came of a run of minutes or hours would be lost."""
        result = self._document.result
        if self._document.state is State.RESTORED and result is not None and result.fitted:
            self.when_free(action)
        else:
            action()

    def saved(self) -> None:
        """The result was saved: do what waited for it."""
        action, self._after_saving = self._after_saving, None
        if action is not None:
            action()

    def forget(self) -> None:
        """The result was not saved: what waited for it is not done."""
        self._after_saving = None

    def _stop(self) -> None:
        self._runner.abandon()
        self._document.stop()

    def _ask_to_stop(self, action: Action) -> None:
        box = messages.make_question(
            self._window,
            self.tr("Stop restoring?"),
            self.tr("The photo is still being restored. The run is kept: it can be gone on with.")
            if self.keeps_run
            else self.tr("The photo is still being restored. What is done so far will be lost."),
        )
        stop = box.addButton(self.tr("Stop"), QMessageBox.ButtonRole.DestructiveRole)
        go_on = box.addButton(self.tr("Go on restoring"), QMessageBox.ButtonRole.RejectRole)
        stop.setObjectName("stopAnswer")
        box.setDefaultButton(go_on)
        stop.clicked.connect(partial(self._on_stop_clicked, action))
        self._ask(box)

    def _ask_to_discard(self, action: Action) -> None:
        box = messages.make_question(
            self._window,
            self.tr("Export the result first?"),
            self.tr("The restored photo has not been exported. Without that it will be lost."),
        )
        export = box.addButton(self.tr("Export…"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(self.tr("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        export.setObjectName("exportAnswer")
        discard.setObjectName("discardAnswer")
        box.setDefaultButton(export)
        export.clicked.connect(partial(self._on_export_clicked, action))
        discard.clicked.connect(partial(self._on_discard_clicked, action))
        self._ask(box)

    def _ask(self, box: QMessageBox) -> None:
        self._question = box
        box.finished.connect(self._on_question_finished)
        box.open()

    def _on_question_finished(self) -> None:
        self._question = None

    def _on_stop_clicked(self, action: Action) -> None:
        self._question = None
        if self._document.state is State.RESTORING:  # it may have ended meanwhile
            self._stop()
            self.stopped.emit()
        self.when_free(action)

    def _on_export_clicked(self, action: Action) -> None:
        self._question = None
        self._after_saving = action
        self.export_wanted.emit()

    def _on_discard_clicked(self, action: Action) -> None:
        self._question = None
        action()
