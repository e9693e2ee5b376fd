"""XMP packets: read them, keep them true, and add to them.

A packet is a small XML document (ISO 16684-1). It is changed through minidom, which keeps prefixes
and everything it does not know, and only if something in it would be untrue.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from xml.dom import minidom
from xml.parsers.expat import ExpatError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
_CONTAINER = "http://ns.google.com/photos/1.0/container/"
_CAMERA = "http://ns.google.com/photos/1.0/camera/"
# Properties that describe what is not in a restored file: the photograph before, and what phones
# put behind it (a gain map, a video).
_GONE = [
    (XMP, "Thumbnails"), (_NOTE, "HasExtendedXMP"), (_CONTAINER, "Directory"),
    *((_CAMERA, f"MotionPhoto{part}") for part in ("", "Version", "PresentationTimestampUs")),
    *((_CAMERA, f"MicroVideo{part}") for part in ("", "Version", "Offset",
                                                  "PresentationTimestampUs")),
    *((_GAIN_MAP, name) for name in ("Version", "BaseRenditionIsHDR", "GainMapMin", "GainMapMax",
                                     "Gamma", "OffsetSDR", "OffsetHDR", "HDRCapacityMin",
                                     "HDRCapacityMax")),
]  # fmt: skip
_XMLNS = "http://www.w3.org/2000/xmlns/"

# A packet of a photograph has some kilobytes; those with a whole editing history, a megabyte.
LIMIT_BYTES = 16 * 2**20
MAX_DEPTH = 100  # of elements within elements; they have about ten

_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"/></x:xmpmeta>'


def _depth(document: minidom.Document) -> int:
    depth, level = 0, list[minidom.Node](document.childNodes)
    while level:
        depth += 1
        level = [child for node in level for child in node.childNodes]
    return depth


class Packet:
    """An XMP packet that can be looked into and changed.

    Args:
        data: The packet; None starts an empty one.

    Raises:
        ValueError: It is not XMP, is too long or too deep, or has a document type (a way to attack
            parsers).
    """

    def __init__(self, data: bytes | None = None) -> None:
        text = _EMPTY if data is None else _text(data)
        try:
            self._document = minidom.parseString(text)
        except (ExpatError, ValueError, LookupError) as error:
            raise ValueError(f"not XML: {error}") from error
        if _depth(self._document) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        roots = self._document.getElementsByTagNameNS(RDF, "RDF")
        if not roots:
            raise ValueError("no RDF in it")
        self._rdf = roots[0]
        self._is_changed = data is None
        self._data = data or b""

    def __bytes__(self) -> bytes:
        """The packet; byte for byte the one that was read if nothing was changed."""
        if not self._is_changed:
            return self._data
        root = self._document.documentElement
        assert root is not None
        return (_HEAD + root.toxml() + _TAIL).encode()

    def value(self, namespace: str, name: str) -> str | None:
        """Return a simple property, None if it is not there."""
        for description in self._descriptions():
            if description.hasAttributeNS(namespace, name):
                return str(description.getAttributeNS(namespace, name))
            for child in _children(description, namespace, name):
                return "".join(
                    node.data for node in child.childNodes if isinstance(node, minidom.Text)
                ).strip()
        return None

    def remove(self, namespace: str, name: str) -> bool:
        """Remove a property, whatever its form; say whether it was there."""
        found = False
        for description in self._descriptions():
            if description.hasAttributeNS(namespace, name):
                description.removeAttributeNS(namespace, name)
                found = True
            for child in _children(description, namespace, name):
                description.removeChild(child)
                child.unlink()
                found = True
        self._is_changed |= found
        return found

    def set(self, namespace: str, prefix: str, values: Mapping[str, str]) -> None:
        """Set simple properties of one namespace; what they were before is gone."""
        for name in values:
            self.remove(namespace, name)
        block = self._new_description()
        block.setAttribute(f"xmlns:{prefix}", namespace)
        for name, value in values.items():
            element = self._document.createElementNS(namespace, f"{prefix}:{name}")
            element.appendChild(self._document.createTextNode(_possible(value)))
            block.appendChild(element)

    def append(
        self,
        namespace: str,
        prefix: str,
        name: str,
        item: Mapping[str, str],
        *,
        item_namespace: str,
        item_prefix: str,
    ) -> None:
        """Add a structure at the end of an ordered list, which is made if it is missing."""
        self._is_changed = True
        sequence = self._sequence(namespace, name)
        rdf = self._rdf.prefix or "rdf"
        if sequence is None:
            block = self._new_description()
            block.setAttribute(f"xmlns:{prefix}", namespace)
            holder = self._document.createElementNS(namespace, f"{prefix}:{name}")
            sequence = self._document.createElementNS(RDF, f"{rdf}:Seq")
            block.appendChild(holder)
            holder.appendChild(sequence)
        entry = self._document.createElementNS(RDF, f"{rdf}:li")
        entry.setAttributeNS(RDF, f"{rdf}:parseType", "Resource")
        entry.setAttribute(f"xmlns:{item_prefix}", item_namespace)
        for key, value in item.items():
            element = self._document.createElementNS(item_namespace, f"{item_prefix}:{key}")
            element.appendChild(self._document.createTextNode(_possible(value)))
            entry.appendChild(element)
        sequence.appendChild(entry)

    @property
    def extension(self) -> str | None:
        """The name of a second packet that belongs to this one, None if there is none."""
        return self.value(_NOTE, "HasExtendedXMP")

    @extension.setter
    def extension(self, name: str) -> None:
        self.set(_NOTE, "xmpNote", {"HasExtendedXMP": name})

    def split(self, limit_bytes: int) -> tuple[Packet, bytes]:
        """Return this packet without its largest properties, and a packet of those alone.

        Args:
            limit_bytes: Of the first, if its properties are small enough.
        """
        sizes = {key: size for key, size in self._sizes().items() if key[0] != RDF}
        excess = len(bytes(self)) - limit_bytes
        moved = set()
        for key in sorted(sizes, key=lambda key: sizes[key], reverse=True):
            if excess <= 0:
                break
            moved.add(key)
            excess -= sizes[key]
        main, more = Packet(bytes(self)), Packet(bytes(self))
        for key in sizes:
            (main if key in moved else more).remove(*key)
        root = more._document.documentElement
        assert root is not None
        return main, root.toxml().encode()

    def join(self, more: Packet) -> None:
        """Take over the properties of another packet, which is of no use any more."""
        self._is_changed = True
        self.remove(_NOTE, "HasExtendedXMP")
        holders = [more._rdf, *_parents(more._rdf)]
        for description in more._descriptions():
            copy = self._document.importNode(description, True)
            for name, namespace in _declared(holders).items():
                if not copy.hasAttribute(name):
                    copy.setAttribute(name, namespace)
            self._rdf.appendChild(copy)

    def _sizes(self) -> dict[tuple[str, str], int]:
        """Return the bytes that each property takes, by namespace and name."""
        sizes: dict[tuple[str, str], int] = {}
        for description in self._descriptions():
            for attribute in list(description.attributes.values()):
                key = (attribute.namespaceURI or "", attribute.localName)
                if attribute.namespaceURI not in (None, _XMLNS):
                    sizes[key] = sizes.get(key, 0) + len(attribute.value.encode())
            for node in description.childNodes:
                if isinstance(node, minidom.Element):
                    key = (node.namespaceURI or "", node.localName or "")
                    sizes[key] = sizes.get(key, 0) + len(node.toxml().encode())
        return sizes

    def _new_description(self) -> minidom.Element:
        self._is_changed = True
        rdf = self._rdf.prefix or "rdf"
        block = self._document.createElementNS(RDF, f"{rdf}:Description")
        block.setAttributeNS(RDF, f"{rdf}:about", "")
        if self._rdf.prefix is None:
            block.setAttribute("xmlns:rdf", RDF)
        self._rdf.appendChild(block)
        return block

    def _descriptions(self) -> list[minidom.Element]:
        return _children(self._rdf, RDF, "Description")

    def _sequence(self, namespace: str, name: str) -> minidom.Element | None:
        for description in self._descriptions():
            for child in _children(description, namespace, name):
                for sequence in _children(child, RDF, "Seq"):
                    return sequence
        return None


def _parents(node: minidom.Node) -> list[minidom.Element]:
    parents = []
    parent = node.parentNode
    while isinstance(parent, minidom.Element):
        parents.append(parent)
        parent = parent.parentNode
    return parents


def _declared(elements: list[minidom.Element]) -> dict[str, str]:
    """Return the declarations of namespaces, the inner ones first: xmlns:NAME to namespace."""
    found: dict[str, str] = {}
    for element in elements:
        for name, value in list(element.attributes.items()):
            if name.startswith("xmlns:"):
                found.setdefault(name, value)
    return found


def _text(data: bytes) -> bytes | str:
    if len(data) > LIMIT_BYTES:
        raise ValueError(f"{len(data)} bytes")
    data = data.rstrip(b"\0 \r\n\t")
    text = data.decode("utf-8-sig", errors="strict") if _is_utf8(data) else data
    if "<!doctype" in str(text).lower():
        raise ValueError("a document type")
    return text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _children(parent: minidom.Element, namespace: str, name: str) -> list[minidom.Element]:
    return [
        node
        for node in parent.childNodes
        if isinstance(node, minidom.Element)
        and node.namespaceURI == namespace
        and node.localName == name
    ]


def _possible(text: str) -> str:
    """Return text without the characters that XML has not."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def orientation(data: bytes) -> int:
    """Return 1 to 8 as XMP says it, 1 if it says nothing. Raises ValueError if it is not XMP."""
    value = Packet(data).value(TIFF, "Orientation") or ""
    return int(value) if value in tuple("12345678") else 1


