"""Scratches and holes in colour pictures, beside Telea's method."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from benchmarks.dip.part import PICTURE, Part, Result, Unit, mean, picture_units, text, verdict
from benchmarks.dip.pictures import hole, load, psnr, scratches, to_photo
from restorer.engine.deep_prior.prior_picture import to_picture
from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Step
from restorer.modes.repair import Repair


def _units(options: argparse.Namespace) -> Iterator[Unit]:
    for unit in picture_units(options):
        for damage in ("scratch", "hole"):
            yield {
                **unit,
                "damage": damage,
                "effort": options.effort,
                "iterations": options.iterations,
            }


def _measure(unit: Unit, options: argparse.Namespace) -> Result:
    clean = load(options.data / f"{unit['picture']}.png", unit["crop"])
    height, width = clean.shape[:2]
    lost = scratches(height, width, 0) if unit["damage"] == "scratch" else hole(height, width)
    photo = to_photo(np.where(lost[:, :, None], 1, clean))
    params = {key: unit[key] for key in ("effort", "damage", "iterations")}
    compute = Compute(device=options.device, seed=unit["seed"])
    step = Step(Repair(), params, compute=compute, mask=lost)
    restored = step.mode.restore(photo, step, RunContext.quiet())
    telea = cv2.inpaint(photo.pixels.copy(), lost.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return {
        "db": psnr(to_picture(restored.photo), clean, lost),
        "telea_db": psnr(telea / np.float32(255), clean, lost),
        "changed_known_pixels": int((restored.photo.pixels != photo.pixels)[~lost].sum()),
        "iterations": restored.facts["iterations"],
    }


def _goals(results: Sequence[Result]) -> list[str]:
    changed = sum(result["changed_known_pixels"] for result in results)
    lines = [f"known pixels that changed: {changed}; goal 0: {verdict(is_met=changed == 0)}"]
    for damage in ("scratch", "hole"):
        chosen = [result for result in results if result["damage"] == damage]
        if chosen:
            ours = mean([result["db"] for result in chosen])
            telea = mean([result["telea_db"] for result in chosen])
            lines.append(f"{damage}: {ours:.2f} dB within the damage, Telea (OpenCV) {telea:.2f}")
    return lines


PART = Part(
    "scratches and holes, beside Telea's method; known pixels have to stay",
    _units,
    _measure,
    {
        **PICTURE,
        "damage": text("damage"),
        "PSNR within": text("db", ".2f"),
        "Telea": text("telea_db", ".2f"),
        "known changed": text("changed_known_pixels"),
        "its": text("iterations"),
    },
    _goals,
)
