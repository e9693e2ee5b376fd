import pytest
import torch

from restorer.networks.skip_net import NETS, SkipNet, paper_net


def test_the_papers_network_has_its_size():
    # What the official code's skip() has with its denoising settings.
    assert sum(weight.numel() for weight in paper_net().parameters()) == 2_217_831


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_has_the_inputs_size_and_range(name, channels):
    torch.manual_seed(0)
    net = NETS[name](8, channels)
    height, width = net.min_side, net.min_side + net.multiple_of
    drawn = net(torch.rand(1, 8, height, width))
    assert drawn.shape == (1, channels, height, width)
    assert 0 <= drawn.min() < drawn.max() <= 1


def test_the_papers_network_for_holes_looks_further_on_the_way_down():
    sizes = {conv.kernel_size for conv in NETS["paper-hole"](1, 3).modules()
             if isinstance(conv, torch.nn.Conv2d) and conv.stride == (2, 2)}  # fmt: skip
    assert sizes == {(5, 5)}


def test_every_weight_is_learned():
    net = NETS["lean"](8, 3)
    net(torch.rand(1, 8, 64, 64)).square().sum().backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_scales_without_skips_are_refused():
    with pytest.raises(ValueError, match="skips"):
        SkipNet(3, widths=(8, 8), skips=(4,))
