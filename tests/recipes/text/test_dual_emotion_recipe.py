"""The recipe of dual emotion: asked about events it never saw, and unmoved by units."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.recipes.text import dual_emotion as recipe

pytest.importorskip("sklearn")


def planted(per_event: int = 12, events: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features that tell the class, classes, and events."""
    rng = np.random.default_rng(0)
    truth = np.tile([0, 1, 2], per_event * events // 3)
    features = np.eye(3)[truth] + rng.normal(0, 0.1, (len(truth), 3))
    return features, truth, np.repeat([f"event {i}" for i in range(events)], per_event)


def test_what_tells_the_class_everywhere_is_used_on_unseen_events():
    features, truth, events = planted()
    noise = np.random.default_rng(1).normal(size=(len(truth), 5))
    assert (recipe.by_event([noise, features], truth, events) == truth).mean() > 0.9
    assert (recipe.by_event([noise], truth, events) == truth).mean() < 0.7


def test_a_mark_of_the_event_does_not_help_on_unseen_events():
    # Each event has one class only, and the features name the event: known events are easy,
    # others cannot be told by this.
    truth = np.repeat([0, 1, 2, 0, 1, 2], 10)
    events = np.repeat([f"event {i}" for i in range(6)], 10)
    marks = np.repeat(np.eye(6), 10, axis=0)
    assert (recipe.by_event([marks], truth, events) == truth).mean() < 0.5


def test_units_of_a_kind_of_features_do_not_matter():
    features, truth, events = planted()
    noise = np.random.default_rng(2).normal(size=(len(truth), 3))
    small = recipe.by_event([noise, features], truth, events)
    assert np.array_equal(small, recipe.by_event([noise, features * 1000], truth, events))


def test_even_columns_have_one_spread_and_no_giants():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(400, 3)) * [0.01, 1, 100]
    columns[0, 0] = 50.0
    made = recipe.even(np.column_stack([columns, np.ones(400)]))
    assert np.abs(made).max() <= 5
    assert made[:, 1:3].std(axis=0) == pytest.approx([1, 1], abs=0.02)
    assert not made[:, 3].any()


def test_compact_features_keep_all_distances():
    wide = np.random.default_rng(0).normal(size=(6, 40))
    narrow = recipe.compact(wide)
    assert narrow.shape == (6, 6)
    for x in (wide, narrow):
        x -= x[:1]
    assert np.linalg.norm(narrow, axis=1) == pytest.approx(np.linalg.norm(wide, axis=1))
