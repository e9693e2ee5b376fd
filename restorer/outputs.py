"""The inputs of a command line, and where the result of each goes."""

from __future__ import annotations

import argparse
import logging
import os
import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from restorer.engine.batch import Entry
from restorer.engine.files.photo_io import WRITE_FORMATS, can_read, format_for
from restorer.errors import PhotoWriteError, SettingsError

log = logging.getLogger(__name__)

LONGEST_NAME_BYTES = 255  # of most file systems
RESULT_STEM = re.compile(r"(.+)-restored(-\d+)?(-honesty(-\d+)?)?")


def find_outputs(
    options: argparse.Namespace, known: Collection[Entry]
) -> tuple[list[Entry], dict[Path, str]]:
    """Plan where the result of every input goes, and its honesty map.

    No two of these files are the same, and none gets the place of another input or the mask.

    Args:
        options: Of a command that restores.
        known: What this batch has planned before. Its inputs keep their outputs; what it wrote is
            no input, and its places are taken.

    Returns:
        What is to be done besides, and why nothing can be done with a folder.

    Raises:
        SettingsError: A result and its honesty map would be the same file.
    """
    inputs, empty = _find_inputs(options)
    done = {os.path.abspath(entry.source) for entry in known}
    written = {os.path.realpath(path) for entry in known for path in entry.files}
    taken = {_place(path) for path in written}
    new = {
        source: given
        for source, given in inputs.items()
        if os.path.abspath(source) not in done and os.path.realpath(source) not in written
    }
    # Without --overwrite the file that is there is an error, which says more than a new name.
    originals = set()
    if options.overwrite:
        mask = getattr(options, "mask", None)
        originals = {_place(path) for path in (*inputs, mask) if path is not None}
    entries = []
    for source, given in new.items():
        others = originals - {_place(source)}
        target = _free_name(_target(source, given, options), source, taken, others)
        entries.append(Entry(source, target))
    # After all results, so that no map takes a result's name.
    for index, entry in enumerate(entries):
        if (wanted := _honesty_map(entry, new[entry.source], options)) is not None:
            free = _free_name(wanted, entry.source, taken, originals)
            entries[index] = replace(entry, honesty_map=free)
    return entries, empty


def leave_out_results(options: argparse.Namespace) -> list[Path]:
    """Return the inputs without results that lie beside others of them.

    `*.jpg` names those too when it is typed again to resume a batch.
    """
    inputs: list[Path] = options.inputs
    if options.output is not None:
        return inputs
    stems = {(path.parent, path.stem) for path in inputs}
    results = [RESULT_STEM.fullmatch(path.stem) for path in inputs]
    return [
        path
        for path, result in zip(inputs, results, strict=True)
        if result is None or (path.parent, result[1]) not in stems
    ]


def _place(path: str | Path) -> str:
    """Return what two names have in common that may be one file on a disk that ignores case."""
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _find_inputs(options: argparse.Namespace) -> tuple[dict[Path, Path], dict[Path, str]]:
    """Return by file what was given, itself or a folder; and what is wrong with folders."""
    inputs: dict[Path, Path] = {}
    empty: dict[Path, str] = {}
    for given in options.inputs:
        found = list(_walk(given, options, empty))
        if not found:
            empty.setdefault(given, f"There are no photographs in {given}.")
        for source in found:
            if source in inputs:
                log.warning("%s is named twice, and done once", source)
            inputs.setdefault(source, given)
    return inputs, empty


def is_single(options: argparse.Namespace) -> bool:
    """Say whether one file was given, so that an output may be its name."""
    return len(options.inputs) == 1 and not os.path.isdir(options.inputs[0])


def _is_file_name(output: str, options: argparse.Namespace) -> bool:
    """Whether an output is the name of a file, and not a folder."""
    is_folder = os.path.isdir(output) or output.endswith(("/", os.sep))
    return is_single(options) and not is_folder


def _target(source: Path, given: Path, options: argparse.Namespace) -> Path:
    suffix = _suffix(source, options)
    if options.output is None:
        return _with_ending(source, "-restored", suffix)
    if _is_file_name(options.output, options):
        return Path(options.output)
    return _with_ending(Path(options.output) / _inside(source, given), "", suffix)


def _honesty_map(entry: Entry, given: Path, options: argparse.Namespace) -> Path | None:
    output: str | None = getattr(options, "honesty_map", None)
    if output is None:
        return None
    if not _is_file_name(output, options):
        place = Path(output) / _inside(entry.source, given).with_name(entry.target.name)
        return _with_ending(place, "-honesty", ".png")
    if os.path.realpath(output) == os.path.realpath(entry.target):
        raise SettingsError(f"{output} cannot be both the result and its honesty map.")
    return Path(output)


def _inside(source: Path, given: Path) -> Path:
    """Return an input's place in the folder that was given."""
    return source.relative_to(given) if os.path.isdir(given) else Path(source.name)


def _walk(given: Path, options: argparse.Namespace, closed: dict[Path, str]) -> Iterator[Path]:
    """Yield a file as it is, and of a folder what looks like a photograph.

    The folders of the outputs, where they lie in this one, and what the program wrote beside the
    photographs are left out. Folders that cannot be listed go into closed, with the reason.
    """
    if not os.path.isdir(given):
        yield given
        return
    try:
        inside = sorted(given.iterdir())
    except OSError as error:
        closed[given] = f"{given} cannot be listed: {error.strerror}."
        return
    outputs = (options.output, getattr(options, "honesty_map", None))
    folders = {os.path.realpath(output) for output in outputs if output is not None}
    stems = {path.stem for path in inside if can_read(path)}
    left_out = 0
    for path in inside:
        if path.name.startswith("._"):  # macOS keeps a file's attributes in one of that name
            continue
        if os.path.isdir(path):
            if options.recursive and not path.is_symlink():
                if os.path.realpath(path) not in folders:
                    yield from _walk(path, options, closed)
        elif can_read(path):
            result = RESULT_STEM.fullmatch(path.stem) if options.output is None else None
            if result is None or result[1] not in stems:
                yield path
            else:
                left_out += 1
    if left_out:
        log.info("%s: %d results of photographs in it are left out", given, left_out)


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


def _free_name(wanted: Path, source: Path, taken: set[str], originals: set[str]) -> Path:
    """Return the name, or one like it that nothing has; from then on it is taken."""
    free, number = wanted, 2
    while (place := _place(free)) in taken or place in originals:
        free = _with_ending(wanted, f"-{number}", wanted.suffix)
        number += 1
    if free != wanted:
        log.warning("%s: %s is taken by another input, written to %s",
                    source, wanted.name, free.name)  # fmt: skip
    taken.add(place)
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
