from dataclasses import replace

import numpy as np
import pytest

from restorer.engine import faults
from restorer.engine.deep_prior import checkpoint, windows
from restorer.engine.deep_prior.checkpoint import Checkpoint, remove_run
from restorer.engine.deep_prior.fitting import fit_photo
from restorer.engine.deep_prior.recipes import DENOISE
from restorer.engine.device import Compute
from restorer.engine.jobs import CancelToken, RunContext
from restorer.errors import Cancelled, RunFileError


def cancel_after(count, preview=None):
    token = CancelToken()
    seen = []

    def report(progress):
        seen.append(progress)
        if progress.fraction is not None and progress.fraction >= count:
            token.cancel()

    return RunContext(token=token, report=report, preview=preview)


def run(photo, path, ctx, *, tile=64, seed=1, iterations=8, known=None, **settings):
    compute = Compute(device="cpu", seed=seed, tile=tile)
    recipe = replace(DENOISE["quick"], runs=2, **settings)
    return fit_photo(
        photo, recipe, ctx, compute=compute, iterations=iterations, known=known, checkpoint=path
    )


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch, tiny_prior):
    monkeypatch.setattr(windows, "HALO_PX", 8)
    monkeypatch.setattr("restorer.engine.deep_prior.fitted.FIRST_SNAPSHOT", 10)
    monkeypatch.setattr("restorer.engine.jobs.REPORT_INTERVAL_S", 0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_a_resumed_run_ends_with_the_same_bits(photo, ctx, tmp_path, share):
    path, picture = tmp_path / "run", photo(32, 100)
    whole = run(picture, None, ctx)
    with pytest.raises(Cancelled):
        run(picture, path, cancel_after(share))
    assert path.exists()
    resumed = run(picture, path, ctx)
    assert (resumed.picture == whole.picture).all()
    assert resumed.facts == whole.facts
    assert list(tmp_path.iterdir()) == [path]  # the result is not safe yet
    remove_run(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("only_first_holds_out", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_repair_in_two_places_goes_on_with_the_same_bits(
    photo, ctx, tmp_path, share, only_first_holds_out
):
    path, picture = tmp_path / "run", replace(photo(32, 150), is_gray=True)
    known = np.ones((32, 150), bool)
    known[4:6, 5:9] = known[20:22, 140:144] = False
    settings = {
        "known": known,
        "only_first_holds_out": only_first_holds_out,
        "carries_residual": only_first_holds_out,
    }
    whole = run(picture, None, ctx, **settings)
    with pytest.raises(Cancelled):
        run(picture, path, cancel_after(share), **settings)
    assert path.exists()
    resumed = run(picture, path, ctx, **settings)
    assert (resumed.picture == whole.picture).all()
    assert resumed.facts == whole.facts


@pytest.mark.parametrize("share", [0.2, 0.4, 0.7, 0.9])
def test_its_snapshots_are_the_same_too(photo, tmp_path, share):
    def watcher():
        return RunContext(preview=lambda preview: None)

    path, picture = tmp_path / "run", photo(20, 70)
    whole = run(picture, None, watcher(), iterations=20)
    with pytest.raises(Cancelled):
        run(picture, path, cancel_after(share, preview=lambda preview: None), iterations=20)
    resumed = run(picture, path, watcher(), iterations=20)
    assert whole.snapshots.keys() == resumed.snapshots.keys() == {10, 20}
    for iteration, snapshot in whole.snapshots.items():
        assert (snapshot == resumed.snapshots[iteration]).all()


def test_a_run_without_snapshots_is_gone_on_with_by_one_that_takes_them(photo, tmp_path, ctx):
    path = tmp_path / "run"
    with pytest.raises(Cancelled):
        run(photo(), path, cancel_after(0.4), iterations=20)
    resumed = run(photo(), path, RunContext(preview=lambda preview: None), iterations=20)
    assert (resumed.picture == run(photo(), None, ctx, iterations=20).picture).all()


@pytest.mark.parametrize("was_watched", [True, False])
def test_a_run_has_snapshots_if_it_began_with_them(photo, tmp_path, was_watched):
    """Those of what was done before cannot be had later; the original is none of them."""
    contexts = [{"preview": lambda preview: None}, {}]
    before, after = contexts if was_watched else contexts[::-1]
    path, whole = tmp_path / "run", run(photo(), None, RunContext(**before), iterations=20)
    with pytest.raises(Cancelled):
        run(photo(), path, cancel_after(0.8, **before), iterations=20)
    resumed = run(photo(), path, RunContext(**after), iterations=20)
    assert resumed.snapshots.keys() == whole.snapshots.keys()
    assert all((resumed.snapshots[at] == whole.snapshots[at]).all() for at in whole.snapshots)


def test_what_was_chosen_by_the_free_memory_stays(photo, tmp_path, ctx, monkeypatch):
    path, picture = tmp_path / "run", photo(32, 100)
    monkeypatch.setattr(windows, "free_memory_bytes", lambda device: 0)
    with pytest.raises(Cancelled):
        run(picture, path, cancel_after(0.6), tile="auto")
    monkeypatch.setattr(windows, "free_memory_bytes", lambda device: 1 << 40)
    assert run(picture, path, ctx, tile="auto").facts["tile_px"] == 64


def full_disk(point, value):
    if point == "finishing":
        raise OSError("no space left")


def test_a_disk_that_is_full_after_going_on_does_not_end_the_run(tmp_path):
    path = tmp_path / "run"
    Checkpoint(path, "key").save({"a": 1})
    again = Checkpoint(path, "key")
    assert again.load()["a"] == 1
    with faults.injected(full_disk):
        again.save({"a": 2})
    assert Checkpoint(path, "key").load()["a"] == 1


def test_a_disk_that_is_full_later_does_not_end_the_run(photo, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(checkpoint, "SAVE_INTERVAL_S", 0)
    monkeypatch.setattr(checkpoint, "SAVE_SHARE", 1e9)
    path = tmp_path / "run"
    with pytest.raises(Cancelled):
        run(photo(), path, cancel_after(0.4))
    kept = path.read_bytes()
    store = checkpoint.Checkpoint(path, "key")
    store.save({})
    path.write_bytes(kept)
    with faults.injected(full_disk):
        store.save({})
    assert "run cannot be written" in caplog.text
    assert path.read_bytes() == kept


def test_saving_takes_no_more_than_its_share_of_the_time(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    store = checkpoint.Checkpoint(tmp_path / "run", "key")

    def slow(point, value):
        now[0] += 2

    with faults.injected(slow):
        store.save({})
    now[0] += 2 / checkpoint.SAVE_SHARE - 1
    assert not store.is_due
    now[0] += 1
    assert store.is_due


def test_a_run_is_kept_now_and_then(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_INTERVAL_S", 0)
    monkeypatch.setattr(checkpoint, "SAVE_SHARE", 1e9)
    path, saves = tmp_path / "run", []
    real = checkpoint.Checkpoint.save
    monkeypatch.setattr(
        checkpoint.Checkpoint, "save", lambda *a, **k: saves.append(1) or real(*a, **k)
    )
    run(photo(20, 20), path, RunContext.quiet(), iterations=20)
    assert len(saves) == 4  # two runs, each looked at twice


def test_the_run_of_another_photo_or_seed_is_refused(photo, ctx, tmp_path):
    path = tmp_path / "run"
    with pytest.raises(Cancelled):
        run(photo(), path, cancel_after(0.4))
    kept = path.read_bytes()
    for change in ({"picture": photo(seed=3)}, {"seed": 2}, {"iterations": 9}):
        picture = change.pop("picture", photo())
        with pytest.raises(RunFileError, match="another photograph"):
            run(picture, path, ctx, **change)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
def test_a_damaged_file_is_refused(photo, ctx, tmp_path, content):
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(RunFileError, match="resumed"):
        run(photo(), path, ctx)


def test_a_file_that_cannot_be_looked_at_is_refused_before_the_run(photo, ctx, tmp_path):
    with pytest.raises(RunFileError, match="cannot be read: File name too long"):
        run(photo(), tmp_path / ("n" * 300), ctx)


def test_code_in_a_file_is_never_run(photo, ctx, tmp_path):
    import torch

    path = tmp_path / "run"
    torch.save({"key": np.linspace}, path)
    with pytest.raises(RunFileError, match="resumed"):
        run(photo(), path, ctx)


def test_a_file_that_cannot_be_written_is_said_before_the_run(photo, ctx, tmp_path):
    with pytest.raises(RunFileError, match="cannot be written: No such file"):
        run(photo(), tmp_path / "no" / "run", ctx)


def test_a_disk_that_was_always_full_ends_a_run_only_if_it_is_to_be_kept(
    photo, ctx, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SAVE_INTERVAL_S", 0)
    with faults.injected(full_disk):
        run(photo(), tmp_path / "run", ctx)
        with pytest.raises(RunFileError, match="cannot be written"):
            run(photo(), tmp_path / "run", cancel_after(0.4))
    assert list(tmp_path.iterdir()) == []
