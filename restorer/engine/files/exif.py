"""EXIF and TIFF tags: read them, and change the few that must stay true.

An EXIF block is a small TIFF file. Camera makers put notes into it whose bytes count from the
start of the block, so a block is changed in place or added to at its end, never rebuilt.
"""

from __future__ import annotations

import io
import logging
import math
import struct
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

import numpy as np

log = logging.getLogger(__name__)

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
EXIF_DIRECTORY, GPS_DIRECTORY, INTEROP_DIRECTORY = 0x8769, 0x8825, 0xA005
SHORT, LONG, RATIONAL, LONG8 = 3, 4, 5, 16

_DIRECTORIES = (EXIF_DIRECTORY, GPS_DIRECTORY, INTEROP_DIRECTORY)
_IMAGE_SIZE = {256: "width", 257: "height"}
_PIXEL_SIZE = {0xA002: "width", 0xA003: "height"}
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x201, 0x202

# Bytes of one value, and of the unit whose byte order matters, by the kind of a tag (TIFF 6.0
# section 2, and the BigTIFF kinds 16 to 18).
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_VALUE_BYTES |= {16: 8, 17: 8, 18: 8, 129: 1}  # BigTIFF; UTF-8 of EXIF 3.0
_UNIT_BYTES = _VALUE_BYTES | {5: 4, 10: 4}
_NUMBERS = {1: "u1", 3: "<u2", 4: "<u4", 5: "<u4", 13: "<u4", 16: "<u8", 18: "<u8"}

# A damaged or hostile file may claim more; the largest real ones are profiles of a few megabytes.
_LIMIT_TAGS = 4096
_LIMIT_BYTES = 64 * 2**20

# What describes the photograph, not how its pixels are stored. These move between a TIFF file and
# an EXIF block; everything else in a TIFF directory stays behind.
_LAYOUT_ONLY = frozenset((ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT))
_DESCRIPTIVE = _LAYOUT_ONLY | {
    *(269, 270, 271, 272, 285, 305, 306, 315, 316),  # document, camera, software, date, artist
    33432,  # copyright
    *(18246, 18249, 40091, 40092, 40093, 40094, 40095),  # rating and comments of Windows
    *(EXIF_DIRECTORY, GPS_DIRECTORY),
}


@dataclass(frozen=True)
class Tag:
    """One value of a directory.

    Attributes:
        kind: TIFF type: 2 text, 3 SHORT, 4 LONG, 5 RATIONAL, 7 bytes, ...
        count: How many values.
        data: The values, little-endian whatever the file was.
    """

    kind: int
    count: int
    data: bytes

    @property
    def numbers(self) -> tuple[float, ...]:
        """The values as numbers; none for text and bytes."""
        if self.kind not in _NUMBERS:
            return ()
        values = np.frombuffer(self.data, _NUMBERS[self.kind]).tolist()
        if self.kind == RATIONAL:
            return tuple(
                a / b if b else math.nan for a, b in zip(values[::2], values[1::2], strict=True)
            )
        return tuple(values)


Tags: TypeAlias = "dict[int, Tag | Tags]"


def short(*values: int) -> Tag:
    """Return a tag of 16-bit numbers."""
    return Tag(SHORT, len(values), struct.pack(f"<{len(values)}H", *values))


def rational(value: float) -> Tag:
    """Return value to four decimals."""
    return Tag(RATIONAL, 1, struct.pack("<II", *_fraction(value)))


def numbers(tags: Tags, tag: int) -> tuple[float, ...]:
    """Return the values of a tag, none if it is not there."""
    found = tags.get(tag)
    return found.numbers if isinstance(found, Tag) else ()


def orientation(tags: Tags) -> int:
    """Return 1 to 8: how the stored pixels must be turned (1: not at all)."""
    (value,) = numbers(tags, ORIENTATION)[:1] or (1,)
    return int(value) if value in range(1, 9) else 1


