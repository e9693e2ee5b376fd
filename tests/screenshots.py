"""Pictures of the real window: python -m tests.screenshots OUT_DIR [--photo PHOTO] [--noisy PHOTO].

Makes one set per look: light, dark and Chinese. The user's own settings are neither read nor
changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QProgressBar,
    QSlider,
    QWidget,
)

from restorer import app as restorer_app
from restorer import paths
from restorer.gui.held_out_plot import HeldOutPlot
from restorer.gui.main_window import MainWindow
from restorer.settings import Settings

LOOKS = {
    "light": Settings(theme="light", language="en"),
    "dark": Settings(theme="dark", language="en"),
    "chinese": Settings(theme="light", language="zh_CN"),
}
WIDTH, HEIGHT = 1280, 820
TIMEOUT_S = 600.0

Child = TypeVar("Child", bound=QWidget)


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--photo", type=Path, default=paths.resources_dir() / "sample" / "photo.jpg"
    )
    parser.add_argument("--noisy", type=Path, help="a small noisy photo: Deep Image Prior, too")
    parser.add_argument("--scale", type=float, default=4)
    parser.add_argument("--looks", nargs="+", choices=LOOKS, default=list(LOOKS))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    if "Noto Sans CJK SC" in QFontDatabase.families():
        app.setFont(QFont("Noto Sans CJK SC", 10))  # better than what a bare X server has
    for look in chosen.looks:
        with shell_for(app, LOOKS[look]) as shell:
            show_all(shell.window, chosen, look)


@contextmanager
def shell_for(app: QApplication, settings: Settings) -> Iterator[restorer_app.Shell]:
    """Give a program with a window that is gone afterwards, without asking."""
    with tempfile.TemporaryDirectory() as home:
        models = paths.user_models_dir()
        os.environ["RESTORER_HOME"] = home
        if models.is_dir():
            (Path(home) / "models").symlink_to(models)
        shell = restorer_app.Shell(app, settings)
        try:
            shell.open_window()
            shell.window.resize(WIDTH, HEIGHT)
            yield shell
        finally:
            shell.window.hide()
            shell.runner.shut_down()
            shell.window.deleteLater()
            shell.deleteLater()
            app.processEvents()


def show_all(window: MainWindow, chosen: argparse.Namespace, look: str) -> None:
    """Take the window through a restoration and grab it on the way."""

    def shoot(name: str, widget: QWidget | None = None) -> None:
        settle()
        (widget or window).grab().save(str(chosen.out / f"{name}-{look}.png"))

    runner = window.runner
    wait_until(lambda: bool(runner.devices))
    shoot("start")
    window.open_photos([chosen.photo])
    wait_until(lambda: not runner.is_busy)
    child(window, QDoubleSpinBox, "scaleBox").setValue(chosen.scale)
    shoot("ready")
    window.restore()
    bar = child(window, QProgressBar, "progressBar")
    wait_until(lambda: bar.value() > 0.45 * bar.maximum() > 0 or not runner.is_busy)
    shoot("running")
    wait_until(lambda: not runner.is_busy)
    shoot("done")
    window.export_result()
    shoot("export", QApplication.activeModalWidget())
    close_dialog()
    window.edit_settings()
    shoot("settings", QApplication.activeModalWidget())
    close_dialog()
    if chosen.noisy is not None:
        show_denoise(window, chosen.noisy, shoot)


def show_denoise(window: MainWindow, photo: Path, shoot: Callable[[str], None]) -> None:
    """Take the window through a run of Deep Image Prior: paused, gone on with, scrubbed."""
    runner = window.runner
    window.document.set_saved()
    window.open_photos([photo])
    modes = child(window, QComboBox, "modeBox")
    modes.setCurrentIndex(modes.findData("denoise"))
    time_needed = child(window, QLabel, "timeText")
    wait_until(time_needed.isVisible)
    shoot("denoise-ready")
    window.restore()
    plot = child(window, HeldOutPlot, "heldOutPlot")
    wait_until(lambda: len(plot.points) > 12)
    shoot("denoise-running")
    window.cancel_job()
    wait_until(lambda: not runner.is_busy)
    shoot("denoise-paused")
    window.restore()
    wait_until(lambda: bool(plot.points) and plot.points[-1].iteration > 400)
    runner.finish_early()
    wait_until(lambda: not runner.is_busy)
    child(window, QSlider, "snapshotSlider").setValue(2)
    child(window, QSlider, "strengthSlider").setValue(70)
    wait_until(lambda: not runner.is_busy)
    shoot("denoise-done")


def child(window: QWidget, kind: type[Child], name: str) -> Child:
    """Return a widget by its object name."""
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def close_dialog() -> None:
    """Close the dialog that is open."""
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.close()
    settle()


def settle() -> None:
    """Let the window draw what it was told."""
    wait_until(lambda: False, timeout_s=0.3)


def wait_until(is_true: Callable[[], bool], *, timeout_s: float = TIMEOUT_S) -> None:
    """Run the window until something is true."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and not is_true():
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
