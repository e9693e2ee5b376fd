"""The libraries the program is made of, and the licences they are under."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from restorer import __version__, paths

FILE_NAME = "LICENSES.txt"  # beside resources/ in an installed program
LICENSE_FILES = r"licen[cs]e|copying|copyright|notice|authors"
GNU_LICENSES = ("LGPL-3.0", "LGPL-2.1", "GPL-3.0")

INTRODUCTION = """\
Restorer {version} is free software under the MIT licence. It is made with the libraries below, each
under its own licence.

Qt, PySide, libvips and libraries inside it, FFmpeg, LibRaw, libheif and libde265 are under the GNU
Lesser General Public License, whose text follows. They are separate shared libraries which the
program loads when it needs them; nothing of them is linked into it. In an installed program they
lie in its folder as ordinary files, and you may put your own build of the same version in their
place: Qt in PySide6 (Qt/lib on Linux and macOS), libvips in pyvips_binary.libs (its Python module
beside it), FFmpeg in opencv_python_headless.libs (cv2 on Windows and macOS), LibRaw in rawpy,
libheif and libde265 in pi_heif.libs. You may also run the program from its source code with any
libraries you like. Their own source code is offered by their projects: https://download.qt.io,
https://www.libvips.org, https://ffmpeg.org, https://www.libraw.org, https://github.com/strukturag.
"""


@dataclass(frozen=True)
class Library:
    """One library.

    Attributes:
        name: With its version.
        license: In short.
        texts: What its licence files say.
    """

    name: str
    license: str
    texts: tuple[str, ...]


def read_licenses() -> str:
    """Return all licences as one text: the file of an installed program, else as found here.

    Raises:
        OSError: A file cannot be read.
    """
    file = paths.program_dir() / FILE_NAME
    return file.read_text("utf-8") if file.exists() else compose(installed_libraries())


def compose(libraries: Iterable[Library]) -> str:
    """Return the libraries in a list, then their licences, equal texts once only."""
    ordered = sorted(set(libraries), key=lambda item: item.name.lower())
    folder = paths.resources_dir() / "licenses"
    owners = {(folder / f"{name}.txt").read_text("utf-8"): [f"GNU {name}"] for name in GNU_LICENSES}
    for item in ordered:
        for text in item.texts:
            owners.setdefault(text, []).append(item.name)
    width = max(len(item.name) for item in ordered)
    lines = [INTRODUCTION.format(version=__version__)]
    lines += [f"{item.name:{width}}  {item.license}".rstrip() for item in ordered]
    for text, names in owners.items():
        lines += ["", "=" * 78, ", ".join(dict.fromkeys(names)), "=" * 78, "", text.strip("\n")]
    return "\n".join(lines) + "\n"


def installed_libraries() -> Iterator[Library]:
    """Yield the Python libraries that this program needs, directly or not, without extras."""
    waiting = [*_needs("restorer"), "pyvips-binary"]  # which is an extra, that of pyvips
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            yield library(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on other systems
        waiting += _needs(name)


def library(name: str) -> Library:
    """Return what an installed distribution says about its licence.

    Raises:
        importlib.metadata.PackageNotFoundError: There is no such distribution.
    """
    distribution = importlib.metadata.distribution(name)
    about = distribution.metadata.json
    name = distribution.name
    in_short = str(about.get("license_expression") or about.get("license") or "as its text says")
    files = [
        Path(str(distribution.locate_file(file)))
        for file in distribution.files or ()
        if ".dist-info" in str(file) and re.search(LICENSE_FILES, file.name, re.IGNORECASE)
    ]
    # What its own files leave out: what is linked into it.
    files.append(paths.resources_dir() / "licenses" / f"{_normal(name)}.txt")
    texts = tuple(file.read_text("utf-8", "replace") for file in files if file.is_file())
    return Library(f"{name} {distribution.version}", in_short.split("\n", 1)[0], texts)


def _needs(name: str) -> list[str]:
    """Return the names of the distributions that a distribution needs, without its extras."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [
        _normal(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        for line in lines
        if "extra ==" not in line
    ]


def _normal(name: str) -> str:
    """Return a distribution's name in the spelling that all its spellings have in common."""
    return re.sub(r"[-_.]+", "-", name).lower()
