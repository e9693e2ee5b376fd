"""The packaged program does what the checkout does: RESTORER_FROZEN says where it is.

RESTORER_FROZEN=dist/restorer/restorer pytest tests/e2e/test_frozen.py
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from restorer import __version__, paths

PROGRAM = os.environ.get("RESTORER_FROZEN", "")
SAMPLE = paths.resources_dir() / "sample" / "photo.jpg"

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM, reason="RESTORER_FROZEN does not name a packaged program"),
]


@pytest.fixture
def photo_file(tmp_path):
    path = tmp_path / "old photo é #1 照片.jpg"
    shutil.copy(SAMPLE, path)
    return path


def frozen(*words):
    return subprocess.run(
        [Path(PROGRAM).resolve(), *words], capture_output=True, text=True, timeout=400
    )


def expected(photo_file):
    """What the checkout makes of the photograph."""
    out = photo_file.with_name("expected.jpg")
    words = ["-m", "restorer", "upscale", photo_file, "-o", out]
    subprocess.run([sys.executable, *words], check=True, timeout=400)
    return out


def assert_same(a, b):
    with Image.open(a) as one, Image.open(b) as other:
        assert one.size == other.size
        assert ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def test_it_is_this_version():
    assert frozen("--version").stdout.strip() == f"Restorer {__version__}"


def test_its_self_test_passes():
    done = frozen("--self-test")
    assert done.returncode == 0, done.stdout


def test_training_stayed_behind():
    inside = [path.name for path in (Path(PROGRAM).resolve().parent).rglob("*training*")]
    assert not [name for name in inside if "restorer" in name]


def test_the_command_line_makes_the_same_picture(photo_file, tmp_path):
    out = tmp_path / "out.jpg"
    done = frozen("upscale", photo_file, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "ok"
    assert_same(out, expected(photo_file))


def test_wrong_usage_and_a_missing_display_are_said():
    assert frozen("--nonsense").returncode == 2
    done = subprocess.run(
        ["env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "-u", "QT_QPA_PLATFORM",
         Path(PROGRAM).resolve()],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no display" in done.stderr


@pytest.fixture
def display():
    """An X server of its own."""
    if any(shutil.which(name) is None for name in ("Xvfb", "xdotool")):
        pytest.skip("needs xvfb and xdotool")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    yield f":{server.stdout.readline().strip()}"
    server.terminate()
    server.wait()
    server.stdout.close()


def test_a_photograph_is_opened_restored_and_exported_with_the_keyboard(photo_file, display, home):
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LANGUAGE": "en"}

    def xdotool(*words):
        done = subprocess.run(["xdotool", *words], capture_output=True, text=True, env=environment)
        return done.stdout.strip()

    def wait(condition):
        end = time.monotonic() + 120
        while not (result := condition()):
            assert time.monotonic() < end
            time.sleep(0.1)
        return result

    exported = photo_file.with_name(f"{photo_file.stem}-restored.jpg")
    with subprocess.Popen([Path(PROGRAM).resolve(), photo_file], env=environment) as program:
        try:
            search = ("search", "--onlyvisible", "--name")
            window = wait(lambda: xdotool(*search, "old photo.* - Restorer"))
            xdotool("windowfocus", "--sync", window, "key", "ctrl+r")
            wait(lambda: "*" in xdotool("getwindowname", window))
            xdotool("key", "ctrl+s")
            dialog = wait(lambda: xdotool(*search, "^Export$"))
            xdotool("windowfocus", "--sync", dialog, "key", "Return")
            wait(exported.exists)
        finally:
            program.terminate()
    assert_same(exported, expected(photo_file))
