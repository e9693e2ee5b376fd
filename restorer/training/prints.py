"""What happens to photographs on film and paper.

Each effect takes pictures (N, 3, H, W), range 0..1, and gives such, on any device; all chance
comes from the generator, which is drawn from on the CPU. The ranges were set by eye on scans of
old prints, where no source is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from restorer.training.noise import column, correlated_noise, draw_seed

Effect = Callable[[Tensor, np.random.Generator], Tensor]
GRAIN_SIGMA_255 = (2.0, 24.0)
GRAIN_SIZE_PX = (0.4, 1.4)
SCREEN_ANGLES = (15.0, 75.0, 0.0)  # degrees: cyan, magenta and yellow act on R, G, B
GRAY_SCREEN_ANGLE = 45.0


def film_grain(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Grain: noise that neighbours share, strongest in the middle tones.

    In Newson, Delon and Galerne, "A Stochastic Film Grain Model for Resolution-Independent
    Rendering", 2017, Computer Graphics Forum 36 (8), grains cover the film as random discs, so the
    variance of a tone x is in proportion to x (1 - x). Differs: normal noise under a Gaussian blur
    stands for the discs. Standard deviation at middle grey 2..24 of 255, blur 0.4..1.4 px, the
    same in all colours or, one time in three, in each its own.
    """
    strength = column(rng.uniform(*GRAIN_SIGMA_255, len(x)) / 255, x)
    size_px = rng.uniform(*GRAIN_SIZE_PX)
    channels = 3 if rng.random() < 1 / 3 else 1
    shape = (len(x), channels, *x.shape[2:])
    grain = correlated_noise(
        (shape[0], shape[1], shape[2], shape[3]),
        draw_seed(rng),
        x.device,
        sigma_px=(size_px, size_px),
    )
    tone = x.clamp(0, 1)
    return x + strength * 2 * (tone * (1 - tone)).sqrt() * grain


def fade(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Fading and a cast: black rises to 0..0.25, white falls to 0.75..1, per colour +-0.08.

    A reversible change of tones rather than a loss: a network that learns to undo it changes the
    colours of every photograph, so it is off unless it is asked for.
    """
    black = rng.uniform(0, 0.25) + rng.uniform(-0.08, 0.08, (len(x), 3))
    white = rng.uniform(0.75, 1.0) + rng.uniform(-0.08, 0.08, (len(x), 3))
    low, high = (torch.from_numpy(v).to(x)[:, :, None, None] for v in (black, white))
    return (low + (high - low) * x).clamp(0, 1)


def dust(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Specks of irregular shape, white as from dust on a negative or dark as on a scanner's glass.

    Where smooth noise (blur 0.8..2.2 px) exceeds a threshold of 3 to 3.7 standard deviations:
    between one place in a thousand and one in ten thousand.
    """
    size_px = rng.uniform(0.8, 2.2)
    spots = _excursions(x, rng, sigma_px=(size_px, size_px), threshold=rng.uniform(3.0, 3.7))
    return _cover(x, spots, rng)


def scratches(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Fine scratches, almost parallel, as the film's own transport makes them.

    As dust, with noise blurred along a line (12..40 px by 0.5..0.8 px) and a threshold of 2.4 to
    3.2.
    """
    long_px, thin_px = rng.uniform(12, 40), rng.uniform(0.5, 0.8)
    lines = _excursions(
        x, rng, sigma_px=(long_px, thin_px), threshold=rng.uniform(2.4, 3.2),
        angle=rng.uniform(0, math.pi),
    )  # fmt: skip
    return _cover(x, lines, rng)


def halftone(x: Tensor, rng: np.random.Generator) -> Tensor:
    """The dots of a printed picture: 3..6 px apart, a screen at its own angle for each ink.

    A tone becomes ink where it is below a screen of cosines (Ulichney, "Digital Halftoning", 1987,
    chapter 5), with soft edges as of ink and lens, mixed with the picture at 40..90 %. Grey
    pictures and one coloured one in three get a single screen at 45 degrees, the others the
    printers' 15, 75 and 0 degrees.
    """
    period_px = rng.uniform(3, 6)
    softness = rng.uniform(0.08, 0.25)
    share = rng.uniform(0.4, 0.9)
    is_gray = bool((x[:, :1] == x[:, 1:]).all()) or rng.random() < 1 / 3
    turned = rng.uniform(-10, 10)
    angles = np.radians(turned + np.array((GRAY_SCREEN_ANGLE,) * 3 if is_gray else SCREEN_ANGLES))
    down = torch.arange(x.shape[2], device=x.device, dtype=torch.float32)[:, None]
    right = torch.arange(x.shape[3], device=x.device, dtype=torch.float32)[None, :]
    screens = []
    for angle in angles:
        along = (right * math.cos(angle) + down * math.sin(angle)) * (2 * math.pi / period_px)
        across = (down * math.cos(angle) - right * math.sin(angle)) * (2 * math.pi / period_px)
        screens.append(0.5 + 0.25 * (torch.cos(along) + torch.cos(across)))
    dots = torch.sigmoid((x - torch.stack(screens)) / softness)  # (N, 3, H, W)
    return x + share * (dots - x)


def paper(x: Tensor, rng: np.random.Generator) -> Tensor:
    """The texture of yellowed paper: fibres in the brightness, stains in the yellow.

    Fibres of 0.6..3 px make the light parts 1..5 % brighter and darker; stains of 10..40 px take
    2..8 % of the blue and a third of that of the green. Both have the mean 0: yellowing as a whole
    is a cast, which fade has.
    """
    shape = (len(x), 1, x.shape[2], x.shape[3])
    fibre_px, stain_px = rng.uniform(0.6, 3.0), rng.uniform(10, 40)
    angle = rng.uniform(0, math.pi)
    fibres = correlated_noise(
        shape, draw_seed(rng), x.device, sigma_px=(2 * fibre_px, fibre_px), angle=angle
    )
    stains = correlated_noise(shape, draw_seed(rng), x.device, sigma_px=(stain_px, stain_px))
    brightness = 1 + rng.uniform(0.01, 0.05) * fibres
    yellow = rng.uniform(0.02, 0.08) * stains * x.new_tensor((0.0, 1 / 3, 1.0)).view(1, 3, 1, 1)
    return x * brightness * (1 - yellow)


PRINT_EFFECTS: dict[str, Effect] = {
    "grain": film_grain,
    "dust": dust,
    "scratches": scratches,
    "halftone": halftone,
    "paper": paper,
    "fading": fade,
}


def _excursions(
    x: Tensor, rng: np.random.Generator, *, sigma_px: tuple[float, float], threshold: float,
    angle: float = 0.0,
) -> Tensor:  # fmt: skip
    """Return (N, 1, H, W), 0..1: where smooth noise rises above a threshold, with soft edges."""
    field = correlated_noise(
        (len(x), 1, x.shape[2], x.shape[3]),
        draw_seed(rng),
        x.device,
        sigma_px=sigma_px,
        angle=angle,
    )
    return ((field - threshold) * 4).clamp(0, 1)


def _cover(x: Tensor, spots: Tensor, rng: np.random.Generator) -> Tensor:
    """Return pictures with spots of one tone: light three times out of four."""
    tone = rng.uniform(0.8, 1.0) if rng.random() < 0.75 else rng.uniform(0.0, 0.25)
    return x + spots * rng.uniform(0.5, 1.0) * (tone - x)
