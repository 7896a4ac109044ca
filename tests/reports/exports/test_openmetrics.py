"""OpenMetrics text, read by Prometheus' own parser, and by that of its older format."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_older_format

from perfanalysis.errors import UsageError
from perfanalysis.reports.exports.measurements import MeasuredRun
from perfanalysis.reports.exports.openmetrics import comparison_metrics, run_metrics

DASHBOARD = Path(__file__).parents[3] / "examples" / "grafana" / "perfanalysis.json"


def samples_of(text):
    """Return samples by name and labels, as both parsers read them."""
    found = {}
    for family in openmetrics.text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            stamp = None if sample.timestamp is None else float(sample.timestamp)
            found.setdefault(key, []).append((sample.value, stamp))
    older = {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in parse_older_format(text)
        for sample in family.samples
    }
    assert older == set(found)
    return found


def value(found, family, /, **labels):
    ((number, _),) = found[f"perfanalysis_{family}", tuple(sorted(labels.items()))]
    return number


def at(run, day):
    info = run.run.model_copy(update={"started_at": datetime(2026, 1, day, tzinfo=UTC)})
    return MeasuredRun(run=info, measurements=run.measurements)


def test_measurements_are_gauges_in_base_units(run_measured):
    found = samples_of(run_metrics([run_measured], timestamps=False))
    login = {"name": "login", "kind": "request", "scope": "name"}
    assert value(found, "latency_seconds", **login, statistic="p95") == 0.07225
    assert value(found, "throughput_per_second", **login) == 39.9
    assert value(found, "error_ratio", **login | {"name": "search"}) == 0.0025
    assert value(found, "received_bytes", **login) == 12034
    cpu = {"series": "system.cpu", "unit": "%", "statistic": "mean"}
    assert value(found, "series", **cpu) == 41.5


def test_the_total_has_a_scope_of_its_own(run_measured):
    found = samples_of(run_metrics([run_measured], timestamps=False))
    total = {"name": "all requests", "kind": "request", "scope": "total"}
    assert value(found, "requests", **total) == 2399
    names = [dict(labels) for name, labels in found if name == "perfanalysis_requests"]
    assert [labels["name"] for labels in names if labels["scope"] == "total"] == ["all requests"]


def test_the_run_is_named_once_and_tells_no_series_apart(run_measured):
    found = samples_of(run_metrics([run_measured], timestamps=False))
    info = {"run": "base", "id": "0123456789ab", "tool": "k6", "evidence": "requests"}
    assert value(found, "run_info", **info, commit="9f8e7d6", branch="main") == 1
    assert value(found, "run_start_time_seconds") == 1767225600
    assert value(found, "run_duration_seconds") == 30.1
    assert not [name for name, labels in found if "run" in dict(labels) and "run_info" not in name]


def test_every_family_has_help_and_units_end_its_name(run_measured, comparison):
    text = run_metrics([run_measured], timestamps=False) + comparison_metrics(comparison)
    names = re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE)
    assert len(names) > 15
    assert re.findall(r"^# HELP (\w+) \S.*\.$", text, re.MULTILINE) == names
    units = re.findall(r"^# UNIT (\w+) (\w+)$", text, re.MULTILINE)
    assert units
    assert all(name.endswith(f"_{unit}") for name, unit in units)


def test_several_runs_are_several_samples_of_one_series_in_order_of_time(run_measured):
    runs = [at(run_measured, day) for day in (3, 1, 2)]
    found = samples_of(run_metrics(runs, timestamps=True))
    stamps = [stamp for _, stamp in found["perfanalysis_run_duration_seconds", ()]]
    assert stamps == [datetime(2026, 1, day, tzinfo=UTC).timestamp() for day in (1, 2, 3)]


def test_several_runs_without_time_stamps_are_an_error(run_measured):
    with pytest.raises(UsageError, match="expected one run, found 2") as raised:
        run_metrics([run_measured, run_measured], timestamps=False)
    assert "--timestamps" in raised.value.hint


def test_a_run_without_a_start_has_no_time_stamp(run_measured):
    run = replace(run_measured, run=run_measured.run.model_copy(update={"started_at": None}))
    assert "start_time" not in run_metrics([run], timestamps=False)
    with pytest.raises(UsageError, match="base: no start is known"):
        run_metrics([run], timestamps=True)


def test_a_comparison_is_its_verdict_and_changes(comparison):
    found = samples_of(comparison_metrics(comparison))
    verdicts = {v: value(found, "verdict", verdict=v) for v in ("regressed", "undecided")}
    assert verdicts == {"regressed": 1, "undecided": 0}
    assert value(found, "judged") == 6
    assert value(found, "not_judged") == 1
    search = {"name": "search", "metric": "latency.p95", "gate": "true"}
    assert value(found, "change_ratio", **search) == 0.203
    assert value(found, "change_low_ratio", **search) == 0.121
    assert value(found, "result_verdict", **search, verdict="regressed") == 1
    assert value(found, "result_verdict", **search, verdict="unchanged") == 0


def test_budgets_are_outcomes_and_headroom(comparison):
    found = samples_of(comparison_metrics(comparison))
    met, missing = (
        {"budget": b.source, "name": name, "metric": b.metric, "level": "error"}
        for b, name in zip(comparison.budgets, ("search", ""), strict=True)
    )
    assert value(found, "budget_headroom_ratio", **met) == 0.88
    assert value(found, "budget_outcome", **met, outcome="met") == 1
    assert value(found, "budget_outcome", **missing, outcome="met") == 0
    assert value(found, "budget_outcome", **missing, outcome="undecided") == 1
    headrooms = [dict(labels) for name, labels in found if name.endswith("headroom_ratio")]
    assert headrooms == [met]


def test_an_open_end_of_an_interval_is_no_sample(comparison):
    found = samples_of(comparison_metrics(comparison))
    undecided = (("gate", "true"), ("metric", "latency.p99"), ("name", "search"))
    assert ("perfanalysis_change_low_ratio", undecided) in found
    assert ("perfanalysis_change_high_ratio", undecided) not in found


def test_hostile_names_stay_labels(hostile_measured, hostile_comparison, hostile_names):
    text = run_metrics([hostile_measured], timestamps=False)
    found = samples_of(text)
    named = [dict(labels) for name, labels in found if name == "perfanalysis_requests"]
    assert len({labels["name"] for labels in named}) == len(hostile_names) + 1
    assert "\x1b" not in text
    found = samples_of(comparison_metrics(hostile_comparison))
    changes = [dict(labels)["name"] for name, labels in found if name.endswith("_change_ratio")]
    assert len(set(changes)) == len(hostile_names)


def test_labels_are_bounded(run_measured, long_name):
    measurements = tuple(
        replace(f, name=name) for name in long_name for f in run_measured.measurements[:1]
    )
    found = samples_of(
        run_metrics([replace(run_measured, measurements=measurements)], timestamps=False)
    )
    names = [dict(labels)["name"] for name, labels in found if name.endswith("latency_seconds")]
    assert len(set(names)) == 2
    assert max(map(len, names)) == 1024


def expressions(dashboard):
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def test_the_dashboard_draws_what_is_written(run_measured, comparison):
    found = samples_of(run_metrics([run_measured], timestamps=False))
    found |= samples_of(comparison_metrics(comparison))
    written = {}
    for name, labels in found:
        for key, text in labels:
            written.setdefault(name, {}).setdefault(key, set()).add(text)
        written.setdefault(name, {})
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    used = set()
    for expression in expressions(dashboard):
        names = re.findall(r"perfanalysis_\w+", expression)
        assert names, expression
        used.update(names)
        for key, text in re.findall(r'(\w+)=~?"([^"]*)"', expression):
            known = written[names[0]][key]
            assert text.startswith("$") or set(text.split("|")) & known, expression
    assert used <= set(written)
    assert len(used) > 10


def test_the_dashboard_shows_labels_that_are_written(run_measured, comparison):
    found = samples_of(run_metrics([run_measured], timestamps=False))
    found |= samples_of(comparison_metrics(comparison))
    labels = {}
    for name, pairs in found:
        labels.setdefault(name, set()).update(key for key, _ in pairs)
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            (name,) = re.findall(r"perfanalysis_\w+", target["expr"])
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels[name]


def test_the_panels_of_the_dashboard_do_not_overlap():
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
