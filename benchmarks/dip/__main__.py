"""Deep Image Prior, measured beside the official settings on the same pictures.

    python -m benchmarks.dip DATA --part NAME [--images F16 ...] [-o table.md]

DATA holds the nine colour pictures of the CBM3D page, and in DATA/inpaint the grey ones of the
paper's inpainting. The official network is our own re-writing of it (networks/skip_net.paper_net);
its code does not run on current libraries. Where times are compared the runs take turns, ten
iterations each, and measuring does not count.

Each finished measurement is one JSON line in --results, and is not done again: a benchmark that was
stopped goes on, and its table is printed from all lines that fit the options.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.dip import ablation, memory, missing, quality, repair, seams, seeds, speed, stop
from benchmarks.dip.part import Part, Result, Unit
from benchmarks.dip.pictures import CSET9
from restorer.engine.device import choose_device

PARTS: dict[str, Part] = {
    "speed": speed.PART,
    "stop": stop.PART,
    "quality": quality.PART,
    "seeds": seeds.PART,
    "missing": missing.PART,
    "repair": repair.PART,
    "ablation": ablation.PART,
    "seams": seams.PART,
    "memory": memory.PART,
}


def main(words: Sequence[str]) -> None:
    """Measure what is not measured yet, and print the table with the goals."""
    options = _parser().parse_args(words)
    options.is_crop_chosen = options.crop is not None
    options.crop = 256 if options.crop is None else options.crop
    part = PARTS[options.part]
    units = [{"part": options.part, **unit} for unit in part.units(options)]
    done = _load(options.results)
    results = []
    _say(f"{options.part}: {part.about}")
    for number, unit in enumerate(units, 1):
        result = next((item for item in done if unit.items() <= item.items()), None)
        if result is None:
            _say(f"{number} of {len(units)}: {_words(unit)}")
            result = {**unit, **part.measure(unit, options), **_circumstances(options)}
            _append(options.results, result)
        results.append(result)
    table = _table(part, results)
    _say("\n".join(table))
    if options.output is not None:
        options.output.write_text("\n".join(table) + "\n", "utf-8")


def _parser() -> argparse.ArgumentParser:
    about = "\n".join(f"  {name:10}{part.about}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dip",
        description=(__doc__ or "").splitlines()[0],
        epilog=f"parts:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", type=Path)
    add("--part", choices=PARTS, required=True)
    add("--images", nargs="+", default=list(CSET9), metavar="NAME")
    add("--sigma", type=float, nargs="+", default=[15.0, 25.0, 50.0], help="for stop")
    add("--crop", type=int, help="side in pixels; 0 takes whole pictures (default: 256)")
    add("--iterations", type=int, default=0, help="0: as many as the part needs")
    add(
        "--reference",
        type=int,
        help="official iterations, for speed, quality (1000) and missing (11000); 0: not beside it",
    )
    add("--effort", choices=("quick", "best"), default="quick", help="for missing and repair")
    add("--seed", type=int, default=0)
    add("--seeds", type=int, default=10, help="for seeds: how many")
    add("--variants", nargs="+", choices=ablation.VARIANTS, metavar="NAME", help="for ablation")
    add("--tile", type=int, default=96, help="for seams; has to be cut: less than --crop - 128")
    add("--megapixels", type=float, default=12.0, help="for memory: at most")
    add("--device", default="auto")
    add("--results", type=Path, default=Path("runs/dip.jsonl"), help="default: %(default)s")
    add("-o", "--output", type=Path, help="the table is written there, too")
    return parser


def _load(path: Path) -> list[Result]:
    """Return the lines that are whole; the last one may have been cut off."""
    results = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            results.append(json.loads(line))
        except ValueError:
            _say(f"a damaged line in {path} is left out")
    return results


def _append(path: Path, result: Result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def _circumstances(options: argparse.Namespace) -> Result:
    import torch

    device = choose_device(options.device)
    return {
        "date": str(datetime.date.today()),
        "on": f"{device.title} ({platform.machine()})",
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def _table(part: Part, results: Sequence[Result]) -> list[str]:
    if not results:
        return ["nothing to measure"]
    rows = [list(part.columns), ["---"] * len(part.columns)]
    rows += [[cell(result) for cell in part.columns.values()] for result in results]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    seen = [{key: item[key] for key in ("date", "on", "torch", "threads")} for item in results]
    when = sorted({_words(item) for item in seen})
    settings = {key: value for key, value in results[0].items() if key in SETTINGS}
    return [*when, _words(settings), "", *lines, "", *(f"- {line}" for line in part.goals(results))]


SETTINGS = ("crop", "iterations", "reference", "effort", "noise_seed", "mask_seed", "tile")


def _words(values: Unit) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items() if key != "part")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
