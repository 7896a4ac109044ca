"""A calibration as table, document and picture, with plain and hostile names."""

from __future__ import annotations

import copy
import json
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace

import jsonschema
import pytest

from perfanalysis.model.calibration import (
    CalibrationReport,
    DetectableChange,
    FalseAlarms,
    FigureNoise,
    MeasuredNoise,
    NameAlarms,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NotJudged
from perfanalysis.reports.calibration import calibration_table, tolerances
from perfanalysis.reports.charts.detectable import detectable_plot
from perfanalysis.reports.json_document import calibration_document, load_schema, render_json

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def make_figure():
    """Build the noise of a figure: `make_figure(name="browse", tolerance=None)`."""

    def make(name="search", metric="latency.p50", *, sd=0.02, share=0.25, tolerance=0.05):
        is_rate = metric == "error_rate"
        return FigureNoise(
            name=name,
            metric=metric,
            unit="ratio" if is_rate else "ms",
            value=0.005 if is_rate else 41.0,
            noise=0.001 if is_rate else 0.0202,
            measured=MeasuredNoise(
                name=name,
                metric=metric,
                sd=sd,
                df=9,
                within_share=share,
                tolerance=tolerance,
            ),
            detectable=tuple(
                DetectableChange(runs=runs, change=0.12 / runs) for runs in range(1, 11)
            ),
        )

    return make


@pytest.fixture
def report(make_run, make_figure):
    pairs = FalseAlarms(
        design="1v1",
        calibrated=False,
        comparisons=45,
        alarms=9,
        ci_low=0.109,
        ci_high=0.338,
        confidence=0.95,
        names=(NameAlarms(name="browse", alarms=0), NameAlarms(name="search", alarms=9)),
        runs=("base-4",),
    )
    quiet = {"alarms": 0, "ci_low": 0.0, "names": (NameAlarms(name="search", alarms=0),)}
    return CalibrationReport(
        runs=tuple(make_run(name=f"base-{number}") for number in range(1, 11)),
        tolerance=0.05,
        error_rate_tolerance=0.001,
        alpha=0.05,
        figures=(
            make_figure(),
            make_figure(metric="error_rate", tolerance=0.005),
            make_figure("browse", share=None, tolerance=0.1),
            make_figure("browse", "latency.p99", sd=0.4, tolerance=None),
        ),
        false_alarms=(pairs, replace(pairs, calibrated=True, ci_high=0.079, runs=(), **quiet)),
        not_measured=(
            NotJudged(name="login", metric=None, reason="missing-in-run", message="is missing"),
        ),
        caveats=(Caveat(code="shared-runs", message="the comparisons share runs"),),
    )


def named(report, names, make_figure):
    """Return the report with figures of other names."""
    return replace(
        report,
        figures=tuple(make_figure(name) for name in names),
        false_alarms=tuple(
            replace(entry, names=tuple(NameAlarms(name=name, alarms=1) for name in names))
            for entry in report.false_alarms
        ),
    )


def test_the_table_begins_with_the_false_alarms(report):
    lines = calibration_table(report, width=None, color=False).splitlines()
    assert lines[0] == (
        "false alarms of one identical run against another: "
        "9 of 45 with the settings as they are, 0 of 45 with this calibration"
    )
    assert lines[2] == "measured 4 of 5, tolerance 5 %, alpha 5 %"
    settings, calibrated = (line for line in lines if line.startswith("1v1"))
    assert " ".join(settings.split()[-9:]) == "45 20 % 11 to 34 % 10 %"
    assert " ".join(calibrated.split()[-9:]) == "45 0 % 0 to 7.9 % 0 %"


def test_the_table_has_a_line_a_figure(report):
    text = calibration_table(report, width=None, color=False)
    rows = [line.split() for line in text.splitlines() if line.startswith(("search", "browse"))]
    assert rows[0][:2] == ["search", "latency.p50"]
    assert " ".join(rows[0][2:]) == "41.0 ms 2.02 % 25 % 12 % 4 % 2.4 % 1.2 % 5 %"
    assert " ".join(rows[1][2:]) == "0.5 % 0.1 pp 25 % 12 pp 4 pp 2.4 pp 1.2 pp 0.5 pp"
    # Without a share within runs, and with more noise than any tolerance: dashes.
    assert rows[2][6] == "–"
    assert rows[3][-1] == "–"


def test_the_table_says_what_alarmed_what_is_missing_and_what_to_know(report):
    text = calibration_table(report, width=None, color=False)
    assert "  1v1 with the settings as they are: search 9\n" in text
    assert "login: is missing [missing-in-run]" in text
    assert "the comparisons share runs [shared-runs]" in text


def test_tolerances_are_counted_by_how_many_figures_they_suit(report):
    values, rates = tolerances(report)
    assert values == (
        "latencies and throughput: 5 % of 1, 10 % of 2, none of 1, which are too noisy "
        "(of 3 figures)"
    )
    assert rates == "error rates: 0.5 pp of 1 (of 1 figures)"


def test_hostile_names_steer_no_terminal(report, hostile_names, make_figure):
    text = calibration_table(named(report, hostile_names, make_figure), width=100, color=False)
    assert not any(char in text for char in "\x1b\x07\r\u202e")
    assert "\ud800" not in text


def test_the_document_follows_its_schema_to_the_letter(report):
    schema = copy.deepcopy(load_schema("calibration-report"))
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    document = json.loads(render_json(calibration_document(report)))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert document["false_alarms"][0]["rate"] == 0.2
    assert document["false_alarms"][0]["runs"] == ["base-4"]
    assert document["figures"][3]["tolerance"] is None


def test_the_document_keeps_hostile_names_as_they_are(report, hostile_names, make_figure):
    document = json.loads(
        render_json(calibration_document(named(report, hostile_names, make_figure)))
    )
    assert [figure["name"] for figure in document["figures"]] == list(hostile_names)


def texts_of(picture):
    return [element.text for element in ET.fromstring(picture).iter(f"{SVG}text")]


def test_the_picture_has_a_panel_a_metric_latencies_first(report):
    titles = [text for text in texts_of(detectable_plot(report, "svg")) if ", " in text]
    assert titles[:3] == ["latency.p50, %", "latency.p99, %", "error_rate, pp"]


def test_the_picture_names_every_line_and_the_tolerance(report):
    texts = texts_of(detectable_plot(report, "svg"))
    assert {"search", "browse", "tolerance"} <= set(texts)


def test_of_many_names_the_noisiest_are_told_apart(report, make_figure):
    many = replace(
        report, figures=tuple(make_figure(f"name-{i}", sd=i / 100) for i in range(1, 21))
    )
    texts = texts_of(detectable_plot(many, "svg"))
    assert {f"name-{i}" for i in range(14, 21)} <= set(texts)
    assert "name-13" not in texts
    assert "13 less noisy" in texts


def test_equal_reports_give_equal_pictures(report):
    assert detectable_plot(report, "svg") == detectable_plot(report, "svg")
    assert detectable_plot(report, "png") == detectable_plot(report, "png")


def test_a_png_is_large_enough_to_read(report):
    width, height = struct.unpack(">II", detectable_plot(report, "png")[16:24])
    assert width > 1200
    assert height > 400


@pytest.mark.parametrize("format_name", ["svg", "png"])
def test_hostile_names_are_drawn_without_a_warning(report, hostile_names, make_figure, format_name):
    names = (*hostile_names, "$x^2$ costs $", r"$\frac{$")
    for first in range(0, len(names), 5):
        picture = detectable_plot(named(report, names[first : first + 5], make_figure), format_name)
        assert len(picture) > 1000


def test_what_the_font_lacks_is_a_box_and_nothing_is_markup(report, make_figure):
    names = ("检索", "<script>alert(1)</script>", "_hidden", "$x^2$")
    picture = detectable_plot(named(report, names, make_figure), "svg")
    assert {"□□", "<script>alert(1)</script>", " _hidden", "$x^2$"} <= set(texts_of(picture))
    assert b"<script" not in picture


def test_a_change_without_bound_is_left_out_of_the_line(report, make_figure):
    figure = make_figure()
    open_end = (DetectableChange(runs=1, change=None), *figure.detectable[1:])
    picture = detectable_plot(
        replace(report, figures=(replace(figure, detectable=open_end),)), "svg"
    )
    assert b"nan" not in picture.lower()
    table = calibration_table(
        replace(report, figures=(replace(figure, detectable=open_end),)), width=None, color=False
    )
    assert "∞" in table
