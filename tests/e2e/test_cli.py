"""The command line as a script uses it: a process, its output, its exit status."""

import errno
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from restorer import __main__, cli, paths, restore_command
from restorer.engine import faults, noise


@pytest.fixture
def photo_file(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (21, 34, 3), dtype=np.uint8)
    path = tmp_path / "in" / "old print é 照片 #1.png"
    path.parent.mkdir()
    Image.fromarray(pixels).save(path, dpi=(300, 300))
    return path


def run(*words):
    """Run the command line inside this process: what each option does needs no new one."""
    return cli.main([str(word) for word in words])


def reports(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def upscale(*words, model="tiny-x4"):
    return run("upscale", *words, "--model", model, "--device", "cpu", "--json")


def size(path):
    with Image.open(path) as image:
        return image.size


def left_over(folder):
    return [path.name for path in folder.rglob("*") if ".part" in path.name]


@pytest.fixture(autouse=True)
def _model(tiny_model):
    assert tiny_model.name == "tiny-x4"


@pytest.mark.slow
def test_a_process_writes_a_picture_of_four_times_the_size(photo_file, tmp_path):
    out = tmp_path / "out.png"
    done = subprocess.run(
        [sys.executable, "-m", "restorer", "upscale", photo_file, "-o", out, "--scale", "4",
         "--json", "--model", "tiny-x4"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert size(out) == (136, 84)
    assert report["status"] == "ok"
    assert (report["width"], report["height"]) == (136, 84)
    assert (report["input"], report["output"]) == (str(photo_file), str(out))
    expected = {"error", "seconds", "device", "precision", "tile_px", "model", "scale"}
    assert expected <= report.keys()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], (136, 84)),
        (["--scale", "2"], (68, 42)),
        (["--scale", "3"], (102, 63)),
        (["--scale", "1.5"], (51, 32)),
        (["--size", "100x100"], (100, 62)),
        (["--size", "500x42"], (68, 42)),
        (["--print", "1x1in@100"], (100, 62)),
        (["--print", "2.54x2.54cm@50"], (50, 31)),
    ],
)
def test_sizes(photo_file, tmp_path, options, expected):
    assert upscale(photo_file, "-o", tmp_path / "out.png", *options) == 0
    assert size(tmp_path / "out.png") == expected


def test_a_print_carries_its_resolution(photo_file, tmp_path):
    upscale(photo_file, "-o", tmp_path / "out.png", "--print", "1x1in@100")
    with Image.open(tmp_path / "out.png") as image:
        assert image.info["dpi"] == pytest.approx((100, 100), abs=0.1)


@pytest.mark.parametrize("format_", ["jpg", "png", "tif", "webp"])
def test_formats(photo_file, format_):
    assert upscale(photo_file, "--format", format_) == 0
    out = photo_file.with_name(f"{photo_file.stem}-restored.{format_}")
    with Image.open(out) as image:
        assert image.format == {"jpg": "JPEG", "tif": "TIFF"}.get(format_, format_.upper())


def test_tiles_make_no_difference(photo_file, tmp_path):
    pictures = []
    for tile in ("64", "200", "whole", "auto"):
        out = tmp_path / f"{tile}.png"
        upscale(photo_file, "-o", out, "--tile", tile)
        pictures.append(np.asarray(Image.open(out)))
    assert all((picture == pictures[0]).all() for picture in pictures)


def test_the_default_output_is_beside_the_input_and_the_input_is_untouched(photo_file):
    before = photo_file.read_bytes()
    assert upscale(photo_file) == 0
    names = sorted(path.name for path in photo_file.parent.iterdir())
    assert names == [f"{photo_file.stem}-restored.png", photo_file.name]
    assert photo_file.read_bytes() == before


def test_an_existing_output_is_kept_unless_overwrite(photo_file, tmp_path, capsys):
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    assert upscale(photo_file, "-o", out) == 1
    assert out.read_bytes() == b"mine"
    assert "exists already" in reports(capsys)[0]["error"]
    assert upscale(photo_file, "-o", out, "--overwrite") == 0
    assert size(out) == (136, 84)


def test_the_original_is_never_overwritten(photo_file):
    before = photo_file.read_bytes()
    assert upscale(photo_file, "-o", photo_file, "--overwrite") == 1
    assert photo_file.read_bytes() == before


