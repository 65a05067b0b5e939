from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectkit.errors import WeightsError
from affectkit.models.convert.ctranslate2 import dequantised, variables

model_spec = pytest.importorskip("ctranslate2.specs.model_spec")


class Layer(model_spec.LayerSpec):  # type: ignore[misc, name-defined]
    """What CTranslate2 itself writes is the oracle."""

    def __init__(self, **weights: Any) -> None:
        for name, value in weights.items():
            setattr(self, name, value)


class Model(model_spec.ModelSpec):  # type: ignore[misc, name-defined]
    def __init__(self, **layers: Any) -> None:
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)

    @property
    def name(self) -> str:
        return "TinySpec"


def saved(model: Model, folder: Path, quantization: str | None = None) -> Path:
    model.validate()
    model.optimize(quantization=quantization)
    model.save(str(folder))
    return folder / "model.bin"


@pytest.fixture
def weight() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def test_reads_what_ctranslate2_writes(tmp_path: Path, weight: Any) -> None:
    whole = Layer(weight=weight, bias=weight[0], count=np.int32(3))
    table = variables(saved(Model(linear=whole, other=Layer(half=weight[1])), tmp_path))
    assert np.array_equal(table["linear/weight"], weight)
    assert np.array_equal(table["linear/bias"], weight[0])
    assert table["linear/count"] == 3
    assert np.array_equal(table["other/half"], weight[1])


def test_aliases_are_the_same_array(tmp_path: Path, weight: Any) -> None:
    table = variables(saved(Model(one=Layer(weight=weight), two=Layer(weight=weight)), tmp_path))
    assert table["one/weight"] is table["two/weight"]


@pytest.mark.parametrize(
    ("quantization", "bound"), [("int8", 1 / 127), ("int16", 1 / 1000), ("float16", 1e-3)]
)
def test_quantised_weights_come_back_within_a_step(
    tmp_path: Path, weight: Any, quantization: str, bound: float
) -> None:
    # CTranslate2 quantises in place.
    layer = Layer(weight=weight.copy(), weight_scale=model_spec.OPTIONAL, bias=weight[0])
    table = variables(saved(Model(linear=layer), tmp_path, quantization))
    back = dequantised(table, "linear/weight")
    # Half a quantisation step is what rounding may cost; bound is in parts of the largest.
    assert back.dtype == np.float32
    assert np.abs(back - weight).max() <= bound * np.abs(weight).max()


def test_a_variable_that_is_not_there_is_named(tmp_path: Path, weight: Any) -> None:
    table = variables(saved(Model(linear=Layer(weight=weight)), tmp_path))
    with pytest.raises(WeightsError, match="bias"):
        dequantised(table, "linear/bias")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.bin"):
        variables(tmp_path / "model.bin")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_end_in_a_clear_error_or_in_arrays(
    tmp_path: Path, weight: Any, data: st.DataObject
) -> None:
    file = tmp_path / "model.bin"
    if not file.exists():
        saved(Model(linear=Layer(weight=weight, bias=weight[0])), tmp_path)
        (tmp_path / "whole").write_bytes(file.read_bytes())
    whole = bytearray((tmp_path / "whole").read_bytes())
    cut = data.draw(st.integers(0, len(whole)))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(whole[:cut])
    try:
        table = variables(file)
    except WeightsError:
        return
    assert all(isinstance(value, np.ndarray) for value in table.values())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_file_that_ends_early_is_refused(tmp_path: Path, weight: Any, part: float) -> None:
    whole = saved(Model(linear=Layer(weight=weight)), tmp_path).read_bytes()
    cut = tmp_path / "cut.bin"
    cut.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(WeightsError):
        variables(cut)


def test_reads_whisper_with_the_shapes_of_its_paper(weights: Callable[..., None]) -> None:
    from affectkit.models import weights as store

    weights("words")
    table = variables(store.path("words") / "model.bin")
    # Radford et al. 2022, table 1: tiny has 4 layers of width 384; 80 mel channels.
    assert table["encoder/conv1/weight"].shape == (384, 80, 3)
    layers = {name.split("/")[1] for name in table if name.startswith("encoder/layer_")}
    assert layers - {"layer_norm"} == {f"layer_{index}" for index in range(4)}
    assert dequantised(table, "encoder/layer_0/ffn/linear_0/weight").shape == (1536, 384)
