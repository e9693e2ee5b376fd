"""Deep Image Prior: fitting a network to one picture, iteration by iteration."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from restorer.engine.deep_prior.recipes import Recipe
from restorer.engine.deep_prior.stop_rule import Check, StopRule
from restorer.engine.device import Device, torch_dtype
from restorer.engine.jobs import HeldOut, RunContext
from restorer.errors import Cancelled, SettingsError

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

Picture = NDArray[np.float32]  # (H, W, C), 0..1
Mask = NDArray[np.bool_]  # (H, W)

AVERAGE = 0.99  # of the last average in the next one; the paper's
INPUT_RANGE = 0.1  # the input noise is uniform in 0..0.1, as in the paper's code
CHECK_EVERY = 10  # iterations; a check waits for the device
SNAPSHOT_EVERY = 50  # iterations; how far a rollback goes back
SPIKE = 2.0  # a loss this many times the last one is one
ROLLBACKS = 8  # more than that, and the run ends with what it has
PROBE_ITERATIONS = 3
PROBE_PX = 256 * 256  # smaller pictures are not worth a probe
PROBE_GAIN = 1.2  # bf16 has to be this much quicker


@dataclass(frozen=True, eq=False)
class Fit:
    """What a run came to.

    Attributes:
        picture: The kept average.
        check: How well it fits.
        iterations: How many were done.
        stopped_by: "held-out" (the stop rule), "noise level" (the same, for noise that neighbours
            share), "iterations" (their end), "user", or "divergence".
    """

    picture: Picture
    check: Check
    iterations: int
    stopped_by: str


class PriorRun:
    """A network, its optimiser and the average of what it draws.

    Ulyanov, Vedaldi, Lempitsky, "Deep Image Prior", CVPR 2018, arXiv:1711.10925: eq. 2 is the
    loss; the noise on the input and the average of the outputs are from section 3 and the
    supplement. What we do differently: some pixels are held out of the loss; the average starts
    quickly, with weight t / (10 + t) until that passes AVERAGE; a jump of the loss rolls
    back network, optimiser and average.

    Args:
        picture: What to fit.
        known: Pixels the loss may look at.
        recipe: How.
        seed: Every random choice follows from it.
        device: Where.
        precision: "fp32" or "bf16"; loss and averages are in fp32.

    Attributes:
        iteration: How many are done.
        seen: Pixels the loss looks at.
        held_out: Those of the known pixels that it never looks at; none of a tiny picture.
        rollbacks: How often the run went back.
        precision: As given.
    """

    def __init__(
        self,
        picture: Picture,
        known: Mask,
        recipe: Recipe,
        *,
        seed: int,
        device: Device,
        precision: str,
    ) -> None:
        import torch

        from restorer.networks.skip_net import NETS

        height, width, channels = picture.shape
        rng = np.random.default_rng(seed)
        held_out = known & (rng.random(known.shape) < recipe.share_held_out(int(known.sum())))
        if not held_out.any() or not (known & ~held_out).any():
            held_out = np.zeros_like(known)
        self.seen, self.held_out = known & ~held_out, held_out
        self._kind, self.precision = device.kind, precision
        self._size = (height, width)
        self._reg = recipe.input_noise
        self._generator = torch.Generator(device.name).manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            input_channels = {"picture": channels, "grid": 2}.get(
                recipe.input, recipe.input_channels
            )
            network = NETS[recipe.network](input_channels, channels)
            grain, least = network.multiple_of, network.min_side
            height, width = (max(least, math.ceil(n / grain) * grain) for n in (height, width))
            first = _first_input(picture, self.seen, recipe, height, width)

        def to_device(array: NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device.name)

        layout = torch.channels_last
        self._network = network.to(device.name).to(memory_format=layout)  # type: ignore[call-overload]
        self._input = first.to(device.name).contiguous(memory_format=layout)
        self._target = to_device(picture.transpose(2, 0, 1)[None])  # (1, C, H, W)
        self._seen = to_device(self.seen[None, None].astype(np.float32))
        self._seen_count = channels * float(self._seen.sum())
        self._held = to_device(np.flatnonzero(held_out if held_out.any() else known))
        self._optimiser = torch.optim.Adam(
            self._network.parameters(),
            lr=recipe.learning_rate,
            fused=device.kind in ("cpu", "cuda"),
        )
        self._average = torch.zeros_like(self._target)
        self._drawn = self._average
        self._loss_sum = torch.zeros((), device=device.name)
        self._loss_count = 0
        self._last_loss = math.inf
        self.iteration = 0
        self.rollbacks = 0
        self._good = self._moment()

    def step(self) -> None:
        """Do one iteration."""
        import torch

        noisy = torch.empty_like(self._input).normal_(generator=self._generator)
        drawn = self._draw(noisy.mul_(self._reg).add_(self._input))
        loss = ((drawn - self._target).square() * self._seen).sum() / self._seen_count
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._optimiser.step()
        with torch.no_grad():
            keep = min(AVERAGE, self.iteration / (10 + self.iteration))
            self._drawn = drawn.detach()
            self._average.lerp_(self._drawn, 1 - keep)
            self._loss_sum += loss.detach()
        self._loss_count += 1
        self.iteration += 1

    def check(self) -> Check | None:
        """Return how well the average fits; None if the loss jumped and the run went back."""
        import torch

        loss = float(self._loss_sum) / max(1, self._loss_count)
        self._loss_sum.zero_()
        self._loss_count = 0
        if not loss <= SPIKE * self._last_loss:  # also if it is not a number
            self._roll_back()
            return None
        with torch.no_grad():
            error = (self._average - self._target).square()
            seen = float((error * self._seen).sum()) / self._seen_count
            held_out = float(error.flatten(2)[:, :, self._held].mean())
        if not math.isfinite(seen):
            self._roll_back()
            return None
        self._last_loss = loss
        check = Check(self.iteration, held_out, seen)
        if self.iteration - self._good["iteration"] >= SNAPSHOT_EVERY:
            self._good = self._moment()
        return check

    def drawn(self) -> Picture:
        """Return what the network drew last, (H, W, C), 0..1."""
        return _to_picture(self._drawn)

    def average(self) -> Picture:
        """Return the average of what was drawn so far, (H, W, C), 0..1."""
        return _to_picture(self._average)

    def state(self) -> dict[str, Any]:
        """Return all it takes to go on from here, bit for bit on the CPU."""
        return {
            **self._moment(),
            "good": self._good,
            "rollbacks": self.rollbacks,
            "loss_sum": float(self._loss_sum),
            "loss_count": self._loss_count,
            "generator": self._generator.get_state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a state of a run with the same picture, recipe and seed."""
        self._go_to(state)
        self.rollbacks = state["rollbacks"]
        self._loss_sum.fill_(state["loss_sum"])
        self._loss_count = state["loss_count"]
        self._generator.set_state(state["generator"])
        self._good = dict(state["good"])

    def _moment(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "last_loss": self._last_loss,
            "network": copy.deepcopy(self._network.state_dict()),
            "optimiser": copy.deepcopy(self._optimiser.state_dict()),
            "average": self._average.clone(),
        }

    def _go_to(self, state: dict[str, Any]) -> None:
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))
        self._average.copy_(state["average"])
        self._last_loss = state["last_loss"]
        self.iteration = state["iteration"]

    def _roll_back(self) -> None:
        """Go back to the last good state, with half the learning rate and other noise."""
        self.rollbacks += 1
        self._go_to(self._good)
        for group in self._optimiser.param_groups:
            group["lr"] /= 2
        self._good["optimiser"] = copy.deepcopy(self._optimiser.state_dict())
        log.warning("the loss jumped; back to iteration %d", self.iteration)

    def _draw(self, x: Tensor) -> Tensor:
        import torch

        half = self.precision != "fp32"
        with torch.autocast(self._kind, torch_dtype(self.precision), enabled=half):
            drawn = self._network(x)
        height, width = self._size
        cut: Tensor = drawn[:, :, :height, :width].float()
        return cut


