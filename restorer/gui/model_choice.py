"""Which model is used: the choice, what is said of the chosen one, and another one proposed."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from restorer import paths
from restorer.engine.condition import Condition, Proposal, propose
from restorer.engine.mode import Mode
from restorer.engine.model_files import ModelCard
from restorer.engine.network_mode import removes_damage
from restorer.gui.forms import make_combo, make_heading

LINKS = (
    Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
)


class LinkLabel(QLabel):
    """Rich text whose links have the colour of the palette, also after it has changed."""

    def __init__(self) -> None:
        super().__init__(textFormat=Qt.TextFormat.RichText)
        self.setTextInteractionFlags(LINKS)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def setText(self, text: str) -> None:  # not virtual in Qt: all calls are ours
        super().setText(text)
        # Without a link there is nothing to do for the keyboard.
        has_link = "<a " in text
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if has_link else Qt.FocusPolicy.NoFocus)

    # What Qt calls

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            text = self.text()
            super().setText("")  # the same text would change nothing
            self.setText(text)


class ModelChoice(QWidget):
    """A box of models with words below it.

    Attributes:
        box: The box itself.
        proposal: The words that propose another model; may have a link.

    Signals:
        changed: Another model was chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._models: Sequence[ModelCard] = ()
        self._default = ""
        self._condition: Condition | None = None
        self._scale = 1.0
        self.box = make_combo("modelBox")
        self.box.setAccessibleName(self.tr("Model"))
        self._about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._about.setProperty("role", "faint")
        self._about.setObjectName("aboutModel")
        self.proposal = LinkLabel()
        self.proposal.setWordWrap(True)
        self.proposal.setProperty("role", "faint")
        self.proposal.setObjectName("proposal")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(7)
        rows.addWidget(make_heading(self.tr("Model"), self.box))
        for widget in (self.box, self._about, self.proposal):
            rows.addWidget(widget)
        self.box.currentIndexChanged.connect(self._on_box_changed)
        self.proposal.linkActivated.connect(self._on_proposal_link_activated)

    @property
    def card(self) -> ModelCard | None:
        """The chosen model, None where there is none."""
        return self.box.currentData()

    def show_models(self, mode: Mode, models: Sequence[ModelCard], *, chosen: str) -> None:
        """Offer a mode's models.

        Args:
            mode: Whether it needs a model, and which one it takes by itself.
            models: To choose from.
            chosen: Name of the one to choose if it is there.
        """
        self._models, self._default = models, mode.default_model
        blocker = QSignalBlocker(self.box)
        self.box.clear()
        for row, card in enumerate(models):
            title, description = (_model_text(text) for text in (card.title, card.description))
            self.box.addItem(title, card)
            tip = f"{title}\n{description}\n{card.license}"
            self.box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        names = [card.name for card in models]
        for name in (mode.default_model, chosen):
            if name in names:
                self.box.setCurrentIndex(names.index(name))
        blocker.unblock()
        self.box.setEnabled(bool(models))
        self.setVisible(mode.needs_model)
        self._show_words()

    def show_condition(self, condition: Condition | None) -> None:
        """Propose the model that suits a photo in this condition; the choice stays the user's."""
        self._condition = condition
        self._show_words()

    def show_scale(self, scale: float) -> None:
        """Propose a model that is quicker where the photo is not enlarged as far as others can."""
        self._scale = scale
        self._show_words()

    def _show_words(self) -> None:
        if self.card is None:
            self._about.setText(
                self.tr("No model is installed. Put one into this folder and start again:\n{path}")
                .format(path=paths.user_models_dir())
            )  # fmt: skip
        else:
            self._about.setText(_model_text(self.card.description))
        self._about.setVisible(bool(self._about.text()))
        proposal = self._proposed()
        self.proposal.setVisible(proposal is not None)
        if proposal is not None:
            reasons = " ".join(
                QCoreApplication.translate("condition", reason) for reason in proposal.reasons
            )
            choose = self.tr("Choose “{model}”").format(model=_model_text(proposal.card.title))
            self.proposal.setText(
                f'{html.escape(reasons)} <a href="choose">{html.escape(choose)}</a>'
            )

    def _proposed(self) -> Proposal | None:
        """Return the model to propose, None if it is chosen already or there is no choice."""
        if self._condition is None or len(self._models) < 2 or self.card is None:
            return None
        proposal = propose(self._condition, self._models, default=self._default, scale=self._scale)
        # Another model for the same is as good a choice.
        is_alike = removes_damage(self.card) == removes_damage(proposal.card)
        is_alike &= self.card.scale == proposal.card.scale
        return None if is_alike else proposal

    def _on_box_changed(self) -> None:
        self._show_words()
        self.changed.emit()

    def _on_proposal_link_activated(self) -> None:
        proposal = self._proposed()
        if proposal is not None:
            self.box.setCurrentIndex([card.name for card in self._models].index(proposal.card.name))


def _model_text(text: str) -> str:
    """Return a card's words in the window's language; those of foreign models as they are."""
    return QCoreApplication.translate("models", text)
