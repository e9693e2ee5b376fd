"""XMP of more than a JPEG segment holds: split in two for the file, and put together again.

XMP Specification part 3, 2020, section 1.1.3.1: what does not fit into the packet is a second one,
in as many segments as it takes, named in the first by its MD5 digest.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from restorer.engine.files.xmp import LIMIT_BYTES, Packet

SEGMENT_BYTES = 65_533  # without its marker and length
NAME, _MORE = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_DIGEST_BYTES = 32
_HEAD_BYTES = len(_MORE) + _DIGEST_BYTES + 8  # with the whole length and the offset


def joined(packet: bytes, segments: Iterable[bytes]) -> bytes:
    """Return a packet with what was split off it.

    Args:
        packet: The one of the first segment.
        segments: The contents of all APP1 segments of the file; foreign ones do not count.

    Raises:
        ValueError: The packet is not XMP, or the rest is missing or damaged.
    """
    main = Packet(packet)
    digest = main.extension
    if digest is None:
        return packet
    parts: dict[int, bytes] = {}
    total = 0
    for segment in segments:
        named = segment[len(_MORE) : len(_MORE) + _DIGEST_BYTES].decode("latin-1").upper()
        if segment.startswith(_MORE) and named == digest.upper() and len(segment) > _HEAD_BYTES:
            total, offset = struct.unpack_from(">II", segment, _HEAD_BYTES - 8)
            parts[offset] = segment[_HEAD_BYTES:]
    more = b"".join(parts[offset] for offset in sorted(parts))
    is_whole = 0 < len(more) == total <= LIMIT_BYTES
    if not is_whole or hashlib.md5(more, usedforsecurity=False).hexdigest() != digest.lower():
        raise ValueError("the extension is missing or damaged")
    main.join(Packet(more))
    return bytes(main)


def jpeg_segments(packet: bytes) -> bytes:
    """Return the APP1 segments that hold a packet, whatever its size.

    Raises:
        ValueError: It is not XMP, or cannot be split.
    """
    if len(packet) <= SEGMENT_BYTES - len(NAME):
        return _segment(NAME + packet)
    # Of what is moved, the name in the first packet takes some bytes again.
    main, more = Packet(packet).split(SEGMENT_BYTES - len(NAME) - 1024)
    digest = hashlib.md5(more, usedforsecurity=False).hexdigest().upper()
    main.extension = digest
    first = bytes(main)
    if len(first) > SEGMENT_BYTES - len(NAME):
        raise ValueError("it cannot be split")
    room = SEGMENT_BYTES - _HEAD_BYTES
    segments = [_segment(NAME + first)]
    for offset in range(0, len(more), room):
        head = _MORE + digest.encode() + struct.pack(">II", len(more), offset)
        segments.append(_segment(head + more[offset : offset + room]))
    return b"".join(segments)


def _segment(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", 2 + len(content)) + content
