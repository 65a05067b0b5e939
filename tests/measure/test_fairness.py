"""Group gaps: against fairlearn and scikit-learn, and by what a gap has to obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affectkit.measure.fairness import group_agreement, group_calibration, group_scores
from affectkit.measure.fairness_chance import chance_gaps
from affectkit.measure.fairness_draws import Sums, distinct
from affectkit.measure.fairness_groups import intersections
from affectkit.measure.metrics import ccc, ece

LABELS = ("anger", "fear", "joy")


def made_up(n=600, groups=4, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    told = np.where(rng.random(n) < 0.6, truth, rng.integers(3, size=n))
    return np.array(LABELS)[truth], np.array(LABELS)[told], rng.integers(groups, size=n).astype(str)


def test_rates_are_those_of_fairlearn():
    fair = pytest.importorskip("fairlearn.metrics")
    sk = pytest.importorskip("sklearn.metrics")
    truth, told, groups = made_up()
    found = group_scores(truth, told, groups)
    for label in LABELS:
        frame = fair.MetricFrame(
            metrics={
                "tpr": fair.true_positive_rate,
                "fpr": fair.false_positive_rate,
                "precision": sk.precision_score,
                "f1": sk.f1_score,
                "predicted_rate": fair.selection_rate,
            },
            y_true=(truth == label).astype(int),
            y_pred=(told == label).astype(int),
            sensitive_features=groups,
        )
        for metric in found.scores:
            ours = found.table(metric)[label]
            np.testing.assert_allclose(ours, frame.by_group[metric].loc[list(ours.index)])
            gap = found.gaps(metric)[LABELS.index(label)]
            assert gap == pytest.approx(frame.difference(method="between_groups")[metric])


def test_one_label_a_row_is_the_same_as_its_columns():
    truth, told, groups = made_up()
    one = group_scores(truth, told, groups)
    names = np.array(LABELS)
    columns = group_scores(truth[:, None] == names, told[:, None] == names, groups, labels=LABELS)
    for metric in one.scores:
        np.testing.assert_array_equal(one.scores[metric], columns.scores[metric])


def test_agreement_is_ccc_and_on_levels_kappa_with_quadratic_weights():
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    truth = rng.integers(5, size=400)
    told = (truth + rng.integers(-1, 2, size=400)).clip(0, 4)
    groups = rng.choice(["f", "m"], size=400)
    found = group_agreement(truth, told, groups)
    for g, name in enumerate(found.groups):
        mine = groups == name
        kappa = sk.cohen_kappa_score(truth[mine], told[mine], weights="quadratic")
        assert found.scores["ccc"][g, 0] == pytest.approx(kappa)
        assert found.scores["ccc"][g, 0] == pytest.approx(ccc(truth[mine], told[mine]))
        assert found.scores["rmse"][g, 0] == pytest.approx(
            sk.root_mean_squared_error(truth[mine], told[mine])
        )
        assert found.scores["mae"][g, 0] == pytest.approx(
            sk.mean_absolute_error(truth[mine], told[mine])
        )


def test_a_shift_in_one_group_lowers_its_ccc_by_the_closed_form():
    x = np.random.default_rng(0).normal(size=(500, 3)) + 1e6
    groups = np.repeat(["still", "moved"], 250)
    moved = x + 0.5 * (groups == "moved")[:, None]
    found = group_agreement(x, moved, groups, labels=("valence", "arousal", "dominance"))
    variance = x[groups == "moved"].var(axis=0)
    expected = 1 - 2 * variance / (2 * variance + 0.25)
    np.testing.assert_allclose(found.gaps("ccc"), expected, atol=1e-6)
    np.testing.assert_allclose(found.difference("bias", "moved", "still"), 0.5, atol=1e-6)


def test_calibration_of_a_group_is_that_of_its_rows():
    rng = np.random.default_rng(2)
    p = rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], size=2000)
    groups = rng.choice(["sound", "too sure"], size=2000)
    truth = rng.random(2000) < np.where(groups == "sound", p, p / 2)
    found = group_calibration(truth, p, groups, bins=20)
    for g, name in enumerate(found.groups):
        mine = groups == name
        # Five values and bins that never split ties: one bin a value, in both.
        expected = np.sum(
            [abs(np.sum(p[mine & (p == v)] - truth[mine & (p == v)])) for v in np.unique(p)]
        )
        assert found.scores["ece"][g, 0] == pytest.approx(expected / mine.sum())
        assert found.scores["ece"][g, 0] == pytest.approx(ece(truth[mine], p[mine], bins=2000))
    assert found.gap("ece").value > 0.15


def test_positions_and_columns_of_truth_are_calibrated_alike():
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(3), size=300)
    truth, groups = rng.integers(3, size=300), rng.choice(["a", "b"], size=300)
    one = group_calibration(truth, p, groups)
    columns = group_calibration(np.eye(3)[truth], p, groups)
    np.testing.assert_array_equal(one.scores["ece"], columns.scores["ece"])


@given(
    hnp.arrays(int, 40, elements=st.integers(0, 2)),
    hnp.arrays(int, 40, elements=st.integers(0, 2)),
    hnp.arrays(int, 40, elements=st.integers(0, 3)),
    st.randoms(use_true_random=False),
)
def test_gaps_know_no_order_of_rows_or_names_of_groups_and_aggregates_are_ordered(t, p, g, random):
    found = group_scores(t, p, g, least=1)
    order = list(range(40))
    random.shuffle(order)
    renamed = np.array(["d", "a", "c", "b"])[g]
    again = group_scores(t[order], p[order], renamed[order], least=1)
    for metric in found.scores:
        np.testing.assert_allclose(found.gaps(metric), again.gaps(metric))
        gaps = found.gaps(metric)
        assert ((gaps >= 0) & (gaps <= 1) | np.isnan(gaps)).all()
        mean, rms, most = (found.gap(metric, over=o).value for o in ("mean", "rms", "max"))
        if not np.isnan(rms):
            assert mean <= rms + 1e-12 <= most + 2e-12


@given(
    hnp.arrays(int, 30, elements=st.integers(0, 1)), hnp.arrays(int, 30, elements=st.integers(0, 1))
)
def test_a_copy_of_each_row_in_every_group_leaves_no_gap(t, p):
    found = group_scores(np.tile(t, 3), np.tile(p, 3), np.repeat(["a", "b", "c"], 30), least=1)
    for metric in found.scores:
        assert np.nan_to_num(found.gaps(metric)).max() == 0


def test_small_groups_are_named_shown_and_count_in_no_gap():
    truth = ["joy"] * 30 + ["fear"] * 30 + ["joy"] * 3
    told = ["joy"] * 30 + ["fear"] * 30 + ["fear"] * 3
    groups = ["f", "m"] * 30 + ["x"] * 3
    found = group_scores(truth, told, groups)
    assert found.table("tpr").loc["x", "joy"] == 0.0
    assert [str(x) for x in found.too_small("tpr")] == ["x (n=3)"]
    assert found.gap("tpr").value == 0.0
    assert group_scores(truth, told, groups, least=1).gap("tpr", over="max").value == 1.0
    rare = group_scores([*truth, "awe"], [*told, "awe"], [*groups, "f"])
    assert "f, awe (n=1)" in [str(x) for x in rare.too_small("tpr")]
    alone = group_scores(["joy"] * 20, ["joy"] * 20, ["f"] * 20)
    assert np.isnan(alone.gap("tpr").value)


def test_intersections_show_a_gap_that_no_attribute_shows_alone():
    sex, age = np.tile(["f", "m"], 100), np.repeat(["old", "young"], 100)
    right = (sex == "f") == (age == "old")
    truth, told = np.full(200, "joy"), np.where(right, "joy", "fear")
    assert group_scores(truth, told, sex).gaps("tpr")[1] == 0
    assert group_scores(truth, told, age).gaps("tpr")[1] == 0
    both = group_scores(truth, told, np.column_stack([sex, age]))
    assert both.gaps("tpr")[1] == 1
    assert set(both.groups) == set(intersections(sex, age))


def test_drawn_counts_have_the_moments_of_a_bootstrap_over_rows():
    rng = np.random.default_rng(0)
    rows = rng.integers(3, size=(300, 2))
    kept, times, _ = distinct(rows, None)
    drawn = Sums(np.ones((len(kept), 1)), kept[:, 0], times).draws(3, 4000, rng)[:, :, 0]
    share = np.bincount(rows[:, 0], minlength=3) / 300
    np.testing.assert_array_equal(drawn.sum(axis=1), 300)
    np.testing.assert_allclose(drawn.mean(axis=0), 300 * share, atol=1)
    np.testing.assert_allclose(drawn.var(axis=0), 300 * share * (1 - share), rtol=0.1)
    # One unit a row takes the other path to the same distribution.
    each = Sums(np.ones((300, 1)), rows[:, 0], np.ones(300, dtype=int)).draws(3, 4000, rng)
    np.testing.assert_allclose(each[:, :, 0].var(axis=0), 300 * share * (1 - share), rtol=0.1)


def test_the_interval_of_a_rate_is_as_wide_as_the_binomial_says():
    rng = np.random.default_rng(4)
    told = np.where(rng.random(2000) < 0.3, "joy", "fear")
    found = group_scores(np.full(2000, "joy"), told, np.repeat(["f", "m"], 1000), draws=2000)
    here = found.interval("tpr", "f", "joy")
    expected = 2 * 1.96 * np.sqrt(here.value * (1 - here.value) / 1000)
    assert here.high - here.low == pytest.approx(expected, rel=0.1)


def test_speakers_drawn_whole_widen_the_interval_of_what_each_speaker_decides():
    speaker = np.repeat(np.arange(20), 50)
    groups = np.where(speaker < 10, "f", "m")
    told = np.where(speaker % 2 == 0, "joy", "fear")
    kinds = {"draws": 500, "labels": ["fear", "joy"]}
    truth = np.full(1000, "joy")
    by_row = group_scores(truth, told, groups, **kinds).interval("tpr", "f", "joy")
    whole = group_scores(truth, told, groups, clusters=speaker, **kinds)
    by_speaker = whole.interval("tpr", "f", "joy")
    assert by_speaker.high - by_speaker.low > 4 * (by_row.high - by_row.low)
    assert by_speaker.n == 20


def test_shuffled_groups_reach_a_real_gap_seldom_and_keep_speakers_whole():
    truth, told, _ = made_up()
    speaker = np.arange(600) // 30
    groups = np.where(speaker < 10, "f", "m")
    spoilt = np.where((groups == "m") & (truth == "joy"), "fear", told)

    def gap(g):
        return group_scores(truth, spoilt, g).gap("tpr").value

    by_chance = chance_gaps(gap, groups, clusters=speaker, n=99)
    assert (by_chance >= gap(groups)).mean() < 0.05
    with pytest.raises(ValueError, match="one group"):
        chance_gaps(gap, np.tile(["f", "m"], 300), clusters=speaker)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: group_scores([0, 1], [0], ["f", "m"]), "shape"),
        (lambda: group_scores([0, 1], [0, 1], ["f"]), "groups of shape"),
        (lambda: group_scores(["a"], ["b"], ["f"], labels=["a"]), "'b' is not among"),
        (lambda: group_scores([[2, 0]], [[1, 0]], ["f"]), "0 or 1"),
        (lambda: group_agreement([np.nan], [1.0], ["f"]), "not finite"),
        (lambda: group_calibration([1], [1.5], ["f"]), "outside"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(call, told):
    with pytest.raises(ValueError, match=told):
        call()
