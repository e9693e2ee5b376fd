"""Models of other programs: ESRGAN, SwinIR and SPAN, through the library spandrel.

Their files hold weights and nothing about the network; spandrel finds out which it is from the
names and shapes. Adding one checks it, measures its reach and keeps it as a model file of this
program, whose card names the network "spandrel-" and the family.
"""

from __future__ import annotations

import importlib
import math
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from restorer import paths
from restorer.engine.inference import tile_joins
from restorer.engine.model_files import (
    FOREIGN_PREFIX,
    SUFFIX,
    TORCH_SUFFIXES,
    ModelCard,
    find_models,
    read_card,
    save_tensors,
)
from restorer.engine.torch_file import load_torch_file
from restorer.errors import ModelDamagedError, ModelError, ModelUnsupportedError

if TYPE_CHECKING:
    from torch import Tensor, nn

FAMILIES = ("ESRGAN", "SwinIR", "SPAN")
LIMIT_BYTES = 2**30  # the largest of these families have a seventh
HOW_TO_INSTALL = "python -m pip install --no-deps spandrel einops"


def add_foreign_model(source: Path) -> ModelCard:
    """Turn a model of another program into one of the user's models.

    Args:
        source: A .safetensors file, or one of torch.save (.pth), which is read without running
            any code in it.

    Returns:
        The card of the model as it is kept. A file of that name among the user's models which is
        no readable model is replaced; it may be the source.

    Raises:
        ModelDamagedError: The file is too large, holds code, or is damaged.
        ModelUnsupportedError: spandrel is missing, or the network is none of those families, has
            other channels than red, green and blue, or cannot run here.
        ModelError: A model of that name is installed, or it cannot be written.
    """
    name = source.stem
    target = paths.user_models_dir() / f"{name}{SUFFIX}"
    if any(name == other.name for other in find_models()):
        raise ModelError(target, name, "is installed already")
    tensors = _read(source)
    family, found = _recognise(source, tensors)
    step = math.lcm(int(found.size_requirements.multiple_of), _window_px(found.model))
    step *= max(1, math.ceil(int(found.size_requirements.minimum) / step))
    halo_px, feather_px = _tile_joins(source, found, step)
    card = ModelCard(
        path=target,
        title=name,
        network=f"{FOREIGN_PREFIX}{family}",
        network_args={},
        scale=int(found.scale),
        halo_px=halo_px,
        feather_px=feather_px,
        multiple_of=step,
        license="unknown",
        description=f"A model of the {family} family from another program. Its licence is that of "
        "the place it comes from.",
        training="elsewhere",
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_tensors({name: tensor.numpy() for name, tensor in tensors.items()}, card)
    except OSError as error:
        raise ModelError(target, name, f"cannot be written: {error.strerror}") from error
    return read_card(target)


def build_foreign_network(card: ModelCard, tensors: dict[str, Tensor]) -> nn.Module:
    """Return the network of a card that names spandrel, with its weights.

    Raises:
        ModelUnsupportedError: spandrel is missing or does not know it.
    """
    network: nn.Module = _recognise(card.path, tensors)[1].model
    return network


def _read(source: Path) -> dict[str, Tensor]:
    """Return a file's weights in fp32, by name."""
    import torch
    from safetensors.torch import load_file

    try:
        if source.suffix.lower() in TORCH_SUFFIXES:
            content = load_torch_file(source, limit_bytes=LIMIT_BYTES)
        elif source.stat().st_size > LIMIT_BYTES:
            raise ValueError(f"is larger than {LIMIT_BYTES / 2**30:g} GiB")
        else:
            content = load_file(source)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise ModelDamagedError(source, source.name, reason) from error
    except (SafetensorError, ValueError) as error:
        raise ModelDamagedError(source, source.name, f"is refused: it {error}") from error
    if isinstance(content, dict):
        # As training programs nest them; the average of the weights is the best of them.
        for key in ("params_ema", "params", "state_dict", "model"):
            if isinstance(content.get(key), dict):
                content = content[key]
                break
    tensors = {
        str(name).removeprefix("module."): tensor
        for name, tensor in (content.items() if isinstance(content, dict) else ())
        if isinstance(tensor, torch.Tensor)
    }
    if not tensors:
        raise ModelUnsupportedError(source, source.name, "holds no weights")
    # A tensor may say that it is larger than what the file holds of it.
    if sum(tensor.numel() for tensor in tensors.values()) > LIMIT_BYTES / 4:
        raise ModelDamagedError(source, source.name, "is refused: its tensors are too large")
    try:
        return {name: _plain(tensor) for name, tensor in tensors.items()}
    except (RuntimeError, TypeError) as error:
        reason = "holds weights that are sparse, quantised or of another unknown kind"
        raise ModelUnsupportedError(source, source.name, reason) from error


def _plain(tensor: Tensor) -> Tensor:
    """Return a tensor's content as a dense one of its own, real numbers in fp32.

    Raises:
        RuntimeError, TypeError: It is sparse, nested, quantised, complex or without content.
    """
    if tensor.is_complex():
        raise TypeError("complex")
    tensor = tensor.detach()
    plain = (tensor.float() if tensor.is_floating_point() else tensor).contiguous().clone()
    plain.numpy()  # raises where there is no plain content, as for a tensor on torch's "meta"
    return plain


def _recognise(path: Path, tensors: dict[str, Tensor]) -> tuple[str, Any]:
    """Return the family and what spandrel found."""
    spandrel = import_spandrel(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own ways of calling torch
            found = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(tensors))
    except (spandrel.UnsupportedModelError, RuntimeError, KeyError, ValueError, TypeError,
            AssertionError, IndexError) as error:  # fmt: skip
        raise ModelUnsupportedError(path, path.stem, "is of an unknown network") from error
    family = str(found.architecture.id)
    if family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelUnsupportedError(path, path.stem, f"is a {family}; what runs here is {known}")
    if found.input_channels != 3 or found.output_channels != 3:
        raise ModelUnsupportedError(path, path.stem, "does not take and give three colours")
    if found.size_requirements.square or not 1 <= found.scale <= 16:
        raise ModelUnsupportedError(path, path.stem, "takes sizes that photographs do not have")
    return family, found


def _tile_joins(source: Path, found: Any, step: int) -> tuple[int, int]:
    import torch

    try:
        with torch.inference_mode():
            probe = found.model.eval()(torch.zeros(1, 3, 2 * step, 3 * step))
        if probe.shape != (1, 3, 2 * step * found.scale, 3 * step * found.scale):
            raise RuntimeError(f"its result has the shape {tuple(probe.shape)}")
        return tile_joins(found.model, int(found.scale), multiple_of=step)
    except RuntimeError as error:
        raise ModelUnsupportedError(source, source.stem, f"cannot run: {error}") from error


def _window_px(network: Any) -> int:
    """Return the side of a network's attention windows, 1 for one that has none."""
    size = getattr(network, "window_size", 1)
    return int(size) if isinstance(size, int) and size > 0 else 1


def import_spandrel(path: Path) -> Any:
    """Return the module spandrel.

    Args:
        path: The model that needs it, for the message.

    Raises:
        ModelUnsupportedError: It is not installed.
    """
    try:
        stand_ins = _torchvision_stand_ins()
        sys.modules.update(stand_ins)
        try:
            return importlib.import_module("spandrel")
        finally:
            for name in stand_ins:
                sys.modules.pop(name, None)
    except ImportError as error:
        reason = f"needs the library spandrel; this installs it: {HOW_TO_INSTALL}"
        if getattr(sys, "frozen", False):
            reason = "needs the library spandrel, which the packaged program does not have"
        raise ModelUnsupportedError(path, path.stem, reason) from error


def _torchvision_stand_ins() -> dict[str, ModuleType]:
    """Return what spandrel can be imported with where torchvision cannot.

    WORKAROUND: spandrel imports three names of torchvision, for networks that are not run here,
    and torchvision's wheel for Linux does not work beside the CPU build of torch.
    """
    name = "torchvision.transforms.functional"
    if "spandrel" in sys.modules:
        return {}
    try:
        importlib.import_module(name)
    except (ImportError, RuntimeError, OSError):
        modules = [name.rsplit(".", level)[0] for level in (2, 1)] + [name]
        stand_ins = {module: ModuleType(module) for module in modules}
        for wanted in ("normalize", "rotate", "InterpolationMode"):
            setattr(stand_ins[name], wanted, None)
        return stand_ins
    return {}
