"""A small plot of how a run of Deep Image Prior goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from restorer.engine.jobs import HeldOut

MOST_POINTS = 4000  # more are thinned out
INSET = 8
EARLIER_ALPHA = 80  # of 255: the curves of runs that are done


class HeldOutPlot(QWidget):
    """The error on held-out pixels over the iterations, and where the picture was kept.

    Falls while the picture gets better and rises once its noise is learned. The error's scale is
    logarithmic. Of several runs all curves are seen, the newest strongest.

    Attributes:
        points: All of the curve.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("heldOutPlot")
        self.points: tuple[HeldOut, ...] = ()
        self._shown_iteration: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Error on held-out pixels"))
        self.setToolTip(
            self.tr(
                "A few pixels are hidden from the network. It foresees them better and better, "
                "until it begins to learn the noise: the best picture is where the curve is lowest."
            )
        )

    def show_curve(self, points: Sequence[HeldOut], *, shown_iteration: int | None = None) -> None:
        """Show a curve; shown_iteration is marked in it instead of the kept one."""
        self.points = tuple(points)
        self._shown_iteration = shown_iteration
        self._describe()
        self.update()

    def add(self, point: HeldOut) -> None:
        """Show one more point, if it is a new one."""
        if self.points and point == self.points[-1]:
            return
        points = self.points if len(self.points) < MOST_POINTS else self.points[::2]
        self.show_curve((*points, point))

    def _describe(self) -> None:
        if self.points:
            text = self.tr("Iteration {iteration}, kept at {kept}").format(
                iteration=self.points[-1].iteration, kept=self.points[-1].kept_iteration
            )
            self.setAccessibleDescription(text)

    def _draw(self, painter: QPainter, area: QRectF) -> None:
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Accent)
        faint = palette.color(QPalette.ColorRole.PlaceholderText)
        runs = [list(points) for _, points in groupby(self.points, lambda point: point.run)]
        scale = _Scale(self.points, area)
        for points in runs:
            color = QColor(accent)
            color.setAlpha(255 if points is runs[-1] else EARLIER_ALPHA)
            painter.setPen(QPen(color, 1.6))
            painter.drawPolyline(QPolygonF([scale.place(point) for point in points]))
        kept = self._shown_iteration or runs[-1][-1].kept_iteration
        marked = min(runs[-1], key=lambda point: abs(point.iteration - kept))
        place = QPointF(scale.x(kept), scale.place(marked).y())
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(place.x(), area.top()), QPointF(place.x(), area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(place, 3.5, 3.5)

    # What Qt calls

    def sizeHint(self) -> QSize:
        return QSize(320, 92)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 92)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        inside = QRectF(self.rect()).adjusted(INSET, INSET - 3, -INSET, -INSET)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        last = QLocale().toString(self.points[-1].iteration) if self.points else ""
        count = self.tr("{count} iterations").format(count=last) if self.points else ""
        metrics = painter.fontMetrics()
        room = int(inside.width()) - metrics.horizontalAdvance(f"{count}  ")
        title = metrics.elidedText(self.accessibleName(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, left, title)
        if self.points:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(inside, right, count)
            below = painter.fontMetrics().height() + 2
            self._draw(painter, inside.adjusted(0, below, 0, 0))
        painter.end()


class _Scale:
    """Where points of a curve lie in an area: iterations to the right, errors upwards."""

    def __init__(self, points: Sequence[HeldOut], area: QRectF) -> None:
        errors = [_log(point) for point in points]
        self._area = area
        self._last = max(point.iteration for point in points)
        self._least = min(errors)
        self._range = max(max(errors) - self._least, 1e-6)

    def x(self, iteration: int) -> float:
        return self._area.left() + self._area.width() * min(1.0, iteration / self._last)

    def place(self, point: HeldOut) -> QPointF:
        share = (_log(point) - self._least) / self._range
        return QPointF(self.x(point.iteration), self._area.bottom() - share * self._area.height())


def _log(point: HeldOut) -> float:
    return math.log10(max(point.mse, 1e-9))
