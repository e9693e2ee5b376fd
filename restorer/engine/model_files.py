"""Model files that describe themselves: finding, reading, loading and writing them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from restorer import paths
from restorer.engine.files.safe_file import new_file
from restorer.engine.torch_file import load_torch_file
from restorer.errors import ModelDamagedError, ModelError, ModelNotFoundError, ModelUnsupportedError

if TYPE_CHECKING:
    from torch import nn

SUFFIX = ".safetensors"
TORCH_SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".pkl")  # of files that may hold code
AUTHOR = "The Restorer authors"
CARD_VERSION = 1
HOW_TO_ADD = "restorer models add FILE finds out"
ARGUMENT_LIMIT = 1024  # of a network's arguments; the widest network here has 256 channels
FOREIGN_PREFIX = "spandrel-"  # of the networks that restorer/engine/community.py builds


@dataclass(frozen=True)
class ModelCard:
    """What a model file says about itself. Read from its header, without torch.

    Attributes:
        path: The file.
        title: Shown to people.
        network: Key in networks.NETWORKS.
        network_args: Constructor arguments.
        scale: Output pixels per input pixel along each side.
        halo_px: At least the network's reach, input pixels; less where feather_px is above 0.
        multiple_of: Input sides are padded to a multiple of this.
        license: Of the weights.
        description: What it is good for.
        training: Where it came from, in one line.
        role: "faithful" or "srgan" for one of a pair, else empty.
        pair: Name of the other one of the pair, else empty.
        figures: What was measured, by test set: for example {"Set5": {"PSNR": 31.0}}.
        sha256: Of all tensors, hexadecimal.
        feather_px: Over what distance tiles are blended, input pixels; 0 for a network whose tiles
            join exactly.
        degradation: What the pictures it was trained with had gone through: "bicubic" for clean
            ones, "photo" or "clean" for noise, JPEG and the like; empty if it is not known.
    """

    path: Path
    title: str
    network: str
    network_args: Mapping[str, object] = field(hash=False)
    scale: int
    halo_px: int
    multiple_of: int
    license: str
    description: str = ""
    training: str = ""
    role: str = ""
    pair: str = ""
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    sha256: str = ""
    feather_px: int = 0
    degradation: str = ""

    @property
    def name(self) -> str:
        """The file's name without its suffix, as --model takes it."""
        return self.path.stem

    @property
    def joins_exactly(self) -> bool:
        """Tiles of any size give the same picture; else they are blended."""
        return self.feather_px == 0


def read_card(path: Path) -> ModelCard:
    """Return what a model file says about itself.

    Raises:
        ModelNotFoundError: There is no such file.
        ModelDamagedError: It may not be read, is no safetensors file, or its card is incomplete.
        ModelUnsupportedError: It is made for a newer version or by another program.
    """
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        if is_file:
            path.open("rb").close()  # safetensors would say that there is no such file
    except (FileNotFoundError, NotADirectoryError):
        is_file = False
    except OSError as error:
        raise ModelDamagedError(path, path.name, f"cannot be read: {error.strerror}") from error
    if not is_file:
        raise ModelNotFoundError(path, path.name, "is not there")
    if path.suffix.lower() in TORCH_SUFFIXES:
        _refuse_torch_file(path)
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelDamagedError(path, path.name, f"is damaged: {error}") from error
    if "restorer.card" not in header:
        raise ModelUnsupportedError(path, path.name, f"was not made for this program: {HOW_TO_ADD}")
    try:
        if int(header["restorer.card"]) > CARD_VERSION:
            raise ModelUnsupportedError(path, path.name, "needs a newer version of this program")
        card = ModelCard(
            path=path,
            title=header["modelspec.title"],
            network=header["modelspec.architecture"],
            network_args=dict(json.loads(header["restorer.network_args"])),
            scale=int(header["restorer.scale"]),
            halo_px=int(header["restorer.halo_px"]),
            multiple_of=int(header["restorer.multiple_of"]),
            license=header["modelspec.license"],
            description=header.get("modelspec.description", ""),
            training=header.get("restorer.training", ""),
            role=header.get("restorer.role", ""),
            pair=header.get("restorer.pair", ""),
            figures=dict(json.loads(header.get("restorer.figures", "{}"))),
            sha256=header["modelspec.hash_sha256"].removeprefix("0x"),
            feather_px=int(header.get("restorer.feather_px", "0")),
            degradation=header.get("restorer.degradation", ""),
        )
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ModelDamagedError(path, path.name, f"has an incomplete card: {error}") from error
    if not (
        1 <= card.scale <= 16
        and 0 <= card.feather_px <= card.halo_px <= 4096
        and 1 <= card.multiple_of <= 1024
        and card.network_args.get("scale", card.scale) == card.scale
        and _can_be_built(card.network_args)
    ):
        raise ModelDamagedError(path, path.name, "has a card with impossible numbers")
    return card


