def test_modules_that_lie_beside_recordings_are_not_run(tmp_path: Path, monkeypatch) -> None:
    for name in ("json.py", "affectkit.py", "numpy.py"):
        (tmp_path / name).write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    assert in_worker("affectkit.media.worker:echo", value="safe") == "safe"