def upright(data: bytes) -> bytes:
    """Return the packet with Orientation 1 and without what no longer is true.

    Thumbnails show the photograph before it was restored, and what phones put behind it is gone.
    What is said of a second packet is not true here: it was joined (extended_xmp.py), or it was
    damaged.

    Raises:
        ValueError: It is not XMP.
    """
    packet = Packet(data)
    if packet.value(TIFF, "Orientation") not in (None, "1"):
        packet.set(TIFF, "tiff", {"Orientation": "1"})
    for namespace, name in _GONE:
        packet.remove(namespace, name)
    return bytes(packet)


def truthful(
    data: bytes, *, height: int, width: int, dpi: tuple[float, float] | None = None
) -> bytes:
    """Return the packet with the size and resolution the picture has now, where it has them.

    Raises:
        ValueError: It is not XMP.
    """
    packet = Packet(data)
    _correct(packet, TIFF, "tiff", {"ImageWidth": str(width), "ImageLength": str(height)})
    _correct(packet, EXIF, "exif", {"PixelXDimension": str(width), "PixelYDimension": str(height)})
    if dpi is not None and not _says(packet, dpi):
        x, y = (f"{round(value * 10_000)}/10000" for value in dpi)
        _correct(packet, TIFF, "tiff", {"XResolution": x, "YResolution": y, "ResolutionUnit": "2"})
    return bytes(packet)


def _correct(packet: Packet, namespace: str, prefix: str, values: Mapping[str, str]) -> None:
    wrong = {
        name: value
        for name, value in values.items()
        if packet.value(namespace, name) not in (None, value)
    }
    if wrong:
        packet.set(namespace, prefix, wrong)


def _says(packet: Packet, dpi: tuple[float, float]) -> bool:
    unit = {"3": 2.54}.get(packet.value(TIFF, "ResolutionUnit") or "2", 1.0)
    for name, wanted in zip(("XResolution", "YResolution"), dpi, strict=True):
        above, _, below = (packet.value(TIFF, name) or "").partition("/")
        try:
            if not math.isclose(float(above) / float(below or 1) * unit, wanted, abs_tol=0.005):
                return False
        except (ValueError, ZeroDivisionError):
            return False
    return True
