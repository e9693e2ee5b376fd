import numpy as np
import pytest

from restorer.training.degrade import enlarge_bicubic, shrink_bicubic


def test_a_flat_picture_stays_flat():
    flat = np.full((24, 36, 3), 77, np.uint8)
    assert (shrink_bicubic(flat, 4) == 77).all()
    assert (enlarge_bicubic(flat, 4) == 77).all()


def test_sizes():
    picture = np.zeros((24, 36, 3), np.uint8)
    assert shrink_bicubic(picture, 4).shape == (6, 9, 3)
    assert enlarge_bicubic(picture, 3).shape == (72, 108, 3)


def test_a_size_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="multiple of 4"):
        shrink_bicubic(np.zeros((25, 36, 3), np.uint8), 4)


def test_known_values_of_a_step():
    """By hand: Keys' kernel stretched twice around a step from 0 to 200 between pixels 3 and 4."""
    row = np.repeat(np.uint8([0, 0, 0, 0, 200, 200, 200, 200])[None, :, None], 2, axis=0)
    # Output 1 has its centre at 2.5; input 4 is 0.75, 5 is 1.25, 6 is 1.75 kernel units away.
    weights = {0.25: 0.8671875, 0.75: 0.2265625, 1.25: -0.0703125, 1.75: -0.0234375}
    right = 200 * (weights[0.75] + weights[1.25] + weights[1.75]) / 2
    assert shrink_bicubic(np.repeat(row, 3, axis=2), 2)[0, 1, 0] == round(right)


def test_borders_are_mirrored():
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], 8, axis=0)
    small = shrink_bicubic(np.repeat(ramp, 3, axis=2), 4)[0, :, 0]
    assert (np.diff(small.astype(int)) > 30).all()
