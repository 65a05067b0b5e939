"""Labels lie where the literature has them, and distributions average to points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affectkit.affect import LabelSet, label_set_names
from affectkit.affect.circumplex import placement, point


@pytest.mark.parametrize("name", label_set_names())
def test_every_label_is_placed_with_source_and_error(name: str) -> None:
    table = placement(name)
    assert list(table.index) == list(LabelSet.load(name).labels)
    for axis in ("valence", "arousal", "dominance"):
        assert table[axis].between(-1, 1).all()
        assert (table[f"{axis}_sd"] > 0).all()
        assert table[f"{axis}_source"].str.len().gt(3).all()


def test_arousal_follows_the_order_that_studies_agree_on() -> None:
    """Anger, fear and excitement are high, sadness, boredom and calm low (Russell 1980)."""
    arousal = {
        **placement("goemotions28")["arousal"],
        **placement("emodb7")["arousal"],
        **placement("ravdess8")["arousal"],
        **placement("gems")["arousal"],
    }
    high = [arousal[w] for w in ("anger", "fear", "excitement", "surprise", "nervousness")]
    low = [arousal[w] for w in ("sadness", "boredom", "calm", "relief", "peacefulness")]
    assert min(high) > 0.2
    assert max(low) < 0.1
    assert min(high) > max(low)


def test_valence_agrees_with_the_published_grouping_by_sentiment() -> None:
    from affectkit.affect import LabelMap

    way = LabelMap.between(LabelSet.load("goemotions28"), LabelSet.load("sentiment4"))
    valence = placement("goemotions28")["valence"]
    for label, row in zip(way.source.labels, way.weights, strict=True):
        side = way.target.labels[row.argmax()]
        if side == "positive":
            assert valence[label] > 0, label
        if side == "negative":
            assert valence[label] < 0, label


def test_fear_and_sadness_are_less_dominant_than_anger() -> None:
    dominance = placement("ekman7")["dominance"]
    assert max(dominance["fear"], dominance["sadness"]) < dominance["anger"]


@settings(max_examples=30, deadline=None)
@given(arrays(float, 7, elements=st.floats(0, 1)))
def test_a_point_is_the_mean_of_the_labels(p: np.ndarray) -> None:
    if p.sum() == 0:
        return
    p = p / p.sum()
    table = placement("ekman7")
    v, a, d = point("ekman7", p)
    assert v == pytest.approx(float(p @ table["valence"]))
    assert table["arousal"].min() - 1e-9 <= a <= table["arousal"].max() + 1e-9
    assert -1 <= d <= 1


def test_many_points_at_once_and_missing_ones() -> None:
    p = np.eye(7)
    p[3] = np.nan
    v, _, _ = point("ekman7", p)
    assert v.shape == (7,)
    assert np.isnan(v[3])
    assert np.isfinite(np.delete(v, 3)).all()


def test_labels_of_ones_own_are_placed_by_their_family() -> None:
    table = placement(LabelSet("mine", ("heartbroken", "carburettor")))
    assert table.loc["heartbroken", "valence"] < -0.2
    assert np.isnan(table.loc["carburettor", "valence"])