def test_a_folder_is_taken_flat_or_recursive(photo_file, tmp_path):
    deeper = photo_file.parent / "deep" / "er"
    deeper.mkdir(parents=True)
    shutil.copy(photo_file, deeper / "b.png")
    (photo_file.parent / "notes.txt").write_text("no photograph")
    assert upscale(photo_file.parent, "-o", tmp_path / "flat") == 0
    assert [path.name for path in (tmp_path / "flat").rglob("*.png")] == [photo_file.name]
    assert upscale(photo_file.parent, "-o", tmp_path / "all", "--recursive") == 0
    assert (tmp_path / "all" / "deep" / "er" / "b.png").exists()


def test_two_inputs_never_share_an_output(photo_file, tmp_path, capsys):
    other = tmp_path / "other" / photo_file.name
    other.parent.mkdir()
    shutil.copy(photo_file, other)
    assert upscale(photo_file, other, "-o", tmp_path / "out", "--overwrite") == 0
    outputs = [report["output"] for report in reports(capsys)]
    assert outputs[1].endswith("#1-2.png")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_bad_inputs_fail_alone_with_one_sentence_each(photo_file, tmp_path, capsys):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "text.jpg").write_text("I am no picture")
    (folder / "empty.png").write_bytes(b"")
    jpeg = tmp_path / "whole.jpg"
    Image.open(photo_file).save(jpeg)
    (folder / "truncated.jpg").write_bytes(jpeg.read_bytes()[:-200])
    inputs = [*sorted(folder.iterdir()), tmp_path / "missing.png", photo_file]
    assert upscale(*inputs, "-o", tmp_path / "out") == 1
    output, messages = capsys.readouterr()
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["status"] for line in lines] == ["failed"] * 4 + ["ok"]
    for line in lines[:4]:
        assert line["error"].endswith(".")
        assert line["output"] is None
    assert "Traceback" not in messages
    assert "1 of 5 done" in messages
    assert [path.name for path in (tmp_path / "out").iterdir()] == [photo_file.name]
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no/such/out.png", "folder does not exist"),
        ("out", "no suffix of a known format"),
        ("x" * 300 + ".png", "name is too long"),
    ],
)
def test_an_impossible_output_is_found_before_any_work(
    photo_file, tmp_path, capsys, monkeypatch, name, words
):
    monkeypatch.setattr("restorer.restore_command.restore_photo", None)
    assert upscale(photo_file, "-o", tmp_path / name) == 1
    assert words in reports(capsys)[0]["error"]


