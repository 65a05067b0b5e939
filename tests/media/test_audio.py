"""Sound keeps its pitch, level and time on its way to 16 kHz mono."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from affectkit.errors import MediaError
from affectkit.media import Audio, Recording, write_clip

RATE = 16_000


def tone(hz: float, seconds: float, rate: int, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT", "DOUBLE"])
def test_pitch_level_and_length_survive(tmp_path: Path, rate: int, subtype: str) -> None:
    file = tmp_path / "a.wav"
    left = tone(440, 1.5, rate)
    soundfile.write(file, np.stack([left, 0.5 * left], axis=1), rate, subtype=subtype)
    with Recording.open(file) as recording:
        assert recording.kind == "audio"
        assert recording.duration_s == pytest.approx(1.5, abs=0.01)
        sound = recording.audio()
        assert sound.duration_s == pytest.approx(1.5, abs=0.002)
        heard = sound.read()
        assert pitch(heard) == pytest.approx(440, abs=1)
        assert np.sqrt((heard[2000:-2000] ** 2).mean()) == pytest.approx(
            0.75 * 0.5 / np.sqrt(2), rel=0.02
        )
        assert recording.notes == []


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3", "aiff", "caf", "au", "rf64"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    soundfile.write(file, tone(330, 1.0, 44_100), 44_100)
    with Recording.open(file) as recording:
        assert pitch(recording.audio().read(0.1, 0.9)) == pytest.approx(330, abs=2)


@pytest.mark.parametrize("form", ["SDS", "PAF", "AVR", "MAT4", "NIST"])
def test_formats_that_only_soundfile_knows(tmp_path: Path, form: str) -> None:
    file = tmp_path / "a.bin"
    soundfile.write(file, tone(330, 1.0, 22_050), 22_050, format=form, subtype="PCM_16")
    with Recording.open(file) as recording:
        assert recording.kind == "audio"
        assert recording.duration_s == pytest.approx(1.0, abs=0.01)
        assert pitch(recording.audio().read(0.1, 0.9)) == pytest.approx(330, abs=2)


def test_sixteen_kilohertz_mono_is_read_bit_for_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32768, 32767, RATE).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    heard = Recording.open(tmp_path / "a.wav").audio().read()
    assert np.array_equal(heard, samples.astype(np.float32) / 32768)


def test_channels_that_cancel_each_other_are_not_lost(tmp_path: Path) -> None:
    left = tone(440, 1.0, RATE)
    soundfile.write(tmp_path / "a.wav", np.stack([left, -left], axis=1), RATE)
    with Recording.open(tmp_path / "a.wav") as recording:
        assert np.abs(recording.audio().read()).max() == pytest.approx(0.5, abs=0.01)
        assert any("cancel" in n.reason for n in recording.notes)


def test_sound_beyond_full_scale_is_turned_down_not_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(440, 1.0, 48_000, level=3.0), 48_000, subtype="FLOAT")
    with Recording.open(tmp_path / "a.wav") as recording:
        heard = recording.audio().read(0.1, 0.9)
        assert 0.95 < np.abs(heard).max() <= 1.0
        # A clipped sine has a third harmonic; this one has not.
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        assert spectrum[round(1320 * 0.8)] < 1e-3 * spectrum.max()
        assert any("turned down by 9.5 dB" in n.reason for n in recording.notes)


def test_silence_is_said_to_be_silent(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(RATE), RATE)
    with Recording.open(tmp_path / "a.wav") as recording:
        assert recording.audio().duration_s == 1.0
        assert [n.reason for n in recording.notes] == ["the sound is silent throughout"]


def test_sound_of_no_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), RATE)
    with Recording.open(tmp_path / "a.wav") as recording:
        assert recording.audio().duration_s == 0
        assert recording.audio().read().shape == (0,)
        assert list(recording.audio().blocks(1.0)) == []
        assert any("no sound" in n.reason for n in recording.notes)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_picture_and_sound_agree_in_time(tmp_path: Path, suffix: str) -> None:
    """A flash and a beep at the same moment are found at the same moment."""
    frames = [np.full((64, 64, 3), 230 if 25 <= i < 30 else 20, np.uint8) for i in range(60)]
    sound = np.zeros(6 * RATE, np.float32)
    sound[round(2.5 * RATE) : 3 * RATE] = tone(800, 0.5, RATE)
    file = write_clip(tmp_path / f"a{suffix}", frames, rate_hz=10, samples=sound)
    with Recording.open(file) as recording:
        flash = next(f.time_s for f in recording.frames(rate_hz=10) if f.image.mean() > 120)
        heard = np.abs(recording.audio().read())
        beep = float(np.argmax(heard > 0.2)) / RATE
    assert flash == pytest.approx(2.5, abs=0.06)
    assert beep == pytest.approx(2.5, abs=0.06)


def test_a_truncated_sound_gives_what_there_is_and_says_so(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.random.default_rng(0).normal(0, 0.1, 20 * RATE), RATE)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2])
    with Recording.open(tmp_path / "cut.flac") as recording:
        assert recording.audio().duration_s == pytest.approx(10, abs=0.5)
        assert any("stops after" in n.reason for n in recording.notes)


@given(
    n=st.integers(0, 5000),
    block=st.integers(1, 1500),
    overlap=st.floats(0, 0.9),
)
@settings(max_examples=60, deadline=None)
def test_blocks_cover_everything_once_and_overlap_as_asked(n: int, block: int, overlap: float):
    samples = np.random.default_rng(n).integers(-9999, 9999, n).astype(np.float32) / 32768
    sound = Audio.from_samples(samples)
    step = round(block / RATE * RATE) - round(overlap * block)
    if step < 1:
        return
    again, end = [], 0
    for start_s, piece in sound.blocks(block / RATE, round(overlap * block) / RATE):
        start = round(start_s * RATE)
        assert start <= end < start + len(piece)
        assert len(piece) <= block
        again.append(piece[end - start :])
        end = start + len(piece)
    assert end == n
    assert np.array_equal(np.concatenate(again) if again else np.zeros(0), samples)
    sound.close()


def test_reading_outside_gives_less(tmp_path: Path) -> None:
    sound = Audio.from_samples(np.ones(RATE, np.float32) * 0.5)
    assert sound.read(-3, -1).shape == (0,)
    assert sound.read(0.5, 9).shape == (RATE // 2,)
    assert sound.read(2, 3).shape == (0,)
    with pytest.raises(ValueError, match="overlap"):
        next(sound.blocks(1.0, 1.0))


def test_no_sound_is_an_error_not_silence(tmp_path: Path) -> None:
    file = write_clip(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    with pytest.raises(MediaError, match="no sound"):
        Recording.open(file).audio()


def test_scratch_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("AFFECTKIT_SCRATCH", str(scratch))
    soundfile.write(tmp_path / "a.wav", tone(440, 1, RATE), RATE)
    with Recording.open(tmp_path / "a.wav") as recording:
        recording.audio()
    assert list(scratch.iterdir()) == []


def test_no_room_is_a_clear_error(tmp_path: Path, monkeypatch) -> None:
    soundfile.write(tmp_path / "a.wav", tone(440, 1, RATE), RATE)
    monkeypatch.setenv("AFFECTKIT_SCRATCH", str(tmp_path / "absent"))
    with pytest.raises(MediaError, match=r"no room.*AFFECTKIT_SCRATCH"):
        Recording.open(tmp_path / "a.wav").audio()


@pytest.mark.slow
def test_four_hours_take_no_more_memory_than_one_minute(tmp_path: Path) -> None:
    """Peak memory, in a process of its own, after decoding and walking through all."""
    pytest.importorskip("resource")
    code = (
        "import sys, resource; from affectkit.media import Recording; "
        "sound = Recording.open(sys.argv[1]).audio(); "
        "[block.sum() for _, block in sound.blocks(30.0)]; "
        "print(sound.duration_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for seconds in (60, 4 * 3600):
        file = tmp_path / f"{seconds}.wav"
        _sparse_wav(file, seconds)
        out = subprocess.run(
            [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
        )
        length, peak_kb = out.stdout.split()
        assert float(length) == pytest.approx(seconds, abs=0.1)
        peaks.append(int(peak_kb))
    assert peaks[1] - peaks[0] < 40_000


def _sparse_wav(file: Path, seconds: int, rate: int = 8_000) -> None:
    """Write a WAV header and a hole of the right size behind it."""
    size = 2 * rate * seconds
    fields = [b"RIFF", (36 + size).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little")]
    fields += [(1).to_bytes(2, "little"), (1).to_bytes(2, "little"), rate.to_bytes(4, "little")]
    fields += [(2 * rate).to_bytes(4, "little"), (2).to_bytes(2, "little")]
    fields += [(16).to_bytes(2, "little"), b"data", size.to_bytes(4, "little")]
    with file.open("wb") as stream:
        stream.write(b"".join(fields))
        stream.truncate(44 + size)


def test_a_bare_stream_is_as_long_as_it_is(tmp_path: Path) -> None:
    """Such a file does not say how long it is; loud and quiet parts mislead a guess."""
    import av

    sound = np.concatenate([np.zeros(20 * RATE), np.random.default_rng(0).normal(0, 0.2, 5 * RATE)])
    whole = (sound.clip(-1, 1) * 32767).astype(np.int16)
    with av.open(str(tmp_path / "a.aac"), "w", format="adts") as box:
        stream = box.add_stream("aac", rate=RATE, layout="mono")
        for at in range(0, len(whole), 1024):
            frame = av.AudioFrame.from_ndarray(whole[None, at : at + 1024], "s16p", "mono")
            frame.sample_rate, frame.pts = RATE, at
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    with Recording.open(tmp_path / "a.aac") as recording:
        assert recording.duration_s == pytest.approx(25, abs=0.3)
        assert recording.audio().duration_s == pytest.approx(25, abs=0.3)
        assert recording.notes == []


def test_sixteen_channels_kept_apart(tmp_path: Path) -> None:
    """Beyond eight separate planes, PyAV loses count of them."""
    import av

    tones = (0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000) * 32767).astype(np.int16)
    with av.open(str(tmp_path / "a.nut"), "w") as box:
        stream = box.add_stream("pcm_s16le_planar", rate=48_000, layout="hexadecagonal")
        mixed = np.repeat(tones, 16).reshape(1, -1)
        packed = av.AudioFrame.from_ndarray(mixed, "s16", "hexadecagonal")
        packed.sample_rate, packed.pts = 48_000, 0
        for frame in av.AudioResampler(format="s16p").resample(packed):
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    with Recording.open(tmp_path / "a.nut") as recording:
        assert pitch(recording.audio().read(0.1, 0.9)) == pytest.approx(440, abs=2)
        assert recording.notes == []


def test_damaged_aac_that_claims_dozens_of_channels_is_survived(shared_data, tmp_path) -> None:
    """A doubled stretch in this clip once ended the process."""
    source = shared_data("av/video") / "pyfeat_WolfgangLanger_Pexels.mp4"
    data = source.read_bytes()
    for seed in (12, 46):
        rng = np.random.default_rng(seed)
        start = int(rng.integers(len(data)))
        piece = data[start : start + int(rng.integers(1, 200))]
        file = tmp_path / f"{seed}.mp4"
        file.write_bytes(data[:start] + piece * int(rng.integers(2, 300)) + data[start:])
        with Recording.open(file) as recording:
            assert recording.audio().duration_s == pytest.approx(20, abs=20)
            assert any("could not be decoded" in n.reason for n in recording.notes)
