"""python -m restorer.training {train,profile,evaluate,table,sheet,degrade,export,cards}.

What a command needs is imported by it: training itself runs where neither OpenCV nor libvips is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from restorer.engine.detail import FAITHFUL, MOST_DETAIL, SRGAN
from restorer.engine.model_files import find_models
from restorer.errors import RestorerError
from restorer.paths import bundled_models_dir
from restorer.training.config import load_config


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

    command = commands.add_parser("evaluate", help="PSNR, SSIM, LPIPS beside bicubic's")
    command.add_argument("--hr", type=Path, required=True, help="folder of sharp pictures")
    command.add_argument("--model", default="srgan-x4", metavar="NAME|PATH")
    command.add_argument("--device", default="auto")
    command.add_argument("--precision", default="auto")
    command.add_argument(
        "--detail", type=_details, default=[], metavar="0,50,100", help="of a pair of models"
    )
    command.add_argument("--agree", action=argparse.BooleanOptionalAction, default=True)
    command.add_argument("--lpips", type=Path, metavar="PATH", help="weights: measure LPIPS too")
    command.add_argument("--degradation", default="bicubic", metavar="NAME",
                         help="done to the pictures: as in a config, noise-S, jpeg-Q")  # fmt: skip
    command.add_argument("--held-out", action="store_true",
                         help="only the photographs that are kept for validation")  # fmt: skip
    command.add_argument("--record", action="store_true", help="write the means into the cards")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("table", help="compare models: size, time, PSNR, SSIM, LPIPS")
    command.add_argument("models", nargs="+", metavar="NAME|PATH")
    command.add_argument("--hr", type=Path, action="append", required=True, metavar="FOLDER")
    command.add_argument("--device", default="auto")
    command.add_argument("--precision", default="auto")
    command.add_argument("--lpips", type=Path, metavar="PATH", help="weights: measure LPIPS too")
    command.add_argument("--record", action="store_true", help="keep it for the models' page")
    command.set_defaults(run=_table)

    command = commands.add_parser("sheet", help="crops before and after; what became of colours")
    command.add_argument("places", nargs="+", type=_place, metavar="PHOTO:X,Y")
    command.add_argument("--model", default="srgan-x4", metavar="NAME|PATH")
    command.add_argument("--device", default="auto")
    command.add_argument("--precision", default="auto")
    command.add_argument("--detail", type=_details, default=[], metavar="0,50,100")
    command.add_argument("--degradation", default="bicubic", metavar="NAME",
                         help="done to the photographs first; none leaves them")  # fmt: skip
    command.add_argument("--side", type=int, default=192, metavar="PX", help="of the crops")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="PICTURE")
    command.set_defaults(run=_sheet)

    command = commands.add_parser("degrade", help="a picture of every degradation")
    command.add_argument("photo", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, metavar="PICTURE")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=_degrade)

    command = commands.add_parser("cards", help="write models/README.md from the models' cards")
    command.set_defaults(run=_cards)

    command = commands.add_parser("export", help="a checkpoint as a model file with its card")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("output", type=Path)
    command.add_argument("--title", required=True)
    command.add_argument("--description", default="")
    command.add_argument("--license", default="MIT")
    command.add_argument("--training", default="", help="data, device and hours, in one line")
    command.add_argument("--role", choices=(FAITHFUL, SRGAN), default="", help="in a pair")
    command.add_argument("--pair", default="", metavar="NAME", help="the partner's name")
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
    from restorer.engine.device import Compute
    from restorer.training.tables import report

    report(
        options.hr, options.model, Compute(device=options.device, precision=options.precision),
        details=options.detail, agree=options.agree, lpips=options.lpips, record=options.record,
        degradation=options.degradation, held_out=options.held_out,
    )  # fmt: skip


def _table(options: argparse.Namespace) -> None:
    from restorer.engine.device import Compute
    from restorer.training.cards import RECIPES
    from restorer.training.comparison import compare

    compute = Compute(device=options.device, precision=options.precision)
    table = compare(options.models, options.hr, compute, lpips=options.lpips)
    print(table, end="")
    if options.record:
        (bundled_models_dir() / RECIPES).write_text(table, encoding="utf-8")


def _details(text: str) -> list[float]:
    try:
        details = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 0,50,100") from error
    if not all(0 <= detail <= MOST_DETAIL for detail in details):
        raise argparse.ArgumentTypeError(f"{text!r} is not within 0 to 100")
    return details


def _place(text: str) -> tuple[Path, int, int]:
    path, _, corner = text.rpartition(":")
    try:
        x, y = map(int, corner.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not like photo.jpg:100,50") from error
    return Path(path), x, y


def _sheet(options: argparse.Namespace) -> None:
    from restorer.engine.device import Compute
    from restorer.engine.model_files import find_model
    from restorer.training.sheet import Place, make_sheet

    places = [Place(*place) for place in options.places]
    compute = Compute(device=options.device, precision=options.precision)
    sheet, colours = make_sheet(
        places, find_model(options.model), compute, options.detail,
        degradation="" if options.degradation == "none" else options.degradation,
        side_px=options.side,
    )  # fmt: skip
    for one in colours:
        print(f"{one.name:24} a* {one.a_shift:+.2f}  b* {one.b_shift:+.2f}  "
              f"grey spread {one.grey_spread}")  # fmt: skip
    sheet.save(options.output, quality=92)


def _degrade(options: argparse.Namespace) -> None:
    from restorer.training.damage_sheet import make_sheet

    make_sheet(options.photo, seed=options.seed).save(options.output, quality=80)


def _cards(options: argparse.Namespace) -> None:
    from restorer.training.cards import README, describe, read_recipes

    folder = bundled_models_dir()
    page = describe(find_models(), read_recipes(folder))
    (folder / README).write_text(page, encoding="utf-8")
    print(folder / README)


def _export(options: argparse.Namespace) -> None:
    from restorer.training.export import export

    card = export(
        options.checkpoint, options.output, title=options.title, license=options.license,
        description=options.description, training=options.training, role=options.role,
        pair=options.pair,
    )  # fmt: skip
    print(f"{card.path}: halo {card.halo_px} px, sha256 {card.sha256}")


if __name__ == "__main__":
    sys.exit(main())
