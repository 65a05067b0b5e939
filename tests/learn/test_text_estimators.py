"""Tiny encoders made here learn made-up tasks, in every way of training that there is."""

import itertools
import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from affectkit.errors import WeightsError
from affectkit.learn import losses
from affectkit.learn.text_encoders import RecurrentEncoder, backbone, encoder_folder
from affectkit.learn.text_estimators import TextClassifier, TextRegressor
from affectkit.learn.text_networks import encoder_state
from affectkit.learn.text_saving import load, save
from affectkit.learn.text_targets import label_targets
from affectkit.learn.text_training import Lesson, easy_first

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("peft")

WORDS = [f"w{i}" for i in range(400)]
GLAD, SAD = WORDS[:4], WORDS[4:8]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tokenizers import Tokenizer, models, pre_tokenizers

    at = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS) + 1,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
    )
    transformers.BertModel(config).save_pretrained(at)
    vocabulary = {"[UNK]": 0, **{w: i + 1 for i, w in enumerate(WORDS)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(at / "tokenizer.json"))
    return at


def made_up(n=240, seed=0):
    """Return texts of 2 to 5 words, of which one is glad or sad, and what they are."""
    rng = np.random.default_rng(seed)
    texts, truth = [], []
    for i in range(n):
        words = rng.choice(WORDS[8:], size=rng.integers(1, 5)).tolist()
        words.insert(rng.integers(len(words) + 1), rng.choice(GLAD if i % 2 else SAD))
        texts.append(" ".join(words))
        truth.append("glad" if i % 2 else "sad")
    return texts, np.array(truth)


QUICK = {"learning_rate": 3e-3, "head_rate": 1e-2, "epochs": 8, "max_length": 16}


def wide(folder):
    return RecurrentEncoder(str(folder), width=24, words="random", word_width=24, dropout=0.1)


@pytest.mark.parametrize("way", ["frozen", "full", "lora"])
def test_every_way_learns_a_separable_task(folder, way):
    settings = QUICK | ({"epochs": 60} if way == "frozen" else {})
    settings |= {"learning_rate": 2e-2, "epochs": 14} if way == "lora" else {}
    learner = TextClassifier(folder, way=way, **settings)
    texts, truth = made_up(480)
    new, told = made_up(120, seed=1)
    learner.fit(texts, truth)
    assert learner.score(new, told) > {"frozen": 0.7, "lora": 0.75, "full": 0.9}[way]
    p = learner.predict_proba(new)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(learner.predict(new), learner.classes_[p.argmax(axis=1)])


@pytest.mark.parametrize("both", [False, True])
def test_a_recurrent_network_learns_it_too(folder, both):
    encoder = RecurrentEncoder(str(folder), width=24, bidirectional=both, words="random")
    texts, truth = made_up(480)
    learner = TextClassifier(encoder, **QUICK | {"epochs": 12, "learning_rate": 1e-2})
    learner.fit(texts, truth)
    assert learner.score(*made_up(120, seed=1)) > 0.9
    assert learner.features(texts[:3]).shape == (3, 24 * (1 + both))


def test_a_text_is_read_the_same_in_any_batch(folder):
    texts, truth = made_up(60)
    for encoder in (folder, wide(folder)):
        learner = TextClassifier(encoder, **QUICK | {"epochs": 1}).fit(texts, truth)
        alone = np.concatenate([learner.scores([t]) for t in texts])
        np.testing.assert_allclose(learner.scores(texts), alone, atol=1e-5)


def test_the_same_seed_gives_the_same_predictions_and_another_does_not(folder):
    texts, truth = made_up(80)

    def told(seed):
        learner = TextClassifier(folder, **QUICK | {"epochs": 2}, seed=seed)
        torch.rand(seed + 1)  # what was drawn outside must not matter
        return learner.fit(texts, truth).scores(texts)

    np.testing.assert_array_equal(told(0), told(0))
    assert np.abs(told(0) - told(1)).max() > 1e-3


def test_low_rank_trains_few_weights_and_leaves_the_base(folder):
    texts, truth = made_up(80)
    before = TextClassifier(folder, way="frozen", epochs=1).fit(texts, truth)
    learner = TextClassifier(folder, way="lora", rank=2, **QUICK).fit(texts, truth)
    assert learner.n_trained_ < 0.05 * learner.n_weights_
    base = encoder_state(before.network_)
    now = learner.network_.body.state_dict()
    told = {name.replace("base_model.model.", "").replace("base_layer.", ""): v
            for name, v in now.items() if "lora_" not in name}  # fmt: skip
    assert set(told) == set(base)
    assert all(torch.equal(told[name], base[name]) for name in base)
    merged = encoder_state(learner.network_)
    assert any(not torch.equal(merged[name], base[name]) for name in base)


def test_frozen_layers_and_frozen_encoders_stay(folder):
    texts, truth = made_up(60)
    before = encoder_state(
        TextClassifier(folder, way="frozen", epochs=0).fit(texts, truth).network_
    )
    half = encoder_state(
        TextClassifier(folder, frozen_layers=1, **QUICK | {"epochs": 1}).fit(texts, truth).network_
    )
    moved = {name for name in before if not torch.equal(before[name], half[name])}
    assert moved
    assert all(".layer.1." in name for name in moved)


def test_transfer_keeps_the_encoder_and_begins_a_new_head(folder):
    texts, truth = made_up(120)
    first = TextClassifier(folder, **QUICK | {"epochs": 3}).fit(texts, truth)
    mine = encoder_state(first.network_)
    second = first.transfer_to(TextRegressor(folder, way="frozen", epochs=2))
    second.fit(texts, np.array([len(t) for t in texts], float))
    handed = encoder_state(second.network_)
    assert all(torch.equal(mine[name], handed[name]) for name in mine)
    assert second.scores(texts).shape == (120, 1)
    np.testing.assert_allclose(second.features(texts), first.features(texts), atol=1e-6)
    with pytest.raises(ValueError, match="cannot be handed"):
        first.transfer_to(TextClassifier(folder, layers=1))


def test_what_low_rank_matrices_learned_is_handed_on(folder):
    texts, truth = made_up(120)
    first = TextClassifier(folder, way="lora", rank=2, **QUICK).fit(texts, truth)
    second = first.transfer_to(TextClassifier(folder, way="frozen", epochs=1)).fit(texts, truth)
    np.testing.assert_allclose(second.features(texts), first.features(texts), atol=1e-5)


@pytest.mark.parametrize("way", ["full", "lora", "recurrent"])
def test_a_saved_learner_is_an_encoder_to_go_on_from(folder, tmp_path, way):
    texts, truth = made_up(120)
    given = wide(folder) if way == "recurrent" else folder
    settings = QUICK | {"epochs": 2, "way": "full" if way == "recurrent" else way}
    first = TextClassifier(given, **settings).fit(texts, truth)
    at = save(first, tmp_path / "first")
    second = TextRegressor(str(at), way="frozen", epochs=1)
    y = np.array([len(t) for t in texts], float)
    # Unlike a gift by transfer_to, it survives cloning, so that searches and folds keep it.
    for learner in (second, clone(second)):
        learner.fit(texts, y)
        np.testing.assert_allclose(learner.features(texts), first.features(texts), atol=1e-5)
    again = load(save(second, tmp_path / "second"))
    np.testing.assert_array_equal(again.scores(texts), second.scores(texts))
    third = TextClassifier(tmp_path / "second", way="frozen", epochs=1).fit(texts, truth)
    np.testing.assert_allclose(third.features(texts), first.features(texts), atol=1e-5)


def test_layers_of_a_saved_learner_can_be_left_out(folder, tmp_path):
    texts, truth = made_up(60)
    first = TextClassifier(folder, **QUICK | {"epochs": 1}).fit(texts, truth)
    at = save(first, tmp_path / "first")
    one = TextClassifier(at, layers=1, **QUICK | {"epochs": 1}).fit(texts, truth)
    assert one.n_weights_ < first.n_weights_
    again = load(save(one, tmp_path / "one"))
    np.testing.assert_array_equal(again.scores(texts), one.scores(texts))
    recurrent = TextClassifier(wide(folder), **QUICK | {"epochs": 1}).fit(texts, truth)
    at = save(recurrent, tmp_path / "recurrent")
    with pytest.raises(ValueError, match="no layers"):
        backbone(at, layers=1)


def test_masked_targets_have_no_gradient():
    scores = torch.randn(6, 3, requires_grad=True)
    target = torch.randint(0, 2, (6, 3)).float()
    target[1, 2] = target[4, 0] = float("nan")
    hidden = torch.isnan(target)
    for loss in (
        losses.binary_cross_entropy(scores, target),
        losses.squared_error(scores, target),
        losses.gaussian_loss(scores, torch.zeros(6, 3), target),
    ):
        grad = torch.autograd.grad(loss, scores)[0]
        assert (grad[hidden] == 0).all()
        assert (grad[~hidden] != 0).all()
    shares = torch.softmax(torch.randn(6, 3), dim=1)
    shares[2, 1] = float("nan")
    grad = torch.autograd.grad(losses.soft_cross_entropy(scores, shares), scores)[0]
    assert (grad[2] == 0).all()
    assert (grad[0] != 0).any()


def test_a_label_nobody_was_asked_for_is_learned_from_the_others(folder):
    texts, truth = made_up(480)
    target = np.stack([truth == "glad", truth == "sad"], axis=1).astype(float)
    target[::3, 0] = np.nan
    learner = TextClassifier(folder, outputs=("glad", "sad"), **QUICK).fit(texts, target)
    new, told = made_up(100, seed=1)
    assert learner.score(new, np.stack([told == "glad", told == "sad"], axis=1)) > 0.9
    assert learner.predict(new).dtype == bool


def test_shares_of_raters_are_told_as_shares(folder):
    texts, truth = made_up(480)
    shares = np.where((truth == "glad")[:, None], [0.8, 0.2], [0.3, 0.7])
    learner = TextClassifier(folder, loss="cross_entropy", **QUICK).fit(texts, shares)
    new, told = made_up(100, seed=1)
    p = learner.predict_proba(new)[:, 0]
    assert abs(p[told == "glad"].mean() - 0.8) < 0.08
    assert abs(p[told == "sad"].mean() - 0.3) < 0.08


def test_gaussian_loss_is_least_at_the_mean_and_the_spread_of_the_data():
    rng = np.random.default_rng(0)
    y = torch.from_numpy(rng.normal(1.5, 0.7, size=(4000, 1))).float()

    def loss(mean, sd):
        raw = math.log(math.expm1(sd - 1e-3))
        full = torch.full_like(y, mean), torch.full_like(y, raw)
        return float(losses.gaussian_loss(*full, y))

    best = loss(float(y.mean()), float(y.std()))
    assert all(best < loss(m, s) for m in (1.2, 1.5, 1.8) for s in (0.5, 0.9))
    # Raters that differ by a known spread widen it as single ratings of theirs would.
    mean, known = torch.full((1, 1), 1.5), torch.full((1, 1), 0.7)
    raw = torch.full((1, 1), math.log(math.expm1(0.699)), requires_grad=True)
    loss_of = losses.gaussian_loss(mean, raw, mean, known)
    assert abs(float(torch.autograd.grad(loss_of, raw)[0])) < 1e-3


def test_ratings_with_a_spread_that_the_words_tell(folder):
    texts, truth = made_up(480)
    rng = np.random.default_rng(3)
    glad = truth == "glad"
    y = np.where(glad, 2.0, -2.0) + np.where(glad, 0.2, 1.5) * rng.normal(size=len(texts))
    learner = TextRegressor(folder, loss="gaussian", **QUICK | {"epochs": 15}).fit(texts, y)
    new, told = made_up(100, seed=1)
    mean, sd = learner.predict(new, return_std=True)
    assert mean[told == "glad"].mean() > 1.5
    assert mean[told == "sad"].mean() < -1.5
    assert sd[told == "sad"].mean() > 2 * sd[told == "glad"].mean()


@pytest.mark.parametrize("loss", ["mixed", "concordance", "squared"])
def test_ratings_of_two_dimensions_one_partly_missing(folder, loss):
    texts, truth = made_up(480)
    y = np.stack([np.where(truth == "glad", 5.0, 1.0), np.where(truth == "sad", 3.0, 2.0)], axis=1)
    y[::4, 1] = np.nan
    learner = TextRegressor(folder, loss=loss, **QUICK).fit(texts, y)
    new, told = made_up(100, seed=1)
    want = np.stack([np.where(told == "glad", 5.0, 1.0), np.where(told == "sad", 3.0, 2.0)], 1)
    assert learner.predict(new).shape == (100, 2)
    assert learner.score(new, want) > 0.8


def test_balanced_weights_are_those_of_the_paper():
    targets = label_targets(["a"] * 6 + ["b"] * 3 + ["c"], class_weight="balanced")
    np.testing.assert_allclose(targets.class_weight, [10 / 18, 10 / 9, 10 / 3], rtol=1e-6)


def test_balancing_moves_the_decision_to_where_the_weights_say(folder):
    # A glad word means "glad" in 30 of 100 texts: less likely than not, so a plain classifier
    # says "sad" to it. Balanced, 0.3 / 0.15 stands against 0.7 / 0.85, and "glad" wins.
    rng = np.random.default_rng(0)
    glad = np.arange(600) % 2 == 0
    texts = [str(rng.choice(GLAD if g else SAD)) for g in glad]
    told = np.where(glad & (rng.random(600) < 0.3), "glad", "sad")
    plain = TextClassifier(folder, **QUICK).fit(texts, told)
    even = TextClassifier(folder, class_weight="balanced", **QUICK).fit(texts, told)
    assert plain.predict([*GLAD, *SAD]).tolist() == ["sad"] * 8
    assert even.predict([*GLAD, *SAD]).tolist() == ["glad"] * 4 + ["sad"] * 4


@pytest.mark.parametrize("way", ["frozen", "full", "lora", "recurrent"])
def test_saving_and_reading_loses_nothing(folder, tmp_path, way):
    texts, truth = made_up(80)
    encoder = wide(folder) if way == "recurrent" else folder
    settings = QUICK | {"epochs": 2, "hidden": 8, "way": "full" if way == "recurrent" else way}
    learner = TextClassifier(encoder, **settings).fit(texts, truth)
    at = save(learner, tmp_path / "kept")
    again = load(at)
    np.testing.assert_array_equal(again.scores(texts), learner.scores(texts))
    np.testing.assert_array_equal(again.predict(texts), learner.predict(texts))
    assert not [f.name for f in at.iterdir() if f.suffix in (".bin", ".pt", ".pkl")]
    with pytest.raises(WeightsError, match="there already"):
        save(learner, at)
    (at / "learner.json").write_text("{}")
    with pytest.raises(WeightsError, match="no trained text learner"):
        load(at)


def test_a_saved_regressor_keeps_its_units(folder, tmp_path):
    texts, truth = made_up(80)
    y = np.where(truth == "glad", 90.0, 10.0)
    learner = TextRegressor(folder, loss="gaussian", **QUICK | {"epochs": 2}).fit(texts, y)
    again = load(save(learner, tmp_path / "kept"))
    for a, b in zip(
        again.predict(texts, return_std=True), learner.predict(texts, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_early_stopping_keeps_the_best_epoch(folder):
    texts, truth = made_up(120)
    rng = np.random.default_rng(0)
    noise = rng.permutation(truth)
    learner = TextClassifier(
        folder, validation=0.25, patience=2, **QUICK | {"epochs": 40, "learning_rate": 1e-2}
    ).fit(texts, noise)
    held = [h["held"] for h in learner.history_]
    assert len(held) < 40
    assert len(held) - 1 - int(np.argmin(held)) == 2


def test_a_curriculum_says_what_is_taught_when(folder):
    texts, truth = made_up(60)
    asked = []

    def only_first(epoch, n_epochs):
        asked.append((epoch, n_epochs))
        return Lesson(rows=np.arange(10))

    def nothing_else(epoch, n_epochs):
        return Lesson(rows=np.arange(10), weight=np.r_[np.ones(10), np.zeros(50)])

    def told(curriculum, texts, truth):
        settings = QUICK | {"epochs": 2, "batch_size": 100, "dropout": 0.0}
        return TextClassifier(folder, curriculum=curriculum, **settings).fit(texts, truth)

    a = told(only_first, texts, truth)
    assert asked == [(0, 2), (1, 2)]
    b = told(nothing_else, texts, truth)
    np.testing.assert_array_equal(a.scores(texts), b.scores(texts))
    # What is left out has no say: other labels there change nothing.
    other = truth.copy()
    other[10:] = np.where(other[10:] == "glad", "sad", "glad")
    c = told(only_first, texts, other)
    np.testing.assert_array_equal(a.scores(texts), c.scores(texts))


def test_easy_first_grows_to_everything():
    difficulty = np.random.default_rng(0).random(50)
    lesson = easy_first(difficulty, start=0.2)
    taught = [np.asarray(lesson(e, 6).weight) for e in range(6)]
    for earlier, later in itertools.pairwise(taught):
        assert (later >= earlier).all()
    assert taught[0].sum() == 10
    assert taught[-1].all()
    assert difficulty[taught[0] > 0].max() < difficulty[taught[0] == 0].min()


def test_scikit_learn_contract(folder):
    texts, truth = made_up(60)
    learner = TextClassifier(folder, **QUICK | {"epochs": 1}, seed=3, class_weight={"glad": 2.0})
    twin = clone(learner)
    assert twin.get_params() == learner.get_params()
    assert not hasattr(twin, "network_")
    assert twin.set_params(epochs=2).epochs == 2
    with pytest.raises(ValueError, match="no parameter"):
        learner.set_params(epoch=2)
    assert len(cross_val_score(learner, np.array(texts), truth, cv=2)) == 2


def test_features_of_a_frozen_encoder_are_kept(folder, tmp_path):
    texts, truth = made_up(40)
    settings = QUICK | {"way": "frozen", "epochs": 2}
    plain = TextClassifier(folder, **settings).fit(texts, truth)
    kept = TextClassifier(folder, cache=tmp_path, **settings).fit(texts, truth)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1
    stamp = files[0].stat().st_mtime_ns
    np.testing.assert_array_equal(kept.scores(texts), plain.scores(texts))
    assert [f.stat().st_mtime_ns for f in sorted(tmp_path.iterdir())] == [stamp]
    kept.scores(texts[:5])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("texts", "target", "match"),
    [
        ("one text", ["a", "b"], "not one text"),
        (["a", 3], ["x", "y"], "row 1 is int"),
        (["a", "b"], ["x"] * 2, "only one class"),
        (["a", "b", "c"], ["x", "y"], "do not fit"),
        (["a", "b"], [[2.0, 0.0], [0.0, 1.0]], "between 0 and 1"),
    ],
)
def test_bad_input_is_named(folder, texts, target, match):
    with pytest.raises(ValueError, match=match):
        TextClassifier(folder, epochs=1).fit(texts, target)


def test_an_encoder_that_is_not_here_is_not_fetched(monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(WeightsError, match="not on this machine"):
        encoder_folder("someone/no-such-encoder")


def test_asked_before_learning():
    with pytest.raises(ValueError, match="call fit first"):
        TextClassifier().predict(["hello"])


def test_empty_texts_are_read(folder):
    texts, truth = made_up(40)
    for encoder in (folder, wide(folder)):
        learner = TextClassifier(encoder, **QUICK | {"epochs": 1}).fit(["", *texts[1:]], truth)
        assert np.isfinite(learner.predict_proba(["", "zzz"])).all()
        assert learner.predict_proba([]).shape == (0, 2)
