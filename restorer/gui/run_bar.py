"""What a run of Deep Image Prior shows while it lasts, and what can be changed after it."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from restorer.engine.deep_prior.fitted import Fitted
from restorer.engine.jobs import HeldOut
from restorer.gui.held_out_plot import HeldOutPlot
from restorer.gui.tasks import Result


class RunBar(QWidget):
    """The curve of a run; afterwards sliders for its snapshots and the strength.

    Signals:
        adjusted: Iteration whose picture is wanted, strength 0..100.
    """

    adjusted = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._fitted: Fitted | None = None
        self._plot = HeldOutPlot()
        self._snapshot_text, self._snapshots = QLabel(), _slider("snapshotSlider")
        self._strength_text, self._strength = QLabel(), _slider("strengthSlider")
        self._strength.setRange(0, 100)
        self._strength.setPageStep(10)
        self._snapshots.setPageStep(1)
        self._snapshots.setAccessibleName(self.tr("Snapshots of the run"))
        self._strength.setAccessibleName(self.tr("Strength"))
        self._sliders = QWidget()
        self._sliders.setFixedWidth(max(300, 11 * self.fontMetrics().height()))  # for large fonts
        rows = QVBoxLayout(self._sliders)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self._snapshot_text)
        rows.addWidget(self._snapshots)
        rows.addStretch()
        rows.addWidget(self._strength_text)
        rows.addWidget(self._strength)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 10, 18, 10)
        layout.setSpacing(18)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._sliders)
        self._snapshots.valueChanged.connect(self._on_slider_changed)
        self._strength.valueChanged.connect(self._on_slider_changed)
        self.hide()

    @property
    def curve(self) -> tuple[HeldOut, ...]:
        """The points of the curve that is shown."""
        return self._plot.points

    def show_run(self) -> None:
        """Show that a run begins."""
        self._fitted = None
        self._plot.show_curve(())
        self._sliders.hide()
        self.show()

    def add_point(self, point: HeldOut) -> None:
        """Show one more point of the curve."""
        self._plot.add(point)

    def show_result(self, result: Result | None, *, is_newest: bool) -> None:
        """Show what can be changed about a result; nothing if it is none of such a run.

        The sliders stay where they are if the result they ask for is still to come.
        """
        fitted = self._fitted = result.fitted if result is not None else None
        self.setVisible(fitted is not None)
        if result is None or fitted is None:
            return
        if is_newest:
            with QSignalBlocker(self._snapshots), QSignalBlocker(self._strength):
                self._snapshots.setRange(0, len(fitted.iterations) - 1)
                self._snapshots.setValue(fitted.iterations.index(result.iteration))
                self._strength.setValue(round(result.strength))
        has_snapshots = len(fitted.iterations) > 1
        self._snapshots.setVisible(has_snapshots)
        self._snapshot_text.setVisible(has_snapshots)
        self._sliders.show()
        self._plot.show_curve(result.curve)
        self._show_words(fitted)

    def _show_words(self, fitted: Fitted) -> None:
        iteration = fitted.iterations[self._snapshots.value()]
        count = QLocale().toString(iteration)
        if iteration == fitted.kept_iteration:
            text = self.tr("After {count} iterations: the best")
        else:
            text = self.tr("After {count} iterations")
        self._snapshot_text.setText(text.format(count=count))
        self._strength_text.setText(
            self.tr("Strength: {percent} %").format(percent=self._strength.value())
        )
        self._plot.show_curve(self._plot.points, shown_iteration=iteration)

    def _on_slider_changed(self) -> None:
        if self._fitted is not None:
            self._show_words(self._fitted)
            iteration = self._fitted.iterations[self._snapshots.value()]
            self.adjusted.emit(iteration, self._strength.value())


def _slider(name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setMinimumHeight(22)  # all of its handle
    return slider
