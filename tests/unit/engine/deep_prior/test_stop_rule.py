import numpy as np
import pytest

from restorer.engine.deep_prior.stop_rule import FLOOR, Check, StopRule, blend_weight


def run(rule, errors, seen=0.0):
    """Feed errors, one each ten iterations; return the kept iteration and the last one."""
    for index, error in enumerate(errors):
        check = Check(10 * (index + 1), error, error if seen is None else seen)
        rule.is_best(check)
        if rule.is_over(check):
            break
    return rule.best.iteration, check.iteration


def test_the_smallest_held_out_error_is_kept_and_waited_for():
    errors = [abs(index - 40) + 1.0 for index in range(1, 300)]
    kept, end = run(StopRule(), errors)
    assert kept == 400
    assert end == 400 + FLOOR


def test_late_in_a_run_it_waits_longer():
    errors = [abs(index - 300) + 1.0 for index in range(1, 900)]
    kept, end = run(StopRule(), errors)
    assert kept == 3000
    assert end == pytest.approx(3000 / 0.88, abs=10)


def test_it_never_ends_before_its_floor():
    _, end = run(StopRule(), [1.0 + index for index in range(100)])
    assert end >= FLOOR


def test_what_nobody_can_see_is_not_waited_for():
    level = (1 / 255) ** 2
    kept, end = run(StopRule(), [level * 1.5 ** (20 - index) for index in range(100)])
    assert kept == end == 210


def test_correlated_noise_ends_where_the_fit_is_as_close_as_the_noise_is_strong():
    errors = np.linspace(1, 0, 101)
    kept, end = run(StopRule(noise_mse=0.3), errors, seen=None)
    assert kept == end == 710


def mixed_mse(share, error, noise, covariance):
    return (1 - share) ** 2 * error + share**2 * noise + 2 * share * (1 - share) * covariance


def test_the_blend_is_the_best_there_is():
    # Texture and noise that cannot be foreseen, of which the network has fitted a tenth.
    texture, noise, fitted = 0.002, 0.009, 0.1
    unforeseen = texture + noise
    share = blend_weight(Check(1, unforeseen, (1 - fitted) ** 2 * unforeseen), noise)
    error = (1 - fitted) ** 2 * texture + fitted**2 * noise
    best = min(np.linspace(0, 1, 10001), key=lambda a: mixed_mse(a, error, noise, fitted * noise))
    assert share == pytest.approx(best, abs=1e-4)


def test_where_more_noise_is_fitted_than_texture_is_worth_nothing_is_added():
    assert blend_weight(Check(1, 0.0095, 0.004), 0.009) == 0


def test_without_noise_the_original_comes_back():
    assert blend_weight(Check(1, 0.001, 0.001), 0.0) == 1
    assert blend_weight(Check(1, 0.0, 0.0), 0.0) == 1
    assert blend_weight(Check(1, 0.001, 0.001), 1.0) == 0
