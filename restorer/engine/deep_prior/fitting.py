"""Fitting networks to a whole photograph: runs, tiles and how their results are put together."""

from __future__ import annotations

import contextlib
import logging
import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from restorer.engine.deep_prior import windows
from restorer.engine.deep_prior.checkpoint import Checkpoint, fingerprint
from restorer.engine.deep_prior.fitted import (
    Fitted,
    Snapshot,
    Snapshots,
    snapshot_iterations,
    to_snapshot,
)
from restorer.engine.deep_prior.prior import Mask, Picture, PriorRun, choose_precision, fit
from restorer.engine.deep_prior.prior_picture import Shower, to_picture
from restorer.engine.deep_prior.recipes import Recipe
from restorer.engine.deep_prior.residual import best_share, carried_on, mix
from restorer.engine.deep_prior.speeds import learn, speed_of
from restorer.engine.deep_prior.stop_rule import Check, StopRule
from restorer.engine.device import Compute, Device, choose_device, clear_errors
from restorer.engine.jobs import RunContext
from restorer.engine.noise import Noise, measure_noise
from restorer.engine.photo import Photo
from restorer.engine.tiles import MIN_TILE_PX, Tile, fade
from restorer.errors import Cancelled, MaskError, NotEnoughMemoryError

log = logging.getLogger(__name__)

LEAST_SHARE = 0.1  # of the iterations: with strong noise runs stop themselves as early as that
SPEED_ITERATIONS = 30  # that say more of a machine's speed than a probe


