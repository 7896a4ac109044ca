"""What series are called: their labels stand there where they tell series apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.model.results import SeriesSummary
from perfanalysis.reports.exports.measurements import measured
from perfanalysis.reports.markdown.summary import summary_markdown
from perfanalysis.reports.series_names import series_names
from perfanalysis.reports.terminal.tables import summary_table


def series(metric, labels):
    return SeriesSummary(
        metric=metric,
        labels=labels,
        unit="%",
        kind="gauge",
        n=2,
        mean=1.0,
        p95=2.0,
        max=2.0,
        total=None,
    )


CORES = (series("cpu", "core=0"), series("cpu", "core=1"), series("vus", "scenario=a"))


def test_labels_are_part_of_the_name_only_where_they_tell_series_apart():
    assert series_names(CORES) == ["cpu{core=0}", "cpu{core=1}", "vus"]
    assert series_names([series("sent", ""), series("sent", "to=a")]) == ["sent", "sent{to=a}"]
    assert series_names([]) == []


def printed(summary):
    return summary_table(summary, width=80, color=False)


@pytest.mark.parametrize("rendered", [printed, summary_markdown])
def test_tables_tell_the_cores_of_a_machine_apart(summary, rendered):
    text = rendered(replace(summary, series=CORES))
    assert "cpu{core=0}" in text
    assert "cpu{core=1}" in text
    assert "scenario" not in text


def test_exports_have_a_measurement_of_each_core(summary):
    found = measured(replace(summary, series=CORES), {}).measurements
    metrics = [entry.metric for entry in found if entry.scope == "series"]
    assert len(metrics) == len(set(metrics)) == 9
    assert {"cpu{core=0}.mean", "cpu{core=1}.mean", "vus.mean"} <= set(metrics)
