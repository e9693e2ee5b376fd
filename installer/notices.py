"""Writes the licences of everything in the packaged program into one file; used by build.spec."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from restorer.licenses import Library, compose, library


def write_notices(target: Path, *, modules: Iterable[str], binaries: Iterable[Path]) -> None:
    """Write the licences of all that the packaged program has inside.

    Args:
        target: The file to write.
        modules: Names of modules, or their paths inside the program.
        binaries: Shared libraries and extension modules, where they come from.

    Raises:
        LookupError: A library of the system has no licence on this machine.
    """
    owners = importlib.metadata.packages_distributions()
    tops = {re.split(r"[./\\]", module, maxsplit=1)[0] for module in modules}
    names = {name for top in tops for name in owners.get(top, ())} - {"restorer"}
    libraries = [library(name) for name in names] + [_python(), _boot_loader()]
    if shutil.which("dpkg-query"):
        libraries += _debian_packages(binaries)
    target.write_text(compose(libraries), encoding="utf-8")


def _python() -> Library:
    folders = (Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix))
    files = [folder / "LICENSE.txt" for folder in folders if (folder / "LICENSE.txt").exists()]
    if not files:
        raise LookupError("Python's LICENSE.txt is not beside its library")
    texts = (files[0].read_text("utf-8"),)
    return Library(f"Python {platform.python_version()}", "PSF-2.0", texts)


def _boot_loader() -> Library:
    """The small program that starts Python; the packager itself stays behind."""
    distribution = importlib.metadata.distribution("pyinstaller")
    text = distribution.read_text("licenses/COPYING.txt") or distribution.read_text("COPYING.txt")
    name = f"PyInstaller's boot loader {distribution.version}"
    return Library(name, "GPL-2.0-or-later with the Bootloader Exception", (text or "",))


def _debian_packages(binaries: Iterable[Path]) -> Iterator[Library]:
    """Yield the packages whose libraries were taken from this system."""
    packages = set()
    for file in {binary.resolve() for binary in binaries}:
        # What is not in /usr came with Python or with pip.
        if not file.is_relative_to("/usr") or file.is_relative_to(sys.prefix):
            continue
        found = ""
        for name in (file, Path("/", *file.parts[2:])):  # /lib is a link to /usr/lib
            done = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
            found = found or done.stdout.split(":", 1)[0]
        if not found:
            raise LookupError(f"{file} belongs to no package: its licence is unknown")
        packages.add(found)
    for package in packages:
        version = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        file = Path("/usr/share/doc", package, "copyright")
        yield Library(f"{package} {version}", "as its text says", (file.read_text("utf-8"),))
