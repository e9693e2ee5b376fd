"""restorer upscale, clean, denoise, repair: every input restored, one after the other."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from restorer import arguments
from restorer.engine import batch
from restorer.engine.condition import LARGEST_SIDE_PX, measure_condition, propose
from restorer.engine.deep_prior.checkpoint import remove_run
from restorer.engine.device import PRECISIONS, Compute, choose_device
from restorer.engine.files.photo_io import (
    DEFAULT_LIMIT_MEGAPIXELS,
    WRITE_FORMATS,
    WriteOptions,
    check_target,
)
from restorer.engine.files.region_io import FileReader
from restorer.engine.honesty import honesty_map, map_pixels
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Mode, Restored, Step
from restorer.engine.model_files import ModelCard, find_model, find_models
from restorer.engine.photo import Photo, Pixels
from restorer.engine.pipeline import (
    clear_memory_errors,
    open_large_photo,
    open_photo,
    read_mask,
    restore_large_photo,
    restore_photo,
    save_photo,
)
from restorer.errors import JobFileError, RestorerError, SettingsError
from restorer.outputs import find_outputs, folder_for, is_single, leave_out_results
from restorer.terminal import duration, progress_bar

log = logging.getLogger(__name__)

DONE, SOME_FAILED = 0, 1
WORTH_SAYING_S = 20.0
AUTO = "auto"
Facts = dict[str, object]


@dataclass(frozen=True)
class _Task:
    """One input and where its result goes.

    Attributes:
        source: The photograph.
        target: The file to write.
        makes_folder: The target's folder is made if it is missing.
        honesty_map: Where its honesty map goes; None makes none.
        replaces_map: A map that is there is written over.
    """

    source: Path
    target: Path
    makes_folder: bool
    honesty_map: Path | None
    replaces_map: bool


def add_arguments(parser: argparse.ArgumentParser, mode: Mode) -> None:
    """Declare a mode's arguments; its run is set as for the other commands."""
    parser.set_defaults(run=run, mode=mode)
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        type=arguments.path,
        metavar="INPUT",
        help="photographs or folders of them",
    )
    add("-o", "--output", type=arguments.name, metavar="PATH",
        help="a file for one input, else a folder, made if missing "
             "(default: NAME-restored.EXT beside the input)")  # fmt: skip
    add("--format", choices=sorted(WRITE_FORMATS), help="default: the input's, where possible")
    add(
        "--quality",
        type=arguments.number(1, 100),
        default=95,
        metavar="1..100",
        help="of JPEG, WebP, AVIF and JPEG XL",
    )
    add("--keep-time", action="store_true", help="outputs get the inputs' modification time")
    add("--no-record", action="store_true", help="do not write into the XMP what was done")
    add("--limit-megapixels", type=arguments.number(1, 1_000_000), metavar="N",
        default=int(DEFAULT_LIMIT_MEGAPIXELS),
        help="refuse larger inputs (default: %(default)s)")  # fmt: skip
    add("--overwrite", action="store_true", help="replace outputs that exist")
    add("--recursive", action="store_true", help="take the folders inside folders too")
    add("--resume", action="store_true",
        help="go on with the same command where it ended: do only what is missing")  # fmt: skip
    add("--jobs", type=arguments.path, metavar="FILE",
        help="job file of a batch (default: one of its own for each command)")  # fmt: skip
    add("--device", default="auto", help="auto, cpu, cuda, cuda:N, mps or xpu")
    add("--precision", default="auto", choices=("auto", *PRECISIONS))
    add("--tile", default="auto", type=arguments.tile, metavar="auto|whole|N",
        help="side of a tile in input pixels; networks of a model file give the same result "
             "for every choice")  # fmt: skip
    add("--seed", default=0, type=arguments.number(0, arguments.MAX_SEED), metavar="N",
        help="every random choice follows from it")  # fmt: skip
    add("--json", action="store_true", help="one JSON object per input on standard output")
    if mode.needs_model:
        add("--model", default=mode.default_model, metavar="NAME|PATH|auto",
            help="auto chooses by what the photograph has gone through (default: %(default)s)",
        )  # fmt: skip
    if mode.needs_mask:
        about = "a picture of the same size, white where the photograph is to be repaired"
        add("--mask", type=arguments.path, required=True, metavar="MASK", help=about)
    if mode.can_finish_early:
        about = "keep the run in this file twice a minute, and go on from it if it is there"
        add("--run-file", type=arguments.path, metavar="FILE", help=about)
    if any(param.key == "detail" for param in mode.params):
        add("--honesty-map", type=arguments.name, metavar="PATH",
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


def run(options: argparse.Namespace) -> int:
    """Restore all inputs; returns 0 if all are done, 1 if some failed.

    Raises:
        RestorerError: Nothing can be done: no model, no device, no use of the job file.
    """
    step = _step(options)
    choose_device(step.compute.device)
    count, failed = 0, dict[object, object]()
    if options.resume:
        options.inputs = leave_out_results(options)
    with closing(_open_journal(options)) as journal:
        entries, empty = find_outputs(options, journal.entries.values())
        journal.plan(entries)
        for report in _reports(journal, empty, step, options):
            count += 1
            if report["status"] == "failed":
                failed[report["input"]] = report["error"]
            if options.json:
                # ASCII: whatever encoding the output has, it is JSON.
                sys.stdout.write(json.dumps(report) + "\n")
                sys.stdout.flush()
    if count > 1 or failed:
        log.info("%d of %d done.", count - len(failed), count)
    if count > 1:
        for name, error in failed.items():
            log.error("failed: %s: %s", name, error)
    return SOME_FAILED if failed else DONE


# They change no result.
_NOT_SETTINGS = frozenset(("run", "mode", "resume", "jobs", "json", "run_file"))


def _open_journal(options: argparse.Namespace) -> batch.Journal:
    settings: dict[str, object] = {
        key: str(value) for key, value in sorted(vars(options).items()) if key not in _NOT_SETTINGS
    }
    settings["inputs"] = [str(path.absolute()) for path in leave_out_results(options)]
    for key in ("output", "honesty_map"):
        if (output := getattr(options, key, None)) is not None:
            settings[key] = str(Path(output))  # with a slash at its end or without
    settings["mode"] = options.mode.id
    settings["folder"] = str(Path.cwd())
    path = options.jobs
    if path is None and (options.resume or not is_single(options)):
        batch.forget_old_jobs()
        path = batch.default_job_file(settings.items())
    is_wanted = bool(options.jobs or options.resume)
    if options.resume and not (path and path.exists()):
        log.warning("There is no job file to go on with: the batch begins anew.")
    try:
        return batch.Journal(path, settings, resume=options.resume, is_wanted=is_wanted)
    except JobFileError as error:
        if is_wanted:
            raise
        log.warning("%s This batch cannot be resumed.", error)
        return batch.Journal(None, settings, resume=False)


def _reports(
    journal: batch.Journal, empty: Mapping[Path, str], step: Step, options: argparse.Namespace
) -> Iterator[dict[str, object]]:
    for folder, error in empty.items():
        log.error("%s", error)
        yield {"input": str(folder), "output": None, "status": "failed", "error": error}
    for entry in list(journal.entries.values()):
        yield _restore_entry(entry, journal, step, options)


def _restore_entry(
    entry: batch.Entry, journal: batch.Journal, step: Step, options: argparse.Namespace
) -> dict[str, object]:
    if not journal.must_do(entry):
        return {"input": str(entry.source), "output": str(entry.target), "status": "skipped",
                "error": None}  # fmt: skip
    task = _Task(
        entry.source,
        entry.target,
        makes_folder=options.output is not None and entry.target != Path(options.output),
        honesty_map=entry.honesty_map,
        replaces_map=options.overwrite or entry.has_own_map,
    )
    journal.note(entry, "started")
    report = _restore_one(task, step, options)
    error = report["error"]
    journal.note(entry, "failed" if error else "done", error=str(error) if error else None)
    return report


def _step(options: argparse.Namespace) -> Step:
    mode: Mode = options.mode
    card = _model(options) if mode.needs_model else None
    if card is not None and not mode.fits(card):
        raise SettingsError(f"The model {card.name} is not for {mode.id}: it is x{card.scale}.")
    given = {param.key: getattr(options, param.key) for param in mode.params}
    given = {key: value for key, value in given.items() if value is not None}
    offered = {param.key for param in mode.params_for(card)}
    for key in given.keys() - offered:
        log.warning("--%s has no effect with the model %s.", key, card.name if card else "")
    step = Step(
        mode=mode,
        params=given,
        card=card,
        compute=Compute(options.device, options.precision, options.tile, options.seed),
        checkpoint=getattr(options, "run_file", None),
    )
    if getattr(options, "honesty_map", None) is not None and options.model != AUTO:
        _check_partner(step)
    return step


def _check_partner(step: Step) -> None:
    """Refuse an honesty map of a model that has no partner to be compared with.

    Raises:
        SettingsError: It has none.
    """
    if not any(param.key == "detail" for param in step.mode.params_for(step.card)):
        name = step.card.name if step.card else ""
        raise SettingsError(
            f"The model {name} has no partner to be compared with: there is no honesty map."
        )


def _model(options: argparse.Namespace) -> ModelCard:
    """Return the model asked for; for "auto" one that fits, until the photograph is known."""
    if options.model != AUTO:
        return find_model(options.model)
    mode: Mode = options.mode
    cards = [card for card in find_models() if mode.fits(card)]
    if not cards:
        return find_model(mode.default_model)  # which says that it is not there
    return min(cards, key=lambda card: card.name != mode.default_model)


def _proposed(
    pixels: Pixels, source: Path, step: Step, options: argparse.Namespace
) -> tuple[Step, Facts]:
    """Return the step with the model that suits a photograph, and why, for the report."""
    if getattr(options, "model", "") != AUTO:
        return step, {}
    condition = measure_condition(pixels, source)
    cards = [card for card in find_models() if step.mode.fits(card)]
    default = step.mode.default_model
    proposal = propose(condition, cards, default=default, scale=step.scale)
    log.info("%s: %s", proposal.card.name, " ".join(proposal.reasons))
    measured = {name: round(value, 3) for name, value in asdict(condition).items()}
    facts: Facts = {"model_reason": " ".join(proposal.reasons), "condition": measured}
    return replace(step, card=proposal.card), facts


def _restore_one(task: _Task, step: Step, options: argparse.Namespace) -> dict[str, object]:
    report: dict[str, object] = {"input": str(task.source), "output": str(task.target)}
    begin = time.monotonic()
    write = WriteOptions(
        format=options.format,
        quality=options.quality,
        overwrite=options.overwrite,
        has_record=not options.no_record,
        keeps_time=options.keep_time,
    )
    try:
        with (
            clear_memory_errors(task.source),
            progress_bar(task.source.name) as ctx,
            folder_for(task.target) if task.makes_folder else nullcontext(),
        ):
            restored = _restore_file(task, step, write, options, ctx)
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


def _restore_file(
    task: _Task, step: Step, write: WriteOptions, options: argparse.Namespace, ctx: RunContext
) -> Restored:
    limit = options.limit_megapixels
    if step.mode.needs_mask:
        step = replace(step, mask=read_mask(options.mask, limit_megapixels=limit))
    if task.honesty_map is None:  # which needs both results as a whole
        reader = open_large_photo(
            task.source,
            lambda header: _fitted(header, step, options)[1],
            write,
            task.target,
            limit_megapixels=limit,
        )
        if reader is not None:
            reader.header, step = _fitted(reader.header, step, options)
            step, reason = _proposed(_middle(reader, options), task.source, step, options)
            restored = restore_large_photo(reader, step, task.target, write, ctx)
            return replace(restored, facts={**restored.facts, **reason})
    photo = open_photo(task.source, ctx, limit_megapixels=limit)
    photo, step = _fitted(photo, step, options)
    step, reason = _proposed(photo.pixels, task.source, step, options)
    side_px = max(step.mode.output_size(photo.height, photo.width, step))
    check_target(task.target, options=write, source=task.source, side_px=side_px)
    _say_time(task, photo, step, ctx)
    map_options = WriteOptions(overwrite=task.replaces_map)
    with folder_for(task.honesty_map) if task.honesty_map else nullcontext():
        if task.honesty_map is not None:
            _check_partner(step)
            check_target(task.honesty_map, options=map_options, source=task.source, side_px=side_px)
        restored = restore_photo(photo, (step,), ctx)
        if task.honesty_map is not None:  # first: where there is a result, there is its map
            invented = _honesty_map(photo, restored.photo, step, ctx)
            save_photo(invented, task.honesty_map, map_options, ctx)
        save_photo(restored.photo, task.target, write, ctx)
    remove_run(step.checkpoint)
    return replace(restored, facts={**restored.facts, **reason})


def _middle(reader: FileReader, options: argparse.Namespace) -> Pixels:
    """Return the part of a large photograph that its condition is measured on."""
    if getattr(options, "model", "") != AUTO:
        return reader.header.pixels
    side = LARGEST_SIDE_PX
    top, left = max(0, (reader.height - side) // 2), max(0, (reader.width - side) // 2)
    box = (top, left, min(top + side, reader.height), min(left + side, reader.width))
    return reader.again().read(box)[..., :3]


def _say_time(task: _Task, photo: Photo, step: Step, ctx: RunContext) -> None:
    """Say how long a restoration will take, where that is known and worth it."""
    seconds = step.mode.estimate_seconds(photo.height, photo.width, step, ctx)
    if seconds is not None and seconds[1] >= WORTH_SAYING_S:
        least, most = map(duration, seconds)
        span = f"about {least}" if least == most else f"about {least} to {most}"
        if step.checkpoint is not None and step.checkpoint.exists():  # a part of it is done
            span = f"at most {most}"
        log.info("%s: %s minutes, by the speed of this computer.", task.source.name, span)


def _honesty_map(photo: Photo, result: Photo, step: Step, ctx: RunContext) -> Photo:
    """Return where a result departs from what the same step gives with detail 0."""
    faithful = replace(step, params={**step.params, "detail": 0.0})
    plain = restore_photo(photo, (faithful,), ctx).photo
    return Photo(map_pixels(honesty_map(result.pixels, plain.pixels)), is_gray=True)


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
