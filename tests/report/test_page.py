"""The page holds everything, fetches nothing, and lets no string become markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_timelines import essay, photo, talk
from parsed_page import ParsedPage

from affectkit.affect import Conversation, LabelSet, Note, Timeline, Utterance
from affectkit.report import write_index, write_report
from affectkit.report.palette import looks

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--<script>",
    "]]></style><style>*{display:none}",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &#x3c;script&#x3e;",
    "\u2028\u2029\x00\ufeff\u202e",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(min_size=1, max_size=40),
    st.tuples(st.sampled_from(HOSTILE), st.text(max_size=10)).map("".join),
)


def small(word: str) -> Timeline:
    """Return a short timeline with a string in every field that holds one."""
    base = talk(12.0)
    labels = LabelSet.from_dict(
        {
            **base.label_set.to_dict(),
            "name": f"x{word}",
            "labels": [f"{label}{word}" for label in base.label_set.labels],
            "neutral": None,
            "definitions": {},
            "source": f"x{word}",
            "theory": f"x{word}",
            "can_say": f"x{word}",
            "cannot_say": f"x{word}",
        }
    )
    table = base.table.rename(columns=dict(zip(base.label_set.labels, labels.labels, strict=True)))
    people = {"Person 1": f"1{word}", "Person 2": f"2{word}"}
    table["person"] = table["person"].replace(people)
    table["source"] = f"x{word}"
    table["evidence"] = '[{"what": "x", "weight": 1, "start": 0, "end": 1}]'
    silent = (table["modality"] == "face") & (table["start_s"] == 3)
    table.loc[silent, [*labels.labels, "valence", "arousal", "confidence"]] = np.nan
    table.loc[silent, "reason"] = f"x{word}"
    table["utterance"] = table["utterance"].where(table["utterance"].isna(), f"x{word}")
    score = dict.fromkeys(("data", "split", "metric", "command", "n"), f"x{word}")
    model = {
        **dict.fromkeys(("id", "task", "licence", "rights", "calibrated_on"), f"x{word}"),
        "trained_on": [f"x{word}"],
        "limits": [f"x{word}"],
        "lanes": [f"x{word}"],
        "scores": [{**score, "value": 0.5, "low": 0.4, "high": 0.6, "baseline": 0.1}],
    }
    provenance = {
        "file": {**dict.fromkeys(("name", "kind", "sha256"), f"x{word}"), "duration_s": 12.0},
        "models": [model],
        "settings": {f"x{word}": f"x{word}"},
        "maps": [{"from": f"x{word}", "to": f"x{word}", "steps": ["a", f"x{word}", "b"]}],
        "notice": f"x{word}",
        "affectkit": f"x{word}",
        "created": f"x{word}",
    }
    said = [Utterance(f"x{word}", f"1{word}", f"x{word}", 1.0, 2.0)]
    faces = base.tables["faces"].assign(person=lambda f: f["person"].replace(people))
    return Timeline(
        table,
        labels,
        provenance,
        Conversation(said),
        [Note(f"x{word}", f"x{word}", 1.0, 2.0), Note("face", f"x{word}")],
        {"faces": faces},
    )


def page_of(timeline: Timeline, folder: Path, **more: Any) -> ParsedPage:
    return ParsedPage(write_report(timeline, folder / "report.html", **more).read_text("utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def harmless(folder: Path) -> ParsedPage:
    return page_of(small("y"), folder)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(word=TEXTS)
def test_no_string_changes_the_page(word: str, folder: Path, harmless: ParsedPage) -> None:
    word = "".join(c for c in word if not c.isdigit())  # digits are taken together in reasons
    page = page_of(small(word or "y"), folder)
    assert page.shape == harmless.shape
    assert page.held("script") == harmless.held("script")
    assert page.held("style") == harmless.held("style")
    assert {lane["person"] for lane in page.data["lanes"]} == {
        f"1{word or 'y'}",
        f"2{word or 'y'}",
        "group",
    }


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_strings_stay_text(word: str, folder: Path, harmless: ParsedPage) -> None:
    page = page_of(small(re.sub(r"\d", "", word)), folder)
    assert page.shape == harmless.shape
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not attributes.get("href", "").startswith("javascript")


@pytest.mark.parametrize("make", [talk, essay, photo])
def test_the_page_fetches_nothing(make: Any, folder: Path) -> None:
    page = page_of(make(), folder)
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "poster", "srcset", "action"):
            target = attributes.get(name, "")
            assert target == "" or target.startswith(("#", "./", "data:"))
    style, script = page.held("style"), page.held("script")
    assert set(re.findall(r"url\(([^)]*)\)", style)) <= {"#untold"}
    assert "@import" not in style
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch("):
        assert way not in script


def test_the_policy_allows_this_script_and_style_and_no_other(folder: Path) -> None:
    page = page_of(talk(20.0), folder)
    policy = next(a["content"] for t, a in page.elements if "http-equiv" in a)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.held(tag).encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_as_wcag_asks(scheme: str, folder: Path) -> None:
    style = page_of(essay(3), folder).held("style")
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    # The first block is light, the second what dark changes.
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", blocks[0]))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", blocks[1]))
    pairs = [("mark-ink", f"m{i}") for i in (1, 2, 3)]
    pairs += [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("ground", "card")]
    pairs += [("ink", "warm"), ("ink", "track"), ("soft", "track")]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for line in ("v", "a", "hatch"):
        assert contrast(colours[line], colours["ground"]) >= 3.0, line


@pytest.mark.parametrize("name", ["ekman7", "plutchik8", "goemotions28", "emonet40"])
def test_labels_differ_in_more_than_hue(name: str) -> None:
    drawn = looks(LabelSet.load(name))
    assert len({(look.colour, look.texture, look.letters) for look in drawn}) == len(drawn)
    if len(drawn) <= 8:
        assert len({look.letters for look in drawn}) == len(drawn)
        assert len({(look.colour, look.texture) for look in drawn}) == len(drawn)
    for look in drawn:
        assert contrast("#14171a", look.colour) >= 4.5, look


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    lights = []
    for colour in (one, other):
        full = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
        parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_media_is_linked_beside_the_page_whatever_its_name(tmp_path: Path) -> None:
    media = tmp_path / 'a "clip" #1 50% <b>.mp4'
    media.write_bytes(b"not really a film")
    (tmp_path / "a.affect").mkdir()
    page = page_of(talk(10.0), tmp_path / "a.affect", media=media)
    source = next(a["src"] for t, a in page.elements if t == "video")
    assert source == "./../a%20%22clip%22%20%231%2050%25%20%3Cb%3E.mp4"


def test_media_is_embedded_only_while_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = tmp_path / "clip.mp4"
    media.write_bytes(b"film" * 100)
    page = page_of(talk(10.0), tmp_path, media=media, media_mode="embed")
    source = next(a["src"] for t, a in page.elements if t == "video")
    assert base64.b64decode(source.partition("base64,")[2]) == media.read_bytes()
    monkeypatch.setattr("affectkit.report.shown_media.EMBED_BYTES", 399)
    page = page_of(talk(10.0), tmp_path, media=media, media_mode="embed")
    assert next(a["src"] for t, a in page.elements if t == "video") == "./clip.mp4"
    page = page_of(talk(10.0), tmp_path, media=media, media_mode="none")
    assert not [a for t, a in page.elements if t == "video"]


def test_blurred_faces_cannot_be_seen_and_the_rest_can(tmp_path: Path) -> None:
    import io

    from PIL import Image

    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (45, 80, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((640, 360), Image.Resampling.NEAREST)
    picture.save(tmp_path / "picnic.png")
    page = page_of(photo(), tmp_path, media=tmp_path / "picnic.png", blur_faces=True)
    source = next(a["src"] for t, a in page.elements if t == "img")
    raw = base64.b64decode(source.partition("base64,")[2])
    shown = np.asarray(Image.open(io.BytesIO(raw)), dtype=float)
    before = np.asarray(picture, dtype=float)
    for x in (60, 230, 400):
        face = (slice(60, 170), slice(x, x + 90))
        assert shown[face].std() < before[face].std() / 2
    rest = (slice(260, 360), slice(0, 640))
    assert np.abs(shown[rest] - before[rest]).mean() < 12


def test_blurring_a_film_leaves_its_sound_alone(tmp_path: Path) -> None:
    media = tmp_path / "clip.mp4"
    media.write_bytes(b"film")
    page = page_of(talk(10.0), tmp_path, media=media, media_mode="embed", blur_faces=True)
    tags = [t for t, _ in page.elements]
    assert "audio" in tags
    assert "video" not in tags
    assert page.data["boxes"] is None


def test_four_hours_stay_small(tmp_path: Path) -> None:
    labels = LabelSet.load("ekman7")
    rng = np.random.default_rng(0)
    frames = []
    for person in ("Ann", "Ben"):
        for lane in ("face", "speech", "fused"):
            n = 4 * 3600
            p = rng.dirichlet(np.ones(7) * 0.4, n)
            frame = pd.DataFrame(p, columns=list(labels.labels))
            frame["start_s"] = np.arange(n, dtype=float)
            frame["end_s"] = frame["start_s"] + 1
            frame["person"], frame["modality"] = person, lane
            frame["valence"], frame["arousal"] = rng.uniform(-1, 1, (2, n))
            frame["valence_sd"] = frame["arousal_sd"] = 0.2
            frame["confidence"] = p.max(axis=1)
            frames.append(frame)
    said = [Utterance(str(i), "Ann", "word " * 12, i * 5.0, i * 5.0 + 4) for i in range(2880)]
    t = Timeline(pd.concat(frames), labels, {}, Conversation(said))
    path = write_report(t, tmp_path / "report.html")
    assert path.stat().st_size < 10_000_000
    lanes = ParsedPage(path.read_text("utf-8")).data["lanes"]
    for lane in lanes:
        for ribbon in lane["ribbons"]:
            assert ribbon["s"][0] == 0
            assert ribbon["e"][-1] == 100 * 4 * 3600


def test_the_page_names_reasons_models_and_limits(folder: Path) -> None:
    timeline = talk(60.0)
    text = " ".join(" ".join(page_of(timeline, folder).text).split())
    for said in (
        "music drowns the voice",
        "the file stops after 129 s of 130 s",
        "speech-head",
        "0.760 to 0.840",
        "0.143",
        "Apache-2.0",
        timeline.label_set.cannot_say,
        "0.28 bits",
        "±1.28 standard deviations",
        timeline.provenance["notice"],
    ):
        assert said in text, said


def test_an_empty_timeline_still_makes_a_page(tmp_path: Path) -> None:
    nothing = Timeline.empty(LabelSet.load("ekman7"), notes=[Note("face", "no picture")])
    text = " ".join(page_of(nothing, tmp_path).text)
    assert "Nothing could be told" in text
    assert "no picture" in text


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    from affectkit.errors import MediaError

    with pytest.raises(MediaError, match="cannot be written"):
        write_report(essay(3), tmp_path / "nowhere" / "report.html")


def test_files_beside_the_page_are_offered(tmp_path: Path) -> None:
    (tmp_path / "timeline.csv").write_text("")
    links = [a["href"] for t, a in page_of(talk(10.0), tmp_path).elements if "download" in a]
    assert links == ["./timeline.csv"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(word=TEXTS)
def test_no_string_changes_the_index(word: str, folder: Path) -> None:
    def index(text: str) -> ParsedPage:
        entries = [
            {
                "file": f"x{text}".replace("/", "_"),
                "report": f"x{text}",
                "state": state,
                "problem": f"x{text}",
                "kind": f"x{text}",
                "duration_s": 3.0,
                "people": [f"x{text}"],
                "summary": [f"x{text}"],
                "notes": [f"x{text}"],
            }
            for state in ("done", "kept", "failed")
        ]
        return ParsedPage(write_index(entries, folder / "index.html").read_text("utf-8"))

    page = index(word)
    assert page.shape == index("y").shape
    links = [a["href"] for t, a in page.elements if t == "a"]
    assert len(links) == 2
    assert all(link.startswith("./x") for link in links)


def test_a_timeline_of_another_set_is_drawn(folder: Path) -> None:
    page = page_of(replace(talk(20.0, label_set="goemotions28")), folder)
    assert len(page.data["labels"]) == 28
