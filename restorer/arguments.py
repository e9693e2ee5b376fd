"""What the values of the command line's options look like. Each raises argparse's own error."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from restorer.engine.files.decoded import LIMIT_DPI
from restorer.engine.mode import BoolParam, ChoiceParam, FloatParam, IntParam, Param
from restorer.engine.tiles import MIN_TILE_PX
from restorer.errors import RestorerError

CM_PER_INCH = 2.54
MAX_SEED = 2**32 - 1  # what adds to it stays far below the 2**64 that torch takes


def number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return the parser of a whole number in a range."""

    def number(text: str) -> int:
        if not text.isdecimal() or not minimum <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(f"{text!r} is not between {minimum} and {maximum}")
        return int(text)

    return number


def name(text: str) -> str:
    """Parse the name of a file or folder, kept as it is: a slash at its end means a folder."""
    if not text:  # as a Path it would be the current folder
        raise argparse.ArgumentTypeError("a name is empty")
    return text


def path(text: str) -> Path:
    """Parse the name of a file or folder."""
    return Path(name(text))


def param_value(param: Param) -> Callable[[str], float | str]:
    """Return the parser of a mode's param."""

    def value(text: str) -> float | str:
        if isinstance(param, ChoiceParam):
            return param.check(text)
        if isinstance(param, IntParam) and param.zero_word == text != "":
            return 0
        return param.check(float(text))

    def parse(text: str) -> float | str:
        try:
            return value(text)
        except (ValueError, RestorerError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def add_param(parser: argparse._ActionsContainer, param: Param) -> None:
    """Add a param's flag; its value is None unless it is given."""
    if isinstance(param, BoolParam):
        parser.add_argument(
            f"--{param.key}", action=argparse.BooleanOptionalAction, default=None,
            help=f"{param.label.lower()} (default: {'on' if param.default else 'off'})",
        )  # fmt: skip
    else:
        parser.add_argument(
            f"--{param.key}", type=param_value(param), metavar=_metavar(param), help=_help(param)
        )


def _metavar(param: Param) -> str:
    if isinstance(param, ChoiceParam):
        return "|".join(word for word, _ in param.choices)
    if isinstance(param, IntParam):
        return f"{param.zero_word}|N" if param.zero_word else "N"
    return "F"


def _help(param: FloatParam | IntParam | ChoiceParam) -> str:
    if isinstance(param, ChoiceParam):
        return f"default: {param.default}"
    zero_word = param.zero_word if isinstance(param, IntParam) else ""
    default = zero_word if zero_word and not param.default else f"{param.default:g}"
    ends = ""
    if isinstance(param, FloatParam) and param.ends is not None:
        ends = f" ({param.ends[0].lower()} to {param.ends[1].lower()})"
    return f"{param.minimum:g} to {param.maximum:g}{ends}, default {default}"


def tile(text: str) -> str | int:
    """Parse auto, whole, or a number of pixels."""
    if text in ("auto", "whole"):
        return text
    if not text.isdecimal() or int(text) < MIN_TILE_PX:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not auto, whole or a number of pixels from {MIN_TILE_PX}"
        )
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT in pixels."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or "0" in match.groups():
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT in pixels")
    return int(match[1]), int(match[2])


@dataclass(frozen=True)
class PrintSize:
    """A print to fit into: width and height in pixels, and dots per inch."""

    width: int
    height: int
    dpi: float


def print_size(text: str) -> PrintSize:
    """Parse a print like 30x40cm@300: width, height, unit (cm, mm, in), dots per inch."""
    match = re.fullmatch(r"([\d.]+)x([\d.]+)(cm|mm|in)@([\d.]+)", text)
    try:
        if match is None:
            raise ValueError
        dpi = float(match[4])
        dots = dpi / {"cm": CM_PER_INCH, "mm": 10 * CM_PER_INCH, "in": 1}[match[3]]
        print_size = PrintSize(round(float(match[1]) * dots), round(float(match[2]) * dots), dpi)
        if min(print_size.width, print_size.height) < 1 or not 1 <= dpi <= LIMIT_DPI:
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 30x40cm@300") from error
    return print_size
