import errno
import json
import os
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from restorer import paths
from restorer.engine.inference import measure_reach_px
from restorer.engine.model_files import (
    add_model,
    find_model,
    find_models,
    hash_tensors,
    load_network,
    read_card,
    remove_model,
    save_card,
    save_network,
    unreadable_models,
)
from restorer.errors import ModelDamagedError, ModelError, ModelNotFoundError, ModelUnsupportedError
from restorer.networks.srgan import Generator

BUNDLED = sorted(paths.bundled_models_dir().glob("*.safetensors"))


def with_header(path, target, **changes):
    """Copy a model file with some header entries changed; None removes one."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    for key, value in changes.items():
        key = key.replace("__", ".")
        header["__metadata__"].pop(key, None)
        if value is not None:
            header["__metadata__"][key] = value
    encoded = json.dumps(header).encode()
    target.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data[8 + length :])
    return target


def test_a_card_is_read_without_torch(tiny_model):
    card = read_card(tiny_model.path)
    assert card == tiny_model
    assert card.network_args == {"scale": 4, "channels": 8, "blocks": 2}


def test_a_saved_network_comes_back_the_same(tmp_path, tiny_model):
    torch.manual_seed(3)
    network = Generator(scale=2, channels=4, blocks=1).eval()
    card = replace(
        tiny_model, path=tmp_path / "two.safetensors", scale=2,
        network_args={"scale": 2, "channels": 4, "blocks": 1},
    )  # fmt: skip
    save_network(network, card)
    probe = torch.rand(1, 3, 5, 7)
    loaded = load_network(read_card(card.path))
    assert torch.allclose(loaded(probe), network(probe), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["two.safetensors"]
    (tmp_path / "plain").touch()
    assert card.path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_card_is_rewritten_without_touching_the_tensors(tiny_model):
    changed = replace(tiny_model, figures={"Set5": {"PSNR": 31.25}})
    save_card(changed)
    assert read_card(tiny_model.path) == changed
    assert hash_tensors(tiny_model.path) == tiny_model.sha256


def test_models_are_found_by_name_and_by_path(tiny_model):
    assert find_model(tiny_model.name) == tiny_model
    assert find_model(str(tiny_model.path)) == tiny_model
    assert tiny_model in find_models()


def test_a_missing_model_names_the_installed_ones(tiny_model):
    with pytest.raises(ModelNotFoundError, match=tiny_model.name):
        find_model("absent")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\xff" * 100, b"\x10" + b"\0" * 7])
def test_a_file_that_is_no_model_is_damaged(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelDamagedError):
        read_card(path)


def test_a_changed_tensor_is_found_by_the_hash(tmp_path, tiny_model):
    data = bytearray(tiny_model.path.read_bytes())
    data[-3] ^= 1
    path = tmp_path / "changed.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelDamagedError, match="hash"):
        load_network(read_card(path))


def test_a_foreign_file_is_unsupported(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(ModelUnsupportedError, match="not made for this program"):
        read_card(path)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"restorer__card": "2"}, ModelUnsupportedError),
        ({"restorer__card": "many"}, ModelDamagedError),
        ({"restorer__scale": None}, ModelDamagedError),
        ({"restorer__scale": "0"}, ModelDamagedError),
        ({"restorer__scale": "4096"}, ModelDamagedError),
        ({"restorer__scale": "2"}, ModelDamagedError),  # of a network that enlarges four times
        ({"restorer__halo_px": "-1"}, ModelDamagedError),
        ({"restorer__network_args": "[1"}, ModelDamagedError),
        ({"restorer__network_args": '{"heads": 0}'}, ModelDamagedError),
        ({"restorer__network_args": '{"scale": 4.0}'}, ModelDamagedError),
        ({"restorer__network_args": '{"blocks": true}'}, ModelDamagedError),
        ({"restorer__network_args": '{"blocks": 20000}'}, ModelDamagedError),
        ({"restorer__network_args": '{"blocks": 1000, "layers": 1000}'}, ModelDamagedError),
        ({"restorer__figures": "[" * 100_000}, ModelDamagedError),
        ({"modelspec__license": None}, ModelDamagedError),
    ],
)
def test_a_bad_card_is_refused(tmp_path, tiny_model, changes, error):
    path = with_header(tiny_model.path, tmp_path / "bad.safetensors", **changes)
    with pytest.raises(error):
        read_card(path)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"modelspec__architecture": "unheard-of"}, ModelUnsupportedError),
        ({"restorer__network_args": '{"scale": 4, "channels": 16}'}, ModelDamagedError),
        ({"restorer__network_args": '{"depth": 3}'}, ModelDamagedError),
        ({"restorer__network_args": '{"scale": 5}'}, ModelDamagedError),
    ],
)
def test_a_network_that_does_not_fit_is_refused(tmp_path, tiny_model, changes, error):
    path = with_header(tiny_model.path, tmp_path / "bad.safetensors", **changes)
    with pytest.raises(error):
        load_network(read_card(path))


def test_unreadable_models_are_left_out_of_the_list(tiny_model):
    (tiny_model.path.parent / "broken.safetensors").write_bytes(b"broken")
    assert "broken" not in [card.name for card in find_models()]
    (error,) = unreadable_models()
    assert "broken" in str(error)


def forbid(monkeypatch, folder):
    """Let nobody, not even root, look into a folder."""
    look = os.stat

    def refuse(path, **options):
        if isinstance(path, str | os.PathLike) and folder in Path(path).parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, **options)

    monkeypatch.setattr(os, "stat", refuse)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("use", [read_card, add_model, lambda path: find_model(str(path))])
def test_a_file_in_a_forbidden_folder_is_an_error_in_words(tmp_path, monkeypatch, use, suffix):
    forbid(monkeypatch, tmp_path)
    with pytest.raises(ModelDamagedError, match="cannot be read: Permission denied"):
        use(tmp_path / f"m{suffix}")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("use", [read_card, add_model])
def test_a_file_that_may_not_be_read_is_an_error_in_words(tmp_path, monkeypatch, use, suffix):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    path = tmp_path / f"m{suffix}"
    path.touch()
    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ModelDamagedError, match="cannot be read: Permission denied"):
        use(path)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_name_that_is_too_long_is_an_error_in_words(tmp_path, suffix):
    path = tmp_path / f"{'n' * 300}{suffix}"
    for use in (read_card, add_model):
        with pytest.raises(ModelDamagedError, match="File name too long"):
            use(path)
    with pytest.raises(ModelNotFoundError):
        find_model(path.stem)


def test_a_forbidden_folder_of_models_is_as_an_empty_one(tiny_model, home, monkeypatch):
    forbid(monkeypatch, home)
    assert tiny_model.name not in [card.name for card in find_models()]
    with pytest.raises(ModelNotFoundError):
        find_model(tiny_model.name)


def test_links_to_nothing_and_folders_are_left_out_of_the_list(tiny_model):
    folder = tiny_model.path.parent
    (folder / "gone.safetensors").symlink_to("nowhere")
    (folder / "folder.safetensors").mkdir()
    assert tiny_model in find_models()


BROKEN = [b"", b"broken", b"\x02" + b"\0" * 7 + b"{}"]  # the last one is of another program


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("by_path", [False, True])
def test_a_file_that_is_no_readable_model_can_be_removed(tiny_model, content, by_path):
    path = tiny_model.path.with_name("broken.safetensors")
    path.write_bytes(content)
    remove_model(str(path) if by_path else "broken")
    assert [tiny_model.path] == list(path.parent.iterdir())


def test_a_link_to_nothing_can_be_removed(tiny_model):
    path = tiny_model.path.with_name("gone.safetensors")
    path.symlink_to("nowhere")
    remove_model("gone")
    assert not path.is_symlink()


def test_only_the_users_own_models_are_removed(tiny_model, tmp_path, monkeypatch):
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    monkeypatch.setattr(paths, "bundled_models_dir", lambda: bundled)
    theirs, beside = bundled / "theirs.safetensors", tiny_model.path.parents[1] / "up.safetensors"
    for path in (theirs, beside):
        path.write_bytes(tiny_model.path.read_bytes())
    for name in ("theirs", str(theirs), str(beside), "../up", "../up.safetensors", "absent", ""):
        with pytest.raises(ModelError):
            remove_model(name)
    assert all(path.exists() for path in (theirs, beside, tiny_model.path))


@pytest.mark.parametrize("content", BROKEN)
def test_a_file_that_is_no_readable_model_makes_room_for_one(tiny_model, tmp_path, content):
    source = tmp_path / "mine.safetensors"
    source.write_bytes(tiny_model.path.read_bytes())
    tiny_model.path.with_name("mine.safetensors").write_bytes(content)
    card = add_model(source)
    assert find_model("mine") == card


def test_a_readable_model_stays_when_another_of_its_name_is_added(tiny_model, tmp_path):
    source = tmp_path / tiny_model.path.name
    source.write_bytes(tiny_model.path.read_bytes())
    for path in (source, tiny_model.path):
        with pytest.raises(ModelError, match="installed already"):
            add_model(path)
    assert find_model(tiny_model.name) == tiny_model


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tiny_model, tmp_path, monkeypatch):
    source = tmp_path / "other.safetensors"
    source.write_bytes(tiny_model.path.read_bytes())
    (tmp_path / "file").touch()
    monkeypatch.setattr(paths, "user_models_dir", lambda: tmp_path / "file" / "models")
    with pytest.raises(ModelError, match="cannot be copied"):
        add_model(source)


@pytest.mark.skipif(not BUNDLED, reason="no model is bundled")
@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
class TestBundledModel:
    def test_the_hash_is_right(self, path):
        assert hash_tensors(path) == read_card(path).sha256

    def test_the_halo_is_at_least_the_reach(self, path):
        card = read_card(path)
        assert card.halo_px >= measure_reach_px(
            load_network(card), card.scale, multiple_of=card.multiple_of
        )

    def test_it_enlarges_and_is_finite(self, path):
        card = read_card(path)
        output = load_network(card)(torch.rand(1, 3, 16, 16))
        assert output.shape == (1, 3, 16 * card.scale, 16 * card.scale)
        assert torch.isfinite(output).all()

    def test_it_is_at_most_8_mb(self, path):
        assert path.stat().st_size <= 8_000_000

    def test_every_tensor_is_finite(self, path):
        assert all(torch.isfinite(tensor).all() for tensor in load_file(path).values())


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
def test_a_model_whose_name_is_no_utf_8_is_loaded(tiny_model, tmp_path):
    odd = tmp_path / os.fsdecode(b"caf\xe9.safetensors")
    odd.write_bytes(tiny_model.path.read_bytes())
    assert load_network(read_card(odd)) is not None
