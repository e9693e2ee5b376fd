"""start.py: what it decides. That the set-up works is seen by doing it, in a bare system."""

import ast
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

import start


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of its own, on a Linux machine without a card."""
    for name in ("pyproject.toml", "start.py"):
        (tmp_path / name).write_text(f"contents of {name}")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(start, "LOCK", tmp_path / ".venv.lock")
    monkeypatch.setattr(start, "UNFINISHED", tmp_path / ".venv.unfinished")
    monkeypatch.setattr(start, "torch_variant", lambda: "cpu")
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(start, "say", lines.append)
    return lines


def test_an_old_python_can_read_the_file():
    ast.parse(Path(start.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


# What is asked for


@pytest.mark.parametrize("line", ["", "photo.jpg", "photo.jpg upscale", "~/upscale"])
def test_photos_or_nothing_open_the_window(line):
    assert start.opens_window(line.split())


@pytest.mark.parametrize("line", ["upscale a.jpg -o b.jpg", "models", "--version", "-h"])
def test_commands_and_options_open_no_window(line):
    assert not start.opens_window(line.split())


def test_every_command_of_the_program_is_known():
    from restorer import cli

    assert set(cli.COMMANDS) <= set(start.COMMANDS)


def test_a_window_without_a_display_is_refused_before_anything_is_done(checkout, said, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(start, "prepare", lambda *_, **__: pytest.fail("set up"))
    assert start.main(["photo.jpg"]) == 2
    assert any("python3 start.py upscale PHOTO -o OUT" in line for line in said)


# Which PyTorch


def test_linux_without_a_card_never_takes_the_cuda_build_first():
    first, second, last = start.torch_choices("cpu", "linux").values()
    assert first == ["torch==2.13.0+cpu"]
    assert second == [*first, "--index-url", "https://download.pytorch.org/whl/cpu"]
    assert last == ["torch===2.13.0"]


def test_linux_with_a_card_takes_only_the_cuda_build():
    # Plain "==" would be content with an installed 2.13.0+cpu.
    assert list(start.torch_choices("cuda", "linux").values()) == [["torch===2.13.0"]]


def test_windows_with_a_card_takes_the_cuda_build_and_else_the_plain_one():
    first, last = start.torch_choices("cuda", "win32").values()
    assert first[0].startswith("torch==2.13.0+cu")
    assert first[1] == "--index-url"
    assert last == ["torch===2.13.0"]


@pytest.mark.parametrize(("variant", "platform"), [("mac", "darwin"), ("cpu", "win32")])
def test_elsewhere_the_plain_package_is_the_right_one(variant, platform):
    assert list(start.torch_choices(variant, platform).values()) == [["torch===2.13.0"]]


@pytest.mark.parametrize(
    ("answer", "variant"),
    [
        ("GPU 0: NVIDIA GeForce RTX 3060 (UUID: ...)", "cuda"),
        ("No devices found.", "cpu"),
        ("", "cpu"),
    ],
)
def test_a_card_counts_only_if_the_driver_sees_it(answer, variant, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(start, "output_of", lambda _: answer)
    assert start.torch_variant.__wrapped__() == variant


def test_the_next_choice_is_tried_only_if_a_package_is_not_to_be_had(said, monkeypatch):
    tried = []

    def fail(*arguments):
        tried.append(arguments)
        missing = "ERROR: No matching distribution found for torch"
        raise start.SetupError(missing if len(tried) == 1 else "No space left on device")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(start, "torch_variant", lambda: "cpu")
    monkeypatch.setattr(start, "install", fail)
    with pytest.raises(start.SetupError, match="No space left"):
        start.install_torch()
    assert len(tried) == 2


# Whether there is anything to do


def ready(checkout, variant):
    (checkout / ".venv" / "ready-program").write_text(start.stamp(variant))


def test_an_environment_made_for_this_checkout_is_ready(checkout):
    assert not start.is_ready("program")
    ready(checkout, "cpu")
    assert start.is_ready("program")
    assert not start.is_ready("test")


@pytest.mark.parametrize("name", ["pyproject.toml", "start.py"])
def test_a_changed_file_calls_for_a_new_set_up(checkout, name):
    ready(checkout, "cpu")
    (checkout / name).write_text("changed")
    assert not start.is_ready("program")


def test_another_python_calls_for_a_new_set_up(checkout, monkeypatch):
    ready(checkout, "cpu")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert not start.is_ready("program")


def test_a_moved_checkout_calls_for_a_new_set_up(checkout, monkeypatch):
    before = start.stamp("cpu")
    monkeypatch.setattr(start, "ROOT", checkout / ".venv" / "..")
    assert start.stamp("cpu") != before


def test_a_card_added_later_calls_for_a_new_set_up(checkout, monkeypatch):
    ready(checkout, "cpu")
    monkeypatch.setattr(start, "torch_variant", lambda: "cuda")
    assert not start.is_ready("program")


def test_a_card_taken_out_does_not(checkout):
    ready(checkout, "cuda")
    assert start.is_ready("program")


def test_a_set_up_installs_once_and_leaves_both_ready(checkout, said, monkeypatch):
    installed = []
    monkeypatch.setattr(start, "provide", lambda *_, **__: None)
    monkeypatch.setattr(start, "make_environment", lambda: None)
    monkeypatch.setattr(start, "install", lambda *arguments: installed.append(arguments))
    start.prepare("test")
    start.prepare("test")
    start.prepare()
    assert installed == [("torch==2.13.0+cpu",), ("--editable", f"{checkout}[test]")]


def test_a_failed_set_up_is_not_taken_for_ready(checkout, said, monkeypatch):
    ready(checkout, "cpu")
    (checkout / "pyproject.toml").write_text("changed")
    monkeypatch.setattr(start, "provide", lambda *_, **__: None)
    monkeypatch.setattr(start, "make_environment", lambda: None)
    monkeypatch.setattr(start, "install", Mock(side_effect=start.SetupError("no")))
    with pytest.raises(start.SetupError):
        start.prepare()
    assert not list((checkout / ".venv").iterdir())


# Interrupted, and two at a time


def test_a_killed_command_leaves_a_mark_and_an_orderly_failure_none(checkout, monkeypatch):
    def end_with(error):
        monkeypatch.setattr(start, "run_quietly", Mock(side_effect=error))
        with pytest.raises(type(error)):
            start.install("torch")
        return start.UNFINISHED.exists()

    assert end_with(KeyboardInterrupt())
    assert not end_with(start.SetupError("no network"))


def test_an_unfinished_environment_is_made_anew(checkout, said, monkeypatch):
    commands = []
    version = "{}.{}".format(*sys.version_info)
    monkeypatch.setattr(start, "output_of", lambda _: version)
    monkeypatch.setattr(start, "run_quietly", lambda command, *_, **__: commands.append(command))
    start.make_environment()
    assert not commands
    start.UNFINISHED.touch()
    start.make_environment()
    assert "--clear" in commands[0]
    assert not start.UNFINISHED.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="locks of one process exclude each other here")
def test_a_second_start_does_not_get_the_lock(checkout):
    with start.only_one_start(), start.LOCK.open("w") as other:
        assert not start.try_to_lock(other)
    with start.LOCK.open("w") as other:
        assert start.try_to_lock(other)


# What the system lacks


@pytest.fixture
def bare(monkeypatch):
    """Let only the names in the returned set be there; nothing may be installed."""
    there = set()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(start, "is_there", there.__contains__)
    monkeypatch.setattr(start, "may_install", lambda: False)
    monkeypatch.setattr(start.shutil, "which", lambda name: name if name == "apt" else None)
    return there


def test_only_what_is_missing_is_named(bare):
    bare.update(set(start.QT_LIBRARIES) - {"libEGL.so.1"})
    with pytest.raises(start.SetupError, match=r"sudo apt install libegl1$"):
        start.provide(start.QT_LIBRARIES)


def test_what_is_merely_useful_is_asked_for_and_done_without(bare, said):
    start.provide({}, useful=start.TEST_PROGRAMS)
    assert said[0].endswith("sudo apt install xvfb xauth xdotool")


def test_nothing_is_said_when_all_is_there(bare, said):
    bare.update(start.QT_LIBRARIES)
    start.provide(start.QT_LIBRARIES)
    assert not said


def test_where_it_is_allowed_exactly_the_missing_packages_are_installed(bare, said, monkeypatch):
    commands = []

    def install(command, *_, **__):
        commands.append(command)
        bare.update(start.X_LIBRARIES)

    bare.update(set(start.X_LIBRARIES) - {"libxcb-cursor.so.0"})
    monkeypatch.setattr(start, "may_install", lambda: True)
    monkeypatch.setattr(start, "is_root", lambda: False)
    monkeypatch.setattr(start, "output_of", lambda *_, **__: "")
    monkeypatch.setattr(start, "run_quietly", install)
    start.provide(start.X_LIBRARIES)
    assert commands[0][0] == "sudo"
    assert commands[0][-1] == "libxcb-cursor0"
    assert "libxcb-shape0" not in commands[0]


def test_fedora_is_told_what_is_in_the_packages(bare, monkeypatch):
    monkeypatch.setattr(start.shutil, "which", lambda name: name if name == "dnf" else None)
    line = start.how_to_install({"libEGL.so.1": "libegl1", "Xvfb": "xvfb"})
    assert line.endswith("sudo dnf install 'libEGL.so.1()(64bit)' /usr/bin/Xvfb")


def test_other_systems_have_nothing_to_install(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert start.missing(start.QT_LIBRARIES) == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sonames are Linux's")
def test_a_library_is_there_if_it_loads():
    assert start.is_there("libc.so.6")
    assert not start.is_there("libnone.so.9")


# Failures


def test_a_failed_command_gives_its_last_lines_and_the_advice():
    script = "import sys; print('first', flush=True); print('last', file=sys.stderr); sys.exit(3)"
    with pytest.raises(start.SetupError, match=r"last\nMend it\.$"):
        start.run_quietly([sys.executable, "-c", script], "Mend it.")


@pytest.mark.parametrize(
    ("error", "status"),
    [(start.SetupError("No network."), 1), (OSError("disk"), 1), (KeyboardInterrupt(), 130)],
)
def test_no_failure_shows_a_traceback(error, status, said, monkeypatch):
    monkeypatch.setattr(start, "prepare", Mock(side_effect=error))
    assert start.main(["--version"]) == status
    assert said


def test_output_of_something_that_is_not_there_is_empty():
    assert start.output_of(["no-such-program"]) == ""
