"""The cross-turn scores follow their closed forms, and dtaidistance where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.measure.reply_coherence import (
    ReplyCoherence,
    balancing,
    calls_for_balance,
    contagion,
    cross_turn_stability,
    reply_coherence,
)

LEVEL = st.tuples(*[st.integers(-20, 20).map(lambda n: n / 20)] * 3)
SECONDS = st.integers(1, 9)


def _held(level, seconds):
    return np.repeat([level], seconds, axis=0)


def _moving(seed, seconds):
    return np.random.default_rng(seed).uniform(-1, 1, (seconds, 3))


@settings(max_examples=100, deadline=None)
@given(LEVEL, LEVEL, SECONDS, SECONDS)
def test_of_held_states_only_their_difference_counts(user, reply, n, m):
    # Warping costs the difference at each of max(n, m) = T steps.
    v, a, d = np.abs(np.subtract(user, reply))
    u, r = _held(user, n), _held(reply, m)
    assert contagion(u, r) == pytest.approx(1 - 5 * (v + a) / 4)
    assert cross_turn_stability([u, r]) == pytest.approx(1 - 5 * (v + a + d) / 6)
    assert cross_turn_stability([u, r, r]) == pytest.approx(1 - 5 * (v + a + d) / 12)
    asked = [user[0] < -0.07, user[1] > 0.345, user[2] < 0.21]
    assert calls_for_balance(u).tolist() == asked
    wanted = np.add(user, (0.211, -0.105, 0.098))
    off = np.abs(wanted - reply)[asked]
    assert balancing(u, r) == pytest.approx(1 - 5 * off.mean() if any(asked) else 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), SECONDS, SECONDS)
def test_of_moving_states_it_is_dtaidistances_distance_that_counts(seed, n, m):
    dtw = pytest.importorskip("dtaidistance.dtw")
    u, r = _moving(seed, n), _moving(seed + 1, m)
    d = [dtw.distance(u[:, k], r[:, k], inner_dist="euclidean") for k in range(3)]
    assert contagion(u, r) == pytest.approx(1 - 5 * (d[0] + d[1]) / (4 * max(n, m)))
    assert cross_turn_stability([u, r]) == pytest.approx(1 - 5 * sum(d) / (6 * max(n, m)))
    assert contagion(u, r, spread=2) == pytest.approx(1 - 2 * (d[0] + d[1]) / (4 * max(n, m)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), SECONDS, st.integers(1, 3))
def test_a_reply_in_step_scores_one_at_any_pace(seed, n, slower):
    u = _moving(seed, n) * 0.7  # what is asked for stays within the scale
    assert contagion(u, np.repeat(u, slower, axis=0)) == 1
    assert cross_turn_stability([u, np.repeat(u, slower, axis=0), u]) == 1
    asked = u + np.array([0.211, -0.105, 0.098])
    assert balancing(u, np.repeat(asked, slower, axis=0)) == pytest.approx(1)
    # Following is the same both ways; leading is not asked of the user.
    r = _moving(seed + 1, n)
    assert contagion(u, r) == pytest.approx(contagion(r, u))


def test_a_dialogue_is_the_mean_of_its_turns_and_weighs_balance_only_when_called_for():
    sad, glad = _held((-0.5, 0.0, 0.5), 4), _held((0.3, 0.2, 0.5), 3)
    better = _held((-0.289, 0.0, 0.5), 2)
    told = reply_coherence([sad, glad], [better, glad])
    assert told.called_for == 1
    assert told.contagion == pytest.approx((1 - 5 * 0.211 / 4 + 1) / 2)
    assert told.balancing == pytest.approx(1)
    assert told.stability == pytest.approx(1 - 5 * (0.589 + 0.2) / 6)
    whole = 0.35 * told.contagion + 0.35 * told.balancing + 0.3 * told.stability
    assert told.overall() == pytest.approx(whole)
    at_ease = reply_coherence([glad, glad], [glad, sad])
    assert at_ease.called_for == 0
    assert at_ease.overall() == pytest.approx(0.6 * at_ease.contagion + 0.4 * at_ease.stability)
    assert at_ease.overall(uncalled=(1, 0, 0)) == at_ease.contagion
    assert ReplyCoherence(1, 1, 1, 0).overall() == ReplyCoherence(1, 1, 1, 3).overall() == 1


def test_replies_to_another_turn_fit_worse():
    rng = np.random.default_rng(3)
    users = [np.clip(level + rng.normal(0, 0.05, (6, 3)), -1, 1) for level in _moving(4, 20)]
    replies = [np.clip(u + rng.normal(0, 0.05, (6, 3)), -1, 1) for u in users]
    own = np.mean([contagion(u, r) for u, r in zip(users, replies, strict=True)])
    other = np.mean(
        [contagion(u, r) for u, r in zip(users, replies[1:] + replies[:1], strict=True)]
    )
    assert own > 0.7 > other


def test_turns_off_the_scale_are_refused():
    calm = [[0.0, 0.0, 0.0]]
    with pytest.raises(ValueError, match="second 1 of a turn leaves"):
        contagion(calm, [[0, 0, 0], [0, 1.2, 0]])
    with pytest.raises(ValueError, match="leaves"):
        contagion(calm, [[0, np.nan, 0]])
    with pytest.raises(ValueError, match="n_seconds, 3"):
        balancing(calm, [[0, 0]])
    with pytest.raises(ValueError, match="at least two"):
        cross_turn_stability([calm])
    with pytest.raises(ValueError, match="do not fit"):
        reply_coherence([calm, calm], [calm])
