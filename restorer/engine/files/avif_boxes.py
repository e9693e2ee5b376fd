"""Metadata in an AVIF file, put there byte for byte, and colours that it states as numbers.

libvips rebuilds an EXIF block from the tags it knows, which loses the others. So the file is
encoded with a placeholder; the true data goes to the end of the file, and the table of items is
made to point there (ISO/IEC 14496-12, sections 8.11.3 and 8.11.6).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping


def with_items(data: bytes, contents: Mapping[bytes, bytes]) -> bytes:
    """Return an AVIF file whose items of some types hold something else.

    Args:
        data: The file.
        contents: By the type of the item, for example b"Exif"; each must be in the file, once.

    Raises:
        ValueError: One is not, or the table of items is of a form that libheif does not write.
    """
    begin, end = next(_boxes(data, b"meta", 0, len(data)))
    begin += 4  # version and flags
    item_types = dict(_item_types(data, *next(_boxes(data, b"iinf", begin, end))))
    patched = bytearray(data)
    more = b""
    for item, base, extent in _places(data, *next(_boxes(data, b"iloc", begin, end))):
        content = contents.get(item_types.get(item, b""))
        if content is not None:
            patched[base] = bytes(base.stop - base.start)
            struct.pack_into(">II", patched, extent, len(data) + 8 + len(more), len(content))
            more += content
    if len(more) != sum(map(len, contents.values())):
        raise ValueError("an item is missing")
    return bytes(patched) + struct.pack(">I4s", 8 + len(more), b"mdat") + more


def colour_code(data: bytes) -> tuple[int, int] | None:
    """Return what an AVIF file states as numbers (ISO/IEC 14496-12, section 12.1.5).

    Returns:
        ColourPrimaries and TransferCharacteristics of ITU-T H.273, None if it states none.
    """
    places = [(0, len(data))]
    for kind, skipped in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0), (b"colr", 0)):
        inner = [_boxes(data, kind, *place) for place in places]
        places = [(begin + skipped, end) for boxes in inner for begin, end in boxes]
    for begin, end in places:
        if data[begin : begin + 4] == b"nclx" and begin + 8 <= end <= len(data):
            primaries, transfer = struct.unpack_from(">HH", data, begin + 4)
            return primaries, transfer
    return None


def _boxes(data: bytes, kind: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of what is in each box of a kind."""
    while begin + 8 <= end:
        length, found = struct.unpack_from(">I4s", data, begin)
        if length < 8:
            break  # a size of 64 bit, or the rest of the file: only of pixels
        if found == kind:
            yield begin + 8, begin + length
        begin += length


def _item_types(data: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield the id and type of each item."""
    wide_count = data[begin] > 0
    for at, _ in _boxes(data, b"infe", begin + (8 if wide_count else 6), end):
        if data[at] == 2:
            yield struct.unpack_from(">H2x4s", data, at + 4)
        elif data[at] == 3:
            yield struct.unpack_from(">I2x4s", data, at + 4)


def _places(data: bytes, at: int, end: int) -> Iterator[tuple[int, slice, int]]:
    """Yield the id of each item, the bytes of its base, and where its offset and length stand."""
    version, sizes, base_size = data[at], data[at + 4], data[at + 5] >> 4
    if version > 2 or sizes != 0x44 or data[at + 5] & 15:
        raise ValueError("an unusual table of items")
    id_size, id_kind = (4, ">I") if version == 2 else (2, ">H")
    (count,) = struct.unpack_from(id_kind, data, at + 6)
    at += 6 + id_size
    for _ in range(count):
        (item,) = struct.unpack_from(id_kind, data, at)
        at += id_size + (2 if version else 0) + 2  # id, method, which file
        base = slice(at, at + base_size)
        (extents,) = struct.unpack_from(">H", data, base.stop)
        at = base.stop + 2
        if extents == 1:
            yield item, base, at
        at += 8 * extents
        if at > end:
            raise ValueError("a table of items that is cut off")
