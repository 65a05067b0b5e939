"""What the room offers by its own name is there, and needs no library that is optional."""

from __future__ import annotations

import json
import subprocess
import sys

from affectkit import affect

OPTIONAL = {"audformat", "matplotlib", "onnxruntime", "rdflib", "scipy", "sklearn", "torch"}


def test_every_name_on_offer_is_there_and_is_the_one_of_its_module() -> None:
    for name in affect.__all__:
        offered = getattr(affect, name)
        assert getattr(sys.modules[offered.__module__], name) is offered


def test_the_room_loads_nothing_that_is_optional() -> None:
    code = "import json, sys, affectkit.affect; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not OPTIONAL & {name.split(".")[0] for name in json.loads(run.stdout)}
