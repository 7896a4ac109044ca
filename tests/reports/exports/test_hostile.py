"""Two hundred hostile names in every export: nothing breaks, nothing is lost, nothing is alike."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from perfanalysis.reports.exports.bencher import bencher_metrics
from perfanalysis.reports.exports.benchmark_action import benchmark_entries
from perfanalysis.reports.exports.measurements import measured, name_label
from perfanalysis.reports.exports.openmetrics import run_metrics
from perfanalysis.reports.exports.otava import otava_table
from tests.reports.hostile import NAMES


@pytest.fixture(scope="module")
def names():
    assert len(set(NAMES)) >= 200
    return sorted(set(NAMES), key=ascii)


@pytest.fixture
def run(names, summary, make_name):
    entries = tuple(make_name(name=name) for name in names)
    return measured(replace(summary, names=entries, series=()), {})


def test_every_name_has_a_label_of_its_own_on_one_line(run, names):
    labels = {m.name: name_label(m, longest=200) for m in run.measurements if m.name is not None}
    assert len(set(labels.values())) == len(names)
    assert all(0 < len(label) <= 200 for label in labels.values())
    assert not any(set(label) & set("\n\r\t\x1b\x00\u202e\u2028") for label in labels.values())


def test_bencher_gets_a_benchmark_of_each(run, names):
    assert len(json.loads(bencher_metrics(run))) == len(names) + 1


def test_the_benchmark_action_gets_entries_of_each(run, names):
    entries = [entry["name"] for entry in json.loads(benchmark_entries(run, "higher"))]
    assert len(set(entries)) == len(names) + 1
    assert not any(set(name) & set("`|\\\n") for name in entries)


def test_prometheus_reads_a_series_of_each(run, names):
    text = run_metrics([run], timestamps=False)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    series = {sample.labels["name"] for sample in families["perfanalysis_requests"].samples}
    assert len(series) == len(names) + 1


def test_otava_gets_a_column_of_each_that_is_no_formula(run, names):
    header, row = csv.reader(StringIO(otava_table([run])[0]))
    columns = [column for column in header if column.endswith(" throughput")]
    assert len(set(columns)) == len(names) + 1
    assert len(header) == len(row)
    assert not any(column.startswith(("=", "+", "-", "@", "\t", "\r")) for column in header)
