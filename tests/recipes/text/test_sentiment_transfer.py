"""sent2affect: the arms on made-up words whose sentiment is known before their emotion."""

import numpy as np
import pytest

from affectkit.measure.paired_runs import f1_of_code, macro_f1_of_codes, runs_difference
from affectkit.recipes.text import sentiment_transfer as recipe
from affectkit.recipes.text.stemmed_words import forest_by_words, support_vectors_by_words

GLAD = [f"glad{i}" for i in range(30)]
SAD = [f"sad{i}" for i in range(30)]
OTHER = [f"other{i}" for i in range(60)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    from affectkit.learn.text_encoders import RecurrentEncoder

    at = tmp_path_factory.mktemp("words")
    words = [*GLAD, *SAD, *OTHER]
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words) + 1, hidden_size=16, num_hidden_layers=1, num_attention_heads=1
    )
    transformers.BertModel(config).save_pretrained(at)
    vocabulary = {"[UNK]": 0, **{w: i + 1 for i, w in enumerate(words)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(at / "tokenizer.json"))
    return RecurrentEncoder(str(at), width=16, words="random", word_width=16)


def sentences(n, seed, known=30):
    """Return sentences with one telling word, and which kind it is."""
    rng = np.random.default_rng(seed)
    texts, glad = [], rng.random(n) < 0.5
    for g in glad:
        words = list(rng.choice(OTHER, 4))
        words.insert(rng.integers(5), rng.choice((GLAD if g else SAD)[:known]))
        texts.append(" ".join(words))
    return texts, glad


def test_what_sentiment_taught_carries_over_to_words_that_emotion_never_showed(encoder):
    feelings, positive = sentences(600, 0)
    few, glad = sentences(60, 1, known=5)
    judged, truth = sentences(200, 2)
    size = recipe.Size(60, 600, 200, epochs=40, sentiment_epochs=40)
    told = recipe.arms(
        few,
        np.where(glad, "joy", "sadness"),
        (feelings, np.where(positive, "positive", "negative")),
        judged,
        size,
        0,
        encoder,
    )
    assert set(told) == set(recipe.ARMS)
    right = {name: np.mean(t == np.where(truth, "joy", "sadness")) for name, t in told.items()}
    assert right["transfer"] > right["scratch"] + 0.15


@pytest.mark.parametrize("bar", [support_vectors_by_words, forest_by_words])
def test_word_counts_find_the_word_that_tells(bar):
    said = ["the happiest of days", "such a sad day", "happy day", "sadness day by day"] * 10
    labels = ["joy", "sadness"] * 20
    told = bar(said, labels, ["happiness", "so sad", "sadly"], seed=0)
    assert told.tolist()[1:] == ["sadness", "sadness"]


def test_macro_f1_of_codes_is_scikit_learns():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    truth, told = rng.integers(5, size=300), rng.integers(5, size=300)
    assert macro_f1_of_codes(truth, told) == pytest.approx(f1_score(truth, told, average="macro"))
    assert f1_of_code(2)(truth, told) == pytest.approx(
        f1_score(truth, told, labels=[2], average="macro")
    )


def test_an_interval_over_runs_covers_no_gain_and_finds_a_true_one():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(40):
        truth = rng.integers(2, size=120)
        flip = rng.random((2, 5, 120)) < 0.3
        ours, theirs = np.where(flip, 1 - truth, truth)
        gap = runs_difference(macro_f1_of_codes, truth, ours, theirs, n=200, seed=trial)
        covered += gap.low <= 0 <= gap.high
    assert covered >= 36
    better = np.where(rng.random((5, 120)) < 0.05, 1 - truth, truth)
    assert runs_difference(macro_f1_of_codes, truth, better, theirs, n=200).low > 0


def test_luck_with_a_seed_widens_the_interval():
    truth = np.tile([0, 1], 200)
    rng = np.random.default_rng(0)
    theirs = np.stack([np.where(rng.random(400) < 0.4, 1 - truth, truth) for _ in range(4)])
    one_lucky = theirs.copy()
    one_lucky[0] = truth
    gap = runs_difference(macro_f1_of_codes, truth, one_lucky, theirs, n=400)
    assert gap.value > 0.05
    assert gap.low <= 0.0  # a quarter of the draws of seeds miss the lucky one


def test_whole_clusters_are_drawn():
    truth = np.tile([0, 1], 100)
    theirs = np.tile(1 - truth, (3, 1))
    gap = runs_difference(
        macro_f1_of_codes,
        truth,
        np.tile(truth, (3, 1)),
        theirs,
        clusters=np.arange(200) // 20,
        n=50,
    )
    assert gap.n == 10


def test_dev_comments_that_stand_in_train_are_left_out(shared_data):
    data = shared_data("text-open/goemotions").parents[1]
    train, labels, dev, truth = recipe.emotion_texts(data, 500)
    assert not set(train) & set(dev)
    assert len(train) == len(labels)
    assert len(dev) == len(truth) == 500
    assert set(truth) <= set(labels)


@pytest.mark.slow
def test_the_recipe_runs_on_real_data(shared_data, weights, monkeypatch):
    data = shared_data("text-open/goemotions").parents[1]
    weights("text_encoder_trainable")
    small = recipe.Size(140, 200, 100, epochs=1, sentiment_epochs=1, width=8)
    monkeypatch.setattr(recipe, "PLAIN", small)
    found = recipe.run(data=data, seeds=(0, 1))
    assert len(found) == 5
    for f in found:
        assert f.low <= f.value - f.baseline <= f.high
        assert f.holds == (f.low > 0)
