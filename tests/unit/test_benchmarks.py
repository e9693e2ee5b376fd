"""Each part of the benchmark of Deep Image Prior, on a picture as small as it can be."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from benchmarks import gigapixel
from benchmarks.dip import __main__ as benchmark
from benchmarks.dip import ablation, missing, part, seams
from benchmarks.dip.seams import seam_steps

pytestmark = pytest.mark.usefixtures("tiny_prior")


@pytest.fixture
def data(tmp_path, photo):
    (tmp_path / "inpaint").mkdir()
    for name in ("F16", "Peppers"):
        Image.fromarray(photo(96, 96).pixels).save(tmp_path / f"{name}.png")
    Image.fromarray(photo(40, 40).pixels[:, :, 0]).save(tmp_path / "inpaint" / "house.png")
    return tmp_path


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    for module in (part, missing):
        monkeypatch.setattr(module, "OFFICIAL", replace(module.OFFICIAL, network="tiny"))
    monkeypatch.setattr(ablation, "LEAN", {**ablation.LEAN, "widths": (4, 4), "skips": (2, 2)})


def run(data, part, *words):
    images = ["--images", "house"] if part == "missing" else ["--images", "F16"]
    common = ["--crop", "40", "--iterations", "20", "--reference", "20", "--device", "cpu"]
    results, table = data / "results.jsonl", data / "table.md"
    benchmark.main(
        [str(data), "--part", part, *images, *common, "--results", str(results),
         "-o", str(table), *words]
    )  # fmt: skip
    return [json.loads(line) for line in results.read_text().splitlines()], table.read_text()


@pytest.mark.parametrize(
    ("part", "words", "count"),
    [
        ("speed", [], 1),
        ("stop", ["--sigma", "25", "50"], 2),
        ("quality", [], 1),
        ("seeds", ["--seeds", "3"], 3),
        ("missing", [], 1),
        ("missing", ["--reference", "0"], 1),
        ("repair", [], 2),
        ("ablation", ["--variants", "lean", "bias"], 2),
        ("seams", ["--crop", "96", "--tile", "64"], 1),
    ],
)
def test_a_part_prints_its_figures_beside_its_goals(data, monkeypatch, part, words, count):
    monkeypatch.setattr(seams, "HALO_PX", 8)
    monkeypatch.setattr("restorer.engine.deep_prior.windows.HALO_PX", 8)
    results, table = run(data, part, *words)
    assert len(results) == count
    assert {"date", "on", "torch", "threads"} <= results[0].keys()
    assert table.count("| F16 |") + table.count("| house |") == count
    assert "goal" in table or part == "ablation"


@pytest.mark.slow
def test_memory_is_measured_in_a_process_of_its_own(data):
    results, _ = run(data, "memory", "--megapixels", "1")
    assert 0 < results[0]["gib_per_megapixel"] <= 1.7


def test_what_is_done_is_not_done_again(data, monkeypatch):
    run(data, "seeds", "--seeds", "2")
    with (data / "results.jsonl").open("a") as file:
        file.write('{"part": "seeds", "cut')  # as if it was stopped while writing
        file.write("\n")
    measured = []
    real = benchmark.PARTS["seeds"]

    def measure(unit, options):
        measured.append(unit["seed"])
        return real.measure(unit, options)

    monkeypatch.setitem(benchmark.PARTS, "seeds", replace(real, measure=measure))
    images = ["--images", "F16", "--crop", "40", "--iterations", "20", "--device", "cpu"]
    benchmark.main(
        [str(data), "--part", "seeds", *images, "--seeds", "3", "--results",
         str(data / "results.jsonl")]
    )  # fmt: skip
    assert measured == [2]


def test_a_seam_is_seen():
    error = np.random.default_rng(0).normal(0, 0.01, (160, 160, 3)).astype(np.float32)
    steps, is_border = seam_steps(error, 80)
    assert steps[is_border].max() < 1.5 * steps[~is_border].max()
    error[80:] += 0.1
    steps, is_border = seam_steps(error, 80)
    assert steps[is_border].max() > 3 * steps[~is_border].max()


def test_a_large_picture_goes_from_file_to_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("restorer.engine.pipeline.STREAM_ABOVE_MEGAPIXELS", 0.0)
    options = argparse.Namespace(width=300, height=200, suffix="png", network_scale=2, deep=True)
    gigapixel.measure(tmp_path, options)
    assert "300 x 200 uint16" in capsys.readouterr().out
