"""Two hundred names and ten million requests: small, quick, and smooth to scroll."""

from __future__ import annotations

import sys
import time

import pytest

from tests.browser.reports import report

# While the page is scrolled a screen at a time, what each frame cost; and every task that blocked.
_SCROLL = """
async () => {
  const long = [];
  new PerformanceObserver(list => long.push(...list.getEntries().map(task => task.duration)))
    .observe({type: 'longtask'});
  const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
  const frames = [];
  let last = await frame();
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 8) {
    scrollTo({top: y, behavior: 'instant'});
    const now = await frame();
    frames.push(now - last);
    last = now;
  }
  await new Promise(resolve => setTimeout(resolve, 100));
  return {frames, long};
}
"""


@pytest.fixture
def tell(artefacts, capsys):
    """Print what was measured, and keep it beside the pictures."""

    def told(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")
        with (artefacts / "measured.txt").open("a", encoding="utf-8") as out:
            out.write(f"{text}\n")

    return told


@pytest.fixture(scope="session")
def large_runs(reports):
    return reports.large_runs()


def test_a_large_comparison_makes_a_small_report(large_runs, tmp_path, tell):
    path = tmp_path / "large.html"
    start = time.perf_counter()
    report(*large_runs, "-o", path)
    seconds = time.perf_counter() - start
    tell(f"200 names, 10 million requests: {seconds:.1f} s, {path.stat().st_size:,} bytes")
    assert path.stat().st_size < 2_000_000


def test_a_large_report_scrolls_without_a_halt(open_report, tell):
    tab = open_report("large")
    found = tab.page.evaluate(_SCROLL)
    frames = sorted(found["frames"])
    tell(
        f"{len(frames)} frames: median {frames[len(frames) // 2]:.0f} ms, "
        f"99 % below {frames[int(0.99 * len(frames))]:.0f} ms, longest {frames[-1]:.0f} ms; "
        f"longest task {max(found['long'], default=0):.0f} ms"
    )
    assert max(found["long"], default=0) < 1000
    assert tab.console == []


def test_two_hundred_names_can_be_filtered_without_a_halt(open_report):
    page = open_report("large").page
    page.evaluate(
        "window.__long = []; new PerformanceObserver(list => window.__long.push("
        "...list.getEntries().map(task => task.duration))).observe({type: 'longtask'})"
    )
    page.locator("[data-filter=text]").press_sequentially("resources/19")
    rows = page.locator("#changes table.sortable tbody tr:visible")
    assert 0 < rows.count() < 200
    assert max(page.evaluate("window.__long"), default=0) < 1000


def test_a_large_report_fits_a_phone(open_report):
    page = open_report("large", width=360).page
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
