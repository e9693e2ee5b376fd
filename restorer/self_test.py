"""restorer --self-test: tries everything once on this machine and says what works."""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from restorer import __version__, licenses, paths
from restorer.engine.device import Compute, Device, list_devices
from restorer.engine.files.photo_io import (
    READ_SUFFIXES,
    WRITE_FORMATS,
    WriteOptions,
    format_for,
    read_photo,
    write_photo,
)
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Mode, Step
from restorer.engine.model_files import ModelCard, find_models
from restorer.engine.photo import Photo
from restorer.modes import MODES
from restorer.settings import Settings

log = logging.getLogger(__name__)

CROP_PX = 128
ITERATIONS = 20
SIGMA_255 = 25
WINDOW_TIMEOUT_S = 60.0

# A picture that came out wrong (black, noise, channels exchanged) is far below these, a right one
# far above: 29 dB for the model, 24 dB for so few iterations, 42 dB for the worst format.
MODEL_DB, PRIOR_DB, LOSSY_DB = 22.0, 16.0, 32.0

Check = Callable[[], str]


class SelfTestError(Exception):
    """Something does not work; str() says what was seen."""


def main() -> int:
    """Print one line per check; return the exit status, 0 if all passed."""
    kind = "installed program" if hasattr(sys, "_MEIPASS") else f"Python {sys.version.split()[0]}"
    write(f"Restorer {__version__}, {kind}, {platform.platform()}")
    write(f"{'CHECK':34} {'RESULT':6} {'SECONDS':>7}  DETAILS")
    logging.disable(logging.CRITICAL)
    before = os.environ.get("RESTORER_HOME")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="restorer-") as folder:
        os.environ["RESTORER_HOME"] = folder  # the user's settings and models are not involved
        try:
            for name, check in checks(Path(folder)):
                failed += not passes(name, check)
        finally:
            logging.disable(logging.NOTSET)
            os.environ.pop("RESTORER_HOME")
            if before is not None:
                os.environ["RESTORER_HOME"] = before
    write(f"{failed} failed." if failed else "Everything works.")
    return 1 if failed else 0


def passes(name: str, check: Check) -> bool:
    """Run a check, print its line and return whether it passed."""
    begin = time.monotonic()
    try:
        result, details = "ok", check()
    except Exception as error:  # noqa: BLE001  whatever is broken here is the answer
        result, details = "FAILED", f"{type(error).__name__}: {error}"
    write(f"{name:34} {result:6} {time.monotonic() - begin:7.1f}  {details}")
    return result == "ok"


