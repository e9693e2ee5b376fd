"""Which device computes, how precisely, and what its errors mean."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from restorer.errors import (
    DeviceLostError,
    DeviceNotFoundError,
    NotEnoughMemoryError,
    SettingsError,
)

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

# Read when torch loads its OpenMP. Threads that spin while they wait made 30 iterations of Deep
# Image Prior take 4 times as long on two cores beside another program.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Read when torch first asks for memory, on Linux: large pages. Feature maps are new memory each
# time; page by page, srgan-x4 took 12 % more processor time on 256 px, and no less memory.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Compute:
    """Where and how to compute, as the user says it.

    Attributes:
        device: "auto", "cpu", "cuda", "cuda:N", "mps" or "xpu".
        precision: "auto", "fp32", "bf16" or "fp16".
        tile: "auto", "whole", or the side of a tile's core in input pixels.
        seed: Every random choice follows from it.
    """

    device: str = "auto"
    precision: str = "auto"
    tile: str | int = "auto"
    seed: int = 0


@dataclass(frozen=True)
class Device:
    """Something that can run a network.

    Attributes:
        name: For torch, for example "cpu" or "cuda:0".
        title: For people, for example "NVIDIA GeForce RTX 3060".
        memory_bytes: Of the device in all.
        precision: What "auto" means on it.
    """

    name: str
    title: str
    memory_bytes: int
    precision: str

    @property
    def kind(self) -> str:
        """The name without its number."""
        return self.name.partition(":")[0]


def list_devices() -> list[Device]:
    """Return what this machine has, best first; the CPU is always there and always last."""
    import torch

    devices = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        facts = torch.cuda.get_device_properties(index)
        # Below 8.0 half precision is slow or, on the GTX 16 series (7.5), gives NaN.
        half = facts.major >= 8
        devices.append(
            Device(f"cuda:{index}", facts.name, facts.total_memory, "fp16" if half else "fp32")
        )
    if torch.backends.mps.is_available():
        devices.append(Device("mps", "Apple GPU", psutil.virtual_memory().total, "fp32"))
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        for index in range(torch.xpu.device_count()):
            xpu = torch.xpu.get_device_properties(index)
            devices.append(Device(f"xpu:{index}", xpu.name, xpu.total_memory, "fp32"))
    devices.append(
        Device("cpu", f"Processor, {torch.get_num_threads()} threads",
               psutil.virtual_memory().total, "fp32")
    )  # fmt: skip
    return devices


def choose_device(name: str) -> Device:
    """Return the device of that name; "auto" is the best one, "cuda" the first of its kind.

    Raises:
        DeviceNotFoundError: This machine has none of that name.
    """
    devices = list_devices()
    if name == "auto":
        return devices[0]
    for device in devices:
        if name in (device.name, device.kind):
            return device
    there = ", ".join(device.name for device in devices)
    raise DeviceNotFoundError(name, f"it has {there}")


def choose_precision(device: Device, name: str) -> str:
    """Return the precision to compute in.

    Raises:
        SettingsError: There is no such precision.
    """
    if name == "auto":
        return device.precision
    if name not in PRECISIONS:
        raise SettingsError(f"precision must be auto, {', '.join(PRECISIONS)}, not {name!r}.")
    return name


def torch_dtype(precision: str) -> torch.dtype:
    """Return torch's name of a precision."""
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def free_ram_bytes() -> int:
    """Return how much main memory can still be had."""
    return int(psutil.virtual_memory().available)


def free_memory_bytes(device: Device) -> int:
    """Return how much memory can still be had on a device."""
    import torch

    if device.kind == "cuda":
        return int(torch.cuda.mem_get_info(device.name)[0])
    return min(free_ram_bytes(), device.memory_bytes)


@contextmanager
def clear_errors(device: Device, tile_px: int) -> Iterator[None]:
    """Turn the many ways in which memory runs out or a device dies into our two errors.

    Raises:
        NotEnoughMemoryError: Memory ran out inside the block.
        DeviceLostError: The device stopped answering.
    """
    try:
        yield
    except MemoryError as error:
        raise NotEnoughMemoryError(device.name, tile_px) from error
    except RuntimeError as error:  # torch.OutOfMemoryError is one; on the CPU there is only this
        text = str(error).lower()
        if any(words in text for words in OUT_OF_MEMORY_WORDS):
            _release_cache(device)
            raise NotEnoughMemoryError(device.name, tile_px) from error
        if any(words in text for words in DEVICE_LOST_WORDS):
            raise DeviceLostError(device.name) from error
        raise


OUT_OF_MEMORY_WORDS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "alloc_failed",
    "could not create a memory object",  # oneDNN
    "could not create a primitive",  # oneDNN, when its scratchpad cannot be had
)
DEVICE_LOST_WORDS = ("cuda error", "device lost", "device-side", "driver shutting down")


def _release_cache(device: Device) -> None:
    import torch

    if device.kind == "cuda":
        torch.cuda.empty_cache()


def preload() -> None:
    """Import torch in the calling thread without stopping the others for long.

    An import holds the interpreter's lock while the system links a library, 0.2 s for torch's.
    A foreign call does not: so the libraries are linked by one, and the import finds them there.
    """
    spec = importlib.util.find_spec("torch")
    if spec is not None and spec.origin is not None and "torch" not in sys.modules:
        suffix = {"linux": "so", "darwin": "dylib"}.get(sys.platform)
        library = Path(spec.origin).parent / "lib" / f"libtorch_python.{suffix}"
        if suffix is not None and library.exists():
            # A failure is not an error: the import below says what is wrong.
            ctypes.CDLL(None).dlopen(os.fsencode(library), ctypes.DEFAULT_MODE)
    import torch  # noqa: F401
