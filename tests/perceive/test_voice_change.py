"""Another voice: pitch and formants go where they are asked to, each for itself."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from affectkit.perceive.voice_change import change_voice

RATE = 16_000


def vowel(pitch_hz=130.0, formants_hz=(700.0, 1200.0, 2600.0), seconds=1.0):
    """Pulses through resonances: a vowel whose pitch and formants are known."""
    n = int(RATE * seconds)
    pulses = np.zeros(n)
    pulses[np.arange(0, n, RATE / pitch_hz).astype(int)] = 1.0
    spectrum = np.fft.rfft(pulses)
    hertz = np.fft.rfftfreq(n, 1 / RATE)
    gain = sum(1 / (1 + ((hertz - f) / 80.0) ** 2) for f in formants_hz)
    sound = np.fft.irfft(spectrum * gain, n)
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def pitch_of(samples):
    """Return the frequency with most sound at its multiples and least between them.

    A tracker that goes frame by frame may take an octave below; this one sees the whole vowel.
    """
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    level = np.log(np.maximum(spectrum, 1e-3 * spectrum.max()))
    step = RATE / len(samples)

    def at(hertz):
        near = np.round(hertz / step).astype(int)
        return np.maximum.reduce([level[near + k] for k in (-1, 0, 1)]).mean()

    multiples = np.arange(1, 9)
    tried = np.arange(60.0, 450.0, 0.25)
    stands_out = [
        at(multiples * f) - max(at((multiples - part) * f) for part in (1 / 3, 1 / 2, 2 / 3))
        for f in tried
    ]
    return tried[np.argmax(stands_out)]


def formant(samples, low, high):
    """Return the peak of the smoothed spectrum between two frequencies."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    width = int(250 / hertz[1])
    smooth = np.convolve(power, np.hanning(width), mode="same")
    inside = (hertz > low) & (hertz < high)
    return hertz[inside][smooth[inside].argmax()]


@given(st.floats(0.7, 1.8), st.floats(0.85, 1.2), st.floats(110, 220))
@settings(max_examples=12)
@example(pitch=1.125, formants=1.1875, hertz=215.0)
def test_pitch_goes_where_it_is_asked_and_the_length_stays(pitch, formants, hertz):
    sound = vowel(hertz)
    made = change_voice(sound, pitch=pitch, formants=formants)
    assert len(made) == len(sound)
    np.testing.assert_allclose(pitch_of(made), hertz * pitch, rtol=0.04)
    np.testing.assert_allclose(np.std(made), np.std(sound), rtol=0.05)


@pytest.mark.parametrize("ratio", [0.85, 1.0, 1.18])
@pytest.mark.parametrize("pitch", [0.8, 1.5])
def test_formants_go_where_they_are_asked_whatever_the_pitch(ratio, pitch):
    made = change_voice(vowel(), pitch=pitch, formants=ratio)
    assert formant(made, 1900, 3400) == pytest.approx(2600 * ratio, rel=0.05)


def test_noise_and_silence_stay_what_they_are():
    noise = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    assert np.isfinite(change_voice(noise, pitch=1.5, formants=1.1)).all()
    assert not change_voice(np.zeros(RATE, dtype=np.float32), pitch=1.5).any()
    assert len(change_voice(np.zeros(10, dtype=np.float32), pitch=1.5)) == 10


@pytest.mark.parametrize("ratios", [{"pitch": 3.0}, {"formants": 0.5}])
def test_ratios_beyond_a_voice_are_refused(ratios):
    with pytest.raises(ValueError, match="out of range"):
        change_voice(np.zeros(RATE, dtype=np.float32), **ratios)
