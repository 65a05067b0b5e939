"""Frames come at the right time, upright, at the right size, from any frame rate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from affectkit.errors import MediaError
from affectkit.media import Recording, poster, write_clip
from affectkit.media.video import turn

SIZE = (96, 128)


def grey(level: float) -> np.ndarray:
    return np.full((*SIZE, 3), int(level), dtype=np.uint8)


def staircase(n: int) -> list[np.ndarray]:
    """Frames that each tell their own number by how bright they are."""
    return [grey(30 + 200 * i / max(n - 1, 1)) for i in range(n)]


def number_of(image: np.ndarray, n: int) -> float:
    return (float(image.mean()) - 30) / 200 * (n - 1)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 25.0])
def test_each_slot_gets_its_first_frame(tmp_path: Path, suffix: str, rate_hz: float) -> None:
    n = 50
    file = write_clip(tmp_path / f"steps{suffix}", staircase(n), rate_hz=25)
    with Recording.open(file) as recording:
        assert recording.kind == "video"
        assert not recording.has_audio
        assert recording.duration_s == pytest.approx(2.0, abs=0.05)
        frames = list(recording.frames(rate_hz=rate_hz))
        assert recording.notes == []
    times = np.array([f.time_s for f in frames])
    slots = np.floor(times * rate_hz + 1e-6)
    assert len(frames) == round(2 * rate_hz)
    assert (np.diff(slots) == 1).all()
    # What is seen is what was shown at that time, to within the codec's noise.
    seen = np.array([number_of(f.image, n) for f in frames])
    assert np.abs(seen - times * 25).max() < 1.0


def test_variable_frame_rate_goes_by_timestamps(tmp_path: Path) -> None:
    times = np.concatenate([np.arange(0, 1, 1 / 30), np.arange(1, 3, 0.5), [3.0, 3.02, 3.5]])
    n = len(times)
    file = write_clip(tmp_path / "vfr.mp4", staircase(n), rate_hz=30, times_s=times)
    frames = list(Recording.open(file).frames(rate_hz=5))
    shown = [f.time_s for f in frames]
    assert shown == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], abs=0.035)
    for frame in frames:
        number = round(number_of(frame.image, n))
        assert times[number] == pytest.approx(frame.time_s, abs=0.035)


def test_skipping_changes_which_frames_are_decoded_but_not_what_they_show(shared_data) -> None:
    file = shared_data("av/video") / "pyfeat_WolfgangLanger_Pexels.mp4"
    recording = Recording.open(file)
    every = {round(f.time_s, 3): f.image for f in recording.frames(rate_hz=24, max_size=160)}
    few = list(recording.frames(rate_hz=5, max_size=160))
    assert len(few) == pytest.approx(5 * recording.duration_s, abs=2)
    for frame in few:
        assert np.array_equal(every[round(frame.time_s, 3)], frame.image)


def test_real_clips_open_without_notes_on_the_picture(shared_data) -> None:
    for file in sorted(shared_data("av/video").glob("*.mp4")):
        recording = Recording.open(file)
        frames = list(recording.frames())
        assert len(frames) == pytest.approx(recording.duration_s * 5, abs=2)
        assert max(frames[0].image.shape) <= 960
        assert not [n for n in recording.notes if "picture" in n.reason]


def test_large_pictures_shrink_and_small_ones_stay(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "a.mp4", staircase(3), rate_hz=5)
    [first, *_] = Recording.open(file).frames(max_size=64)
    assert first.image.shape == (48, 64, 3)
    [first, *_] = Recording.open(file).frames(max_size=4000)
    assert first.image.shape == (96, 128, 3)


def corner_picture() -> np.ndarray:
    """Red at the upper left, green at the upper right, blue below."""
    image = np.zeros((*SIZE, 3), dtype=np.uint8)
    image[:48, :64, 0] = image[:48, 64:, 1] = 220
    image[48:, :, 2] = 220
    return image


def with_matrix(file: Path, a: int, b: int, c: int, d: int) -> Path:
    """Set the display matrix in an MP4's track header, as cameras that are turned do."""
    data = bytearray(file.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    rows = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]
    data[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in rows)
    turned = file.with_name(f"turned{a}{b}{c}{d}.mp4")
    turned.write_bytes(data)
    return turned


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), lambda p: p),
        ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),  # a phone held upright: clockwise
        ((-1, 0, 0, -1), lambda p: np.rot90(p, 2)),
        ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
    ],
)
def test_frames_come_upright(tmp_path: Path, matrix, expected) -> None:
    picture = corner_picture()
    file = write_clip(tmp_path / "a.mp4", [picture] * 5, rate_hz=5)
    [frame, *_] = Recording.open(with_matrix(file, *matrix)).frames()
    wanted = expected(picture)
    assert frame.image.shape == wanted.shape
    assert np.abs(frame.image.astype(int) - wanted).mean() < 12
    assert np.array_equal(turn(picture, matrix), wanted)


