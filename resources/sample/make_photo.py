"""Makes photo.jpg, the sample picture: python resources/sample/make_photo.py.

A lake at the end of an afternoon, drawn from noise and geometry, so that we may give it away. It is
drawn at eight times its size and shrunk: every needle, pebble and grain of wood is smaller than a
pixel, as in a photograph, and that is what an upscaler is measured by.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Layer = NDArray[np.float32]

HERE = Path(__file__).parent
WIDTH, HEIGHT = 480, 320
SUPER = 8
W, H = WIDTH * SUPER, HEIGHT * SUPER
HORIZON = int(0.47 * H)  # where the far shore meets the water
JPEG_QUALITY = 90
rng = np.random.default_rng(1927)


def fbm(
    shape: tuple[int, int], *, cell: tuple[float, float], octaves: int, gain: float = 0.5
) -> Layer:
    """Return noise of many sizes, mean 0, spread about 1; cell is the largest size, pixels."""
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for octave in range(octaves):
        rows = max(2, int(np.ceil(shape[0] / (cell[0] / 2**octave))) + 3)
        columns = max(2, int(np.ceil(shape[1] / (cell[1] / 2**octave))) + 3)
        if rows > shape[0] or columns > shape[1]:
            break
        values = rng.standard_normal((rows, columns)).astype(np.float32)
        total += weight * cv2.resize(values, shape[::-1], interpolation=cv2.INTER_CUBIC)
        weight *= gain
    return (total - total.mean()) / (total.std() + 1e-6)


def smooth(low: float, high: float, value: Layer) -> Layer:
    """Return 0 below low, 1 above high, and an even passage in between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(one: Layer, other: Layer | tuple[float, ...], share: Layer) -> Layer:
    """Return one and other mixed; share 1 is all other."""
    other = np.asarray(other, np.float32)
    return one + (other - one) * share[..., None]


def sky() -> Layer:
    """Return the sky, warm at the horizon, with lit clouds."""
    y = np.linspace(0, 1, HORIZON, dtype=np.float32)[:, None] * np.ones((1, W), np.float32)
    picture = mix(
        np.full((HORIZON, W, 3), (0.40, 0.55, 0.74), np.float32), (0.90, 0.87, 0.80), y**1.2
    )
    clouds = fbm((HORIZON, W), cell=(260, 900), octaves=8, gain=0.55)
    warp = fbm((HORIZON, W), cell=(500, 900), octaves=3)
    clouds = smooth(-0.6, 2.4, clouds + 0.7 * warp - 0.3 * y)
    below = cv2.GaussianBlur(np.roll(clouds, -70, axis=0), (0, 0), 24)
    light = np.clip(0.90 + 0.45 * (clouds - below), 0.70, 1.02)
    color = light[..., None] * np.float32([1.04, 0.98, 0.92])
    return picture + (color - picture) * (0.85 * clouds)[..., None]


def ridge(base: float, height: float, cell: float, octaves: int) -> Layer:
    """Return the upper edge of a chain of hills, one row number per column."""
    line = fbm((1, W), cell=(1, cell), octaves=1)[0]
    line = sum(
        np.interp(
            np.arange(W),
            np.linspace(0, W, int(W / (cell / 2**k)) + 2),
            rng.standard_normal(int(W / (cell / 2**k)) + 2),
        )
        * 0.5**k
        for k in range(octaves)
    )
    return (base - height * (line - line.min()) / (line.max() - line.min())).astype(np.float32)


