"""Windows of sentences: never across documents, and of use where feeling lies next door."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.learn.sentence_windows import WindowRegressor, neighbours, with_neighbours
from affectkit.measure.metrics import ccc

names = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(sorted)


@given(names, st.integers(0, 5))
@settings(deadline=None)
def test_a_window_keeps_to_its_document_and_its_order(documents, window):
    around = neighbours(documents, window)
    assert (around[:, window] == np.arange(len(documents))).all()
    for row, places in enumerate(around):
        seen = places[places >= 0]
        assert all(documents[k] == documents[row] for k in seen)
        assert (np.diff(seen) == 1).all()
        expected = sum(
            documents[k] == documents[row]
            for k in range(max(0, row - window), min(len(documents), row + window + 1))
        )
        assert len(seen) == expected


def test_a_window_of_nothing_adds_nothing():
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_array_equal(with_neighbours(x, neighbours(list("aabbbb"), 0)), x)
    assert with_neighbours(x, neighbours(list("aabbbb"), 2), columns=2).shape == (6, 3 + 4 * 2)


def course(seed, documents=40, length=25):
    """Return features of which only the sentences next door tell the rating."""
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(documents), length)
    x = rng.normal(size=(len(which), 6))
    around = neighbours(which, 1)
    y = np.where(around >= 0, x[around, 0], 0)[:, [0, 2]].sum(axis=1)
    return x, np.stack([y, -y], axis=1), which


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_what_the_sentences_next_door_tell_is_learned_with_a_window_only(torch):
    train, test = course(0), course(1)
    scores = {}
    for window in (0, 1):
        learner = WindowRegressor(window=window, width=32, epochs=30, batch=128, dropout=0.0)
        told = learner.fit(*train).predict(test[0], test[2])
        scores[window] = ccc(test[1][:, 0], told[:, 0])
    assert scores[1] > 0.8 > 0.3 > scores[0]


def test_the_same_seed_tells_the_same_and_leaves_the_callers_seed_alone(torch):
    x, y, which = course(0, documents=6)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    a, b = (WindowRegressor(epochs=2, seed=3).fit(x, y, which).predict(x, which) for _ in "ab")
    np.testing.assert_array_equal(a, b)
    assert torch.equal(before, torch.random.get_rng_state())
    other = WindowRegressor(epochs=2, seed=4).fit(x, y, which).predict(x, which)
    assert not np.allclose(a, other)


def test_it_stops_where_held_out_documents_are_told_best(torch):
    train, held = course(0), course(2, documents=10)
    learner = WindowRegressor(window=1, epochs=40, patience=2, batch=128).fit(*train, held=held)
    told = learner.predict(held[0], held[2])
    kept = np.mean([ccc(held[1][:, j], told[:, j]) for j in range(2)])
    assert kept == pytest.approx(max(learner.scores_), abs=1e-6)


def test_going_on_from_another_does_not_change_that_one(torch):
    x, y, which = course(0)
    first = WindowRegressor(window=1, epochs=25, batch=128, dropout=0.0).fit(x, y, which)
    before = first.predict(x, which)
    some = which < 2
    few = (x[some], y[some], which[some])
    short = WindowRegressor(window=1, epochs=1, batch=128)
    onward = short.fit(*few, start=first).predict(x, which)
    afresh = WindowRegressor(window=1, epochs=1, batch=128).fit(*few).predict(x, which)
    assert ccc(y[:, 0], onward[:, 0]) > ccc(y[:, 0], afresh[:, 0]) + 0.3
    np.testing.assert_array_equal(first.predict(x, which), before)


def test_missing_ratings_teach_nothing(torch):
    x, y, which = course(0, documents=8)
    holes = y.copy()
    holes[::2] = np.nan
    told = WindowRegressor(epochs=2).fit(x, holes, which).predict(x, which)
    assert np.isfinite(told).all()


def test_ratings_of_another_shape_are_refused(torch):
    with pytest.raises(ValueError, match="do not fit"):
        WindowRegressor().fit(np.ones((3, 2)), np.ones(3), [0, 0, 0])
    with pytest.raises(ValueError, match="narrower"):
        neighbours([0], -1)
