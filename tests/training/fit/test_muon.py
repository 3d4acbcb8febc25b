"""The optimizer of the recipes makes every direction of a kernel's update equally long."""

import keras
import numpy as np
import pytest

from training.fit.muon import ConvolutionMuon

RATE = 0.01


def updated(kernels: list[np.ndarray], gradients: list[np.ndarray]) -> list[np.ndarray]:
    """What one step takes away from variables."""
    variables = [keras.Variable(kernel) for kernel in kernels]
    optimizer = ConvolutionMuon(RATE, beta_2=0.99)
    optimizer.apply([keras.ops.convert_to_tensor(one) for one in gradients], variables)
    after = [keras.ops.convert_to_numpy(variable) for variable in variables]
    return [before - now for before, now in zip(kernels, after, strict=True)]


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@pytest.mark.parametrize("shape", [(3, 3, 16, 8), (1, 1, 16, 64)])
def test_all_directions_of_a_kernel_s_update_are_equally_long(shape: tuple[int, ...]):
    # One direction of the gradient is some thirty times as long as the others.
    matrix = noise(shape[0] * shape[1] * shape[2], shape[3])
    gradient = (matrix + 10 * np.outer(matrix[:, 0], matrix[0])).reshape(shape)

    (update,) = updated([noise(*shape, seed=2)], [gradient])

    lengths = np.linalg.svd(update.reshape(-1, shape[-1]), compute_uv=False)
    assert lengths.max() < 2 * np.median(lengths)
    # As large as an update of Adam at that rate, times 0.2.
    assert np.sqrt((update**2).mean()) == pytest.approx(0.2 * RATE, rel=0.3)


def test_what_touches_the_picture_is_left_to_adam():
    shapes = [(3, 3, 3, 8), (3, 3, 8, 3), (8,)]

    updates = updated([noise(*shape) for shape in shapes], [noise(*shape, seed=3) for shape in shapes])

    # The first step of Adam goes by the rate in each number, whatever the gradient's size.
    for update in updates:
        assert np.abs(update) == pytest.approx(np.full(update.shape, RATE / 2), rel=0.01)
