"""The command line: the same jobs as the window, without Qt."""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from restorer import __version__, arguments
from restorer.engine.device import PRECISIONS, Compute, choose_device, list_devices
from restorer.engine.honesty import honesty_map, map_pixels
from restorer.engine.jobs import Progress, RunContext
from restorer.engine.mode import Mode, Step
from restorer.engine.model_files import add_model, find_model, find_models, remove_model
from restorer.engine.photo import Photo
from restorer.engine.photo_io import (
    WRITE_FORMATS,
    WriteOptions,
    can_read,
    check_target,
    format_for,
)
from restorer.engine.pipeline import open_photo, read_mask, restore_photo, save_photo
from restorer.errors import PhotoWriteError, RestorerError, SettingsError
from restorer.modes import MODES

log = logging.getLogger(__name__)

COMMANDS = (*(mode.id for mode in MODES), "models", "devices")
DONE, SOME_FAILED = 0, 1
WORTH_SAYING_S = 20.0


def main(words: Sequence[str]) -> int:
    """Run a command and return its exit status: 0 done, 1 something failed.

    Wrong usage ends the program with status 2, as argparse does it.
    """
    options = _parser().parse_args(words)
    with _messages_to_stderr():
        try:
            return int(options.run(options))
        except RestorerError as error:
            log.error("%s", error)
            return SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="restorer",
        description="Restores photographs. Without a command it opens the window.",
        epilog="exit status: 0 all done; 1 some inputs failed, the others are done; "
        "2 wrong usage; 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"Restorer {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for mode in MODES:
        _add_mode(commands.add_parser(mode.id, help=(mode.__doc__ or "").splitlines()[0]), mode)
    models = commands.add_parser("models", help="Lists, shows, adds and removes models.")
    _add_models(models)
    devices = commands.add_parser("devices", help="Lists what the program can run on.")
    devices.set_defaults(run=_devices)
    return parser


def _add_mode(parser: argparse.ArgumentParser, mode: Mode) -> None:
    parser.set_defaults(run=_restore, mode=mode)
    add = parser.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="photographs or folders of them")
    add("-o", "--output", type=Path, metavar="PATH",
        help="a file for one input, else a folder, made if missing "
             "(default: NAME-restored.EXT beside the input)")  # fmt: skip
    add("--format", choices=sorted(WRITE_FORMATS), help="default: the input's, where possible")
    add(
        "--quality",
        type=arguments.number(1, 100),
        default=95,
        metavar="1..100",
        help="of JPEG and WebP",
    )
    add("--overwrite", action="store_true", help="replace outputs that exist")
    add("--recursive", action="store_true", help="take the folders inside folders too")
    add("--device", default="auto", help="auto, cpu, cuda, cuda:N, mps or xpu")
    add("--precision", default="auto", choices=("auto", *PRECISIONS))
    add("--tile", default="auto", type=arguments.tile, metavar="auto|whole|N",
        help="side of a tile in input pixels; networks of a model file give the same result "
             "for every choice")  # fmt: skip
    add("--seed", default=0, type=int, help="every random choice follows from it")
    add("--json", action="store_true", help="one JSON object per input on standard output")
    if mode.network is not None:
        add("--model", default=mode.default_model, metavar="NAME|PATH", help="default: %(default)s")
    if mode.needs_mask:
        about = "a picture of the same size, white where the photograph is to be repaired"
        add("--mask", type=Path, required=True, metavar="MASK", help=about)
    if mode.can_finish_early:
        about = "keep the run in this file twice a minute, and go on from it if it is there"
        add("--resume", type=Path, metavar="FILE", help=about)
    if any(param.key == "detail" for param in mode.params):
        add("--honesty-map", type=Path, metavar="PATH",
            help="write where the result departs from detail 0: a file for one input, else a "
                 "folder")  # fmt: skip
    for param in mode.params:
        # The size can be said in three ways.
        group = parser.add_mutually_exclusive_group() if param.key == "scale" else parser
        arguments.add_param(group, param)
        if param.key == "scale":
            group.add_argument(
                "--size", type=arguments.size, metavar="WxH", help="fit inside, in pixels"
            )
            group.add_argument(
                "--print", type=arguments.print_size, dest="print_size", metavar="30x40cm@300",
                help="fit inside a print (cm, mm or in) at dots per inch",
            )  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One input and where its result goes.

    Attributes:
        source: The photograph.
        target: The file to write.
        makes_folder: The target's folder is made if it is missing.
        honesty_map: Where its honesty map goes; None makes none.
    """

    source: Path
    target: Path
    makes_folder: bool
    honesty_map: Path | None = None


def _restore(options: argparse.Namespace) -> int:
    step = _step(options)
    choose_device(step.compute.device)
    reports = []
    for task in _tasks(options):
        report = _restore_one(task, step, options)
        reports.append(report)
        if options.json:
            sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    failed = [report for report in reports if report["status"] == "failed"]
    if len(reports) > 1 or failed:
        log.info("%d of %d done.", len(reports) - len(failed), len(reports))
    return SOME_FAILED if failed else DONE


def _step(options: argparse.Namespace) -> Step:
    mode: Mode = options.mode
    card = None if mode.network is None else find_model(options.model)
    given = {param.key: getattr(options, param.key) for param in mode.params}
    given = {key: value for key, value in given.items() if value is not None}
    offered = {param.key for param in mode.params_for(card)}
    for key in given.keys() - offered:
        log.warning("--%s has no effect with the model %s.", key, card.name if card else "")
    if getattr(options, "honesty_map", None) is not None and "detail" not in offered:
        raise SettingsError(
            f"The model {card.name if card else ''} has no partner to be compared with: there is "
            "no honesty map."
        )
    return Step(
        mode=mode,
        params=given,
        card=card,
        compute=Compute(options.device, options.precision, options.tile, options.seed),
        checkpoint=getattr(options, "resume", None),
    )


def _restore_one(task: Task, step: Step, options: argparse.Namespace) -> dict[str, object]:
    report: dict[str, object] = {"input": str(task.source), "output": str(task.target)}
    begin = time.monotonic()
    write = WriteOptions(
        format=options.format, quality=options.quality, overwrite=options.overwrite
    )
    try:
        with _progress_bar(task.source.name) as ctx:
            photo = open_photo(task.source, ctx)
            photo, step = _fitted(photo, step, options)
            if step.mode.needs_mask:
                step = replace(step, mask=read_mask(options.mask))
            if task.makes_folder:
                _make_folder(task.target)
            side_px = max(step.mode.output_size(photo.height, photo.width, step))
            check_target(task.target, options=write, source=task.source, side_px=side_px)
            _say_time(task, photo, step, ctx)
            restored = restore_photo(photo, (step,), ctx)
            save_photo(restored.photo, task.target, write, ctx)
            if task.honesty_map is not None:
                _save_honesty_map(photo, restored.photo, step, task.honesty_map, options, ctx)
    except RestorerError as error:
        about_source = str(error).startswith(task.source.name)
        log.error("%s", error if about_source else f"{task.source.name}: {error}")
        return {**report, "output": None, "status": "failed", "error": str(error)}
    log.info("%s", task.target)
    return {
        **report,
        "status": "ok",
        "error": None,
        "width": restored.photo.width,
        "height": restored.photo.height,
        "seconds": round(time.monotonic() - begin, 2),
        **restored.facts,
    }


def _say_time(task: Task, photo: Photo, step: Step, ctx: RunContext) -> None:
    """Say how long a restoration will take, where that is known and worth it."""
    seconds = step.mode.estimate_seconds(photo.height, photo.width, step, ctx)
    if seconds is not None and seconds[1] >= WORTH_SAYING_S:
        least, most = map(_duration, seconds)
        span = least if least == most else f"{least} to {most}"
        log.info("%s: about %s minutes, by the speed of this computer.", task.source.name, span)


def _save_honesty_map(
    photo: Photo, result: Photo, step: Step, target: Path, options: argparse.Namespace,
    ctx: RunContext,
) -> None:  # fmt: skip
    """Write where a result departs from what the same step gives with detail 0."""
    faithful = restore_photo(photo, (replace(step, params={**step.params, "detail": 0.0}),), ctx)
    pixels = map_pixels(honesty_map(result.pixels, faithful.photo.pixels))
    _make_folder(target)
    save_photo(Photo(pixels, is_gray=True), target, WriteOptions(overwrite=options.overwrite), ctx)


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoWriteError(target, f"cannot be written: {error.strerror}") from error


def _fitted(photo: Photo, step: Step, options: argparse.Namespace) -> tuple[Photo, Step]:
    """Turn --size and --print into this photo's own scale."""
    box: tuple[int, int] | None = getattr(options, "size", None)
    if (print_size := getattr(options, "print_size", None)) is not None:
        box = (print_size.width, print_size.height)
        photo = replace(photo, dpi=(print_size.dpi, print_size.dpi))
    if box is None:
        return photo, step
    scale = min(box[0] / photo.width, box[1] / photo.height)
    return photo, replace(step, params={**step.params, "scale": scale})


