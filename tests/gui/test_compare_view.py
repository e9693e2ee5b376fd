import gc
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QNativeGestureEvent,
    QPainter,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from restorer.engine.photo import Photo
from restorer.gui.compare_view import MARGIN, CompareView
from restorer.gui.qimages import Picture, make_picture, to_qimage

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
Key = Qt.Key
Modifier = Qt.KeyboardModifier


def plain(color, height: int = 300, width: int = 400) -> Picture:
    return make_picture(Photo(np.full((height, width, 3), color, np.uint8)))


def gradient(height: int, width: int) -> Picture:
    """Return a picture that is the same at any resolution.

    Red grows from left to right, green from top to bottom, blue from right to left.
    """
    x = (np.arange(width) + 0.5) / width * 255
    y = (np.arange(height) + 0.5) / height * 255
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, 0] = np.round(x)
    pixels[:, :, 1] = np.round(y)[:, None]
    pixels[:, :, 2] = 255 - pixels[:, :, 0]
    return make_picture(Photo(pixels))


def shot(view: CompareView) -> np.ndarray:
    """Return what the view looks like, (H, W, 3)."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return rows[:, :, :3].copy()


def pictures_alone(view: CompareView) -> np.ndarray:
    """Return what the view looks like without divider and labels."""
    image = QImage(view.size(), QImage.Format.Format_RGBX8888)
    painter = QPainter(image)
    view._comparison.draw_pictures(painter, view.rect(), QColor("black"))
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return rows[:, :, :3].copy()


def place(view: CompareView):
    return view._comparison.viewport.picture_rect


def picture_point(view: CompareView, point: QPointF) -> tuple[float, float]:
    """Return what of the picture is at a point, 0..1."""
    rect = place(view)
    return (point.x() - rect.x()) / rect.width(), (point.y() - rect.y()) / rect.height()


def turn_wheel(view: CompareView, point: QPointF, *, by: int, modifiers=Modifier.NoModifier):
    event = QWheelEvent(
        point,
        QPointF(view.mapToGlobal(point)),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def drag(view: CompareView, begin: QPoint, end: QPoint) -> None:
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(view, (begin + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


@pytest.fixture
def view(qtbot) -> CompareView:
    view = CompareView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show()
    return view


@pytest.fixture(scope="session")
def touch_screen(qapp) -> QPointingDevice:
    return QTest.createTouchDevice()


@pytest.fixture
def compared(view) -> CompareView:
    """Return a view of a red photo and its green result, four times as large."""
    view.show_before(plain(RED))
    view.show_after(plain(GREEN, 1200, 1600))
    return view


def test_empty_view_is_painted(view):
    shown = shot(view)
    assert (shown == shown[0, 0]).all()


def test_before_is_left_of_the_divider_and_after_right(compared):
    compared.set_split(0.25)
    shown, rect = shot(compared), place(compared)
    x, y = rect.left() + rect.width() // 4, rect.bottom() - 5
    assert shown[y, x - 3].tolist() == list(RED)
    assert shown[y, x + 3].tolist() == list(GREEN)
    assert shown[y, rect.left()].tolist() == list(RED)
    assert shown[y, rect.right()].tolist() == list(GREEN)


def test_photo_alone_has_no_divider(view):
    view.show_before(plain(RED))
    rect = place(view)
    inside = shot(view)[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]
    assert (inside == RED).all()


def test_another_photo_takes_the_result_away(compared):
    compared.actual_size()
    compared.show_before(plain(BLUE))
    assert compared.is_fitted
    rect = place(compared)
    assert (shot(compared)[rect.top() : rect.bottom(), rect.left() : rect.right()] == BLUE).all()


def test_clear_shows_nothing(compared):
    compared.clear()
    shown = shot(compared)
    assert (shown == shown[0, 0]).all()
    compared.zoom_in()
    compared.actual_size()
    QTest.keyClick(compared, Key.Key_Left)


def test_result_takes_the_place_of_the_photo(view):
    view.show_before(plain(RED))
    before = place(view)
    view.show_after(plain(GREEN, 1200, 1600))
    assert place(view) == before
    view.zoom_in()
    before = place(view)
    view.show_after(None)
    assert place(view) == before


def test_zoom_is_told_in_pixels_of_the_result(view, qtbot):
    view.show_before(plain(RED))
    view.actual_size()
    with qtbot.waitSignal(view.zoom_changed) as told:
        view.show_after(plain(GREEN, 1200, 1600))
    assert told.args == [0.25]
    assert view.zoom == 0.25


@pytest.mark.parametrize("zoom", [None, 0.1, 0.31, 0.5, 0.77, 1.0, 1.7, 3.0, 7.0])
@pytest.mark.parametrize("sizes", [((501, 667), (2003, 2669)), ((333, 251), (499, 377))])
def test_before_and_after_lie_exactly_over_each_other(view, zoom, sizes):
    view.show_before(gradient(*sizes[0]))
    view.show_after(gradient(*sizes[1]))
    if zoom is not None:
        view._comparison.viewport.zoom_to(zoom, QPointF(200, 300))
    view.set_split(1)
    before = pictures_alone(view).astype(int)
    view.set_split(0)
    after = pictures_alone(view).astype(int)
    inside = place(view).adjusted(12, 12, -12, -12) & view.rect()
    rows = slice(inside.top(), inside.bottom() + 1)
    columns = slice(inside.left(), inside.right() + 1)
    difference = (before - after)[rows, columns]
    # Qt rounds down when it blends. A photo's pixel is a square when zoom is high.
    allowed = 2 + (255 / min(sizes[0]) / 2 if view.zoom > 4 else 0)
    assert np.abs(difference).max() <= allowed


def edge_picture(length: int, edge: int, *, is_turned: bool) -> Picture:
    """Return black, then white from pixel edge on."""
    pixels = np.zeros((200, length, 3), np.uint8)
    pixels[:, edge:] = 255
    return make_picture(Photo(pixels.transpose(1, 0, 2) if is_turned else pixels))


def edge_in(shown: np.ndarray) -> float:
    """Return where a row of numbers passes the middle between black and white."""
    right = int(np.argmax(shown > 127.5))
    low, high = float(shown[right - 1]), float(shown[right])
    return right - 1 + (127.5 - low) / (high - low)


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("zoom", [0.21, 0.26, 0.31, 0.5, 0.77, 1.0, 1.7, 3.0, 7.0])
@pytest.mark.parametrize(
    ("lengths", "edges"), [((667, 2668), (320, 1280)), ((1334, 2001), (640, 960))]
)
def test_an_edge_does_not_jump_at_the_divider(view, lengths, edges, zoom, is_turned):
    view.show_before(edge_picture(lengths[0], edges[0], is_turned=is_turned))
    view.show_after(edge_picture(lengths[1], edges[1], is_turned=is_turned))
    share, rect = edges[0] / lengths[0], place(view)
    edge = rect.top() + share * rect.height() if is_turned else rect.left() + share * rect.width()
    center = QPointF(rect.center())
    point = QPointF(center.x(), edge) if is_turned else QPointF(edge, center.y())
    view._comparison.viewport.zoom_to(zoom, point)
    x, y = place(view).intersected(view.rect()).center().toTuple()
    seen = []
    for split in (1, 0):
        view.set_split(split)
        shown = pictures_alone(view)[:, :, 0]
        inside = place(view) & view.rect()
        line = (
            shown[inside.top() : inside.bottom(), x]
            if is_turned
            else shown[y, inside.left() : inside.right()]
        )
        seen.append(edge_in(line))
    assert abs(seen[0] - seen[1]) < (0.4 if zoom < 4 else 1.01)


@pytest.mark.parametrize("zoom", [0.2, 0.26, 0.49, 0.51, 0.99, 1.01])
def test_levels_show_the_same_point_at_the_same_place(view, zoom):
    picture = gradient(1501, 2003)
    view.show_before(picture)
    view._comparison.viewport.zoom_to(zoom, QPointF(320, 240))
    rect = place(view)
    shown = pictures_alone(view)
    for x, y in ((330, 250), (250, 200), (400, 280)):
        expected_x = (x + 0.5 - rect.left()) / rect.width() * 255
        expected_y = (y + 0.5 - rect.top()) / rect.height() * 255
        assert shown[y, x, 0] == pytest.approx(expected_x, abs=1)
        assert shown[y, x, 1] == pytest.approx(expected_y, abs=1)


@pytest.mark.parametrize(("height", "width"), [(700, 900), (701, 901)])
def test_actual_size_shows_each_pixel_unchanged(view, height, width):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    view.show_before(make_picture(Photo(pixels)))
    view.actual_size()
    rect = place(view)
    assert rect.size().toTuple() == (width, height)
    expected = pixels[-rect.top() : 480 - rect.top(), -rect.left() : 640 - rect.left()]
    np.testing.assert_array_equal(pictures_alone(view), expected)


def test_high_zoom_shows_pixels_as_squares(view):
    pixels = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    view.show_before(make_picture(Photo(pixels)))
    view._comparison.viewport.zoom_to(16, QPointF(320, 240))
    rect, shown = place(view), pictures_alone(view)
    x, y = (320 - rect.left()) // 16, (240 - rect.top()) // 16
    corner = QPoint(rect.left() + x * 16, rect.top() + y * 16)
    square = shown[corner.y() : corner.y() + 16, corner.x() : corner.x() + 16]
    assert (square == pixels[y, x]).all()


def test_right_end_of_a_picture_wider_than_qt_can_scale_is_shown(view):
    pixels = np.zeros((4, 40_000, 3), np.uint8)
    pixels[:, 39_900:] = GREEN
    view.show_before(make_picture(Photo(pixels)))
    view._comparison.viewport.zoom_to(2.5, QPointF(320, 240))
    view._comparison.viewport.pan_by(-1e6, 0)
    rect = place(view)
    shown = pictures_alone(view)[rect.center().y()]
    assert shown[rect.right() - 245].tolist() == list(GREEN)
    assert shown[rect.right() - 255].tolist() == [0, 0, 0]


def test_picture_fits_until_the_user_zooms(view):
    view.show_before(plain(RED, 2000, 4000))
    assert place(view).width() == 640 - 2 * MARGIN
    view.resize(400, 480)
    QApplication.processEvents()
    assert place(view).width() == 400 - 2 * MARGIN
    view.zoom_in()
    width = place(view).width()
    view.resize(640, 480)
    QApplication.processEvents()
    assert place(view).width() == width
    view.fit()
    assert place(view).width() == 640 - 2 * MARGIN


def test_small_photo_is_centred_and_little_enlarged(view):
    view.show_before(plain(RED, 10, 20))
    assert view.zoom == 4
    assert place(view).getRect() == (280, 220, 80, 40)


def test_result_of_a_small_photo_is_fitted_at_actual_size(view):
    view.show_before(plain(RED, 87, 141))
    view.show_after(plain(GREEN, 350, 566))
    assert view.zoom == 1


@pytest.mark.parametrize("point", [QPointF(320, 240), QPointF(150, 130), QPointF(500, 300)])
def test_wheel_keeps_the_point_under_the_pointer(view, point):
    view.show_before(plain(RED, 3000, 4000))
    view._comparison.viewport.zoom_to(0.5, QPointF(320, 240))
    begin = picture_point(view, point)
    for by in (120, 120, 15, 7, -120):
        turn_wheel(view, point, by=by)
        x, y = picture_point(view, point)
        assert abs(x - begin[0]) * place(view).width() <= 1
        assert abs(y - begin[1]) * place(view).height() <= 1
    assert view.zoom == pytest.approx(0.5 * 2 ** (142 / 480))


def test_four_notches_double_the_zoom_and_stop_at_the_limits(view):
    view.show_before(plain(RED, 3000, 4000))
    fit = view.zoom
    for _ in range(60):
        turn_wheel(view, QPointF(300, 200), by=120)
    assert view.zoom == 32
    for _ in range(80):
        turn_wheel(view, QPointF(300, 200), by=-120)
    assert view.zoom == fit
    assert view.is_fitted


def test_zooming_stops_at_actual_size(view):
    view.show_before(plain(RED, 3000, 4000))
    seen = set()
    for _ in range(14):
        view.zoom_in()
        seen.add(view.zoom)
    assert 1.0 in seen


def test_two_fingers_on_a_touchpad_pan(view):
    view.show_before(plain(RED, 3000, 4000))
    view.actual_size()
    before = place(view)
    event = QWheelEvent(
        QPointF(300, 200),
        QPointF(300, 200),
        QPoint(-30, 12),
        QPoint(-60, 24),
        Qt.MouseButton.NoButton,
        Modifier.NoModifier,
        Qt.ScrollPhase.ScrollUpdate,
        False,
    )
    QApplication.sendEvent(view, event)
    assert place(view) == before.translated(-30, 12)


def test_pinch_zooms(view):
    view.show_before(plain(RED, 3000, 4000))
    view.actual_size()
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        QPointF(300, 200),
        QPointF(300, 200),
        QPointF(300, 200),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(view, event)
    assert view.zoom == 1.5


@pytest.mark.skipif(sys.platform == "darwin", reason="a native gesture there")
def test_two_fingers_on_a_screen_zoom_as_far_as_they_part(qtbot, touch_screen):
    window = QWidget()  # Qt counts a pinch twice in a window without parts
    qtbot.addWidget(window)
    view = CompareView(window)
    view.resize(640, 480)
    window.show()
    view.show_before(plain(RED, 3000, 4000))
    view.actual_size()
    left, right = QPoint(200, 200), QPoint(300, 200)
    QTest.touchEvent(view, touch_screen, False).press(0, left, view).press(1, right, view).commit()
    for step in range(1, 11):
        left, right = QPoint(200 - 5 * step, 200), QPoint(300 + 5 * step, 200)
        moved = QTest.touchEvent(view, touch_screen, False)
        moved.move(0, left, view).move(1, right, view).commit()
    assert view.zoom == pytest.approx(200 / 110)  # Qt counts from the first move on
    released = QTest.touchEvent(view, touch_screen, False)
    released.release(0, left, view).release(1, right, view).commit()
    assert view.zoom == pytest.approx(200 / 110)


def test_dragging_the_divider_moves_it(compared):
    compared.actual_size()  # there is room to pan, but the divider comes first
    before = place(compared)
    drag(compared, QPoint(320, 400), QPoint(160, 380))
    assert compared.split == 0.25
    assert place(compared) == before
    shown = shot(compared)
    assert shown[400, 150].tolist() == list(RED)
    assert shown[400, 170].tolist() == list(GREEN)


def test_dragging_elsewhere_pans(compared):
    compared.actual_size()
    before = place(compared)
    drag(compared, QPoint(100, 100), QPoint(70, 140))
    assert place(compared) == before.translated(-30, 40)
    assert compared.split == 0.5


def test_dragging_anywhere_moves_the_divider_while_all_is_seen(compared):
    rect = place(compared)
    drag(compared, QPoint(100, 100), QPoint(rect.left() + rect.width() // 4, 140))
    assert compared.split == pytest.approx(0.25, abs=0.002)


def test_click_moves_nothing(compared):
    before = place(compared)
    QTest.mouseClick(compared, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert (compared.split, place(compared)) == (0.5, before)


def test_divider_stays_on_the_picture(compared):
    drag(compared, QPoint(320, 400), QPoint(-50, 400))
    assert compared.split == 0
    drag(compared, QPoint(place(compared).left(), 400), QPoint(900, 400))
    assert compared.split == 1


def test_double_click_changes_between_fit_and_actual_size(compared):
    point = QPoint(100, 100)
    begin = picture_point(compared, QPointF(point))
    QTest.mouseDClick(compared, Qt.MouseButton.LeftButton, pos=point)
    assert compared.zoom == 1
    assert picture_point(compared, QPointF(point)) == pytest.approx(begin, abs=0.001)
    QTest.mouseDClick(compared, Qt.MouseButton.LeftButton, pos=point)
    assert compared.is_fitted


def test_picture_cannot_be_panned_out_of_view(compared):
    compared.actual_size()
    for offset in (1e6, -1e6):
        compared._comparison.viewport.pan_by(offset, offset)
        rect = place(compared)
        assert rect.left() <= MARGIN
        assert rect.top() <= MARGIN
        assert rect.right() + 1 >= 640 - MARGIN
        assert rect.bottom() + 1 >= 480 - MARGIN


def test_only_what_the_divider_passed_is_painted(compared):
    QApplication.processEvents()
    painted = []
    compared.paintEvent = lambda event: painted.append(event.region())
    compared.set_split(0.52)
    QApplication.processEvents()
    area = sum(rect.width() * rect.height() for region in painted for rect in region)
    assert 0 < area < 640 * 480 / 4


@pytest.mark.parametrize("splits", [(0.5, 0.3), (0.3, 0.9), (0.02, 1), (1, 0)])
def test_moving_the_divider_leaves_nothing_behind(compared, splits):
    for split in splits:
        compared.set_split(split)
        QApplication.processEvents()
    screen = compared.screen().grabWindow(compared.winId()).toImage()
    expected = compared.grab().toImage()
    if screen.isNull() or screen.size() != expected.size():
        pytest.skip("this platform shows no window")
    assert screen.convertToFormat(expected.format()) == expected


@pytest.mark.parametrize(
    ("key", "modifiers", "split"),
    [
        (Key.Key_BracketLeft, Modifier.NoModifier, 0.48),
        (Key.Key_BracketRight, Modifier.NoModifier, 0.52),
        (Key.Key_Left, Modifier.ControlModifier, 0.48),
        (Key.Key_Right, Modifier.ShiftModifier, 0.52),
        (Key.Key_Home, Modifier.NoModifier, 0),
        (Key.Key_End, Modifier.NoModifier, 1),
    ],
)
def test_keys_move_the_divider(compared, qtbot, key, modifiers, split):
    compared.actual_size()
    with qtbot.waitSignal(compared.split_changed) as told:
        QTest.keyClick(compared, key, modifiers)
    assert told.args == [pytest.approx(split)]


def test_arrows_pan_and_move_the_divider_while_all_is_seen(compared):
    QTest.keyClick(compared, Key.Key_Right)
    assert compared.split == pytest.approx(0.52)
    compared.actual_size()
    before = place(compared)
    QTest.keyClick(compared, Key.Key_Right)
    QTest.keyClick(compared, Key.Key_Down)
    assert place(compared) == before.translated(-64, -64)


def test_keys_zoom(compared):
    QTest.keyClick(compared, Key.Key_1)
    assert compared.zoom == 1
    QTest.keyClick(compared, Key.Key_Plus)
    assert compared.zoom == 1.25
    QTest.keyClick(compared, Key.Key_Minus)
    assert compared.zoom == 1
    QTest.keyClick(compared, Key.Key_0)
    assert compared.is_fitted


def test_keys_without_meaning_are_left_to_the_window(compared):
    for key, modifiers in ((Key.Key_A, Modifier.NoModifier), (Key.Key_0, Modifier.ControlModifier)):
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers)
        QApplication.sendEvent(compared, event)
        assert not event.isAccepted()


def test_space_held_down_shows_the_photo_alone(compared):
    QTest.keyPress(compared, Key.Key_Space)
    rect = place(compared)
    shown = shot(compared)
    assert (shown[rect.center().y(), rect.left() : rect.right()] == RED).all()
    QTest.keyRelease(compared, Key.Key_Space)
    assert shot(compared)[rect.center().y(), rect.right() - 5].tolist() == list(GREEN)


def test_previews_lie_over_the_dimmed_photo_in_their_place(view):
    view.show_before(plain(RED))
    view.add_preview((0.5, 0.5, 1, 0.75), to_qimage(plain(GREEN, 100, 50).photo))
    view.add_preview((0, 0.75, 0.5, 1), to_qimage(plain(BLUE, 100, 50).photo))
    view.set_split(0.1)
    shown, rect = pictures_alone(view), place(view)

    def at(x: float, y: float) -> list[int]:
        return shown[rect.top() + int(y * rect.height()), rect.left() + int(x * rect.width())]

    assert at(0.05, 0.6).tolist() == list(RED)
    assert at(0.51, 0.51).tolist() == at(0.74, 0.99).tolist() == list(GREEN)
    assert at(0.76, 0.01).tolist() == at(0.99, 0.49).tolist() == list(BLUE)
    for dimmed in (at(0.3, 0.3), at(0.49, 0.6), at(0.76, 0.52), at(0.74, 0.48)):
        assert 60 < dimmed[0] < 240
        assert dimmed[1:].tolist() == [0, 0]


def test_previews_left_of_the_divider_are_hidden(view):
    view.show_before(plain(RED))
    view.add_preview((0, 0, 1, 1), to_qimage(plain(GREEN).photo))
    rect = place(view)
    shown = pictures_alone(view)
    assert shown[rect.center().y(), rect.left() + 5].tolist() == list(RED)
    assert shown[rect.center().y(), rect.right() - 5].tolist() == list(GREEN)


def test_parts_of_a_preview_join_without_a_gap(view):
    view.show_before(plain(RED, 331, 457))
    for row in range(3):
        for column in range(5):
            part = to_qimage(plain(GREEN, 441, 366).photo)
            view.add_preview((row / 3, column / 5, (row + 1) / 3, (column + 1) / 5), part)
    view.set_split(0)
    rect = place(view)
    inside = pictures_alone(view)[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]
    assert np.abs(inside.astype(int) - GREEN).max() <= 1


def test_finer_previews_replace_coarse_ones(view):
    view.show_before(plain(RED))
    view.add_preview((0, 0, 1, 1), to_qimage(plain(GREEN, 30, 40).photo))
    view.add_preview((0, 0, 0.5, 1), to_qimage(plain(BLUE, 600, 1600).photo))
    assert view._comparison.previews.levels[0].width() == 1600
    view.set_split(0)
    shown, rect = pictures_alone(view), place(view)
    assert shown[rect.top() + 5, rect.center().x()].tolist() == list(BLUE)
    assert shown[rect.bottom() - 5, rect.center().x()].tolist() == list(GREEN)


def test_previews_of_a_huge_result_take_little_memory(view):
    view.show_before(plain(RED))
    view.add_preview((0, 0, 0.01, 0.01), to_qimage(plain(GREEN).photo))
    size = sum(level.sizeInBytes() for level in view._comparison.previews.levels)
    assert size < 50e6


def test_previews_go_when_they_are_cleared_or_the_result_comes(view):
    view.show_before(plain(RED))
    rect = place(view)
    view.add_preview((0, 0, 1, 1), to_qimage(plain(GREEN).photo))
    view.clear_previews()
    assert shot(view)[rect.center().y(), rect.right() - 5].tolist() == list(RED)
    view.add_preview((0, 0, 1, 1), to_qimage(plain(GREEN).photo))
    view.show_after(plain(BLUE))
    assert shot(view)[rect.center().y(), rect.right() - 5].tolist() == list(BLUE)


def test_preview_without_a_photo_is_ignored(view):
    view.add_preview((0, 0, 1, 1), to_qimage(plain(GREEN).photo))
    shown = shot(view)
    assert (shown == shown[0, 0]).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_odd_sizes_are_shown_at_every_zoom(view, height, width):
    view.show_before(plain(RED, height, width))
    view.show_after(plain(GREEN, height * 3, width * 3))
    for act in (view.fit, view.actual_size, view.zoom_in, view.zoom_out, view.zoom_out):
        act()
        view.set_split(1)
        rect = place(view) & view.rect()
        assert (pictures_alone(view)[rect.center().y(), rect.center().x()] == RED).all()
        view.set_split(0)
        assert (pictures_alone(view)[rect.center().y(), rect.center().x()] == GREEN).all()
        shot(view)


def test_transparent_pixels_show_a_checkerboard(view):
    pixels = np.full((300, 400, 3), RED, np.uint8)
    alpha = np.full((300, 400), 255, np.uint8)
    alpha[:, :200] = 0
    view.show_before(make_picture(Photo(pixels, alpha=alpha)))
    shown, rect = shot(view), place(view)
    clear = shown[rect.top() + 20 : rect.bottom() - 20, rect.left() + 20 : rect.center().x() - 20]
    assert len(np.unique(clear.reshape(-1, 3), axis=0)) == 2
    assert clear.min() > 200
    assert shown[rect.center().y(), rect.right() - 5].tolist() == list(RED)


def test_pictures_outlive_whoever_made_them(view):
    before, after = plain(RED), plain(GREEN, 1200, 1600)
    view.show_before(before)
    view.show_after(after)
    del before, after
    gc.collect()
    rect = place(view)
    assert shot(view)[rect.bottom() - 5, rect.left()].tolist() == list(RED)
    assert shot(view)[rect.bottom() - 5, rect.right()].tolist() == list(GREEN)


def test_right_to_left_keeps_before_on_the_left(compared):
    compared.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    rect = place(compared)
    assert shot(compared)[rect.bottom() - 5, rect.left()].tolist() == list(RED)


def test_view_tells_assistive_tools_what_it_is(view):
    assert view.accessibleName()
    assert view.accessibleDescription()
    assert not view.acceptDrops()
