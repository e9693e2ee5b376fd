"""The window: what happens when something is clicked, dropped or finished.

All decisions are here and in Document. Widgets show what they are given and say what the user
wants; the engine works in the thread behind JobRunner.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QImage, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow

from restorer import paths
from restorer.engine.detail import one_of_each_pair
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.jobs import Job, Progress
from restorer.engine.model_files import find_models
from restorer.engine.pipeline import save_photo
from restorer.gui import icons, incoming, messages, status_text, tasks
from restorer.gui.actions import action_specs, build_actions, enable_actions
from restorer.gui.document import Document, State
from restorer.gui.export_dialog import ExportDialog
from restorer.gui.long_runs import LongRuns
from restorer.gui.loss_guard import LossGuard
from restorer.gui.photo_queue import EntryState, PhotoQueue
from restorer.gui.settings_dialog import SettingsDialog
from restorer.gui.update_check import DOWNLOADS_URL, UpdateCheck
from restorer.gui.window_layout import WindowLayout, fill_menus, fill_toolbar, first_size
from restorer.gui.worker import JobRunner
from restorer.modes import MODES, offered_modes
from restorer.settings import Settings

log = logging.getLogger(__name__)

WARM_UP_DELAY_MS = 100  # after the first show, so that the first paint comes first


class MainWindow(QMainWindow):
    """The program's window.

    Args:
        settings: What was chosen before.
        runner: Works for this window. It, the document and the queue outlive the window, so that
            another language can take a new one.
        document: What is open.
        queue: What was dropped together.

    Signals:
        settings_changed: Settings, to be kept.

    Attributes:
        settings: What is chosen, without the panel's latest choices.
        runner, document, queue: As given.
        compare_view: Shows photograph and result.
    """

    settings_changed = Signal(object)

    def __init__(
        self, settings: Settings, *, runner: JobRunner, document: Document, queue: PhotoQueue
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.settings = settings
        self.runner = runner
        self.document = document
        self.queue = queue
        self._guard = LossGuard(self, document=document, runner=runner)
        self._may_close = False
        self._folder_after_saving = settings.export_folder
        self._files_to_open: list[Path] = []
        self._warm_up_timer = QTimer(self, singleShot=True, interval=WARM_UP_DELAY_MS)
        self._warm_up_timer.timeout.connect(runner.warm_up)
        self.setWindowIcon(icons.app_icon())
        found = one_of_each_pair(find_models())
        models = {
            mode.id: [card for card in found if mode.fits(card)]
            for mode in MODES
            if mode.needs_model
        }
        modes = offered_modes(models)
        self._layout = WindowLayout(self, modes, models, settings)
        self.compare_view = self._layout.compare_view
        self._long_runs = LongRuns(
            self._layout.panel, self._layout.run_bar, document=document, runner=runner, parent=self
        )
        self._specs = action_specs(self)
        self.actions_by_name = build_actions(self._specs, self)
        fill_menus(self, self.actions_by_name)
        fill_toolbar(self, self.actions_by_name)
        self._connect()
        if runner.devices:
            self._layout.panel.show_devices(runner.devices)
        if not self.restoreGeometry(QByteArray.fromHex(settings.geometry.encode())):
            self.resize(first_size(self))
        self._show_pictures()
        self._on_document_changed()
        self._on_queue_changed()
        self._long_runs.look_ahead()

    # What can be asked of the window

    def open_photos(self, files: Sequence[Path]) -> None:
        """Open the first photograph and put the others into the queue."""
        if not files:
            return
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):  # the system asks for them; the dialog comes first
            self._files_to_open += files
            dialog.finished.connect(self._open_waiting, Qt.ConnectionType.QueuedConnection)
            return
        self._guard.when_free(partial(self._open_photos, list(files)))

    def open_sample(self) -> None:
        """Open the picture that comes with the program."""
        self.open_photos([paths.resources_dir() / "sample" / "photo.jpg"])

    def open_image(self, image: QImage) -> None:
        """Open a picture that is no file."""
        self._guard.when_free(partial(self._open_image, image))

    def choose_photos(self) -> None:
        """Ask which photographs to open."""
        files = incoming.choose(self, self.settings.open_folder or str(Path.home()))
        if files:
            self._keep(replace(self.settings, open_folder=str(files[0].parent)))
            self.open_photos(files)

    def paste(self) -> None:
        """Open what is on the clipboard."""
        self._take_in(incoming.look_at(QGuiApplication.clipboard().mimeData()))

    def restore(self) -> None:
        """Restore the photograph as the panel says; ask before what came of a long run is lost."""
        self._guard.before_new_run(self._restore)

    def _restore(self) -> None:
        picture, panel = self.document.picture, self._layout.panel
        if picture is None or self.document.state.is_busy or not panel.is_ready:
            return
        self._keep(panel.settings(self.settings))
        step = self._long_runs.begin(picture.photo, panel.step())
        self.compare_view.show_after(None)
        self.document.begin_restoring()
        is_kept = self._guard.keeps_run = step.checkpoint is not None
        self._layout.job_bar.show_start(
            "load", can_finish_early=step.mode.can_finish_early, is_kept=is_kept
        )
        self._start(Job("restore", partial(tasks.restore_picture, picture.photo, (step,))))

    def cancel_job(self) -> None:
        """Stop what is running; the document is as before."""
        self._layout.job_bar.show_stopping()
        self.runner.cancel()

    def finish_early(self) -> None:
        """Stop a long run and keep what is there."""
        self._layout.job_bar.show_finishing()
        self.runner.finish_early()

    def export_result(self) -> None:
        """Ask where to write the result."""
        result = self.document.result
        if result is None or self.document.state is not State.RESTORED:
            self._guard.forget()
            return
        dialog = ExportDialog(result.picture.photo, self.settings, self)
        dialog.export_chosen.connect(partial(self._on_export_chosen, dialog))
        dialog.rejected.connect(self._guard.forget)
        dialog.open()

    def save_result(self, path: Path, options: WriteOptions) -> None:
        """Write the result."""
        if self.document.result is None:
            return
        # At once, so that nothing else can begin while the sliders are waited for.
        self.document.begin_saving()
        self._layout.job_bar.show_start("save")
        self._long_runs.when_adjusted(partial(self._save, path, options))

    def copy_result(self) -> None:
        """Put the result on the clipboard."""
        if self.document.result is not None:
            self._long_runs.when_adjusted(self._copy)

    def edit_settings(self) -> None:
        """Show the settings."""
        dialog = SettingsDialog(self._layout.panel.settings(self.settings), self)
        dialog.settings_chosen.connect(self._on_settings_chosen)
        dialog.open()

    def choose_language(self, code: str) -> None:
        """Speak another language: a new window takes this one's place."""
        self._keep(replace(self.current_settings(), language=code))

    def check_for_updates(self) -> None:
        """Ask for the newest version, after saying so."""
        UpdateCheck(self, DOWNLOADS_URL).ask()

    def show_about(self) -> None:
        """Say what this program is."""
        status_text.show_about(self)

    def current_settings(self) -> Settings:
        """Return the settings with what the window shows now."""
        geometry = bytes(self.saveGeometry().toHex().data()).decode()
        return replace(self._layout.panel.settings(self.settings), geometry=geometry)

    # Opening

    def _open_photos(self, files: list[Path]) -> None:
        self.queue.add(files)
        log.info("open: %d photos", len(files))
        self._start_opening(files[0], partial(tasks.open_picture, files[0]))

    @Slot()
    def _open_waiting(self) -> None:
        files, self._files_to_open = self._files_to_open, []
        self.open_photos(files)

    def _open_image(self, image: QImage) -> None:
        self._start_opening(None, partial(tasks.paste_picture, image))

    def _start_opening(self, path: Path | None, run: Callable[..., object]) -> None:
        self._layout.note.setText("")
        self.document.begin_opening(path)
        self._layout.job_bar.show_start("open")
        self._start(Job("open", run))

    def _start(self, job: Job) -> None:
        self._long_runs.background.give_way()
        self.runner.start(job)

    @Slot(object)
    def _take_in(self, what: incoming.Incoming) -> None:
        """Open what was dropped or pasted, or say why not."""
        if what.paths:
            self.open_photos(what.paths)
        elif what.image is not None:
            self.open_image(what.image)
        elif what.refusal is not None:
            messages.show_message(self, what.refusal)

    # Keeping the result

    def _save(self, path: Path, options: WriteOptions) -> None:
        assert self.document.result is not None
        work = partial(save_photo, self.document.result.picture.photo, path, options)
        self._start(Job("save", work))

    def _copy(self) -> None:
        assert self.document.result is not None
        # The clipboard outlives Python, and with it pixels that belong to NumPy: a crash.
        image = self.document.result.picture.levels[0].copy()
        QGuiApplication.clipboard().setImage(image)
        self._layout.note.setText(self.tr("The result is on the clipboard."))

    # Connections

    def _close_now(self) -> None:
        self._may_close = True
        self.close()

    def _connect(self) -> None:
        layout, runner = self._layout, self.runner
        layout.start_page.open_clicked.connect(self.choose_photos)
        layout.start_page.paste_clicked.connect(self.paste)
        layout.start_page.sample_clicked.connect(self.open_sample)
        layout.panel.run_clicked.connect(self.restore)
        layout.panel.changed.connect(self._enable_actions)
        self._long_runs.result_changed.connect(self._show_pictures)
        self._long_runs.failed.connect(self._on_long_runs_failed)
        layout.job_bar.cancel_clicked.connect(self.cancel_job)
        layout.job_bar.finish_early_clicked.connect(self.finish_early)
        layout.queue_list.photo_chosen.connect(self._on_queue_list_photo_chosen)
        layout.drop_target.dropped.connect(self._take_in)
        self.compare_view.zoom_changed.connect(layout.show_zoom)
        self._guard.export_wanted.connect(self.export_result)
        self._guard.stopped.connect(self._on_guard_stopped)
        self.document.changed.connect(self._on_document_changed)
        self.queue.changed.connect(self._on_queue_changed)
        runner.progressed.connect(self._on_runner_progressed)
        runner.previewed.connect(self.compare_view.add_preview)
        runner.finished.connect(self._on_runner_finished)
        runner.failed.connect(self._on_runner_failed)
        runner.cancelled.connect(self._on_runner_cancelled)
        runner.devices_listed.connect(layout.panel.show_devices)

    @Slot()
    def _on_document_changed(self) -> None:
        document = self.document
        self._layout.show_document(document)
        self._enable_actions()
        self._long_runs.show_stopped_run()
        self.setWindowTitle(status_text.window_title(document))
        self.setWindowModified(document.has_unsaved_result)

    @Slot()
    def _enable_actions(self) -> None:
        enable_actions(
            self.actions_by_name,
            self._specs,
            self.document,
            can_run=self._layout.panel.can_run,
        )
        # A new window would not know what this one shows of the job.
        language = self.findChild(QAction, "languageAction")
        assert language is not None
        language.setEnabled(not self.document.state.is_busy)

    @Slot()
    def _on_queue_changed(self) -> None:
        current = self.document.opening or self.document.source
        self._layout.queue_list.show_queue(self.queue.entries, current)

    @Slot(object)
    def _on_queue_list_photo_chosen(self, path: Path) -> None:
        document = self.document
        if path not in (document.opening, document.source):
            self._guard.when_free(partial(self._open_photos, [path]))
        elif path != document.opening and document.state is State.OPENING:
            # The photograph that is still open is to stay.
            self._guard.when_free(self._long_runs.background.go_on)
        self._on_queue_changed()

    @Slot(object)
    def _on_runner_progressed(self, progress: Progress) -> None:
        self._layout.job_bar.show_progress(progress)
        if progress.held_out is not None:
            self._layout.run_bar.add_point(progress.held_out)

    @Slot(object, object)
    def _on_runner_finished(self, job: Job, result: object) -> None:
        if self._long_runs.take(job, result):
            pass
        elif isinstance(result, tasks.Picture):
            self._long_runs.forget_adjusting()  # it is about the result before
            self._take_picture(result)
            self._long_runs.look_ahead()
        elif isinstance(result, tasks.Result):
            self._long_runs.forget_adjusting()
            self.document.set_result(replace(result, curve=self._layout.run_bar.curve))
            self._show_pictures()
            self._layout.note.setText(status_text.result_text(result))
        elif isinstance(result, Path):
            self.document.set_saved()
            self._keep(replace(self.settings, export_folder=self._folder_after_saving))
            self.queue.set_state(self.document.source, EntryState.DONE)
            self._layout.note.setText(status_text.saved_text(result))
            self._guard.saved()
        self._long_runs.background.go_on()

    def _take_picture(self, picture: tasks.Picture) -> None:
        is_first = self.document.picture is None
        self.document.set_picture(picture)
        self._show_pictures()
        if is_first:
            self.compare_view.setFocus()  # the start page that had it is gone
        failed = [entry.path for entry in self.queue.entries if entry.state is EntryState.FAILED]
        if self.document.source in failed:  # this time it could be opened
            self.queue.set_state(self.document.source, EntryState.WAITING)
        self._on_queue_changed()

    @Slot(object, object)
    def _on_runner_failed(self, job: Job, error: Exception) -> None:
        if self._long_runs.take_failure(job, error):
            self._long_runs.background.go_on()
            return
        self._guard.forget()
        if job.kind == "open":
            self.queue.set_state(self.document.opening, EntryState.FAILED)
        self.document.stop()
        self._show_pictures()
        self._on_queue_changed()
        messages.show_error(self, error)
        self._long_runs.background.go_on()

    @Slot(object)
    def _on_runner_cancelled(self, job: Job) -> None:
        self._long_runs.take_cancellation(job)
        self._guard.forget()
        self.document.stop()
        self._show_pictures()
        self._on_queue_changed()
        self._long_runs.background.go_on()

    @Slot()
    def _on_guard_stopped(self) -> None:
        self._show_pictures()
        self._long_runs.background.go_on()

    @Slot(object)
    def _on_settings_chosen(self, settings: Settings) -> None:
        self._keep(settings)
        self._long_runs.look_ahead()

    @Slot(object)
    def _on_long_runs_failed(self, error: Exception) -> None:
        self._guard.forget()
        if self.document.state is State.SAVING:  # it waited for the sliders
            self.document.stop()
        self._show_pictures()
        messages.show_error(self, error)

    def _on_export_chosen(self, dialog: ExportDialog, path: Path, options: WriteOptions) -> None:
        before, chosen = self.settings.export_folder, dialog.settings(self.settings)
        self._folder_after_saving = chosen.export_folder  # it may take no files
        self._keep(replace(chosen, export_folder=before))
        self.save_result(path, options)

    def _keep(self, settings: Settings) -> None:
        if settings.language != self.settings.language:
            self._long_runs.background.give_way()  # to that of the new window
        self.settings = settings
        self._layout.panel.show_settings(settings)
        self.settings_changed.emit(settings)

    @Slot()
    def _show_pictures(self) -> None:
        """Show photograph and result as they are in the document."""
        self._layout.show_pictures(self.document, is_newest=not self._long_runs.is_adjusting)

    # What Qt calls

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._warm_up_timer.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_layout"):
            self._layout.refresh_icons()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close and self._guard.must_ask:
            event.ignore()
            self._guard.when_free(self._close_now)
            return
        self._keep(self.current_settings())
        self.runner.abandon()
        event.accept()
