"""Whether a mood follows another: the lag that was planted, and an honest p value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import kstest

from affectkit.affect import LabelSet, Timeline
from affectkit.errors import AffectkitError
from affectkit.fuse import contagion, contagions
from affectkit.fuse.lagged import _correlations, lagged_test

EKMAN = LabelSet.load("ekman7")


def moods(n: int, rng: np.random.Generator, slow: float = 0.9) -> np.ndarray:
    return lfilter([1.0], [1.0, -slow], rng.normal(size=n + 200))[200:]


def timeline(**curves: np.ndarray) -> Timeline:
    frames = [
        pd.DataFrame(
            {
                "start_s": np.arange(len(v), dtype=float),
                "end_s": np.arange(1.0, len(v) + 1),
                "person": who,
                "modality": "face",
                "valence": np.tanh(v / 3),
            }
        )
        for who, v in curves.items()
    ]
    return Timeline(pd.concat(frames), EKMAN)


@settings(max_examples=15, deadline=None)
@given(st.integers(-10, 10), st.integers(0, 10_000))
def test_the_planted_lag_is_found(lag: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = moods(400, rng)
    y = np.roll(x, lag) + 0.3 * x.std() * rng.normal(size=400)
    found = contagion(timeline(Ann=x, Ben=y), "Ann", "Ben", surrogates=99)
    assert found.lag_s == lag
    assert found.p <= 0.02
    assert found.r > 0.5


def test_under_the_null_p_is_uniform() -> None:
    """Unrelated slow moods, half of them with a gap: no more small p than there should be."""
    ps = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x, y = moods(300, rng), moods(300, rng)
        if seed % 2:
            x[50:70] = np.nan
        ps.append(lagged_test(x, y, 15, surrogates=99, rng=rng)[2])
    p = np.array(ps)
    # 200 draws of a true 5 % level stay below 10 % but once in a thousand times.
    assert (p <= 0.05).mean() < 0.10
    assert kstest(p, "uniform").pvalue > 0.001


def test_correlations_against_pandas() -> None:
    rng = np.random.default_rng(1)
    x, y = moods(80, rng), moods(80, rng)
    x[10:15], y[40:60] = np.nan, np.nan
    fast = _correlations(x[None], y, 8)[0]
    for i, lag in enumerate(range(-8, 9)):
        slow = pd.Series(x).corr(pd.Series(y).shift(-lag))
        assert fast[i] == pytest.approx(slow, abs=1e-9)


def test_the_same_seed_gives_the_same_p() -> None:
    rng = np.random.default_rng(3)
    t = timeline(Ann=moods(200, rng), Ben=moods(200, rng))
    a, b = (contagion(t, "Ann", "Ben", seed=5, surrogates=49) for _ in range(2))
    assert a.p == b.p
    assert a.lags_s.min() == -15
    assert a.n == 200


def test_too_short_and_unknown_are_refused() -> None:
    t = timeline(Ann=np.zeros(20), Ben=np.zeros(20))
    with pytest.raises(AffectkitError, match="20 windows"):
        contagion(t, "Ann", "Ben")
    with pytest.raises(AffectkitError, match="no person Zoe"):
        contagion(t, "Ann", "Zoe")


def test_a_flat_mood_leads_nobody() -> None:
    t = timeline(Ann=np.zeros(100), Ben=moods(100, np.random.default_rng(0)))
    with pytest.raises(AffectkitError, match="does not vary"):
        contagion(t, "Ann", "Ben")


def test_of_all_pairs_the_planted_one_stands_out() -> None:
    rng = np.random.default_rng(4)
    x = moods(300, rng)
    t = timeline(Ann=np.roll(x, 5), Ben=x, Cem=moods(300, rng), Dee=np.zeros(300))
    found = contagions(t, surrogates=199)
    assert len(found) == 3, "Dee does not vary"
    first = found.iloc[0]
    assert (first["leader"], first["follower"], first["lag_s"]) == ("Ben", "Ann", 5)
    assert first["p_adjusted"] == pytest.approx(3 * first["p"])
    assert (found["p_adjusted"] >= found["p"]).all()
    assert (found["lag_s"] >= 0).all()
