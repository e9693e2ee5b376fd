"""What all modes share that run a network of a model file over a photograph."""

from __future__ import annotations

import logging
import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from restorer.engine.agreement import AgreeingWriter, agree
from restorer.engine.detail import find_pair
from restorer.engine.device import Device, choose_device, choose_precision, free_ram_bytes
from restorer.engine.inference import Inference
from restorer.engine.jobs import RunContext
from restorer.engine.mode import (
    FloatParam,
    Mode,
    Param,
    Restored,
    RowReader,
    Step,
    WriterFactory,
)
from restorer.engine.model_files import ModelCard
from restorer.engine.photo import Photo, Pixels
from restorer.engine.resize import ResizingWriter, resize
from restorer.engine.tiles import (
    MIN_TILE_PX,
    MemoryReader,
    MemoryWriter,
    PhotoReader,
    Tile,
    run_tiled,
)
from restorer.engine.transparency import filled, with_colours_filled
from restorer.errors import (
    DeviceLostError,
    PhotoTooLargeError,
    SettingsError,
    WrongNumbersError,
)
from restorer.text import mark

log = logging.getLogger(__name__)

T = TypeVar("T")
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
PASSES_SHARE = 0.95  # of the progress; the rest is the agreement, where it is wanted
HIGHEST_DB = 120.0  # JSON has no infinity
BAND_BYTES = 200 * 2**20  # of a row of tiles at the network's scale, when rows are streamed
BAND_ROWS = 256  # looked at for colours at once
RAM_SHARE = 0.8  # of what is free, for the results of all passes
DETAIL = FloatParam(
    key="detail",
    label=mark("modes", "Detail"),
    # What is invented stays below what the SRGAN alone would invent, and PSNR and LPIPS are both
    # better than the mean of the ends.
    default=50,
    minimum=0,
    maximum=100,
    ends=(mark("modes", "Faithful"), mark("modes", "Invented")),
)


