"""When fitting a network to a picture has to stop: before it learns the noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

FLOOR = 100  # iterations; before them the average has hardly begun
PATIENCE_SHARE = 0.12  # of the iterations so far
UNSEEN_MSE = (1 / 255) ** 2  # one level of 8 bits: what is better than that looks no better


@dataclass(frozen=True)
class Check:
    """How well the average picture fits after some iterations.

    Attributes:
        iteration: How many are done.
        held_out_mse: Mean squared difference to the pixels the network never sees.
        seen_mse: The same of those it is fitted to.
    """

    iteration: int
    held_out_mse: float
    seen_mse: float


class StopRule:
    """Decides which average is kept, and when the run ends.

    Noise that differs from pixel to pixel cannot be foreseen, so on pixels that were held out the
    mean squared error is that of the picture plus the noise's: it is smallest where the picture
    is best, and no noise level is needed (Krull et al., "Noise2Void", 2019, arXiv:1811.10980, for
    the principle; the numbers here are our own).

    If neighbours share their noise that is no longer so: the held-out error falls on while the
    noise is learned. Then the run ends once the fit is as close as the noise is strong, the
    discrepancy principle (Morozov, 1966), or after its last iteration.

    Smooth parts of a photograph without noise would get better by less and less for thousands of
    iterations: there it is enough that held-out pixels are foreseen to a level of 8 bits.

    Args:
        noise_mse: Set if neighbours share their noise: its mean square.

    Attributes:
        best: The check whose average is kept, None before the first.
        noise_mse: As given.
    """

    def __init__(self, *, noise_mse: float | None = None) -> None:
        self.best: Check | None = None
        self.noise_mse = noise_mse

    def is_best(self, check: Check) -> bool:
        """Whether the average of this check is to be kept; called with every check in turn."""
        if self.noise_mse is None:
            is_best = self.best is None or check.held_out_mse < self.best.held_out_mse
        else:
            is_best = self.best is None or self.best.seen_mse > self.noise_mse
        if is_best:
            self.best = check
        return is_best

    def is_over(self, check: Check) -> bool:
        """Whether the run may end: nothing better has come for long enough."""
        if self.best is None or check.iteration < FLOOR:
            return False
        if self.noise_mse is not None:
            return self.best.seen_mse <= self.noise_mse
        if self.best.held_out_mse <= UNSEEN_MSE:
            return True
        patience = max(FLOOR, PATIENCE_SHARE * check.iteration)
        return check.iteration - self.best.iteration >= patience


def blend_weight(check: Check, noise: float) -> float:
    """Return how much of the noisy picture belongs in the best mix with the fitted one, 0..1.

    What the network cannot foresee at a pixel is noise and the finest texture, t + n: the error on
    held-out pixels is E[t^2] + E[n^2]. Of seen pixels it has fitted the share a of both, so that
    (1 - a)^2 of that is left. The best share to have is Wiener's, E[t^2] / (E[t^2] + E[n^2]); the
    mix adds what is missing. A picture without noise comes back as it was.

    Args:
        check: Of the fitted picture.
        noise: Mean square of the noise.
    """
    unforeseen = check.held_out_mse
    if check.seen_mse <= 0 or unforeseen <= 0:
        return 1.0
    left = min(1.0, math.sqrt(check.seen_mse / unforeseen))
    texture = max(0.0, unforeseen - noise)
    return max(0.0, 1 - noise / (texture + noise) / left) if noise > 0 else 1.0