def fit(
    run: PriorRun,
    rule: StopRule,
    ctx: RunContext,
    *,
    iterations: int,
    stops_itself: bool,
    number: int | None = 0,
    show: Callable[[PriorRun], None] = lambda run: None,
    best: Picture | None = None,
    keep: Callable[[Picture | None], None] = lambda best: None,
) -> Fit:
    """Fit until the rule says so, the iterations are done, or the user wants to stop and keep.

    Args:
        run: Goes on from where it is.
        rule: Says which average is kept.
        ctx: Reports each iteration.
        iterations: At most.
        stops_itself: Listen to the rule's end, too.
        number: Of the run in the job, for the reports; None if it holds no pixels out to report of.
        show: Called after each check.
        best: The kept average of a run that is resumed.
        keep: Called after each check with the kept average, and when the job is cancelled.

    Raises:
        Cancelled: The job is to stop.
    """
    stopped_by = "iterations"
    point: HeldOut | None = None
    while run.iteration < iterations:
        try:
            ctx.step("iteration", run.iteration, iterations, held_out=point)
        except Cancelled:
            keep(best)
            raise
        run.step()
        is_last = run.iteration == iterations or ctx.finish_requested
        if run.iteration % CHECK_EVERY and not is_last:
            continue
        check = run.check()
        if check is not None:
            if rule.is_best(check) or best is None:
                best = run.average()
            kept_iteration = rule.best.iteration if rule.best else check.iteration
            if number is not None:
                point = HeldOut(number, check.iteration, check.held_out_mse, kept_iteration)
            show(run)
            keep(best)
        if ctx.finish_requested and best is not None:
            stopped_by = "user"
            break
        if check is None and run.rollbacks > ROLLBACKS:
            stopped_by = "divergence"
            break
        if check is not None and stops_itself and rule.is_over(check):
            stopped_by = "held-out" if rule.noise_mse is None else "noise level"
            break
    if best is None or rule.best is None:
        raise SettingsError("The network could not be fitted to this picture.")
    return Fit(best, rule.best, run.iteration, stopped_by)