def resolution(tags: Tags) -> tuple[float, float] | None:
    """Return dots per inch, horizontal and vertical, or None."""
    (unit,) = numbers(tags, RESOLUTION_UNIT)[:1] or (2,)
    per_inch = {2: 1.0, 3: 2.54}.get(int(unit))
    x, y = numbers(tags, X_RESOLUTION)[:1], numbers(tags, Y_RESOLUTION)[:1]
    if per_inch is None or not x or not y:
        return None
    dpi = (round(x[0] * per_inch, 2), round(y[0] * per_inch, 2))
    return dpi if all(math.isfinite(value) and value > 0 for value in dpi) else None


def read_tags(file: BinaryIO, *, strict: bool) -> Tags:
    """Read the first directory of a TIFF file or EXIF block; EXIF and GPS become inner Tags.

    Args:
        file: Read from its start.
        strict: A value outside the file is an error, not left out.

    Raises:
        ValueError: There is no directory to read.
    """
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        raise ValueError("no TIFF header")
    (version,) = struct.unpack_from(order + "H", head, 2)
    if version == 43 and len(head) == 16:
        (offset,) = struct.unpack_from(order + "Q", head, 8)
        return _read_directory(file, offset, order=order, big=True, strict=strict)
    if version == 42:
        (offset,) = struct.unpack_from(order + "I", head, 4)
        return _read_directory(file, offset, order=order, big=False, strict=strict)
    raise ValueError(f"TIFF version {version}")


def _read_directory(
    file: BinaryIO, offset: int, *, order: str, big: bool, strict: bool, depth: int = 0
) -> Tags:
    word, entry_bytes = ("Q", 20) if big else ("I", 12)
    count_bytes = _read_at(file, offset, 8 if big else 2)
    (count,) = struct.unpack(order + ("Q" if big else "H"), count_bytes)
    if count > _LIMIT_TAGS:
        raise ValueError(f"{count} tags")
    entries = file.read(count * entry_bytes)
    tags: Tags = {}
    left_bytes = _LIMIT_BYTES
    for start in range(0, len(entries) - entry_bytes + 1, entry_bytes):
        tag, kind, number = struct.unpack_from(f"{order}HH{word}", entries, start)
        field = entries[start + (12 if big else 8) : start + entry_bytes]
        (pointer,) = struct.unpack(order + word, field)
        length = _VALUE_BYTES.get(kind, 0) * number
        try:
            if tag in _DIRECTORIES:
                if depth < 2:
                    tags[tag] = _read_directory(
                        file, pointer, order=order, big=big, strict=False, depth=depth + 1
                    )
            elif 0 < length <= left_bytes:
                is_inline = length <= len(field)
                data = field[:length] if is_inline else _read_at(file, pointer, length)
                left_bytes -= length
                tags[tag] = Tag(kind, number, data if order == "<" else _swapped(data, kind))
        except ValueError:
            if strict:
                raise
    return tags


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    try:
        file.seek(offset)
    except (OSError, OverflowError) as error:  # farther than any file goes
        raise ValueError("offset past the end") from error
    data = file.read(length)
    if len(data) < length:
        raise ValueError("the file ends inside a value")
    return data


def _swapped(data: bytes, kind: int) -> bytes:
    return np.frombuffer(data, f"u{_UNIT_BYTES[kind]}").byteswap().tobytes()


def pack_tags(tags: Tags, offset: int, *, big: bool = False) -> bytes:
    """Return the bytes of a directory that starts at offset: entries, values, inner directories."""
    word, field_bytes = ("Q", 8) if big else ("I", 4)
    head = struct.pack("<" + ("Q" if big else "H"), len(tags))
    values_at = offset + len(head) + len(tags) * (4 + 2 * field_bytes) + field_bytes
    values = b""
    for tag, value in sorted(tags.items(), key=lambda item: item[0]):
        if isinstance(value, Tag):
            kind, count, data = value.kind, value.count, value.data
            outside = data if len(data) > field_bytes else b""
        else:
            kind, count, data = LONG8 if big else LONG, 1, b""
            outside = pack_tags(value, values_at + len(values), big=big)
        field = struct.pack("<" + word, values_at + len(values)) if outside else data
        head += struct.pack("<HH" + word, tag, kind, count) + field.ljust(field_bytes, b"\0")
        values += outside + b"\0" * (len(outside) % 2)
    return head + bytes(field_bytes) + values


