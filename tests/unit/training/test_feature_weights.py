from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from restorer.errors import SettingsError
from restorer.training.data import list_photos, read_sharp
from restorer.training.degrade import enlarge_bicubic, shrink_bicubic
from restorer.training.lpips import Lpips, distance, load_lpips
from restorer.training.vgg import VggFeatures, load_vgg

SHARED = Path(__file__).parents[4] / "shared"
LPIPS = SHARED / "weights" / "alexnet_features.safetensors"
VGG = SHARED / "weights" / "vgg19_normalised.safetensors"


def test_features_are_taken_before_activation_and_halve_with_every_block():
    found = VggFeatures(("conv1_2", "conv3_1"))(torch.rand(2, 3, 33, 40))
    assert [tuple(maps.shape) for maps in found] == [(2, 64, 33, 40), (2, 256, 9, 10)]
    assert all((maps < 0).any() for maps in found)


@pytest.mark.parametrize("layers", ["conv6_1", "", "relu1_1"])
def test_unknown_layers_are_named(layers):
    with pytest.raises(SettingsError, match="no layer"):
        load_vgg("x.safetensors", layers)


@pytest.mark.parametrize("load", [lambda p: load_vgg(str(p), "conv1_1"), load_lpips])
def test_weights_that_are_missing_or_foreign_are_named(tmp_path, load):
    with pytest.raises(SettingsError, match=r"gone\.safetensors"):
        load(tmp_path / "gone.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(SettingsError, match=r"foreign\.safetensors"):
        load(tmp_path / "foreign.safetensors")


@pytest.mark.slow
@pytest.mark.skipif(not VGG.is_file(), reason="the weights are not here")
def test_the_normalised_features_have_a_mean_of_about_one():
    picture = torch.from_numpy(read_sharp(SHARED / "data/bench/Set5/butterfly.png", 4).copy())
    x = picture[None, :128, :128].permute(0, 3, 1, 2).float() / 255
    for maps in load_vgg(str(VGG), "conv1_2 conv3_4 conv5_4")(x):
        assert 0.3 < float(maps.relu().mean()) < 3


def test_equal_pictures_have_no_distance_and_noise_adds_some():
    torch.manual_seed(0)
    network = Lpips().eval()
    for index in range(5):  # the published heads have no negative weights
        network.get_submodule(f"lin{index}").weight.data.abs_()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert distance(network, pixels, pixels) == 0
    assert distance(network, pixels, pixels // 2) > 0


@pytest.mark.slow
@pytest.mark.skipif(not LPIPS.is_file(), reason="the weights are not here")
@pytest.mark.parametrize(("name", "published"), [("Set5", 0.340), ("Set14", 0.438)])
def test_bicubic_has_its_known_distance(name, published):
    network, distances = load_lpips(LPIPS), []
    for path in list_photos(SHARED / "data" / "bench" / name):
        sharp = read_sharp(path, 4)
        distances.append(distance(network, enlarge_bicubic(shrink_bicubic(sharp, 4), 4), sharp))
    assert np.mean(distances) == pytest.approx(published, abs=0.002)
