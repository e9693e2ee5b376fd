"""Files of torch.save may be hostile: nothing in them runs, and the refusal says why."""

import pickle
import random
import zipfile

import pytest
import torch

from restorer import cli
from restorer.engine.model_files import find_model
from restorer.engine.torch_file import load_torch_file
from restorer.errors import ModelDamagedError, ModelUnsupportedError


class Hostile:
    """What a file of torch.save may hold: a call that is made when it is read."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (str(self.target), "w")


@pytest.fixture(params=["zip", "legacy", "pickle"])
def hostile(request, tmp_path):
    path, mark = tmp_path / "evil.pth", tmp_path / "it-ran"
    if request.param == "pickle":
        path.write_bytes(pickle.dumps(Hostile(mark), protocol=2))
    else:
        values = {"weight": torch.ones(3), "more": Hostile(mark)}
        torch.save(values, path, _use_new_zipfile_serialization=request.param == "zip")
    return path, mark


def test_a_hostile_file_runs_nothing_and_says_why(hostile):
    path, mark = hostile
    with pytest.raises(ValueError, match=r"asks to run code .*open.*, which is never done"):
        load_torch_file(path)
    assert not mark.exists()


def test_a_newer_pickle_runs_nothing_either(tmp_path):
    path, mark = tmp_path / "evil.pth", tmp_path / "it-ran"
    path.write_bytes(pickle.dumps(Hostile(mark), protocol=5))
    with pytest.raises(ValueError, match="no code in it is run"):
        load_torch_file(path)
    assert not mark.exists()


@pytest.mark.parametrize("words", [("upscale", "photo.png", "--model"), ("models", "add"),
                                   ("models", "info")])  # fmt: skip
def test_the_command_line_refuses_it(hostile, capsys, words):
    path, mark = hostile
    assert cli.main([*words, str(path)]) == 1
    message = capsys.readouterr().err
    assert "evil.pth is refused: it asks to run code" in message
    assert "Traceback" not in message
    assert not mark.exists()


def test_weights_come_back(tmp_path):
    torch.save({"weight": torch.arange(3)}, tmp_path / "good.pth")
    loaded = load_torch_file(tmp_path / "good.pth")
    assert (loaded["weight"] == torch.arange(3)).all()
    with pytest.raises(ModelUnsupportedError, match="which network"):
        find_model(str(tmp_path / "good.pth"))


def test_a_file_that_is_too_large_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "large.pth"
    torch.save({"weight": torch.zeros(1000)}, path)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(ValueError, match="the limit is"):
        load_torch_file(path, limit_bytes=100)


def test_a_file_that_unpacks_to_too_much_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data.pkl", bytes(10**6))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(ValueError, match="the limit is"):
        load_torch_file(path, limit_bytes=10_000)


@pytest.mark.parametrize("legacy", [False, True])
def test_damaged_files_are_refused_with_a_sentence(tmp_path, legacy):
    path = tmp_path / "damaged.pth"
    values = {"weight": torch.ones(5, 3), "list": [1, "two", 3.0]}
    torch.save(values, path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    chance = random.Random(0)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
        try:
            load_torch_file(path)
        except ValueError:
            continue


def test_an_empty_file_is_damaged(tmp_path):
    path = tmp_path / "empty.pth"
    path.touch()
    with pytest.raises(ModelDamagedError, match="is refused: it is damaged"):
        find_model(str(path))
