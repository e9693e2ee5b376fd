"""The record of what was done to a photograph, kept in its XMP.

For other programs: IPTC's digital source type "algorithmically enhanced" (IPTC NewsCodes) and an
entry in the history (XMP Specification part 2, xmpMM:History). For this program: the whole record
as JSON, from which the same pixels can be made again. There are no paths, names of people or
machines, or times in it, so the same work gives the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer import __version__
from restorer.engine.detail import find_pair
from restorer.engine.files.xmp import Packet
from restorer.engine.mode import Step
from restorer.engine.model_files import ModelCard
from restorer.errors import RecordError

RECORD_VERSION = 1
_NAMESPACE = "urn:x-restorer:record/1/"
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"


@dataclass(frozen=True)
class StepRecord:
    """One restoration as it was done.

    Attributes:
        mode: Id of the mode.
        params: Those that have an effect with the model, with the values used; what was to be
            chosen automatically, as it was chosen.
        model: Name of the model, None for modes without one.
        model_sha256: Of all its tensors, hexadecimal.
        partner_sha256: The same of the model that was mixed with it, None if there was none.
        device: Kind of device: cpu, cuda, mps, xpu.
        precision: fp32, bf16 or fp16.
        seed: Every random choice followed from it.
        tile_px: Side of the tiles; None with a model whose tiles join exactly.
        mask_sha256: Of the mask, as hash_mask gives it; None without one.
        was_stopped: The user ended it early.
        snapshot: Iteration whose picture the user chose afterwards, None for the kept one.
    """

    mode: str
    params: Mapping[str, object]
    model: str | None
    model_sha256: str | None
    partner_sha256: str | None
    device: str
    precision: str
    seed: int
    tile_px: int | None = None
    mask_sha256: str | None = None
    was_stopped: bool = False
    snapshot: int | None = None


@dataclass(frozen=True)
class Record:
    """All that was done to a photograph.

    Attributes:
        version: Of the program.
        original_sha256: Of the file it was read from, hexadecimal; None if there was none.
        steps: In order.
        quality: With which a lossy format was written, 1 to 100; None for the others.
    """

    version: str
    original_sha256: str | None
    steps: Sequence[StepRecord] = field(default_factory=tuple)
    quality: int | None = None

    def to_json(self) -> str:
        """Return the record as it is kept in the file."""
        return json.dumps({"record": RECORD_VERSION, **asdict(self)}, sort_keys=True)


def step_record(step: Step, facts: Mapping[str, object]) -> StepRecord:
    """Return the record of a step that was done; facts as in Restored."""
    card, tile_px = step.mode.card_used(step), facts.get("tile_px")
    # Any tiles give the same pixels where a model's join exactly, or where its network did not run.
    is_same_anyhow = card.joins_exactly if card else step.mode.needs_model
    return StepRecord(
        mode=step.mode.id,
        params={param.key: _used(param.key, step, facts) for param in step.mode.params_for(card)},
        model=card.name if card else None,
        model_sha256=card.sha256 if card else None,
        partner_sha256=partner_sha256(card) if card else None,
        device=str(facts.get("device", "")).partition(":")[0],
        precision=str(facts.get("precision", "fp32")),
        seed=step.compute.seed,
        tile_px=tile_px if isinstance(tile_px, int) and not is_same_anyhow else None,
        mask_sha256=None if step.mask is None else hash_mask(step.mask),
        was_stopped=facts.get("stopped_by") == "user",
    )


def _used(key: str, step: Step, facts: Mapping[str, object]) -> object:
    """Return the value of a param; of a word like "auto" what it came to."""
    chosen = step.chosen(key)
    return facts.get(key, chosen) if isinstance(chosen, str) else chosen


def hash_mask(mask: NDArray[np.bool_]) -> str:
    """Return the SHA-256 of a mask's size and pixels, hexadecimal."""
    size = "x".join(map(str, mask.shape)).encode()
    return hashlib.sha256(size + np.packbits(mask).tobytes()).hexdigest()


