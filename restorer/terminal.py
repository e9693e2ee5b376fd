"""What the command line shows: messages, tables, a progress bar."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tqdm import tqdm

from restorer.engine.jobs import Progress, RunContext


def show_table(rows: Sequence[Sequence[str]]) -> None:
    """Write rows of cells to standard output, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


@contextmanager
def progress_bar(name: str) -> Iterator[RunContext]:
    """Show the progress of one input on standard error, where that is a terminal."""
    line = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
    with tqdm(total=1.0, desc=name, bar_format=line, leave=False, disable=None) as bar:

        def report(progress: Progress) -> None:
            if progress.seconds_left is not None:
                bar.set_postfix_str(f"{duration(progress.seconds_left)} left", refresh=False)
            if progress.stage in ("tile", "iteration") and progress.fraction is not None:
                bar.n = progress.fraction
            bar.refresh()

        yield RunContext(report=report)


@contextmanager
def messages_to_stderr() -> Iterator[None]:
    """Send what the program logs to standard error, above the progress bar.

    Of the commands also what is no warning; of the engine only warnings.
    """

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            is_of_engine = record.name.startswith("restorer.engine.")
            if record.levelno >= logging.WARNING or not is_of_engine:
                with suppress(OSError):  # where nobody can be told, the work goes on
                    tqdm.write(printable(self.format(record)), file=sys.stderr)

    handler = Handler()
    logger = logging.getLogger("restorer")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


def printable(text: str) -> str:
    r"""Return text whose file names are UTF-8: bytes that are not, stand as \\udcff."""
    return text.encode("utf-8", "backslashreplace").decode()


def duration(seconds: float) -> str:
    """Return minutes and seconds, for example "2:05"."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}:{rest:02d}"
