"""python -m restorer: the window for photographs, the command line for everything else."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

FAILED = 1
INTERRUPTED = 130  # as a shell says it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: Without the program's name; None takes them from the command line.

    Returns:
        The exit status.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    _prepare_streams()
    try:
        try:
            return _run(arguments)
        finally:
            _is_lost(sys.stderr)  # which is no reason to end with another status
            sys.stdout.flush()  # while a failure can still be answered
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except OSError as error:
        if not _is_lost(sys.stdout):
            raise
        if not isinstance(error, BrokenPipeError):  # else its reader has seen enough
            sys.stderr.write(f"Standard output cannot be written: {error.strerror}.\n")
        return FAILED


def _prepare_streams() -> None:
    """Make standard output and error take every text: what is closed passes it over."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            if isinstance(stream.buffer, io.RawIOBase):  # PYTHONUNBUFFERED; _is_lost needs a buffer
                stream = open(stream.fileno(), "w", 1, encoding=stream.encoding, closefd=False)
                setattr(sys, name, stream)
            stream.reconfigure(errors="backslashreplace")


def _is_lost(stream: TextIO) -> bool:
    """Say whether a stream cannot be written; it then goes nowhere, so that Python can end."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return True
    return False


def _run(arguments: Sequence[str]) -> int:
    # Imported here so that an interrupt is answered from the first moment on.
    if list(arguments) == ["--self-test"]:
        from restorer import self_test

        return self_test.main()
    from restorer import cli

    if arguments and (arguments[0] in cli.COMMANDS or arguments[0].startswith("-")):
        return cli.main(arguments)
    from restorer import app

    return app.main([Path(argument) for argument in arguments])


if __name__ == "__main__":
    sys.exit(main())
