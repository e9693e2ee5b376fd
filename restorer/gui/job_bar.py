"""Progress of the running job, and the buttons that stop it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from restorer.engine.jobs import Progress
from restorer.gui import icons
from restorer.gui.forms import ElidedLabel
from restorer.text import mark

translate = QCoreApplication.translate

STEPS = 1000  # of the progress bar

STAGES = {
    "open": mark("stages", "Opening the photo"),
    "load": mark("stages", "Loading the model"),
    "tile": mark("stages", "Restoring"),
    "iteration": mark("stages", "Restoring"),
    "save": mark("stages", "Saving"),
}


class JobBar(QWidget):
    """One line at the window's bottom while a job runs.

    Signals:
        cancel_clicked: Throw the work away, or pause a run that is kept.
        finish_early_clicked: Stop and keep what is there.
    """

    cancel_clicked = Signal()
    finish_early_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._stage = QLabel()
        self._stage.setObjectName("stageText")
        self._stage.setProperty("role", "strong")
        self._left = ElidedLabel()
        self._left.setObjectName("timeLeft")
        self._left.setProperty("role", "faint")
        self._bar = QProgressBar()
        self._bar.setObjectName("progressBar")
        self._bar.setAccessibleName(self.tr("Progress"))
        self._bar.setTextVisible(False)
        self._finish = QPushButton(self.tr("Stop and keep"))
        self._finish.setObjectName("finishEarlyButton")
        icons.set_icon(self._finish, "finish_early")
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("cancelButton")
        icons.set_icon(self._cancel, "cancel")
        for button in (self._finish, self._cancel):
            button.setIconSize(QSize(16, 16))

        words = QHBoxLayout()
        words.addWidget(self._stage)
        words.addStretch()
        words.addWidget(self._left)
        column = QVBoxLayout()
        column.setSpacing(7)
        column.addLayout(words)
        column.addWidget(self._bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 11, 18, 11)
        layout.setSpacing(18)
        layout.addLayout(column, 1)
        layout.addWidget(self._finish)
        layout.addWidget(self._cancel)

        self._cancel.clicked.connect(self.cancel_clicked)
        self._finish.clicked.connect(self.finish_early_clicked)
        self.hide()

    def show_start(
        self, stage: str, *, can_finish_early: bool = False, is_kept: bool = False
    ) -> None:
        """Show that a job begins; stage as in Progress, is_kept if it can be gone on with."""
        self._show_stage(stage)
        self._left.clear()
        self._bar.setRange(0, 0)
        self._cancel.setEnabled(True)
        self._finish.setEnabled(True)
        self._finish.setVisible(can_finish_early)
        self._cancel.setText(self.tr("Pause") if is_kept else self.tr("Cancel"))
        icons.set_icon(self._cancel, "pause" if is_kept else "cancel")
        tip = self.tr("Stops. The run is kept: it can be gone on with another day.")
        self._cancel.setToolTip(tip if is_kept else "")
        self.show()

    def show_progress(self, progress: Progress) -> None:
        """Show how far the job is."""
        if not self._finish.isEnabled():
            return  # it is being stopped; a bar that goes on would say otherwise
        self._show_stage(progress.stage)
        if progress.fraction is None:
            self._bar.setRange(0, 0)
            self._left.clear()
            return
        self._bar.setRange(0, STEPS)
        self._bar.setValue(round(progress.fraction * STEPS))
        parts = [self.tr("{percent} %").format(percent=int(progress.fraction * 100))]
        if progress.seconds_left is not None and progress.fraction < 1:
            left = time_left_text(progress.seconds_left)
            if progress.stage == "iteration":
                left = self.tr("{time_left}, less if it stops by itself").format(time_left=left)
            parts.append(left)
        self._left.setText(" · ".join(parts))

    def show_finishing(self) -> None:
        """Show that the job was asked to stop and to keep what is there; it can still be left."""
        self._stage.setText(self.tr("Stopping…"))
        self._left.clear()
        self._bar.setRange(0, 0)
        self._finish.setEnabled(False)

    def show_stopping(self) -> None:
        """Show that the job was asked to stop."""
        self.show_finishing()
        self._cancel.setEnabled(False)

    def _show_stage(self, stage: str) -> None:
        self._stage.setText(translate("stages", STAGES[stage]))


def time_needed_text(least: float, most: float) -> str:
    """Return between which times a job will take, in words no more exact than they are."""
    if most < 10:
        return translate("time", "a few seconds")
    unit, text = 1, translate("time", "about {span} s")
    if most >= 90:
        unit, text = 60, translate("time", "about {span} min")
    if most >= 2 * 3600:
        unit, text = 3600, translate("time", "about {span} h")
    low, high = max(1, round(least / unit)), round(most / unit)
    return text.format(span=str(high) if low >= high else f"{low}-{high}")


def time_left_text(seconds: float) -> str:
    """Return an estimate in words, no more exact than it is."""
    if seconds < 5:
        return translate("time", "a few seconds left")
    if seconds < 55:
        return translate("time", "about {count} s left").format(count=5 * round(seconds / 5))
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return translate("time", "about {count} min left").format(count=minutes)
    hours, minutes = divmod(minutes, 60)
    return translate("time", "about {hours} h {minutes} min left").format(
        hours=hours, minutes=minutes
    )
