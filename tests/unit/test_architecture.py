"""What the layers promise, tried in a fresh interpreter: this one has Qt and torch loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

import restorer

PACKAGE = Path(restorer.__file__).parent
NO_QT = """
import sys
for name in ("PySide6", "shiboken6", "qtpy", "qtawesome"):
    sys.modules[name] = None
"""


def run(code, *words):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_everything_but_the_window_works_where_qt_cannot_be_imported(tiny_model, tmp_path, photo):
    from restorer.engine.files.photo_io import WriteOptions, write_photo

    source, target = tmp_path / "a.png", tmp_path / "b.png"
    write_photo(photo(16, 16), source, options=WriteOptions())
    modules = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "gui" and path.stem not in ("app", "__main__")
    ]
    assert "restorer.cli" in modules
    code = NO_QT + (
        "import importlib\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        "from restorer import cli\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    run(code, "upscale", source, "-o", target, "--model", tiny_model.name, "--device", "cpu")
    assert target.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["restorer.cli", "restorer.modes", "restorer.engine.pipeline"])
def test_torch_waits_until_something_is_computed(name):
    run(f"import sys, {name}; assert 'torch' not in sys.modules")


@pytest.mark.slow
def test_a_card_is_read_without_torch(tiny_model):
    code = "import sys; from restorer.engine.model_files import read_card; from pathlib import Path"
    run(f"{code}; read_card(Path(sys.argv[1])); assert 'torch' not in sys.modules", tiny_model.path)


def test_modules_stay_readable():
    """About 400 lines is where a file is split."""
    long = {
        path.name: lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}
