"""The area under the ROC curve: against scikit-learn, and where there is nothing to rank."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.ranking import roc_auc


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40))
@settings(deadline=None)
def test_it_is_that_of_scikit_learn_ties_included(rows):
    metrics = pytest.importorskip("sklearn.metrics")
    truth, scores = (np.array(column) for column in zip(*rows, strict=True))
    if truth.all() or not truth.any():
        assert np.isnan(roc_auc(truth, scores))
        return
    assert roc_auc(truth, scores) == pytest.approx(metrics.roc_auc_score(truth, scores))
    assert roc_auc(truth, scores) + roc_auc(truth, -scores) == pytest.approx(1)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="differ"):
        roc_auc([0, 1], [0.5])
