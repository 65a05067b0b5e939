"""The recipe of paper 081 on real data."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.recipes.fusion import crowd_pooling, listeners


def test_confidence_brings_the_pool_nearer_to_what_people_see(shared_data) -> None:
    data = shared_data(crowd_pooling.DATA).parents[2]
    nearer, sure = crowd_pooling.measure(data, (0,), 200)
    assert nearer.high < 0, "confidence weights beat the plain mean on CREMA-D votes"
    assert sure.value < sure.baseline


def test_the_mean_rule_is_exact_on_real_tracks(shared_data) -> None:
    data = shared_data(listeners.DATA).parents[2]
    found = listeners.measure(data, (0,), 50, pieces=4, progress=lambda done: None)
    rule = found[-1]
    assert rule.holds
    assert rule.n > 0
    assert rule.value < 1e-12


def test_tracks_are_real_people_on_one_axis(shared_data) -> None:
    tracks = listeners.read_tracks(shared_data(listeners.DATA))
    assert len(tracks) > 80
    for track in tracks.values():
        assert track.ndim == 3
        assert np.abs(track).max() <= 1


def test_a_listener_far_from_the_rest_has_a_larger_error() -> None:
    rng = np.random.default_rng(0)
    mood = rng.normal(size=(1, 40, 2)) / 5
    tracks = np.repeat(mood, 6, axis=0) + rng.normal(size=(6, 40, 2)) / 20
    tracks[3] += 0.8
    errors = listeners._errors(tracks)
    assert (errors.argmax(axis=0) == 3).all()
    assert errors.min() == pytest.approx(errors[0].min(), abs=0.05)
