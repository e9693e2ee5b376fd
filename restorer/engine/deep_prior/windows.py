"""Which windows of a photograph networks are fitted to, and in which order."""

from __future__ import annotations

import math
from collections.abc import Iterator

from restorer.engine.deep_prior.prior import Mask, Picture
from restorer.engine.deep_prior.recipes import Recipe
from restorer.engine.device import Device, free_memory_bytes
from restorer.engine.tiles import MIN_TILE_PX, Tile, plan_tiles, plan_tiles_around
from restorer.errors import MaskError, SettingsError

HALO_PX = 64  # tiles overlap by twice this, and their results fade into each other there
AUTO_TILE_PX = 512  # larger pictures take more iterations, so that tiles are quicker in all
WHOLE_PX = 1 << 30  # a side for the picture as it is
MEMORY_SHARE = 0.5  # of what is free
JUDGES = 3  # tiles that stop themselves; the others do as many iterations as their median


def choose_tile_px(
    choice: str | int, recipe: Recipe, device: Device, known: Mask | None = None
) -> int:
    """Return the side of a tile's core; a picture of one window's side is not cut at all.

    What is chosen automatically is large enough for the damage.

    Raises:
        SettingsError: There is no such choice.
    """
    if choice == "whole":
        return WHOLE_PX
    if choice == "auto":
        fitting = math.sqrt(MEMORY_SHARE * free_memory_bytes(device) / recipe.bytes_per_px)
        tile_px = max(MIN_TILE_PX, min(AUTO_TILE_PX, int(fitting) - 2 * HALO_PX))
        while known is not None and tile_px < max(known.shape):
            try:
                tiles_to_fit(known.shape[0], known.shape[1], tile_px, known)
                break
            except MaskError:
                tile_px *= 2
        return tile_px
    if not isinstance(choice, int) or choice < MIN_TILE_PX:
        raise SettingsError(
            f"tile must be auto, whole or at least {MIN_TILE_PX} pixels, not {choice!r}."
        )
    return choice


def core_px(height: int, width: int, tile_px: int) -> int:
    """Return the longest side of a core: a picture of one window's side is not cut at all."""
    longest = max(height, width)
    return longest if longest <= tile_px + 2 * HALO_PX else tile_px


def tiles_to_fit(height: int, width: int, tile_px: int, known: Mask | None) -> list[Tile]:
    """Return the tiles that are fitted: all of a picture, or of one with damage where that is.

    Raises:
        MaskError: A tile is all damage.
    """
    if known is None or tile_px == WHOLE_PX:
        side = core_px(height, width, tile_px)
        return plan_tiles(height, width, tile_px=side, halo_px=HALO_PX)
    tiles = plan_tiles_around(~known, tile_px=tile_px, halo_px=HALO_PX)
    for tile in tiles:
        top, left, bottom, right = tile.window
        if not known[top:bottom, left:right].any():
            raise MaskError(
                f"The damage is larger than tiles of {tile_px} pixels; --tile whole has no such "
                "limit, but may need much memory."
            )
    return tiles


def judges_first(tiles: list[Tile], picture: Picture) -> Iterator[Tile]:
    """Yield all tiles, first those of medium structure: they decide how long the others run."""
    if len(tiles) <= JUDGES:
        yield from tiles
        return

    def structure(tile: Tile) -> float:
        top, left, bottom, right = tile.core
        return float(picture[top:bottom, left:right].std())

    ranked = sorted(tiles, key=structure)
    judges = [ranked[len(ranked) * (index + 1) // (JUDGES + 1)] for index in range(JUDGES)]
    yield from judges
    yield from (tile for tile in tiles if tile not in judges)
