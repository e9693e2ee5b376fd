"""Brings the translations up to date: python resources/i18n/update.py.

Collects every string of the program into the .ts files and compiles these to .qm. What is then
marked unfinished is to be translated, in the .ts file or with Qt Linguist.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PACKAGE = FOLDER.parent.parent / "restorer"
LANGUAGES = ("en", "zh_CN")


def main() -> None:
    """Update all languages."""
    for language in LANGUAGES:
        update(FOLDER / f"restorer_{language}.ts", language)


def update(ts: Path, language: str) -> None:
    """Collect the strings into ts and compile it, next to it."""
    tools = Path(sys.executable).parent
    sources = [str(path) for path in sorted(PACKAGE.rglob("*.py")) if "training" not in path.parts]
    collect = ["-tr-function-alias", "QT_TRANSLATE_NOOP+=mark", "-no-obsolete", "-silent"]
    collect += ["-locations", "none", "-source-language", "en", "-target-language", language]
    if language == "en":
        collect.append("-pluralonly")  # English needs no more than its plurals
    subprocess.run([tools / "pyside6-lupdate", *collect, *sources, "-ts", ts], check=True)
    compiled = ts.with_suffix(".qm")
    subprocess.run([tools / "pyside6-lrelease", "-silent", ts, "-qm", compiled], check=True)


if __name__ == "__main__":
    main()
