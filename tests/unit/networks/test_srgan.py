import pytest
import torch
import torch.nn.functional as F

from restorer.engine.inference import measure_reach_px
from restorer.networks.srgan import STRIP_ROWS, Discriminator, Generator, ShuffledConv2d


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_the_output_is_scale_times_larger(scale):
    output = Generator(scale=scale, channels=4, blocks=1)(torch.rand(2, 3, 5, 7))
    assert output.shape == (2, 3, 5 * scale, 7 * scale)


def test_another_scale_is_refused():
    with pytest.raises(ValueError, match="scale"):
        Generator(scale=5)


def test_the_x4_generator_has_about_1_5_million_parameters():
    count = sum(parameter.numel() for parameter in Generator().parameters())
    assert count == 1_545_238


@pytest.mark.slow
def test_the_x4_generator_reaches_40_pixels():
    assert measure_reach_px(Generator(), 4) == 40


def test_a_network_without_weights_begins_near_the_bilinear_enlargement():
    torch.manual_seed(0)
    small = torch.rand(1, 3, 12, 12)
    bilinear = torch.nn.functional.interpolate(small, scale_factor=4, mode="bilinear")
    assert (Generator()(small) - bilinear).abs().mean() < 0.1


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_strips_give_the_same_picture_as_the_whole(scale):
    torch.manual_seed(0)
    network = Generator(scale=scale, channels=8, blocks=1)
    small = torch.rand(1, 3, 2 * STRIP_ROWS + 5, 9)
    with torch.inference_mode():
        whole = network.train()(small)
        strips = network.eval()(small)
    assert torch.allclose(whole, strips, atol=1e-6)


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 9])
def test_a_shuffled_convolution_is_one_after_a_pixel_shuffle(size, factor):
    torch.manual_seed(0)
    conv = ShuffledConv2d(4, 3, size, factor).double()
    maps = torch.rand(2, 4 * factor**2, 7, 6, dtype=torch.float64)
    plain = F.conv2d(F.pixel_shuffle(maps, factor), conv.weight, conv.bias, padding=size // 2)
    assert torch.allclose(conv(maps), plain, atol=1e-12)


@pytest.mark.parametrize("side", [16, 96, 100])
def test_the_discriminator_gives_one_logit_per_picture(side):
    torch.manual_seed(0)
    assert Discriminator(channels=8)(torch.rand(2, 3, side, side)).shape == (2, 1)
