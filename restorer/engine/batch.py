"""The journal of a batch: what is to be done, what is done, so that it survives any end.

A file of JSON lines that only grows: a header with the settings, a line for each input, then a
line for each change of state. A line that a killed program left half written is not read.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from restorer import __version__, paths
from restorer.errors import JobFileError

log = logging.getLogger(__name__)

State = Literal["waiting", "started", "done", "failed"]
_FORMAT = 1
_HEADER_BEGIN = b'{"restorer": '
KEPT_JOB_FILES = 100


@dataclass(frozen=True)
class Entry:
    """One input of a batch.

    Attributes:
        source: The photograph.
        target: The file to write.
        state: "started" means that the program ended while it worked on it.
        before: What was at the target's place when it was started, as of identity().
        honesty_map: Where its honesty map goes; None makes none.
        map_before: What was at the map's place when it was started for the first time.
    """

    source: Path
    target: Path
    state: State = "waiting"
    before: str = ""
    honesty_map: Path | None = None
    map_before: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """What is written."""
        return (self.target,) if self.honesty_map is None else (self.target, self.honesty_map)

    @property
    def has_own_map(self) -> bool:
        """Whether the map that is there was written for it by an earlier run."""
        if self.honesty_map is None or self.state == "waiting":
            return False
        return identity(self.honesty_map) not in ("", self.map_before)


class Journal:
    """A batch's job file, open for writing. Use from one thread.

    Args:
        path: The file; None keeps the journal in memory only, for what is no batch.
        settings: Everything that changes a result; a batch is resumed only with the same.
        resume: Go on where the file ends; else it begins anew.
        is_wanted: The batch ends where the file cannot be written any more; else it goes on
            without.

    Raises:
        JobFileError: It cannot be read or written, or was made with other settings.
    """

    def __init__(
        self,
        path: Path | None,
        settings: Mapping[str, object],
        *,
        resume: bool,
        is_wanted: bool = True,
    ) -> None:
        self.path = path
        self._is_wanted = is_wanted
        self.entries: dict[Path, Entry] = {}
        header = {"restorer": _FORMAT, "version": __version__, "settings": dict(settings)}
        if path is None:
            self._file: BinaryIO = io.BytesIO()
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            is_there = _is_job_file(path)
            if resume and is_there:
                self._read(path, header)
                self._file = open(path, "r+b")
                self._end_last_line()
            else:
                self._file = open(path, "wb")
                try:
                    self._write(header)
                except OSError:
                    self.close()
                    raise
        except OSError as error:
            raise JobFileError(path, f"cannot be used: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the file; it stays, so that a batch that is done can be resumed too."""
        with suppress(OSError):  # of a line that is still in the buffer: _note() has raised it
            self._file.close()

    def plan(self, entries: Iterable[Entry]) -> None:
        """Add inputs that are not in the file yet."""
        for entry in entries:
            self._note(entry)

    def must_do(self, entry: Entry) -> bool:
        """Say whether an entry is to be done: finished files are left alone."""
        if entry.state == "done":
            return not entry.target.exists()
        # Killed between giving the file its name and noting it: the file is whole.
        is_finished = entry.state == "started" and identity(entry.target) not in ("", entry.before)
        if is_finished:
            self.note(entry, "done")
        return not is_finished

    def note(self, entry: Entry, state: State, *, error: str | None = None) -> None:
        """Write down a change of state."""
        entry = self.entries[entry.source]  # as it was noted last
        if state == "started":
            entry = replace(entry, before=identity(entry.target))
            if entry.state == "waiting" and entry.honesty_map is not None:
                entry = replace(entry, map_before=identity(entry.honesty_map))
        self._note(replace(entry, state=state), error)

    def _note(self, entry: Entry, cause: str | None = None) -> None:
        self.entries[entry.source] = entry
        line: dict[str, object] = {
            "input": os.fspath(entry.source), "output": os.fspath(entry.target),
            "state": entry.state,
        }  # fmt: skip
        if entry.before:
            line["before"] = entry.before
        if entry.honesty_map is not None:
            line["map"] = os.fspath(entry.honesty_map)
            line["map_before"] = entry.map_before
        if cause:
            line["error"] = cause
        try:
            self._write(line)
        except OSError as failure:
            reason = f"cannot be written: {failure.strerror or failure}"
            error = JobFileError(self.path or Path(), reason)
            if self._is_wanted:
                raise error from failure
            log.warning("%s This batch cannot be resumed.", error)
            self.close()
            self._file = io.BytesIO()

    def _write(self, line: Mapping[str, object]) -> None:
        # ASCII: file names that are not UTF-8 come back as they were.
        self._file.write(json.dumps(line).encode("ascii") + b"\n")
        self._file.flush()

    def _read(self, path: Path, header: Mapping[str, object]) -> None:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
        try:
            found = json.loads(lines[0])
            if found["restorer"] != _FORMAT or found["settings"] != header["settings"]:
                raise JobFileError(path, "was made with other settings")
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise JobFileError(path, "is not a job file") from error
        for line in lines[1:]:
            try:
                values = json.loads(line)
                source = Path(values["input"])
                self.entries[source] = Entry(
                    source,
                    Path(values["output"]),
                    values["state"],
                    values.get("before", ""),
                    Path(values["map"]) if "map" in values else None,
                    values.get("map_before", ""),
                )
            except (ValueError, KeyError, TypeError):
                continue  # half a line

    def _end_last_line(self) -> None:
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, end - 1))
        if self._file.read(1) != b"\n":
            self._file.write(b"\n")


def _is_job_file(path: Path) -> bool:
    """Say whether a file is a job file; a missing or empty one is none, and may become one.

    Raises:
        JobFileError: It is something else, perhaps a photograph, that must not be written over.
        OSError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            begin = file.read(len(_HEADER_BEGIN))
    except FileNotFoundError:
        return False
    if begin not in (b"", _HEADER_BEGIN):
        raise JobFileError(path, "is not a job file")
    return bool(begin)


def identity(path: Path) -> str:
    """Return what tells one file of a name from the next, "" if there is none."""
    try:
        info = path.stat()
    except OSError:
        return ""
    return f"{info.st_ino}-{info.st_size}-{info.st_mtime_ns}"


def default_job_file(words: Iterable[object]) -> Path:
    """Return the file for a batch that was given none: one for each set of inputs and settings."""
    text = json.dumps([str(word) for word in words])
    name = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return paths.jobs_dir() / f"{name}.jsonl"


def forget_old_jobs() -> None:
    """Remove all but the last hundred of the job files that were not asked for by name."""
    with suppress(OSError):
        files = sorted(paths.jobs_dir().glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        for path in files[:-KEPT_JOB_FILES]:
            path.unlink()
