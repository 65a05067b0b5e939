"""The concordance loss is one minus the measured CCC, with the gradient of finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.learn.losses import concordance_loss
from affectkit.measure.metrics import ccc

torch = pytest.importorskip("torch")


def _batch(seed, n=12, outputs=3):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, outputs))
    return truth, 0.6 * truth + rng.normal(size=(n, outputs)) + rng.normal(size=outputs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_loss_is_one_minus_the_measured_ccc_over_what_was_annotated(seed):
    truth, told = _batch(seed)
    truth[np.random.default_rng(seed).random(truth.shape) < 0.2] = np.nan
    seen = ~np.isnan(truth)
    wanted = 1 - np.mean([ccc(truth[s, k], told[s, k]) for k, s in enumerate(seen.T)])
    loss = concordance_loss(torch.tensor(told), torch.tensor(truth))
    assert float(loss) == pytest.approx(wanted, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_its_gradient_is_that_of_finite_differences_of_the_measured_ccc(seed):
    truth, told = _batch(seed)
    given_ = torch.tensor(told, requires_grad=True)
    concordance_loss(given_, torch.tensor(truth)).backward()
    step, numeric = 1e-5, np.zeros_like(told)
    for i, k in np.ndindex(*told.shape):
        moved = np.repeat(told[None, :, k], 2, axis=0)
        moved[0, i] += step
        moved[1, i] -= step
        rise = ccc(truth[:, k], moved[0]) - ccc(truth[:, k], moved[1])
        numeric[i, k] = -rise / (2 * step) / told.shape[1]
    np.testing.assert_allclose(given_.grad.numpy(), numeric, atol=1e-6)


def test_what_was_not_annotated_teaches_nothing_and_a_perfect_answer_has_no_slope():
    truth, told = _batch(0)
    holes = truth.copy()
    holes[:4, 1] = np.nan
    given_ = torch.tensor(told, requires_grad=True)
    concordance_loss(given_, torch.tensor(holes)).backward()
    assert np.all(given_.grad.numpy()[:4, 1] == 0)
    assert np.all(given_.grad.numpy()[:4, 0] != 0)
    perfect = torch.tensor(truth, requires_grad=True)
    concordance_loss(perfect, torch.tensor(truth)).backward()
    np.testing.assert_allclose(perfect.grad.numpy(), 0, atol=1e-7)
