"""The speech recipe: emotion of speakers left out, and what its parts promise."""

from __future__ import annotations

import numpy as np
import pytest

from affectkit.affect import LabelSet
from affectkit.affect.circumplex import point

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def heard(shared_data, weights):
    """A few clips of each of three speakers and four emotions."""
    from affectkit.perceive.speech_features import SpeechEncoder
    from affectkit.recipes.speech.acted_speech import Windows

    weights("speech_encoder")
    import soundfile

    folder = shared_data("av/speech/emodb")
    # The sixth letter of an EmoDB name is the emotion, the first two the speaker.
    letters = {"W": "anger", "T": "sadness", "F": "joy", "N": "neutral"}
    encoder = SpeechEncoder()
    rows = []
    for speaker in ("03", "08", "13"):
        for letter, label in letters.items():
            for file in sorted(folder.glob(f"{speaker}*{letter}?.flac"))[:5]:
                samples, _ = soundfile.read(file, dtype="float32")
                rows.append((encoder.hear(samples[:64_000]).features, label, speaker, file.stem))
    features, label, speaker, clip = zip(*rows, strict=True)
    n = len(rows)
    return Windows(
        np.array(features),
        np.array(label),
        np.array(speaker),
        np.array(clip),
        np.full(n, ""),
        np.full(n, 2.5),
    )


def test_anger_is_more_aroused_than_sadness_in_speakers_left_out(heard):
    from affectkit.perceive.speech_features import own_voice
    from affectkit.recipes.speech.own_voice_training import train

    labels = sorted(set(heard.label))
    emodb7 = LabelSet.load("emodb7")
    told = {label: [] for label in labels}
    right = 0
    for speaker in np.unique(heard.speaker):
        rest, left_out = heard.of(heard.speaker != speaker), heard.of(heard.speaker == speaker)
        model = train(rest, labels, rng=np.random.default_rng(0))
        p = model.probabilities(own_voice(left_out.features, left_out.seconds, **model.prior))
        full = np.zeros((len(p), len(emodb7)))
        full[:, [emodb7.index(label) for label in labels]] = p
        arousal = point(emodb7, full)[1]
        right += (np.array(labels)[p.argmax(axis=1)] == left_out.label).sum()
        for label in labels:
            told[label].extend(arousal[left_out.label == label])
    assert np.mean(told["anger"]) > np.mean(told["sadness"]) + 0.3
    assert min(told["anger"]) > np.median(told["sadness"])
    # Chance is a quarter.
    assert right / len(heard.label) > 0.6


def test_distance_grows_with_damage(heard):
    from affectkit.recipes.speech.own_voice_training import train

    model = train(heard, sorted(set(heard.label)), rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    shaken = heard.features + model.prior["scale"] * rng.standard_normal(heard.features.shape)
    assert model.distance(shaken).min() > model.distance(heard.features).max()
    assert (np.diff(model.caution(np.linspace(0.1, 3, 30))) >= 0).all()


def test_diarisation_error_by_hand():
    pytest.importorskip("scipy")
    from affectkit.measure.diarisation import Turn, diarisation_error

    truth = [Turn(0, 4, "Ann"), Turn(4, 8, "Ben"), Turn(7, 8, "Ann")]
    told = [Turn(0, 5, "1"), Turn(5, 9, "2")]
    error = diarisation_error(truth, told)
    # Ann's second at the end is missed, one second beyond the end is false, one is Ben's.
    assert (error.missed_s, error.false_s, error.confused_s) == (1.0, 1.0, 1.0)
    assert error.rate == pytest.approx(3 / 9)
    assert diarisation_error(truth, truth).rate == 0.0


def test_the_shipped_model_is_whole_and_its_card_says_where_it_was_measured():
    from affectkit import models
    from affectkit.perceive.speech_model import MODEL, shipped_model

    card = models.card(MODEL)
    assert card.labels == LabelSet.load("emodb7").labels == shipped_model().head.outputs
    assert card.commercial
    assert any(score.cross_corpus for score in card.scores)
    assert set(shipped_model().head.meta["disagreement"]) == set(card.labels)
