"""Who speaks when: against planted voices, made-up conversations and a real one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.media.audio import Audio
from affectkit.perceive import voice_clusters
from affectkit.perceive.voice_clusters import agglomerate, centred, voices_of
from affectkit.perceive.voice_encoder import VoiceEncoder
from affectkit.perceive.voices import speaker_turns


def planted(n_voices: int, each: int, rng: np.random.Generator, noise: float = 0.5):
    centres = np.linalg.qr(rng.standard_normal((256, n_voices)))[0].T
    who = np.repeat(np.arange(n_voices), each)
    prints = centres[who] + noise * rng.standard_normal((len(who), 256)) / 16
    prints /= np.linalg.norm(prints, axis=1, keepdims=True)
    order = rng.permutation(len(who))
    return prints[order].astype(np.float32), who[order]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.integers(0, 1000))
def test_planted_voices_are_counted_and_kept_apart(n_voices, seed):
    prints, who = planted(n_voices, 20, np.random.default_rng(seed))
    voices = voices_of(prints, np.full(len(prints), 0.4), same=0.5, least_s=2.0)
    assert len(voices) == n_voices
    told = (prints @ voices.T).argmax(axis=1)
    assert len(set(zip(told, who, strict=True))) == n_voices


def test_portions_find_the_voices_that_one_go_finds(monkeypatch):
    prints, _ = planted(4, 200, np.random.default_rng(3))
    seconds = np.full(len(prints), 0.4)
    once = voices_of(prints, seconds, same=0.5, least_s=2.0)
    monkeypatch.setattr(voice_clusters, "MOST_AT_ONCE", 100)
    portions = voices_of(prints, seconds, same=0.5, least_s=2.0)
    assert len(portions) == len(once) == 4
    assert (once @ portions.T).max(axis=1).min() > 0.999


def test_average_linkage_agrees_with_scipy():
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    rng = np.random.default_rng(5)
    prints = rng.standard_normal((60, 8)) + np.repeat(2 * rng.standard_normal((4, 8)), 15, axis=0)
    prints = (prints / np.linalg.norm(prints, axis=1, keepdims=True)).astype(np.float32)
    for same in (0.2, 0.5, 0.8):
        tree = hierarchy.linkage(prints.astype(float), "average", metric="cosine")
        oracle = hierarchy.fcluster(tree, 1 - same, "distance")
        _, sizes = agglomerate(prints, np.ones(len(prints)), same)
        assert sorted(sizes) == sorted(np.bincount(oracle)[1:])


def test_centring_wholly_leaves_no_mean():
    prints, _ = planted(2, 30, np.random.default_rng(0))
    assert np.abs(centred(prints, 1.0).mean(axis=0)).max() < 0.05
    np.testing.assert_allclose(centred(prints, 0.0), prints, atol=1e-6)


@pytest.fixture(scope="module")
def clips(shared_data, weights):
    weights("voice_activity", "speaker_encoder")
    import soundfile

    folder = shared_data("av/speech/librispeech")
    found = {}
    for speaker in sorted(p for p in folder.iterdir() if p.is_dir())[:4]:
        files = sorted(speaker.glob("*.flac"))[:3]
        found[speaker.name] = [soundfile.read(f, dtype="float32")[0] for f in files]
    return found


def test_a_voice_is_nearer_to_itself_than_to_others(clips):
    encoder = VoiceEncoder()
    names = np.repeat(list(clips), 3)
    prints = encoder.embed([c[16_000 : 16_000 * 4] for voice in clips.values() for c in voice])
    np.testing.assert_allclose(np.linalg.norm(prints, axis=1), 1.0, atol=1e-5)
    alike = prints @ prints.T
    np.fill_diagonal(alike, -1)
    assert (names[alike.argmax(axis=1)] == names).mean() > 0.9


def test_the_network_is_resemblyzers(weights, tmp_path):
    torch = pytest.importorskip("torch")
    weights("speaker_encoder")
    from affectkit.models import weights as store
    from affectkit.models.sessions import OnnxSession

    path = store.path("speaker_encoder")
    import onnx
    from onnx import numpy_helper

    stored = [numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer]
    lstm = torch.nn.LSTM(40, 256, 3, batch_first=True)
    recurrent = [t for t in stored if t.ndim == 3]
    with torch.no_grad():
        for layer in range(3):
            for kind, tensor in zip(
                ("ih", "hh"), recurrent[2 * layer : 2 * layer + 2], strict=True
            ):
                i, o, f, c = np.split(tensor[0], 4)
                getattr(lstm, f"weight_{kind}_l{layer}").copy_(
                    torch.from_numpy(np.concatenate([i, f, c, o]))
                )
        biases = [t[0] for t in stored if t.ndim == 2 and t.shape == (1, 2048)]
        for layer, bias in enumerate(biases):
            for kind, part in zip(("ih", "hh"), np.split(bias, 2), strict=True):
                i, o, f, c = np.split(part, 4)
                getattr(lstm, f"bias_{kind}_l{layer}").copy_(
                    torch.from_numpy(np.concatenate([i, f, c, o]))
                )
        dense = next(t for t in stored if t.shape == (256, 256))
        offset = next(t for t in stored if t.shape == (256,))
        mel = np.abs(np.random.default_rng(0).normal(size=(3, 160, 40))).astype(np.float32) / 50
        _, (state, _) = lstm(torch.from_numpy(mel))
        expected = torch.relu(state[-1] @ torch.tensor(dense).T + torch.tensor(offset))
        expected = expected / expected.norm(dim=1, keepdim=True)
    told = OnnxSession(path).run({"mel": mel})[0]
    np.testing.assert_allclose(told, expected.numpy(), atol=1e-4)


def test_turns_of_a_made_up_conversation(clips):
    pytest.importorskip("scipy")
    from affectkit.measure.diarisation import Turn, diarisation_error
    from affectkit.recipes.speech.made_up_conversations import make_conversation

    sound, truth = make_conversation(clips, speakers=2, seconds=40, rng=np.random.default_rng(11))
    told = speaker_turns(Audio.from_samples(sound))
    error = diarisation_error(truth, [Turn(*row) for row in told.itertuples(index=False)])
    assert error.confusion < 0.1
    assert error.rate < 0.35
    assert told["speaker"].iloc[0] == "Voice 1"
    assert (told["end_s"] > told["start_s"]).all()


def test_two_people_on_the_telephone(shared_data, weights):
    pytest.importorskip("scipy")
    weights("voice_activity", "speaker_encoder")
    import soundfile

    from affectkit.measure.diarisation import Turn, diarisation_error

    folder = shared_data("av/speech/pyannote-sample")
    samples, _ = soundfile.read(folder / "sample.flac", dtype="float32")
    truth = []
    for line in (folder / "sample.rttm").read_text().splitlines():
        _, _, _, start, length, _, _, name, *_ = line.split()
        truth.append(Turn(float(start), float(start) + float(length), name))
    told = speaker_turns(Audio.from_samples(samples))
    assert told["speaker"].nunique() == 2
    error = diarisation_error(truth, [Turn(*row) for row in told.itertuples(index=False)])
    assert error.rate < 0.25


def test_silence_has_no_turns(weights):
    weights("voice_activity", "speaker_encoder")
    told = speaker_turns(Audio.from_samples(np.zeros(16_000, dtype=np.float32)))
    assert list(told.columns) == ["start_s", "end_s", "speaker"]
    assert not len(told)
