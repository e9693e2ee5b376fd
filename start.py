#!/usr/bin/env python3
"""Sets Restorer up on this machine and runs it; a set-up that is still good is kept.

    python3 start.py [PHOTO ...]               the window, with the photos in its queue
    python3 start.py upscale PHOTO -o OUT      the command line
    python3 start.py --test [PYTEST OPTION ...]    all checks of the code, then all tests

Standard library only. Python 3.6 must be able to read this file far enough to be turned away.
"""

import collections
import contextlib
import ctypes
import functools
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

if sys.version_info < (3, 11):
    sys.exit(
        "Restorer needs Python 3.11 or newer; this is {}.{}.\n"
        "Install one (https://www.python.org/downloads/) and start with it, for example:\n"
        "    python3.11 start.py".format(*sys.version_info)
    )

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
ENVIRONMENT_PYTHON = str(ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
LOCK = ROOT / ".venv.lock"
UNFINISHED = ROOT / ".venv.unfinished"

# First words of a command line that opens no window; restorer/cli.py has the command line itself.
COMMANDS = ("upscale", "denoise", "clean", "repair", "models", "devices", "reproduce")

TORCH = "2.13.0"
TORCH_INDEX = "https://download.pytorch.org/whl/"

# What is needed of a Linux system (a library, a program, a module): its package on Debian.
# libglib2.0-0 is also what Debian 13 and Ubuntu 24.04 call libglib2.0-0t64.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
X_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}
PYTHON_PARTS = {"ensurepip": "python{}.{}-venv".format(*sys.version_info)}


class SetupError(Exception):
    """What keeps the program from starting; str() is for the user."""


def main(arguments: list[str]) -> int:
    """Set up what the arguments need, run it and return the exit status."""
    try:
        if arguments[:1] == ["--test"]:
            prepare("test", required=QT_LIBRARIES, useful=X_LIBRARIES | TEST_PROGRAMS)
            return run_checks(arguments[1:])
        if opens_window(arguments) and sys.platform.startswith("linux"):
            wayland = os.environ.get("WAYLAND_DISPLAY")
            if not wayland and not os.environ.get("DISPLAY"):
                say("There is no display to open a window on. Without one, photos are restored by:")
                say("    python3 start.py upscale PHOTO -o OUT")
                return 2
            prepare(required=QT_LIBRARIES | ({} if wayland else X_LIBRARIES), useful=X_LIBRARIES)
        else:
            prepare()
        return run_program(arguments)
    except SetupError as error:
        say(str(error))
    except OSError as error:
        say(f"Setting Restorer up failed: {error}")
    except KeyboardInterrupt:
        say("Stopped. The next start will set up what is still missing.")
        return 130
    return 1


def opens_window(arguments: Sequence[str]) -> bool:
    """Return whether these arguments of the program are photos, or none."""
    return not arguments or not (arguments[0] in COMMANDS or arguments[0].startswith("-"))


