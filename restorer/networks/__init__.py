"""Network definitions, and nothing else. NETWORKS maps a model file's architecture to its class."""

from __future__ import annotations

from torch import nn

from restorer.networks.clean import CleanGenerator
from restorer.networks.early import Drcn, Espcn, Srcnn
from restorer.networks.film import UNetGenerator
from restorer.networks.rrdb import RrdbGenerator
from restorer.networks.srgan import Generator
from restorer.networks.swinir import SwinGenerator

NETWORKS: dict[str, type[nn.Module]] = {
    "srgan-generator": Generator,
    "clean-generator": CleanGenerator,
    "unet-generator": UNetGenerator,
    "rrdb-generator": RrdbGenerator,
    "swinir-light": SwinGenerator,
    "srcnn": Srcnn,
    "espcn": Espcn,
    "drcn": Drcn,
}
