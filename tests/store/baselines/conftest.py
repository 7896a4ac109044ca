"""Places where baselines lie: a folder, and a bucket that is in memory."""

from __future__ import annotations

import pytest

from perfanalysis.store.baselines.store import BaselineStore, open_store
from tests.store.baselines.made_runs import make_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Three runs that differ by nothing but chance."""
    folder = tmp_path_factory.mktemp("made")
    return [make_run(folder, f"base-{i}", seed=i) for i in (1, 2, 3)]


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path) -> BaselineStore:
    if request.param == "folder":
        return open_store(str(tmp_path / "baselines"))
    pytest.importorskip("fsspec")
    return open_store(f"memory://bucket-{tmp_path.name}/perf")
