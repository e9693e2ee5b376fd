"""How strongly a JPEG file was compressed, as its header says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def quantization(path: Path | None) -> float:
    """Return the mean step to which a JPEG's brightness was rounded, of 255.

    The standard tables have 58 at quality 50, 29 at 75, 12 at 90. 0 for everything that is no JPEG
    or cannot be read.
    """
    if path is None:
        return 0.0
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            tables = getattr(image, "quantization", {})
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0.0
    return float(np.mean(tables[0])) if tables.get(0) else 0.0
