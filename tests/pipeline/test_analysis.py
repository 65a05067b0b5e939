"""One file in, one timeline out: on real recordings, with every lane."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import affectkit as ak
from affectkit.affect.timeline import FUSED, GROUP
from affectkit.errors import AffectkitError, LabelError, MediaError, PurposeError, WeightsError

Find = Callable[[str], Path]
Need = Callable[..., None]


def told(timeline: ak.Timeline) -> np.ndarray:
    return timeline.labels[timeline.table["reason"].isna()].to_numpy()


def test_a_talking_face_gives_every_lane_and_their_union(shared_data: Find, weights: Need) -> None:
    weights("face_detector", "voice_activity", "speech_encoder", "words")
    clip = shared_data("av/video/ravdess_01-01-01-01-01-01-01.mp4")
    stages = set()
    t = ak.analyze(clip, progress=lambda stage, done, total: stages.add(stage))
    assert {"face", FUSED} <= set(t.modalities)
    assert t.people == ("Person 1",)
    assert np.allclose(told(t).sum(axis=1), 1.0, atol=1e-6) or told(t).sum(axis=1).max() <= 1 + 1e-6
    assert len(stages) >= 3
    assert [m["lane"] for m in t.provenance["models"]]
    assert "faces" in t.tables
    assert t.provenance["notice"]


def test_a_photo_of_five_people_gives_five_and_their_group(
    shared_data: Find, weights: Need
) -> None:
    weights("face_detector", "face_landmarks", "face_blendshapes")
    t = ak.analyze(shared_data("av/face/pyfeat/multi_face.jpg"))
    assert len(t.people) == 5
    group = t.where(person=GROUP)
    assert len(group) >= 1
    faces = t.where(modality="face").labels.to_numpy()
    assert np.all(group.labels.to_numpy()[0] <= faces.max(axis=0) + 1e-9)
    assert np.all(group.labels.to_numpy()[0] >= faces.min(axis=0) - 1e-9)


def test_words_alone_make_a_timeline_by_sentence(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("I am so happy that you came! I hate this awful, awful noise.")
    t = ak.analyze(note)
    assert t.provenance["time"] == "sentences"
    first, second = t.where(modality="text").table["valence"]
    assert first > 0 > second


def test_names_reach_every_lane_and_the_transcript(tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    chat.write_text(
        '{"speaker": "a1", "text": "What a lovely day this is."}\n'
        '{"speaker": "b2", "text": "Lovely? I am worried sick about her."}\n'
    )
    names = tmp_path / "names.csv"
    names.write_text("person,name\na1,Ann\n")
    t = ak.analyze(chat, names=str(names))
    assert set(t.people) == {"Ann", "b2"}
    assert t.transcript is not None
    assert t.transcript.speakers == ("Ann", "b2")


def test_what_is_chosen_is_what_is_done(shared_data: Find, weights: Need) -> None:
    weights("face_detector")
    clip = shared_data("av/video/pyfeat_single_face.mp4")
    t = ak.analyze(clip, lanes=("face",), labels="plutchik8", step_s=0.5)
    assert t.label_set.name == "plutchik8"
    assert set(t.modalities) == {"face", FUSED}
    assert (t.where(modality=FUSED).table.eval("end_s - start_s") <= 0.5 + 1e-6).all()


def test_threads_do_not_change_the_result(shared_data: Find, weights: Need) -> None:
    weights("face_detector")
    clip = shared_data("av/video/pyfeat_single_face.mp4")
    one, two = (ak.analyze(clip, lanes=("face",), threads=n) for n in (1, 2))
    assert one.table.equals(two.table)
    assert one.provenance == two.provenance


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Hello there.")
    with pytest.raises(MediaError):
        ak.analyze(tmp_path / "nowhere.mp4")
    with pytest.raises(LabelError, match="use one of"):
        ak.analyze(note, labels="ekman99")
    with pytest.raises(AffectkitError, match="--lanes text"):
        ak.analyze(note, lanes=("face",))
    with pytest.raises(AffectkitError, match="choose of"):
        ak.analyze(note, lanes=("smell",))


def test_faces_at_work_need_a_purpose(shared_data: Find) -> None:
    photo = shared_data("av/face/pyfeat/single_face.jpg")
    with pytest.raises(PurposeError, match="purpose"):
        ak.analyze(photo, setting="work")


def test_missing_weights_name_the_command(
    tmp_path: Path, shared_data: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTKIT_HOME", str(tmp_path / "empty"))
    with pytest.raises(WeightsError, match="affectkit weights install"):
        ak.analyze(shared_data("av/face/pyfeat/single_face.jpg"))


@pytest.mark.slow
def test_no_socket_is_opened(shared_data: Find, weights: Need) -> None:
    weights("face_detector", "voice_activity", "words")
    clip = shared_data("av/video/ravdess_01-01-01-01-01-01-01.mp4")
    code = (
        "import sys, os\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append((event, args))"
        " if event in ('socket.__new__', 'socket.connect', 'socket.getaddrinfo') else None)\n"
        "import affectkit as ak\n"
        "t = ak.analyze(sys.argv[1])\n"
        "assert len(t), 'nothing was analysed'\n"
        "assert not opened, opened\n"
    )
    subprocess.run([sys.executable, "-c", code, str(clip)], check=True, timeout=300)
