"""The reports that are opened: of every fixture, and of made runs where no fixture will do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from perfanalysis.cli.main import run
from tests.browser.made_runs import HOSTILE_ERRORS, HOSTILE_NAMES, MANY_NAMES, write_run

ROOT = Path(__file__).parent.parent.parent
_FIXTURES = ROOT / "fixtures"
_DEMO = ("demo/slow.json.xz", "demo/base.json.xz")

# What is given to `perfanalysis report`, as paths below fixtures/.
OF_FIXTURES: dict[str, tuple[str, ...]] = {
    "demo": _DEMO,
    "demo-run": ("demo/base.json.xz",),
    "k6": ("k6/slow.json.gz", "k6/base.json.gz"),
    "k6-csv": ("k6/slow.csv.gz", "k6/base.csv.gz"),
    "k6-summary": ("k6/slow.summary.json", "k6/base.summary.json"),
    "k6-run": ("k6/base.json.gz",),
    "jmeter-csv": ("jmeter/slow.csv.jtl", "jmeter/base.csv.jtl"),
    "jmeter-xml": ("jmeter/slow.xml.jtl", "jmeter/base.xml.jtl"),
    "jmeter-statistics": ("jmeter/slow.statistics.json", "jmeter/base.statistics.json"),
    "jmeter-run": ("jmeter/base.csv.jtl",),
    "locust": ("locust/slow", "locust/base"),
    "locust-requests": ("locust/shop_requests.csv",),
    "locust-run": ("locust/base",),
    "pgbench": ("pgbench/slow", "pgbench/base"),
    "pgbench-aggregate": ("pgbench/aggregate",),
    "pgbench-run": ("pgbench/base",),
    "psutil": ("psutil/slow.json", "psutil/base.json"),
    "psutil-run": ("psutil/base.json",),
}
COMPARISONS = ("demo", "k6", "jmeter-xml", "locust", "pgbench", "several", "budgets")
EVERY_KIND = ("demo", "demo-run", "monitored", "several", "budgets", "k6-summary", "psutil-run")
_BUDGET = """\
budgets:
  - {metric: latency.p95, name: search, limit: 60 ms}
  - {metric: latency.p99, limit: 1000 ms, level: warn}
  - {metric: throughput, min: 100 /s}
  - {metric: error_rate, limit: 0.1 %}
  - {metric: latency.p95, change: "+10 %"}
thresholds:
  http_req_duration: ["p(95)<500"]
  "http_req_duration{name:checkout}": ["p(95)<150"]
"""


def report(*arguments: object) -> None:
    """Write a report by the command that users write it by."""
    words = ["report", *map(str, arguments)]
    code = run(words)
    assert code == 0, f"perfanalysis {' '.join(words)}: exit {code}"


class Reports:
    """Reports in a folder, made when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Return the report of that name; with `-ja` behind it, in Japanese."""
        path = self._folder / f"{name}.html"
        with FileLock(self._folder / f"{name}.lock"):
            if not path.exists():
                english = name.removesuffix("-ja")
                language = () if english == name else ("--lang", "ja")
                unfinished = path.with_suffix(".part.html")
                report(*self._runs(english), *language, "-o", unfinished)
                unfinished.rename(path)
        return path

    def large_runs(self) -> tuple[Path, Path]:
        """Return two runs of 200 names, 10 million requests together."""
        pair = (self._folder / "large-current.run", self._folder / "large-baseline.run")
        with FileLock(self._folder / "large-runs.lock"):
            for path, factor in zip(pair, (1.1, 1.0), strict=True):
                if not path.exists():
                    write_run(path, 5_000_000, names=MANY_NAMES, factor=factor)
        return pair

    def _runs(self, name: str) -> tuple[object, ...]:
        if name in OF_FIXTURES:
            return tuple(_FIXTURES / path for path in OF_FIXTURES[name])
        return _MADE[name](self, self._folder / f"{name}-runs")

    def _several(self, folder: Path) -> tuple[object, ...]:
        for seed in range(1, 6):
            write_run(folder / "current" / f"current-{seed}.run", 6_000, factor=1.15, seed=seed)
            write_run(folder / "baseline" / f"baseline-{seed}.run", 6_000, seed=10 + seed)
        return (folder / "current", folder / "baseline")

    def _budgets(self, folder: Path) -> tuple[object, ...]:
        folder.mkdir(exist_ok=True)
        budget = folder / "budget.yml"
        budget.write_text(_BUDGET, encoding="utf-8")
        return (*self._runs("demo"), "--budget", budget)

    def _monitored(self, folder: Path) -> tuple[object, ...]:
        shop = folder / "shop.run"
        if shop.exists():
            return (shop,)
        sources = (_FIXTURES / "jmeter/base.csv.jtl", _FIXTURES / "psutil/base.json")
        assert run(["import", *map(str, sources), "-o", str(shop)]) == 0
        return (shop,)

    def _hostile(self, folder: Path) -> tuple[object, ...]:
        return tuple(
            write_run(
                folder / f"{side}.run",
                60_000,
                names=HOSTILE_NAMES,
                errors=HOSTILE_ERRORS,
                factor=factor,
                seed=seed,
            )
            for side, factor, seed in (("current", 1.3, 1), ("baseline", 1.0, 2))
        )

    def _large(self, _: Path) -> tuple[object, ...]:
        return self.large_runs()


_MADE: dict[str, Callable[[Reports, Path], tuple[object, ...]]] = {
    "several": Reports._several,
    "budgets": Reports._budgets,
    "monitored": Reports._monitored,
    "hostile": Reports._hostile,
    "large": Reports._large,
}
EVERY = (*OF_FIXTURES, *_MADE)
