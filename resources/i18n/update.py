"""Brings the translations up to date: python resources/i18n/update.py.

Collects every string of the program into the .ts files and compiles these to .qm. What is then
marked unfinished is to be translated, in the .ts file or with Qt Linguist.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from restorer.engine.model_files import read_card

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
PACKAGE = ROOT / "restorer"


def main() -> None:
    """Update all languages; a new one begins as an empty file restorer_CODE.ts."""
    for ts in sorted(FOLDER.glob("*.ts")):
        update(ts, ts.stem.removeprefix("restorer_"))


def update(ts: Path, language: str) -> None:
    """Collect the strings into ts and compile it, next to it."""
    tools = Path(sys.executable).parent
    sources = [str(path) for path in sorted(PACKAGE.rglob("*.py")) if "training" not in path.parts]
    collect = ["-tr-function-alias", "QT_TRANSLATE_NOOP+=mark", "-no-obsolete", "-silent"]
    collect += ["-locations", "none", "-source-language", "en", "-target-language", language]
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "models.py"
        words.write_text(model_words(), encoding="utf-8")
        sources.append(str(words))
        subprocess.run([tools / "pyside6-lupdate", *collect, *sources, "-ts", ts], check=True)
    compiled = ts.with_suffix(".qm")
    subprocess.run([tools / "pyside6-lrelease", "-silent", ts, "-qm", compiled], check=True)


def model_words() -> str:
    """Return code that marks what the cards of our models say to people."""
    cards = [read_card(path) for path in sorted((ROOT / "models").glob("*.safetensors"))]
    words = sorted({text for card in cards for text in (card.title, card.description)})
    return "".join(f"mark('models', {text!r})\n" for text in words)


if __name__ == "__main__":
    main()
