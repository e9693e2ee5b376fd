"""One step of each stage: what is trained, and how."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from restorer.networks import NETWORKS
from restorer.networks.film import ConditionalDiscriminator
from restorer.networks.srgan import Discriminator
from restorer.training.config import TrainConfig
from restorer.training.losses import (
    adversarial_loss,
    answer_loss,
    checkerboard_loss,
    content_loss,
    discriminator_loss,
    lpips_loss,
    pixel_loss,
)
from restorer.training.lpips import Lpips, load_lpips
from restorer.training.vgg import load_vgg
from restorer.training.workers import Workers

BETAS = (0.9, 0.99)
Terms = dict[str, Tensor]
Stopwatch = Callable[[str], AbstractContextManager[None]]


def no_stopwatch(part: str) -> AbstractContextManager[None]:
    """Measure nothing."""
    return nullcontext()


@dataclass
class Trainee:
    """The networks of a run and what changes them.

    Attributes:
        generator: The network that learns.
        average: Its weights' moving average: what is measured and shipped.
        optimizer: Of the generator.
        discriminator: SRGAN stage only.
        discriminator_optimizer: SRGAN stage only.
        features: VGG19, SRGAN stage with a content loss only.
        lpips: SRGAN stage with LPIPS as a loss only.
        run: What to call instead of the networks: the same, or compiled.
    """

    generator: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    discriminator: nn.Module | None = None
    discriminator_optimizer: torch.optim.Optimizer | None = None
    features: nn.Module | None = None
    lpips: Lpips | None = None
    run: dict[str, Callable[..., Any]] = field(default_factory=dict)


def make_trainee(config: TrainConfig, device: torch.device) -> Trainee:
    """Return new networks with weights that follow from the seed, on a device.

    Raises:
        SettingsError: The feature weights cannot be had.
    """
    torch.manual_seed(config.seed)

    def place(network: nn.Module) -> nn.Module:
        return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def optimise(network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            network.parameters(), lr=config.learning_rate, betas=BETAS, fused=True
        )

    generator = place(NETWORKS[config.network](**config.network_args))
    average = copy.deepcopy(generator).requires_grad_(False).eval()
    trainee = Trainee(generator, average, optimise(generator))
    if config.is_srgan:
        is_conditional = config.adversarial == "conditional"
        judge = ConditionalDiscriminator if is_conditional else Discriminator
        trainee.discriminator = place(judge(config.channels))
        trainee.discriminator_optimizer = optimise(trainee.discriminator)
        if config.vgg:
            trainee.features = place(load_vgg(config.vgg, config.content_layers))
        if config.lpips_weight > 0:
            trainee.lpips = load_lpips(Path(config.lpips)).to(device)
    return trainee


def accelerate(trainee: Trainee, config: TrainConfig, device: torch.device) -> None:
    """Fill trainee.run with the networks, compiled or recorded as the config says."""
    networks = {
        "generator": trainee.generator,
        "discriminator": trainee.discriminator,
        "features": trainee.features,
    }
    for name, network in networks.items():
        if network is not None:
            compiles = config.acceleration == "compile"
            trainee.run[name] = torch.compile(network) if compiles else network
    if config.acceleration == "graphs" and device.type == "cuda":
        side = config.crop_px
        sample = torch.rand(config.batch_size, 3, side, side, device=device)
        sample = sample.to(memory_format=torch.channels_last)
        # The discriminator and VGG run twice before one backward pass, which a graph cannot.
        with autocast(config, device, cache_enabled=False):
            graphed = torch.cuda.make_graphed_callables(copy.copy(trainee.generator), (sample,))
        trainee.run["generator"] = graphed


def autocast(
    config: TrainConfig, device: torch.device, *, cache_enabled: bool | None = None
) -> torch.autocast:
    """Return the context in which networks compute in the config's precision."""
    return torch.autocast(
        device.type,
        torch.bfloat16,
        enabled=config.precision == "bf16",
        cache_enabled=False if config.acceleration == "graphs" else cache_enabled,
    )


