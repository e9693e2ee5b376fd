"""python -m restorer.training {train,profile,evaluate,export,cards}."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from restorer.engine.device import Compute
from restorer.engine.model_files import find_model, find_models, save_card
from restorer.errors import RestorerError
from restorer.paths import bundled_models_dir
from restorer.training.cards import README, describe, figures_row
from restorer.training.config import load_config
from restorer.training.evaluate import Score, evaluate
from restorer.training.export import export


def main() -> int:
    """Run a training command and return its exit status."""
    options = _parser().parse_args()
    try:
        options.run(options)
    except RestorerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m restorer.training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("train", help="train, or go on from the last checkpoint")
    command.add_argument("config", type=Path, help="TOML file, see restorer/training/configs")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    command.set_defaults(run=_train)

    command = commands.add_parser("profile", help="where a step's time goes; sizes of the losses")
    command.add_argument("config", type=Path)
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    command.add_argument("--steps", type=int, default=50)
    command.set_defaults(run=_profile)

    command = commands.add_parser("evaluate", help="PSNR and SSIM beside bicubic's")
    command.add_argument("--hr", type=Path, required=True, help="folder of sharp pictures")
    command.add_argument("--model", default="srgan-x4", metavar="NAME|PATH")
    command.add_argument("--device", default="auto")
    command.add_argument("--precision", default="auto")
    command.add_argument("--record", action="store_true", help="write the means into the card")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("cards", help="write models/README.md from the models' cards")
    command.set_defaults(run=_cards)

    command = commands.add_parser("export", help="a checkpoint as a model file with its card")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("output", type=Path)
    command.add_argument("--title", required=True)
    command.add_argument("--description", default="")
    command.add_argument("--license", default="MIT")
    command.add_argument("--training", default="", help="data, device and hours, in one line")
    command.set_defaults(run=_export)
    return parser


def _train(options: argparse.Namespace) -> None:
    from restorer.training.train import train

    print(train(load_config(options.config, options.set)))


def _profile(options: argparse.Namespace) -> None:
    from restorer.training.timing import balance, profile

    config = load_config(options.config, options.set)
    for name, term in balance(config, batches=8).items():
        print(f"{name:18}{term.size:10.4f}   gradient {term.gradient:.3e}")
    times = profile(config, options.steps)
    busy = sum(times.parts_ms.values())
    for name, milliseconds in times.parts_ms.items():
        print(f"{name:18}{milliseconds:10.2f} ms{milliseconds / max(busy, times.step_ms):8.1%}")
    print(f"{'step':18}{times.step_ms:10.2f} ms")


def _evaluate(options: argparse.Namespace) -> None:
    print(f"{'picture':16}{'PSNR':>8}{'SSIM':>8}   {'bicubic':>8}{'':>8}   {'gain':>6}")
    scores: list[tuple[Score, Score]] = []
    compute = Compute(device=options.device, precision=options.precision)
    card = find_model(options.model)
    for name, model, bicubic in evaluate(options.hr, card, compute):
        scores.append((model, bicubic))
        print(_row(name, model, bicubic))
    models, bicubics = zip(*scores, strict=True)
    print(_row("mean", _mean(models), _mean(bicubics)))
    if options.record:
        row = figures_row(_mean(models), _mean(bicubics))
        save_card(replace(card, figures={**card.figures, options.hr.name: row}))


def _row(name: str, model: Score, bicubic: Score) -> str:
    return (
        f"{name:16}{model.psnr:8.2f}{model.ssim:8.4f}   {bicubic.psnr:8.2f}{bicubic.ssim:8.4f}"
        f"   {model.psnr - bicubic.psnr:+6.2f}"
    )


def _mean(scores: tuple[Score, ...]) -> Score:
    count = len(scores)
    return Score(sum(s.psnr for s in scores) / count, sum(s.ssim for s in scores) / count)


def _cards(options: argparse.Namespace) -> None:
    folder = bundled_models_dir()
    (folder / README).write_text(describe(find_models()), encoding="utf-8")
    print(folder / README)


def _export(options: argparse.Namespace) -> None:
    card = export(
        options.checkpoint, options.output, title=options.title, license=options.license,
        description=options.description, training=options.training,
    )  # fmt: skip
    print(f"{card.path}: halo {card.halo_px} px, sha256 {card.sha256}")


if __name__ == "__main__":
    sys.exit(main())
