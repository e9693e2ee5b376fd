import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from restorer.errors import SettingsError
from restorer.training import __main__ as program
from restorer.training.damage import DAMAGES, Damage, Stage, degrade, find_damage, with_kept
from restorer.training.data import make_small
from restorer.training.degrade import shrink_bicubic
from restorer.training.jpeg import jpeg
from restorer.training.kernels import bell_kernel, blur, draw_kernel, draw_sinc, sinc_kernel
from restorer.training.noise import correlated_noise, sensor_noise, white_noise
from restorer.training.prints import PRINT_EFFECTS

CPU = torch.device("cpu")


@pytest.fixture
def sharp():
    """Smooth shapes, in colour: (5, 3, 96, 96)."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.uniform(0.1, 0.9, (5, 3, 12, 12))).float()
    return torch.nn.functional.interpolate(coarse, scale_factor=8, mode="bicubic").clamp(0, 1)


def random(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("scale", [1, 4])
def test_a_degradation_has_size_range_and_levels_and_follows_from_its_seed(sharp, name, scale):
    first = degrade(sharp, DAMAGES[name], scale=scale, seed=(3, 1))
    assert first.shape == (5, 3, 96 // scale, 96 // scale)
    assert 0 <= first.min()
    assert first.max() <= 1
    assert torch.allclose((first * 255).round() / 255, first)
    assert torch.equal(first, degrade(sharp, DAMAGES[name], scale=scale, seed=(3, 1)))
    assert not torch.equal(first, degrade(sharp, DAMAGES[name], scale=scale, seed=(3, 2)))


@pytest.mark.parametrize("name", DAMAGES)
def test_colours_stay_where_they_are(sharp, name):
    """Over many crops; fading is not among what is done unless it is asked for."""
    scale = 4 if name == "photo" else 1
    means = torch.stack([
        degrade(sharp, DAMAGES[name], scale=scale, seed=(seed,)).mean((0, 2, 3))
        for seed in range(24)
    ])  # fmt: skip
    assert (means.mean(0) - sharp.mean((0, 2, 3))).abs().max() < 0.02
    assert DAMAGES[name].prints.get("fading", 0) == 0
    assert find_damage(name, fading=0.5).prints["fading"] == 0.5


@pytest.mark.parametrize("name", PRINT_EFFECTS)
def test_an_effect_of_prints_changes_something_keeps_the_shape_and_follows_from_its_seed(
    sharp, name
):
    effect = PRINT_EFFECTS[name]
    several = [effect(sharp, random(seed)) for seed in range(8)]
    assert all(one.shape == sharp.shape for one in several)
    assert torch.equal(several[3], effect(sharp, random(3)))
    assert not torch.equal(several[3], several[4])
    assert 0.00002 < (torch.stack(several) - sharp).abs().mean() < 0.4


def test_grain_is_shared_by_neighbours_and_absent_in_black(sharp):
    gray = torch.full((1, 3, 128, 128), 0.5)
    grain = PRINT_EFFECTS["grain"](gray, random(3)) - gray
    assert torch.equal(PRINT_EFFECTS["grain"](0 * gray, random(3)), 0 * gray)
    plane = grain[0, 0] - grain[0, 0].mean()
    assert (plane[:, 1:] * plane[:, :-1]).mean() / plane.square().mean() > 0.1


def test_stains_of_paper_have_no_cast(sharp):
    changes = [PRINT_EFFECTS["paper"](sharp, random(seed)) - sharp for seed in range(20)]
    assert torch.stack(changes).mean((0, 1, 3, 4)).abs().max() < 0.01


def test_dust_and_scratches_cover_little(sharp):
    for name in ("dust", "scratches"):
        changed = [(PRINT_EFFECTS[name](sharp, random(s)) != sharp).float().mean()
                   for s in range(10)]  # fmt: skip
        assert 0 < sum(changed) / 10 < 0.03


def test_white_noise_is_normal_and_depends_on_its_seed():
    noise = white_noise((1000, 999), 5, CPU)
    assert abs(float(noise.mean())) < 0.01
    assert float(noise.std()) == pytest.approx(1, abs=0.01)
    assert float((noise**4).mean()) == pytest.approx(3, abs=0.05)
    assert abs(float((noise[1:] * noise[:-1]).mean())) < 0.01
    assert abs(float((noise * white_noise((1000, 999), 5 + 2**40, CPU)).mean())) < 0.01


@pytest.mark.parametrize("size", [(64, 64), (63, 65)])
def test_correlated_noise_has_variance_1(size):
    noise = correlated_noise((8, 1, *size), 5, CPU, sigma_px=(1.0, 0.7), angle=0.5)
    assert float(noise.var()) == pytest.approx(1, abs=0.06)


def test_sensor_noise_has_the_strength_asked_for():
    gray = torch.full((2, 3, 200, 200), 0.25)
    noisy = sensor_noise(
        gray, random(), sigma_255=np.array([25.0, 0.0]), photon=np.array([0.0, 2.0]),
        is_gray=np.array([False, True]),
    )  # fmt: skip
    deviations = (noisy - gray).std((2, 3))
    assert torch.allclose(deviations[0], torch.full((3,), 25 / 255), rtol=0.05)
    assert torch.allclose(deviations[1], torch.full((3,), 2 * math.sqrt(0.25 / 256)), rtol=0.05)
    assert torch.equal(noisy[1, 0], noisy[1, 1])


def test_kernels_have_the_sum_1_and_keep_flat_pictures(sharp):
    rng = random()
    kernels = [draw_kernel(rng, sigma_px=(0.2, 3), sinc_chance=0.1) for _ in range(40)]
    kernels += [draw_sinc(rng) for _ in range(10)]
    assert all(kernel.shape == (21, 21) for kernel in kernels)
    assert all(kernel.sum() == pytest.approx(1) for kernel in kernels)
    flat = torch.full((50, 3, 30, 40), 0.3)
    assert torch.allclose(blur(flat, np.stack(kernels)), flat, atol=1e-5)


def test_a_round_kernel_looks_the_same_from_all_sides_and_an_elongated_one_does_not():
    round_one = bell_kernel("plateau", sigma_px=(2, 2), angle=0.4, beta=1.5)
    assert np.allclose(round_one, np.rot90(round_one))
    long_one = bell_kernel("gaussian", sigma_px=(3, 1), angle=0)
    assert long_one[10, 13] > 5 * long_one[13, 10]


def test_sinc_with_the_highest_cut_off_is_nearly_a_point():
    kernel = sinc_kernel(math.pi, 10)
    assert kernel[10, 10] == kernel.max() > 0.7


def test_blur_equals_a_convolution(sharp):
    kernel = bell_kernel("gaussian", sigma_px=(2, 0.8), angle=0.7)
    weights = torch.from_numpy(kernel).float()[None, None].expand(3, 1, 21, 21)
    padded = torch.nn.functional.pad(sharp[:1], (10,) * 4, mode="reflect")
    plain = torch.nn.functional.conv2d(padded, weights, groups=3)
    assert torch.allclose(blur(sharp[:1], kernel[None]), plain, atol=1e-5)


@pytest.mark.parametrize("quality", [10, 49, 75, 100])
def test_jpeg_is_what_libjpeg_makes(sharp, quality):
    picture = (sharp[0] * 255).round()
    file = io.BytesIO()
    image = Image.fromarray(picture.byte().permute(1, 2, 0).numpy())
    image.save(file, "jpeg", quality=quality, subsampling="4:2:0")
    wanted = torch.from_numpy(np.asarray(Image.open(file)).copy()).permute(2, 0, 1).float()
    ours = jpeg(picture[None] / 255, torch.tensor([quality]))[0] * 255
    assert (ours - wanted).square().mean().sqrt() < 2.5
    if quality == 10:
        assert (ours - wanted).square().mean() < 0.1 * (picture - wanted).square().mean()


def test_jpeg_takes_sides_that_are_no_multiples_of_16_and_a_quality_for_each(sharp):
    x = sharp[:2, :, :45, :50]
    both = jpeg(x, torch.tensor([10, 95]))
    assert both.shape == x.shape
    assert torch.equal(both[1:], jpeg(x[1:], torch.tensor([95])))


def test_a_named_amount_is_done_alone(sharp):
    noisy = degrade(sharp, find_damage("noise-25"), scale=1, seed=(1,))
    assert float((noisy - sharp).std()) * 255 == pytest.approx(25, abs=2)
    assert torch.equal(
        degrade(sharp, find_damage("jpeg-20"), scale=1, seed=(1,)),
        jpeg(sharp, torch.full((5,), 20)),
    )


@pytest.mark.parametrize("name", ["rust", "jpeg-0", "jpeg-101", "noise-", "noise-x"])
def test_an_unknown_degradation_is_named(name):
    with pytest.raises(SettingsError, match=name):
        find_damage(name)


def test_what_is_left_alone_is_the_bicubic():
    pixels = random().integers(0, 256, (64, 64, 3), dtype=np.uint8)
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    small = degrade(x, Damage(untouched_chance=1), scale=4, seed=(0,))
    exact = torch.from_numpy(shrink_bicubic(pixels, 4)).permute(2, 0, 1)[None] / 255
    assert (small - exact)[:, :, 2:-2, 2:-2].abs().max() < 2.5 / 255


def test_the_small_picture_of_a_photograph_is_the_same_each_time():
    pixels = random().integers(0, 256, (64, 64, 3), dtype=np.uint8)
    one, again, other = (
        make_small(pixels, 4, degradation="photo", seed=seed) for seed in (1, 1, 2)
    )
    assert one.shape == (16, 16, 3)
    assert (one == again).all()
    assert (one != other).any()
    middle = pixels[1:3, 1:3].mean((0, 1))
    assert np.abs(make_small(pixels, 4, degradation="opencv")[0, 0] - middle).max() <= 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("name", DAMAGES)
def test_a_gpu_gives_what_a_cpu_gives(sharp, name):
    """Rounding in JPEG turns a difference in the last digit into one step here and there."""
    for seed in range(8):
        one = degrade(sharp, DAMAGES[name], scale=1, seed=(seed,))
        other = degrade(sharp.cuda(), DAMAGES[name], scale=1, seed=(seed,)).cpu()
        assert ((one - other).abs() > 1.5 / 255).float().mean() < 0.01


def test_a_sheet_is_made(tmp_path, monkeypatch):
    pixels = random().integers(0, 256, (200, 210, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    words = ["degrade", str(tmp_path / "a.png"), "-o", str(tmp_path / "sheet.jpg")]
    monkeypatch.setattr("sys.argv", ["training", *words])
    assert program.main() == 0
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.width > 900


def test_stages_can_be_left_out(sharp):
    nothing = Damage(stages=(replace(Stage(), chance=0),))
    assert torch.allclose(degrade(sharp, nothing, scale=1, seed=(0,)), sharp, atol=0.5 / 255)


def test_what_is_to_be_kept_is_put_on_the_photograph_itself():
    sharp = torch.full((8, 3, 48, 48), 0.5)
    damage = Damage(kept={"halftone": 0.5})
    kept = with_kept(sharp, damage, seed=(1,))
    assert torch.equal(kept, with_kept(sharp, damage, seed=(1,)))
    assert 0 <= kept.min() < 0.4
    assert 0.6 < kept.max() <= 1
    assert torch.equal(with_kept(sharp, Damage(), seed=(1,)), sharp)
