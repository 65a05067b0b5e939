"""Write an ONNX file node by node, so that a conversion reads like the network it writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Gelu came with 20; every ONNX Runtime from 1.17 on reads it.
_OPSET = 20
_IR_VERSION = 9


class Graph:
    """A network under construction: nodes in the order in which they run.

    Parameters
    ----------
    name
        Name of the network in the file.

    Examples
    --------
    >>> graph = Graph("double")
    >>> x = graph.input("x", ("n",))
    >>> graph.output("y", graph.add("Mul", x, graph.constant(np.float32(2))), ("n",))
    >>> len(graph.nodes)
    2
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float32 input; a name in the shape is an extent left open."""
        from onnx import TensorProto, helper

        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def constant(self, value: npt.ArrayLike) -> str:
        """Store an array in the file and return the name it goes by."""
        from onnx import numpy_helper

        name = self._fresh("constant")
        array = np.ascontiguousarray(value)
        # A zero-dimensional array comes back from ascontiguousarray with one dimension.
        self._constants.append(numpy_helper.from_array(array.reshape(np.shape(value)), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Append a node; return the name of its first output (others: `add_many`)."""
        return self.add_many(operator, *inputs, outputs=outputs, **attributes)[0]

    def add_many(
        self, operator: str, *inputs: str, outputs: int, **attributes: Any
    ) -> tuple[str, ...]:
        """Append a node with several outputs; return their names."""
        from onnx import helper

        names = tuple(self._fresh(operator.lower()) for _ in range(outputs))
        self.nodes.append(helper.make_node(operator, list(inputs), list(names), **attributes))
        return names

    def output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Declare that the network gives a value out under a name, as float32."""
        from onnx import TensorProto, helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def save(self, path: Path) -> None:
        """Check the network and write it, whole or not at all."""
        import onnx
        from onnx import helper

        graph = helper.make_graph(
            self.nodes, self.name, self._inputs, self._outputs, initializer=self._constants
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="affectkit",
        )
        onnx.checker.check_model(model, full_check=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            beside.write_bytes(model.SerializeToString())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"
