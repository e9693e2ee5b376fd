import subprocess
import sys

import pytest
import torch

from restorer.engine.device import (
    Device,
    choose_device,
    choose_precision,
    clear_errors,
    list_devices,
)
from restorer.errors import (
    DeviceLostError,
    DeviceNotFoundError,
    NotEnoughMemoryError,
    SettingsError,
)

CPU = Device("cpu", "Processor", 8 << 30, "fp32")


def test_the_cpu_is_always_there_and_last():
    assert list_devices()[-1].name == "cpu"
    assert choose_device("cpu").name == "cpu"


def test_auto_is_the_best_device():
    assert choose_device("auto") == list_devices()[0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("name", ["cuda", "cuda:3", "toaster", ""])
def test_a_missing_device_is_an_error_that_names_what_is_there(name):
    with pytest.raises(DeviceNotFoundError, match=r"it has .*cpu"):
        choose_device(name)


def test_auto_precision_is_the_devices():
    assert choose_precision(CPU, "auto") == "fp32"
    assert choose_precision(CPU, "bf16") == "bf16"
    with pytest.raises(SettingsError):
        choose_precision(CPU, "fp64")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    ],
)
def test_memory_that_runs_out_is_recognised(error):
    with pytest.raises(NotEnoughMemoryError) as caught, clear_errors(CPU, 128):
        raise error
    assert (caught.value.device, caught.value.tile_px) == ("cpu", 128)


def test_a_real_allocation_that_fails_is_recognised():
    with pytest.raises(NotEnoughMemoryError), clear_errors(CPU, 128):
        torch.empty(1 << 60, dtype=torch.uint8)


def test_a_lost_device_is_recognised():
    with pytest.raises(DeviceLostError), clear_errors(CPU, 128):
        raise RuntimeError("CUDA error: unspecified launch failure")


def test_a_bug_stays_a_bug():
    with pytest.raises(RuntimeError, match="shape"), clear_errors(CPU, 128):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


@pytest.mark.slow
def test_preload_imports_torch():
    code = (
        "import sys; from restorer.engine.device import preload; preload();"
        "assert 'torch' in sys.modules; import torch; torch.ones(2) + 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
