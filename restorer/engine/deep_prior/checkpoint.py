"""A run of Deep Image Prior kept in a file, to go on with it another day."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from restorer.engine.files.safe_file import new_file, try_folder
from restorer.engine.torch_file import load_torch_file
from restorer.errors import RunFileError

log = logging.getLogger(__name__)

SAVE_INTERVAL_S = 30.0
SAVE_SHARE = 0.02  # of the time, at most


RUN_FORMAT = b"3"  # another one where a run that was begun before could not be gone on with


def fingerprint(*parts: NDArray[Any] | object) -> str:
    """Return a name for a photograph and how it is to be restored: the same for the same only."""
    digest = hashlib.sha256(RUN_FORMAT)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.shape} {part.dtype}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()


class Checkpoint:
    """The file a run is kept in; does nothing without one.

    A file that cannot be written any more, for example on a disk that is full by now, does not end
    the run: the older one stays. Without an older one the run cannot be stopped to be gone on with.

    Args:
        path: The file; None keeps nothing.
        key: As fingerprint gives it.
    """

    def __init__(self, path: Path | None, key: str) -> None:
        self._path, self._key = path, key
        self._due = time.monotonic() + SAVE_INTERVAL_S
        self._was_written = False

    @property
    def is_due(self) -> bool:
        """Whether it is time to save."""
        return self._path is not None and time.monotonic() >= self._due

    @property
    def is_wanted(self) -> bool:
        """Whether there is a file at all."""
        return self._path is not None

    def load(self) -> dict[str, Any] | None:
        """Return what was saved; None if there is no file yet.

        Only tensors, numbers, words, lists and dicts are read, never code.

        Raises:
            RunFileError: The file may not be read, is damaged, or is of another photograph or
                other settings; or there is none and none can be made.
        """
        if self._path is None:
            return None
        try:
            stored = load_torch_file(self._path)
        except FileNotFoundError:
            self._try_folder(self._path)
            return None
        except OSError as error:
            raise RunFileError(f"{self._path.name} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise RunFileError(
                f"{self._path.name} is no run that can be resumed: it {error}."
            ) from error
        if not isinstance(stored, dict) or stored.get("key") != self._key:
            raise RunFileError(
                f"{self._path.name} is the run of another photograph or of other settings."
            )
        self._was_written = True
        return stored

    def save(self, values: dict[str, Any], *, is_last: bool = False) -> None:
        """Write the file, whole or not at all.

        Args:
            values: What is kept.
            is_last: The run is to be stopped now.

        Raises:
            RunFileError: A run that is stopped cannot be kept.
        """
        import torch

        if self._path is None:
            return
        begin = time.monotonic()
        try:
            with new_file(self._path, overwrite=True) as file:
                torch.save({**values, "key": self._key}, file)
        except (OSError, RuntimeError) as error:
            if is_last and not self._was_written:
                raise RunFileError(f"{self._path.name} cannot be written.") from error
            log.warning("%s cannot be written.", self._path.name)
        else:
            self._was_written = True
        end = time.monotonic()
        self._due = end + max(SAVE_INTERVAL_S, (end - begin) / SAVE_SHARE)

    @staticmethod
    def _try_folder(path: Path) -> None:
        try:
            try_folder(path.parent)
        except OSError as error:
            raise RunFileError(f"{path.name} cannot be written: {error.strerror}.") from error


def remove_run(path: Path | None) -> None:
    """Delete the file of a run whose result is safe, or that is given up."""
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