def _tasks(options: argparse.Namespace) -> Iterator[Task]:
    """Yield every input file with its output; two inputs never get the same output."""
    single = len(options.inputs) == 1 and not os.path.isdir(options.inputs[0])
    taken: set[Path] = set()
    for given in options.inputs:
        for source in _walk(given, recursive=options.recursive):
            if options.output is None:
                target = source.with_name(f"{source.stem}-restored{_suffix(source, options)}")
            elif single and not os.path.isdir(options.output):
                target = options.output
            else:
                inside = source.relative_to(given) if os.path.isdir(given) else Path(source.name)
                target = (options.output / inside).with_suffix(_suffix(source, options))
            free = _free_name(target, taken)
            if free != target:
                log.warning("%s: %s is taken by another input, written to %s",
                            source, target.name, free.name)  # fmt: skip
            taken.add(free)
            in_folder = options.output is not None and target != options.output
            yield Task(source, free, in_folder, _map_path(free, options, single=single))


def _map_path(target: Path, options: argparse.Namespace, *, single: bool) -> Path | None:
    """Return where a result's honesty map goes: the path itself, or a PNG in it as a folder."""
    given: Path | None = getattr(options, "honesty_map", None)
    if given is None or (single and not given.is_dir()):
        return given
    return given / f"{target.stem}-honesty.png"


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