def block_from_tiff(tags: Tags) -> bytes | None:
    """Return an EXIF block with what a TIFF file says about the photograph, None if nothing."""
    kept = descriptive(tags)
    if not kept.keys() - _LAYOUT_ONLY:
        return None
    return b"II*\0" + struct.pack("<I", 8) + pack_tags(kept, 8)


def descriptive(tags: Tags) -> Tags:
    """Return only the tags about the photograph, not those about how pixels are stored."""
    return {tag: value for tag, value in tags.items() if tag in _DESCRIPTIVE}


def parse_block(block: bytes) -> Tags:
    """Read an EXIF block. Raises ValueError if it is not one."""
    return read_tags(io.BytesIO(block), strict=False)


def upright(block: bytes) -> bytes:
    """Return the block with Orientation 1 and without the thumbnail.

    The thumbnail shows the photograph before it was restored, and possibly turned.

    Raises:
        ValueError: It is not an EXIF block.
    """
    changed = bytearray(block)
    replace_short(changed, ORIENTATION, 1)
    order, offset = _block_start(changed)
    entries = _positions(changed, order, offset)
    next_at = offset + 2 + 12 * len(entries)
    if next_at + 4 <= len(changed):
        (thumbnail_at,) = struct.unpack_from(order + "I", changed, next_at)
        struct.pack_into(order + "I", changed, next_at, 0)
        if thumbnail_at > next_at:
            _wipe_thumbnail(changed, order, thumbnail_at)
    return bytes(changed)


def replace_short(block: bytearray, tag: int, value: int) -> None:
    """Replace a number in the first directory of a block or classic TIFF file, if it is there.

    Raises:
        ValueError: It is neither.
    """
    order, offset = _block_start(block)
    entries = _positions(block, order, offset)
    if tag in entries:
        struct.pack_into(order + "HIHH", block, entries[tag] + 2, SHORT, 1, value, 0)


def without_tag(block: bytes, tag: int) -> bytes:
    """Return the block without a tag of its first directory; all else stays where it is.

    Raises:
        ValueError: It is not an EXIF block.
    """
    changed = bytearray(block)
    order, offset = _block_start(changed)
    entries = _positions(changed, order, offset)
    if tag in entries:
        _remove_entry(changed, order, offset, entries[tag])
    return bytes(changed)


def _wipe_thumbnail(block: bytearray, order: str, offset: int) -> None:
    try:
        entries = _positions(block, order, offset)
    except ValueError:
        return
    if _THUMBNAIL_OFFSET not in entries or _THUMBNAIL_LENGTH not in entries:
        return
    (start,) = struct.unpack_from(order + "I", block, entries[_THUMBNAIL_OFFSET] + 8)
    (length,) = struct.unpack_from(order + "I", block, entries[_THUMBNAIL_LENGTH] + 8)
    end = start + length
    if offset < start < end <= len(block):
        block[start:end] = b"" if end == len(block) else bytes(length)


