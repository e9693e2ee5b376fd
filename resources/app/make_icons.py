"""Makes icon.png, icon.ico and icon.icns from icon.svg: python resources/app/make_icons.py."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QImageReader

FOLDER = Path(__file__).parent
SIDE_PX = 1024
ICO_SIDES_PX = (16, 24, 32, 48, 64, 128, 256)


def main() -> None:
    """Make the files."""
    reader = QImageReader(str(FOLDER / "icon.svg"))
    reader.setScaledSize(QSize(SIDE_PX, SIDE_PX))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    reader.read().save(buffer, "PNG")
    large = Image.open(io.BytesIO(buffer.data().data()))
    large.resize((512, 512), Image.Resampling.LANCZOS).save(FOLDER / "icon.png", optimize=True)
    large.save(FOLDER / "icon.ico", sizes=[(side, side) for side in ICO_SIDES_PX])
    large.save(FOLDER / "icon.icns")


if __name__ == "__main__":
    main()
