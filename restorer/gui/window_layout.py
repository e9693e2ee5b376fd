"""Where everything is in the window: pages, panel, bars, menus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer.engine.mode import Mode
from restorer.engine.model_files import ModelCard
from restorer.gui import icons, status_text
from restorer.gui.compare_view import CompareView
from restorer.gui.document import Document, State
from restorer.gui.drop_target import DropTarget
from restorer.gui.forms import ElidedLabel
from restorer.gui.job_bar import JobBar
from restorer.gui.model_choice import LinkLabel
from restorer.gui.params_panel import ParamsPanel
from restorer.gui.photo_queue import QueueList
from restorer.gui.qimages import Picture
from restorer.gui.run_bar import RunBar
from restorer.gui.settings_dialog import LANGUAGE_NAMES
from restorer.gui.start_page import StartPage
from restorer.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from restorer.gui.main_window import MainWindow

translate = QCoreApplication.translate

FIRST_SIZE = QSize(1220, 800)
FRAME_SIZE = QSize(20, 60)  # at most, what the system draws around a window


def first_size(window: QWidget) -> QSize:
    """Return how large the window is before anybody has chosen that: no larger than the screen."""
    return FIRST_SIZE.boundedTo(window.screen().availableSize() - FRAME_SIZE)


class Pages(QStackedWidget):
    """Pages of which one is seen, and asks for room; those that are hidden do not."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self.updateGeometry)

    # What Qt calls

    def sizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.sizeHint() if page else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.minimumSizeHint() if page else super().minimumSizeHint()


class WindowLayout:
    """The window's parts, put in their places and shown as the document is."""

    def __init__(
        self,
        window: MainWindow,
        modes: Sequence[Mode],
        models: Mapping[str, Sequence[ModelCard]],
        settings: Settings,
    ) -> None:
        self._shown: Picture | None = None  # as before, in the compare view
        self.start_page = StartPage()
        self.compare_view = CompareView()
        self.compare_view.setObjectName("compareView")
        self.panel = ParamsPanel(modes, models, settings)
        self.run_bar = RunBar()
        self.job_bar = JobBar()
        self.queue_list = QueueList()
        self._pages = Pages()
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.compare_view)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self._pages, 1)
        left.addWidget(self.queue_list)
        left.addWidget(self.run_bar)
        left.addWidget(self.job_bar)
        center = QWidget()
        row = QHBoxLayout(center)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)
        window.setCentralWidget(center)

        self.photo_text = ElidedLabel()
        self.photo_text.setObjectName("photoText")
        self.note = LinkLabel()
        self.note.setObjectName("noteText")
        self.note.setOpenExternalLinks(True)  # the folder of what was saved
        self._zoom_text = QLabel()
        self._zoom_text.setObjectName("zoomText")
        status = window.statusBar()
        status.setSizeGripEnabled(False)
        for label in (self.photo_text, self.note):
            # A long name is cut rather than making the window wider.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            status.addWidget(label, 1)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        status.addPermanentWidget(self._zoom_text)
        self.drop_target = DropTarget(window)
        self._window = window

    def show_document(self, document: Document) -> None:
        """Show what is open and what happens to it."""
        state = document.state
        photo = document.picture.photo if document.picture else None
        self.panel.show_photo(photo)
        self.panel.show_condition(document.picture.condition if document.picture else None)
        self.panel.show_can_run(
            can_run=state in (State.READY, State.RESTORED), is_busy=state.is_busy
        )
        self.start_page.show_busy(is_busy=state.is_busy)
        self._pages.setCurrentWidget(self.compare_view if photo else self.start_page)
        self.photo_text.setText(status_text.photo_text(photo) if photo else "")
        self._zoom_text.setVisible(photo is not None)
        if not state.is_busy:
            self.job_bar.hide()

    def show_pictures(self, document: Document, *, is_newest: bool) -> None:
        """Show photograph and result.

        Args:
            document: Has them.
            is_newest: The result is what the sliders below it ask for.
        """
        self.compare_view.clear_previews()
        self.run_bar.show_result(document.result, is_newest=is_newest)
        if document.picture is None:
            self.compare_view.clear()
            return
        if self._shown is not document.picture:
            self._shown = document.picture
            self.compare_view.show_before(document.picture)
        self.compare_view.show_after(document.result.picture if document.result else None)

    def show_zoom(self, zoom: float) -> None:
        """Say how large the pictures are shown."""
        self._zoom_text.setText(status_text.zoom_text(zoom))

    def refresh_icons(self) -> None:
        """Tint for the palette of this moment."""
        icons.refresh(self._window)
        self.start_page.refresh_icons()
        self.queue_list.refresh_icons()


def fill_menus(window: MainWindow, actions: Mapping[str, QAction]) -> None:
    """Put the actions into the menu bar."""
    titles = {
        "file": translate("window", "&File"),
        "edit": translate("window", "&Edit"),
        "photo": translate("window", "&Photo"),
        "view": translate("window", "&View"),
        "help": translate("window", "&Help"),
    }
    contents: dict[str, tuple[str, ...]] = {
        "file": ("open", "sample", "", "export", "", "quit"),
        "edit": ("copy", "paste", "", "language", "settings"),
        "photo": ("run", "cancel"),
        "view": ("zoom_in", "zoom_out", "", "fit", "actual_size"),
        "help": ("updates", "about"),
    }
    for key, title in titles.items():
        menu = window.menuBar().addMenu(title)
        for name in contents[key]:
            if not name:
                menu.addSeparator()
            elif name == "language":
                languages = menu.addMenu(translate("window", "&Language"))
                languages.menuAction().setObjectName("languageAction")
                icons.set_icon(languages.menuAction(), "language")
                languages.addActions(_language_actions(window))
            else:
                menu.addAction(actions[name])


def fill_toolbar(window: MainWindow, actions: Mapping[str, QAction]) -> None:
    """Put the most used actions into a toolbar: words where they help, else icons alone."""
    bar = QToolBar(translate("window", "Toolbar"))
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setIconSize(QSize(20, 20))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    for name in ("open", "paste", "", "zoom_out", "zoom_in", "fit", "actual_size"):
        if name:
            bar.addAction(actions[name])
        else:
            bar.addSeparator()
    gap = QWidget()
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(gap)
    for name in ("copy", "export", "settings"):
        bar.addAction(actions[name])
    for name in ("open", "paste", "copy", "export"):
        button = bar.widgetForAction(actions[name])
        assert isinstance(button, QToolButton)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    actual_size = bar.widgetForAction(actions["actual_size"])
    assert isinstance(actual_size, QToolButton)
    actual_size.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    window.addToolBar(bar)


def _language_actions(window: MainWindow) -> list[QAction]:
    """Return one action per language, the chosen one checked."""
    group = QActionGroup(window)
    for code in LANGUAGES:
        action = group.addAction(LANGUAGE_NAMES.get(code) or translate("window", "Like the system"))
        action.setObjectName(f"language_{code}")
        action.setCheckable(True)
        action.setChecked(window.settings.language == code)
        action.triggered.connect(partial(window.choose_language, code))
    return group.actions()
