"""What lies over the pictures of a comparison: the divider with its grip, and the labels."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPen,
    QRadialGradient,
)

GRIP_RADIUS = 17
REACH = 8  # of the line, to each side, for the mouse
SHADOW = 7
RING = 5  # of the keyboard's focus, around the grip
LABEL_INSET = 12

# Over any photograph, light or dark: not the theme's.
LINE_COLOR = QColor(255, 255, 255, 235)
EDGE_COLOR = QColor(0, 0, 0, 70)
LABEL_COLOR = QColor(18, 20, 24, 175)
LABEL_EDGE_COLOR = QColor(255, 255, 255, 45)
LABEL_TEXT_COLOR = QColor(255, 255, 255, 240)


class Divider:
    """The line between before and after, and the grip in its middle.

    Args:
        x: Of the line, in the widget.
        area: The part of the widget in which a picture is seen.
    """

    def __init__(self, x: float, area: QRectF) -> None:
        self._x = x
        self._area = area

    @property
    def bounds(self) -> QRect:
        """All that draw touches."""
        reach = GRIP_RADIUS + SHADOW + RING
        center = self._center
        grip = QRectF(center.x() - reach, center.y() - reach, 2 * reach, 2 * reach)
        line = QRectF(self._x - 3, self._area.top(), 6, self._area.height())
        return grip.united(line).toAlignedRect()

    def is_at(self, point: QPointF) -> bool:
        """Whether a press at a point takes hold of the divider."""
        offset = point - self._center
        if QPointF.dotProduct(offset, offset) <= (GRIP_RADIUS + 2) ** 2:
            return True
        return abs(offset.x()) <= REACH and self._area.top() <= point.y() <= self._area.bottom()

    def draw(self, painter: QPainter, accent: QColor, *, has_focus: bool) -> None:
        """Draw line and grip; has_focus adds the ring of keyboard focus."""
        center = self._center
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        line = QRectF(self._x - 1, self._area.top(), 2, self._area.height())
        painter.fillRect(line.adjusted(-1, 0, 1, 0), EDGE_COLOR)
        painter.fillRect(line, LINE_COLOR)
        self._draw_shadow(painter, center + QPointF(0, 1.5))
        if has_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(EDGE_COLOR, 5))
            painter.drawEllipse(center, GRIP_RADIUS + 3, GRIP_RADIUS + 3)
            painter.setPen(QPen(accent, 3))
            painter.drawEllipse(center, GRIP_RADIUS + 3, GRIP_RADIUS + 3)
        painter.setBrush(accent)
        painter.setPen(QPen(LINE_COLOR, 2))
        painter.drawEllipse(center, GRIP_RADIUS - 1, GRIP_RADIUS - 1)
        self._draw_arrows(painter, center)

    @property
    def _center(self) -> QPointF:
        return QPointF(self._x, self._area.center().y())

    def _draw_shadow(self, painter: QPainter, center: QPointF) -> None:
        radius = GRIP_RADIUS + SHADOW
        shadow = QRadialGradient(center, radius)
        shadow.setColorAt(0, QColor(0, 0, 0, 130))
        shadow.setColorAt((GRIP_RADIUS - 2) / radius, QColor(0, 0, 0, 110))
        shadow.setColorAt(1, QColor(0, 0, 0, 0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shadow)
        painter.drawEllipse(center, radius, radius)

    def _draw_arrows(self, painter: QPainter, center: QPointF) -> None:
        arrows = QPainterPath()
        for side in (-1, 1):
            arrows.moveTo(center + QPointF(side * 4.5, -4.5))
            arrows.lineTo(center + QPointF(side * 9, 0))
            arrows.lineTo(center + QPointF(side * 4.5, 4.5))
        pen = QPen(LINE_COLOR, 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(arrows)


def label_font(font: QFont) -> QFont:
    """Return a widget's font as the labels use it."""
    font = QFont(font)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def label_size(text: str, font: QFont) -> QSize:
    """Return how large a label is; font as from label_font."""
    metrics = QFontMetrics(font)
    return QSize(metrics.horizontalAdvance(text) + 22, metrics.height() + 10)


def label_rect(text: str, font: QFont, area: QRect, *, at_right: bool) -> QRect:
    """Return where a label is: in an upper corner of the area, empty if there is no room."""
    size = label_size(text, font)
    if size.width() + 2 * LABEL_INSET > area.width():
        return QRect()
    if size.height() + 2 * LABEL_INSET > area.height():
        return QRect()
    x = area.right() + 1 - LABEL_INSET - size.width() if at_right else area.left() + LABEL_INSET
    return QRect(QPoint(x, area.top() + LABEL_INSET), size)


def draw_label(painter: QPainter, text: str, font: QFont, rect: QRect) -> None:
    """Draw a pill with a text."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(LABEL_EDGE_COLOR)
    painter.setBrush(LABEL_COLOR)
    radius = rect.height() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.setFont(font)
    painter.setPen(LABEL_TEXT_COLOR)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
