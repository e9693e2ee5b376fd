"""Before and after in one place, with a divider between them; zoom and pan."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from restorer.gui.comparison import Comparison
from restorer.gui.gestures import Motion, native_motion, pinch_motion, wheel_motion
from restorer.gui.picture_drawing import PreviewCanvas
from restorer.gui.qimages import Picture

MARGIN = 16
ZOOM_STEP = 1.25
PAN_STEP = 64
SPLIT_STEP = 0.02
FOCUS_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)

Key = Qt.Key
Modifier = Qt.KeyboardModifier
Button = Qt.MouseButton

ARROWS = {
    Key.Key_Left: QPoint(-1, 0),
    Key.Key_Right: QPoint(1, 0),
    Key.Key_Up: QPoint(0, -1),
    Key.Key_Down: QPoint(0, 1),
}


class CompareView(QWidget):
    """Shows a photo, and its result to the right of a divider.

    The wheel and the pinch gesture zoom around the pointer; two fingers on a touchpad pan, with
    Ctrl they zoom. Dragging the divider moves it, a double click centres it. Dragging elsewhere
    pans, or moves the divider if all of the picture is seen; a double click changes between fit
    and 1:1. Keys: + and -, 0 (fit), 1 (1:1), arrows as dragging, Ctrl or Shift with arrows and
    [ ] for the divider, Home and End for its ends, Space held down for the photo alone. Before is
    to the left in every language.

    Signals:
        zoom_changed: Device pixels per pixel of the result, or of the photo while there is none.
        split_changed: Place of the divider, 0..1 of the part of the picture that is seen.
    """

    zoom_changed = Signal(float)
    split_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison = Comparison()
        self._emitted_zoom = 0.0
        self._drag_from: QPointF | None = None  # the pointer when it last moved the picture
        self._is_splitting = False
        self._has_keyboard_focus = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if sys.platform != "darwin":  # there the same pinch comes as a native gesture already
            self.grabGesture(Qt.GestureType.PinchGesture)
        self._name()

    @property
    def zoom(self) -> float:
        """As in zoom_changed."""
        return self._comparison.viewport.zoom

    @property
    def is_fitted(self) -> bool:
        """Whether the zoom follows the size of the widget."""
        return self._comparison.viewport.is_fitted

    @property
    def split(self) -> float:
        """As in split_changed."""
        return self._comparison.split

    def show_before(self, picture: Picture) -> None:
        """Show another photo, fitted, without a result."""
        self._end_gestures()
        self._comparison.before = picture
        self._comparison.viewport.is_fitted = True
        self.show_after(None)
        self.set_split(0.5)

    def show_after(self, picture: Picture | None) -> None:
        """Show a result or take it away; previews go. What is seen stays where it is.

        The result may have any resolution: it takes the photo's place.
        """
        self._comparison.after = picture
        self._comparison.previews = PreviewCanvas()
        self._comparison.follow_pictures()
        self._follow_viewport()

    def add_preview(self, region: tuple[float, float, float, float], image: QImage) -> None:
        """Show a part of a result that is still being made.

        Args:
            region: (top, left, bottom, right), each 0..1 of the picture's height or width.
            image: The part at any resolution. Not kept.
        """
        if self._comparison.before is None:
            return
        had_two_sides = self._comparison.has_two_sides
        self._comparison.previews.add(region, image)
        if had_two_sides:
            self.update(self._comparison.place_of(region).adjusted(-2, -2, 2, 2) & self.rect())
        else:
            self.update()

    def clear_previews(self) -> None:
        """Forget the parts."""
        self._comparison.previews = PreviewCanvas()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._end_gestures()
        self._comparison.before = None
        self.show_after(None)

    def zoom_in(self) -> None:
        """Zoom in by a step around the centre."""
        self._zoom_by(ZOOM_STEP, QRectF(self.rect()).center())

    def zoom_out(self) -> None:
        """Zoom out by a step around the centre."""
        self._zoom_by(1 / ZOOM_STEP, QRectF(self.rect()).center())

    def fit(self) -> None:
        """Show all of the picture, and go on doing so when the widget's size changes."""
        self._comparison.viewport.fit()
        self._follow_viewport()

    def actual_size(self) -> None:
        """Show each pixel of the result, or of the photo, on one pixel of the screen."""
        self._show_actual_size(QRectF(self.rect()).center())

    def set_split(self, split: float) -> None:
        """Move the divider; 0..1 of the part of the picture that is seen."""
        split = min(max(split, 0.0), 1.0)
        if split == self.split:
            return
        old_bounds, old_region = self._comparison.divider.bounds, self._overlay_region()
        self._comparison.split = split
        if self._comparison.has_two_sides:
            passed = old_bounds.united(self._comparison.divider.bounds)
            self.update(old_region.united(self._overlay_region()).united(passed))
        self.split_changed.emit(split)

    def _follow_size(self) -> None:
        ratio = self.devicePixelRatioF()
        self._comparison.ratio = ratio
        size = QSize(round(self.width() * ratio), round(self.height() * ratio))
        self._comparison.viewport.set_view(size, margin=MARGIN * ratio)
        self._follow_viewport()

    def _follow_viewport(self) -> None:
        self.update()
        if self._comparison.before is not None and self.zoom != self._emitted_zoom:
            self._emitted_zoom = self.zoom
            self.zoom_changed.emit(self.zoom)

    def _zoom_by(self, factor: float, anchor: QPointF) -> None:
        if self._comparison.before is not None:
            self._comparison.viewport.zoom_by(factor, anchor * self._comparison.ratio)
            self._follow_viewport()

    def _show_actual_size(self, anchor: QPointF) -> None:
        if self._comparison.before is not None:
            self._comparison.viewport.zoom_to(1.0, anchor * self._comparison.ratio)
            self._follow_viewport()

    def _move(self, motion: Motion) -> None:
        self._pan_by(motion.pan)
        self._zoom_by(motion.factor, motion.anchor)

    def _toggle_fit(self, anchor: QPointF) -> None:
        if self.is_fitted:
            self._show_actual_size(anchor)
        else:
            self.fit()

    def _pan_by(self, offset: QPointF) -> None:
        offset = offset * self._comparison.ratio
        self._comparison.viewport.pan_by(offset.x(), offset.y())
        self._follow_viewport()

    @property
    def _can_pan(self) -> bool:
        return self._comparison.before is not None and self._comparison.viewport.can_pan

    def _is_at_divider(self, point: QPointF) -> bool:
        return self._comparison.has_two_sides and self._comparison.divider.is_at(point)

    def _end_gestures(self) -> None:
        self._drag_from, self._is_splitting = None, False
        self._peek(False)
        self.unsetCursor()

    def _peek(self, is_peeking: bool) -> None:
        if self._comparison.is_peeking != is_peeking:
            self._comparison.is_peeking = is_peeking
            self.update()

    def _move_by_key(self, step: QPoint, *, moves_divider: bool) -> bool:
        """Return whether there was anything to move."""
        if self._can_pan and not moves_divider:
            self._pan_by(QPointF(-step) * PAN_STEP)
        elif self._comparison.has_two_sides:
            self.set_split(self.split + step.x() * SPLIT_STEP)
        else:
            return False
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        """Return whether the key means something here."""
        key, modifiers = Key(event.key()), event.modifiers()
        is_plain = not modifiers & (Modifier.ControlModifier | Modifier.AltModifier)
        if key in ARROWS and not modifiers & Modifier.AltModifier:
            moves_divider = bool(modifiers & (Modifier.ControlModifier | Modifier.ShiftModifier))
            return self._move_by_key(ARROWS[key], moves_divider=moves_divider)
        if key == Key.Key_Space and is_plain and self._comparison.has_two_sides:
            self._peek(True)
            return True
        meanings = {
            Key.Key_Plus: self.zoom_in,
            Key.Key_Equal: self.zoom_in,  # plus without Shift on many keyboards
            Key.Key_Minus: self.zoom_out,
            Key.Key_0: self.fit,
            Key.Key_1: self.actual_size,
            Key.Key_Home: lambda: self.set_split(0),
            Key.Key_End: lambda: self.set_split(1),
            Key.Key_BracketLeft: lambda: self.set_split(self.split - SPLIT_STEP),
            Key.Key_BracketRight: lambda: self.set_split(self.split + SPLIT_STEP),
        }
        if key not in meanings or not is_plain:
            return False
        meanings[key]()
        return True

    def _show_cursor(self, point: QPointF) -> None:
        if self._drag_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._is_splitting or self._is_at_divider(point):
            shape = Qt.CursorShape.SplitHCursor
        elif self._can_pan:
            shape = Qt.CursorShape.OpenHandCursor
        else:
            shape = Qt.CursorShape.ArrowCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def _follow_gesture(self, event: QGestureEvent) -> bool:
        """Return whether it is a pinch."""
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        self._drag_from, self._is_splitting = None, False  # begun by the first finger
        if pinch.state() in (Qt.GestureState.GestureStarted, Qt.GestureState.GestureUpdated):
            self._move(pinch_motion(pinch, self))  # its end repeats the last step
        return True

    def _follow_native_gesture(self, event: QNativeGestureEvent) -> bool:
        """Return whether it means something here."""
        if event.gestureType() == Qt.NativeGestureType.SmartZoomNativeGesture:
            self._toggle_fit(event.position())
            return True
        motion = native_motion(event)
        if motion is not None:
            self._move(motion)
        return motion is not None

    def _name(self) -> None:
        self.setAccessibleName(self.tr("Before and after"))
        self.setAccessibleDescription(
            self.tr(
                "Compares the photo with its result. Plus and minus zoom, the arrow keys pan, the "
                "square brackets move the divider, and holding the space bar shows the photo alone."
            )
        )

    def _label_texts(self) -> tuple[str, str]:
        return self.tr("Before"), self.tr("After")

    def _overlay_region(self) -> QRegion:
        return self._comparison.overlay_region(self._label_texts(), self.font())

    # What Qt calls

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        canvas = self.palette().color(QPalette.ColorRole.Dark)
        for rect in cast(Iterable[QRect], event.region()):
            self._comparison.draw_pictures(painter, rect, canvas)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        if self._comparison.has_two_sides:
            self._comparison.draw_overlay(
                painter,
                self._label_texts(),
                self.font(),
                accent,
                has_focus=self._has_keyboard_focus,
            )
        elif self._has_keyboard_focus:
            painter.setPen(accent)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow_size()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if event.button() == Button.MiddleButton and self._can_pan:
            self._drag_from = point
        elif event.button() != Button.LeftButton:
            event.ignore()
        elif self._is_at_divider(point):
            self._is_splitting = True
        elif self._can_pan:
            self._drag_from = point
        else:
            self._is_splitting = self._comparison.has_two_sides
        self._show_cursor(point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._is_splitting:
            self.set_split(self._comparison.split_at(point.x()))
        elif self._drag_from is not None:
            self._pan_by(point - self._drag_from)
            self._drag_from = point
        self._show_cursor(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag_from, self._is_splitting = None, False
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Button.LeftButton:
            event.ignore()
        elif self._is_at_divider(event.position()):
            self.set_split(0.5)
        else:
            self._toggle_fit(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._move(wheel_motion(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._press_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Key.Key_Space and not event.isAutoRepeat():
            self._peek(False)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._has_keyboard_focus = event.reason() in FOCUS_BY_KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._has_keyboard_focus = False
        self._peek(False)
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._end_gestures()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._name()
            self.update()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_size()
        if isinstance(event, QNativeGestureEvent):
            return self._follow_native_gesture(event)
        if isinstance(event, QGestureEvent):
            return self._follow_gesture(event)
        return super().event(event)
