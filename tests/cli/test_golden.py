"""What commands print when nobody watches: standard output, standard error and exit code.

`pytest -n0 tests/cli/test_golden.py --update-golden` accepts what they print now; read the
difference before committing it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"

SUMMARIES = {
    "summary-k6": "demo/base.json.xz",
    "summary-k6-summary": "k6/base.summary.json",
    "summary-jmeter": "jmeter/base.csv.jtl",
    "summary-jmeter-statistics": "jmeter/base.statistics.json",
    "summary-locust": "locust/base",
    "summary-pgbench": "pgbench/sampled",
    "summary-psutil": "psutil/base.json",
}
COMPARISONS = {
    "compare-k6": ("demo/slow.json.xz", "demo/base.json.xz"),
    "compare-same-run": ("demo/base.json.xz", "demo/base.json.xz"),
    "compare-jmeter": ("jmeter/slow.csv.jtl", "jmeter/base.csv.jtl"),
    "compare-locust": ("locust/slow", "locust/base"),
    "compare-pgbench": ("pgbench/slow", "pgbench/base"),
}
BAD_ROW = """\
timeStamp,elapsed,label,responseCode,success
1700000000000,12,Home,200,true
1700000000100,soon,Home,200,true
"""
BUDGET = """\
budgets:
  - {metric: latency.p95, name: "*", limit: 70 ms}
  - {metric: latency.p99, limit: 0.2 s, level: warn}
  - {metric: latency.p95, name: search, limit: 100 ms, for: 3s}
  - {slo: 99 % of requests under 250 ms}
  - {metric: error_rate, limit: 0.5 %}
  - {metric: system.cpu.mean, limit: 70 %, level: warn}
  - {metric: latency.p95, name: search, change: "+10 %"}
thresholds:
  "http_req_duration{name:checkout}": [{threshold: "p(95)<200", abortOnFail: true}]
"""
BUDGETS = {
    "check-declared": ["check", "fixtures/demo/base.json.xz"],
    "check-k6-summary": ["check", "fixtures/k6/base.summary.json"],
    "check-budget": ["check", "fixtures/demo/base.json.xz", "--budget", "budget.yml"],
    "check-several-runs": [
        *("check", "fixtures/demo/base.json.xz", "fixtures/demo/slow.json.xz"),
        *("--budget", "budget.yml"),
    ],
    "check-junit": [
        *("check", "fixtures/demo/base.json.xz", "--budget", "budget.yml", "--format", "junit"),
    ],
    "compare-budget": [
        *("compare", "fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz"),
        *("--budget", "budget.yml"),
    ],
    "error-no-thresholds": ["check", "fixtures/jmeter/base.csv.jtl"],
    "error-misspelt-budget": [
        *("check", "fixtures/demo/base.json.xz", "--budget", "misspelt.yml"),
    ],
}
MISTAKES = {
    "error-missing-file": ["summary", "results.jtl"],
    "error-no-baseline": ["compare", "fixtures/demo/base.json.xz"],
    "error-misspelt-metric": [
        *("compare", "fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz"),
        *("--metric", "latancy.p95"),
    ],
    "error-unknown-format": ["summary", "poem.txt"],
    "error-bad-row": ["summary", "bad.jtl"],
    "error-unknown-name": [
        *("compare", "fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz"),
        *("--name", "basket*"),
    ],
}
CASES = {
    **{name: ["summary", f"fixtures/{run}"] for name, run in SUMMARIES.items()},
    **{
        name: ["compare", *(f"fixtures/{run}" for run in pair)]
        for name, pair in COMPARISONS.items()
    },
    "compare-all": [
        *("compare", "fixtures/demo/slow.json.xz", "fixtures/demo/base.json.xz", "--all"),
    ],
    "trend-gate": ["trend", "fixtures/history/shop", "--gate"],
    **BUDGETS,
    **MISTAKES,
}


@pytest.fixture
def workplace(tmp_path, fixtures, monkeypatch):
    """A folder like a user's, and a cache of its own: messages name files as they are typed."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "fixtures").symlink_to(fixtures)
    (folder / "poem.txt").write_text("Shall I compare thee to a summer's day?\n")
    (folder / "bad.jtl").write_text(BAD_ROW)
    (folder / "budget.yml").write_text(BUDGET)
    (folder / "misspelt.yml").write_text(BUDGET.replace("name: search", "name: serch"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_commands_print_what_they_printed_before(cli, workplace, request, name):
    arguments = CASES[name]
    ended = cli(*arguments)
    parts = [f"$ perfanalysis {' '.join(arguments)}\n", ended.out]
    if ended.err:
        parts.append(f"--- standard error\n{ended.err}")
    parts.append(f"--- exit code {ended.code}\n")
    text = "".join(parts)
    for trace in (str(workplace.parent), str(GOLDEN.parent.parent.parent), "/tmp/", "\x1b"):
        assert trace not in text, "it would look otherwise on another machine"
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("update_golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "--update-golden accepts the new output"


def test_every_golden_file_belongs_to_a_command(request):
    if request.config.getoption("update_golden"):
        pytest.skip("the files are being written")
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.txt" for name in CASES}