def run_program(arguments: Sequence[str]) -> int:
    """Become the program; only on Windows does this return, with the exit status."""
    # -P: the folder the user is in may hold a random.py that is not for us to import.
    command = [ENVIRONMENT_PYTHON, "-P", "-m", "restorer", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    # On Windows exec would give the terminal back at once. Ctrl+C is for the program alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command)


def run_checks(pytest_options: Sequence[str]) -> int:
    """Run every check even if one fails, pytest last, and return the exit status."""
    checks = {
        "ruff check": ["-m", "ruff", "check"],
        "ruff format": ["-m", "ruff", "format", "--check"],
        "lint-imports": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
        "mypy": ["-m", "mypy"],
        "pytest": ["-m", "pytest", *pytest_options],
    }
    failed = []
    for name, command in checks.items():
        say(f"--- {name}")
        if subprocess.call([ENVIRONMENT_PYTHON, *command], cwd=ROOT) != 0:
            failed.append(name)
    if failed:
        say("Failed: " + ", ".join(failed))
    return 1 if failed else 0


def prepare(
    extra: str = "program",
    *,
    required: dict[str, str] | None = None,
    useful: dict[str, str] | None = None,
) -> None:
    """Leave .venv ready for use.

    Args:
        extra: "program", or the optional dependencies of pyproject.toml to install with it.
        required: What the system must have.
        useful: What the system should have, but can be without.

    Raises:
        SetupError: Something required could not be installed.
    """
    required, useful = required or {}, useful or {}
    if is_ready(extra) and not missing(required | useful):
        return
    with only_one_start():
        provide(required, useful=useful)
        if is_ready(extra):
            return
        provide(PYTHON_PARTS)
        for ready in ENVIRONMENT.glob("ready-*"):
            ready.unlink()
        make_environment()
        install_torch()
        say("Installing the other libraries (about 250 MB).")
        install("--editable", str(ROOT) if extra == "program" else f"{ROOT}[{extra}]")
        for name in {"program", extra}:
            (ENVIRONMENT / f"ready-{name}").write_text(stamp(torch_variant()), encoding="utf-8")
        hint_at_fonts()


def is_ready(extra: str) -> bool:
    """Return whether .venv was made by this start.py for this checkout and this machine."""
    try:
        made_for = (ENVIRONMENT / f"ready-{extra}").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    # With CUDA there is no need to ask for the card: that build runs without one too.
    return made_for == stamp("cuda") or made_for == stamp(torch_variant())


def stamp(variant: str) -> str:
    """Return a digest of all that .venv depends on; it does not survive being moved, either."""
    digest = hashlib.sha256(repr((sys.version_info[:2], variant, str(ROOT))).encode())
    for name in ("pyproject.toml", "start.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def only_one_start() -> Iterator[None]:
    """Wait until no other start is setting up this checkout, then keep others waiting."""
    with LOCK.open("w") as file:
        # pip inherits it: should this process be killed, nobody disturbs the pip it leaves behind.
        os.set_inheritable(file.fileno(), True)
        if not try_to_lock(file):
            say("Another start is setting Restorer up; waiting for it.")
            while not try_to_lock(file):
                time.sleep(0.5)
        yield


def try_to_lock(file: IO[str]) -> bool:
    """Lock a file until it is closed, unless another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def change_environment(command: Sequence[str], advice: str) -> None:
    """Run a command that changes .venv; a mark tells the next start if this one is killed."""
    UNFINISHED.touch()
    try:
        run_quietly(command, advice, close_fds=False)
    except SetupError:
        UNFINISHED.unlink()  # It gave up in good order: what is there can be built upon.
        raise
    UNFINISHED.unlink()


def make_environment() -> None:
    """Make .venv, unless there is a sound one for this Python."""
    version = "{}.{}".format(*sys.version_info)
    question = "import pip, sys; print('{}.{}'.format(*sys.version_info))"
    is_sound = output_of([ENVIRONMENT_PYTHON, "-c", question]).strip() == version
    if is_sound and not UNFINISHED.exists():
        return
    say("Setting up Restorer in .venv, once.")
    # Not sys.executable: started by .venv's own Python, that is about to be deleted.
    python = getattr(sys, "_base_executable", sys.executable)
    change_environment(
        [python, "-m", "venv", "--clear", str(ENVIRONMENT)], f"{python} made no .venv."
    )


def install(*arguments: str) -> None:
    """Run pip install in .venv."""
    pip = [ENVIRONMENT_PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    change_environment(
        [*pip, *arguments],
        "The installation failed. It needs a connection to the internet (behind a proxy, set\n"
        "HTTPS_PROXY=http://HOST:PORT first) and room on the disk, also for temporary files\n"
        "(TMPDIR names their folder). What is installed already is kept for the next start.",
    )


@functools.cache
def torch_variant() -> str:
    """Return which build of PyTorch suits this machine: mac, cuda or cpu."""
    if sys.platform == "darwin":
        return "mac"
    # That nvidia-smi exists says little: it stays when the card or its driver has gone.
    has_card = shutil.which("nvidia-smi") and "GPU " in output_of(["nvidia-smi", "-L"])
    return "cuda" if has_card else "cpu"


def torch_choices(variant: str, platform: str) -> dict[str, list[str]]:
    """Return pip's arguments to try in turn, by what they bring.

    Three equals signs take a package marked "+cpu" neither from the net nor as installed already.
    """
    plain = [f"torch==={TORCH}"]
    cpu = [f"torch=={TORCH}+cpu"]
    if variant == "cuda" and platform == "win32":
        cuda = [f"torch=={TORCH}+cu130", "--index-url", TORCH_INDEX + "cu130"]
        return {
            "PyTorch for NVIDIA cards (about 2 GB)": cuda,
            "PyTorch without CUDA, as the one with it is not to be had (about 120 MB)": plain,
        }
    if variant == "cuda":
        return {"PyTorch for NVIDIA cards (about 3 GB)": plain}
    if variant == "mac" or platform == "win32":
        return {"PyTorch (about 120 MB)": plain}
    return {  # PyPI's own package for Linux is the CUDA build.
        "PyTorch (about 190 MB)": cpu,
        "PyTorch from its makers' index (about 190 MB)": [*cpu, "--index-url", TORCH_INDEX + "cpu"],
        "PyTorch with CUDA, as the smaller one is not to be had (about 3 GB)": plain,
    }


def install_torch() -> None:
    """Install the first of the choices that is to be had."""
    choices = torch_choices(torch_variant(), sys.platform)
    for title, arguments in choices.items():
        say(f"Installing {title}.")
        try:
            return install(*arguments)
        except SetupError as error:
            is_last = arguments == [*choices.values()][-1]
            if is_last or "No matching distribution" not in str(error):
                raise


def provide(required: dict[str, str], *, useful: dict[str, str] | None = None) -> None:
    """Install what the system lacks where that is allowed, else say how it is done.

    Raises:
        SetupError: Something required is still missing.
    """
    wanted = required | (useful or {})
    if missing(wanted) and may_install():
        packages = missing(wanted).values()
        say("Installing packages of the system: " + " ".join(packages))
        apt = [] if is_root() else ["sudo"]
        apt += ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
        try:
            output_of([*apt, "update"], timeout_s=600)
            run_quietly([*apt, "install", "-y", "--no-install-recommends", *packages], "")
        except SetupError as error:
            say(str(error))
    lacking = missing(wanted)
    if lacking:
        advice = f"This system lacks {', '.join(lacking)}. {how_to_install(lacking)}"
        if missing(required):
            raise SetupError(advice)
        say(advice)


def missing(needs: dict[str, str]) -> dict[str, str]:
    """Return those of the needs that this machine lacks."""
    if not sys.platform.startswith("linux"):
        return {}
    return {name: package for name, package in needs.items() if not is_there(name)}


def is_there(name: str) -> bool:
    """Return whether a library loads, a program is on the path or a module can be imported."""
    if name in PYTHON_PARTS:
        return importlib.util.find_spec(name) is not None
    if ".so." not in name:
        return shutil.which(name) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def is_root() -> bool:
    """Return whether this is Linux's or macOS's administrator."""
    return sys.platform != "win32" and os.geteuid() == 0


def may_install() -> bool:
    """Return whether packages may be installed: as root, or by a sudo that can ask if it must."""
    if not shutil.which("apt-get"):
        return False
    if is_root():
        return True
    if not shutil.which("sudo"):
        return False
    return sys.stdin.isatty() or bool(output_of(["sudo", "-n", "echo", "allowed"]))


def how_to_install(lacking: dict[str, str]) -> str:
    """Return the line that installs what is lacking, on systems whose line we know."""
    # Packages of the RPM world are found by what is in them.
    inside = [f"'{name}()(64bit)'" if ".so." in name else f"/usr/bin/{name}" for name in lacking]
    for tool, names in {"apt": lacking.values(), "dnf": inside, "zypper": inside}.items():
        if shutil.which(tool):
            return f"To install it:\n    sudo {tool} install {' '.join(names)}"
    return "Please install it and start again."


def hint_at_fonts() -> None:
    """Say which package has Chinese letters, to those who read them and have none."""
    names = (os.environ.get(key) for key in ("LC_ALL", "LC_MESSAGES", "LANG"))
    if not next(filter(None, names), "").startswith("zh") or not shutil.which("fc-list"):
        return
    if not output_of(["fc-list", ":lang=zh"]):
        say("Chinese text needs a font, for example: sudo apt install fonts-noto-cjk (93 MB)")


def say(message: str) -> None:
    """Print for people: standard output belongs to the program."""
    print(message, file=sys.stderr, flush=True)


def output_of(command: Sequence[str], *, timeout_s: float = 30) -> str:
    """Return what a command prints, or nothing if it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=timeout_s
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def run_quietly(command: Sequence[str], advice: str, *, close_fds: bool = True) -> None:
    """Run a command, on a terminal with its latest line in view.

    Raises:
        SetupError: It failed; the text is its last lines and the advice.
    """
    last_lines = collections.deque[str](maxlen=4)
    width = shutil.get_terminal_size().columns - 1 if sys.stderr.isatty() else 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=close_fds,
    ) as process:
        for line in process.stdout or ():
            last_lines.append(line.rstrip())
            if width:
                print(f"\r{line.strip():{width}.{width}}", end="", file=sys.stderr, flush=True)
    if width:
        print(f"\r{'':{width}}", end="\r", file=sys.stderr, flush=True)
    if process.returncode != 0:
        raise SetupError("\n".join([*last_lines, advice]).strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
