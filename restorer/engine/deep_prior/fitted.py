"""What came of fitting networks to a photograph, and what it can still be changed into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from restorer.engine.deep_prior.prior import CHECK_EVERY, Picture
from restorer.engine.deep_prior.prior_picture import to_picture, to_pixels
from restorer.engine.photo import Photo
from restorer.engine.tiles import Tile

Snapshot = NDArray[np.uint16]  # (H, W, C), 0..65535 for 0..1

SNAPSHOTS = 10
SNAPSHOT_BYTES = 512 << 20  # for all of them; of a large photograph there are fewer
FIRST_SNAPSHOT = 100  # iterations; before them the average has hardly begun


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted photograph.

    Attributes:
        photo: The original.
        picture: (H, W, C), 0..1: the kept one.
        kept_iteration: Where it was kept; with several runs or tiles their median.
        facts: How it was made, for the JSON.
        snapshots: The average on its way, by the iteration, if somebody watched.
    """

    photo: Photo
    picture: Picture
    kept_iteration: int
    facts: Mapping[str, object]
    snapshots: Mapping[int, Snapshot] = field(default_factory=dict)

    @property
    def iterations(self) -> tuple[int, ...]:
        """At which there is a picture, in order; the kept one is among them."""
        return tuple(sorted({self.kept_iteration, *self.snapshots}))

    def blended(self, *, strength: float, iteration: int | None = None) -> Photo:
        """Return the picture of an iteration blended with the original.

        Args:
            strength: 0 (the original) to 100 (the picture).
            iteration: One of iterations; None for the kept one.
        """
        picture = self.picture
        if iteration is not None and iteration != self.kept_iteration:
            picture = self.snapshots[iteration] * np.float32(1 / 65535)
        original = to_picture(self.photo)
        blended = original + np.float32(strength / 100) * (picture - original)
        return self.photo.with_pixels(to_pixels(blended, self.photo), self.photo.alpha)


def snapshot_iterations(shape: tuple[int, ...], last: int) -> tuple[int, ...]:
    """Return when to take snapshots: denser in the beginning, where most changes.

    Args:
        shape: (H, W, C) of the picture.
        last: Iteration the run may go to.
    """
    count = min(SNAPSHOTS, SNAPSHOT_BYTES // (2 * int(np.prod(shape))))
    if count == 0 or last < CHECK_EVERY:
        return ()
    spread = np.geomspace(min(FIRST_SNAPSHOT, last), last, count)
    return tuple(sorted({int(at) // CHECK_EVERY * CHECK_EVERY for at in spread.round()} - {0}))


class Snapshots:
    """Pictures of the whole photograph on the way to its result, put together from the tiles'.

    Args:
        picture: The original; it shows where no tile was fitted.
        iterations: When they are taken; none take no memory.

    Attributes:
        iterations: As given.
        pictures: (N, H, W, C), 0..65535.
    """

    def __init__(self, picture: Picture, iterations: tuple[int, ...]) -> None:
        self.iterations = iterations
        self.pictures = np.empty((len(iterations), *picture.shape), np.uint16)
        self.pictures[:] = to_snapshot(picture) if iterations else 0

    def add(self, parts: Snapshot, tile: Tile, share: NDArray[np.float32]) -> None:
        """Blend a tile's snapshots in.

        Args:
            parts: (N, h, w, C), 0..65535.
            tile: Where they belong.
            share: (h, w, 1), 0..1: what they take of the pixels.
        """
        top, left, bottom, right = tile.window
        for whole, part in zip(self.pictures, parts, strict=True):
            old = whole[top:bottom, left:right]
            old[:] = np.rint(old + share * (part.astype(np.float32) - old))

    def up_to(self, iteration: int) -> dict[int, Snapshot]:
        """Return those taken by then, by the iteration."""
        pairs = zip(self.iterations, self.pictures, strict=True)
        return {at: picture for at, picture in pairs if at <= iteration}


def to_snapshot(picture: Picture) -> Snapshot:
    """Return a picture, 0..1, in 16 bits."""
    snapshot: Snapshot = np.rint(np.clip(picture, 0, 1) * np.float32(65535)).astype(np.uint16)
    return snapshot
