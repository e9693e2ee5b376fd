"""Models of other programs; most tests need spandrel, which is an extra."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from restorer import cli
from restorer.engine import community
from restorer.engine.community import add_foreign_model, import_spandrel
from restorer.engine.device import Compute
from restorer.engine.inference import FEATHER_PX
from restorer.engine.mode import Step
from restorer.engine.model_files import add_model, find_model, load_network
from restorer.engine.photo import Photo
from restorer.errors import ModelDamagedError, ModelError, ModelUnsupportedError
from restorer.modes.upscale import Upscale


def esrgan():
    from spandrel.architectures.ESRGAN import ESRGAN

    return ESRGAN(scale=4, num_filters=4, num_blocks=1)


def swinir():
    from spandrel.architectures.SwinIR import SwinIR

    return SwinIR(
        img_size=16, window_size=8, depths=[2], embed_dim=12, num_heads=[2], mlp_ratio=2,
        upscale=2, upsampler="pixelshuffledirect", resi_connection="1conv",
    )  # fmt: skip


def span():
    from spandrel.architectures.SPAN import SPAN

    return SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=4)


@pytest.fixture
def spandrel(tmp_path):
    try:
        return import_spandrel(tmp_path)
    except ModelUnsupportedError:
        pytest.skip("spandrel is not installed")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:torch.meshgrid")
@pytest.mark.parametrize("make", [esrgan, swinir, span])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_model_is_added_and_upscales_as_it_does_elsewhere(spandrel, tmp_path, make, suffix, ctx):
    torch.manual_seed(0)
    network = make().eval()
    path = tmp_path / f"theirs{suffix}"
    if suffix == ".pth":
        torch.save({"params_ema": network.state_dict()}, path)
    else:
        save_file({name: t.clone().contiguous() for name, t in network.state_dict().items()}, path)
    card = add_model(path)
    assert card.name == "theirs"
    assert card.network.startswith("spandrel-")
    assert find_model("theirs") == card
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(load_network(card)(picture), network(picture), atol=1e-5)
    pixels = np.random.default_rng(0).integers(0, 256, (90, 101, 3), dtype=np.uint8)
    step = Step(Upscale(), {"scale": card.scale}, card, Compute("cpu", tile=64))
    restored = Upscale().restore(Photo(pixels), step, ctx).photo
    assert restored.pixels.shape == (90 * card.scale, 101 * card.scale, 3)


@pytest.mark.slow
def test_tiles_are_feathered_where_the_reach_is_too_large(spandrel, tmp_path):
    from spandrel.architectures.ESRGAN import ESRGAN

    path = tmp_path / "deep.pth"
    torch.save(ESRGAN(scale=4, num_filters=4, num_blocks=8).state_dict(), path)
    assert add_foreign_model(path).feather_px == FEATHER_PX


def test_another_network_is_refused_by_its_name(spandrel, tmp_path):
    from spandrel.architectures.Compact import Compact

    path = tmp_path / "compact.pth"
    torch.save(Compact(num_feat=8, num_conv=1).state_dict(), path)
    with pytest.raises(ModelUnsupportedError, match="is a Compact; what runs here is ESRGAN"):
        add_model(path)


def test_a_model_without_three_colours_is_refused(spandrel, tmp_path):
    from spandrel.architectures.ESRGAN import ESRGAN

    path = tmp_path / "gray.pth"
    torch.save(ESRGAN(in_nc=1, out_nc=1, num_filters=4, num_blocks=1).state_dict(), path)
    with pytest.raises(ModelUnsupportedError, match="three colours"):
        add_model(path)


@pytest.mark.parametrize("content", [{"a": torch.ones(2, 2)}, {"params": {}}, [1, 2], "words"])
def test_weights_of_nothing_known_are_refused(tmp_path, content):
    path = tmp_path / "odd.pth"
    torch.save(content, path)
    with pytest.raises(ModelUnsupportedError):
        add_model(path)


def test_a_tensor_larger_than_its_file_is_refused(tmp_path):
    path = tmp_path / "huge.pth"
    torch.save({"a": torch.zeros(1).expand(2**40)}, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(ModelDamagedError, match="too large"):
        add_model(path)


@pytest.mark.filterwarnings("ignore")  # of torch: each of these kinds is old or new
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.eye(3).to_sparse(),
        lambda: torch.eye(3).to_sparse_csr(),
        lambda: torch.empty(3, device="meta"),
        lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        lambda: torch.ones(3, dtype=torch.complex64),
    ],
    ids=["sparse", "csr", "meta", "quantised", "nested", "complex"],
)
def test_weights_that_are_no_plain_numbers_are_refused(recognised, tmp_path, make):
    path = tmp_path / "odd.pth"
    torch.save({"a": make()}, path)
    with pytest.raises(ModelUnsupportedError, match="sparse, quantised"):
        add_model(path)


def test_weights_that_were_saved_as_parameters_are_added(recognised, tmp_path):
    path = tmp_path / "theirs.pth"
    torch.save({"a": torch.nn.Parameter(torch.ones(2))}, path)
    assert add_model(path).name == "theirs"


def test_a_name_that_is_taken_is_refused(tmp_path, tiny_model):
    path = tmp_path / f"{tiny_model.name}.pth"
    torch.save({"a": torch.ones(2)}, path)
    with pytest.raises(ModelError, match="installed already"):
        add_model(path)


@pytest.fixture
def recognised(monkeypatch):
    """What spandrel would say of any weights."""
    sizes = SimpleNamespace(multiple_of=1, minimum=0, square=False)
    found = SimpleNamespace(model=None, scale=4, size_requirements=sizes)
    monkeypatch.setattr(community, "_recognise", lambda path, tensors: ("ESRGAN", found))
    monkeypatch.setattr(community, "_tile_joins", lambda *_: (8, 0))


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_was_put_among_the_models_is_converted_there(
    recognised, home, tmp_path, is_there
):
    there = home / "models" / "theirs.safetensors"
    there.parent.mkdir()
    save_file({"a": torch.ones(2)}, there)
    source = tmp_path / "theirs.pth"
    torch.save({"a": torch.ones(2)}, source)
    card = add_model(there if is_there else source)
    assert find_model("theirs") == card
    assert card.network == "spandrel-ESRGAN"
    assert list(there.parent.iterdir()) == [there]


def test_without_spandrel_the_command_that_installs_it_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "spandrel", None)
    path = tmp_path / "theirs.pth"
    torch.save({"a": torch.ones(2)}, path)
    assert cli.main(["models", "add", str(path)]) == 1
    assert "pip install --no-deps spandrel einops" in capsys.readouterr().err
