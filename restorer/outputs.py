"""The inputs of a command line, and where the result of each goes."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from restorer.engine.files.photo_io import WRITE_FORMATS, can_read, format_for
from restorer.errors import PhotoWriteError

log = logging.getLogger(__name__)

LONGEST_NAME_BYTES = 255  # of most file systems


def find_outputs(options: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Yield every input file with its output.

    Two inputs never get the same output, and none gets the place of another input.
    """
    inputs: dict[Path, Path] = {}  # by file, what was given: itself or a folder
    for given in options.inputs:
        for source in _walk(given, recursive=options.recursive):
            if source in inputs:
                log.warning("%s is named twice, and done once", source)
            inputs.setdefault(source, given)
    # Without --overwrite the file that is there is an error, which says more than a new name.
    originals = {os.path.realpath(source) for source in inputs} if options.overwrite else set()
    taken: set[Path] = set()
    for source, given in inputs.items():
        if options.output is None:
            target = _with_ending(source, "-restored", _suffix(source, options))
        elif _is_single(options) and not os.path.isdir(options.output):
            target = options.output
        else:
            inside = source.relative_to(given) if os.path.isdir(given) else Path(source.name)
            target = _with_ending(options.output / inside, "", _suffix(source, options))
        free = _free_name(target, taken, originals - {os.path.realpath(source)})
        if free != target:
            log.warning("%s: %s is taken by another input, written to %s",
                        source, target.name, free.name)  # fmt: skip
        taken.add(free)
        yield source, free


def map_path(target: Path, options: argparse.Namespace) -> Path | None:
    """Return where a result's honesty map goes: the path itself, or a PNG in it as a folder."""
    given: Path | None = getattr(options, "honesty_map", None)
    if given is None or (_is_single(options) and not given.is_dir()):
        return given
    return given / f"{target.stem}-honesty.png"


def _is_single(options: argparse.Namespace) -> bool:
    """Whether one file was given, so that an output may be its name."""
    return len(options.inputs) == 1 and not os.path.isdir(options.inputs[0])


def _walk(given: Path, *, recursive: bool) -> Iterator[Path]:
    """Yield a file as it is, and of a folder what looks like a photograph."""
    if not os.path.isdir(given):
        yield given
        return
    try:
        inside = sorted(given.iterdir())
    except OSError as error:
        log.error("%s cannot be listed: %s.", given, error.strerror)
        yield given  # reading it fails, so it counts as an input that failed
        return
    for path in inside:
        if os.path.isdir(path):
            if recursive and not path.is_symlink():
                yield from _walk(path, recursive=True)
        elif can_read(path):
            yield path


def _suffix(source: Path, options: argparse.Namespace) -> str:
    """Return the output's suffix: the chosen format's, else the input's where it can be written."""
    if options.format is not None:
        return WRITE_FORMATS[options.format].suffixes[0]
    return source.suffix if format_for(source) is not None else ".png"


def _with_ending(path: Path, ending: str, suffix: str) -> Path:
    """Return the path with an ending and a suffix; its name is cut where it would be too long."""
    stem = path.stem
    while stem and len(os.fsencode(stem + ending + suffix)) > LONGEST_NAME_BYTES:
        stem = stem[:-1]
    return path.with_name(stem + ending + suffix)


def _free_name(target: Path, taken: set[Path], originals: set[str]) -> Path:
    free, number = target, 2
    while free in taken or os.path.realpath(free) in originals:
        free = _with_ending(target, f"-{number}", target.suffix)
        number += 1
    return free


@contextmanager
def folder_for(target: Path) -> Iterator[None]:
    """Make the folders of a file that are missing; they go again if the block fails.

    Raises:
        PhotoWriteError: They cannot be made.
    """
    made: list[Path] = []
    try:
        with _clear_errors(target):
            for folder in reversed(target.parents):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)
                    made.append(folder)
        yield
    except BaseException:
        with suppress(OSError):  # something else is in it by now
            for folder in reversed(made):
                folder.rmdir()
        raise


@contextmanager
def _clear_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhotoWriteError(target, f"cannot be written: {error.strerror}") from error
