"""A Ray cluster makes the same files as this machine does, to the byte."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from affectkit.pipeline import batch


@pytest.mark.slow
def test_a_cluster_of_two_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    (tmp_path / "in").mkdir()
    for i in range(3):
        text = f"I am so glad you came, {i} times over. Then the noise began and I hated it."
        (tmp_path / "in" / f"note{i}.txt").write_text(text)
    files = batch.find_files([tmp_path / "in"])
    settings = {"labels": "ekman7", "lanes": []}
    arguments = {"settings": settings, "formats": ["vtt"], "media": "none", "blur_faces": False}
    made = {}
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        for name, address in (("here", None), ("cluster", "local")):
            items = batch.plan(files, arguments, out=tmp_path / name)
            outcomes = list(
                batch.run(
                    items, "affectkit.cli.result:write_result", jobs=2, threads=1, ray=address
                )
            )
            assert [o.problem for o in outcomes if o.state == "failed"] == []
            made[name] = {
                str(p.relative_to(tmp_path / name)): p.read_bytes()
                for p in sorted((tmp_path / name).rglob("*"))
                if p.is_file()
            }
    finally:
        ray.shutdown()
    assert made["here"].keys() == made["cluster"].keys()
    assert len(made["here"]) >= 3 * 4
    different = [name for name in made["here"] if made["here"][name] != made["cluster"][name]]
    assert different == []
