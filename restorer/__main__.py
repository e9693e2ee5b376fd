"""python -m restorer: the window for photographs, the command line for everything else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

INTERRUPTED = 130  # as a shell says it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: Without the program's name; None takes them from the command line.

    Returns:
        The exit status.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED


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
