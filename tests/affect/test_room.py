"""What the room offers by its own name is there, and comes only when asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from affectkit import affect


def test_every_name_on_offer_is_there_and_is_the_one_of_its_module() -> None:
    for name in affect.__all__:
        offered = getattr(affect, name)
        assert getattr(sys.modules[offered.__module__], name) is offered
    assert set(affect.__all__) <= set(dir(affect))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = affect.nothing_like_it


def test_the_ontology_and_its_like_are_loaded_on_demand() -> None:
    code = (
        "import json, sys\n"
        "from affectkit.affect import Timeline\n"
        "before = [m for m in sys.modules if m.startswith('affectkit.affect.')]\n"
        "from affectkit.affect import Corpus, Episode, Ontology, Wheel, read_wheels\n"
        "after = [m for m in sys.modules if m.startswith('affectkit.affect.')]\n"
        "print(json.dumps([before, after]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(set, json.loads(run.stdout))
    late = {f"affectkit.affect.{m}" for m in ("convokit", "episode", "ontology", "emotion_wheels")}
    assert not late & before
    assert late <= after
