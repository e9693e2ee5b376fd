"""The program in a real window, used as a person uses it: with the mouse of the X server.

    python -m tests.e2e.real_window PHOTO OUT_DIR

A file is dragged in from another program's window, Upscale is clicked and cancelled, clicked again,
the divider is dragged, and the result is exported to OUT_DIR; what was seen is printed as one JSON
object. Needs a display of
at least 1400 x 900 without a window manager (Xvfb) and xdotool. The longest stall of the event loop
is measured with a 10 ms timer while the photograph is restored.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton, QToolBar, QWidget

from restorer import app as restorer_app
from restorer.gui.document import State
from restorer.gui.main_window import MainWindow
from restorer.settings import Settings
from tests.e2e.drag_source import SIDE_PX

Widget = TypeVar("Widget", bound=QWidget)

TIMEOUT_S = 300.0
TICK_MS = 10


def main() -> None:
    """Use the window once and print what was seen."""
    photo, out_dir = (Path(word).absolute() for word in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as home:
        os.environ["RESTORER_HOME"] = home
        app = QApplication(sys.argv[:1])
        settings = Settings(language="en", theme="light", export_folder=str(out_dir))
        shell = restorer_app.Shell(app, settings)
        try:
            seen = use(shell, photo)
        finally:
            shell.runner.shut_down()
            shell.window.hide()
    sys.stdout.write(json.dumps(seen) + "\n")


def use(shell: restorer_app.Shell, photo: Path) -> dict[str, object]:
    """Drop, upscale, compare, export."""
    seen: dict[str, object] = {}
    shell.open_window()
    window = shell.window
    window.setGeometry(SIDE_PX + 10, 0, 1240, 860)
    wait(lambda: window.windowHandle().isExposed())
    seen["torch_before_window"] = "torch" in sys.modules
    seen["start_page"] = child(window, "sampleButton", QPushButton).isVisible()

    with dragged(photo, onto=window):
        wait(lambda: window.document.state is State.READY)
    seen["opened"] = str(window.document.source)
    wait(lambda: bool(shell.runner.devices))  # torch is there: the stalls are those of restoring

    click(child(window, "runButton", QPushButton))
    bar = child(window, "progressBar", QProgressBar)
    wait(lambda: bar.isVisible() and bar.value() > bar.maximum() * 0.02)
    begin = time.monotonic()
    click(child(window, "cancelButton", QPushButton))
    wait(lambda: window.document.state is State.READY)
    seen["cancel_ms"] = round((time.monotonic() - begin) * 1000)  # with the mouse's way

    previews: list[object] = []
    window.runner.previewed.connect(lambda region, image: previews.append(region))
    texts: set[str] = set()
    click(child(window, "runButton", QPushButton))
    wait(lambda: window.document.state is State.RESTORING)
    with stalls_measured() as stalls:
        wait(lambda: note(texts, window) or window.document.state is not State.RESTORING)
    seen["longest_stall_ms"] = round(max(stalls))
    seen["previews"] = len(previews)
    seen["time_left"] = sorted(texts)
    seen["state"] = window.document.state.name

    view = window.compare_view
    before, middle = view.split, view.rect().center()
    grip = view.mapToGlobal(middle)
    drag(grip, grip - QPoint(200, 0))
    wait(lambda: view.split < before)
    seen["split"] = [round(before, 3), round(view.split, 3)]

    click(tool_button(window, "export"))
    wait(lambda: bool(window.findChildren(QPushButton, "exportButton")))
    click(child(window, "exportButton", QPushButton))
    wait(lambda: not window.document.has_unsaved_result)
    return seen


def note(texts: set[str], window: MainWindow) -> bool:
    """Collect what the job bar says of the time left."""
    label = child(window, "timeLeft", QLabel)
    if label.isVisible() and label.text():
        texts.add(label.text())
    return False


def tool_button(window: MainWindow, action: str) -> QWidget:
    """Return the toolbar's button of an action."""
    bar = window.findChild(QToolBar)
    return bar.widgetForAction(window.actions_by_name[action])


def child(window: QWidget, name: str, kind: type[Widget]) -> Widget:
    """Return the widget of that name."""
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


def wait(
    is_there: Callable[[], bool],
) -> None:
    """Run the event loop until something is there."""
    end = time.monotonic() + TIMEOUT_S
    while not is_there():
        QApplication.processEvents()
        time.sleep(0.001)
        if time.monotonic() > end:
            raise TimeoutError("waited too long")


def xdotool(*words: object) -> None:
    """Move the X server's mouse, while the event loop runs."""
    process = subprocess.Popen(["xdotool", *map(str, words)], stdout=subprocess.DEVNULL)
    wait(lambda: process.poll() is not None)
    assert process.returncode == 0


def click(widget: QWidget) -> None:
    """Click the middle of a widget."""
    wait(lambda: widget.isVisible() and widget.isEnabled())
    at = widget.mapToGlobal(QRect(QPoint(0, 0), widget.size()).center())
    xdotool("mousemove", at.x(), at.y(), "click", 1)


def drag(start: QPoint, end: QPoint) -> None:
    """Press, move in small steps, release."""
    xdotool("mousemove", start.x(), start.y(), "mousedown", 1)
    for step in range(1, 13):
        at = start + (end - start) * step / 12
        xdotool("mousemove", at.x(), at.y(), "sleep", 0.03)
    xdotool("sleep", 0.2, "mouseup", 1)


@contextmanager
def dragged(file: Path, *, onto: QWidget) -> Iterator[None]:
    """Drop a file on a widget from another program, which hands it over inside the block."""
    source = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.drag_source", str(file)], stdin=subprocess.DEVNULL
    )
    try:
        xdotool("search", "--sync", "--pid", source.pid)
        xdotool("sleep", 0.5)
        drag(QPoint(SIDE_PX // 2, SIDE_PX // 2), onto.mapToGlobal(onto.rect().center()))
        yield
    finally:
        source.terminate()
        source.wait()


@contextmanager
def stalls_measured() -> Iterator[list[float]]:
    """Collect how late a 10 ms timer comes, in milliseconds."""
    late = [0.0]
    last = time.monotonic()

    def tick() -> None:
        nonlocal last
        now = time.monotonic()
        late.append((now - last) * 1000 - TICK_MS)
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(TICK_MS)
    yield late
    timer.stop()


if __name__ == "__main__":
    main()