def mountains(picture: Layer) -> Layer:
    """Add a snowy range and a nearer, wooded one."""
    rows = np.arange(HORIZON, dtype=np.float32)[:, None]
    top = ridge(HORIZON - 330, 560, 1100, 9)
    relief = fbm((HORIZON, W), cell=(300, 170), octaves=8, gain=0.62)
    slope = relief - np.roll(relief, 9, axis=1)
    light = np.clip(0.5 + 1.5 * slope, 0.0, 1.0)
    rock = np.float32([0.40, 0.43, 0.50]) * (0.65 + 0.5 * light[..., None])
    depth = rows - top
    snow = smooth(0.2, 1.0, 1.0 - depth / 300 + 0.75 * relief)
    far = mix(rock, (0.93, 0.94, 0.97), snow * (0.35 + 0.65 * light))
    far = mix(far, (0.72, 0.75, 0.80), np.clip(depth / 900 + 0.12, 0, 0.55))
    picture = mix(picture, far, smooth(-1.5, 1.5, depth))
    top = ridge(HORIZON - 90, 210, 800, 8)
    wood = fbm((HORIZON, W), cell=(40, 18), octaves=5, gain=0.7)
    near = np.float32([0.17, 0.25, 0.22]) * (0.85 + 0.22 * wood[..., None])
    near = mix(near, (0.55, 0.62, 0.66), np.full((HORIZON, W), 0.36, np.float32))
    return mix(picture, near, smooth(-2.0, 2.0, rows - top + 5 * wood))


def conifer(draw: ImageDraw.ImageDraw, x: float, ground: float, tall: float, light: float) -> None:
    """Draw a spruce, branch by branch, lit from the right."""
    draw.line([(x, ground), (x, ground - tall)], fill=(46, 36, 28), width=max(2, int(tall / 60)))
    for _ in range(int(tall * 2.6)):
        share = rng.random() ** 0.8  # 0 at the top
        y = ground - tall * (1 - 0.93 * share)
        reach = tall * 0.19 * share * (0.75 + 0.25 * np.sin(share * 40 + x)) * rng.uniform(0.25, 1)
        side = 1 if rng.random() < 0.5 else -1
        lit = (
            light
            * (1.1 if side > 0 else 0.62)
            * rng.uniform(0.55, 1.3)
            * (0.7 + 0.5 * reach / tall / 0.19)
        )
        color = tuple(int(np.clip(c * lit, 0, 255)) for c in (62, 84, 46))
        start = x + side * reach * rng.uniform(0.0, 0.6)
        draw.line(
            [(start, y), (x + side * reach, y + reach * rng.uniform(0.1, 0.5))],
            fill=color,
            width=int(rng.integers(1, 4)),
        )


def forest(picture: Layer) -> Layer:
    """Add spruces along the far shore, tall ones at the left, and the shore's grass."""
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255))
    draw = ImageDraw.Draw(image)
    for depth in range(3):
        xs = np.sort(rng.uniform(-50, W + 50, 120 - 20 * depth))
        for x in xs:
            envelope = 0.55 + 0.45 * np.sin(x / 420 + 2.0 * depth) ** 2
            envelope *= 1.55 if x < 0.30 * W else 0.9 if x > 0.55 * W else 0.62
            tall = (120 + 70 * depth) * envelope * rng.uniform(0.7, 1.25)
            conifer(draw, x, HORIZON - 14 + 5 * depth, tall, 0.62 + 0.22 * depth)
    for x in rng.uniform(0, W, 16000):  # reeds and grass
        tall = rng.uniform(4, 26)
        shade = rng.uniform(0.5, 1.25)
        color = tuple(int(min(255, c * shade)) for c in (142, 132, 74))
        draw.line(
            [(x, HORIZON), (x + rng.uniform(-5, 5), HORIZON - tall)],
            fill=color,
            width=int(rng.integers(1, 3)),
        )
    return np.asarray(image, np.float32) / 255


