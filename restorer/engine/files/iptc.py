"""IPTC data (IIM, the older captions and keywords) and the Photoshop blocks that carry it.

IIM is a run of records that is kept as it is. JPEG and PNG carry it inside "image resources"
(Adobe Photoshop File Formats Specification, 2019, "Image Resources Section"), TIFF in a tag.
"""

from __future__ import annotations

import struct

_SIGNATURE = b"8BIM"
_IIM = 0x0404
_MARKER = 0x1C  # begins each record of IIM

# One JPEG segment holds 65,533 bytes with its name, and the block here has 12 bytes of its own.
JPEG_BYTES = 65_533 - 14 - 14


def is_iptc(data: bytes | None) -> bool:
    """Say whether data begins like IIM."""
    return bool(data) and len(data or b"") >= 5 and (data or b"")[0] == _MARKER


def from_resources(data: bytes) -> bytes | None:
    """Return the IIM of Photoshop's image resources, None if there is none.

    Raises:
        ValueError: The resources are damaged.
    """
    data = data.removeprefix(b"Photoshop 3.0\0")
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] != _SIGNATURE:
            raise ValueError("an image resource has no signature")
        (kind,) = struct.unpack_from(">H", data, at + 4)
        name_bytes = data[at + 6] + 1
        at += 6 + name_bytes + name_bytes % 2
        if at + 4 > len(data):
            raise ValueError("an image resource ends too early")
        (length,) = struct.unpack_from(">I", data, at)
        at += 4
        if at + length > len(data):
            raise ValueError("an image resource ends too early")
        if kind == _IIM:
            found = data[at : at + length]
            return found if is_iptc(found) else None
        at += length + length % 2
    return None


def resources(iptc: bytes) -> bytes:
    """Return image resources that hold IIM and nothing else."""
    block = _SIGNATURE + struct.pack(">HH", _IIM, 0) + struct.pack(">I", len(iptc)) + iptc
    return block + bytes(len(iptc) % 2)


def jpeg_segment(iptc: bytes) -> bytes:
    """Return the APP13 segment of a JPEG, marker and length included."""
    content = b"Photoshop 3.0\0" + resources(iptc)
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content


def png_text(iptc: bytes) -> bytes:
    """Return the text of PNG's "Raw profile type iptc", as ImageMagick began to write it."""
    block = resources(iptc)
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\niptc\n{len(block):8d}\n{lines}\n".encode()


def from_png_text(text: str) -> bytes | None:
    """Return the IIM of such a text. Raises ValueError if it is damaged."""
    block = bytes.fromhex("".join(text.split("\n")[3:]))
    return block if is_iptc(block) else from_resources(block)