def _free_name(target: Path, taken: set[Path]) -> Path:
    free, number = target, 2
    while free in taken:
        free = target.with_stem(f"{target.stem}-{number}")
        number += 1
    return free


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_models_list)
    commands = parser.add_subparsers(metavar="list | info NAME | add FILE | remove NAME")
    commands.add_parser("list", help="what is installed").set_defaults(run=_models_list)
    for name, run, argument, text in (
        ("info", _models_info, "NAME", "what a model says about itself"),
        ("add", _models_add, "FILE", "check a model file and copy it to your models"),
        ("remove", _models_remove, "NAME", "delete one of your models"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("model", metavar=argument)
        command.set_defaults(run=run)


def _models_list(options: argparse.Namespace) -> int:
    _table(
        [("NAME", "SCALE", "NETWORK", "LICENCE", "TITLE")]
        + [
            (card.name, f"x{card.scale}", card.network, card.license, card.title)
            for card in find_models()
        ]
    )
    return DONE


def _models_info(options: argparse.Namespace) -> int:
    card = find_model(options.model)
    _table(
        [
            ("name", card.name),
            ("title", card.title),
            ("description", card.description),
            ("network", f"{card.network} {json.dumps(dict(card.network_args))}"),
            ("scale", str(card.scale)),
            ("halo", f"{card.halo_px} pixels"),
            ("licence", card.license),
            ("pair", f"the {card.role} one, with {card.pair}" if card.pair else "none"),
            ("training", card.training),
            ("sha256", card.sha256),
            ("file", str(card.path)),
        ]
    )
    return DONE


def _models_add(options: argparse.Namespace) -> int:
    log.info("%s", add_model(Path(options.model)).path)
    return DONE


def _models_remove(options: argparse.Namespace) -> int:
    remove_model(options.model)
    return DONE


def _devices(options: argparse.Namespace) -> int:
    _table(
        [("DEVICE", "PRECISION", "MEMORY", "NAME")]
        + [
            (device.name, device.precision, f"{device.memory_bytes / 2**30:.0f} GiB", device.title)
            for device in list_devices()
        ]
    )
    return DONE


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


@contextmanager
def _progress_bar(name: str) -> Iterator[RunContext]:
    """Show the progress of one input on standard error, where that is a terminal."""
    line = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
    with tqdm(total=1.0, desc=name, bar_format=line, leave=False, disable=None) as bar:

        def report(progress: Progress) -> None:
            if progress.seconds_left is not None:
                bar.set_postfix_str(f"{_duration(progress.seconds_left)} left", refresh=False)
            if progress.stage in ("tile", "iteration") and progress.fraction is not None:
                bar.n = progress.fraction
            bar.refresh()

        yield RunContext(report=report)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}:{rest:02d}"


@contextmanager
def _messages_to_stderr() -> Iterator[None]:
    """Send what the program logs to standard error, above the progress bar."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tqdm.write(self.format(record), file=sys.stderr)

    handler = Handler()
    logger = logging.getLogger("restorer")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
