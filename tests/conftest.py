"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what commands print now into tests/cli/golden, instead of comparing",
    )


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of small real files."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of large real files; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here")
    return SHARED


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Keep imported copies out of the home folder; tests of one process share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def write_run(tmp_path_factory) -> Callable[..., object]:
    """Write Arrow batches as a run bundle: `write_run({"requests": [batch]}, tool="k6")`."""
    from perfanalysis.model.run import Environment
    from perfanalysis.store.bundle import Run
    from perfanalysis.store.writer import Provenance, bundle_writer

    folder = tmp_path_factory.mktemp("runs")
    numbers = count(1)

    def write(tables, **known):
        number = next(numbers)
        stated = {
            "id": f"{number:012x}",
            "name": f"run-{number}",
            "tool": "k6",
            "tool_version": None,
            "started_at": None,
            "duration_s": None,
            "clock_resolution_ms": None,
            "rejected_rows": 0,
            "sources": (),
            "environment": Environment(),
            "commit": None,
            "tags": {},
            "thresholds": (),
            "caveats": (),
        }
        path = folder / f"{number}.run"
        with bundle_writer(path) as writer:
            for table, batches in tables.items():
                for batch in batches:
                    writer.write(table, batch, origin="test")
            writer.finish(Provenance(**stated | known))
        return Run.open(path)

    return write