def truthful(
    block: bytes, *, height: int, width: int, dpi: tuple[float, float] | None = None
) -> bytes:
    """Return the block with the size and resolution the picture has now.

    Sizes are corrected where the block has them. dpi is added if it is missing. A damaged inner
    directory is left out: the description and GPS around it are worth keeping.

    Raises:
        ValueError: It is not an EXIF block.
    """
    changed = bytearray(block)
    order, offset = _block_start(changed)
    size = {"height": height, "width": width}
    entries = _positions(changed, order, offset)
    for tag in _IMAGE_SIZE.keys() & entries.keys():
        struct.pack_into(order + "HII", changed, entries[tag] + 2, LONG, 1, size[_IMAGE_SIZE[tag]])
    if EXIF_DIRECTORY in entries:
        (inner_at,) = struct.unpack_from(order + "I", changed, entries[EXIF_DIRECTORY] + 8)
        try:
            inner = _positions(changed, order, inner_at)
        except ValueError:
            log.warning("left out a damaged part of the EXIF data")
            _remove_entry(changed, order, offset, entries[EXIF_DIRECTORY])
            inner = {}
        for tag in _PIXEL_SIZE.keys() & inner.keys():
            value = size[_PIXEL_SIZE[tag]]
            struct.pack_into(order + "HII", changed, inner[tag] + 2, LONG, 1, value)
    if dpi is not None and resolution(parse_block(block)) != (round(dpi[0], 2), round(dpi[1], 2)):
        _append_resolution(changed, order, offset, dpi)
    return bytes(changed)


def _remove_entry(block: bytearray, order: str, offset: int, at: int) -> None:
    """Take the entry at a position out of the directory at offset."""
    (count,) = struct.unpack_from(order + "H", block, offset)
    end = min(offset + 2 + 12 * count + 4, len(block))
    block[at:end] = block[at + 12 : end] + bytes(12)
    struct.pack_into(order + "H", block, offset, count - 1)


def resolution_block(dpi: tuple[float, float]) -> bytes:
    """Return an EXIF block that holds the resolution and nothing else."""
    return b"II*\0" + struct.pack("<I", 8) + pack_tags(resolution_tags(dpi), 8)


def resolution_tags(dpi: tuple[float, float]) -> Tags:
    """Return the three tags that state dots per inch."""
    return {
        X_RESOLUTION: rational(dpi[0]),
        Y_RESOLUTION: rational(dpi[1]),
        RESOLUTION_UNIT: short(2),
    }


def _append_resolution(block: bytearray, order: str, offset: int, dpi: tuple[float, float]) -> None:
    """Write a new first directory at the end of the block; the old values stay where they are."""
    old = _positions(block, order, offset)
    next_at = offset + 2 + 12 * len(old)
    following = bytes(block[next_at : next_at + 4]).ljust(4, b"\0")
    entries = {tag: bytes(block[at : at + 12]) for tag, at in old.items()}
    block += b"\0" * (len(block) % 2)
    values_at = len(block)
    block += struct.pack(order + "IIII", *_fraction(dpi[0]), *_fraction(dpi[1]))
    entries[X_RESOLUTION] = struct.pack(order + "HHII", X_RESOLUTION, RATIONAL, 1, values_at)
    entries[Y_RESOLUTION] = struct.pack(order + "HHII", Y_RESOLUTION, RATIONAL, 1, values_at + 8)
    entries[RESOLUTION_UNIT] = struct.pack(order + "HHIHH", RESOLUTION_UNIT, SHORT, 1, 2, 0)
    struct.pack_into(order + "I", block, 4, len(block))
    block += struct.pack(order + "H", len(entries))
    block += b"".join(entries[tag] for tag in sorted(entries)) + following


def _fraction(value: float) -> tuple[int, int]:
    return min(round(value * 10_000), 2**32 - 1), 10_000


def _block_start(block: bytearray) -> tuple[str, int]:
    """Return byte order and offset of the first directory."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(block[:4]))
    if order is None or len(block) < 8:
        raise ValueError("no EXIF header")
    (offset,) = struct.unpack_from(order + "I", block, 4)
    return order, offset


def _positions(block: bytearray, order: str, offset: int) -> dict[int, int]:
    """Return where in the block the entry of each tag starts."""
    try:
        (count,) = struct.unpack_from(order + "H", block, offset)
        starts = range(offset + 2, offset + 2 + 12 * count, 12)
        found = {struct.unpack_from(order + "H10x", block, at)[0]: at for at in starts}
    except struct.error as error:
        raise ValueError("the EXIF block ends inside its directory") from error
    if len(found) != count:
        raise ValueError("an EXIF tag appears twice")
    return found