def partner_sha256(card: ModelCard) -> str | None:
    """Return the hash of the other model of a pair, None for a model that has no partner."""
    pair = find_pair(card)
    if pair is None:
        return None
    return (pair.srgan if pair.faithful.sha256 == card.sha256 else pair.faithful).sha256


def make_record(steps: Sequence[StepRecord], source: Path | None) -> Record:
    """Return the record of a restored photograph; its file is read once more for the hash."""
    try:
        original = None if source is None else hash_file(source)
    except OSError:
        original = None  # gone meanwhile: the result is worth keeping without it
    return Record(__version__, original, tuple(steps))


def adjusted_record(text: str, *, strength: float, snapshot: int | None) -> str:
    """Return a record, as of Record.to_json, whose last step's result was changed afterwards.

    Args:
        text: The record.
        strength: 0..100, of the blend with the original.
        snapshot: Iteration whose picture was chosen; None for the kept one.
    """
    record = parse_record(text)
    last = record.steps[-1]
    params = {**last.params, "strength": strength}
    steps = (*record.steps[:-1], replace(last, params=params, snapshot=snapshot))
    return replace(record, steps=steps).to_json()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_record(text: str) -> Record:
    """Read a record.

    Raises:
        RecordError: It is damaged or from a newer version.
    """
    try:
        values = json.loads(text)
        if int(values["record"]) > RECORD_VERSION:
            raise RecordError("The record was made by a newer version of this program.")
        original = values["original_sha256"]
        steps = tuple(StepRecord(**{**step, "seed": int(step["seed"])}) for step in values["steps"])
        quality = values.get("quality")
        return Record(
            str(values["version"]),
            None if original is None else str(original),
            steps,
            None if quality is None else int(quality),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError("The record of what was done is damaged.") from error


def written_with(text: str, quality: int | None) -> str:
    """Return a record, as of Record.to_json, with the quality it is written with."""
    return replace(parse_record(text), quality=quality).to_json()


def recorded(packet: bytes | None) -> Record | None:
    """Return the record in an XMP packet, None if there is none.

    Raises:
        RecordError: It is damaged or from a newer version.
    """
    if packet is None:
        return None
    try:
        text = Packet(packet).value(_NAMESPACE, "Record")
    except ValueError:
        return None
    return parse_record(text) if text else None


def with_record(packet: bytes | None, text: str) -> bytes:
    """Return the XMP packet with the record in it; an older record is replaced.

    Args:
        packet: The packet, or None for a new one. One that is damaged is replaced.
        text: As of Record.to_json.
    """
    record = parse_record(text)
    try:
        changed = Packet(packet)
    except ValueError:
        changed = Packet()
    changed.set(_IPTC_EXTENSION, "Iptc4xmpExt", {"DigitalSourceType": _ENHANCED})
    changed.append(
        _MEDIA,
        "xmpMM",
        "History",
        {
            "action": "edited",
            "softwareAgent": f"Restorer {record.version}",
            "parameters": "; ".join(map(_sentence, record.steps)),
        },
        item_namespace=_EVENT,
        item_prefix="stEvt",
    )
    changed.set(_NAMESPACE, "restorer", {"Record": text})
    return bytes(changed)


def without_record(packet: bytes | None) -> bytes | None:
    """Return the XMP packet without an earlier record; what else it says of the work stays."""
    if packet is None:
        return None
    try:
        changed = Packet(packet)
    except ValueError:
        return packet
    changed.remove(_NAMESPACE, "Record")
    return bytes(changed)


def _sentence(step: StepRecord) -> str:
    words = [step.mode]
    words += [f"{key}={value}" for key, value in step.params.items()]
    if step.model:
        words += [f"model={step.model}", f"sha256={step.model_sha256}"]
    if step.partner_sha256:
        words.append(f"partner={step.partner_sha256}")
    if step.mask_sha256:
        words.append(f"mask={step.mask_sha256}")
    return " ".join([*words, f"precision={step.precision}", f"seed={step.seed}"])
