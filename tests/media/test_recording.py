"""Kinds are told by content; what cannot be read is refused in words."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from affectkit.errors import MediaError
from affectkit.media import Recording, read_people_names, write_clip


def picture(width: int = 60, height: int = 40) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2, 0] = 255
    return Image.fromarray(pixels)


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16_000)
    picture().save(tmp_path / "b.png")
    write_clip(tmp_path / "c.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    (tmp_path / "d.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    for name, new, kind in (
        ("a.wav", "a.jpg", "audio"),
        ("b.png", "b.mp4", "image"),
        ("c.mp4", "c.txt", "video"),
        ("d.srt", "d.wav", "transcript"),
    ):
        assert Recording.open(tmp_path / name).notes == []
        (tmp_path / name).rename(tmp_path / new)
        with Recording.open(tmp_path / new) as recording:
            assert recording.kind == kind
            assert "named" in recording.notes[0].reason


def test_no_suffix_is_no_mistake(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16_000)
    (tmp_path / "a.wav").rename(tmp_path / "a")
    assert Recording.open(tmp_path / "a").notes == []


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tiff", "gif", "ppm", "avif"])
def test_photos(tmp_path: Path, suffix: str) -> None:
    picture().save(tmp_path / f"a.{suffix}")
    with Recording.open(tmp_path / f"a.{suffix}") as recording:
        assert recording.kind == "image"
        assert recording.has_video
        assert not recording.has_audio
        assert recording.conversation is None
        [frame] = recording.frames()
        assert frame.time_s == 0
        assert frame.image.shape == (40, 60, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image[5, 5, 0] > 200 > 100 > frame.image[35, 55, 0]


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_photos_of_every_mode_become_colour(tmp_path: Path, mode: str) -> None:
    suffix = "tiff" if mode in ("CMYK", "I", "F", "I;16") else "png"
    if mode == "I;16":
        levels = np.zeros((40, 60), np.uint16)
        levels[:20, :30] = 65535
        Image.fromarray(levels).save(tmp_path / f"a.{suffix}")
    else:
        white = picture().convert("L").point(lambda level: 255 if level else 0)
        (white if mode in "1IFLA" else picture()).convert(mode).save(tmp_path / f"a.{suffix}")
    [frame] = Recording.open(tmp_path / f"a.{suffix}").frames()
    assert frame.image.shape == (40, 60, 3)
    assert frame.image[5, 5].max() > frame.image[35, 55].min()


def test_photos_taken_with_a_turned_camera_come_upright(tmp_path: Path) -> None:
    upright = picture()
    for orientation, turned in {
        3: upright.transpose(Image.Transpose.ROTATE_180),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        8: upright.transpose(Image.Transpose.ROTATE_270),
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    }.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned.save(tmp_path / "a.png", exif=exif)
        [frame] = Recording.open(tmp_path / "a.png").frames()
        assert np.array_equal(frame.image, np.asarray(upright))


def test_large_photos_shrink(tmp_path: Path) -> None:
    picture(3000, 2000).save(tmp_path / "a.jpg")
    [frame] = Recording.open(tmp_path / "a.jpg").frames(max_size=300)
    assert frame.image.shape == (200, 300, 3)


def test_a_moving_gif_is_a_video(tmp_path: Path) -> None:
    steps = [Image.new("RGB", (32, 32), (i * 60, 0, 0)) for i in range(4)]
    steps[0].save(tmp_path / "a.gif", save_all=True, append_images=steps[1:], duration=200)
    with Recording.open(tmp_path / "a.gif") as recording:
        assert recording.kind == "video"
        assert len(list(recording.frames())) == 4


def test_a_cut_off_photo_gives_its_upper_part(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with Recording.open(tmp_path / "a.jpg") as recording:
        [frame] = recording.frames()
        assert frame.image[:100].std() > 30
        assert "cut off" in recording.notes[0].reason


def bomb() -> bytes:
    """A PNG of a few bytes that claims a hundred thousand pixels a side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bomb())
    with pytest.raises(MediaError, match="claims"):
        list(Recording.open(tmp_path / "a.png").frames())


