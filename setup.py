"""Puts models/ and resources/ into the wheel, inside the package; all else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SOURCES = shutil.ignore_patterns("*.py", "*.ts", "__pycache__")  # what resources are made from


class BuildWithData(build_py):
    """Copies the package, then the folders that lie beside it in the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for folder in ("models", "resources"):
                target = Path(self.build_lib, "restorer", folder)
                shutil.copytree(folder, target, dirs_exist_ok=True, ignore=SOURCES)


setup(cmdclass={"build_py": BuildWithData})