def hut(picture: Layer) -> Layer:
    """Add a wooden boathouse on the far shore."""
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255))
    draw = ImageDraw.Draw(image)
    left, right, top, bottom = 2460, 2800, HORIZON - 175, HORIZON - 4
    for x in range(left, right, 11):
        shade = rng.uniform(0.75, 1.12)
        draw.rectangle([x, top, x + 9, bottom], fill=tuple(int(c * shade) for c in (128, 52, 40)))
        draw.line([(x + 10, top), (x + 10, bottom)], fill=(52, 24, 20), width=2)
    roof = [
        (left - 40, top + 6),
        ((left + right) // 2 - 110, top - 104),
        ((left + right) // 2 + 110, top - 104),
        (right + 40, top + 6),
    ]
    draw.polygon(roof, fill=(70, 68, 70))
    for row in range(13):
        y = top + 6 - row * 8.5
        share = row / 13
        x0, x1 = left - 40 + share * 100, right + 40 - share * 100
        for x in np.arange(x0, x1, 13):
            shade = rng.uniform(0.7, 1.3)
            draw.rectangle([x, y - 8, x + 11, y], fill=tuple(int(c * shade) for c in (82, 80, 82)))
    for x in (2510, 2690):
        draw.rectangle([x, top + 44, x + 62, top + 108], fill=(236, 232, 220))
        for column in range(2):
            for row in range(2):
                draw.rectangle(
                    [
                        x + 6 + 28 * column,
                        top + 50 + 28 * row,
                        x + 28 + 28 * column,
                        top + 74 + 28 * row,
                    ],
                    fill=(46, 58, 72),
                )
    draw.rectangle([2596, top + 36, 2660, bottom], fill=(230, 226, 214))
    draw.rectangle([2602, top + 42, 2654, bottom], fill=(64, 38, 28))
    return np.asarray(image, np.float32) / 255


def water(above: Layer) -> Layer:
    """Return the lake: the far shore mirrored in ripples, darker towards the viewer."""
    rows, columns = H - HORIZON, W
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None] * np.ones((1, columns), np.float32)
    near = np.arange(rows, dtype=np.float32)[:, None] + 6
    far = 1 / near  # ripples look smaller towards the horizon
    waves = np.zeros((rows, columns), np.float32)
    x = np.arange(columns, dtype=np.float32)[None, :] - columns / 2
    for _ in range(90):
        angle = rng.normal(np.pi / 2, 0.5)
        length = rng.uniform(0.15, 2.2)
        ground_x, ground_z = x * far * 260, 52000 * far
        phase = (ground_x * np.cos(angle) + ground_z * np.sin(angle)) / length
        fade = np.clip(near / (90 / length), 0, 1)  # too small to be seen far away
        waves += fade * length**0.7 * np.sin(phase + rng.uniform(0, 2 * np.pi))
    waves /= waves.std() + 1e-6
    waves += 0.35 * fbm((rows, columns), cell=(24, 260), octaves=5, gain=0.7)
    source_y = np.clip(HORIZON - 4 - near * 0.92 - waves * (4 + 46 * y), 0, HORIZON - 1)
    source_x = np.clip(
        np.arange(columns, dtype=np.float32)[None, :] + waves * (2 + 12 * y), 0, W - 1
    )
    mirror = cv2.remap(
        above, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_LINEAR
    )
    deep = np.float32([0.05, 0.12, 0.13])
    reflectance = np.clip(0.86 - 0.5 * y - 0.16 * waves * y, 0.12, 0.95)
    lake = deep + (mirror * np.float32([0.90, 0.94, 0.95]) - deep) * reflectance[..., None]
    glint = smooth(1.9, 2.8, waves) * (0.2 + 0.5 * y)
    return mix(lake, (0.97, 0.95, 0.90), glint * 0.5)


def pebbles(picture: Layer) -> Layer:
    """Add the near shore: stones of all sizes, lit from the upper right."""
    rows = np.arange(H, dtype=np.float32)[:, None]
    columns = np.arange(W, dtype=np.float32)[None, :]
    edge = fbm((1, W), cell=(1, 400), octaves=1)[0]
    shore = (
        0.865 * H
        + 22 * np.interp(np.arange(W), np.arange(0, W, 8), edge[::8])
        + 0.10 * (columns[0] - 0.2 * W) * -0.35
    )
    beach = np.zeros((H, W, 3), np.float32) + np.float32([0.23, 0.21, 0.18])
    beach *= 0.8 + 0.25 * fbm((H, W), cell=(20, 30), octaves=4, gain=0.8)[..., None]
    count = 7500
    sizes = np.sort(rng.pareto(2.4, count) * 9 + 5)
    ys = rng.uniform(shore.min() - 40, H + 30, count)
    order = np.argsort(ys + 0.4 * sizes)
    tints = np.float32(
        [
            (0.52, 0.50, 0.47),
            (0.44, 0.42, 0.41),
            (0.60, 0.55, 0.47),
            (0.36, 0.36, 0.38),
            (0.55, 0.44, 0.38),
            (0.70, 0.68, 0.64),
        ]
    )
    grain = fbm((H, W), cell=(9, 9), octaves=3, gain=0.9)
    for index in order:
        y = ys[index]
        size = min(70.0, sizes[index]) * (0.45 + 0.9 * (y - 0.8 * H) / (0.2 * H))
        if size < 3:
            continue
        x = rng.uniform(-20, W + 20)
        wide, high = size * rng.uniform(1.0, 1.6), size * rng.uniform(0.55, 0.85)
        top, bottom = int(max(0, y - high - 2)), int(min(H, y + high * 1.5 + 3))
        left, right = int(max(0, x - wide - 2)), int(min(W, x + wide * 1.4 + 3))
        if bottom - top < 2 or right - left < 2:
            continue
        turn = rng.uniform(-0.4, 0.4)
        dx, dy = columns[:, left:right] - x, rows[top:bottom] - y
        u, v = (
            (dx * np.cos(turn) + dy * np.sin(turn)) / wide,
            (dy * np.cos(turn) - dx * np.sin(turn)) / high,
        )
        power = rng.uniform(2.0, 3.2)
        inside = 1 - (np.abs(u) ** power + np.abs(v) ** power)
        cover = np.clip(inside * size / 3, 0, 1)
        shadow = np.clip(1.2 - ((u + 0.25) ** 2 + (v - 0.35) ** 2), 0, 1) * 0.6
        dome = np.sqrt(np.clip(inside, 0, 1))
        light = 0.45 + 0.75 * np.clip(0.55 * dome + 0.32 * u - 0.45 * v, 0, 1.2)
        speckle = 1 + rng.uniform(0.03, 0.14) * grain[top:bottom, left:right]
        stone = tints[rng.integers(len(tints))] * rng.uniform(0.75, 1.15)
        patch = beach[top:bottom, left:right]
        patch *= 1 - (shadow * (1 - cover))[..., None]
        patch += (stone * (light * speckle)[..., None] - patch) * cover[..., None]
    wet = smooth(-60, 60, rows - shore - 40)
    beach *= (0.5 + 0.5 * wet)[..., None]
    return mix(picture, beach, smooth(-3, 3, rows - shore + 5 * grain))


def wood(shape: tuple[int, int]) -> Layer:
    """Return weathered boards: long grain, knots of light and dark."""
    fine = fbm(shape, cell=(5, 500), octaves=2, gain=0.8)
    broad = fbm(shape, cell=(40, 900), octaves=4)
    rings = np.sin(broad * 9 + np.linspace(0, 40, shape[0], dtype=np.float32)[:, None])
    tone = 0.56 + 0.07 * fine + 0.04 * rings + 0.05 * broad
    return tone[..., None] * np.float32([1.0, 0.93, 0.84])


def jetty(picture: Layer) -> Layer:
    """Add a jetty that leads from the right foreground into the lake."""
    boards, length, across = 30, 96, 1500
    deck = np.zeros((boards * length, across, 3), np.float32)
    for index in range(boards):
        board = wood((length, across)) * rng.uniform(0.78, 1.14)
        board[:5] *= 0.25
        board[5:9] *= 1.2
        board[-4:] *= 0.55
        for nail in (110, across - 110):
            y, x = length // 2 + int(rng.integers(-12, 12)), nail + int(rng.integers(-12, 12))
            cv2.circle(board, (x, y), 7, (0.16, 0.12, 0.10), -1, cv2.LINE_AA)
            board[y : y + 40, x - 4 : x + 4] *= 0.8
        ends = int(rng.integers(0, 26))
        board[:, : max(1, ends)] = np.nan
        board[:, across - max(1, int(rng.integers(0, 26))) :] = np.nan
        deck[index * length : (index + 1) * length] = board
    cover = (~np.isnan(deck[..., 0])).astype(np.float32)
    deck = np.nan_to_num(deck)
    corners = np.float32([(0, 0), (across, 0), (across, deck.shape[0]), (0, deck.shape[0])])
    target = np.float32([(2180, 1530), (2420, 1530), (3880, 2720), (2160, 2720)])
    view = cv2.getPerspectiveTransform(corners, target)
    out, mask = (
        cv2.warpPerspective(layer, view, (W, H), flags=cv2.INTER_AREA) for layer in (deck, cover)
    )
    shadow = cv2.GaussianBlur(
        cv2.warpAffine(mask, np.float32([[1, 0, -70], [0, 1, 34]]), (W, H)), (0, 0), 14
    )
    picture = picture * (1 - 0.62 * shadow[..., None] * (1 - mask[..., None]))
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255))
    draw = ImageDraw.Draw(image)
    for x, y, wide, tall in (
        (2172, 1500, 26, 130),
        (2425, 1500, 26, 130),
        (2150, 1760, 44, 200),
        (2130, 2130, 80, 330),
    ):
        for column in range(wide):
            light = 0.35 + 0.75 * np.sin(np.pi * (column + 0.5) / wide) * (
                0.4 + 0.6 * column / wide
            )
            color = tuple(int(c * light * rng.uniform(0.85, 1.12)) for c in (134, 118, 98))
            draw.line([(x + column, y - tall * 0.5), (x + column, y + tall)], fill=color)
        draw.ellipse(
            [x, y - tall * 0.5 - wide * 0.22, x + wide, y - tall * 0.5 + wide * 0.22],
            fill=(168, 152, 130),
        )
    picture = np.asarray(image, np.float32) / 255
    return mix(picture, np.clip(out, 0, 1), mask)


