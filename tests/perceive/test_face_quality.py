"""Quality falls as a face gets smaller, duller or turns away, and never leaves [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from affectkit.perceive.face_quality import blur_of, quality, weakest

SEEN = {
    "eye_distance_px": st.floats(0, 500),
    "blur": st.floats(0, 1),
    "yaw": st.floats(-180, 180),
    "pitch": st.floats(-90, 90),
    "presence": st.floats(0, 1),
}


@given(st.fixed_dictionaries(SEEN))
def test_quality_is_a_share_and_worse_evidence_never_raises_it(seen) -> None:
    value = quality(**seen)
    assert 0 <= value <= 1
    for worse in (
        {"eye_distance_px": seen["eye_distance_px"] * 0.8},
        {"blur": min(1.0, seen["blur"] + 0.1)},
        {"yaw": seen["yaw"] * 1.1},
        {"pitch": seen["pitch"] * 1.1},
        {"presence": seen["presence"] * 0.9},
    ):
        assert quality(**(seen | worse)) <= value + 1e-12
    assert weakest(**seen)


def test_blurring_a_photo_more_raises_its_blur(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("av/face/pyfeat") / "single_face.jpg"
    photo = Image.open(path).convert("RGB").resize((256, 256))
    values = [
        blur_of(np.asarray(photo.filter(ImageFilter.GaussianBlur(radius))))
        for radius in (0, 1, 2, 4, 8)
    ]
    assert values == sorted(values)
    assert values[-1] - values[0] > 0.2


def test_the_weakest_part_is_named() -> None:
    good = {"eye_distance_px": 90, "blur": 0.3, "yaw": 0, "pitch": 0, "presence": 1.0}
    assert "small" in weakest(**(good | {"eye_distance_px": 12}))
    assert "blurred" in weakest(**(good | {"blur": 0.9}))
    assert "turned" in weakest(**(good | {"yaw": -58}))
    assert "not clearly a face" in weakest(**(good | {"presence": 0.2}))
