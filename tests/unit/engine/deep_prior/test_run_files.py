import os
from dataclasses import replace

from restorer import paths
from restorer.engine.deep_prior import run_files
from restorer.engine.deep_prior.run_files import make_room, run_file
from restorer.engine.mode import Step
from restorer.modes.denoise import Denoise

STEP = Step(Denoise(), {"effort": "quick", "strength": 100})


def test_the_same_photo_and_settings_have_the_same_file(photo):
    assert run_file(photo(), STEP) == run_file(photo(), replace(STEP))
    assert run_file(photo(), STEP) == run_file(photo(), Step(Denoise(), {"effort": "quick"}))


def test_other_photos_or_settings_have_others(photo):
    steps = [STEP] + [
        Step(Denoise(), {"effort": "quick", **params})
        for params in ({"effort": "best"}, {"iterations": 5}, {"start": "picture"})
    ]
    steps.append(replace(STEP, compute=replace(STEP.compute, seed=3)))
    files = {run_file(photo(), step) for step in steps} | {run_file(photo(seed=1), STEP)}
    assert len(files) == len(steps) + 1


def test_the_strength_makes_no_difference(photo):
    weak = replace(STEP, params={**STEP.params, "strength": 20})
    assert run_file(photo(), weak) == run_file(photo(), STEP)


def write_run(name, *, size, time):
    path = paths.runs_dir() / name
    path.write_bytes(bytes(size))
    os.utime(path, (time, time))


def test_small_runs_are_all_kept():
    new = paths.runs_dir() / "new.run"
    make_room(new)
    for number in range(20):
        write_run(f"{number}.run", size=1000, time=number)
    make_room(new)
    assert len(list(paths.runs_dir().iterdir())) == 20


def test_oldest_others_go_where_all_take_too_much(monkeypatch):
    monkeypatch.setattr(run_files, "KEPT_BYTES", 30)
    new = paths.runs_dir() / "new.run"
    make_room(new)
    write_run("new.run", size=100, time=0)
    for number in range(2, 6):
        write_run(f"{number}.run", size=10, time=number)
    make_room(new)
    kept = sorted(path.name for path in paths.runs_dir().iterdir())
    assert kept == ["3.run", "4.run", "5.run", "new.run"]
