"""The training loop, top to bottom: config, networks, data, steps, measurements."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from itertools import compress
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from restorer.errors import SettingsError
from restorer.training import checkpoint
from restorer.training.config import TrainConfig
from restorer.training.data import MARGIN_PX, Pair, Pool, list_photos, load_pairs, split_photos
from restorer.training.degrade import enlarge_bicubic
from restorer.training.lpips import Lpips, load_lpips
from restorer.training.record import Means, Record
from restorer.training.scores import luma, psnr
from restorer.training.steps import Trainee, accelerate, make_trainee, take_step
from restorer.training.workers import Workers, join_workers

log = logging.getLogger(__name__)

VALIDATION_CROP_PX = 256
CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
CHECK_EVERY = 50  # steps between two looks at the loss: each look waits for the device


def train(config: TrainConfig) -> Path:
    """Train until config.steps or config.max_minutes, going on from the run's checkpoint.

    The run's folder gets log.csv, samples/, checkpoint.pt and best.pt (the average with the best
    measurement on the validation photographs). A run that was stopped and goes on gives the same
    weights as one that was not.

    Returns:
        The last checkpoint.

    Raises:
        SettingsError: No photographs, one too small, a checkpoint of another network, weights that
            cannot be read, or a loss or a weight that is not a number.
        PhotoReadError: A photograph cannot be read.
    """
    begin = time.monotonic()
    workers = join_workers(config.device)
    trainee = make_trainee(config, workers.device)
    path = config.run_dir / CHECKPOINT
    done = checkpoint.resume(path, config, trainee)
    accelerate(trainee, config, workers.device)

    photos, held_out = split_photos(list_photos(config.data))
    pool = load_pool(photos, config, workers.device)
    judge = _Judge(config, held_out, workers)

    means = Means()
    bar = tqdm(range(done, config.steps), initial=done, total=config.steps, desc=config.name,
               disable=not workers.is_first)  # fmt: skip
    for step in bar:
        rate = learning_rate(config, step)
        for optimizer in (trainee.optimizer, trainee.discriminator_optimizer):
            for group in optimizer.param_groups if optimizer else ():
                group["lr"] = rate
        batch = pool.draw(
            batch_size=config.batch_size, crop_px=config.crop_px, seed=config.seed, step=step,
            worker=workers.rank,
        )  # fmt: skip
        means.add(take_step(trainee, config, batch, step=step, workers=workers))

        finished = step + 1
        out_of_time = _is_late(config, begin, finished, workers)
        is_last = finished == config.steps or out_of_time
        if finished % CHECK_EVERY == 0:
            means.check(finished, path)
        if workers.is_first and (finished % config.validate_every == 0 or is_last):
            means.check(finished, path)
            row = judge.measure(trainee, finished, {**means.take(), "learning_rate": rate})
            bar.write(f"step {finished}: " + ", ".join(f"{n} {v:.4g}" for n, v in row.items()))
        if workers.is_first and (finished % config.checkpoint_every == 0 or is_last):
            means.check(finished, path)
            checkpoint.save(path, config, finished, trainee)
        if out_of_time:
            bar.write(f"{config.max_minutes:g} minutes are over at step {finished}: the same "
                      "command goes on.")  # fmt: skip
            break
    judge.close()
    workers.leave()
    return path


def learning_rate(config: TrainConfig, step: int) -> float:
    """Warm-up, plateau, and a half-cosine decay over the last steps."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    left = (config.steps - step) / max(1, config.decay_steps)
    decay = 0.5 - 0.5 * math.cos(math.pi * min(1.0, left))
    return config.learning_rate * warm * decay


def load_pool(photos: Sequence[Path], config: TrainConfig, device: torch.device) -> Pool:
    """Read the photographs to train on; those smaller than a crop are named and left out.

    Raises:
        SettingsError: There is none that is large enough.
        PhotoReadError: One cannot be read.
    """
    if not photos:
        raise SettingsError(f"{config.data} has too few photographs: one is kept for validation.")
    damage = config.damage
    pairs = load_pairs(photos, config.scale, degradation="" if damage else config.degradation)
    needed_px = (config.crop_px + (2 * MARGIN_PX if damage else 0)) * config.scale
    is_large = [min(pair.sharp.shape[1:]) >= needed_px for pair in pairs]
    if not any(is_large):
        raise SettingsError(f"The photographs are too small for crops of {config.crop_px} px.")
    if left_out := [path.name for path, fits in zip(photos, is_large, strict=True) if not fits]:
        log.warning("smaller than a crop and left out: %s", ", ".join(left_out))
    return Pool(list(compress(pairs, is_large)), config.scale, device, damage=damage)


