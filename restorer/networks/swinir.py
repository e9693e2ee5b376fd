"""SwinIR, the light one: attention inside windows that are shifted from layer to layer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW_PX = 8
LAYERS = 6  # of attention in each block
HEADS = 6
WINDOWS_AT_ONCE = 1024  # 0.1 GB of attention with 6 heads


class WindowAttention(nn.Module):
    """Attention of all pixels of a window to each other, with a bias for each displacement.

    Liu et al., "Swin Transformer", 2021, arXiv:2103.14030, eq. 4.

    Shapes:
        windows (M, 64, channels) and mask (M or 1, 64, 64), added before the softmax; output
        (M, 64, channels).
    """

    places: Tensor

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project_in = nn.Linear(channels, 3 * channels)
        self.project_out = nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros((2 * WINDOW_PX - 1) ** 2, heads))
        place = torch.arange(WINDOW_PX**2, device="cpu")  # also where weights come later (meta)
        down = place[:, None] // WINDOW_PX - place[None] // WINDOW_PX + WINDOW_PX - 1
        right = place[:, None] % WINDOW_PX - place[None] % WINDOW_PX + WINDOW_PX - 1
        self.register_buffer("places", down * (2 * WINDOW_PX - 1) + right, persistent=False)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        count, pixels, channels = windows.shape
        q, k, v = (
            self.project_in(windows)
            .view(count, pixels, 3, self.heads, channels // self.heads)
            .permute(2, 0, 3, 1, 4)
        )  # each (M, heads, 64, channels / heads)
        bias = self.bias[self.places].permute(2, 0, 1)[None]  # (1, heads, 64, 64)
        if mask is not None:
            bias = bias + mask[:, None]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        result: Tensor = self.project_out(mixed.transpose(1, 2).reshape(count, pixels, channels))
        return result


class SwinLayer(nn.Module):
    """Window attention and two dense layers, each behind a normalisation and with a short cut.

    Shapes:
        input and output (N, H, W, channels), H and W multiples of 8.
    """

    def __init__(self, channels: int, heads: int, *, is_shifted: bool) -> None:
        super().__init__()
        self.shift = WINDOW_PX // 2 if is_shifted else 0
        self.norm1 = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, heads)
        self.norm2 = nn.LayerNorm(channels)
        self.dense = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        count, height, width, channels = x.shape
        rows, columns = height // WINDOW_PX, width // WINDOW_PX
        shifted = torch.roll(self.norm1(x), (-self.shift, -self.shift), (1, 2))
        windows = shifted.view(count, rows, WINDOW_PX, columns, WINDOW_PX, channels)
        windows = windows.transpose(2, 3).reshape(-1, WINDOW_PX**2, channels)
        mask = self._mask(height, width, x.device).repeat(count, 1, 1) if self.shift else None
        parts = [
            self.attention(
                windows[first : first + WINDOWS_AT_ONCE],
                None if mask is None else mask[first : first + WINDOWS_AT_ONCE],
            )
            for first in range(0, len(windows), WINDOWS_AT_ONCE)
        ]
        mixed = torch.cat(parts)
        mixed = mixed.view(count, rows, columns, WINDOW_PX, WINDOW_PX, channels)
        mixed = mixed.transpose(2, 3).reshape(count, height, width, channels)
        x = x + torch.roll(mixed, (self.shift, self.shift), (1, 2))
        change: Tensor = self.dense(self.norm2(x))
        return x + change

    def _mask(self, height: int, width: int, device: torch.device) -> Tensor:
        """Return (windows, 64, 64): no attention between what only the roll made neighbours."""

        def part(length: int) -> Tensor:
            place = torch.arange(length, device=device)
            return (place >= length - WINDOW_PX).int() + (place >= length - self.shift).int()

        parts = part(height)[:, None] * 3 + part(width)[None]  # (H, W)
        rows, columns = height // WINDOW_PX, width // WINDOW_PX
        windows = parts.view(rows, WINDOW_PX, columns, WINDOW_PX).transpose(1, 2)
        windows = windows.reshape(-1, WINDOW_PX**2)  # (windows, 64)
        apart = windows[:, :, None] != windows[:, None]
        return apart.float() * -100.0


class SwinBlock(nn.Module):
    """Six layers, every other one shifted by half a window, a convolution and a short cut.

    Shapes:
        input and output (N, channels, H, W), H and W multiples of 8.
    """

    def __init__(self, channels: int, heads: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            SwinLayer(channels, heads, is_shifted=bool(index % 2)) for index in range(layers)
        )
        self.end = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        mixed = x.permute(0, 2, 3, 1)  # (N, H, W, C)
        for layer in self.layers:
            mixed = layer(mixed)
        change: Tensor = self.end(mixed.permute(0, 3, 1, 2))
        return x + change


class SwinGenerator(nn.Module):
    """SwinIR: enlarges RGB images by attention inside shifted windows.

    Liang et al., "SwinIR: Image Restoration Using Swin Transformer", 2021, arXiv:2108.10257,
    section 3.1, with the sizes of its lightweight network (section 4.1): 4 blocks of 6 layers, 60
    channels, 6 heads, windows of 8 px, and a single sub-pixel convolution at the end.

    Args:
        scale: Output pixels per input pixel along each side.
        channels: Feature maps; 60 in the paper.
        blocks: Residual Swin blocks; 4 in the paper.
        layers: Attention layers of each; 6 in the paper.
        heads: Of attention; they divide the channels.

    Shapes:
        input (N, 3, H, W), range 0..1, H and W multiples of 8; output
        (N, 3, scale*H, scale*W), not clamped.
    """

    multiple_of = WINDOW_PX

    def __init__(
        self,
        scale: int = 4,
        channels: int = 60,
        blocks: int = 4,
        layers: int = LAYERS,
        heads: int = HEADS,
    ) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"{heads} heads do not divide {channels} channels")
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.Sequential(*(SwinBlock(channels, heads, layers) for _ in range(blocks)))
        self.norm = nn.LayerNorm(channels)
        self.body_end = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Sequential(
            nn.Conv2d(channels, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale)
        )

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(x)  # (N, C, H, W)
        features = self.body(first)
        features = self.norm(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        drawn: Tensor = self.tail(first + self.body_end(features))
        return drawn
