"""Reading what torch.save has written without running any code in it."""

from __future__ import annotations

import pickle
import re
import struct
import warnings
import zipfile
from pathlib import Path

LIMIT_BYTES = 4 * 2**30  # the largest networks that enlarge pictures have about 1 GB


def load_torch_file(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> object:
    """Return the tensors, numbers, words, lists and dicts that a file of torch.save holds.

    Such a file is a program for Python's pickle machine. It runs with torch's short list of what is
    harmless; a file that asks for anything else is refused.

    Args:
        path: The file.
        limit_bytes: Of the file, and of what it unpacks to.

    Raises:
        ValueError: It is too large, is damaged, or asks to run code; the text completes "NAME ...".
        OSError: It cannot be read.
    """
    import torch

    _check_size(path, limit_bytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a damaged header
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        if asked is not None:
            reason = f"asks to run code ({asked[1]}), which is never done"
            raise ValueError(reason) from error
        raise ValueError("holds more than weights, or is damaged; no code in it is run") from error
    except MemoryError as error:
        raise ValueError("asks for more memory than there is") from error
    # All that the unpickler meets in a file that was made to confuse it.
    except (RuntimeError, EOFError, ValueError, TypeError, LookupError, AttributeError,
            AssertionError, ImportError, OverflowError, RecursionError, struct.error,
            zipfile.BadZipFile) as error:  # fmt: skip
        raise ValueError("is damaged, or not a file of torch.save") from error


def _check_size(path: Path, limit_bytes: int) -> None:
    size = path.stat().st_size
    try:
        if size <= limit_bytes and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ValueError("is damaged, or not a file of torch.save") from error
    if size > limit_bytes:
        raise ValueError(f"has {size / 2**30:.1f} GiB; the limit is {limit_bytes / 2**30:g} GiB")