class NetworkMode(Mode):
    """Runs the network of a model once or more times over the whole photograph.

    Agreement with the original is sought once, at the end and at the final size, whatever led
    there. What has no colours gets none, also where the file has three channels.
    """

    needs_model = True

    def params_for(self, card: ModelCard | None) -> tuple[Param, ...]:
        """Return the params; without the detail for a model that has no partner.

        Also without the agreement for one that removes damage: it would bring the damage back.
        """
        idle = set()
        if card is None or find_pair(card) is None:
            idle.add("detail")
        if card is None or removes_damage(card):
            idle.add("agree")
        return tuple(param for param in self.params if param.key not in idle)

    @abstractmethod
    def passes(self, step: Step) -> int:
        """Return how often the network runs."""

    def card_used(self, step: Step) -> ModelCard | None:
        """Return the step's model, None for a mere change of size."""
        return step.card if self.passes(step) > 0 else None

    def own_facts(self, step: Step) -> dict[str, object]:
        """Return figures of this mode alone, for Restored.facts."""
        return {}

    def wants_agreement(self, step: Step) -> bool:
        """Return whether agreement with the original is sought."""
        if not any(param.key == "agree" for param in self.params_for(step.card)):
            return False
        return step.flag("agree") and self.passes(step) > 0

    def restore(self, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        """Return the restored photo; its alpha goes through the same network where it enlarges."""
        card = self._card(step)
        agrees = self.wants_agreement(step)
        _check_memory(photo, card.scale ** self.passes(step), agrees=agrees)
        return _run(step, ctx, lambda inference: self._restore(inference, photo, step, ctx))

    def working_pixels(self, height: int, width: int, step: Step) -> int | None:
        """Return the size of the network's picture; more than one pass needs all of it."""
        if step.card is None or self.passes(step) > 1:
            return None
        target = math.prod(self.output_size(height, width, step))
        enlarged: int = height * width * step.card.scale ** (2 * self.passes(step))
        return max(target, enlarged)

    def restore_rows(
        self, reader: RowReader, make_writer: WriterFactory, step: Step, ctx: RunContext
    ) -> Mapping[str, object]:
        """Restore a picture row of tiles by row of tiles; the same pixels as restore() gives."""
        self._card(step)
        return _run(
            step,
            ctx,
            lambda inference: _restore_rows(self, inference, reader, make_writer, step, ctx),
        )

    def _card(self, step: Step) -> ModelCard:
        if step.card is None:
            raise SettingsError(f"The mode {self.id} needs a model.")
        if not self.fits(step.card):
            raise SettingsError(f"The model {step.card.name} is not for the mode {self.id}.")
        return step.card

    def _restore(self, inference: Inference, photo: Photo, step: Step, ctx: RunContext) -> Restored:
        height, width = self.output_size(photo.height, photo.width, step)
        passes, wants_agreement = self.passes(step), self.wants_agreement(step)
        tile_px = inference.tile_px(step.compute.tile)
        enlarged = with_colours_filled(photo)
        used_px = 0
        for index in range(passes):
            part = _pass_context(
                ctx.share(0, PASSES_SHARE) if wants_agreement else ctx,
                index, passes, inference.card.scale,
            )  # fmt: skip
            enlarged, used_px = _enlarge(enlarged, inference, tile_px, part)
        if (enlarged.height, enlarged.width) != (height, width):
            ctx.raise_if_cancelled()
            alpha = None if enlarged.alpha is None else resize(enlarged.alpha, height, width)
            enlarged = enlarged.with_pixels(resize(enlarged.pixels, height, width), alpha)
        agreement_db = None
        if wants_agreement:
            enlarged, agreement_db = _agreed(enlarged, photo, ctx.share(PASSES_SHARE, 1))
        facts = _facts(self, step, inference, used_px) | {"agreement_db": agreement_db}
        return Restored(enlarged, facts)


def _run(step: Step, ctx: RunContext, restore: Callable[[Inference], T]) -> T:
    """Restore with the step's network on its device; where that fails, with the processor."""

    def run_on(device: Device, precision: str) -> T:
        assert step.card is not None
        ctx.step("load", 0, 0)
        pair, detail = find_pair(step.card), step.value("detail")
        return restore(Inference(step.card, device, precision, pair=pair, detail=detail))

    device = choose_device(step.compute.device)
    try:
        return run_on(device, choose_precision(device, step.compute.precision))
    except (DeviceLostError, WrongNumbersError) as error:
        if device.name == "cpu":
            raise
        # From the beginning: what another device computed differs in the last bits.
        log.warning("%s Going on with the processor.", error)
        return run_on(choose_device("cpu"), "fp32")


def _facts(mode: NetworkMode, step: Step, inference: Inference, tile_px: int) -> dict[str, object]:
    card = mode.card_used(step)
    has_detail = card is not None and find_pair(card) is not None
    return {
        "device": inference.device.name,
        "precision": inference.precision,
        "tile_px": tile_px,
        "model": None if card is None else card.name,
        **mode.own_facts(step),
        "detail": step.value("detail") if has_detail else None,
        "agreement_db": None,
    }


def _restore_rows(
    mode: NetworkMode,
    inference: Inference,
    reader: RowReader,
    make_writer: WriterFactory,
    step: Step,
    ctx: RunContext,
) -> Mapping[str, object]:
    card = inference.card
    header, has_alpha = reader.header, reader.channels == 4
    constant = reader.constant_alpha() if has_alpha else None
    has_pass = mode.passes(step) > 0
    scale = card.scale if has_pass else 1
    is_gray = header.is_gray or (has_pass and is_colourless(reader.again()))

    def restore_window(window: Pixels, window_ctx: RunContext) -> Pixels:
        colours = window[..., :3]
        if has_alpha and constant != 0:
            colours = filled(colours, window[..., 3])
        if not has_pass:
            return np.dstack((colours, window[..., 3])) if has_alpha else colours
        is_twofold = has_alpha and constant is None and scale > 1
        first, second = (window_ctx.part(i, 2) if is_twofold else window_ctx for i in (0, 1))
        restored = inference.restore(colours, first)
        large = _quantise(_gray(restored) if is_gray else restored, header)
        if not has_alpha:
            return large
        if constant is not None:
            return np.dstack((large, np.full(large.shape[:2], constant, large.dtype)))
        if scale == 1:
            return np.dstack((large, window[..., 3]))
        three = np.repeat(window[..., 3:], 3, axis=2)
        alpha = _quantise(_gray(inference.restore(three, second)), header)[..., 0]
        return np.dstack((large, alpha))

    # A row of tiles is in memory at once: at the network's scale, and resized.
    row_bytes = reader.width * scale**2 * reader.channels * header.pixels.itemsize
    tile_px = min(inference.tile_px(step.compute.tile), max(MIN_TILE_PX, BAND_BYTES // row_bytes))
    facts = _facts(mode, step, inference, tile_px)
    writer = make_writer(facts)
    size = (reader.height * scale, reader.width * scale)
    target = mode.output_size(reader.height, reader.width, step)
    dtype = header.pixels.dtype
    agreeing = None
    if mode.wants_agreement(step):
        writer = agreeing = AgreeingWriter(
            writer, reader.again(), target, channels=reader.channels, dtype=dtype, ctx=ctx
        )
    if size != target:
        writer = ResizingWriter(writer, size, target, channels=reader.channels, dtype=dtype)
    used_px = run_tiled(
        reader,
        writer,
        restore_window,
        scale=scale,
        # What is filled below transparent parts comes from farther away than the network sees.
        halo_px=card.halo_px * (3 if has_alpha and constant is None else 1),
        feather_px=card.feather_px if has_pass else 0,
        multiple_of=card.multiple_of,
        tile_px=tile_px,
        ctx=ctx,
    )
    if used_px < min(tile_px, max(reader.height, reader.width)):
        inference.ran_out(used_px)
    if agreeing is not None:
        facts["agreement_db"] = _rounded(agreeing.agreement_db)
    return {**facts, "tile_px": used_px}


def _enlarge(
    photo: Photo, inference: Inference, tile_px: int, ctx: RunContext
) -> tuple[Photo, int]:
    """Return the photo after one pass of the network, and the tile side that was used."""
    keeps_alpha = inference.card.scale == 1
    has_shape = (
        photo.alpha is not None
        and not keeps_alpha
        and bool((photo.alpha != photo.alpha.flat[0]).any())
    )
    pixels_ctx, alpha_ctx = (ctx.part(0, 2), ctx.part(1, 2)) if has_shape else (ctx, ctx)

    def show(tile: Tile, part: Pixels) -> None:
        top, left, bottom, right = tile.core
        height, width = photo.height, photo.width
        region = (top / height, left / width, bottom / height, right / width)
        pixels_ctx.preview(region, photo.with_pixels(part))

    def run(pixels: Pixels, *, gray: bool, part: RunContext) -> tuple[Pixels, int]:
        def restore_window(window: Pixels, window_ctx: RunContext) -> Pixels:
            restored = inference.restore(window, window_ctx)
            return _quantise(_gray(restored) if gray else restored, photo)

        scale = inference.card.scale
        writer = MemoryWriter(pixels.shape[0] * scale, pixels.shape[1] * scale, pixels.dtype)
        used_px = run_tiled(
            MemoryReader(pixels),
            writer,
            restore_window,
            scale=scale,
            halo_px=inference.card.halo_px,
            feather_px=inference.card.feather_px,
            multiple_of=inference.card.multiple_of,
            tile_px=tile_px,
            ctx=part,
            on_tile=show if part is pixels_ctx else lambda tile, pixels: None,
        )
        if used_px < min(tile_px, max(pixels.shape[:2])):
            inference.ran_out(used_px)
        return writer.pixels, used_px

    is_gray = photo.is_gray or is_colourless(MemoryReader(photo.pixels))
    pixels, used_px = run(photo.pixels, gray=is_gray, part=pixels_ctx)
    alpha = photo.alpha if keeps_alpha else None
    if photo.alpha is not None and has_shape:
        three = np.repeat(photo.alpha[:, :, None], 3, axis=2)
        alpha = np.ascontiguousarray(run(three, gray=True, part=alpha_ctx)[0][:, :, 0])
    elif photo.alpha is not None and not keeps_alpha:
        alpha = np.full(pixels.shape[:2], photo.alpha.flat[0])
    return photo.with_pixels(pixels, alpha), used_px


def is_colourless(reader: PhotoReader) -> bool:
    """Say whether red, green and blue are equal everywhere; reads down to the first colour."""
    for top in range(0, reader.height, BAND_ROWS):
        band = reader.read((top, 0, min(reader.height, top + BAND_ROWS), reader.width))
        if (band[..., :1] != band[..., 1:3]).any():
            return False
    return True


def _agreed(enlarged: Photo, original: Photo, ctx: RunContext) -> tuple[Photo, float]:
    """Return the photo in agreement with the original, and how well, dB; its alpha is left."""
    agreed = agree(enlarged.pixels, original.pixels, ctx, alpha=original.alpha)
    return enlarged.with_pixels(agreed.pixels, enlarged.alpha), _rounded(agreed.agreement_db)


def _rounded(decibels: float) -> float:
    return round(min(decibels, HIGHEST_DB), 2)


def _gray(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat((pixels @ LUMA)[:, :, None], 3, axis=2)


def _quantise(pixels: NDArray[np.float32], like: Photo) -> Pixels:
    """Return 0..1 as integers of the photo's depth, rounded; values outside are clipped."""
    scaled = pixels * np.float32(like.max_value)
    np.clip(np.rint(scaled, out=scaled), 0, like.max_value, out=scaled)
    quantised: Pixels = scaled.astype(like.pixels.dtype)
    return quantised


def removes_damage(card: ModelCard) -> bool:
    """Return whether a model was trained with noise, JPEG and the like."""
    return card.degradation not in ("", "bicubic", "opencv")


def _pass_context(ctx: RunContext, index: int, passes: int, network_scale: int) -> RunContext:
    """Return the share of a pass: each takes network_scale**2 times as long as the one before."""
    works = [network_scale ** (2 * before) for before in range(passes)]
    return ctx.share(sum(works[:index]) / sum(works), sum(works[: index + 1]) / sum(works))


def _check_memory(photo: Photo, scale: int, *, agrees: bool) -> None:
    """Refuse a result that cannot be held before any work is done.

    Raises:
        PhotoTooLargeError: It would not fit in the free memory.
    """
    channels = (3 if photo.alpha is None else 4) + (3 if agrees else 0)  # one more result
    bytes_per_megapixel = 1e6 * channels * photo.pixels.itemsize
    limit_megapixels = RAM_SHARE * free_ram_bytes() / bytes_per_megapixel
    megapixels = photo.megapixels * scale**2
    if megapixels > limit_megapixels:
        raise PhotoTooLargeError(
            photo.source,
            megapixels=megapixels,
            limit_megapixels=limit_megapixels,
            verb="would grow to",
        )
