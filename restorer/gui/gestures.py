"""What wheels, touchpads and touch screens ask a picture to do."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QPinchGesture, QWidget

WHEEL_TO_DOUBLE = 480  # of QWheelEvent.angleDelta: four notches
LEAST_FACTOR = 0.1


@dataclass(frozen=True)
class Motion:
    """One step of a gesture, in the widget's coordinates.

    Attributes:
        pan: How far the picture moves, before it is zoomed.
        factor: Of the zoom.
        anchor: What is here stays here while the picture is zoomed.
    """

    pan: QPointF
    factor: float
    anchor: QPointF


def wheel_motion(event: QWheelEvent) -> Motion:
    """A wheel zooms; two fingers on a touchpad pan, with Ctrl they zoom."""
    is_touchpad = (
        event.phase() != Qt.ScrollPhase.NoScrollPhase
        or event.device().type() == QInputDevice.DeviceType.TouchPad
    )
    turned, moved = event.angleDelta(), event.pixelDelta()
    if is_touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        pan = QPointF(turned) / 2 if moved.isNull() else QPointF(moved)
        return Motion(pan, 1.0, event.position())
    notches = turned.y() or turned.x()  # Alt turns the wheel on its side on some systems
    return Motion(QPointF(), 2 ** (notches / WHEEL_TO_DOUBLE), event.position())


def native_motion(event: QNativeGestureEvent) -> Motion | None:
    """Two fingers pinching a touchpad zoom. None for what is no pinch."""
    if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
        return None
    return Motion(QPointF(), max(LEAST_FACTOR, 1 + event.value()), event.position())


def pinch_motion(pinch: QPinchGesture, widget: QWidget) -> Motion:
    """Two fingers pinching a screen zoom, and pan as they move together."""
    center = widget.mapFromGlobal(pinch.centerPoint())
    pan = center - widget.mapFromGlobal(pinch.lastCenterPoint())
    return Motion(QPointF(pan), max(LEAST_FACTOR, pinch.scaleFactor()), QPointF(center))
