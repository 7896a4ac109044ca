"""The cache of imported raw files."""

from __future__ import annotations

import os

from perfanalysis.store import cache


def test_the_cache_lies_where_xdg_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cached_run_path(["a"]).parent == tmp_path / "perfanalysis" / "runs"


def test_equal_contents_share_a_place_and_others_do_not():
    assert cache.cached_run_path(["a", "b"]) == cache.cached_run_path(["a", "b"])
    assert cache.cached_run_path(["a", "b"]) != cache.cached_run_path(["ab"])


def test_the_bundles_not_used_for_longest_go_first(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "_MAX_BYTES", 25)
    folder = cache.cache_folder()
    for age, name in enumerate(["new", "middle", "old"]):
        (folder / f"{name}.run").mkdir(parents=True)
        (folder / f"{name}.run" / "run.json").write_text("0123456789")
        os.utime(folder / f"{name}.run", (1e9 - age, 1e9 - age))
    cache.mark_used(folder / "old.run")
    cache.trim_cache()
    assert sorted(path.name for path in folder.iterdir()) == ["new.run", "old.run"]
