"""A browser for every worker, reports made once, and windows that are closed again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, Chromium, Tab, in_ci
from tests.browser.reports import Reports

ROOT = Path(__file__).parent.parent.parent


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem) -> bool | None:
    """Run tests that use the browser in the browser's thread."""
    chromium = pyfuncitem.funcargs.get("chromium")
    if chromium is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    chromium.call(lambda: pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser; without one the tests are skipped, except where a change is checked."""
    if CHROMIUM is None:
        if in_ci():
            pytest.fail("chromium is not installed: .ci/run installs it")
        pytest.skip("needs chromium")
    started = Chromium()
    yield started
    started.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory, testrun_uid) -> Reports:
    """Reports by name, made when they are first asked for, once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Reports(shared / f"reports-{testrun_uid}")


@pytest.fixture
def open_report(chromium, reports) -> Iterator[Callable[..., Tab]]:
    """Open the report of that name: `open_report("demo", width=360, dark=True)`."""
    tabs: list[Tab] = []

    def opened(name: str, **options: object) -> Tab:
        tabs.append(chromium.open(reports.path(name), **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        chromium.call(tab.close)


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures of the reports go, to be looked at."""
    folder = Path(os.environ.get("PERFANALYSIS_ARTEFACTS") or ROOT / ".artefacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