def take_step(
    trainee: Trainee,
    config: TrainConfig,
    batch: tuple[Tensor, Tensor],
    *,
    step: int,
    workers: Workers,
    stopwatch: Stopwatch = no_stopwatch,
) -> Terms:
    """Change the networks once and return the loss terms, each a scalar on the device."""
    if config.adversarial == "conditional":
        return _take_three_steps(
            trainee, config, batch, step=step, workers=workers, stopwatch=stopwatch
        )
    small, sharp = batch
    generator, optimizer = trainee.generator, trainee.optimizer
    with stopwatch("network"):
        with autocast(config, workers.device):
            output = trainee.run["generator"](small)
        output = output.float()
        loss, terms = generator_loss(trainee, config, output, batch, workers.device, step=step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
    with stopwatch("optimiser"):
        workers.average_gradients(generator.parameters())
        optimizer.step()
        update_average(trainee, config.ema_decay, step)
    if trainee.discriminator is not None and trainee.discriminator_optimizer is not None:
        with stopwatch("network"):
            fake = result_of(output).detach()
            loss, judged = _judge(trainee, config, fake, sharp, workers.device)
            terms |= judged
            trainee.discriminator_optimizer.zero_grad(set_to_none=True)
            loss.backward()
        with stopwatch("optimiser"):
            workers.average_gradients(trainee.discriminator.parameters())
            trainee.discriminator_optimizer.step()
    return {name: term.detach() for name, term in terms.items()}


def generator_loss(
    trainee: Trainee,
    config: TrainConfig,
    output: Tensor,
    batch: tuple[Tensor, Tensor],
    device: torch.device,
    *,
    step: int,
) -> tuple[Tensor, Terms]:
    """Return the generator's whole loss and its terms by their papers' names.

    output: (N, 3, H, W), range 0..1, or (R + 1, N, 3, H, W) of a network with R recursions; batch:
    small and sharp crops. Recursions are supervised as in Kim et al., 2016, arXiv:1511.04491,
    eq. 6 to 8: alone at first, the result alone at the end.
    """
    small, sharp = batch
    recursions, output = output[:-1] if output.dim() == 5 else None, result_of(output)
    terms = {"pixel_loss": pixel_loss(output, sharp)}
    total = config.pixel_weight * terms["pixel_loss"]
    if recursions is not None:
        terms["recursion_loss"] = pixel_loss(recursions, sharp)
        total = torch.lerp(
            config.pixel_weight * terms["recursion_loss"], total, min(1.0, step / config.steps)
        )
    if trainee.discriminator is None:
        return total, terms
    if config.checkerboard_weight > 0:
        terms["checkerboard_loss"] = checkerboard_loss(output, sharp)
        total = total + config.checkerboard_weight * terms["checkerboard_loss"]
    if trainee.features is not None and config.content_weight > 0:
        with autocast(config, device):
            found = trainee.run["features"](output)
            with torch.no_grad():
                wanted = trainee.run["features"](sharp)
        terms["content_loss"] = content_loss(tuple(found), tuple(wanted))
        total = total + config.content_weight * terms["content_loss"]
    if trainee.lpips is not None:
        with autocast(config, device):
            terms["lpips_loss"] = lpips_loss(trainee.lpips, output, sharp, seed=(config.seed, step))
        total = total + config.lpips_weight * terms["lpips_loss"]
    trainee.discriminator.requires_grad_(False)
    if config.adversarial == "conditional":
        terms["adversarial_loss"] = answer_loss(
            _answer(trainee, config, output, small), is_real=True
        )
        trainee.discriminator.requires_grad_(True)
        return total + config.adversarial_weight * terms["adversarial_loss"], terms
    relativistic = config.adversarial == "relativistic"
    with autocast(config, device):
        fake = trainee.run["discriminator"](output)
        with torch.no_grad():
            real = trainee.run["discriminator"](sharp) if relativistic else fake.detach()
    terms["adversarial_loss"] = adversarial_loss(
        fake.float(), real.float(), relativistic=relativistic
    )
    trainee.discriminator.requires_grad_(True)
    return total + config.adversarial_weight * terms["adversarial_loss"], terms


def result_of(output: Tensor) -> Tensor:
    """Return the picture, (N, 3, H, W), of a network that may give its recursions before it."""
    return output[-1] if output.dim() == 5 else output


def _take_three_steps(
    trainee: Trainee,
    config: TrainConfig,
    batch: tuple[Tensor, Tensor],
    *,
    step: int,
    workers: Workers,
    stopwatch: Stopwatch,
) -> Terms:
    """As take_step, for the discriminator D(a, b) that is shown the small crop b as well.

    D(a, b) towards 1 for a photograph a; D(G(b), b) towards 0 with G fixed; D(G(b), b) towards 1
    with D fixed. Where they balance, D(G(b), b) is near a half: both answers are logged.
    """
    small, sharp = batch
    judge, judge_optimizer = trainee.discriminator, trainee.discriminator_optimizer
    assert judge is not None
    assert judge_optimizer is not None
    terms: Terms = {}
    with stopwatch("network"), autocast(config, workers.device):
        output = trainee.run["generator"](small)
    output = output.float()
    for name, picture, is_real in (
        ("D(a, b)", sharp, True),
        ("D(G(b), b)", result_of(output).detach(), False),
    ):
        with stopwatch("network"):
            logits = _answer(trainee, config, picture, small)
            loss = answer_loss(logits, is_real=is_real)
            judge_optimizer.zero_grad(set_to_none=True)
            loss.backward()
        with stopwatch("optimiser"):
            workers.average_gradients(judge.parameters())
            judge_optimizer.step()
        terms[name] = logits.sigmoid().mean()
        terms["discriminator_loss"] = terms.get("discriminator_loss", 0) + loss
    with stopwatch("network"):
        loss, generator_terms = generator_loss(
            trainee, config, output, batch, workers.device, step=step
        )
        trainee.optimizer.zero_grad(set_to_none=True)
        loss.backward()
    with stopwatch("optimiser"):
        workers.average_gradients(trainee.generator.parameters())
        trainee.optimizer.step()
        update_average(trainee, config.ema_decay, step)
    return {name: term.detach() for name, term in (terms | generator_terms).items()}


def _answer(trainee: Trainee, config: TrainConfig, picture: Tensor, small: Tensor) -> Tensor:
    """Return what the conditional discriminator says, (N, 1) logits."""
    with autocast(config, picture.device):
        logits: Tensor = trainee.run["discriminator"](picture, small)
    return logits.float()


def _judge(
    trainee: Trainee, config: TrainConfig, output: Tensor, sharp: Tensor, device: torch.device
) -> tuple[Tensor, Terms]:
    """Return the discriminator's loss, and beside it how often it takes each for a photograph."""
    with autocast(config, device):
        fake = trainee.run["discriminator"](output)
        real = trainee.run["discriminator"](sharp)
    fake, real = fake.float(), real.float()
    loss = discriminator_loss(fake, real, relativistic=config.adversarial == "relativistic")
    return loss, {
        "discriminator_loss": loss,
        "D_real": (real > 0).float().mean(),
        "D_fake": (fake > 0).float().mean(),
    }


@torch.no_grad()
def update_average(trainee: Trainee, decay: float, step: int) -> None:
    """Move the average a little towards the network; at first more, so that it follows."""
    share = max(1 - decay, 9 / (10 + step))
    average: list[Tensor] = list(trainee.average.parameters())
    now: list[Tensor] = list(trainee.generator.parameters())
    torch._foreach_lerp_(average, now, share)
