"""What a run writes down: a CSV file, TensorBoard where it is installed, sample pictures."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from restorer.errors import SettingsError
from restorer.training.steps import Terms


class Record:
    """The log of a run. Files are made when there is something to write.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin = time.monotonic()
        self._board: Any = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return  # a help, not a need: the CSV file has it all
        self._board = SummaryWriter(str(folder))

    def write(self, step: int, values: dict[str, float]) -> None:
        """Add a row; a log with other columns, of an earlier configuration, is put aside."""
        seconds = round(time.monotonic() - self._begin, 1)
        row = {"step": step, **values, "seconds": seconds}
        path = self._folder / "log.csv"
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                columns = next(csv.reader(file), [])
            if columns != list(row):
                path.rename(self._folder / f"log-before-{step}.csv")
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
            self._board.flush()

    def show(self, step: int, bicubic: Tensor, output: Tensor, sharp: Tensor) -> None:
        """Write bicubic, output and sharp side by side, each (3, H, W) of 0..255."""
        row = torch.cat([bicubic, output, sharp], dim=2).clamp(0, 255).round().byte().cpu()
        path = self._folder / "samples" / f"{step:07}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(row.permute(1, 2, 0).numpy()).save(path)
        if self._board is not None:
            self._board.add_image("bicubic, output, sharp", row, step)

    def close(self) -> None:
        """Finish what TensorBoard still holds."""
        if self._board is not None:
            self._board.close()


class Means:
    """Means of the loss terms, summed on the device so that no step waits for the host."""

    def __init__(self) -> None:
        self._sums: Terms = {}
        self._steps = 0

    def add(self, terms: Terms) -> None:
        """Take in a step's terms."""
        for name, term in terms.items():
            self._sums[name] = self._sums[name] + term if name in self._sums else term.clone()
        self._steps += 1

    def check(self, step: int, checkpoint: Path) -> None:
        """Stop a run that has gone wrong before its weights are kept.

        Raises:
            SettingsError: A term is not a number.
        """
        for name, total in self._sums.items():
            if not math.isfinite(float(total)):
                raise SettingsError(
                    f"{name} is not a number at step {step}: go on from {checkpoint} with a lower "
                    "learning_rate."
                )

    def take(self) -> dict[str, float]:
        """Return the means since the last call."""
        means = {name: float(total) / self._steps for name, total in self._sums.items()}
        self._sums, self._steps = {}, 0
        return means
