"""Draws pictures at any zoom: only what is seen, from the level that fits."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from restorer.gui.qimages import SMALLEST_LEVEL_PX

CHECK_PX = 8
CHECK_COLORS = ("#ffffff", "#d4d7dc")
PREVIEW_MEGAPIXELS = 8  # of all previews of a job together: 43 MB, and sharp on any screen
QT_MAX_SIDE_PX = 32767  # Qt's painter counts the pixels of an image in 16 bits
NATIVE_FORMATS = (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)


def draw_levels(
    painter: QPainter, levels: Sequence[QImage], *, place: QRect, clip: QRect, smooth: bool
) -> None:
    """Draw the part of a picture that is within clip.

    Levels rounded up to whole pixels lie exactly over each other: source and place are computed
    from the whole picture's place, whichever level is drawn.

    Args:
        painter: Its unit is one device pixel.
        levels: The picture at falling sizes.
        place: Where the whole picture lies.
        clip: What to draw of it.
        smooth: Blend neighbouring pixels instead of drawing squares.
    """
    clip = clip & place
    if clip.isEmpty():
        return
    level = _level_for(levels, place.size())
    x_scale = place.width() / level.width()
    y_scale = place.height() / level.height()
    # One pixel more on each side is what blending looks at.
    source = QRect(
        QPoint(
            math.floor((clip.left() - place.left()) / x_scale) - 1,
            math.floor((clip.top() - place.top()) / y_scale) - 1,
        ),
        QPoint(
            math.ceil((clip.right() + 1 - place.left()) / x_scale),
            math.ceil((clip.bottom() + 1 - place.top()) / y_scale),
        ),
    ) & QRect(QPoint(0, 0), level.size())
    target = QRectF(
        place.left() + source.left() * x_scale,
        place.top() + source.top() * y_scale,
        source.width() * x_scale,
        source.height() * y_scale,
    )
    is_scaled = level.size() != place.size()
    if is_scaled and (level.format() not in NATIVE_FORMATS or _is_beyond_qt(level)):
        # Scaling 24 bits takes Qt longer than converting what is seen and scaling that.
        level = level.copy(source)
        if level.format() not in NATIVE_FORMATS:
            level = level.convertToFormat(QImage.Format.Format_RGB32)
        source = level.rect()
    painter.setClipRect(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and is_scaled)
    painter.drawImage(target, level, QRectF(source))


def draw_checks(painter: QPainter, *, place: QRect, clip: QRect, ratio: float) -> None:
    """Draw the checkerboard that is seen through a transparent picture; ratio as of the screen."""
    painter.setClipRect(clip & place)
    painter.setBrushOrigin(place.topLeft())
    painter.fillRect(clip & place, _checks(max(1, round(CHECK_PX * ratio))))


class PreviewCanvas:
    """The parts of a result that are there already, at falling sizes.

    Attributes:
        levels: As in Picture, transparent where there is no part yet; empty before the first.
    """

    def __init__(self) -> None:
        self.levels: list[QImage] = []

    def add(self, region: tuple[float, float, float, float], image: QImage) -> None:
        """Draw a part over what is there.

        Args:
            region: (top, left, bottom, right), each 0..1 of the picture's height or width.
            image: The part at any resolution.
        """
        top, left, bottom, right = region
        if image.isNull() or right <= left or bottom <= top:
            return
        self._grow(image.width() / (right - left), image.height() / (bottom - top))
        for level in self.levels:
            width, height = level.width(), level.height()
            begin = QPoint(round(left * width), round(top * height))
            size = QSize(round(right * width), round(bottom * height)) - QSize(*begin.toTuple())
            target = QRect(begin, size.expandedTo(QSize(1, 1)))
            if target.width() < image.width() or target.height() < image.height():
                image = image.scaled(target.size(), mode=Qt.TransformationMode.SmoothTransformation)
            painter = QPainter(level)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, image)
            painter.end()

    def _grow(self, width: float, height: float) -> None:
        """Make room for a whole result of a size, or as much of it as is sensible."""
        shrink = min(
            1.0,
            math.sqrt(PREVIEW_MEGAPIXELS * 1e6 / (width * height)),
            QT_MAX_SIDE_PX / max(width, height),
        )
        size = QSize(max(1, round(width * shrink)), max(1, round(height * shrink)))
        # A quarter more is not worth the work: sizes of parts are rounded.
        if self.levels and size.width() <= self.levels[0].width() * 1.25:
            return
        old = self.levels[0] if self.levels else None
        self.levels = []
        while True:
            level = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            level.fill(Qt.GlobalColor.transparent)
            if old is not None:
                painter = QPainter(level)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(level.rect(), old)
                painter.end()
            self.levels.append(level)
            if max(size.toTuple()) <= SMALLEST_LEVEL_PX:
                return
            size = QSize((size.width() + 1) // 2, (size.height() + 1) // 2)


def _level_for(levels: Sequence[QImage], size: QSize) -> QImage:
    """Return the smallest level that need not be enlarged, or the largest there is."""
    fitting = [
        level
        for level in levels
        if level.width() >= size.width() and level.height() >= size.height()
    ]
    return fitting[-1] if fitting else levels[0]


def _is_beyond_qt(image: QImage) -> bool:
    return max(image.width(), image.height()) > QT_MAX_SIDE_PX


@functools.lru_cache(maxsize=4)
def _checks(side: int) -> QBrush:
    tile = QImage(2 * side, 2 * side, QImage.Format.Format_RGB32)
    tile.fill(QColor(CHECK_COLORS[0]))
    painter = QPainter(tile)
    for corner in (QPoint(side, 0), QPoint(0, side)):
        painter.fillRect(QRect(corner, QSize(side, side)), QColor(CHECK_COLORS[1]))
    painter.end()
    return QBrush(tile)