def refusal_or_notes(file: Path) -> str:
    """Read all there is; return why not, or the file's name if notes or words came out."""
    try:
        with Recording.open(file) as recording:
            for frame in recording.frames() if recording.has_video else ():
                assert frame.image.ndim == 3
            if recording.has_audio:
                recording.audio()
            return file.name if recording.notes or recording.conversation else "silently nothing"
    except MediaError as error:
        return error.problem


@pytest.mark.parametrize(
    "content",
    [
        b"\x00" * 5000,
        b"\x00",
        bytes(range(256)) * 40,
        b"%!PS-Adobe\n" + b"\xff\x00\x01" * 400,
        b"PK\x03\x04" + bytes(200),
        b"\x7fELF" + bytes(range(200)),
        b"RIFF\x10\x00\x00\x00WAVE",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"\x1aE\xdf\xa3" + b"\xff" * 50,
        b"   \n\n ",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"<ANNOTATION_DOCUMENT>",
        b"WEBVTT\n\n",
        b'File type = "ooTextFile"\nObject class = "TextGrid"\n',
    ],
    ids=range(18),
)
def test_what_is_nothing_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    for suffix in ("", ".mp4", ".txt", ".json"):
        file = tmp_path / f"thing{suffix}"
        file.write_bytes(content)
        assert "thing" in refusal_or_notes(file)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, words in (
        ("pipe", "pipe or device"),
        ("empty.mp4", "is empty"),
        ("absent", "no file"),
        ("loop", "cannot be opened"),
        (".", "folder"),
        ("a\x00b", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
    ):
        with pytest.raises(MediaError, match=words):
            Recording.open(f"{tmp_path}/{name}" if name != "." else tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello")
    (tmp_path / "a.txt").chmod(0)
    with pytest.raises(MediaError, match="cannot be read"):
        Recording.open(tmp_path / "a.txt")


def test_odd_names_are_no_addresses(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("http:--x.wav", "pipe:0", "concat:a|b.wav", "-i.wav", "a b\n'c\".wav", "ü%d.wav"):
        out = io.BytesIO()
        soundfile.write(out, np.zeros(1600), 16_000, format="WAV")
        Path(name).write_bytes(out.getvalue())
        assert Recording.open(name).audio().duration_s == pytest.approx(0.1)


def test_a_text_has_neither_picture_nor_sound(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello there.")
    with Recording.open(tmp_path / "a.txt") as recording:
        assert (recording.kind, recording.duration_s) == ("text", 0.0)
        with pytest.raises(MediaError, match="no picture"):
            recording.frames()
        with pytest.raises(MediaError, match="no sound"):
            recording.audio()


def test_people_names(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("\ufeffname;person\nÄnn O'Neil; Person 1 \n\nBen;Voice 2\n")
    assert read_people_names(file) == {"Person 1": "Änn O'Neil", "Voice 2": "Ben"}
    for content, words in (
        ("person,name\nPerson 1\n", "row 2 of names.csv has 1 cell, not 2"),
        ("person,name\nPerson 1,\n", "row 2 of names.csv has no name"),
        ("person,name\na,b\n,c\n", "row 3 of names.csv has no person"),
        ("person,name\na,b\na,c\n", "row 3 of names.csv names 'a' again"),
        ("who,name\na,b\n", "no column 'person'"),
        ("\n\n", "no rows"),
    ):
        file.write_text(content)
        with pytest.raises(MediaError, match=words):
            read_people_names(file)


def test_a_title_that_is_no_text_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, np.full(1600, 0.1), 16_000, subtype="PCM_16")
    whole = bytearray(file.read_bytes())
    title = b"INFOIART" + struct.pack("<I", 4) + b"\xff\xfe\xf0\x00"
    whole += b"LIST" + struct.pack("<I", len(title)) + title
    whole[4:8] = struct.pack("<I", len(whole) - 8)
    file.write_bytes(whole)
    with Recording.open(file) as recording:
        assert recording.kind == "audio"
        assert recording.duration_s == pytest.approx(0.1)
