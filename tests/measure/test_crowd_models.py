"""MACE and GLAD find planted raters and items, and agree with crowd-kit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.crowd_difficulty import glad
from affectkit.measure.crowd_spammers import digamma, mace
from affectkit.measure.crowd_triples import triples


def lookers(seed, n_items=300, n_raters=10, k=4, each=5):
    """Return truth, how often each rater looks, and ratings; who does not look says a habit."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(k, size=n_items)
    looks = np.linspace(0.15, 0.95, n_raters)
    item = np.repeat(np.arange(n_items), each)
    rater = np.concatenate([rng.permutation(n_raters)[:each] for _ in range(n_items)])
    seen = rng.random(len(item)) < looks[rater]
    label = np.where(seen, truth[item], (rater + (rng.random(len(item)) < 0.2)) % k)
    return truth, looks, item, rater, label


def skilled(seed, n_items=300, n_raters=16, k=3, each=10):
    """Return truth, skill, ease and ratings as GLAD has them come about."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(k, size=n_items)
    skill, ease = rng.normal(1, 1, n_raters), rng.normal(0.5, 0.8, n_items)
    item = np.repeat(np.arange(n_items), each)
    rater = np.concatenate([rng.permutation(n_raters)[:each] for _ in range(n_items)])
    right = rng.random(len(item)) < 1 / (1 + np.exp(-skill[rater] * np.exp(ease[item])))
    wrong = (truth[item] + rng.integers(1, k, size=len(item))) % k
    return truth, skill, ease, item, rater, np.where(right, truth[item], wrong)


def majority(item, label, k):
    n = item.max() + 1
    return np.bincount(item * k + label, minlength=n * k).reshape(n, k).argmax(axis=1)


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_mace_finds_who_looks_and_beats_the_majority(seed):
    truth, looks, item, rater, label = lookers(seed)
    found = mace(item, rater, label, restarts=2)
    assert np.corrcoef(found.competence, looks)[0, 1] > 0.9
    ours = (found.probabilities.argmax(axis=1) == truth).mean()
    assert ours >= (majority(item, label, 4) == truth).mean()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    spammer = int(found.competence.argmin())
    assert found.habit[spammer].argmax() == spammer % 4


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_glad_finds_skill_and_ease_and_beats_the_majority(seed):
    truth, skill, ease, item, rater, label = skilled(seed)
    found = glad(item, rater, label)
    assert np.corrcoef(found.skill, skill)[0, 1] > 0.85
    assert np.corrcoef(found.ease, ease)[0, 1] > 0.2
    ours = (found.probabilities.argmax(axis=1) == truth).mean()
    assert ours >= (majority(item, label, 3) == truth).mean() - 0.01
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


@pytest.mark.slow
def test_mace_is_that_of_crowd_kit():
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="pip install crowd-kit")
    _, _, item, rater, label = lookers(1, n_items=120, n_raters=6)
    # crowd-kit numbers raters as they come, and its expected counts by name.
    first = {r: i for i, r in enumerate(dict.fromkeys(rater))}
    rater = np.array([first[r] for r in rater])
    by_label = {c: i for i, c in enumerate(dict.fromkeys(label))}
    label = np.array([by_label[c] for c in label])
    table = pd.DataFrame({"task": item, "worker": rater, "label": label})
    theirs = crowdkit.MACE(n_restarts=1, n_iter=300).fit(table)
    ours = mace(item, rater, label, restarts=1, tolerance=1e-12, iterations=300)
    np.testing.assert_allclose(ours.probabilities, theirs.probas_.to_numpy(), atol=1e-5)
    trust = theirs.spamming_[:, 1] / theirs.spamming_.sum(axis=1)
    np.testing.assert_allclose(ours.competence, trust, atol=1e-5)


def test_glad_ends_where_its_posterior_is_level():
    """The log of the likelihood, with labels summed out, and of the priors, written anew."""
    _, _, _, item, rater, label = skilled(5, n_items=40, n_raters=6, each=5)
    found = glad(item, rater, label, tolerance=1e-9, iterations=20_000)
    assert found.converged

    def height(skill, ease):
        right = 1 / (1 + np.exp(-skill[rater] * np.exp(ease[item])))
        by_truth = np.where(
            label[:, None] == np.arange(3), np.log(right)[:, None], np.log((1 - right) / 2)[:, None]
        )
        scores = np.zeros((40, 3))
        np.add.at(scores, item, by_truth)
        seen = np.log(np.exp(scores).sum(axis=1) / 3).sum()
        return seen - ((skill - 1) ** 2).sum() / 2 - ((ease - 1) ** 2).sum() / 2

    for values, at in ((found.skill, 0), (found.ease, 1)):
        for i in range(6):
            step = np.zeros(len(values))
            step[i] = 1e-4
            up, down = (
                height(*((values + sign * step, found.ease) if at == 0
                         else (found.skill, values + sign * step)))
                for sign in (1, -1)
            )  # fmt: skip
            assert abs(up - down) / 2e-4 < 1e-3


@pytest.mark.slow
def test_glad_is_that_of_crowd_kit():
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="pip install crowd-kit")
    _, _, _, item, rater, label = skilled(2, n_items=40, n_raters=6, each=5)
    table = pd.DataFrame({"task": item, "worker": rater, "label": label})
    theirs = crowdkit.GLAD(n_iter=40, tol=-np.inf, m_step_tol=1e-6).fit(table)
    ours = glad(item, rater, label, tolerance=1e-6)
    wanted = theirs.probas_.sort_index()[range(3)].to_numpy()
    np.testing.assert_allclose(ours.probabilities, wanted, atol=0.01)
    np.testing.assert_allclose(ours.skill, theirs.alphas_.sort_index(), atol=0.02)
    np.testing.assert_allclose(ours.ease, theirs.betas_.sort_index(), atol=0.02)


@pytest.mark.parametrize("model", [mace, glad])
def test_names_of_raters_and_order_of_ratings_do_not_matter(model):
    _, _, item, rater, label = lookers(3, n_items=80)
    rng = np.random.default_rng(0)
    names, order = rng.permutation(10), rng.permutation(len(item))
    one = model(item, rater, label, tolerance=1e-9, iterations=600)
    other = model(item[order], names[rater][order], label[order], tolerance=1e-9, iterations=600)
    np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-4)


def test_digamma_is_that_of_scipy():
    special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.linspace(1e-3, 10, 500), [1e2, 1e5]])
    np.testing.assert_allclose(digamma(x), special.digamma(x), rtol=1e-9, atol=1e-9)


def test_ratings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="no ratings"):
        triples([0, 1], [0], [0])
    with pytest.raises(ValueError, match="item 1 has no rating"):
        triples([0, 2], [0, 0], [0, 1])
    with pytest.raises(ValueError, match="rating 1 is of label 3"):
        triples([0, 1], [0, 0], [0, 3], n_labels=3)
    with pytest.raises(ValueError, match="rating 0 is of rater -1"):
        triples([0], [-1], [0])
    with pytest.raises(ValueError, match="only one label"):
        glad([0], [0], [0])
