from dataclasses import replace

import numpy as np
import pytest

from restorer.engine import checkpoint, fitting
from restorer.engine.device import Compute
from restorer.engine.fitting import fit_photo
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.recipes import DENOISE
from restorer.errors import Cancelled, SettingsError

RECIPE = replace(DENOISE["quick"], runs=2)


def cancel_after(count):
    token = CancelToken()
    seen = []

    def report(progress):
        seen.append(progress)
        if progress.fraction is not None and progress.fraction >= count:
            token.cancel()

    return RunContext(token=token, report=report)


def run(photo, path, ctx, *, tile=64, seed=1, iterations=8):
    compute = Compute(device="cpu", seed=seed, tile=tile)
    return fit_photo(photo, RECIPE, ctx, compute=compute, iterations=iterations, checkpoint=path)


@pytest.fixture(autouse=True)
def _small_overlap(monkeypatch):
    monkeypatch.setattr(fitting, "HALO_PX", 8)
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
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_kept_now_and_then(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_INTERVAL_S", 0)
    path, saves = tmp_path / "run", []
    real = checkpoint.Checkpoint.save
    monkeypatch.setattr(
        checkpoint.Checkpoint, "save", lambda self, values: saves.append(1) or real(self, values)
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
        with pytest.raises(SettingsError, match="another photograph"):
            run(picture, path, ctx, **change)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
def test_a_damaged_file_is_refused(photo, ctx, tmp_path, content):
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="resumed"):
        run(photo(), path, ctx)


def test_code_in_a_file_is_never_run(photo, ctx, tmp_path):
    import torch

    path = tmp_path / "run"
    torch.save({"key": np.linspace}, path)
    with pytest.raises(SettingsError, match="resumed"):
        run(photo(), path, ctx)


def test_a_file_that_cannot_be_written_is_an_error_in_words(photo, tmp_path):
    with pytest.raises(SettingsError, match="cannot be written"):
        run(photo(), tmp_path / "no" / "run", cancel_after(0.4))
