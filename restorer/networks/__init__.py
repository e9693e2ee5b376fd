"""Network definitions, and nothing else. NETWORKS maps a model file's architecture to its class."""

from __future__ import annotations

from torch import nn

from restorer.networks.srgan import Generator

NETWORKS: dict[str, type[nn.Module]] = {"srgan-generator": Generator}
