"""Colours under transparent parts, which nobody sees and every filter does."""

from __future__ import annotations

import cv2
import numpy as np

from restorer.engine.photo import Photo, Pixels


def with_colours_filled(photo: Photo) -> Photo:
    """Return the photo with the colour of the nearest visible pixel under fully transparent ones.

    What programs leave there (often black) would else bleed into the edges of what is visible
    when the picture is enlarged. The alpha stays.
    """
    if photo.alpha is None:
        return photo
    return photo.with_pixels(filled(photo.pixels, photo.alpha), photo.alpha)


def filled(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Return the pixels, (H, W, 3), with those of alpha 0 replaced by their nearest visible one."""
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return pixels
    _, labels = cv2.distanceTransformWithLabels(
        hidden.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Each visible pixel has a label of its own: from the label back to its place.
    place = np.zeros(int(labels.max()) + 1, np.int64)
    visible = np.flatnonzero(~hidden)
    place[labels.ravel()[visible]] = visible
    result = pixels.copy()
    result[hidden] = pixels.reshape(-1, 3)[place[labels[hidden]]]
    return result