def _is_late(config: TrainConfig, begin: float, finished: int, workers: Workers) -> bool:
    """Whether the time is over, by the first process's clock; several ask it only now and then."""
    if config.max_minutes == 0 or (workers.count > 1 and finished % CHECK_EVERY):
        return False
    return workers.agree((time.monotonic() - begin) / 60 > config.max_minutes)


class _Judge:
    """Measures the average on the validation photographs and keeps the best."""

    def __init__(self, config: TrainConfig, held_out: Sequence[Path], workers: Workers) -> None:
        self._config = config
        self._device = workers.device
        if not workers.is_first:
            return
        self._pairs = load_pairs(
            held_out, config.scale, degradation=config.degradation, center_px=VALIDATION_CROP_PX
        )
        self._lpips = load_lpips(Path(config.lpips)).to(workers.device) if config.lpips else None
        config.run_dir.mkdir(parents=True, exist_ok=True)
        self._best_path = config.run_dir / BEST
        self._best = checkpoint.read_score(self._best_path)
        self._record = Record(config.run_dir)

    def measure(self, trainee: Trainee, step: int, row: dict[str, float]) -> dict[str, float]:
        """Write a row of the log, a sample picture, and the weights if they are the best."""
        scores, outputs = validate(trainee.average, self._pairs, self._device, self._lpips)
        row = {**row, **scores}
        self._record.write(step, row)
        if outputs:
            pair = self._pairs[0]
            assert pair.small is not None
            small = pair.small.permute(1, 2, 0).numpy()
            bicubic = torch.from_numpy(enlarge_bicubic(small, self._config.scale))
            self._record.show(step, bicubic.permute(2, 0, 1), outputs[0], pair.sharp)
        by_lpips = self._config.is_srgan and "validation_lpips" in scores
        score = -scores["validation_lpips"] if by_lpips else scores["validation_psnr"]
        if score > self._best:
            self._best = score
            checkpoint.save_average(self._best_path, self._config, step, trainee, score=score)
        return row

    def close(self) -> None:
        if hasattr(self, "_record"):
            self._record.close()


@torch.inference_mode()
def validate(
    network: nn.Module, pairs: Sequence[Pair], device: torch.device, lpips: Lpips | None
) -> tuple[dict[str, float], list[Tensor]]:
    """Return mean PSNR (Y, dB, without a 4-pixel border) and LPIPS, and the pictures, 0..255."""
    scores, distances, outputs = [], [], []
    for pair in pairs:
        assert pair.small is not None
        small = pair.small[None].to(device, memory_format=torch.channels_last).float() / 255
        output = _run_padded(network, small)[:, : pair.sharp.shape[1], : pair.sharp.shape[2]]
        output = output.clamp(0, 1).mul(255).round()
        if lpips is not None:
            sharp = pair.sharp[None].to(device).float() / 255
            distances.append(float(lpips(output[None] / 255, sharp)))
        outputs.append(output.cpu())
        scores.append(
            psnr(
                luma(outputs[-1].permute(1, 2, 0).numpy()),
                luma(pair.sharp.permute(1, 2, 0).numpy()),
                border_px=4,
            )
        )
    result = {"validation_psnr": sum(scores) / len(scores) if scores else math.nan}
    if distances:
        result["validation_lpips"] = sum(distances) / len(distances)
    return result, outputs


def _run_padded(network: nn.Module, small: Tensor) -> Tensor:
    """Return the network's picture, (3, H, W), of one whose sides need not be right multiples."""
    multiple = getattr(network, "multiple_of", 1)
    below, right = -small.shape[2] % multiple, -small.shape[3] % multiple
    output: Tensor = network(F.pad(small, (0, right, 0, below), mode="replicate"))
    return output[0]
