"""Files that appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from restorer.engine import faults
from restorer.errors import PhotoExistsError, PhotoWriteError

if os.name != "nt":
    import fcntl

log = logging.getLogger(__name__)

_PREFIX, _SUFFIX = ".restorer-", ".part"


@contextmanager
def new_file(path: Path, *, overwrite: bool, time_ns: int | None = None) -> Iterator[BinaryIO]:
    """Open a file that gets its name when the block ends well, and else disappears.

    What a killed program left in the folder is removed first.

    Args:
        path: Its name at the end.
        overwrite: Replace a file of that name.
        time_ns: Its time of modification, nanoseconds since 1970; None for now.

    Raises:
        FileExistsError: There is a file of that name and overwrite is not set.
        OSError: It cannot be written.
    """
    remove_stale(path.parent)
    temporary, file = _open_part(path.parent)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            faults.reach("finishing", path)
            if os.name != "nt":
                _name(temporary, path, overwrite=overwrite, time_ns=time_ns)
        if os.name == "nt":  # an open file cannot be renamed there
            _name(temporary, path, overwrite=overwrite, time_ns=time_ns)
    finally:
        with contextlib.suppress(OSError):  # the folder may be gone, and the file with it
            temporary.unlink(missing_ok=True)


def write_block(file: BinaryIO, block: bytes | memoryview) -> None:
    """Write all of a block. Raises OSError."""
    faults.reach("writing", len(block))
    file.write(block)


def _open_part(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        temporary = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        file = open(temporary, "x+b")
        if os.name == "nt":
            return temporary, file
        # The lock says that the file is in use: it goes when this process ends, however it ends.
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.exists(temporary):  # else another process took it for stale just before
            return temporary, file
        file.close()


def is_same_file(one: Path, other: Path) -> bool:
    """Say whether two names are those of one file; a file that is not there is no other's."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def try_folder(folder: Path) -> None:
    """Find out whether files can be made in a folder, by making one: permissions say too little.

    Raises:
        OSError: They cannot.
    """
    temporary, file = _open_part(folder)
    file.close()
    temporary.unlink(missing_ok=True)


def remove_stale(folder: Path) -> None:
    """Remove the unfinished files of programs that were killed; those in use stay."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)
            ]
    except OSError:
        return  # what is wrong with the folder is said when the file is written
    for name in names:
        with contextlib.suppress(OSError):
            _remove_if_stale(folder / name)


def _remove_if_stale(part: Path) -> None:
    if os.name == "nt":
        part.unlink()  # fails while it is open
        return
    with open(part, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
        log.debug("removed the unfinished file %s", part)


def _name(temporary: Path, path: Path, *, overwrite: bool, time_ns: int | None) -> None:
    if time_ns is not None:
        os.utime(temporary, ns=(time_ns, time_ns))
    if overwrite:
        os.replace(temporary, path)
    else:
        _rename_to_new(temporary, path)


def _rename_to_new(temporary: Path, path: Path) -> None:
    """Rename, or raise FileExistsError, with nothing in between for others to slip into."""
    if os.name == "nt":
        os.rename(temporary, path)  # on Windows this never replaces
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network drives have no links: hold the name with an empty file
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            os.replace(temporary, path)
        except OSError:
            path.unlink()
            raise


@contextmanager
def clear_write_errors(path: Path) -> Iterator[None]:
    """Turn what the system raises into errors that say what is wrong with writing a file.

    Raises:
        PhotoExistsError: There is a file of that name.
        PhotoWriteError: It cannot be written.
    """
    try:
        yield
    except FileExistsError as error:
        raise PhotoExistsError(path) from error
    except (OSError, ValueError) as error:
        raise PhotoWriteError(path, _reason(error, path.parent)) from error
    except MemoryError as error:
        raise PhotoWriteError(path, "cannot be written: there is not enough memory") from error


def _reason(error: OSError | ValueError, folder: Path) -> str:
    match error:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return "cannot be written: the disk is full"
        case OSError(errno=errno.EFBIG):
            return "cannot be written: the disk does not take files that large"
        case OSError(errno=errno.EROFS):
            return "cannot be written: the disk is read-only"
        case OSError(errno=errno.ENAMETOOLONG):
            return "cannot be written: the name is too long"
        case PermissionError():
            return "cannot be written: there is no permission to write in that folder"
        case FileNotFoundError() if folder.is_dir():
            return "cannot be written: the folder takes no files"
        case FileNotFoundError() | NotADirectoryError():
            return "cannot be written: the folder does not exist"
        case OSError():
            return f"cannot be written: {error.strerror or error}"
        case _:
            return f"cannot be written: {error}"


def check_disk(path: Path, needed_bytes: int) -> None:
    """Refuse a file that would not fit on its disk, before any work is done.

    Raises:
        PhotoWriteError: The disk has less room.
    """
    folder = path.parent
    while not folder.exists() and folder != folder.parent:  # it is made later
        folder = folder.parent
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError:
        return  # what is wrong is said when the file is written
    if needed_bytes > free_bytes:
        raise PhotoWriteError(
            path,
            f"may need {needed_bytes / 1e9:,.1f} GB and the disk has only "
            f"{free_bytes / 1e9:,.1f} GB free",
        )