def choose_precision(picture: Picture, recipe: Recipe, *, device: Device, wanted: str) -> str:
    """Return "bf16" where a few iterations on the picture itself are clearly quicker, or "fp32".

    Raises:
        SettingsError: Another precision was asked for.
    """
    if wanted in ("fp32", "bf16"):
        return wanted
    if wanted != "auto":
        raise SettingsError(f"Deep Image Prior computes in fp32 or bf16, not in {wanted}.")
    if picture.shape[0] * picture.shape[1] < PROBE_PX or not _may_be_quick(device):
        return "fp32"
    seconds = {}
    for precision in ("fp32", "bf16"):
        known = np.ones(picture.shape[:2], np.bool_)
        run = PriorRun(picture, known, recipe, seed=0, device=device, precision=precision)
        run.step()  # warms up
        run.check()
        begin = time.perf_counter()
        for _ in range(PROBE_ITERATIONS):
            run.step()
        run.check()  # waits for the device
        seconds[precision] = time.perf_counter() - begin
    log.debug("probe: %s", seconds)
    return "bf16" if PROBE_GAIN * seconds["bf16"] < seconds["fp32"] else "fp32"


def _may_be_quick(device: Device) -> bool:
    """Whether bf16 is worth a probe: processors without AMX emulate it many times slower."""
    import torch

    if device.kind == "cpu":
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return device.kind != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)


def _to_picture(drawn: Tensor) -> Picture:
    """Return a copy, (H, W, C), of (1, C, H, W): later iterations write into the tensor."""
    # Not ascontiguousarray: a grey picture is contiguous either way round, and would stay a view.
    return np.array(drawn[0].permute(1, 2, 0).cpu().numpy(), np.float32, order="C")


def _first_input(picture: Picture, seen: Mask, recipe: Recipe, height: int, width: int) -> Tensor:
    """Return the network's input, (1, C, height, width), at least as large as the picture."""
    import torch

    if recipe.input == "noise":
        return torch.rand(1, recipe.input_channels, height, width) * INPUT_RANGE
    if recipe.input == "grid":
        rows, columns = torch.linspace(0, 1, height), torch.linspace(0, 1, width)
        return torch.stack(torch.meshgrid(rows, columns, indexing="ij"))[None]
    below, right = height - picture.shape[0], width - picture.shape[1]
    grown = np.pad(_without_unseen(picture, seen), ((0, below), (0, right), (0, 0)), mode="edge")
    return torch.from_numpy(np.ascontiguousarray(grown.transpose(2, 0, 1)[None]))


def _without_unseen(picture: Picture, seen: Mask) -> Picture:
    """Return the picture with the unseen pixels drawn from seen ones near them.

    With the picture as its input the network would otherwise copy the held-out pixels.
    """
    import cv2

    weight = seen.astype(np.float32)
    filled = np.where(seen[:, :, None], picture, 0).astype(np.float32)
    result = filled
    size = 3
    missing = ~seen
    while missing.any() and size < 2 * max(picture.shape):
        border = cv2.BORDER_CONSTANT
        near = cv2.blur(weight, (size, size), borderType=border)
        values = cv2.blur(filled, (size, size), borderType=border).reshape(picture.shape)
        there = missing & (near > 1e-6)
        result = np.where(there[:, :, None], values / np.maximum(near, 1e-6)[:, :, None], result)
        missing &= ~there
        size = 2 * size + 1
    return result.astype(np.float32)
