"""Where a training step's time goes, and how large its loss terms are."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from restorer.training import checkpoint
from restorer.training.config import TrainConfig
from restorer.training.data import Pool, list_photos, split_photos
from restorer.training.steps import Trainee, accelerate, generator_loss, make_trainee, take_step
from restorer.training.train import CHECKPOINT, load_pool
from restorer.training.workers import Workers, join_workers

WARM_UP_STEPS = 10  # cuDNN tries its algorithms, the compiler compiles


@dataclass(frozen=True)
class Profile:
    """Mean times of a step.

    Attributes:
        step_ms: Wall time, nothing waited for in between.
        parts_ms: Time of the device in each part: crops, network (forward and backward of all
            networks, losses), optimiser (with the average of the weights).
    """

    step_ms: float
    parts_ms: dict[str, float]


@dataclass(frozen=True)
class Term:
    """A loss term before it is weighted.

    Attributes:
        size: Its value.
        gradient: Length of its gradient with respect to the generator's picture.
    """

    size: float
    gradient: float


def profile(config: TrainConfig, steps: int) -> Profile:
    """Time steps of a run without keeping anything of it.

    Raises:
        SettingsError, PhotoReadError: As train.
    """
    trainee, pool, workers = _prepare(config)
    watch = _Watch(workers.device)

    def step(number: int, watch: _Watch | None) -> None:
        with watch("crops") if watch else _nothing():
            batch = _draw(pool, config, number)
        extra = {"stopwatch": watch} if watch else {}
        take_step(trainee, config, batch, step=number, workers=workers, **extra)

    for number in range(WARM_UP_STEPS):
        step(number, None)
    _wait(workers.device)
    begin = time.perf_counter()
    for number in range(steps):
        step(number, None)
    _wait(workers.device)
    step_ms = (time.perf_counter() - begin) / steps * 1000
    for number in range(steps):
        step(number, watch)
    parts = {name: total / steps for name, total in watch.totals_ms().items()}
    return Profile(step_ms, parts)


def balance(config: TrainConfig, batches: int) -> dict[str, Term]:
    """Measure the generator's loss terms on a few batches.

    Raises:
        SettingsError, PhotoReadError: As train.
    """
    trainee, pool, workers = _prepare(config)
    sizes: dict[str, list[Term]] = defaultdict(list)
    for number in range(batches):
        batch = _draw(pool, config, number)
        with torch.no_grad():
            output = trainee.generator(batch[0]).float()
        output.requires_grad_(True)
        _, terms = generator_loss(trainee, config, output, batch, workers.device, step=0)
        for name, term in terms.items():
            (gradient,) = torch.autograd.grad(term, output, retain_graph=True)
            sizes[name].append(Term(term.item(), gradient.norm().item()))
    return {
        name: Term(
            sum(term.size for term in found) / batches,
            sum(term.gradient for term in found) / batches,
        )
        for name, found in sizes.items()
    }


def _prepare(config: TrainConfig) -> tuple[Trainee, Pool, Workers]:
    workers = join_workers(config.device)
    trainee = make_trainee(config, workers.device)
    checkpoint.resume(config.run_dir / CHECKPOINT, config, trainee)
    accelerate(trainee, config, workers.device)
    photos, _ = split_photos(list_photos(config.data))
    return trainee, load_pool(photos, config, workers.device), workers


def _draw(pool: Pool, config: TrainConfig, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    return pool.draw(
        batch_size=config.batch_size, crop_px=config.crop_px, seed=config.seed, step=step
    )


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class _Watch:
    """Sums the time of named parts: by events on a GPU, which nothing waits for."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._events: list[tuple[str, torch.cuda.Event, torch.cuda.Event]] = []
        self._totals: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        if self._device.type == "cuda":
            first = torch.cuda.Event(enable_timing=True)
            last = torch.cuda.Event(enable_timing=True)
            first.record()
            yield
            last.record()
            self._events.append((part, first, last))
        else:
            begin = time.perf_counter()
            yield
            self._totals[part] += (time.perf_counter() - begin) * 1000

    def totals_ms(self) -> dict[str, float]:
        _wait(self._device)
        for part, first, last in self._events:
            self._totals[part] += first.elapsed_time(last)
        self._events.clear()
        return dict(self._totals)
