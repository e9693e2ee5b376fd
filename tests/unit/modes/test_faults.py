"""Whatever goes wrong, the file is identical to the undisturbed one or absent."""

import errno
import shutil
from dataclasses import replace

import numpy as np
import pytest

from restorer.engine import device, faults
from restorer.engine.device import Compute
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.mode import Step
from restorer.engine.pipeline import restore_photo, save_photo
from restorer.errors import (
    DeviceLostError,
    NotEnoughMemoryError,
    PhotoWriteError,
    RestorerError,
    WrongNumbersError,
)
from restorer.modes.upscale import Upscale


class Fault:
    """Does something the first times a point is reached."""

    def __init__(self, point, act, *, times=1, after=0):
        self.point, self.act, self.times, self.after = point, act, times, after
        self.reached = 0

    def __call__(self, point, value):
        if point != self.point:
            return
        self.reached += 1
        if self.after < self.reached <= self.after + self.times:
            self.act(value)


def run(photo, card, path, ctx, *, precision="fp32", fault=None, name="cpu", suffix=".png"):
    step = Step(Upscale(), {"scale": 3}, card, Compute(name, precision, 64))
    target = path / f"result{suffix}"
    if fault is None:
        save_photo(restore_photo(photo, (step,), ctx).photo, target, WriteOptions(), ctx)
    else:
        with faults.injected(fault):
            save_photo(restore_photo(photo, (step,), ctx).photo, target, WriteOptions(), ctx)
    return target.read_bytes()


@pytest.fixture
def undisturbed(photo, tiny_model, tmp_path, ctx):
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    return run(photo(150, 140), tiny_model, folder, ctx)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


def raising(error):
    def act(value):
        raise error

    return act


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate "
                     "memory: you tried to allocate 1 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("after", [0, 3])
def test_out_of_memory(photo, tiny_model, folder, ctx, undisturbed, error, after, monkeypatch):
    monkeypatch.setattr("restorer.engine.tiles.MIN_TILE_PX", 16)
    fault = Fault("computing", raising(error), after=after)
    assert run(photo(150, 140), tiny_model, folder, ctx, fault=fault) == undisturbed


def test_memory_that_is_never_enough_ends(photo, tiny_model, folder, ctx):
    fault = Fault("computing", raising(MemoryError()), times=10**9)
    with pytest.raises(NotEnoughMemoryError):
        run(photo(150, 140), tiny_model, folder, ctx, fault=fault)
    assert fault.reached < 10
    assert list(folder.iterdir()) == []


def poison(value):
    value[1].view(-1)[7] = float("nan")


@pytest.mark.parametrize("after", [0, 4])
def test_a_tile_without_numbers_is_computed_again_in_fp32(
    photo, tiny_model, tmp_path, folder, ctx, after
):
    other = tmp_path / "half"
    other.mkdir()
    picture = photo(60, 140)
    run(picture, tiny_model, other, ctx, precision="bf16")
    fault = Fault("computed", poison, after=after, times=1)
    precisions = []

    def hook(point, value):
        fault(point, value)
        if point == "computing":
            precisions.append(value)

    disturbed = run(picture, tiny_model, folder, ctx, precision="bf16", fault=hook)
    assert disturbed
    assert precisions.count("fp32") == (1 if after < precisions.count("bf16") else 0)


def test_no_numbers_in_fp32_is_an_error(photo, tiny_model, folder, ctx):
    fault = Fault("computed", poison, times=10**9)
    with pytest.raises(WrongNumbersError):
        run(photo(30, 30), tiny_model, folder, ctx, precision="bf16", fault=fault)
    assert fault.reached == 2
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("after", [0, 3])
def test_a_lost_device_is_replaced_by_the_processor(
    photo, tiny_model, folder, ctx, undisturbed, after, monkeypatch
):
    real = device.list_devices()
    graphics = replace(real[-1], name="cpu:0", title="A device that gets lost")
    monkeypatch.setattr(device, "list_devices", lambda: [graphics, *real])
    lost = raising(RuntimeError("CUDA error: unspecified launch failure"))
    fault = Fault("computing", lost, after=after)
    found = run(photo(150, 140), tiny_model, folder, ctx, fault=fault, name="auto")
    assert found == undisturbed


def test_a_lost_processor_is_an_error(photo, tiny_model, folder, ctx):
    fault = Fault("computing", raising(RuntimeError("CUDA error: x")))
    with pytest.raises(DeviceLostError):
        run(photo(30, 30), tiny_model, folder, ctx, fault=fault)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
@pytest.mark.parametrize("point", ["writing", "finishing"])
def test_a_disk_that_fills(photo, tiny_model, folder, ctx, suffix, point):
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PhotoWriteError, match="disk is full"):
        run(photo(30, 30), tiny_model, folder, ctx, fault=Fault(point, raising(full)),
            suffix=suffix)  # fmt: skip
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("point", ["writing", "finishing"])
def test_a_folder_that_vanishes(photo, tiny_model, folder, ctx, point):
    fault = Fault(point, lambda value: shutil.rmtree(folder))
    with pytest.raises(RestorerError, match="folder does not exist"):
        run(photo(30, 30), tiny_model, folder, ctx, fault=fault)
    assert not folder.exists()


def test_without_a_fault_nothing_differs(photo, tiny_model, folder, ctx, undisturbed):
    again = run(photo(150, 140), tiny_model, folder, ctx, fault=Fault("writing", print, times=0))
    assert np.array_equal(np.frombuffer(again, "u1"), np.frombuffer(undisturbed, "u1"))
