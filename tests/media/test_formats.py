"""What is written can be read back, by us and by the libraries of the field."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectkit.affect import Conversation, Estimate, LabelSet, Timeline, Utterance
from affectkit.errors import MediaError
from affectkit.media import FORMATS, Segment, Tier, read, read_conversation, write
from affectkit.media.eaf import read_eaf, write_eaf
from affectkit.media.face_csv import read_faces, write_faces
from affectkit.media.rttm import read_rttm, write_rttm
from affectkit.media.subtitles import read_srt, read_vtt, write_srt, write_vtt
from affectkit.media.text_encoding import clean
from affectkit.media.textgrid import read_textgrid, write_textgrid

EKMAN = LabelSet.load("ekman7")
NASTY = (
    *("<b>", "&amp;", "&#10;", "-->", '"', '""', "]]>", "{\\an8}", "\n\n", "\n", "  ", "\t"),
    *("00:00:01.000 --> 00:00:02.000", "NOTE", "1", "Ann:", "- ", ">>", "<v X>", "é", "日本"),
    *("😀", "\u2028", "\x85", "\ufeff", "\u200e", "a", "b c"),
)
texts = st.one_of(
    st.lists(st.sampled_from(NASTY), max_size=6).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
).map(clean)
milliseconds = st.integers(0, 20_000).map(lambda ms: ms / 1000)
names = texts.map(lambda t: " ".join(t.split())).filter(lambda t: t and "#" not in t)


@st.composite
def segments(draw: st.DrawFn, text: st.SearchStrategy[str]) -> Segment:
    start, end = sorted((draw(milliseconds), draw(milliseconds)))
    return Segment(start, end, draw(text))


def tiers(text: st.SearchStrategy[str], name: st.SearchStrategy[str]):
    one = st.builds(Tier, name, st.lists(segments(text), max_size=6))
    return st.lists(one, max_size=4, unique_by=lambda t: t.name)


def contents(found: list[Tier]) -> dict[str, list[Segment]]:
    """What tiers hold, whatever order formats keep; empty tiers hold nothing."""
    return {t.name: sorted(t.segments) for t in found if t.segments}


quick = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@given(tiers(texts, names))
@quick
def test_elan_is_lossless(given_tiers: list[Tier]) -> None:
    again, notes = read_eaf(write_eaf(given_tiers, media="a & b.mp4"))
    assert [t.name for t in again] == [t.name for t in given_tiers]
    assert contents(again) == contents(given_tiers)
    assert notes == ()


@given(tiers(texts.filter(bool), names))
@quick
def test_textgrid_is_lossless(given_tiers: list[Tier]) -> None:
    again, notes = read_textgrid(write_textgrid(given_tiers))
    assert contents(again) == contents(given_tiers)
    assert notes == ()


@given(tiers(texts, st.one_of(st.just(""), names)))
@quick
def test_webvtt_is_lossless(given_tiers: list[Tier]) -> None:
    again, notes = read_vtt(write_vtt(given_tiers))
    assert contents(again) == contents(given_tiers)
    assert notes == ()


plain_lines = texts.map(
    lambda t: "\n".join(line.strip() for line in t.split("\n") if line.strip()).strip()
).filter(bool)
spoken_names = st.from_regex(r"[A-Z][a-z]{0,8}( [A-Z][a-z]{0,8})?", fullmatch=True)


@given(tiers(plain_lines, spoken_names))
@quick
def test_subrip_is_lossless_for_what_it_can_hold(given_tiers: list[Tier]) -> None:
    again, notes = read_srt(write_srt(given_tiers))
    assert contents(again) == contents(given_tiers)
    assert notes == ()


@given(tiers(st.just(""), texts.filter(bool)))
@quick
def test_rttm_is_lossless(given_tiers: list[Tier]) -> None:
    again, notes = read_rttm(write_rttm(given_tiers, file="a b"))
    assert contents(again) == contents(given_tiers)
    assert notes == ()


def some_tiers() -> list[Tier]:
    return [
        Tier("Ann", [Segment(0.5, 1.5, "Hello & <bye>\nsecond"), Segment(1.5, 3.0, "ünï 😀")]),
        Tier("Ben", [Segment(1.0, 2.0, 'say "hi"')]),
    ]


def test_elan_files_agree_with_pympi(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi").Elan
    (tmp_path / "a.eaf").write_text(write_eaf(some_tiers()), encoding="utf-8")
    theirs = elan.Eaf(str(tmp_path / "a.eaf"))
    for tier in some_tiers():
        found = sorted(theirs.get_annotation_data_for_tier(tier.name))
        assert [(a[0] / 1000, a[1] / 1000, a[2]) for a in found] == [
            (s.start_s, s.end_s, s.text) for s in tier.segments
        ]
    fresh = elan.Eaf()
    for tier in some_tiers():
        fresh.add_tier(tier.name)
        for s in tier.segments:
            fresh.add_annotation(tier.name, int(s.start_s * 1000), int(s.end_s * 1000), s.text)
    fresh.to_file(str(tmp_path / "b.eaf"))
    again, notes = read_eaf((tmp_path / "b.eaf").read_text("utf-8"))
    assert contents(again) == contents(some_tiers())
    assert notes == ()


@pytest.mark.parametrize("layout", ["short_textgrid", "long_textgrid"])
def test_textgrids_agree_with_praatio(tmp_path: Path, layout: str) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    (tmp_path / "a.TextGrid").write_text(write_textgrid(some_tiers()), encoding="utf-8")
    theirs = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=False)
    for tier in some_tiers():
        assert [(e.start, e.end, e.label) for e in theirs.getTier(tier.name).entries] == [
            (s.start_s, s.end_s, s.text) for s in tier.segments
        ]
    theirs.save(str(tmp_path / "b.TextGrid"), format=layout, includeBlankSpaces=True)
    for encoding in ("utf-8", "utf-16"):
        text = (tmp_path / "b.TextGrid").read_text("utf-8")
        (tmp_path / "c.TextGrid").write_text(text, encoding=encoding)
        talk = read_conversation(tmp_path / "c.TextGrid")
        assert {(u.speaker, u.text) for u in talk} == {
            (t.name, s.text) for t in some_tiers() for s in t.segments
        }


def test_the_rttm_of_a_public_recording(shared_data) -> None:
    text = (shared_data("av/speech/pyannote-sample") / "sample.rttm").read_text()
    found, notes = read_rttm(text)
    assert notes == ()
    assert {t.name: len(t.segments) for t in found} == {"speaker90": 5, "speaker91": 5}
    assert sorted(write_rttm(found, file="sample").split("\n")) == sorted(text.split("\n"))


# --- timelines -------------------------------------------------------------------------


def a_timeline(n: int = 6, *, transcript: bool = True) -> Timeline:
    rng = np.random.default_rng(1)
    rows = []
    for i in range(n):
        for person in ("Ann · x", "Ben"):
            weights = rng.dirichlet(np.ones(7))
            estimate = Estimate(
                EKMAN,
                weights,
                valence=rng.uniform(-1, 1),
                arousal=rng.uniform(-1, 1),
                confidence=rng.uniform(),
                source="model-1",
            )
            rows.append((i * 0.5, i * 0.5 + 0.5, person, "face", estimate))
    talk = Conversation([Utterance("1", "Ben", "Well <then> & so", 0.2, 1.4)])
    faces = pd.DataFrame(
        {
            "time_s": np.repeat([0.0, 0.2], 2),
            "person": ["Ann", "Ben"] * 2,
            "x": rng.uniform(0, 500, 4),
            "y": rng.uniform(0, 500, 4),
            "w": 80.5,
            "h": 90.25,
            "score": [0.9, math.nan, 0.7, 0.5],
            "yaw": rng.uniform(-60, 60, 4),
            "pitch": rng.uniform(-60, 60, 4),
            "roll": rng.uniform(-60, 60, 4),
            "jawOpen": rng.uniform(0, 1, 4).astype(np.float32),
            "au_12": rng.uniform(0, 1, 4),
        }
    )
    return Timeline.from_estimates(
        rows,
        EKMAN,
        transcript=talk if transcript else None,
        tables={"faces": faces},
        provenance={"file": {"name": "talk one.mp4"}},
    )


@pytest.mark.parametrize("form", ["eaf", "textgrid"])
def test_annotators_get_back_what_they_were_given(tmp_path: Path, form: str) -> None:
    before = a_timeline()
    [file] = write(before, tmp_path, [form])
    after = read(file, EKMAN)
    key = ["start_s", "person"]
    one = before.table.assign(leading=before.leading).sort_values(key).reset_index()
    two = after.table.assign(leading=after.leading).sort_values(key).reset_index()
    assert one["leading"].tolist() == two["leading"].tolist()
    for column in ("start_s", "end_s", "valence", "arousal", "confidence"):
        assert one[column].to_numpy() == pytest.approx(two[column].to_numpy(), abs=1e-5)
    assert [u.text for u in after.transcript] == ["Well <then> & so"]
    assert after.transcript.speakers == ("Ben",)


def test_what_could_not_be_told_survives(tmp_path: Path) -> None:
    unsure = pd.DataFrame(
        [{"start_s": 0, "end_s": 1, "person": "Ann", "modality": "face", "reason": "too dark"}]
    )
    for form in ("eaf", "textgrid"):
        [file] = write(Timeline(unsure, EKMAN), tmp_path, [form])
        again = read(file, EKMAN)
        assert again.table["reason"].tolist() == ["too dark"]
        assert again.labels.isna().all().all()


def test_a_mistyped_label_is_named(tmp_path: Path) -> None:
    [file] = write(a_timeline(), tmp_path, ["eaf"])
    label = a_timeline().leading[0]
    file.write_text(file.read_text("utf-8").replace(f">{label}<", ">jooy<"), encoding="utf-8")
    with pytest.raises(MediaError, match="'jooy', which is no label of ekman7"):
        read(file, EKMAN)


def test_audformat_keeps_every_number(tmp_path: Path) -> None:
    pytest.importorskip("audformat")
    before = a_timeline()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        [folder] = write(before, tmp_path, ["audformat"])
        [folder] = write(before, tmp_path, ["audformat"])  # takes the place of the first
        after = read(folder, EKMAN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["audformat"]
    assert not list(folder.glob("*.pkl"))
    key = ["start_s", "person"]
    columns = ["start_s", "end_s", "person", "modality", "source", "valence", "arousal",
               "confidence", *EKMAN.labels]  # fmt: skip
    one = before.table.sort_values(key)[columns].reset_index(drop=True)
    two = after.table.sort_values(key)[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, two)


def test_audformat_databases_that_run_code_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("audformat")
    folder = tmp_path / "db"
    folder.mkdir()
    canary = tmp_path / "canary"
    (folder / "db.yaml").write_text(f"name: !!python/object/apply:os.mkdir ['{canary}']\n")
    with pytest.raises(MediaError, match="plain YAML"):
        read(folder, EKMAN)
    assert not canary.exists()
    (folder / "db.yaml").write_text("name: x\n")
    (folder / "db.t.pkl").write_bytes(b"\x80")
    with pytest.raises(MediaError, match="pickled"):
        read(folder, EKMAN)


@pytest.mark.parametrize("style", ["openface", "pyfeat"])
def test_tables_of_faces_are_lossless(style: str) -> None:
    before = a_timeline().tables["faces"]
    after = read_faces(write_faces(before, style))
    assert set(after.columns) == set(before.columns)
    for column in before.columns:
        one, two = before[column].tolist(), after[column].tolist()
        assert one == two or np.asarray(two, float) == pytest.approx(
            np.asarray(one, float), rel=1e-7, nan_ok=True
        )


def test_real_openface_and_pyfeat_tables(shared_data) -> None:
    folder = shared_data("av/face/pyfeat")
    table = read_faces((folder / "OpenFace_Test.csv").read_text())
    raw = pd.read_csv(folder / "OpenFace_Test.csv", skipinitialspace=True)
    assert table["time_s"].tolist() == raw["timestamp"].tolist()
    assert table["au_12"].to_numpy() * 5 == pytest.approx(raw["AU12_r"].to_numpy())
    assert table["yaw"].to_numpy() == pytest.approx(np.degrees(raw["pose_Ry"].to_numpy()))
    faces = read_faces((folder / "001.csv").read_text())
    assert {"x", "y", "w", "h", "score", "au_12"} <= set(faces.columns)


def test_a_table_of_something_else_is_refused() -> None:
    for text in ("a,b\n1,2\n", "", "timestamp,AU01_r\n0,x\n", '"'):
        with pytest.raises(MediaError):
            read_faces(text)


def test_subtitles_carry_words_and_emotion(tmp_path: Path) -> None:
    for form in ("vtt", "srt"):
        [file] = write(a_timeline(), tmp_path, [form])
        [u] = read_conversation(file)
        assert (u.speaker, u.start_s, u.end_s) == ("Ben", 0.2, 1.4)
        words, _, label = u.text.rpartition(" [")
        assert words == "Well <then> & so"
        assert label.rstrip("]") in EKMAN.labels
        [file] = write(a_timeline(transcript=False), tmp_path, [form])
        talk = read_conversation(file)
        assert {u.text for u in talk} <= set(EKMAN.labels)
        # A run of one label is one subtitle.
        for person in talk.speakers:
            said = [u.text for u in talk if u.speaker == person]
            assert all(a != b for a, b in pairwise(said))


def test_rttm_from_a_timeline_says_who_speaks(tmp_path: Path) -> None:
    [file] = write(a_timeline(), tmp_path, ["rttm"])
    assert file.read_text() == "SPEAKER talk%20one 1 0.200 1.200 <NA> <NA> Ben <NA> <NA>\n"


def test_every_format_takes_an_empty_timeline_and_one_without_faces(tmp_path: Path) -> None:
    pytest.importorskip("audformat")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = write(Timeline.empty(EKMAN), tmp_path, list(FORMATS))
        assert {p.name for p in written} == {f.file for f in FORMATS.values() if not f.needs}
        assert {p.name for p in tmp_path.iterdir()} == {p.name for p in written}
        written = write(a_timeline(), tmp_path, list(FORMATS))
    assert {p.name for p in written} == {f.file for f in FORMATS.values()}


def test_an_unknown_format_and_a_folder_that_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no format doc"):
        write(a_timeline(), tmp_path, ["doc"])
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="cannot be written"):
        write(a_timeline(), tmp_path / "file", ["vtt"])
