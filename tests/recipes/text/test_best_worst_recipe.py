"""Best-worst scaling of body-shown emotion: controls are fair and only the judge decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from affectkit.data import cheer_ekman
from affectkit.learn.best_worst import ScoringJudge
from affectkit.recipes.text.best_worst import (
    EMOTIONS,
    FEELINGS,
    MANY,
    balanced_part,
    by_asking,
    by_encoder,
    by_language_model,
    codes,
    level,
    ranked,
    scaled_by,
    standardised,
    taught,
    unit,
)

DRAWS = {"seed": 0, "n": 60}


def sentences(n=90, seed=0):
    """Sentences with an emotion each, and scores that know it but favour one emotion always."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % len(EMOTIONS)
    rows = pd.DataFrame(
        {
            "text": [f"{EMOTIONS[t]} {i}" for i, t in enumerate(truth)],
            "sentence": [f"s{i}" for i in range(n)],
            "emotion": [EMOTIONS[t] for t in truth],
        }
    )
    scores = np.eye(len(EMOTIONS))[truth] + 0.4 * rng.normal(size=(n, len(EMOTIONS)))
    return rows, scores + np.array([3.0, 0, 0, 0, 0, 0])


def test_a_liking_for_one_emotion_hurts_labels_but_no_comparison():
    rows, scores = sentences()
    truth = codes(rows)
    assert level(scores.argmax(axis=1)[None], truth) < 0.2
    for control in (ranked, standardised):
        assert level(control(scores).argmax(axis=1)[None], truth) > 0.7
    found = by_encoder(scores, rows, (0, 1), DRAWS, "made up")
    better, more, *_, ranks, distances = found
    assert better.holds
    assert more.value >= more.baseline
    # The judge follows the scores within a tuple, so ranks can do all that it does.
    assert not ranks.holds
    assert not distances.holds


def test_the_scale_of_a_judge_without_error_is_that_of_the_ranks():
    rows, scores = sentences()
    columns = dict(zip(EMOTIONS, scores.T, strict=True))
    judge = ScoringJudge(lambda _, name: columns[name])
    told, reliable = scaled_by(judge, list(rows["text"]), MANY, 0)
    assert reliable > 0.8
    share = ranked(scores)
    for column in range(len(EMOTIONS)):
        assert np.corrcoef(told[:, column], share[:, column] ** 3 - (1 - share[:, column]) ** 3)[
            0, 1
        ] == pytest.approx(1, abs=0.02)
    same = level(told.argmax(axis=1)[None], share.argmax(axis=1))
    assert same > 0.8


@pytest.mark.parametrize("control", [ranked, standardised])
def test_controls_do_not_see_the_level_of_an_emotion(control):
    _, scores = sentences()
    assert np.allclose(control(scores), control(scores + np.arange(6.0)))
    assert np.allclose(control(scores), control(scores * 7.0))


class Reader:
    """Knows each emotion by its word in a sentence, but says anger whatever it is asked."""

    def __init__(self):
        self.asked = 0

    def choose_many(self, prompts, options):
        self.asked += len(prompts)
        told = np.zeros((len(prompts), len(options)))
        for row, prompt in enumerate(prompts):
            question, *lines = prompt[-1]["content"].splitlines()
            if options[0] == "1":
                wanted = next(name for name in EMOTIONS if name in question)
                told[row] = [4.0 * (wanted in line) for line in lines[: len(options)]]
            else:
                told[row] = [2.0 * (name in lines[0]) for name in options]
                told[row, 0] += 5
        p = np.exp(told)
        return p / p.sum(axis=1, keepdims=True)


def test_a_language_model_is_asked_both_ways_about_the_same_sentences():
    rows, _ = sentences(30)
    model = Reader()
    found = by_asking(model, rows, (0, 1), DRAWS, per_text=3)
    assert model.asked == 30 + 6 * 3 * 30
    assert found.value > 0.9 > found.baseline
    assert found.holds
    assert found.seeds == (0,)


def test_what_a_language_model_likes_to_say_hurts_its_labels_only():
    rows, _ = sentences(60)
    better, control = by_language_model(Reader(), rows, (0, 1), DRAWS)
    assert better.holds
    assert control.baseline == 1
    assert not control.holds


def test_a_learned_model_chooses_nothing_on_the_sentences_it_is_asked():
    rng = np.random.default_rng(0)
    truth = np.arange(180) % 6
    x = np.eye(6)[truth] + 0.3 * rng.normal(size=(180, 6))
    rows = pd.DataFrame(
        {"sentence": [f"s{i}" for i in range(120)], "emotion": [EMOTIONS[t] for t in truth[:120]]}
    )
    told = taught(x[:120], rows, x[120:], 0)
    assert (told == truth[120:]).mean() > 0.85


def test_parts_are_balanced_and_no_sentence_stands_twice():
    rows, _ = sentences(120)
    rows = pd.concat([rows, rows])
    part = balanced_part(rows, 30, 0)
    assert (part["emotion"].value_counts() == 5).all()
    assert part["sentence"].is_unique


def test_every_emotion_has_its_words():
    assert tuple(FEELINGS) == EMOTIONS == cheer_ekman.EMOTIONS
    assert np.allclose(np.linalg.norm(unit(np.ones((2, 3))), axis=1), 1)


def test_the_encoder_knows_something_of_the_real_sentences(shared_data, weights):
    weights("text_encoder")
    from affectkit.perceive.text_encoder import TextEncoder
    from affectkit.recipes.text.best_worst import choose_wording, nearness, patterns

    data = shared_data(cheer_ekman.FACTS.folder).parents[1]
    train = cheer_ekman.read(data).split("train").table.head(120)
    encoder = TextEncoder(threads=1)
    vectors = encoder.encode(list(train["text"])).astype(float)
    wording, _ = choose_wording(encoder, vectors, codes(train))
    scores = nearness(vectors, patterns(encoder, wording))
    assert level(ranked(scores).argmax(axis=1)[None], codes(train)) > 0.2  # chance: 0.17
