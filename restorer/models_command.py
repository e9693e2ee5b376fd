"""restorer models and restorer devices: what is installed, and what it can run on."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from restorer.engine.device import list_devices
from restorer.engine.model_files import (
    add_model,
    find_model,
    find_models,
    remove_model,
    unreadable_models,
)
from restorer.terminal import show_table

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands of models; its run is set as for the other commands."""
    parser.set_defaults(run=_list)
    commands = parser.add_subparsers(metavar="list | info NAME | add FILE | remove NAME")
    commands.add_parser("list", help="what is installed").set_defaults(run=_list)
    for name, run, argument, text in (
        ("info", _info, "NAME", "what a model says about itself"),
        ("add", _add, "FILE", "check a model file, ours or another program's, and keep it"),
        ("remove", _remove, "NAME", "delete one of your models"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("model", metavar=argument)
        command.set_defaults(run=run)


def _list(options: argparse.Namespace) -> int:
    show_table(
        [("NAME", "SCALE", "NETWORK", "LICENCE", "TITLE")]
        + [
            (card.name, f"x{card.scale}", card.network, card.license, card.title)
            for card in find_models()
        ]
    )
    for error in unreadable_models():
        log.warning("%s", error)
    return 0


def _info(options: argparse.Namespace) -> int:
    card = find_model(options.model)
    show_table(
        [
            ("name", card.name),
            ("title", card.title),
            ("description", card.description),
            ("network", f"{card.network} {json.dumps(dict(card.network_args))}"),
            ("scale", str(card.scale)),
            ("halo", f"{card.halo_px} pixels"),
            ("tiles", f"blended over {card.feather_px} pixels" if card.feather_px else "exact"),
            ("trained for", card.degradation or "not known"),
            ("licence", card.license),
            ("pair", f"the {card.role} one, with {card.pair}" if card.pair else "none"),
            ("training", card.training),
            ("sha256", card.sha256),
            ("file", str(card.path)),
        ]
    )
    return 0


def _add(options: argparse.Namespace) -> int:
    log.info("%s", add_model(Path(options.model)).path)
    return 0


def _remove(options: argparse.Namespace) -> int:
    remove_model(options.model)
    return 0


def run_devices(options: argparse.Namespace) -> int:
    """Show the devices; returns the exit status."""
    show_table(
        [("DEVICE", "PRECISION", "MEMORY", "NAME")]
        + [
            (device.name, device.precision, f"{device.memory_bytes / 2**30:.0f} GiB", device.title)
            for device in list_devices()
        ]
    )
    return 0
