"""Where and how to write the result."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from restorer import paths
from restorer.engine.files.photo_io import WRITE_FORMATS, WriteOptions, format_for
from restorer.engine.files.safe_file import is_same_file
from restorer.engine.photo import Photo
from restorer.gui.forms import FormDialog, make_combo
from restorer.settings import Settings

HIGHEST_QUALITY = 100


class ExportDialog(FormDialog):
    """Asks for format, quality, name, folder, and what is written beside the picture.

    Args:
        photo: What will be written.
        settings: What was chosen last.

    Signals:
        export_chosen: path, WriteOptions.
    """

    export_chosen = Signal(object, object)

    def __init__(self, photo: Photo, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Export"), parent)
        self._photo = photo
        self._format = make_combo("formatBox")
        for key, kind in WRITE_FORMATS.items():
            self._format.addItem(kind.name, key)
        self._quality = QSlider(Qt.Orientation.Horizontal)
        self._quality.setObjectName("qualitySlider")
        self._quality.setAccessibleName(self.tr("Quality"))
        self._quality.setRange(1, HIGHEST_QUALITY)
        self._quality.setValue(settings.export_quality)
        self._quality_text = QLabel()
        self._quality_text.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 "))
        self._name = QLineEdit()
        self._name.setObjectName("nameField")
        self._proposed_folder = default_folder(photo, settings)
        self._folder = QLineEdit(str(self._proposed_folder))
        self._folder.setObjectName("folderField")
        self._folder.setAccessibleName(self.tr("Folder"))
        browse = QPushButton(self.tr("Choose…"))
        browse.setObjectName("browseButton")
        browse.setAutoDefault(False)  # Enter exports
        self._record = QCheckBox(self.tr("Write into the file what was done"))
        self._record.setObjectName("recordSwitch")
        self._record.setToolTip(
            self.tr("Program, model and settings, in the XMP data. No names, no folders.")
        )
        self._record.setChecked(settings.export_record)
        self._keeps_time = QCheckBox(self.tr("Keep the photo's time of modification"))
        self._keeps_time.setObjectName("timeSwitch")
        self._keeps_time.setChecked(settings.export_keeps_time)
        self._keeps_time.setVisible(photo.source is not None)
        self._notes = QLabel(wordWrap=True)
        self._notes.setObjectName("notes")
        self._notes.setProperty("role", "faint")
        self._warning = QLabel(wordWrap=True)
        self._warning.setObjectName("warning")
        self._warning.setProperty("role", "warning")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = QPushButton(self.tr("Export"))
        self._export.setObjectName("exportButton")
        self._export.setDefault(True)
        buttons.addButton(self._export, QDialogButtonBox.ButtonRole.AcceptRole)

        title = QLabel(self.tr("Export the result"))
        title.setProperty("role", "title")
        quality = QHBoxLayout()
        quality.setSpacing(12)
        quality.addWidget(self._quality, 1)
        quality.addWidget(self._quality_text)
        folder = QHBoxLayout()
        folder.setSpacing(8)
        folder.addWidget(self._folder, 1)
        folder.addWidget(browse)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Format"), self._format)
        form.addRow(self.tr("Quality"), quality)
        form.addRow(self.tr("File name"), self._name)
        form.addRow(self.tr("Folder"), folder)
        form.addRow("", self._record)
        form.addRow("", self._keeps_time)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(26, 22, 26, 20)
        layout.setSpacing(14)
        layout.addStrut(508)  # no narrower, but wider where a large font takes it
        layout.addWidget(title)
        layout.addLayout(form)
        layout.addWidget(self._notes)
        layout.addWidget(self._warning)
        layout.addStretch()
        layout.addWidget(buttons)

        key = self._proposed_format = default_format(photo, settings)
        stem = default_stem(photo, self.tr("picture"))
        self._name.setText(f"{stem}{_suffix(photo, key)}")
        self._format.setCurrentIndex(self._format.findData(key))
        self._show_choice()
        self._format.currentIndexChanged.connect(self._on_format_changed)
        self._quality.valueChanged.connect(self._show_choice)
        self._name.textEdited.connect(self._on_name_edited)
        self._name.textChanged.connect(self._show_choice)
        self._folder.textChanged.connect(self._show_choice)
        browse.clicked.connect(self._browse)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)

    @property
    def path(self) -> Path:
        """The file that would be written."""
        name = self._name.text().strip()
        if format_for(Path(name)) != self.options.format:
            name += WRITE_FORMATS[self._format.currentData()].suffixes[0]
        return Path(self._folder.text()) / name

    @property
    def options(self) -> WriteOptions:
        """How it would be written. Overwriting is agreed to: the dialog has said so."""
        return WriteOptions(
            format=self._format.currentData(),
            quality=self._quality.value(),
            overwrite=True,
            has_record=self._record.isChecked(),
            keeps_time=self._keeps_time.isChecked(),
        )

    def settings(self, settings: Settings) -> Settings:
        """Return settings with what is chosen here.

        A folder or format that was only proposed is no choice: the next photo has its own.
        """
        folder, key = Path(self._folder.text()), self._format.currentData()
        source = self._photo.source
        is_beside = source is not None and folder == source.parent
        if folder != self._proposed_folder:
            settings = replace(settings, export_folder="" if is_beside else str(folder))
        if key != self._proposed_format:
            settings = replace(settings, export_format=key)
        return replace(
            settings,
            export_quality=self._quality.value(),
            export_record=self._record.isChecked(),
            export_keeps_time=self._keeps_time.isChecked(),
        )

    def _show_choice(self) -> None:
        kind = WRITE_FORMATS[self._format.currentData()]
        self._quality.setEnabled(kind.is_lossy)
        self._quality_text.setEnabled(kind.is_lossy)
        self._quality_text.setText(str(self._quality.value()) if kind.is_lossy else "")
        self._notes.setText("\n".join(self._remarks()))
        self._notes.setVisible(bool(self._notes.text()))
        problem = self._problem()
        is_there = not problem and os.path.exists(self.path)
        replaces = self.tr("There is a file of this name already. It will be replaced.")
        self._warning.setText(problem or (replaces if is_there else ""))
        self._warning.setVisible(bool(self._warning.text()))
        self._export.setEnabled(not problem)
        self._export.setText(self.tr("Replace") if is_there else self.tr("Export"))

    def _remarks(self) -> list[str]:
        """Return what the name gets, and what the format cannot hold of this photo."""
        kind = WRITE_FORMATS[self._format.currentData()]
        remarks = []
        typed = self._name.text().strip()
        if typed and self.path.name != typed:
            remarks.append(self.tr("The file will be {name}.").format(name=self.path.name))
        if self._photo.pixels.itemsize > 1 and kind.bits < 16:
            remarks.append(
                self.tr("{format} gets {bits} bits per colour: the photo's 16 bits are rounded.")
                .format(format=kind.name, bits=kind.bits)
            )  # fmt: skip
        if self._photo.alpha is not None and not kind.holds_alpha:
            remarks.append(
                self.tr("{format} holds no transparency: transparent parts become white.")
                .format(format=kind.name)
            )  # fmt: skip
        return remarks

    def _problem(self) -> str:
        """Return why nothing can be written there, or ""."""
        kind = WRITE_FORMATS[self._format.currentData()]
        if max(self._photo.height, self._photo.width) > kind.max_side_px:
            return self.tr(
                "{format} cannot hold a picture this long. Choose another format."
            ).format(format=kind.name)
        name = self._name.text().strip()
        if not name or Path(name).name != name or not Path(self._folder.text()).is_absolute():
            return self.tr("Type a file name and choose a folder.")
        path, source = self.path, self._photo.source
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError):  # a name too long, a folder that must not be looked into
            return self.tr("Choose another folder, or another name or format.")
        if not os.path.isdir(path.parent):
            return self.tr("This folder does not exist.")
        if os.path.isdir(path):
            return self.tr("This is the name of a folder. Choose another one.")
        if source and is_same_file(path, source):
            return self.tr("This is the original photo, which is never replaced.")
        return ""

    def _on_name_edited(self, name: str) -> None:
        """Take the format that is typed as the name's suffix."""
        row = self._format.findData(format_for(Path(name.strip())))
        if row >= 0:
            with QSignalBlocker(self._format):  # the name stays as it is typed
                self._format.setCurrentIndex(row)

    def _on_format_changed(self) -> None:
        name = Path(self._name.text().strip())
        if format_for(name) is not None:
            self._name.setText(f"{name.stem}{_suffix(self._photo, self._format.currentData())}")
        self._show_choice()

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Folder to export to"), self._folder.text()
        )
        if folder:
            self._folder.setText(folder)

    def _accept(self) -> None:
        self.export_chosen.emit(self.path, self.options)
        self.accept()


def default_stem(photo: Photo, fallback: str) -> str:
    """Return the name a result gets, without its suffix."""
    return f"{photo.source.stem if photo.source else fallback}-restored"


def default_format(photo: Photo, settings: Settings) -> str:
    """Return the format chosen last, else the photo's own, else PNG."""
    if settings.export_format in WRITE_FORMATS:
        return settings.export_format
    return (format_for(photo.source) if photo.source else None) or "png"


def default_folder(photo: Photo, settings: Settings) -> Path:
    """Return the folder chosen last if it is still there, else the original's, else Pictures."""
    if settings.export_folder and os.path.isdir(settings.export_folder):
        return Path(settings.export_folder)
    if photo.source is not None and not photo.source.is_relative_to(paths.resources_dir()):
        return photo.source.parent
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(pictures) if os.path.isdir(pictures) else Path.home()


def _suffix(photo: Photo, key: str) -> str:
    """Return the original's own suffix where it fits the format, for example ".jpeg"."""
    own = photo.source.suffix if photo.source else ""
    return own if own.lower() in WRITE_FORMATS[key].suffixes else WRITE_FORMATS[key].suffixes[0]
