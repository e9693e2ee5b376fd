"""The command line: the same jobs as the window, without Qt."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

from restorer import __version__, models_command, reproduce, restore_command
from restorer.errors import RestorerError
from restorer.modes import MODES
from restorer.terminal import messages_to_stderr

log = logging.getLogger(__name__)

COMMANDS = (*(mode.id for mode in MODES), "reproduce", "models", "devices")


def main(words: Sequence[str]) -> int:
    """Run a command and return its exit status: 0 done, 1 something failed.

    Wrong usage ends the program with status 2, as argparse does it.
    """
    options = _parser().parse_args(words)
    with messages_to_stderr():
        try:
            return int(options.run(options))
        except RestorerError as error:
            log.error("%s", error)
            return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="restorer",
        description="Restores photographs. Without a command it opens the window.",
        epilog="exit status: 0 all done; 1 some inputs failed, the others are done; "
        "2 wrong usage; 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"Restorer {__version__}")
    about = "try everything once and say what works on this machine"
    parser.add_argument("--self-test", action="store_true", help=about)  # see __main__.py
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for mode in MODES:
        about = (mode.__doc__ or "").splitlines()[0]
        restore_command.add_arguments(commands.add_parser(mode.id, help=about), mode)
    again = commands.add_parser("reproduce", help="Makes a result again from its record.")
    reproduce.add_arguments(again)
    models = commands.add_parser("models", help="Lists, shows, adds and removes models.")
    models_command.add_arguments(models)
    devices = commands.add_parser("devices", help="Lists what the program can run on.")
    devices.set_defaults(run=models_command.run_devices)
    return parser