def boat(picture: Layer) -> Layer:
    """Add a rowing boat of lapped planks, with her name at the bow."""
    image = Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255))
    x0, x1, gunwale, keel = 700, 1760, 1850, 2080

    def line(share: float) -> list[tuple[float, float]]:
        """Return a plank's upper edge, share 0 at the gunwale and 1 at the keel."""
        t = np.linspace(0, 1, 80)
        sheer = gunwale - 86 * (2 * t - 1) ** 2 * (0.6 + 0.5 * (t < 0.5)) + 40
        bottom = keel - 90 * np.abs(2 * t - 1) ** 5
        x = x0 + (x1 - x0) * t + share * 70 * np.sign(0.5 - t) * np.abs(2 * t - 1) ** 3
        return list(zip(x, sheer + (bottom - sheer) * share, strict=True))

    layer = Image.new("RGBA", (W, H))
    draw = ImageDraw.Draw(layer)
    inside = [(x, y) for x, y in line(0)]
    far_side = [(x, y - 46 * np.sin(np.pi * (x - x0) / (x1 - x0))) for x, y in line(0)]
    draw.polygon(inside + far_side[::-1], fill=(72, 52, 38, 255))
    for t in (0.25, 0.5, 0.75):
        x = x0 + (x1 - x0) * t
        draw.polygon(
            [
                (x - 30, gunwale + 32),
                (x + 34, gunwale + 34),
                (x + 40, gunwale - 4),
                (x - 20, gunwale - 6),
            ],
            fill=(150, 116, 78, 255),
        )
    planks = 6
    for index in range(planks):
        upper, lower = line(index / planks), line((index + 1) / planks)
        base = (228, 224, 210) if index < 4 else (38, 78, 92)
        light = 1.0 - 0.09 * index
        draw.polygon(upper + lower[::-1], fill=(*(int(c * light) for c in base), 255))
        draw.line(lower, fill=(*(int(c * light * 0.5) for c in base), 255), width=5)
        draw.line(
            [(x, y + 4) for x, y in upper],
            fill=(*(min(255, int(c * light * 1.08)) for c in base), 255),
            width=4,
        )
    draw.line(line(0), fill=(134, 88, 48, 255), width=20)
    draw.line([(x, y - 6) for x, y in line(0)], fill=(196, 146, 92, 255), width=5)
    name = ImageFont.truetype("DejaVuSerif-Bold.ttf", 86)
    draw.text((x0 + 170, gunwale + 52), "ELSE", font=name, fill=(30, 50, 78, 255))
    draw.text((x1 - 330, gunwale + 52), "R 27", font=name, fill=(30, 50, 78, 255))
    for _ in range(420):  # worn paint
        x, y = rng.uniform(x0 + 40, x1 - 40), rng.uniform(gunwale, keel)
        if layer.getpixel((int(x), int(y)))[3]:
            draw.line(
                [(x, y), (x + rng.uniform(3, 26), y)],
                fill=(120, 98, 74, int(rng.integers(40, 130))),
                width=int(rng.integers(1, 4)),
            )
    alpha = np.asarray(layer, np.float32)[..., 3] / 255
    color = np.asarray(layer, np.float32)[..., :3] / 255
    color *= 0.93 + 0.05 * fbm((H, W), cell=(30, 120), octaves=4)[..., None]
    base = np.asarray(image, np.float32) / 255
    mirror = np.zeros_like(color)
    mirror_alpha = np.zeros_like(alpha)
    water_line = keel - 26
    tall = min(230, H - water_line)
    mirror[water_line : water_line + tall] = color[water_line - tall : water_line][::-1]
    mirror_alpha[water_line : water_line + tall] = alpha[water_line - tall : water_line][::-1]
    sway = (14 * np.sin(np.arange(H) / 6.5) + 9 * np.sin(np.arange(H) / 3.1 + 1)).astype(
        np.float32
    )[:, None]
    map_x = np.arange(W, dtype=np.float32)[None, :] + sway
    map_y = np.arange(H, dtype=np.float32)[:, None] * np.ones((1, W), np.float32)
    mirror, mirror_alpha = (
        cv2.remap(part, map_x, map_y, cv2.INTER_LINEAR) for part in (mirror, mirror_alpha)
    )
    fade = np.clip(1 - (np.arange(H, dtype=np.float32)[:, None] - water_line) / 260, 0, 1) * 0.62
    base = (
        base + (mirror * np.float32([0.55, 0.62, 0.62]) - base) * (mirror_alpha * fade)[..., None]
    )
    alpha = alpha * (np.arange(H)[:, None] < water_line + 6)
    return mix(base, color, alpha)


def develop(picture: Layer) -> Image.Image:
    """Return the photograph: lens, shrinking, curve, corners, a little grain."""
    picture = cv2.GaussianBlur(np.clip(picture, 0, 1), (0, 0), SUPER * 0.28)
    small = cv2.resize(picture**2.2, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    small *= (1 - 0.16 * (x**2 + y**2) / 2)[..., None]
    small = np.clip(small * np.float32([1.06, 1.0, 0.93]), 0, 1) ** (1 / 2.2)
    small = small + 0.10 * (small - 0.5) * (1 - np.abs(2 * small - 1))
    small += rng.normal(0, 0.006, small.shape)
    return Image.fromarray(np.uint8(np.clip(small, 0, 1) * 255 + 0.5))


def main() -> None:
    """Draw the picture from back to front."""
    above = hut(forest(mountains(sky())))
    picture = np.concatenate([above, water(above)])
    picture = jetty(boat(pebbles(picture)))
    develop(picture).save(HERE / "photo.jpg", quality=JPEG_QUALITY, subsampling=0)


if __name__ == "__main__":
    main()