def test_a_file_cut_in_the_middle_gives_what_there_is_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noisy = [rng.integers(0, 255, (*SIZE, 3)).astype(np.uint8) for _ in range(100)]
    whole = write_clip(tmp_path / "a.mkv", noisy, rate_hz=10)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) // 2])
    with Recording.open(cut) as recording:
        frames = list(recording.frames())
        assert 10 < len(frames) < 40
        assert any("stops after" in n.reason for n in recording.notes)


def test_an_mp4_without_its_index_is_a_clear_error(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.mp4", staircase(50), rate_hz=10)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(MediaError, match=r"cut\.mp4 cannot be read.*copy it again"):
        Recording.open(cut)


def test_damage_in_the_middle_leaves_the_rest(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.mp4", staircase(100), rate_hz=10)
    data = bytearray(whole.read_bytes())
    start = data.index(b"mdat")
    middle = (start + len(data)) // 3
    data[middle : middle + 200] = bytes(200)
    whole.write_bytes(data)
    assert len(list(Recording.open(whole).frames())) >= 20


def test_a_playlist_cannot_reach_other_files(tmp_path: Path) -> None:
    secret = write_clip(tmp_path / "secret.mp4", staircase(5), rate_hz=5)
    lists = {
        "a.m3u8": f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "a.mp4": f"ffconcat version 1.0\nfile '{secret}'\n",
        "b.mp4": "#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/x.ts\n#EXT-X-ENDLIST\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        recording = Recording.open(tmp_path / name)
        assert recording.kind == "text"
        assert not recording.has_video


def test_poster_is_a_jpeg_of_the_time_asked_for(tmp_path: Path) -> None:
    import io

    from PIL import Image

    file = write_clip(tmp_path / "a.mp4", staircase(50), rate_hz=10)
    with Recording.open(file) as recording:
        early, late = (
            np.asarray(Image.open(io.BytesIO(poster(recording, at_s)))).mean()
            for at_s in (0.0, 4.9)
        )
    assert early < 50
    assert late > 200


def test_nothing_to_encode_and_unknown_suffix_are_errors(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="nothing to encode"):
        write_clip(tmp_path / "a.mp4", [])
    with pytest.raises(MediaError, match="suffix"):
        write_clip(tmp_path / "a.xyz", staircase(2))
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Resident memory after 300 frames is what it was after 60, the collector being off."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("resident memory is read from /proc")
    still = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    file = write_clip(tmp_path / "a.mp4", [still] * 300, rate_hz=5)
    code = (
        "import gc, sys; from affectkit.media import Recording; gc.disable(); seen = []\n"
        "for n, frame in enumerate(Recording.open(sys.argv[1]).frames(), start=1):\n"
        "    if n in (60, 300):\n"
        "        seen.append(int(open('/proc/self/statm').read().split()[1]) * 4096)\n"
        "print(seen[1] - seen[0])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    # One decoded frame is 0.46 MB; holding on to 240 would be 110 MB.
    assert int(out.stdout) < 20e6


def test_a_slide_show_is_not_taken_for_a_truncated_film(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "a.mp4", staircase(4), rate_hz=0.2)
    with Recording.open(file) as recording:
        assert len(list(recording.frames())) == 4
        assert recording.duration_s == pytest.approx(20, abs=0.5)
        assert recording.notes == []
