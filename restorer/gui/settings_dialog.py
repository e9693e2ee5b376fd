"""What is chosen once: language, colours, precision, size of tiles."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from restorer import paths
from restorer.gui.forms import FormDialog, make_combo, make_heading
from restorer.settings import LANGUAGES, PRECISIONS, THEMES, Settings

TILES = ("auto", 128, 256, 512, 1024, "whole")
LANGUAGE_NAMES = {"en": "English", "zh_CN": "简体中文"}  # each in its own language


class SettingsDialog(FormDialog):
    """Edits Settings.

    Args:
        settings: What is chosen now.

    Signals:
        settings_chosen: The new Settings.
    """

    settings_chosen = Signal(object)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Settings"), parent)
        self._settings = settings
        automatic = self.tr("Automatic")
        themes = {
            "auto": self.tr("Like the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        precisions = {
            "auto": automatic,
            "fp32": self.tr("32 bits (exact)"),
            "bf16": self.tr("16 bits, bfloat16"),
            "fp16": self.tr("16 bits, float16"),
        }
        tiles = {"auto": automatic, "whole": self.tr("The whole picture at once")}
        language_names = {"auto": self.tr("Like the system"), **LANGUAGE_NAMES}
        self._language = make_combo("languageBox")
        self._theme = make_combo("themeBox")
        self._precision = make_combo("precisionBox")
        self._tile = make_combo("tileBox")
        for code in LANGUAGES:
            self._language.addItem(language_names[code], code)
        for theme in THEMES:
            self._theme.addItem(themes[theme], theme)
        for precision in PRECISIONS:
            self._precision.addItem(precisions[precision], precision)
        sizes = TILES if settings.tile in TILES else (*TILES, settings.tile)
        for tile in sizes:
            text = tiles.get(tile) if isinstance(tile, str) else None
            self._tile.addItem(text or self.tr("{size} pixels").format(size=tile), tile)
        for box, value in (
            (self._language, settings.language),
            (self._theme, settings.theme),
            (self._precision, settings.precision),
            (self._tile, settings.tile),
        ):
            box.setCurrentIndex(box.findData(value))

        form = QFormLayout()
        form.setHorizontalSpacing(22)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(make_heading(self.tr("Window")))
        form.addRow(self.tr("Language"), self._language)
        form.addRow(self.tr("Colours"), self._theme)
        form.addRow(make_heading(self.tr("Computing")))
        form.addRow(self.tr("Precision"), self._precision)
        form.addRow(self.tr("Tile size"), self._tile)
        advice = QLabel(
            self.tr(
                "Photos are restored in tiles that join exactly: their size changes the memory "
                "needed, not the result."
            ),
            wordWrap=True,
        )
        advice.setProperty("role", "faint")
        log_file = QLabel(self.tr("Log file: {path}").format(path=paths.log_file()), wordWrap=True)
        log_file.setTextFormat(Qt.TextFormat.PlainText)
        log_file.setProperty("role", "faint")
        log_file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(26, 22, 26, 20)
        layout.setSpacing(14)
        layout.addStrut(428)  # no narrower, but wider where a large font takes it
        layout.addLayout(form)
        layout.addWidget(advice)
        layout.addWidget(log_file)
        layout.addStretch()
        layout.addWidget(buttons)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)

    def _accept(self) -> None:
        chosen = replace(
            self._settings,
            language=self._language.currentData(),
            theme=self._theme.currentData(),
            precision=self._precision.currentData(),
            tile=self._tile.currentData(),
        )
        self.accept()
        self.settings_chosen.emit(chosen)
