"""Batches that survive, results that can be made again, and awkward names."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from restorer import cli, reproduce
from restorer.engine import batch
from restorer.engine.deep_prior import windows
from restorer.engine.files.photo_io import read_photo
from restorer.engine.files.record import recorded
from restorer.engine.model_files import load_network, save_network
from restorer.engine.pipeline import restore_photo


@pytest.fixture(autouse=True)
def _model(tiny_model):
    assert tiny_model.name == "tiny-x4"


def upscale(*words):
    return run("upscale", *words, "--model", "tiny-x4", "--device", "cpu", "--json")


def run(*words):
    return cli.main([str(word) for word in words])


def reports(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def make_folder(folder, count=6, side=24):
    folder.mkdir()
    for index in range(count):
        pixels = np.random.default_rng(index).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def size(path):
    with Image.open(path) as image:
        return image.size


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_resume_does_only_what_is_missing(tmp_path, capsys):
    folder, out = make_folder(tmp_path / "in"), tmp_path / "out"
    (folder / "3.png").write_bytes(b"damaged")
    assert upscale(folder, "-o", out) == 1
    capsys.readouterr()
    Image.new("RGB", (8, 8)).save(folder / "3.png")
    (out / "4.png").unlink()
    assert upscale(folder, "-o", out, "--resume") == 0
    states = [report["status"] for report in reports(capsys)]
    assert states == ["skipped"] * 3 + ["ok", "ok", "skipped"]
    assert upscale(folder, "-o", out, "--resume") == 0  # nothing is missing
    assert [report["status"] for report in reports(capsys)] == ["skipped"] * 6


def test_resume_beside_the_photographs_does_not_enlarge_results(tmp_path, capsys):
    folder = make_folder(tmp_path / "in", 3)
    (folder / "2.png").write_bytes(b"damaged")
    assert upscale(*sorted(folder.glob("*.png"))) == 1
    Image.new("RGB", (8, 8)).save(folder / "2.png")
    capsys.readouterr()
    assert upscale(*sorted(folder.glob("*.png")), "--resume") == 0  # as a shell would
    assert [report["status"] for report in reports(capsys)] == ["skipped", "skipped", "ok"]
    assert len(list(folder.iterdir())) == 6


def test_a_batch_that_began_with_results_among_its_inputs_is_resumed(tmp_path, capsys):
    folder, jobs = make_folder(tmp_path / "in", 1), tmp_path / "jobs.jsonl"
    (folder / "0-restored.tif").write_bytes((folder / "0.png").read_bytes())
    inputs = sorted(folder.iterdir())
    assert upscale(*inputs, "--jobs", jobs) == 0
    capsys.readouterr()
    assert upscale(*inputs, "--jobs", jobs, "--resume") == 0
    assert [report["status"] for report in reports(capsys)] == ["skipped", "skipped"]


def test_resume_without_a_job_file_says_so(tmp_path, capsys):
    folder = make_folder(tmp_path / "in", 1)
    assert upscale(folder, "-o", tmp_path / "out", "--resume") == 0
    assert "no job file to go on with" in capsys.readouterr().err


def test_a_job_file_that_nobody_asked_for_ends_no_batch(tmp_path, capsys, monkeypatch):
    def fill(self, line):
        if line.get("state") == "done":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(batch.Journal, "_write", fill)
    folder = make_folder(tmp_path / "in", 3)
    assert upscale(folder, "-o", tmp_path / "out") == 0
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert "This batch cannot be resumed" in capsys.readouterr().err
    words = ("-o", tmp_path / "again", "--jobs", tmp_path / "jobs.jsonl")
    assert upscale(folder, *words) == 1


def test_names_that_differ_in_case_only_get_files_of_their_own(tmp_path):
    one, two = make_folder(tmp_path / "one", 1), make_folder(tmp_path / "two", 1)
    (one / "0.png").rename(one / "IMG.png")
    (two / "0.png").rename(two / "img.PNG")
    assert upscale(one / "IMG.png", two / "img.PNG", "-o", tmp_path / "out", "--overwrite") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["IMG.png", "img-2.PNG"]


def test_only_the_last_job_files_are_kept(tmp_path, home, monkeypatch):
    monkeypatch.setattr(batch, "KEPT_JOB_FILES", 3)
    folder = make_folder(tmp_path / "in", 2)
    for number in range(6):
        assert upscale(folder, "-o", tmp_path / str(number)) == 0
    kept = [json.loads(path.read_text().splitlines()[0]) for path in (home / "jobs").iterdir()]
    names = sorted(head["settings"]["output"][-1] for head in kept)
    assert names == ["2", "3", "4", "5"]  # the three that were there, and the last one


def test_the_summary_names_what_failed_and_why(tmp_path, capsys):
    folder = make_folder(tmp_path / "in")
    (folder / "3.png").write_bytes(b"damaged")
    jobs = tmp_path / "jobs.jsonl"
    assert upscale(folder, "-o", tmp_path / "out", "--jobs", jobs) == 1
    messages = capsys.readouterr().err
    assert "5 of 6 done" in messages
    assert messages.splitlines()[-1].startswith(f"failed: {folder / '3.png'}: 3.png is not")
    lines = [json.loads(line) for line in jobs.read_text().splitlines()]
    assert lines[0]["settings"]["model"] == "tiny-x4"
    assert [line["state"] for line in lines if line.get("input", "").endswith("3.png")] == [
        "waiting", "started", "failed",
    ]  # fmt: skip


def test_a_folder_made_for_a_result_goes_with_it(tmp_path):
    folder, out = make_folder(tmp_path / "in", 2), tmp_path / "new" / "out"
    for path in folder.iterdir():
        path.write_bytes(b"damaged")
    assert upscale(folder, "-o", out) == 1
    assert not out.parent.exists()


def test_a_job_file_of_other_settings_is_refused(tmp_path, capsys):
    folder, jobs = make_folder(tmp_path / "in"), tmp_path / "jobs.jsonl"
    (folder / "3.png").write_bytes(b"damaged")
    upscale(folder, "-o", tmp_path / "out", "--jobs", jobs)
    assert upscale(folder, "-o", tmp_path / "out", "--jobs", jobs, "--resume", "--scale", 2) == 1
    assert "other settings" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("--resume",)])
def test_a_photograph_is_no_job_file(tmp_path, capsys, words):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    before = source.read_bytes()
    assert upscale(source, "-o", tmp_path / "out.png", "--jobs", source, *words) == 1
    assert "0.png is not a job file" in capsys.readouterr().err
    assert source.read_bytes() == before


def test_an_empty_file_may_become_a_job_file(tmp_path):
    source, jobs = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "jobs.jsonl"
    jobs.touch()
    assert upscale(source, "-o", tmp_path / "out.png", "--jobs", jobs, "--resume") == 0
    assert jobs.read_text().startswith('{"restorer": 1')


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6])  # in the header, the plan, the work
def test_a_disk_that_is_full_under_the_job_file_is_said(tmp_path, capsys, share):
    import resource

    folder, jobs = make_folder(tmp_path / "in", 9), tmp_path / "jobs.jsonl"
    assert upscale(folder, "-o", tmp_path / "all", "--jobs", jobs) == 0
    limit_bytes = int(share * jobs.stat().st_size)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        status = upscale(folder, "-o", tmp_path / "out", "--jobs", jobs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert status == 1
    assert "The job file jobs.jsonl cannot be " in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_killed_at_any_moment_and_resumed_gives_the_same_files(tmp_path, capsys):
    """The short form of benchmarks/kills.py."""
    folder, out = make_folder(tmp_path / "in", 40), tmp_path / "out"
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert upscale(folder, "-o", tmp_path / "whole") == 0
    words = [sys.executable, "-m", "restorer", "upscale", folder, "-o", out, "--model", "tiny-x4",
             "--device", "cpu", "--resume"]  # fmt: skip
    chance = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        while not out.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in out.glob("*.png"):
            assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
    subprocess.run(words, check=True, capture_output=True, timeout=300)
    assert contents(out) == contents(tmp_path / "whole")
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns)
                      for path in folder.iterdir()}  # fmt: skip


def test_a_stale_part_is_removed_and_one_in_use_stays(tmp_path):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    out = tmp_path / "out"
    out.mkdir()
    (out / ".restorer-0123456789abcdef.part").write_bytes(b"half a picture")
    used = out / ".restorer-fedcba9876543210.part"
    if os.name == "nt":
        assert upscale(source, "-o", out) == 0
    else:
        import fcntl

        with open(used, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert upscale(source, "-o", out) == 0
    assert {path.name for path in out.iterdir()} - {used.name} == {"0.png"}


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "webp"])
def test_reproduce_makes_the_same_pixels(tmp_path, suffix):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result = tmp_path / f"result.{suffix}"
    assert upscale(source, "-o", result, "--scale", 2.7) == 0
    again = tmp_path / f"again.{suffix}"
    assert run("reproduce", result, "--original", source, "-o", again) == 0
    assert result.read_bytes() == again.read_bytes()


def test_a_reduction_names_no_model_and_can_be_reproduced(tmp_path, capsys):
    """No network runs, so none is said to have."""
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    assert upscale(source, "-o", result, "--scale", 0.5) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"] is facts["detail"] is None
    record = recorded(read_photo(result).xmp)
    assert record.steps[0].model is record.steps[0].model_sha256 is None
    assert record.steps[0].params == {"scale": 0.5}
    assert run("reproduce", result, "--original", source, "-o", again) == 0


def test_reproduce_knows_the_quality(tmp_path):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result, again = tmp_path / "result.jpg", tmp_path / "again.jpg"
    assert upscale(source, "-o", result, "--quality", 60) == 0
    assert run("reproduce", result, "--original", source, "-o", again) == 0
    assert result.read_bytes() == again.read_bytes()


def test_reproduce_knows_both_models_of_a_pair(tmp_path, capsys, tiny_pair):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    words = ("upscale", source, "-o", result, "--model", tiny_pair.srgan.name, "--device", "cpu")
    assert run(*words, "--detail", 30) == 0
    assert run("reproduce", result, "--original", source, "-o", again) == 0
    assert result.read_bytes() == again.read_bytes()
    tiny_pair.faithful.path.unlink()
    assert run("reproduce", result, "--original", source, "-o", again, "--overwrite") == 1
    assert "was mixed with" in capsys.readouterr().err


def test_reproduce_knows_the_tiles_of_a_model_that_blends_them(tmp_path, tiny_model):
    path = tiny_model.path.with_name("tiny-blended.safetensors")
    save_network(load_network(tiny_model), replace(tiny_model, path=path, halo_px=4, feather_px=4))
    source = make_folder(tmp_path / "in", 1, side=150) / "0.png"
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    words = ("upscale", source, "-o", result, "--model", "tiny-blended", "--device", "cpu")
    assert run(*words, "--tile", 64) == 0
    assert run("reproduce", result, "--original", source, "-o", again) == 0
    assert result.read_bytes() == again.read_bytes()


def test_reproduce_takes_tiles_that_fit_the_memory_where_they_join_exactly(tmp_path, monkeypatch):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result, tiles = tmp_path / "result.png", []
    assert upscale(source, "-o", result, "--tile", 64) == 0

    def note(photo, steps, ctx):
        tiles.extend(step.compute.tile for step in steps)
        return restore_photo(photo, steps, ctx)

    monkeypatch.setattr(reproduce, "restore_photo", note)
    assert run("reproduce", result, "--original", source, "-o", tmp_path / "again.png") == 0
    assert tiles == ["auto"]


@pytest.mark.parametrize("name", ["result.png", "mask.png"])
def test_reproduce_replaces_neither_the_result_nor_the_mask(tmp_path, capsys, name):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    mask = np.zeros((24, 24), np.uint8)
    mask[3:5, 3:5] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    words = ("--mask", tmp_path / "mask.png", "--overwrite")
    assert run("repair", source, "-o", tmp_path / "result.png", *words,
               "--iterations", 3, "--device", "cpu") == 0  # fmt: skip
    before = (tmp_path / name).read_bytes()
    assert run("reproduce", tmp_path / "result.png", "--original", source, *words,
               "-o", tmp_path / name) == 1  # fmt: skip
    assert "is needed as it is" in capsys.readouterr().err
    assert (tmp_path / name).read_bytes() == before


def test_reproduce_makes_what_deep_image_prior_drew(tmp_path, capsys):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    assert run("denoise", source, "-o", result, "--iterations", 20, "--device", "cpu") == 0
    assert run("reproduce", result, "--original", source, "-o", again) == 0
    assert result.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(("size", "tile"), [((90, 90), "whole"), ((20, 300), "auto")])
def test_reproduce_makes_what_a_repair_drew(tmp_path, monkeypatch, size, tile):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr(windows, "AUTO_TILE_PX", 280)
    rng, mask = np.random.default_rng(0), np.zeros(size, np.uint8)
    mask[5:7, 4:-4] = 255
    for name, pixels in (("in", rng.integers(0, 256, (*size, 3), np.uint8)), ("mask", mask)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    source, marked = tmp_path / "in.png", tmp_path / "mask.png"
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    assert run("repair", source, "--mask", marked, "-o", result, "--iterations", 3,
               "--device", "cpu", "--tile", tile) == 0  # fmt: skip
    words = ("--original", source, "--mask", marked, "-o", again)
    assert run("reproduce", result, *words) == 0
    assert result.read_bytes() == again.read_bytes()


def test_reproduce_wants_the_mask_of_a_repair(tmp_path, capsys):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    masks = []
    for row in (3, 9):
        pixels = np.zeros((24, 24), np.uint8)
        pixels[row : row + 2, 4:20] = 255
        masks.append(tmp_path / f"mask-{row}.png")
        Image.fromarray(pixels).save(masks[-1])
    result, again = tmp_path / "result.png", tmp_path / "again.png"
    assert run("repair", source, "--mask", masks[0], "-o", result, "--iterations", 20,
               "--device", "cpu") == 0  # fmt: skip
    words = ("reproduce", result, "--original", source, "-o", again)
    assert run(*words) == 1
    assert "--mask" in capsys.readouterr().err
    assert run(*words, "--mask", masks[1]) == 1
    assert "is not the mask" in capsys.readouterr().err
    assert run(*words, "--mask", masks[0]) == 0
    assert result.read_bytes() == again.read_bytes()


def test_reproduce_refuses_another_original_and_a_missing_model(tmp_path, capsys, tiny_model):
    folder = make_folder(tmp_path / "in", 2)
    result = tmp_path / "result.png"
    upscale(folder / "0.png", "-o", result)
    words = ("reproduce", result, "-o", tmp_path / "again.png", "--original")
    assert run(*words, folder / "1.png") == 1
    assert "is not the original" in capsys.readouterr().err
    tiny_model.path.unlink()
    assert run(*words, folder / "0.png") == 1
    assert tiny_model.sha256 in capsys.readouterr().err


def test_reproduce_looks_at_its_output_before_any_work(tmp_path, capsys, monkeypatch):
    source, result = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "result.png"
    upscale(source, "-o", result)
    monkeypatch.setattr("restorer.reproduce.restore_photo", None)
    words = ("reproduce", result, "--original", source, "-o")
    assert run(*words, result) == 1
    assert "exists already" in capsys.readouterr().err
    assert run(*words, source, "--overwrite") == 1
    assert "is the original photograph" in capsys.readouterr().err
    assert run(*words, tmp_path / "none" / "again.png") == 1
    assert "folder does not exist" in capsys.readouterr().err


def test_reproduce_has_a_limit_of_megapixels(tmp_path, capsys):
    source, result = make_folder(tmp_path / "in", 1, 260) / "0.png", tmp_path / "result.png"
    upscale(source, "-o", result)
    words = ("reproduce", result, "--original", source, "-o", tmp_path / "again.png")
    assert run(*words, "--limit-megapixels", 1) == 1
    assert "more than the limit of 1" in capsys.readouterr().err
    assert run(*words, "--limit-megapixels", 2) == 0


def test_reproduce_refuses_an_impossible_seed(tmp_path, capsys, monkeypatch):
    source, result = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "result.png"
    upscale(source, "-o", result)
    real = reproduce.recorded

    def forged(xmp):
        record = real(xmp)
        return replace(record, steps=tuple(replace(step, seed=-1) for step in record.steps))

    monkeypatch.setattr(reproduce, "recorded", forged)
    words = ("reproduce", result, "--original", source, "-o", tmp_path / "again.png")
    assert run(*words) == 1
    assert "seed -1" in capsys.readouterr().err


def test_no_record_is_written_where_it_is_switched_off(tmp_path, capsys):
    source, result = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "result.png"
    upscale(source, "-o", result, "--no-record")
    assert read_photo(result).xmp is None
    assert run("reproduce", result, "--original", source, "-o", tmp_path / "again.png") == 1
    assert "no record" in capsys.readouterr().err


def test_the_record_names_no_path(tmp_path):
    source, result = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "result.png"
    upscale(source, "-o", result)
    assert str(tmp_path).encode() not in result.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows has not")
@pytest.mark.parametrize(
    "name",
    [
        "照片 é ü.png", "😀👩‍👩‍👧.png", "a b#c%20d?.png", "-rf.png", "--help.png", "a[n=2].png",
        "a:b|c.png", "new\nline.png", "x" * 251 + ".png", "字" * 83 + ".png", "$(id) `id` '\".png",
        "b\udcff.png", "..png",
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_names(tmp_path, name, suffix, monkeypatch, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    source = folder / name
    if name == "..png":
        source = folder / ".hidden.png"
    Image.new("RGB", (9, 7), (10, 200, 30)).save(source.with_name("a.png"))
    source.with_name("a.png").rename(source)
    assert run("upscale", "--model", "tiny-x4", "--format", suffix, "--", source) == 0
    results = [path for path in folder.iterdir() if path.name != source.name]
    assert len(results) == 1
    assert (read_photo(results[0]).width, read_photo(results[0]).height) == (36, 28)
    assert len(os.fsencode(results[0].name)) <= 255


def test_what_needs_a_package_is_not_passed_over(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("restorer.engine.files.modern_decode.HAS_JXL", False)
    folder = make_folder(tmp_path / "in", 1)
    (folder / "a.jxl").write_bytes(b"\xff\x0a" + bytes(100))
    assert upscale(folder, "-o", tmp_path / "out") == 1
    assert "needs the package pillow-jxl-plugin" in capsys.readouterr().err


def test_an_input_is_never_replaced_by_the_result_of_another(tmp_path, capsys):
    one, two = (make_folder(tmp_path / name, 1) / "0.png" for name in ("one", "two"))
    before = two.read_bytes()
    assert upscale(one, two, "-o", two.parent, "--overwrite") == 1  # two itself is the original
    assert two.read_bytes() == before
    assert (two.parent / "0-2.png").exists()
    assert "is taken by another input" in capsys.readouterr().err


def with_maps(pair, *words):
    return run("upscale", *words, "--model", pair.srgan.name, "--device", "cpu", "--json")


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_each_result_has_a_map_of_its_own(tmp_path, tiny_pair):
    folder = make_folder(tmp_path / "in", 1)
    (folder / "0.png").rename(folder / "a.png")
    Image.open(folder / "a.png").save(folder / "a.jpg")
    out, maps = tmp_path / "out", tmp_path / "maps"
    words = (folder / "a.png", folder / "a.jpg", "-o", out, "--honesty-map", maps)
    assert with_maps(tiny_pair, *words, "--overwrite") == 0
    assert files(out) == ["a.jpg", "a.png"]
    assert files(maps) == ["a-honesty-2.png", "a-honesty.png"]


def test_maps_lie_as_their_photographs_do(tmp_path, tiny_pair):
    folder, maps = tmp_path / "in", tmp_path / "maps"
    folder.mkdir()
    make_folder(folder / "1", 1)
    make_folder(folder / "2", 1)
    assert with_maps(tiny_pair, folder, "--recursive", "--honesty-map", maps) == 0
    assert files(maps) == ["1/0-restored-honesty.png", "2/0-restored-honesty.png"]


def test_a_map_takes_no_place_of_an_input_or_a_result(tmp_path, tiny_pair):
    folder, out = make_folder(tmp_path / "in", 2), tmp_path / "out"
    (folder / "0.png").rename(folder / "a.png")
    (folder / "1.png").rename(folder / "a-honesty.png")
    before = contents(folder)
    words = (folder, "-o", out, "--overwrite", "--honesty-map")
    assert with_maps(tiny_pair, *words, folder) == 0
    assert before.items() <= contents(folder).items()
    assert "a-honesty-2.png" in contents(folder)
    assert with_maps(tiny_pair, folder / "a.png", folder / "a-honesty.png", *words[1:], out) == 0
    names = ["a-honesty-2.png", "a-honesty-honesty.png", "a-honesty.png", "a.png"]
    assert files(out) == names
    assert size(out / "a-honesty.png") == size(out / "a.png") == (96, 96)


def test_a_result_and_its_map_cannot_be_one_file(tmp_path, tiny_pair, capsys, monkeypatch):
    monkeypatch.setattr("restorer.restore_command.open_photo", None)
    source, out = make_folder(tmp_path / "in", 1) / "0.png", tmp_path / "out.png"
    assert with_maps(tiny_pair, source, "-o", out, "--honesty-map", out) == 1
    assert "cannot be both the result and its honesty map" in capsys.readouterr().err


def test_what_a_batch_wrote_is_no_input_when_it_is_resumed(tmp_path, tiny_pair):
    folder = make_folder(tmp_path / "in", 1)
    words = (folder, "--honesty-map", folder)
    assert with_maps(tiny_pair, *words) == 0
    before = contents(folder)
    assert list(before) == ["0-restored-honesty.png", "0-restored.png", "0.png"]
    assert with_maps(tiny_pair, *words, "--resume") == 0
    assert contents(folder) == before
    # With -o there is no ending to tell a result by.
    assert upscale(folder, "-o", folder, "--format", "jpg", "--overwrite") == 0
    before = contents(folder)
    assert upscale(folder, "-o", folder, "--format", "jpg", "--overwrite", "--resume") == 0
    assert contents(folder) == before


def test_folders_of_outputs_are_no_inputs(tmp_path, tiny_pair, capsys):
    folder = make_folder(tmp_path / "in", 1)
    words = (folder, "--recursive", "-o", folder / "out", "--honesty-map", folder / "maps")
    assert with_maps(tiny_pair, *words) == 0
    names = ["0.png", "maps/0-honesty.png", "out/0.png"]
    assert files(folder) == names
    assert with_maps(tiny_pair, *words, "--resume") == 0
    assert with_maps(tiny_pair, *words, "--overwrite") == 0
    assert files(folder) == names


def test_a_second_run_takes_no_result_of_the_first_as_input(tmp_path, capsys):
    folder = make_folder(tmp_path / "in", 1)
    (folder / "1-restored.png").write_bytes((folder / "0.png").read_bytes())  # a photograph's name
    assert upscale(folder) == 0
    capsys.readouterr()
    assert upscale(folder, "--overwrite") == 0
    assert [report["input"] for report in reports(capsys)] == [
        str(folder / "0.png"), str(folder / "1-restored.png"),
    ]  # fmt: skip
    assert upscale(folder / "0-restored.png") == 0  # which is asked for by name


def test_an_input_added_to_a_batch_takes_no_place_of_a_result(tmp_path, capsys):
    folder, out = make_folder(tmp_path / "in", 2), tmp_path / "out"
    words = (folder, "-o", out, "--format", "jpg", "--overwrite")
    (folder / "0.png").rename(folder / "b.png")
    (folder / "1.png").rename(folder / "c.png")
    assert upscale(*words) == 0
    before = contents(out)
    Image.new("RGB", (8, 8)).save(folder / "b.bmp")  # comes before b.png
    (out / "c.jpg").unlink()
    assert upscale(*words, "--resume") == 0
    assert before.items() <= contents(out).items()
    assert files(out) == ["b-2.jpg", "b.jpg", "c.jpg"]


def test_a_map_whose_result_is_gone_is_written_again(tmp_path, tiny_pair):
    folder, maps = make_folder(tmp_path / "in", 2), tmp_path / "maps"
    words = (folder, "-o", tmp_path / "out", "--honesty-map", maps)
    assert with_maps(tiny_pair, *words) == 0
    before = contents(maps)
    (tmp_path / "out" / "0.png").unlink()
    (maps / "0-honesty.png").write_bytes(b"half a map")
    assert with_maps(tiny_pair, *words, "--resume") == 0
    assert contents(maps) == before
    assert files(tmp_path / "out") == ["0.png", "1.png"]


def test_a_file_in_the_place_of_a_map_stays_when_the_batch_is_resumed(tmp_path, tiny_pair):
    folder, maps = make_folder(tmp_path / "in", 2), tmp_path / "maps"
    maps.mkdir()
    (maps / "0-honesty.png").write_bytes(b"mine")
    words = (folder, "-o", tmp_path / "out", "--honesty-map", maps)
    assert with_maps(tiny_pair, *words) == 1
    assert with_maps(tiny_pair, *words, "--resume") == 1
    assert (maps / "0-honesty.png").read_bytes() == b"mine"


def test_a_folder_without_photographs_is_a_failure(tmp_path, capsys):
    folder, empty = make_folder(tmp_path / "in", 1), tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").write_text("no photograph")
    assert upscale(empty, folder, "-o", tmp_path / "out") == 1
    captured = capsys.readouterr()
    assert f"There are no photographs in {empty}." in captured.err
    assert [json.loads(line)["status"] for line in captured.out.splitlines()] == ["failed", "ok"]


def test_the_attributes_that_macos_keeps_in_files_are_no_photographs(tmp_path, capsys):
    folder = make_folder(tmp_path / "in", 1)
    (folder / "._0.png").write_bytes(b"\0\5\x16\7")
    assert upscale(folder, "-o", tmp_path / "out") == 0
    assert upscale(folder / "._0.png", "-o", tmp_path / "out") == 1  # which was asked for by name


@pytest.mark.parametrize("words", [("",), ("a.png", "-o", ""), ("a.png", "--jobs", "")])
def test_an_empty_name_is_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as caught:
        upscale(*words)
    assert caught.value.code == 2
    assert "a name is empty" in capsys.readouterr().err


def test_a_slash_at_its_end_makes_an_output_a_folder(tmp_path, tiny_pair):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    words = ("-o", f"{tmp_path / 'out'}/", "--honesty-map", f"{tmp_path / 'maps'}/")
    assert with_maps(tiny_pair, source, *words) == 0
    assert files(tmp_path / "out") == ["0.png"]
    assert files(tmp_path / "maps") == ["0-honesty.png"]


def test_a_batch_is_the_same_with_and_without_the_slash(tmp_path, tiny_pair, capsys):
    folder, out, maps = make_folder(tmp_path / "in", 2), tmp_path / "out", tmp_path / "maps"
    assert with_maps(tiny_pair, folder, "-o", out, "--honesty-map", maps) == 0
    capsys.readouterr()
    words = (folder, "-o", f"{out}/", "--honesty-map", f"{maps}/", "--resume")
    assert with_maps(tiny_pair, *words) == 0
    assert [report["status"] for report in reports(capsys)] == ["skipped"] * 2


def test_an_input_that_is_named_twice_is_done_once(tmp_path, capsys):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    assert upscale(source, source, "-o", tmp_path / "out") == 0
    assert len(reports(capsys)) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_and_read_only_sources(tmp_path):
    source = make_folder(tmp_path / "in", 1) / "0.png"
    source.chmod(0o400)
    link = tmp_path / "link.png"
    link.symlink_to(source)
    assert upscale(link, "-o", tmp_path / "out.png") == 0
    assert upscale(link, "-o", link, "--overwrite") == 1
    assert upscale(source, "-o", link, "--overwrite") == 1
    assert source.stat().st_mode & 0o777 == 0o400
