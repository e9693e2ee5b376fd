"""Draws a photo and its result to both sides of a divider."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QRegion

from restorer.gui.compare_overlay import Divider, draw_label, label_font, label_rect
from restorer.gui.picture_drawing import PreviewCanvas, draw_checks, draw_levels
from restorer.gui.qimages import Picture
from restorer.gui.viewport import Viewport

CRISP_ABOVE_ZOOM = 4.0  # pixels are squares from here on; a photo that is fitted never gets there
DIM_ALPHA = 110  # of 255, over what is not restored yet


class Comparison:
    """What a comparison shows, and how it is drawn. Points and lengths as the widget has them.

    Attributes:
        before: The photo.
        after: Its result.
        previews: Parts of a result that is still being made.
        viewport: Where the picture lies, in device pixels.
        ratio: Device pixels per unit of the widget.
        split: Place of the divider, 0..1 of the part of the picture that is seen.
        is_peeking: Only the photo is shown.
    """

    def __init__(self) -> None:
        self.before: Picture | None = None
        self.after: Picture | None = None
        self.previews = PreviewCanvas()
        self.viewport = Viewport()
        self.ratio = 1.0
        self.split = 0.5
        self.is_peeking = False

    @property
    def has_two_sides(self) -> bool:
        """Whether there is anything to compare the photo with."""
        return self.after is not None or bool(self.previews.levels)

    @property
    def divider(self) -> Divider:
        """The divider, whether it is shown or not."""
        return Divider(self._split_px / self.ratio, self._area)

    def follow_pictures(self) -> None:
        """Make the viewport as large as the result, or the photo while there is none."""
        if self.before is not None:
            photo = self.before.levels[0].size()
            size = self.after.levels[0].size() if self.after is not None else photo
            self.viewport.set_picture(size, photo=photo)

    def split_at(self, x: float) -> float:
        """Return the split that puts the divider at x."""
        seen = self.viewport.visible_rect
        return (x * self.ratio - seen.left()) / max(1, seen.width())

    def overlay_region(self, texts: tuple[str, str], font: QFont) -> QRegion:
        """Return all that the divider and the labels touch."""
        region = QRegion(self.divider.bounds)
        for _, rect in self._labels(texts, label_font(font)):
            region += rect
        return region

    def place_of(self, region: tuple[float, float, float, float]) -> QRect:
        """Return where a part of the picture, as in Preview, is seen."""
        top, left, bottom, right = region
        place = QRectF(self.viewport.picture_rect)
        begin = QPointF(place.x() + left * place.width(), place.y() + top * place.height())
        end = QPointF(place.x() + right * place.width(), place.y() + bottom * place.height())
        return QRectF(begin / self.ratio, end / self.ratio).toAlignedRect()

    def draw_pictures(self, painter: QPainter, rect: QRect, canvas: QColor) -> None:
        """Draw both sides within a rectangle; canvas is the colour around them."""
        painter.save()
        painter.scale(1 / self.ratio, 1 / self.ratio)
        left, top = math.floor(rect.left() * self.ratio), math.floor(rect.top() * self.ratio)
        right = math.ceil((rect.right() + 1) * self.ratio)
        height = math.ceil((rect.bottom() + 1) * self.ratio) - top
        painter.fillRect(left, top, right - left, height, canvas)
        split = right
        if self.has_two_sides and not self.is_peeking:
            # Within left..right: of a rectangle turned inside out Qt draws the reverse.
            split = min(max(self._split_px, left), right)
        self._draw_before(painter, QRect(left, top, split - left, height))
        self._draw_after(painter, QRect(split, top, right - split, height), canvas)
        painter.restore()

    def draw_overlay(
        self,
        painter: QPainter,
        texts: tuple[str, str],
        font: QFont,
        accent: QColor,
        *,
        has_focus: bool,
    ) -> None:
        """Draw the divider and the labels; texts are those of before and after."""
        font = label_font(font)
        for text, rect in self._labels(texts, font):
            draw_label(painter, text, font, rect)
        if not self.is_peeking:
            self.divider.draw(painter, accent, has_focus=has_focus)

    @property
    def _split_px(self) -> int:
        """The first device column of the after side."""
        seen = self.viewport.visible_rect
        return seen.left() + round(self.split * seen.width())

    @property
    def _area(self) -> QRectF:
        """Where a picture is seen."""
        seen = self.viewport.visible_rect
        return QRectF(QPointF(seen.topLeft()) / self.ratio, QSizeF(seen.size()) / self.ratio)

    def _labels(self, texts: tuple[str, str], font: QFont) -> list[tuple[str, QRect]]:
        """Return texts and places of the labels for which there is room."""
        before, after = self._area.toRect(), self._area.toRect()
        if self.is_peeking:
            after = QRect()
        else:
            before.setRight(round(self._split_px / self.ratio) - 1)
            after.setLeft(before.right() + 1)
        placed = (
            (texts[0], label_rect(texts[0], font, before, at_right=False)),
            (texts[1], label_rect(texts[1], font, after, at_right=True)),
        )
        return [(text, rect) for text, rect in placed if not rect.isEmpty()]

    def _draw_before(self, painter: QPainter, clip: QRect) -> None:
        if self.before is not None:
            self._draw_picture(painter, self.before, clip)

    def _draw_after(self, painter: QPainter, clip: QRect, canvas: QColor) -> None:
        if self.after is not None:
            self._draw_picture(painter, self.after, clip)
        else:
            self._draw_before(painter, clip)
            dimmed = clip & self.viewport.picture_rect
            dim = QColor(canvas)
            dim.setAlpha(DIM_ALPHA)
            painter.setClipRect(dimmed)
            painter.fillRect(dimmed, dim)
        if self.previews.levels:
            self._draw_levels(painter, self.previews.levels, clip)

    def _draw_picture(self, painter: QPainter, picture: Picture, clip: QRect) -> None:
        if picture.levels[0].hasAlphaChannel():
            place = self.viewport.picture_rect
            draw_checks(painter, place=place, clip=clip, ratio=self.ratio)
        self._draw_levels(painter, picture.levels, clip)

    def _draw_levels(self, painter: QPainter, levels: Sequence[QImage], clip: QRect) -> None:
        smooth = self.viewport.zoom <= CRISP_ABOVE_ZOOM
        draw_levels(painter, levels, place=self.viewport.picture_rect, clip=clip, smooth=smooth)
