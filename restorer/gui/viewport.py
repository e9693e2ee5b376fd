"""Where a picture lies in a view: zoom, pan and their limits."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, QSize

MAX_ZOOM = 32.0
MAX_FIT = 4.0  # the usual scale of a result, which then takes the place of the photo exactly
MARGIN_SHARE = 1 / 16  # of the view at most, so that small views are not all margin


class Viewport:
    """Places a picture in a view. All lengths are device pixels, all points in the view.

    The picture is as large as the result, or the photo while there is none; zoom is device pixels
    per pixel of it. A picture larger than the view can be panned to a margin beyond its edges; a
    smaller one is centred.

    Attributes:
        zoom: Device pixels per picture pixel.
        is_fitted: The zoom follows the size of the view.
    """

    def __init__(self) -> None:
        self.zoom = 1.0
        self.is_fitted = True
        self._view = QSize(1, 1)
        self._margin = 0.0
        self._picture = QSize(1, 1)
        self._max_fit = MAX_FIT
        self._focus = QPointF(0.5, 0.5)  # what is at the centre of the view, 0..1 of the picture

    def set_view(self, view: QSize, *, margin: float) -> None:
        """Follow the size of the view; what is at its centre stays there."""
        self._view = view.expandedTo(QSize(1, 1))
        self._margin = min(margin, min(self._view.toTuple()) * MARGIN_SHARE)
        self._settle()

    def set_picture(self, picture: QSize, *, photo: QSize) -> None:
        """Follow the size of the picture; what is seen stays where it is.

        Args:
            picture: Of the result, or of the photo while there is none.
            photo: Of the photo. Fitting enlarges its pixels by at most MAX_FIT.
        """
        self.zoom *= self._picture.width() / picture.width()
        self._picture = picture
        self._max_fit = MAX_FIT * photo.width() / picture.width()
        if math.isclose(self._max_fit, 1.0, rel_tol=0.01):
            self._max_fit = 1.0  # a side of 141 became 566, not 564: 1:1 is sharper than 0.9965
        self._settle()

    @property
    def fit_zoom(self) -> float:
        """The zoom at which all of the picture is seen."""
        room = [side - 2 * self._margin for side in self._view.toTuple()]
        return min(room[0] / self._picture.width(), room[1] / self._picture.height(), self._max_fit)

    @property
    def picture_rect(self) -> QRect:
        """Where the picture lies, at least one pixel large. On whole pixels: 1:1 is not blurred."""
        rect = self._exact_rect()
        return QRect(
            round(rect.x()),
            round(rect.y()),
            max(1, round(rect.width())),
            max(1, round(rect.height())),
        )

    @property
    def visible_rect(self) -> QRect:
        """The part of picture_rect that is in the view."""
        return self.picture_rect & QRect(0, 0, *self._view.toTuple())

    @property
    def can_pan(self) -> bool:
        """Whether some of the picture is outside the view."""
        size = self.picture_rect.size()
        return size.width() > self._view.width() or size.height() > self._view.height()

    def fit(self) -> None:
        """Show all of the picture, and go on doing so."""
        self.is_fitted = True
        self._settle()

    def zoom_to(self, zoom: float, anchor: QPointF) -> None:
        """Zoom as far as the limits allow; what is at anchor stays there."""
        fit = self.fit_zoom
        zoom = min(max(zoom, min(fit, 1.0)), max(fit, MAX_ZOOM))
        rect = self._exact_rect()
        x = min(max((anchor.x() - rect.x()) / rect.width(), 0.0), 1.0)
        y = min(max((anchor.y() - rect.y()) / rect.height(), 0.0), 1.0)
        # The point x, y of the picture moves away from the centre by the factor of the zoom.
        factor = self.zoom / zoom
        self._focus = QPointF(
            x + (self._focus.x() - x) * factor, y + (self._focus.y() - y) * factor
        )
        self.zoom = zoom
        self.is_fitted = math.isclose(zoom, fit)
        self._settle()

    def zoom_by(self, factor: float, anchor: QPointF) -> None:
        """Zoom by a factor, but not past 1:1 or fit without stopping there."""
        target = self.zoom * factor
        for stop in (1.0, self.fit_zoom):
            is_there = math.isclose(self.zoom, stop)
            if not is_there and min(self.zoom, target) < stop < max(self.zoom, target):
                target = stop
        self.zoom_to(target, anchor)

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture to the right and down, as far as the limits allow."""
        rect = self._exact_rect()
        self._focus -= QPointF(dx / rect.width(), dy / rect.height())
        self._settle()

    def _exact_rect(self) -> QRectF:
        width = self._picture.width() * self.zoom
        height = self._picture.height() * self.zoom
        x = self._view.width() / 2 - self._focus.x() * width
        y = self._view.height() / 2 - self._focus.y() * height
        return QRectF(x, y, width, height)

    def _settle(self) -> None:
        """Bring zoom and focus back within their limits."""
        if self.is_fitted:
            self.zoom = self.fit_zoom
        rect = self._exact_rect()
        self._focus = QPointF(
            self._limited(self._focus.x(), rect.width(), self._view.width()),
            self._limited(self._focus.y(), rect.height(), self._view.height()),
        )

    def _limited(self, focus: float, length: float, room: int) -> float:
        if length <= room - 2 * self._margin:
            return 0.5
        least = (room / 2 - self._margin) / length
        return min(max(focus, least), 1 - least)
