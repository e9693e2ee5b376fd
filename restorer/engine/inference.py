"""Running a loaded network on one window of a picture."""

from __future__ import annotations

import copy
import functools
import logging
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from restorer.engine import faults
from restorer.engine.detail import ModelPair, load_mixed
from restorer.engine.device import Device, clear_errors, free_memory_bytes, torch_dtype
from restorer.engine.jobs import RunContext
from restorer.engine.model_files import ModelCard, load_network
from restorer.engine.photo import Pixels
from restorer.engine.tiles import MIN_TILE_PX
from restorer.errors import SettingsError, WrongNumbersError

if TYPE_CHECKING:
    from torch import Tensor, nn

log = logging.getLogger(__name__)

# On the CPU the wait for the next tile matters more than the few per cent a larger one would save.
LONGEST_AUTO_TILE_PX = {"cpu": 512, "gpu": 1024}
MEMORY_SHARE = 0.5  # of what is free; the rest is for the result and other programs
BYTES_PER_PX = (
    4096  # of a window, SRGAN x4 in fp32: measured by tests/unit/engine/test_inference.py
)
PROBE_SHAPE = (96, 8)  # more rows than a strip of the generator's tail
PROBE_WIDTH_PX = 8
LONGEST_HALO_PX = 96
FEATHERED_HALO_PX = 32
FEATHER_PX = 16


_fitting_tiles: dict[tuple[str, str, str], int] = {}  # after memory ran out


