"""What a restoration mode is, and what it takes to run one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo
from restorer.engine.tiles import PhotoReader, PhotoWriter
from restorer.errors import SettingsError

if TYPE_CHECKING:
    from restorer.engine.deep_prior.fitted import Fitted


@dataclass(frozen=True)
class FloatParam:
    """A number the user chooses.

    Attributes:
        key: Name in Step.params; the command line's flag is --key.
        label: Marked for translation in the context "modes".
        default: Its value when nothing is chosen.
        minimum: Smallest possible value.
        maximum: Largest possible value.
        unit: Shown behind the number, for example "x".
        choices: Values offered to pick from; others may be typed.
        ends: Words at the two ends of a slider, marked for translation; None shows a field.
    """

    key: str
    label: str
    default: float
    minimum: float
    maximum: float
    unit: str = ""
    choices: tuple[float, ...] = ()
    ends: tuple[str, str] | None = None

    def check(self, value: object) -> float:
        """Return value as a float in range.

        Raises:
            SettingsError: It is no number or out of range.
        """
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise SettingsError(f"{self.key} must be a number, not {value!r}.")
        if not self.minimum <= value <= self.maximum:
            raise SettingsError(
                f"{self.key} must be between {self.minimum:g} and {self.maximum:g}, not {value:g}."
            )
        return float(value)


@dataclass(frozen=True)
class IntParam:
    """A whole number the user chooses.

    Attributes:
        key: As in FloatParam.
        label: As in FloatParam.
        default: Its value when nothing is chosen.
        minimum: Smallest possible value.
        maximum: Largest possible value.
        unit: Shown behind the number.
        zero_text: What 0 means, marked for translation, if it is no number; 0 is allowed then.
        zero_word: The same on the command line, for example "auto".
        is_late: It changes the finished result only, so the window offers it after the run.
    """

    key: str
    label: str
    default: int
    minimum: int
    maximum: int
    unit: str = ""
    zero_text: str = ""
    zero_word: str = ""
    is_late: bool = False

    def check(self, value: object) -> int:
        """Return value as an int in range.

        Raises:
            SettingsError: It is no whole number or out of range.
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise SettingsError(f"{self.key} must be a whole number, not {value!r}.")
        if value == 0 and self.zero_text:
            return 0
        if not self.minimum <= value <= self.maximum:
            raise SettingsError(
                f"{self.key} must be between {self.minimum} and {self.maximum}, not {value:g}."
            )
        return int(value)


@dataclass(frozen=True)
class ChoiceParam:
    """One of a few words the user chooses from.

    Attributes:
        key: As in FloatParam.
        label: As in FloatParam.
        default: Its value when nothing is chosen.
        choices: The words, as in Step.params and on the command line, and what the window calls
            them, marked for translation.
    """

    key: str
    label: str
    default: str
    choices: tuple[tuple[str, str], ...]

    def check(self, value: object) -> str:
        """Return value if it is one of the words.

        Raises:
            SettingsError: It is not.
        """
        words = [word for word, _ in self.choices]
        if not isinstance(value, str) or value not in words:
            raise SettingsError(f"{self.key} must be {' or '.join(words)}, not {value!r}.")
        return value


@dataclass(frozen=True)
class BoolParam:
    """Something the user switches on or off; the command line has --key and --no-key.

    Attributes:
        key: As in FloatParam.
        label: As in FloatParam.
        default: Its value when nothing is chosen.
    """

    key: str
    label: str
    default: bool

    def check(self, value: object) -> bool:
        """Return value as it is.

        Raises:
            SettingsError: It is neither True nor False.
        """
        if not isinstance(value, bool):
            raise SettingsError(f"{self.key} must be on or off, not {value!r}.")
        return value


Param = FloatParam | IntParam | ChoiceParam | BoolParam


class RowReader(PhotoReader, Protocol):
    """A picture on disk; read() gives 3 channels, or 4 with alpha."""

    @property
    def header(self) -> Photo:
        """All about the picture but its pixels and alpha."""
        ...

    @property
    def channels(self) -> int:
        """3, or 4 with alpha."""
        ...

    def again(self) -> RowReader:
        """Return another reader of the same picture, which begins with the first row."""
        ...

    def constant_alpha(self) -> int | None:
        """Return the alpha that all pixels have, None if they differ."""
        ...


WriterFactory = Callable[[Mapping[str, object]], PhotoWriter]