@dataclass(eq=False)
class _Plan:
    """What all tiles share."""

    checkpoint: Checkpoint
    photo: Photo
    picture: Picture
    known: Mask
    recipe: Recipe
    device: Device
    precision: str  # empty until it is chosen
    seed: int
    iterations: int
    stops_itself: bool
    noise: Noise
    mixes_noise: bool
    is_repair: bool
    checks: list[Check] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    done_iterations: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)  # of the residual that is carried on
    pixels_done: int = 0  # times the iterations

    def state(self) -> dict[str, object]:
        """What is known of the runs that are done."""
        return {
            "checks": [[c.iteration, c.held_out_mse, c.seen_mse] for c in self.checks],
            "stops": list(self.stops),
            "done_iterations": list(self.done_iterations),
            "shares": list(self.shares),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.checks[:] = [Check(*values) for values in state["checks"]]
        self.stops[:] = state["stops"]
        self.done_iterations[:] = state["done_iterations"]
        self.shares[:] = state["shares"]

    def clear(self) -> None:
        """Forget the runs that are done."""
        for done in (self.checks, self.stops, self.done_iterations, self.shares):
            done.clear()
        self.pixels_done = 0


def fit_photo(
    photo: Photo,
    recipe: Recipe,
    ctx: RunContext,
    *,
    compute: Compute,
    iterations: int,
    known: Mask | None = None,
    mixes_noise: bool = False,
    checkpoint: Path | None = None,
) -> Fitted:
    """Fit networks to a photograph, whole or in tiles that fade into each other.

    Args:
        photo: Its pixels; grey ones are fitted as one channel.
        recipe: How.
        ctx: Reports iterations, shows the average at most twice a second.
        compute: Where.
        iterations: As many in each run; 0 stops by itself.
        known: (H, W) pixels the loss may look at; None for all.
        checkpoint: File in which the run is kept, and from which it goes on if it is there. It
            stays until remove_run: the result is not safe yet.
        mixes_noise: Add that share of the original which makes the expected error smallest.

    Raises:
        NotEnoughMemoryError: Not even the smallest tile fits.
        Cancelled: The job is to stop.
    """
    ctx.step("load", 0, 0)
    device = choose_device(compute.device)
    picture = to_picture(photo)
    mask = np.ones(picture.shape[:2], np.bool_) if known is None else known
    choices = (recipe, device.name, compute.precision, compute.tile, compute.seed, iterations)
    store = Checkpoint(checkpoint, fingerprint(picture, mask, choices))
    stored = store.load()
    if stored is None:
        tile_px, precision = windows.choose_tile_px(compute.tile, recipe, device, known), ""
    else:  # what was chosen by trying or by the free memory is chosen no more
        tile_px, precision = stored["tile_px"], stored["precision"]
    plan = _Plan(
        checkpoint=store,
        photo=photo,
        picture=picture,
        known=mask,
        recipe=recipe,
        device=device,
        precision=precision,
        seed=compute.seed,
        iterations=iterations or recipe.iterations,
        stops_itself=iterations == 0,
        noise=measure_noise(picture),
        is_repair=known is not None,
        mixes_noise=mixes_noise,
    )
    while True:
        try:
            if not plan.precision:
                window = picture[: tile_px + 2 * windows.HALO_PX, : tile_px + 2 * windows.HALO_PX]
                with clear_errors(device, max(window.shape)):
                    plan.precision = choose_precision(
                        window, recipe, device=device, wanted=compute.precision
                    )
            begin = time.monotonic()
            result, snapshots, used_px = _run_tiles(plan, tile_px, ctx, stored)
            break
        except NotEnoughMemoryError as error:
            tile_px = min(tile_px, max(picture.shape)) // 2
            if tile_px < MIN_TILE_PX:
                raise
            try:
                windows.tiles_to_fit(picture.shape[0], picture.shape[1], tile_px, known)
            except MaskError:  # smaller tiles would be all damage
                raise error from None
            log.warning("out of memory, starting over with tiles of %d px", tile_px)
            stored = None
            plan.clear()
    seconds = time.monotonic() - begin
    count = sum(plan.done_iterations)
    if stored is None and count >= SPEED_ITERATIONS:
        pixels = plan.pixels_done / count
        learn(recipe, device, compute.precision, pixels=pixels, seconds=seconds / count)
    kept_iteration = round(statistics.median(check.iteration for check in plan.checks))
    return Fitted(
        photo,
        result,
        kept_iteration,
        {**_facts(plan, used_px), "kept_iteration": kept_iteration},
        snapshots.up_to(max(plan.done_iterations)),
    )


def estimate_seconds(
    height: int,
    width: int,
    recipe: Recipe,
    ctx: RunContext,
    *,
    compute: Compute,
    iterations: int,
    known: Mask | None = None,
) -> tuple[float, float]:
    """Return the least and the most time that fit_photo may take, by this machine's speed.

    Arguments and errors are those of fit_photo, height and width the photo's.
    """
    device = choose_device(compute.device)
    tile_px = windows.choose_tile_px(compute.tile, recipe, device, known)
    tiles = windows.tiles_to_fit(height, width, tile_px, known)
    speed = speed_of(recipe, device, compute.precision, ctx)
    seconds = 0.0
    for tile in tiles:
        top, left, bottom, right = tile.window
        seconds += speed.seconds((bottom - top) * (right - left))
    most = seconds * recipe.runs * (iterations or recipe.iterations)
    return (most if iterations else LEAST_SHARE * most), most


def _facts(plan: _Plan, tile_px: int | None) -> dict[str, object]:
    return {
        "device": plan.device.name,
        "precision": plan.precision,
        "tile_px": tile_px,
        "seed": plan.seed,
        "stopped_by": "user" if "user" in plan.stops else plan.stops[0],
        "iterations": round(statistics.median(plan.done_iterations)),
        "held_out_mse": statistics.fmean(check.held_out_mse for check in plan.checks),
        "noise_sigma_255": round(255 * plan.noise.sigma, 2),
        "noise_is_correlated": plan.noise.is_correlated,
    }


def _run_tiles(
    plan: _Plan, tile_px: int, ctx: RunContext, stored: dict[str, Any] | None
) -> tuple[Picture, Snapshots, int | None]:
    """Return the whole picture, the snapshots and the side of the tiles for the record."""
    from torch import from_numpy

    height, width = plan.picture.shape[:2]
    tiles = windows.tiles_to_fit(height, width, tile_px, plan.known if plan.is_repair else None)
    result = np.zeros_like(plan.picture)
    weights = np.zeros((height, width, 1), np.float32)
    # A run that began without snapshots has none of what is done already.
    is_watched = ctx.wants_previews if stored is None else len(stored["snapshots"]) > 0
    taken = snapshot_iterations(plan.picture.shape, plan.iterations) if is_watched else ()
    snapshots = Snapshots(plan.picture, taken)
    if stored is not None:
        plan.load_state(stored)
        result[:], weights[:] = stored["result"].numpy(), stored["weights"].numpy()
        snapshots.pictures[:] = stored["snapshots"].numpy()
    for done, tile in enumerate(windows.judges_first(tiles, plan.picture)):
        if stored is not None and done < stored["tile"]:
            continue
        if done and ctx.finish_requested:
            break
        so_far = {
            "tile_px": tile_px,
            "precision": plan.precision,
            "tile": done,
            "result": from_numpy(result),
            "weights": from_numpy(weights),
            "snapshots": from_numpy(snapshots.pictures),
        }
        part, parts = _fit_tile(
            plan,
            tile,
            ctx.part(done, len(tiles)),
            is_judge=done < windows.JUDGES or plan.is_repair,
            taken=taken,
            so_far=so_far,
            stored=stored,
        )
        stored = None
        top, left, bottom, right = tile.window
        ramp = fade(tile, height, width, halo_px=windows.HALO_PX)
        snapshots.add(parts, tile, ramp / (weights[top:bottom, left:right] + ramp))
        result[top:bottom, left:right] += ramp * part
        weights[top:bottom, left:right] += ramp
    # Where nothing is lost, or the user stopped before a tile's turn, the photo stays as it is.
    result = np.where(weights > 0, result / np.maximum(weights, 1e-12), plan.picture)
    with contextlib.suppress(Cancelled):  # too late: the work is done
        ctx.step("iteration", 1, 1)
    return result.astype(np.float32), snapshots, _used_px(plan, tile_px)


def _used_px(plan: _Plan, tile_px: int) -> int | None:
    """Return the side of tiles that gives the same ones again; None for a repair in one piece."""
    if plan.is_repair:
        return None if tile_px == windows.WHOLE_PX else tile_px
    height, width = plan.picture.shape[:2]
    return windows.core_px(height, width, tile_px)


def _fit_tile(
    plan: _Plan,
    tile: Tile,
    ctx: RunContext,
    *,
    is_judge: bool,
    taken: tuple[int, ...],
    so_far: dict[str, Any],
    stored: dict[str, Any] | None,
) -> tuple[Picture, Snapshot]:
    """Return the mean of a tile's runs, (h, w, C), with its share of the original; the snapshots.

    Args:
        plan: What all tiles share.
        tile: Which.
        ctx: Its share of the job.
        is_judge: It stops by itself.
        taken: Iterations of the snapshots; a run that ended before one gives what it kept.
        so_far: Goes into the checkpoint: the tiles that are done.
        stored: The checkpoint to go on from, None to begin.
    """
    from torch import from_numpy

    top, left, bottom, right = tile.window
    picture = plan.picture[top:bottom, left:right]
    known = plan.known[top:bottom, left:right]
    iterations, stops_itself = plan.iterations, plan.stops_itself
    if not is_judge and stops_itself:
        judged = plan.checks[: windows.JUDGES * plan.recipe.runs]
        iterations = round(statistics.median(check.iteration for check in judged))
        stops_itself = False
    parts: list[Picture] = []
    run_snapshots: list[Snapshot] = []
    current = np.empty((len(taken), *picture.shape), np.uint16)
    current[:] = to_snapshot(picture) if taken else 0
    if stored is not None:
        parts = [part.numpy() for part in stored["parts"]]
        run_snapshots = [item.numpy() for item in stored["run_snapshots"]]
        current = stored["current_snapshots"].numpy()
    fixed = (plan.picture, plan.known) if plan.is_repair else None
    show = Shower(plan.photo, tile, ctx, fixed=fixed)

    def watch(run: PriorRun) -> None:
        if run.iteration in taken:
            current[taken.index(run.iteration)] = to_snapshot(run.average())
        show(run)

    for index in range(len(parts), plan.recipe.runs):
        if parts and ctx.finish_requested:
            break
        recipe = plan.recipe
        fits_all = recipe.only_first_holds_out and len(parts) > 0
        if fits_all:
            recipe = replace(recipe, hold_out=0.0)
            iterations, stops_itself = plan.checks[-1].iteration, False
        with clear_errors(plan.device, max(picture.shape)):
            run = PriorRun(
                picture,
                known,
                recipe,
                seed=plan.seed + index,
                device=plan.device,
                precision=plan.precision,
            )
            # A repair is judged by how well lost pixels are foreseen, whatever the noise is.
            correlated = plan.noise.is_correlated and not plan.is_repair
            rule = StopRule(noise_mse=plan.noise.sigma**2 if correlated else None)
            best = None
            if stored is not None:
                run.load_state(stored["run"])
                if stored["best"] is not None:
                    best, rule.best = stored["best"].numpy(), Check(*stored["best_check"])
                stored = None

            def keep(best: Picture | None, run: PriorRun = run, rule: StopRule = rule) -> None:
                if not (plan.checkpoint.is_due or (plan.checkpoint.is_wanted and ctx.is_cancelled)):
                    return
                check = rule.best
                plan.checkpoint.save(
                    {
                        **so_far,
                        **plan.state(),
                        "parts": [from_numpy(part) for part in parts],
                        "run_snapshots": [from_numpy(item) for item in run_snapshots],
                        "current_snapshots": from_numpy(current),
                        "run": run.state(),
                        "best": None if best is None else from_numpy(best),
                        "best_check": check
                        and [check.iteration, check.held_out_mse, check.seen_mse],
                    },
                    is_last=ctx.is_cancelled,
                )

            fitted = fit(
                run,
                rule,
                ctx.part(index, plan.recipe.runs),
                iterations=iterations,
                stops_itself=stops_itself,
                number=None if fits_all else len(plan.stops),
                show=watch,
                best=best,
                keep=keep,
            )
        plan.stops.append(fitted.stopped_by)
        plan.done_iterations.append(fitted.iterations)
        plan.pixels_done += fitted.iterations * picture.shape[0] * picture.shape[1]
        was_stopped = parts and fitted.stopped_by == "user"
        if was_stopped and fitted.check.iteration < plan.checks[-1].iteration:
            break  # not as far as the run before: it would only blur the mean
        if not fits_all:
            plan.checks.append(fitted.check)
        part = fitted.picture
        if plan.mixes_noise:
            part = mix(part, fitted.check, picture, plan.noise)
        if recipe.carries_residual:
            carried = carried_on(part, picture, run.seen)
            if not fits_all:
                plan.shares.append(best_share(carried, part, picture, run.held_out))
            part = part + np.float32(plan.shares[-1]) * carried
        parts.append(part)
        for taken_index, at in enumerate(taken):
            if at > fitted.iterations:
                current[taken_index] = to_snapshot(fitted.picture)
        run_snapshots.append(current.copy())
    mean: Picture = np.mean(parts, axis=0, dtype=np.float32)
    mean_snapshots = np.rint(np.mean(run_snapshots, axis=0)).astype(np.uint16)
    return mean, mean_snapshots
