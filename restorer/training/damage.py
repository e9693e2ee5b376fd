"""What photographs have gone through, made on purpose: the pairs a network learns to restore from.

Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data",
2021, arXiv:2107.10833, section 3 (second-order degradation), after effects of film and paper
(restorer/training/prints.py). Everything runs on the pictures' device, and all of it follows from
a seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from restorer.errors import SettingsError
from restorer.training.jpeg import jpeg
from restorer.training.kernels import blur, draw_kernel, draw_sinc
from restorer.training.noise import sensor_noise
from restorer.training.prints import PRINT_EFFECTS

# Crops that share the order of steps, sizes and print effects; kernels, noise and quality are each
# crop's own. In Real-ESRGAN's published code a whole batch shares the former.
GROUP = 4
MIN_SIDE_PX = 16  # the kernels' mirrored border is 10 px wide
RESIZE_MODES = ("area", "bilinear", "bicubic")

Range = tuple[float, float]


@dataclass(frozen=True)
class Stage:
    """Blur, resize, noise and JPEG, each with its chance and range.

    Attributes:
        chance: Of the stage; left out otherwise.
        blur_chance: Of a blur.
        blur_sigma_px: Standard deviations of the kernels.
        sinc_chance: Share of sinc kernels among them.
        enlarge_chance: Of a size above the picture's.
        shrink_chance: Of one below; else it stays.
        resize: Smallest and largest factor.
        noise_chance: Of noise.
        sigma_255: Standard deviation of normal noise, which half of the noisy crops get.
        photon: Strength of Poisson's noise, which the other half gets.
        gray_chance: Of noise that is the same in all colours.
        jpeg_chance: Of JPEG.
        quality: Of JPEG.
    """

    chance: float = 1.0
    blur_chance: float = 1.0
    blur_sigma_px: Range = (0.2, 3.0)
    sinc_chance: float = 0.1
    enlarge_chance: float = 0.2
    shrink_chance: float = 0.7
    resize: Range = (0.15, 1.5)
    noise_chance: float = 1.0
    sigma_255: Range = (1, 30)
    photon: Range = (0.05, 3)
    gray_chance: float = 0.4
    jpeg_chance: float = 1.0
    quality: tuple[int, int] = (30, 95)


_NOTHING = Stage(blur_chance=0, enlarge_chance=0, shrink_chance=0, noise_chance=0, jpeg_chance=0)


@dataclass(frozen=True)
class Damage:
    """A choice of what is done to a photograph.

    Attributes:
        prints: Chance of each effect of prints.PRINT_EFFECTS, before all stages.
        kept: The same for effects that the network is to leave alone: the photograph itself has
            them, see with_kept.
        stages: Done in turn.
        alone: Stages of which some crops go through one, and through nothing else.
        alone_chance: Of those crops.
        ringing_chance: Of a last sinc filter, before or after the last JPEG.
        untouched_chance: Of crops that are made smaller by the bicubic and nothing else, so that a
            network leaves alone what is fine.
    """

    prints: Mapping[str, float] = field(default_factory=dict)
    kept: Mapping[str, float] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    alone: tuple[Stage, ...] = ()
    alone_chance: float = 0.0
    ringing_chance: float = 0.0
    untouched_chance: float = 0.0


_PRINTS = {"grain": 0.25, "dust": 0.06, "scratches": 0.06, "halftone": 0.04, "paper": 0.06}

# The ranges of "photo" are those of Real-ESRGAN's published x4plus configuration. Its stages are
# left out by chance as in Zhang et al., "A Closer Look at Blind Super-Resolution", 2022,
# arXiv:2205.04910 (gated degradations): photographs with little damage are frequent, and a network
# that only saw the worst smooths them.
DAMAGES: dict[str, Damage] = {
    "photo": Damage(
        prints=_PRINTS,
        stages=(
            Stage(chance=0.7),
            Stage(
                chance=0.9,
                blur_chance=0.8,
                blur_sigma_px=(0.2, 1.5),
                enlarge_chance=0.3,
                shrink_chance=0.4,
                resize=(0.3, 1.2),
                sigma_255=(1, 25),
                photon=(0.05, 2.5),
            ),
        ),
        ringing_chance=0.8,
        untouched_chance=0.05,
    ),
    # Cleaning keeps the size, so little is done to it; noise and JPEG go further than in "photo",
    # and each comes alone in a fifth of the crops: a network that hardly ever saw white noise
    # without anything else takes fine detail for it. Grain is rarer. Halftone is kept: at full
    # size a network that removes it takes every fine regular texture for it, a perforated wall too.
    "clean": Damage(
        prints={"grain": 0.12, "dust": 0.04, "scratches": 0.04, "paper": 0.03},
        kept={"halftone": 0.05},
        stages=(
            Stage(
                chance=0.7,
                blur_chance=0.15,
                blur_sigma_px=(0.2, 1.2),
                sinc_chance=0.2,
                enlarge_chance=0.03,
                shrink_chance=0.07,
                resize=(0.6, 1.2),
                noise_chance=0.85,
                sigma_255=(1, 55),
                photon=(0.05, 4),
                jpeg_chance=0.15,
                quality=(10, 95),
            ),
            Stage(
                chance=0.55,
                blur_chance=0.05,
                blur_sigma_px=(0.2, 0.8),
                enlarge_chance=0.03,
                shrink_chance=0.07,
                resize=(0.7, 1.2),
                noise_chance=0.15,
                sigma_255=(1, 20),
                photon=(0.05, 2),
                jpeg_chance=0.9,
                quality=(8, 95),
            ),
        ),
        alone=(
            replace(_NOTHING, noise_chance=1, sigma_255=(1, 55), photon=(0, 0), gray_chance=0.1),
            replace(_NOTHING, jpeg_chance=1, quality=(8, 95)),
        ),
        alone_chance=0.4,
        ringing_chance=0.1,
        untouched_chance=0.05,
    ),
}


def find_damage(name: str, *, fading: float = 0.0) -> Damage:
    """Return a damage by name.

    Args:
        name: A key of DAMAGES; or "noise-S", white noise of standard deviation S of 255 and
            nothing else; or "jpeg-Q", JPEG of quality Q and nothing else.
        fading: Chance of fading and casts beside the other effects of prints.

    Raises:
        SettingsError: There is none of that name.
    """
    if name in DAMAGES:
        damage = DAMAGES[name]
        return replace(damage, prints={**damage.prints, "fading": fading}) if fading else damage
    kind, _, amount = name.partition("-")
    if amount.isdecimal() and kind == "noise":
        level = float(amount)
        stage = replace(
            _NOTHING, noise_chance=1, sigma_255=(level, level), photon=(0, 0), gray_chance=0
        )
        return Damage(stages=(stage,))
    if amount.isdecimal() and kind == "jpeg" and 1 <= int(amount) <= 100:
        return Damage(
            stages=(replace(_NOTHING, jpeg_chance=1, quality=(int(amount), int(amount))),)
        )
    raise SettingsError(
        f"There is no degradation {name!r}: it is {', '.join(DAMAGES)}, noise-S or jpeg-Q."
    )


def degrade(sharp: Tensor, damage: Damage, *, scale: int, seed: Sequence[int]) -> Tensor:
    """Return what is left of photographs, scale times smaller.

    Args:
        sharp: (N, 3, scale*H, scale*W), range 0..1.
        damage: What is done to them.
        scale: Sharp pixels per small pixel along each side.
        seed: Whole numbers from 0; everything random follows from them.

    Returns:
        (N, 3, H, W), range 0..1, whole 8-bit levels.
    """
    groups = [
        _degrade_group(group, damage, scale, np.random.default_rng((*seed, index)))
        for index, group in enumerate(sharp.split(GROUP))
    ]
    return (torch.cat(groups).clamp(0, 1) * 255).round() / 255


def with_kept(sharp: Tensor, damage: Damage, *, seed: Sequence[int]) -> Tensor:
    """Return photographs (N, 3, H, W), 0..1, some with the effects that are to be kept."""
    groups = []
    for index, group in enumerate(sharp.split(GROUP)):
        rng = np.random.default_rng((*seed, index))
        for name, chance in damage.kept.items():
            if rng.random() < chance:
                group = PRINT_EFFECTS[name](group, rng)
        groups.append(group)
    return torch.cat(groups).clamp(0, 1)


def _degrade_group(x: Tensor, damage: Damage, scale: int, rng: np.random.Generator) -> Tensor:
    sharp_size = (x.shape[2], x.shape[3])
    small_size = (x.shape[2] // scale, x.shape[3] // scale)
    if rng.random() < damage.untouched_chance:
        return _resize(x, small_size, "exact")
    if damage.alone and rng.random() < damage.alone_chance:
        stage = damage.alone[rng.integers(len(damage.alone))]
        x = _compress(_blur_resize_noise(x, stage, sharp_size, rng), stage, rng)
        return _resize(x, small_size, "exact")
    for name, chance in damage.prints.items():
        if rng.random() < chance:
            x = PRINT_EFFECTS[name](x, rng)
    stages = [stage for stage in damage.stages if rng.random() < stage.chance]
    second = damage.stages[-1] if damage.stages else None
    for number, stage in enumerate(stages):
        is_last = number == len(stages) - 1
        # As in Real-ESRGAN, the second stage's factor is one of the small size.
        x = _blur_resize_noise(x, stage, small_size if stage is second else sharp_size, rng)
        if not is_last:
            x = _compress(x, stage, rng)
        elif rng.random() < 0.5:
            x = _compress(_finish(x, damage, small_size, rng), stage, rng)
        else:
            x = _finish(_compress(x, stage, rng), damage, small_size, rng)
    return x if stages else _resize(x, small_size, "exact")


def _blur_resize_noise(
    x: Tensor, stage: Stage, size: tuple[int, int], rng: np.random.Generator
) -> Tensor:
    count = len(x)
    if rng.random() < stage.blur_chance:
        kernels = [
            draw_kernel(rng, sigma_px=stage.blur_sigma_px, sinc_chance=stage.sinc_chance)
            for _ in range(count)
        ]
        x = blur(x, np.stack(kernels))
    choice = rng.random()
    if choice < stage.enlarge_chance:
        factor = rng.uniform(1, stage.resize[1])
    elif choice < stage.enlarge_chance + stage.shrink_chance:
        factor = rng.uniform(stage.resize[0], 1)
    else:
        factor = 1.0
    height, width = (max(MIN_SIDE_PX, round(side * factor)) for side in size)
    x = _resize(x, (height, width), str(rng.choice(RESIZE_MODES)))
    if rng.random() < stage.noise_chance:
        is_normal = rng.random(count) < 0.5 if stage.photon[1] > 0 else np.ones(count, bool)
        x = sensor_noise(
            x, rng,
            sigma_255=np.where(is_normal, rng.uniform(*stage.sigma_255, count), 0.0),
            photon=np.where(is_normal, 0.0, rng.uniform(*stage.photon, count)),
            is_gray=rng.random(count) < stage.gray_chance,
        )  # fmt: skip
    return x


def _compress(x: Tensor, stage: Stage, rng: np.random.Generator) -> Tensor:
    if rng.random() >= stage.jpeg_chance:
        return x
    quality = rng.integers(stage.quality[0], stage.quality[1] + 1, len(x))
    return jpeg(x, torch.from_numpy(quality))


def _finish(x: Tensor, damage: Damage, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
    """Return pictures of the small size, some of them with the ringing of a sinc filter."""
    x = _resize(x, size, str(rng.choice(RESIZE_MODES)))
    rings: NDArray[np.bool_] = rng.random(len(x)) < damage.ringing_chance
    if rings.any() and min(size) >= MIN_SIDE_PX:
        kernels = np.stack([draw_sinc(rng) for _ in range(len(x))])
        x = torch.where(torch.from_numpy(rings).to(x.device)[:, None, None, None],
                        blur(x, kernels), x)  # fmt: skip
    return x


def _resize(x: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """Return pictures of a size; "exact" is the antialiased bicubic, the others have no filter."""
    if (x.shape[2], x.shape[3]) == size:
        return x
    if mode == "area":
        return F.interpolate(x, size, mode="area")
    antialias = mode == "exact"
    kind = "bicubic" if antialias else mode
    return F.interpolate(x, size, mode=kind, align_corners=False, antialias=antialias)
