"""The window's program: everything is wired here."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLibraryInfo,
    QLocale,
    QMessageLogContext,
    QObject,
    QtMsgType,
    QTranslator,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from restorer import __version__, logs, paths
from restorer import settings as settings_file
from restorer.gui import icons, messages, theme
from restorer.gui.document import Document
from restorer.gui.main_window import MainWindow
from restorer.gui.photo_queue import PhotoQueue
from restorer.gui.worker import JobRunner
from restorer.settings import Settings

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")

NO_DISPLAY = (
    "restorer: there is no display to open a window on; "
    "the command line works without one: restorer upscale PHOTO -o OUT"
)
QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def main(photos: list[Path]) -> int:
    """Open the window with these photographs in its queue; return the exit status."""
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)  # noqa: T201  there is no window to say it in
        return 2
    logs.start_log_file(paths.log_file())
    qInstallMessageHandler(log_qt_message)
    QCoreApplication.setApplicationName(paths.APP_NAME)
    QCoreApplication.setApplicationVersion(__version__)
    app = Application(sys.argv[:1])
    app.setDesktopFileName("restorer")
    app.setWindowIcon(icons.app_icon())
    shell = Shell(app, settings_file.load(paths.settings_file()))
    logs.log_uncaught(shell.show_bug)
    log.info("restorer %s", __version__)
    app.photo_wanted.connect(shell.open_photo)
    shell.open_window()
    shell.window.open_photos([photo.absolute() for photo in photos])
    status = app.exec()
    if not shell.runner.shut_down():
        # Destroying a running thread would abort; the system cleans up after us.
        log.error("the last step did not end in time")
        logging.shutdown()
        os._exit(status)
    qInstallMessageHandler(None)
    return status


def has_display() -> bool:
    """Say whether a window can be opened. Qt itself would abort the process."""
    if sys.platform in ("win32", "darwin"):
        return True
    variables = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return any(os.environ.get(variable) for variable in variables)


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Write a message of Qt to the log."""
    qt_log.log(QT_LEVELS.get(kind, logging.WARNING), "%s", text)


class Application(QApplication):
    """Hears which photograph the system asks for: macOS says so by an event, not by an argument.

    Signals:
        photo_wanted: Its path, as text.
    """

    photo_wanted = Signal(str)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.photo_wanted.emit(event.file())
            return True
        return super().event(event)


class Shell(QObject):
    """Keeps what outlives a window: a change of language takes a new one.

    Attributes:
        window: The one that is open.
        runner: The thread that works.
    """

    window: MainWindow

    def __init__(self, app: QApplication, settings: Settings) -> None:
        super().__init__()
        self._app = app
        self._settings = settings
        self._translators: list[QTranslator] = []
        self._document = Document(self)
        self._queue = PhotoQueue(self)
        self.runner = JobRunner(self)
        theme.apply_theme(app, settings.theme)
        app.styleHints().colorSchemeChanged.connect(self._on_color_scheme_changed)

    def open_window(self) -> None:
        """Show a window in the chosen language, in place of the one that is open."""
        self._translate()
        self.window = MainWindow(
            self._settings, runner=self.runner, document=self._document, queue=self._queue
        )
        self.window.settings_changed.connect(self._on_window_settings_changed)
        self.window.show()

    @Slot(str)
    def open_photo(self, name: str) -> None:
        """Open a photograph that the system asks for."""
        self.window.open_photos([Path(name)])

    def show_bug(self, error: BaseException) -> None:
        """Tell the user about an exception that nobody caught."""
        messages.show_error(getattr(self, "window", None), error)

    def _translate(self) -> None:
        """Load the words of the chosen language; English is the program's own."""
        for old in self._translators:
            self._app.removeTranslator(old)
        locale = chosen_locale(self._settings.language)
        QLocale.setDefault(locale)
        ours, qts = QTranslator(self), QTranslator(self)
        # By hand: load(locale, ...) looks for a file of English and, as there is none, goes on.
        # In other languages Qt's own words stay English too: half would be worse.
        if is_chinese(locale.uiLanguages()):
            ours.load("restorer_zh_CN", str(paths.resources_dir() / "i18n"))
            words = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
            qts.load("qtbase_zh_CN", words)
        self._translators = [qts, ours]
        if os.environ.get("RESTORER_PSEUDO") == "1":
            self._translators.append(PseudoTranslator(self))
        for translator in self._translators:
            self._app.installTranslator(translator)

    @Slot(object)
    def _on_window_settings_changed(self, settings: Settings) -> None:
        old, self._settings = self._settings, settings
        settings_file.save(settings, paths.settings_file())
        if settings.theme != old.theme:
            theme.apply_theme(self._app, settings.theme)
        if settings.language != old.language:
            before = self.window
            self._settings = before.current_settings()
            self.open_window()
            before.hide()
            before.deleteLater()

    @Slot()
    def _on_color_scheme_changed(self) -> None:
        theme.apply_theme(self._app, self._settings.theme)


def chosen_locale(language: str) -> QLocale:
    """Return the locale of a setting; "auto" is the system's."""
    return QLocale.system() if language == "auto" else QLocale(language)


def is_chinese(languages: Sequence[str]) -> bool:
    """Say whether Simplified Chinese comes before English in a list like QLocale.uiLanguages().

    Languages that the program does not speak are passed over.
    """
    has_traditional = False
    for language in languages:
        locale = QLocale(language)
        if locale.language() == QLocale.Language.English:
            return False
        if locale.language() != QLocale.Language.Chinese:
            continue
        if locale.script() == QLocale.Script.TraditionalHanScript:
            has_traditional = True
        elif language != "zh" or not has_traditional:  # "zh" is also what is left of "zh-Hant-TW"
            return True
    return False


class PseudoTranslator(QTranslator):
    """Doubles every string, to find layouts that another language would break."""

    def isEmpty(self) -> bool:
        return False

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"{text} {text}"
