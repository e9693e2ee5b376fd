"""Several processes that train one network, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn


@dataclass(frozen=True)
class Workers:
    """The processes of a run and which one this is.

    Attributes:
        rank: Number of this process.
        count: Processes in all.
        device: Where this process computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """This process writes the log and the checkpoints."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over all processes, in one message."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.count
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def agree(self, wish: bool) -> bool:
        """Return the first process's wish in every process."""
        if self.count == 1:
            return wish
        flag = torch.tensor(int(wish), device=self.device)
        dist.broadcast(flag, 0)
        return bool(flag)

    def leave(self) -> None:
        """End the connection to the others."""
        if self.count > 1:
            dist.destroy_process_group()


def join_workers(device: str) -> Workers:
    """Return this process's place among those that torchrun started; alone without it.

    Args:
        device: "auto" or a torch device; with several processes, "auto" and "cuda" give each its
            own GPU.
    """
    rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = torch.device(device)
    if chosen.type == "cuda":
        if chosen.index is None:
            chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(chosen)
        torch.backends.cudnn.benchmark = True
    if count > 1:
        # Loaded later, as optimisers do, its functions keep the group in their defaults: its
        # threads then outlive leave() and can abort the process while Python shuts down.
        from torch.distributed.nn import functional  # noqa: F401

        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    return Workers(rank, count, chosen)