def _can_be_built(network_args: Mapping[str, object]) -> bool:
    """Return whether arguments are sizes, and of no network that takes minutes to build."""
    sizes = {name: size for name, size in network_args.items() if type(size) is int}
    return (
        len(sizes) == len(network_args)
        and all(1 <= size <= ARGUMENT_LIMIT for size in sizes.values())
        and sizes.get("blocks", 1) * sizes.get("layers", 1) <= ARGUMENT_LIMIT
    )


def _refuse_torch_file(path: Path) -> NoReturn:
    """Say why a file of torch.save is no model here; nothing in it is run."""
    try:
        load_torch_file(path)
    except OSError as error:
        raise ModelDamagedError(path, path.name, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelDamagedError(path, path.name, f"is refused: it {error}") from error
    raise ModelUnsupportedError(
        path, path.name, f"does not say of which network it is: {HOW_TO_ADD}"
    )


def is_foreign(path: Path) -> bool:
    """Return whether a file holds weights without a card, as other programs write them."""
    if not os.path.isfile(path):
        return False
    if path.suffix.lower() in TORCH_SUFFIXES:
        return True
    try:
        with safe_open(path, framework="numpy") as file:
            return "restorer.card" not in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False  # read_card says what is wrong


def find_models() -> list[ModelCard]:
    """Return the readable models that come with the program, then the user's own, by name."""
    cards: dict[str, ModelCard] = {}
    for card in _installed():
        if isinstance(card, ModelCard):
            cards.setdefault(card.name, card)
    return list(cards.values())


def unreadable_models() -> list[ModelError]:
    """Return what is wrong with the model files that find_models leaves out."""
    return [error for error in _installed() if isinstance(error, ModelError)]


def _installed() -> Iterator[ModelCard | ModelError]:
    for folder in (paths.bundled_models_dir(), paths.user_models_dir()):
        for path in sorted(folder.glob(f"*{SUFFIX}")) if os.path.isdir(folder) else ():
            try:
                yield read_card(path)
            except ModelError as error:
                yield error


def find_model(name: str) -> ModelCard:
    """Return the card of a model by its name or its file's path.

    Raises:
        ModelNotFoundError: There is none.
        ModelDamagedError, ModelUnsupportedError: It cannot be used.
    """
    if _is_path(name):
        return read_card(Path(name))
    for folder in (paths.bundled_models_dir(), paths.user_models_dir()):
        path = folder / f"{name}{SUFFIX}"
        if os.path.isfile(path):
            return read_card(path)
    there = ", ".join(card.name for card in find_models()) or "none"
    raise ModelNotFoundError(None, name, f"is not installed (installed: {there})")


def _is_path(name: str) -> bool:
    return name.lower().endswith((SUFFIX, *TORCH_SUFFIXES)) or os.sep in name


def add_model(source: Path) -> ModelCard:
    """Check a model file and copy it to the user's models; one of another program is converted.

    A file of that name among them which is no readable model is replaced; it may be the source.

    Raises:
        ModelError: It cannot be used, is installed already, or cannot be copied.
    """
    if is_foreign(source):
        from restorer.engine.community import add_foreign_model

        return add_foreign_model(source)
    card = read_card(source)
    if hash_tensors(source) != card.sha256:
        raise ModelDamagedError(source, card.name, "is damaged: its hash differs")
    target = paths.user_models_dir() / f"{card.name}{SUFFIX}"
    if any(card.name == other.name for other in find_models()):
        raise ModelError(target, card.name, "is installed already")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with new_file(target, overwrite=True) as copy:
            with source.open("rb") as original:
                shutil.copyfileobj(original, copy)
    except OSError as error:
        raise ModelError(target, card.name, f"cannot be copied: {error.strerror}") from error
    return replace(card, path=target)


def remove_model(name: str) -> None:
    """Delete one of the user's models; its card is not read, for a damaged file has to go, too.

    Args:
        name: Of the model, or its file's path.

    Raises:
        ModelError: There is none of that name, it came with the program, or cannot be deleted.
    """
    folder = paths.user_models_dir()
    path = Path(name) if _is_path(name) else folder / f"{name}{SUFFIX}"
    if path.parent != folder or not os.path.lexists(path):
        card = find_model(name)
        raise ModelError(card.path, card.name, "is not one of your models and stays")
    try:
        path.unlink()
    except OSError as error:
        raise ModelError(path, path.stem, f"cannot be removed: {error.strerror}") from error


def load_network(card: ModelCard) -> nn.Module:
    """Return the card's network with its weights, on the CPU, in fp32, ready to run.

    Raises:
        ModelUnsupportedError: Its network is unknown.
        ModelDamagedError: The hash differs or the tensors do not fit the network.
        ModelNotFoundError: The file is gone.
    """
    import torch
    from safetensors.torch import load

    from restorer.networks import NETWORKS

    if card.network not in NETWORKS and not card.network.startswith(FOREIGN_PREFIX):
        raise ModelUnsupportedError(card.path, card.name, f"needs the network {card.network!r}")
    try:
        if hash_tensors(card.path) != card.sha256:
            raise ModelDamagedError(card.path, card.name, "is damaged: its hash differs")
        tensors = load(card.path.read_bytes())  # load_file takes no names that are not UTF-8
    except FileNotFoundError as error:
        raise ModelNotFoundError(card.path, card.name, "is not there any more") from error
    except (OSError, SafetensorError) as error:
        raise ModelDamagedError(card.path, card.name, f"cannot be read: {error}") from error
    if card.network not in NETWORKS:
        from restorer.engine.community import build_foreign_network

        network = build_foreign_network(card, tensors).eval().requires_grad_(False)
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
    try:
        with torch.device("meta"):  # a card that asks for a giant network gets no memory for it
            network = NETWORKS[card.network](**card.network_args)
        network.load_state_dict(
            {name: tensor.float() for name, tensor in tensors.items()}, strict=True, assign=True
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelDamagedError(
            card.path, card.name, f"does not fit its network: {error}"
        ) from error
    network.eval().requires_grad_(False)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def save_network(network: nn.Module, card: ModelCard) -> None:
    """Write a network and its card to card.path, through a temporary file.

    Args:
        network: Its state dict becomes the file's tensors.
        card: path says where to; sha256 is computed here.
    """
    save_tensors({name: tensor.numpy() for name, tensor in network.state_dict().items()}, card)


def save_card(card: ModelCard) -> None:
    """Write another card into a model file; the tensors stay.

    Raises:
        ModelDamagedError: The file cannot be read.
    """
    try:
        tensors = load_file(card.path)
    except (OSError, SafetensorError) as error:
        raise ModelDamagedError(card.path, card.name, f"cannot be read: {error}") from error
    save_tensors(tensors, card)


def save_tensors(tensors: dict[str, NDArray[np.generic]], card: ModelCard) -> None:
    """Write tensors and a card to card.path, through a temporary file."""
    header = {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": card.network,
        "modelspec.implementation": "restorer",
        "modelspec.title": card.title,
        "modelspec.description": card.description,
        "modelspec.author": AUTHOR,
        "modelspec.license": card.license,
        "restorer.card": str(CARD_VERSION),
        "restorer.network_args": json.dumps(dict(card.network_args)),
        "restorer.scale": str(card.scale),
        "restorer.halo_px": str(card.halo_px),
        "restorer.feather_px": str(card.feather_px),
        "restorer.degradation": card.degradation,
        "restorer.multiple_of": str(card.multiple_of),
        "restorer.training": card.training,
        "restorer.role": card.role,
        "restorer.pair": card.pair,
        "restorer.figures": json.dumps({name: dict(row) for name, row in card.figures.items()}),
    }
    plain = save(tensors)
    digest = hashlib.sha256(plain[_header_bytes(plain) :])
    header["modelspec.hash_sha256"] = f"0x{digest.hexdigest()}"
    with new_file(card.path, overwrite=True) as file:
        file.write(save(tensors, metadata=header))


def hash_tensors(path: Path) -> str:
    """Return the SHA-256 of all that follows a safetensors file's header, hexadecimal."""
    with path.open("rb") as file:
        file.seek(_header_bytes(file.read(8)))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header_bytes(start: bytes) -> int:
    """Return where the tensors begin, from the first eight bytes of a safetensors file."""
    return 8 + int.from_bytes(start[:8], "little")