def write(line: str) -> None:
    """Print a line at once: a library that aborts the process must not take it along."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def checks(folder: Path) -> Iterator[tuple[str, Check]]:
    """Yield the name and the function of each check; they write into folder only."""
    yield "sample picture", lambda: f"{sample().width} x {sample().height}"
    for key, kind in WRITE_FORMATS.items():
        for dtype in (np.uint8, np.uint16) if kind.bits > 8 else (np.uint8,):
            name = f"write and read {kind.name}, {8 * np.dtype(dtype).itemsize} bit"
            yield name, partial(check_format, key, dtype, folder)
    for suffix in READ_SUFFIXES:
        if format_for(Path("photo" + suffix)) is None and suffix in Image.registered_extensions():
            yield f"read {suffix[1:].upper()}", partial(check_reading, suffix, folder)
    devices: list[Device] = []

    def find_devices() -> str:
        devices.extend(list_devices())
        return ", ".join(f"{device.name} ({device.title})" for device in devices)

    yield "devices", find_devices
    for device in devices:
        for card in find_models():
            yield f"model {card.name} on {device.name}", partial(check_model, card, device)
        yield f"Deep Image Prior on {device.name}", partial(check_prior, device)
    yield "licences", check_licenses
    yield "window", check_window  # last: without a screen, Qt may abort the process


def sample() -> Photo:
    """Return the picture that comes with the program."""
    return read_photo(paths.resources_dir() / "sample" / "photo.jpg")


def crop() -> Photo:
    """Return the middle of the sample picture, CROP_PX square."""
    photo = sample()
    top, left = (photo.height - CROP_PX) // 2, (photo.width - CROP_PX) // 2
    pixels = photo.pixels[top : top + CROP_PX, left : left + CROP_PX]
    return Photo(np.ascontiguousarray(pixels))


def check_format(key: str, dtype: type[np.generic], folder: Path) -> str:
    """Write and read a file: exactly the same, or nearly so where the format is lossy."""
    kind, photo = WRITE_FORMATS[key], crop()
    if dtype is np.uint16:
        photo = replace(photo, pixels=photo.pixels.astype(np.uint16) * 257)
    if kind.holds_alpha:
        photo = replace(photo, alpha=photo.pixels[:, :, 0].copy())
    file = folder / f"照片 {np.dtype(dtype).name}{kind.suffixes[0]}"
    write_photo(photo, file, options=WriteOptions(format=key))
    again = read_photo(file)
    if kind.is_lossy:
        return compared(again, photo, at_least_db=LOSSY_DB)
    same = np.array_equal(again.pixels, photo.pixels)
    if photo.alpha is not None:
        same = same and again.alpha is not None and np.array_equal(again.alpha, photo.alpha)
    if not same:
        raise SelfTestError("other pixels than were written")
    return "the same pixels"


def check_reading(suffix: str, folder: Path) -> str:
    """Read a format that is not written; Pillow writes it."""
    photo = crop()
    file = folder / f"read{suffix}"
    Image.fromarray(photo.pixels).save(file)
    return compared(read_photo(file), photo, at_least_db=LOSSY_DB)


def check_model(card: ModelCard, device: Device) -> str:
    """Reduce the crop and enlarge it again with a model."""
    photo = crop()
    side = CROP_PX // card.scale
    small = cv2.resize(photo.pixels, (side, side), interpolation=cv2.INTER_AREA)
    mode = next(mode for mode in MODES if mode.fits(card))
    params = {"scale": card.scale} if card.scale > 1 else {}
    restored = restore(Photo(np.asarray(small, np.uint8)), mode, params, card, device)
    return compared(restored, photo, at_least_db=MODEL_DB)


def check_prior(device: Device) -> str:
    """Let a network begin to draw the crop from one with noise."""
    photo = crop()
    noise = np.random.default_rng(0).normal(0, SIGMA_255, photo.pixels.shape)
    noisy = np.clip(photo.pixels + noise, 0, 255).astype(np.uint8)
    mode = next(mode for mode in MODES if mode.id == "denoise")
    restored = restore(Photo(noisy), mode, {"iterations": ITERATIONS}, None, device)
    return compared(restored, photo, at_least_db=PRIOR_DB)


def restore(
    photo: Photo, mode: Mode, params: Mapping[str, object], card: ModelCard | None, device: Device
) -> Photo:
    """Return a restored photo."""
    step = Step(mode, params, card, Compute(device.name, "fp32", "auto", 0))
    return mode.restore(photo, step, RunContext.quiet()).photo


def compared(photo: Photo, original: Photo, *, at_least_db: float) -> str:
    """Return the PSNR of a photo of the same size and depth.

    Raises:
        SelfTestError: It is lower than at_least_db.
    """
    if photo.pixels.shape != original.pixels.shape:
        raise SelfTestError(f"{photo.width} x {photo.height} instead of {original.width}")
    difference = photo.pixels.astype(np.float64) - original.pixels
    mse = max(float(np.mean(difference**2)), 1e-9)
    psnr_db = 10 * np.log10(original.max_value**2 / mse)
    if psnr_db < at_least_db:
        raise SelfTestError(f"{psnr_db:.1f} dB, expected {at_least_db:.0f} dB or more")
    return "the same pixels" if mse == 1e-9 else f"{psnr_db:.1f} dB"


def check_licenses() -> str:
    """Find the licences that the About box shows."""
    return f"{len(licenses.read_licenses().splitlines())} lines"


def check_window() -> str:
    """Open the sample picture in the window, in Chinese; off the screen if there is none."""
    from PySide6.QtWidgets import QApplication

    from restorer import app
    from restorer.gui.document import State

    if not app.has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    shell = app.Shell(qt, Settings(language="zh_CN"))
    shell.open_window()
    try:
        shell.window.open_sample()
        end = time.monotonic() + WINDOW_TIMEOUT_S
        while shell.window.document.state is not State.READY:
            if time.monotonic() > end:
                raise SelfTestError("the sample picture does not open")
            qt.processEvents()
            time.sleep(0.01)
        if not shell.window.actions_by_name["open"].text().startswith("打开"):
            raise SelfTestError("the translation is missing")
        shown = shell.window.grab()
        return f"{qt.platformName()}, {shown.width()} x {shown.height()}"
    finally:
        shell.runner.shut_down()
        shell.window.hide()
