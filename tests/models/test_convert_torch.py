from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectkit.errors import WeightsError
from affectkit.models.convert.torch_archive import tensors
from affectkit.models.convert.torch_program import RefusedError, follow


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def tensor(key: str, count: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
    """Assemble by hand what torch.save writes for one float tensor."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    storage += number(count) + b"tQ"
    extents = b"(" + b"".join(map(number, shape)) + b"t"
    strides = b"(" + b"".join(map(number, stride)) + b"t"
    rest = number(0) + extents + strides + b"\x89" + b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + rest + b"tR"


def archive(path: Path, program: bytes, **storages: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + program + b".")
        for key, raw in storages.items():
            file.writestr(f"archive/data/{key}", raw)
    return path


SIX = np.arange(6, dtype=np.float32)


def one(shape: tuple[int, ...], stride: tuple[int, ...], count: int = 6) -> bytes:
    return b"}" + text("weight") + tensor("k0", count, shape, stride) + b"s"


def test_reads_a_tensor_assembled_by_hand(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.pt", one((2, 3), (3, 1)), k0=SIX.tobytes())
    assert np.array_equal(tensors(path)["weight"], SIX.reshape(2, 3))


def test_strides_are_followed(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.pt", one((3, 2), (1, 3)), k0=SIX.tobytes())
    assert np.array_equal(tensors(path)["weight"], SIX.reshape(2, 3).T)


@pytest.mark.parametrize(
    ("shape", "stride", "count", "raw"),
    [
        ((7,), (1,), 6, SIX.tobytes()),  # one beyond the end
        ((2, 3), (4, 1), 6, SIX.tobytes()),  # a row beyond the end
        ((100, 6), (0, 1), 6, SIX.tobytes()),  # unfolds to more than there is
        ((-1,), (1,), 6, SIX.tobytes()),
        ((2, 3), (-3, 1), 6, SIX.tobytes()),
        ((2, 3), (3,), 6, SIX.tobytes()),
        ((6,), (1,), 6, SIX.tobytes()[:-1]),  # a storage cut short
        ((6,), (1,), 2**30, SIX.tobytes()),  # a storage that claims more than it has
    ],
)
def test_tensors_beyond_their_storage_are_refused(
    tmp_path: Path, shape: tuple[int, ...], stride: tuple[int, ...], count: int, raw: bytes
) -> None:
    path = archive(tmp_path / "x.pt", one(shape, stride, count), k0=raw)
    with pytest.raises(WeightsError):
        tensors(path)


@pytest.mark.parametrize(
    "program",
    [
        b"cos\nsystem\n(" + text("touch sign") + b"tR",
        b"cposix\nsystem\n(" + text("touch sign") + b"tR",
        b"cbuiltins\neval\n(" + text("open('sign', 'w')") + b"tR",
        b"cbuiltins\nexec\n(" + text("open('sign', 'w')") + b"tR",
        b"(" + text("touch sign") + b"ios\nsystem\n",
        text("os") + text("system") + b"\x93(" + text("touch sign") + b"tR",
        b"ctorch\nload\n(" + text("sign") + b"tR",
        b"ctorch._utils\n_rebuild_tensor\n)R",
        b"ccollections\nOrderedDict\n(]" + b"tR",
        b"c__main__\nModel\n)\x81",
        b"ccopyreg\n_reconstructor\n(tR",
        b"\x82\x01",
    ],
)
def test_whatever_else_a_file_asks_for_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    path = archive(tmp_path / "x.pt", program)
    with pytest.raises(WeightsError):
        tensors(path)
    assert [file.name for file in tmp_path.iterdir()] == ["x.pt"]


def test_a_container_that_holds_itself_ends(tmp_path: Path) -> None:
    itself = (
        b"}q\x01" + text("me") + b"h\x01s" + text("weight") + tensor("k0", 6, (6,), (1,)) + b"s"
    )
    path = archive(tmp_path / "x.pt", itself, k0=SIX.tobytes())
    assert list(tensors(path)) == ["weight"]


def test_a_program_without_end_is_refused() -> None:
    with pytest.raises(RefusedError):
        follow(io.BytesIO(b"\x80\x02}"))


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x80\x02}.", b"\x80\x02]" * 50])
def test_what_is_no_torch_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"x\.pt"):
        tensors(path)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_altered_programs_end_in_a_clear_error_or_in_arrays(
    tmp_path: Path, data: st.DataObject
) -> None:
    program = bytearray(one((2, 3), (3, 1)))
    for _ in range(data.draw(st.integers(1, 4))):
        program[data.draw(st.integers(0, len(program) - 1))] = data.draw(st.integers(0, 255))
    path = archive(tmp_path / "x.pt", bytes(program), k0=SIX.tobytes())
    try:
        found = tensors(path)
    except WeightsError:
        return
    assert all(isinstance(value, np.ndarray) for value in found.values())


class TestAgainstTorch:
    """What torch itself writes and reads is the oracle, where it is installed."""

    @pytest.fixture
    def torch(self) -> Any:
        return pytest.importorskip("torch")

    @pytest.fixture(params=[True, False], ids=["zip", "older"])
    def layout(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    def test_state_of_a_network(self, torch: Any, tmp_path: Path, layout: bool) -> None:
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.LSTM(4, 8, 2), torch.nn.Linear(8, 3), torch.nn.BatchNorm1d(3)
        )
        self.same(torch, tmp_path, layout, network.state_dict())

    def test_kinds_views_and_nesting(self, torch: Any, tmp_path: Path, layout: bool) -> None:
        base = torch.arange(24, dtype=torch.float32)
        kinds = ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8")
        content = {
            "kinds": {kind: torch.arange(5).to(getattr(torch, kind)) for kind in kinds},
            "bool": torch.tensor([True, False]),
            "views": [base.reshape(4, 6).T, base[3:9], base.reshape(4, 6)[:, 1:3]],
            "parameter": torch.nn.Parameter(base),
            "empty": torch.zeros(0, 3),
            "scalar": torch.tensor(2.5),
            "step": 7,
            "rate": 0.1,
            "name": "adam",
            "pair": (base, None),
        }
        self.same(torch, tmp_path, layout, content)

    def same(self, torch: Any, folder: Path, layout: bool, content: Any) -> None:
        path = folder / "x.pt"
        torch.save(content, path, _use_new_zipfile_serialization=layout)
        expected = dict(flat(torch, torch.load(path, weights_only=True)))
        found = tensors(path)
        assert list(found) == list(expected)
        for name, value in expected.items():
            wide = value.float() if value.dtype is torch.bfloat16 else value
            assert np.array_equal(found[name], wide.detach().numpy())
            assert found[name].dtype == wide.detach().numpy().dtype

    def test_a_pickled_module_is_refused(self, torch: Any, tmp_path: Path, layout: bool) -> None:
        path = tmp_path / "x.pt"
        torch.save(torch.nn.Linear(2, 2), path, _use_new_zipfile_serialization=layout)
        with pytest.raises(WeightsError, match=r"Linear"):
            tensors(path)


def flat(torch: Any, value: Any, prefix: str = "") -> Any:
    if isinstance(value, torch.Tensor):
        yield prefix, value
    elif isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from flat(torch, inner, f"{prefix}.{key}" if prefix else str(key))
