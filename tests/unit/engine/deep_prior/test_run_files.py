import os
from dataclasses import replace

from restorer import paths
from restorer.engine.deep_prior.run_files import KEPT_RUNS, make_room, run_file
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


def test_only_a_few_runs_are_kept():
    new = paths.runs_dir() / "new.run"
    make_room(new)
    for number in range(KEPT_RUNS + 2):
        path = paths.runs_dir() / f"{number}.run"
        path.write_bytes(b"")
        os.utime(path, (number, number))
    killed = paths.runs_dir() / "killed.run.part"
    killed.write_bytes(b"")
    os.utime(killed, (0, 0))
    make_room(new)
    assert len(list(paths.runs_dir().iterdir())) == KEPT_RUNS - 1
    assert not killed.exists()
    make_room(paths.runs_dir() / "4.run")
    kept = sorted(path.name for path in paths.runs_dir().iterdir())
    assert kept == [f"{number}.run" for number in range(3, KEPT_RUNS + 2)]