class Mode(ABC):
    """A way to restore a photograph. Has no state: everything comes with the step.

    Attributes:
        id: Used by the command line, settings and tests; never changes.
        title: Marked for translation in the context "modes".
        verb: What its button says; marked likewise.
        params: What the user may choose.
        needs_model: It runs a model file; see fits.
        default_model: Name of the model used when none is chosen.
        can_finish_early: "Stop and keep" is offered.
        needs_mask: Steps have to say which pixels are to be made anew.
    """

    id: str
    title: str
    verb: str
    params: tuple[Param, ...] = ()
    needs_model: bool = False
    default_model: str = ""
    can_finish_early: bool = False
    needs_mask: bool = False

    def fits(self, card: ModelCard) -> bool:
        """Return whether the mode can run this model."""
        return False

    def params_for(self, card: ModelCard | None) -> tuple[Param, ...]:
        """Return the params that have an effect with this model."""
        return self.params

    def card_used(self, step: Step) -> ModelCard | None:
        """Return the step's model if its network runs."""
        return step.card

    @abstractmethod
    def output_size(self, height: int, width: int, step: Step) -> tuple[int, int]:
        """Return the result's height and width for a photo of this size."""

    def estimate_seconds(
        self, height: int, width: int, step: Step, ctx: RunContext
    ) -> tuple[float, float] | None:
        """Return the least and the most time a restoration may take; None if that is not known.

        May measure how quick this machine is, which takes seconds.

        Raises:
            Cancelled: The job is to stop.
            RestorerError: It cannot be done.
        """
        return None

    @abstractmethod
    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the restored photo; keeps profile, EXIF, resolution, depth and grey.

        Raises:
            Cancelled: The job is to stop.
            RestorerError: It cannot be done.
        """

    def working_pixels(self, height: int, width: int, step: Step) -> int | None:
        """Return how many pixels restore() holds at most; None: only restore() can do it."""
        return None

    def restore_rows(
        self, reader: RowReader, make_writer: WriterFactory, step: Step, ctx: RunContext
    ) -> Mapping[str, object]:
        """Restore a picture too large for the memory, from a reader to a writer.

        Args:
            reader: The input.
            make_writer: Called with the facts, as in Restored, before the first row; gives the
                writer of a result of output_size(), with the reader's channels.
            step: What to do.
            ctx: Reports progress.

        Returns:
            The facts, as in Restored.

        Raises:
            NotImplementedError: working_pixels() said None.
            Cancelled, RestorerError: As restore().
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Step:
    """One restoration to apply.

    Attributes:
        mode: Which kind.
        params: Values by the key of the mode's params; missing ones have their default.
        card: The model to use, None for modes without one.
        compute: Where and how precisely to compute.
        mask: (H, W), True where the photo's pixels are lost; None for modes without one.
        checkpoint: File in which a long run is kept, and from which it goes on; for modes that can
            finish early.
    """

    mode: Mode
    params: Mapping[str, object] = field(default_factory=dict)
    card: ModelCard | None = None
    compute: Compute = field(default_factory=Compute)
    mask: NDArray[np.bool_] | None = None
    checkpoint: Path | None = None

    @property
    def scale(self) -> float:
        """How many times larger the result is along each side, to a thousandth."""
        return self.mode.output_size(1000, 1000, self)[0] / 1000

    def value(self, key: str) -> float:
        """Return the checked value of a param that is a number.

        Raises:
            SettingsError: It is out of range.
        """
        value = self.chosen(key)
        assert not isinstance(value, str)
        return value

    def word(self, key: str) -> str:
        """Return the checked value of a param that is one of a few words.

        Raises:
            SettingsError: It is none of them.
        """
        value = self.chosen(key)
        assert isinstance(value, str)
        return value

    def flag(self, key: str) -> bool:
        """Return the checked value of a param that is on or off.

        Raises:
            SettingsError: It is neither.
        """
        return bool(self.chosen(key))

    def chosen(self, key: str) -> float | str:
        """Return the checked value of any param.

        Raises:
            SettingsError: It is not a possible one.
        """
        for param in self.mode.params:
            if param.key == key:
                return param.check(self.params.get(key, param.default))
        raise KeyError(key)


@dataclass(frozen=True, eq=False)
class Restored:
    """A result and the record of how it was made.

    Attributes:
        photo: The result.
        facts: What was used, by the names of the command line's JSON: device, precision, tile_px,
            model, and the mode's own figures.
        fitted: What the result can be changed into without another run, if that is possible.
    """

    photo: Photo
    facts: Mapping[str, object]
    fitted: Fitted | None = None