class Inference:
    """A network on a device, ready to restore windows. Use from one thread at a time.

    Args:
        card: The model.
        device: Where to run.
        precision: "fp32", "bf16" or "fp16"; the network's short cut from input to output stays in
            fp32 in any case.
        pair: The pair the card belongs to, to mix their weights; None runs the card's own.
        detail: 0..100, the SRGAN's share of the mixture.

    Raises:
        ModelError: The model cannot be loaded.
        NotEnoughMemoryError: It does not fit on the device.
    """

    def __init__(
        self,
        card: ModelCard,
        device: Device,
        precision: str,
        *,
        pair: ModelPair | None = None,
        detail: float = 0,
    ) -> None:
        self.card = card
        self.device = device
        self.precision = precision
        with clear_errors(device, 0):
            self._network = _network_on(pair or card, detail, device.name)
            self._work_per_px, self._bytes_per_px = self._measure_costs()

    def restore(self, window: Pixels, ctx: RunContext) -> NDArray[np.float32]:
        """Return the restored window, (scale * h, scale * w, 3), float32, about 0..1, not clamped.

        Args:
            window: (h, w, 3) uint8 or uint16.
            ctx: Reports progress inside the window, stops between two layers.

        Raises:
            NotEnoughMemoryError: It does not fit on the device.
            DeviceLostError: The device stopped answering.
            WrongNumbersError: It computes values that are no numbers, also in fp32.
            Cancelled: The job is to stop.
        """
        import torch

        height, width = window.shape[:2]
        total = self._work_per_px * height * width
        done = 0.0

        def on_work(amount: float) -> None:
            nonlocal done
            ctx.step("tile", min(done, total), total)
            done += amount

        with (
            clear_errors(self.device, max(height, width)),
            torch.inference_mode(),
            _watched(self._network, on_work),
        ):
            small = torch.from_numpy(window.astype(np.float32))
            small = small.mul_(1 / np.iinfo(window.dtype).max).permute(2, 0, 1)[None]
            large = self._sound(self._padded(small.to(self.device.name)))
            large = large[0, :, : height * self.card.scale, : width * self.card.scale]
            return large.permute(1, 2, 0).cpu().numpy()  # (scale * h, scale * w, 3)

    def tile_px(self, choice: str | int) -> int:
        """Return the side of a tile's core for "auto", "whole" or a number of pixels.

        "auto" is what fits in the free memory, and no more than fitted before.

        Raises:
            SettingsError: There is no such choice.
        """
        if choice == "whole":
            return sys.maxsize
        if choice == "auto":
            window_px = math.sqrt(
                MEMORY_SHARE * free_memory_bytes(self.device) / self._bytes_per_px
            )
            longest = LONGEST_AUTO_TILE_PX["cpu" if self.device.kind == "cpu" else "gpu"]
            fits = _fitting_tiles.get(self._key, longest)
            return max(MIN_TILE_PX, min(longest, fits, int(window_px) - 2 * self.card.halo_px))
        if not isinstance(choice, int) or choice < MIN_TILE_PX:
            raise SettingsError(
                f"tile must be auto, whole or at least {MIN_TILE_PX} pixels, not {choice!r}."
            )
        return choice

    def ran_out(self, tile_px: int) -> None:
        """Remember, until the program ends, that only tiles of this side fitted."""
        _fitting_tiles[self._key] = tile_px

    @property
    def _key(self) -> tuple[str, str, str]:
        return self.card.sha256, self.device.name, self.precision

    def _sound(self, small: Tensor) -> Tensor:
        """Return the network's output; where half precision gives NaN or infinity, that of fp32.

        Raises:
            WrongNumbersError: fp32 gives them too.
        """
        for precision in dict.fromkeys((self.precision, "fp32")):
            faults.reach("computing", precision)
            large = self._forward(small, precision)
            faults.reach("computed", (precision, large))
            if bool(large.isfinite().all()):
                return large
            log.warning("a tile has values that are no numbers in %s", precision)
        raise WrongNumbersError(self.device.name)

    def _forward(self, small: Tensor, precision: str) -> Tensor:
        import torch

        small = small.contiguous(memory_format=torch.channels_last)
        half = precision != "fp32"
        with torch.autocast(self.device.kind, torch_dtype(precision), enabled=half):
            large: Tensor = self._network(small)
        return large.float()

    def _padded(self, small: Tensor) -> Tensor:
        """Repeat the last row and column until both sides are multiples of the card's number."""
        import torch.nn.functional as F

        multiple = self.card.multiple_of
        below, right = -small.shape[2] % multiple, -small.shape[3] % multiple
        return F.pad(small, (0, right, 0, below), mode="replicate") if below or right else small

    def _measure_costs(self) -> tuple[float, float]:
        """Return multiplications and bytes per input pixel, from a run on a small probe.

        Beside a layer's input there are its output and a short cut's maps, so its largest input
        counts three times; networks that draw in strips have been measured.
        """
        import torch

        amounts: list[float] = []
        largest = 0

        def note_size(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
            nonlocal largest
            sizes = [value.numel() for value in inputs if isinstance(value, torch.Tensor)]
            largest = max(largest, *sizes, 0)

        probe = self._padded(torch.zeros(1, 3, *PROBE_SHAPE, device=self.device.name))
        handles = [layer.register_forward_pre_hook(note_size) for layer in self._network.modules()]
        try:
            with torch.inference_mode(), _watched(self._network, amounts.append):
                self._forward(probe, self.precision)
        finally:
            for handle in handles:
                handle.remove()
        pixels = math.prod(probe.shape[2:])
        size = 3 * 4 * largest / pixels  # fp32
        has_strips = getattr(self._network, "has_strips", False)
        bytes_per_px = BYTES_PER_PX if has_strips else max(BYTES_PER_PX, size)
        return max(1.0, sum(amounts)) / pixels, bytes_per_px


@functools.lru_cache(maxsize=2)
def _network_on(model: ModelCard | ModelPair, detail: float, device_name: str) -> nn.Module:
    """Keep the networks used last: loading takes longer than restoring a small picture."""
    import torch

    torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32: tiles join exactly
    network = load_mixed(model, detail) if isinstance(model, ModelPair) else load_network(model)
    return network.to(device_name)


@contextmanager
def _watched(network: nn.Module, on_work: Callable[[float], None]) -> Iterator[None]:
    """Call on_work before each layer with weights, with the multiplications it is about to do."""
    import torch
    from torch import nn

    def before(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        channels = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
        step = math.prod(layer.stride) if isinstance(layer, nn.Conv2d) else 1
        on_work(weight.numel() * inputs[0].numel() / channels / step)

    handles = [
        layer.register_forward_pre_hook(before)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def tile_joins(network: nn.Module, scale: int, *, multiple_of: int) -> tuple[int, int]:
    """Return a card's halo_px and feather_px for a network.

    Tiles join exactly where the halo is the network's reach. A reach of 96 px and more would make
    tiles cost several times their core: such a network gets a shorter halo, and its tiles overlap
    and are blended.
    """
    reach_px = measure_reach_px(network, scale, multiple_of=multiple_of)
    return (FEATHERED_HALO_PX, FEATHER_PX) if reach_px >= LONGEST_HALO_PX else (reach_px, 0)


def measure_reach_px(
    network: nn.Module, scale: int, *, limit_px: int = LONGEST_HALO_PX, multiple_of: int = 1
) -> int:
    """Return how far an output pixel looks, input pixels: the halo that makes tiles exact.

    Measured by the gradient of an output row (column) with respect to the input. Every layer's
    weights are made positive first, so that no path through the network cancels another or
    vanishes: what is found is the reach for any weights. In double precision, since the farthest
    path may be as weak as 3**-90.

    Args:
        network: A network that is zero or mirrored outside its input.
        scale: Output pixels per input pixel along each side.
        limit_px: Farthest distance that can be seen.
        multiple_of: The network takes only sizes that are multiples of this, and each pixel of
            such a step may look differently far.

    Returns:
        The reach; limit_px if it is that or more.
    """
    import torch

    probe = copy.deepcopy(network).cpu().double().eval().requires_grad_(False)
    _make_positive(probe)
    steps = -(-(limit_px + 1) // multiple_of)
    length = (2 * steps + 1) * multiple_of
    width = -(-PROBE_WIDTH_PX // multiple_of) * multiple_of
    farthest = 0
    for place in range(steps * multiple_of, (steps + 1) * multiple_of):
        for transposed in (False, True):
            ones = torch.ones(1, 3, length, width, dtype=torch.float64, requires_grad=True)
            output = probe(ones.transpose(2, 3) if transposed else ones)
            rows = output.transpose(2, 3) if transposed else output
            rows[:, :, place * scale : (place + 1) * scale].sum().backward()
            assert ones.grad is not None
            seen = torch.nonzero(ones.grad[0].abs().sum((0, 2)))[:, 0]
            farthest = max(farthest, int((seen - place).abs().max()))
            if farthest >= limit_px:
                return limit_px
    return farthest


def _make_positive(network: nn.Module) -> None:
    """Give layers different positive weights of the mean that keeps a constant as it is."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            weight = torch.rand(layer.weight.shape, generator=generator, dtype=torch.float64) + 0.5
            layer.weight.copy_(weight / weight[0].numel())
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
