"""Transcripts and chats in the shapes that people really have them in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from affectkit.errors import MediaError
from affectkit.media import Recording, read_conversation


def read(tmp_path: Path, content: str | bytes, name: str = "a.txt"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    recording = Recording.open(file)
    return recording, [(u.speaker, u.text) for u in recording.conversation]


def test_webvtt(tmp_path: Path) -> None:
    recording, said = read(
        tmp_path,
        """WEBVTT - a title
X-TIMESTAMP-MAP=LOCAL:00:00:00.000

STYLE
::cue { color: red }

NOTE a comment
over two lines

intro
00:01.000 --> 00:02.000 position:10% line:0
<v.loud Ann Smith>Hello <i.big>there</i>, <00:01.500>you &amp; me</v>

01:00:03.000 --> 01:00:04.250
<v Ann>Two</v>
<v Ben>voices</v>

2
00:00:09.000 --> 00:00:08.000
backward

00:00:10.000 --> 00:00:11.000
3 < 4 &lt;b&gt; -- no voice""",
    )
    assert recording.kind == "transcript"
    assert recording.duration_s == 3604.25
    assert said == [
        ("Ann Smith", "Hello there, you & me"),
        ("", "3 < 4 <b> -- no voice"),
        ("Ann", "Two"),
        ("Ben", "voices"),
    ]
    assert recording.conversation.utterances[0].start_s == 1.0
    assert "impossible times" in recording.notes[0].reason


def test_subrip(tmp_path: Path) -> None:
    recording, said = read(
        tmp_path,
        "1\r\n00:00:01,000 --> 00:00:02,500 X1:40\r\n<font color=red>ANN: {\\an8}Hello</font>\r\n"
        "again\r\n\r\n2\r\n00:00:03,0 --> 00:00:04,5\r\n- Who?\r\n- Me.\r\n"
        "3\r\n00:00:05.000 --> 00:00:06.000\r\nNote: not a name\r\n",
        "a.srt",
    )
    assert said == [
        ("ANN", "Hello\nagain"),
        ("", "Who?"),
        ("", "Me."),
        ("", "Note: not a name"),
    ]
    assert recording.conversation.utterances[1].end_s == 4.5


def test_plain_text(tmp_path: Path) -> None:
    recording, said = read(tmp_path, "One.\nStill one.\n\n  \n\nTwo: a colon.\n")
    assert recording.kind == "text"
    assert said == [("", "One.\nStill one."), ("", "Two: a colon.")]
    assert not recording.conversation.timed
    _, said = read(tmp_path, "Dr. Ann: Hello\nBen: Hi\n and more\nDr. Ann: Bye\n")
    assert said == [("Dr. Ann", "Hello"), ("Ben", "Hi\nand more"), ("Dr. Ann", "Bye")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    recording, said = read(tmp_path, "Grüße, дорогая 你好. How are you today?".encode(encoding))
    assert said == [("", "Grüße, дорогая 你好. How are you today?")]
    assert all("UTF-16" in n.reason for n in recording.notes)


def test_windows_1252_is_guessed_and_said(tmp_path: Path) -> None:
    recording, said = read(tmp_path, "Schöne Grüße – “bis bald”".encode("cp1252"))
    assert said == [("", "Schöne Grüße – “bis bald”")]
    assert "Windows-1252" in recording.notes[0].reason


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path: Path) -> None:
    recording, [(_, text)] = read(tmp_path, "Grüße ".encode() * 20 + b"\xff" + "ö".encode() * 20)
    assert text.startswith("Grüße Grüße")
    assert "not valid UTF-8" in recording.notes[0].reason


def test_zero_bytes_are_left_out(tmp_path: Path) -> None:
    recording, [(_, text)] = read(tmp_path, b"Hello\x00 there" + b" and so on" * 30)
    assert text.startswith("Hello there")
    assert "control characters" in recording.notes[0].reason


@pytest.mark.parametrize(
    "record",
    [
        {"speaker": "Ann", "text": "Hi", "start": 1.5, "end": 2.5},
        {"Author": "Ann", "Message": "Hi", "Start_Time": "00:00:01,500", "End Time": "00:00:02,5"},
        {"from": "Ann", "utterance": "Hi", "start_s": "1.5", "duration": 1},
        {"name": "Ann", "content": [{"type": "text", "text": "Hi"}], "time": "0:01.5", "end": 2.5},
        {"role": "Ann", "content": "Hi", "onset": 1.5, "offset": 2.5},
    ],
)
def test_field_names_are_flexible(tmp_path: Path, record: dict) -> None:
    for name, content in (
        ("a.jsonl", json.dumps(record) + "\n" + json.dumps(record)),
        ("a.json", json.dumps([record, record], indent=1)),
        ("b.json", json.dumps({"title": "x", "messages": [record, record]})),
    ):
        recording, said = read(tmp_path, content, name)
        assert recording.kind == "chat"
        assert said == [("Ann", "Hi")] * 2
        [first, second] = recording.conversation
        assert (first.start_s, first.end_s) == (1.5, 2.5)
        assert first.id != second.id


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables(tmp_path: Path, delimiter: str) -> None:
    rows = [["From", "Body", "Date"], ["Ann", 'He said "hi",\nthen; left', "2023-05-01T10:00:00"]]
    file = tmp_path / "a.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([*rows, ["Ben", "", "2023"], ["Cy", "x"]])
    recording = Recording.open(file)
    [first, last] = recording.conversation
    assert (first.speaker, first.text) == ("Ann", 'He said "hi",\nthen; left')
    assert first.start_s is None
    assert first.meta["time"] == "2023-05-01T10:00:00"
    assert last.speaker == "Cy"
    assert {"1 message without words left out", "1 row does not have 3 cells"} == {
        n.reason for n in recording.notes
    }


def test_a_table_without_words_names_its_columns(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no column that holds words; it has a, b"):
        read(tmp_path, "a,b\n1,2\n", "a.csv")
    with pytest.raises(MediaError, match="no line of"):
        read(tmp_path, '{"a": 1}\n{"b": 2}\n', "a.jsonl")


def test_broken_lines_are_counted(tmp_path: Path) -> None:
    recording, said = read(
        tmp_path, '{"text": "one"}\n{"text": "tw\nnull\n{"text": "three \\ud800"}\n', "a.jsonl"
    )
    assert said == [("", "one"), ("", "three")]
    assert "2 lines could not be read (2, 3)" in recording.notes[0].reason


def test_json_that_was_cut_off(tmp_path: Path) -> None:
    whole = json.dumps([{"from": "Ann", "text": f"line {i}"} for i in range(9)])
    recording, said = read(tmp_path, whole[:-25], "a.json")
    assert len(said) == 8
    assert "cut off" in recording.notes[0].reason


def test_telegram(tmp_path: Path) -> None:
    export = {
        "name": "Ben",
        "type": "personal_chat",
        "id": 1,
        "messages": [
            {"id": 1, "type": "service", "date": "2023-01-01T10:00:00", "action": "x", "text": ""},
            {
                "id": 2,
                "type": "message",
                "date": "2023-01-01T10:00:01",
                "date_unixtime": "1672567201",
                "from": "Ann",
                "from_id": "user1",
                "text": ["see ", {"type": "link", "text": "http://x"}, " ok"],
            },
            {"id": 3, "type": "message", "from": "Ben", "text": "fine", "reply_to_message_id": 2},
        ],
    }
    recording, said = read(tmp_path, json.dumps(export, indent=1), "result.json")
    assert said == [("Ann", "see http://x ok"), ("Ben", "fine")]
    assert recording.conversation.utterances[1].reply_to == "2"
    assert recording.conversation.utterances[0].meta["time"] == "2023-01-01T10:00:01"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("31/12/2023, 23:59 - ", "01/01/2024, 00:05 - ", "2023-12-31T23:59:00"),
        ("12/31/23, 11:59 PM - ", "1/1/24, 12:05 AM - ", "2023-12-31T23:59:00"),
        ("[31.12.23, 23:59:10] ", "[01.01.24, 00:05:00] ", "2023-12-31T23:59:10"),
        (
            "\u200e[12/31/23, 11:59:10\u202fPM] ",
            "[1/1/24, 12:05:00\u202fAM] ",
            "2023-12-31T23:59:10",
        ),
        ("2023-12-31, 23:59 - ", "2024-01-01, 00:05 - ", "2023-12-31T23:59:00"),
        ("31.12.23 um 23:59 - ", "01.01.24 um 00:05 - ", "2023-12-31T23:59:00"),
        ("31/12/23 23.59 - ", "01/01/24 00.05 - ", "2023-12-31T23:59:00"),
        ("02/03/2024, 10:00 - ", "13/03/2024, 09:00 - ", "2024-03-02T10:00:00"),
        ("03/02/2024, 10:00 - ", "03/13/2024, 09:00 - ", "2024-03-02T10:00:00"),
        ("9/8/24, 11:59 p. m. - ", "9/9/24, 12:05 a. m. - ", "2024-09-08T23:59:00"),
    ],
)
def test_whatsapp_in_many_countries(tmp_path: Path, first, second, expected) -> None:
    recording, said = read(
        tmp_path,
        f"{first}Messages and calls are end-to-end encrypted.\n"
        f"{first}Ann Müller: Hi: all\nsecond line\n\nfourth\n"
        f"{second}+49 170 123: <Media omitted>\n"
        f"{second}Ben: \u200eimage omitted\n"
        f"{second}Ben: This message was deleted\n"
        f"{second}Ben 😀: bye <This message was edited>\n",
    )
    assert recording.kind == "chat"
    assert said == [("Ann Müller", "Hi: all\nsecond line\n\nfourth"), ("Ben 😀", "bye")]
    assert recording.conversation.utterances[0].meta["time"] == expected
    reasons = " ".join(n.reason for n in recording.notes)
    assert "2 photo, sound or video messages" in reasons
    assert "2 system or deleted messages" in reasons


def test_a_meld_scene(shared_data, tmp_path: Path) -> None:
    source = shared_data("text-internal/meld") / "dev_sent_emo.csv"
    with source.open(encoding="utf-8", errors="replace", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["Dialogue_ID"] == "0"]
    recording, said = read(tmp_path, "\n".join(json.dumps(r) for r in rows), "scene.jsonl")
    talk = recording.conversation
    assert len(talk) == len(rows)
    assert said[0][0] == rows[0]["Speaker"]
    assert talk.timed
    assert talk.utterances[0].start_s == 0
    assert 0 < recording.duration_s < 300
    assert talk.utterances[0].meta["Emotion"] == rows[0]["Emotion"]
    # As the transcript of a film, the times stay those of the film.
    assert read_conversation(tmp_path / "scene.jsonl").utterances[0].start_s > 60


def test_several_conversations_in_one_file_are_said(shared_data) -> None:
    recording = Recording.open(shared_data("text-internal/meld") / "dev_sent_emo.csv")
    assert len(recording.conversation) > 1000
    assert any("conversations" in n.reason for n in recording.notes)


def test_elan_with_dependent_tiers_and_unset_times(tmp_path: Path) -> None:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{i}"{v}/>'
        for i, v in enumerate((' TIME_VALUE="0"', "", ' TIME_VALUE="3000"'), start=1)
    )
    recording, said = read(
        tmp_path,
        f"""<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT><TIME_ORDER>{slots}
        </TIME_ORDER><TIER TIER_ID="Ann"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1"
        TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>Hi &amp; bye</ANNOTATION_VALUE>
        </ALIGNABLE_ANNOTATION></ANNOTATION></TIER><TIER TIER_ID="gloss" PARENT_REF="Ann">
        <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1"><ANNOTATION_VALUE>Hola
        </ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION><ANNOTATION><REF_ANNOTATION
        ANNOTATION_ID="a3" ANNOTATION_REF="a3"><ANNOTATION_VALUE>lost</ANNOTATION_VALUE>
        </REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>""",
        "a.eaf",
    )
    assert [(who, text.strip()) for who, text in said] == [("Ann", "Hi & bye"), ("gloss", "Hola")]
    assert {u.end_s for u in recording.conversation} == {1.5}
    assert "1 annotation without a time" in recording.notes[0].reason


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><ANNOTATION_DOCUMENT>&y;',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><ANNOTATION_DOCUMENT/>',
        '<! ENTITY x "y"><ANNOTATION_DOCUMENT/>',
        "<ANNOTATION_DOCUMENT>" + "<a>" * 5000,
        "<ANNOTATION_DOCUMENT>&undefined;</ANNOTATION_DOCUMENT>",
    ],
)
def test_hostile_xml_is_refused(tmp_path: Path, attack: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(MediaError, match=r"entities|deeper|well-formed"):
            read(tmp_path, attack.encode(encoding), "a.eaf")


def test_a_textgrid_that_was_cut_off(tmp_path: Path) -> None:
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n5\n<exists>\n1\n'
        '"IntervalTier"\n"Ann"\n0\n5\n3\n0\n1\n""\n1\n2\n"she said ""hi"""\n2\n5\n"and'
    )
    recording, said = read(tmp_path, text, "a.TextGrid")
    assert said == [("Ann", 'she said "hi"')]
    assert "cut off" in recording.notes[0].reason


def test_one_gigantic_line(tmp_path: Path) -> None:
    for content in ("word " * 2_000_000, "a" * 5_000_000, "12:" * 2_000_000, '"' * 999_999):
        for name in ("a.txt", "a.srt", "a.csv", "a.json", "a.TextGrid", "a.eaf"):
            try:
                read(tmp_path, content, name)
            except MediaError:
                continue