def test_a_result_the_format_cannot_hold_is_found_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("restorer.restore_command.restore_photo", None)
    path = tmp_path / "long.png"
    Image.new("L", (16_400, 1)).save(path)
    assert upscale(path, "-o", tmp_path / "out.jpg") == 1
    assert "65,600 pixels long and JPEG holds at most" in reports(capsys)[0]["error"]


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no permissions there")
def test_an_unreadable_folder_is_one_failure(photo_file, tmp_path, capsys, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir()

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(closed), "iterdir", refuse)  # root may read everything
    assert upscale(closed, photo_file, "-o", tmp_path / "out") == 1
    assert "cannot be listed: Permission denied" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path / "out")
    assert upscale(".", photo_file, "-o", ".", "--overwrite") == 1
    assert [report["status"] for report in reports(capsys)] == ["failed", "ok"]
    assert (tmp_path / "out" / photo_file.name).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_a_disk_that_fills_leaves_nothing_behind(photo_file, tmp_path, capsys, monkeypatch):
    """A real failure to write: the process may write files of 1,000 bytes at most."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        status = upscale(photo_file, "-o", tmp_path / "out.png")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert status == 1
    assert "cannot be written" in reports(capsys)[0]["error"]
    assert not (tmp_path / "out.png").exists()
    assert left_over(tmp_path) == []


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine may have CUDA")
def test_a_missing_device_is_an_error_and_auto_is_not(photo_file, tmp_path, capsys):
    words = ("upscale", photo_file, "-o", tmp_path / "out.png", "--model", "tiny-x4")
    assert run(*words, "--device", "cuda") == 1
    assert "There is no device cuda on this machine" in capsys.readouterr().err
    assert run(*words, "--device", "auto") == 0


def test_a_missing_model_names_the_installed_ones(photo_file, capsys):
    assert upscale(photo_file, model="nonesuch") == 1
    assert "installed: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["upscale"],
        ["upscale", "a.png", "--scale", "0"],
        ["upscale", "a.png", "--scale", "nan"],
        ["upscale", "a.png", "--scale", "99"],
        ["upscale", "a.png", "--size", "10"],
        ["upscale", "a.png", "--size", "0x10"],
        ["upscale", "a.png", "--size", "10x10", "--scale", "2"],
        ["upscale", "a.png", "--print", "10x10@300"],
        ["upscale", "a.png", "--print", "10x10cm@0"],
        ["upscale", "a.png", "--print", "0.01x0.01in@70000"],
        ["upscale", "a.png", "--print", f"30x40cm@{'9' * 309}"],
        ["upscale", "a.png", "--seed", "-1"],
        ["denoise", "a.png", "--seed", "99999999999999999999"],
        ["upscale", "a.png", "--tile", "63"],
        ["upscale", "a.png", "--tile", "big"],
        ["upscale", "a.png", "--quality", "101"],
        ["upscale", "a.png", "--format", "doc"],
        ["upscale", "a.png", "--precision", "fp8"],
        ["--nonsense"],
        ["denoise", "a.png", "--effort", "huge"],
        ["denoise", "a.png", "--strength", "101"],
        ["denoise", "a.png", "--strength", "1.5"],
        ["denoise", "a.png", "--iterations", "0.5"],
        ["denoise", "a.png", "--scale", "2"],
        ["repair", "a.png"],
    ],
)
def test_wrong_usage_ends_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def denoise(*words):
    return run("denoise", *words, "--device", "cpu", "--seed", 1, "--json")


@pytest.mark.usefixtures("tiny_prior")
def test_denoise_writes_the_same_file_each_time_and_says_how_it_ended(photo_file, tmp_path, capsys):
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    assert denoise(photo_file, "-o", first, "--iterations", 3) == 0
    assert denoise(photo_file, "-o", again, "--iterations", 3) == 0
    assert first.read_bytes() == again.read_bytes()
    report = reports(capsys)[0]
    assert report["input"] == str(photo_file)
    assert (report["stopped_by"], report["iterations"]) == ("iterations", 3)
    assert report["held_out_mse"] > 0


@pytest.mark.usefixtures("tiny_prior")
def test_a_long_denoising_says_before_it_begins_how_long_it_takes(photo_file, capfd, monkeypatch):
    from restorer.engine.deep_prior import speeds

    monkeypatch.setattr(speeds, "_measure", lambda *_: speeds.Speed(20.0, 0.0))
    out = photo_file.with_name("out.png")
    assert denoise(photo_file, "-o", out, "--iterations", 5) == 0
    assert "about 1:40 minutes, by the speed of this computer" in capfd.readouterr().err


def opencv_error(code):
    error = cv2.error("x")
    error.code = code
    return error


@pytest.mark.usefixtures("tiny_prior")
def test_a_run_file_stays_until_the_result_is_written(photo_file, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("restorer.engine.deep_prior.checkpoint.SAVE_INTERVAL_S", 0)
    kept, out = tmp_path / "kept.run", tmp_path / "out.png"
    words = (photo_file, "-o", out, "--iterations", 20, "--run-file", kept)

    def full_disk(point, value):
        if point == "finishing" and value == out:
            raise OSError(errno.ENOSPC, "no space left")

    with faults.injected(full_disk):
        assert denoise(*words) == 1
    assert "the disk is full" in capfd.readouterr().err
    assert kept.exists()
    assert denoise(*words) == 0
    assert out.exists()
    assert not kept.exists()


@pytest.mark.parametrize("error", [MemoryError(), opencv_error(cv2.Error.StsNoMem)])
def test_a_photograph_too_large_for_the_memory_ends_no_batch(tmp_path, capsys, monkeypatch, error):
    for name, side in (("a", 40), ("b", 24)):
        Image.new("RGB", (side, side), "teal").save(tmp_path / f"{name}.png")

    def measure(picture):
        if picture.shape[0] == 40:
            raise error
        return noise.measure_noise(picture)

    monkeypatch.setattr("restorer.engine.deep_prior.fitting.measure_noise", measure)
    names = [tmp_path / "a.png", tmp_path / "b.png"]
    assert denoise(*names, "-o", tmp_path / "out", "--iterations", 3) == 1
    first, second = reports(capsys)
    assert first["error"] == "a.png needs more memory than there is."
    assert second["status"] == "ok"


def test_the_help_names_each_param_of_a_mode(capsys):
    with pytest.raises(SystemExit):
        run("denoise", "--help")
    text = capsys.readouterr().out
    for words in ("--effort auto|quick|best", "--iterations auto|N", "--strength N"):
        assert words in text


def repair(photo_file, mask, out):
    path = out.with_name("mask.png")
    Image.fromarray(mask).save(path)
    words = ("-o", out, "--device", "cpu", "--iterations", 3)
    return run("repair", photo_file, "--mask", path, *words)


@pytest.mark.usefixtures("tiny_prior")
def test_repair_changes_what_is_white_in_the_mask_only(photo_file, tmp_path):
    mask = np.zeros((21, 34), np.uint8)
    mask[4:6, 3:30] = 255
    assert repair(photo_file, mask, tmp_path / "out.png") == 0
    with Image.open(photo_file) as before, Image.open(tmp_path / "out.png") as after:
        changed = (np.asarray(before) != np.asarray(after)).any(axis=2)
    assert changed[mask > 0].any()
    assert not changed[mask == 0].any()


@pytest.mark.parametrize(
    ("shape", "value", "words"),
    [((21, 30), 255, "30 x 21"), ((21, 34), 0, "empty"), ((21, 34), 255, "whole")],
)
def test_a_wrong_mask_is_said_in_words(photo_file, tmp_path, capsys, shape, value, words):
    assert repair(photo_file, np.full(shape, value, np.uint8), tmp_path / "out.png") == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_models_are_listed_shown_added_and_removed(tiny_model, tmp_path, capsys):
    mine = tmp_path / "mine.safetensors"
    shutil.copy(tiny_model.path, mine)
    assert run("models", "add", mine) == 0
    assert run("models") == 0
    assert "mine" in capsys.readouterr().out
    assert run("models", "info", "mine") == 0
    assert tiny_model.sha256 in capsys.readouterr().out
    assert run("models", "add", mine) == 1
    assert run("models", "remove", "mine") == 0
    assert run("models", "info", "mine") == 1
    assert run("models", "add", tmp_path / "gone.safetensors") == 1


def program(*words):
    return __main__.main([str(word) for word in words])


def stream_to(file, request):
    """A stream of text, with a buffer or, as with PYTHONUNBUFFERED, without."""
    buffer = open(file, "wb", buffering=-1 if request.param else 0)
    with io.TextIOWrapper(buffer, write_through=not request.param) as stream:
        yield stream
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # so that it can be closed
        os.close(nowhere)


@pytest.fixture(params=[True, False])
def broken_pipe(request):
    """A stream whose reader is gone."""
    read, write = os.pipe()
    os.close(read)
    yield from stream_to(write, request)


@pytest.fixture(params=[True, False])
def full(request):
    """A stream on a disk without space."""
    yield from stream_to("/dev/full", request)


def test_a_reader_that_has_seen_enough_is_no_error(broken_pipe, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", broken_pipe)
    assert program("models") == 1
    sys.stdout.flush()  # as Python does at its end
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_standard_output_is_one_sentence(full, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", full)
    assert program("models") == 1
    message = "Standard output cannot be written: No space left on device.\n"
    assert capsys.readouterr().err == message
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert program("models") == 0  # it goes nowhere now


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_batch_goes_on_where_its_messages_cannot_be_written(
    photo_file, tmp_path, full, broken_pipe, monkeypatch
):
    for index, stream in enumerate((full, broken_pipe)):
        monkeypatch.setattr("sys.stderr", stream)
        out = tmp_path / str(index)
        words = ("upscale", photo_file, photo_file.parent / "gone.png", photo_file.parent)
        assert program(*words, "-o", out, "--model", "tiny-x4", "--device", "cpu") == 1
        sys.stderr.flush()
        assert size(out / photo_file.name) == (136, 84)


def test_closed_streams_take_nothing(photo_file, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", None)
    assert program("models") == 0
    sys.stdout.close()
    monkeypatch.undo()
    monkeypatch.setattr("sys.stderr", None)
    assert program("devices") == 0
    assert program("models", "info", "none") == 1  # the reason of which is said to nobody
    sys.stderr.close()
    monkeypatch.undo()
    assert "none" not in capsys.readouterr().out.split("\n", 2)[2]


def test_every_name_can_be_written_in_every_encoding(photo_file, tiny_model, tmp_path, monkeypatch):
    source = photo_file.rename(photo_file.with_name("日 é 😀.png"))
    model = shutil.copy(tiny_model.path, tmp_path / "日.safetensors")
    for encoding in ("cp1252", "ascii"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr("sys.stdout", stream)
        words = ("-o", tmp_path / f"{encoding}.png", "--model", model, "--device", "cpu", "--json")
        assert program("upscale", source, *words) == 0
        assert json.loads(stream.buffer.getvalue())["input"] == str(source)
        assert program("models", "info", model) == 0
        assert b"\\u65e5.safetensors" in stream.buffer.getvalue()


def test_devices_lists_the_cpu(capsys):
    assert run("devices") == 0
    assert "cpu" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_interrupt_ends_with_130_and_leaves_nothing(tmp_path):
    big = tmp_path / "big.png"
    Image.new("RGB", (3000, 3000), (90, 120, 60)).save(big)
    process = subprocess.Popen(
        [sys.executable, "-m", "restorer", "upscale", big, "-o", tmp_path / "out.png",
         "--model", "tiny-x4"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A shell in the background ignores the signal, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in messages
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big.png"]


def test_the_report_has_detail_and_agreement(photo_file, tiny_pair, capsys):
    assert upscale(photo_file, "--detail", "30", model=tiny_pair.srgan.name) == 0
    report = reports(capsys)[0]
    assert report["detail"] == 30
    assert report["agreement_db"] > 25  # the picture is noise, which clipping makes hard


def test_agreement_can_be_left_out(photo_file, capsys):
    assert upscale(photo_file, "--no-agree") == 0
    assert reports(capsys)[0]["agreement_db"] is None


def test_detail_without_a_partner_is_said_and_left_out(photo_file, capsys):
    assert upscale(photo_file, "--detail", "30") == 0
    captured = capsys.readouterr()
    assert "--detail has no effect with the model tiny-x4" in captured.err
    assert json.loads(captured.out)["detail"] is None


@pytest.mark.parametrize("value", ["-1", "101", "half"])
def test_an_impossible_detail_is_wrong_usage(photo_file, value):
    with pytest.raises(SystemExit) as caught:
        upscale(photo_file, "--detail", value)
    assert caught.value.code == 2


def test_the_honesty_map_has_the_size_of_the_result(photo_file, tiny_pair, tmp_path):
    path = tmp_path / "maps" / "map.png"
    assert upscale(photo_file, "--honesty-map", path, model=tiny_pair.srgan.name) == 0
    with Image.open(path) as image:
        assert (image.mode, image.size) == ("L", (136, 84))
        assert np.asarray(image).max() > 0


def test_the_honesty_map_of_detail_0_is_black(photo_file, tiny_pair, tmp_path):
    words = ("--detail", "0", "--honesty-map", tmp_path)
    assert upscale(photo_file, *words, model=tiny_pair.faithful.name) == 0
    with Image.open(tmp_path / f"{photo_file.stem}-restored-honesty.png") as image:
        assert np.asarray(image).max() == 0


def test_a_model_without_a_partner_has_no_honesty_map(photo_file, tmp_path, capsys):
    assert upscale(photo_file, "--honesty-map", tmp_path / "map.png") == 1
    assert "no partner" in capsys.readouterr().err
    assert not photo_file.with_name(f"{photo_file.stem}-restored.png").exists()


def test_clean_keeps_the_size(photo_file, tmp_path, tiny_cleaner, capsys):
    out = tmp_path / "clean.png"
    words = ("--model", tiny_cleaner.name, "--device", "cpu", "--json")
    assert run("clean", photo_file, "-o", out, *words) == 0
    (report,) = reports(capsys)
    assert (report["model"], report["width"], report["height"]) == (tiny_cleaner.name, 34, 21)
    assert size(out) == (34, 21)


def test_clean_without_a_model_says_that_there_is_none(photo_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "bundled_models_dir", lambda: tmp_path)
    assert run("clean", photo_file) == 1
    assert "clean-x1 is not installed" in capsys.readouterr().err


def test_a_model_of_another_mode_is_refused(photo_file, tiny_cleaner, capsys):
    assert upscale(photo_file, model=tiny_cleaner.name) == 1
    assert "is not for upscale" in capsys.readouterr().err


def test_the_model_may_be_chosen_by_the_photograph(photo_file, tmp_path, capsys):
    assert upscale(photo_file, "-o", tmp_path / "out.png", model="auto") == 0
    (report,) = reports(capsys)
    assert report["status"] == "ok"
    assert report["model_reason"].startswith("This photo has noise.")
    assert report["condition"]["fine_255"] > 10


def test_an_honesty_map_is_of_the_model_that_is_chosen(
    photo_file, tiny_model, tiny_pair, tmp_path, monkeypatch, capsys
):
    words = ("--honesty-map", tmp_path / "map.png", "-o", tmp_path / "out.png")
    monkeypatch.setattr(restore_command, "find_models", lambda: [tiny_model])
    assert upscale(photo_file, *words, model="auto") == 1
    assert "tiny-x4 has no partner" in capsys.readouterr().err
    monkeypatch.setattr(restore_command, "find_models", lambda: [tiny_pair.srgan])
    assert upscale(photo_file, *words, model="auto") == 0
    assert size(tmp_path / "map.png") == (136, 84)
