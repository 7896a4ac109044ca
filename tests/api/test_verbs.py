"""One function per verb."""

from __future__ import annotations

import json

import pytest

from perfanalysis import api
from perfanalysis.analysis.judge import Settings
from perfanalysis.errors import ConfigError, InputError, UsageError


@pytest.fixture
def base(fixtures):
    return fixtures / "jmeter/base.csv.jtl"


@pytest.fixture
def slow(fixtures):
    return fixtures / "jmeter/slow.csv.jtl"


def test_load_returns_one_run(base):
    run = api.load(base)
    assert isinstance(run, api.Run)
    assert api.load(run) is run


def test_load_refuses_several_runs_and_names_them(base, slow, tmp_path):
    for file in (base, slow):
        (tmp_path / file.name).symlink_to(file)
    with pytest.raises(UsageError, match=r"expected one run, found 2: base, slow"):
        api.load(tmp_path)


def test_load_runs_flattens_what_it_is_given(base, slow):
    runs = api.load_runs([base, str(slow), [api.load(base)]])
    assert [run.info.tool for run in runs] == ["jmeter"] * 3
    assert runs[0].info.id == runs[2].info.id != runs[1].info.id


def test_summarize_takes_a_run_or_a_path(base):
    assert api.summarize(base) == api.summarize(api.load(base))


def test_compare_takes_runs_or_paths_on_either_side(base, slow):
    by_path = api.compare(slow, base)
    assert api.compare(api.load(slow), [api.load(base)]) == by_path
    assert by_path.design == "1v1"
    assert api.compare([slow, slow], [base, base, base]).design == "2v3"


def test_compare_without_a_side_is_an_error(base):
    for sides in (([], base), (base, [])):
        with pytest.raises(UsageError, match="at least one current and one baseline"):
            api.compare(*sides)


def test_compare_passes_every_option_on(base, slow):
    found = api.compare(
        slow,
        base,
        settings=Settings(tolerance=0.2, alpha=0.01),
        metrics=["latency.p50"],
        names=["Sea*"],
    )
    assert (found.tolerance, found.alpha) == (0.2, 0.01)
    assert {(r.name, r.metric) for r in found.results} == {("Search", "latency.p50")}


def test_errors_of_each_kind_have_a_message(base, tmp_path):
    with pytest.raises(ConfigError, match="latancy"):
        api.compare(base, base, metrics=["latancy.p95"])
    with pytest.raises(UsageError, match="matches none of the names"):
        api.compare(base, base, names=["nope"])
    (tmp_path / "empty.jtl").write_text("")
    with pytest.raises(InputError, match="empty file"):
        api.summarize(tmp_path / "empty.jtl")


def test_import_makes_a_bundle_that_says_the_same(base, tmp_path):
    run = api.import_run([str(base)], tmp_path / "a.run", name="nightly", tags={"branch": "main"})
    assert (run.info.name, run.info.tags["branch"]) == ("nightly", "main")
    assert api.summarize(tmp_path / "a.run").total == api.summarize(base).total


def test_import_replaces_a_bundle_only_when_told(base, slow, tmp_path):
    destination = tmp_path / "a.run"
    first = api.import_run([str(base)], destination)
    with pytest.raises(UsageError, match="exists already") as caught:
        api.import_run([str(slow)], destination)
    assert "--force" in caught.value.hint
    assert api.load(destination).info.id == first.info.id
    assert api.import_run([str(slow)], destination, overwrite=True).info.id != first.info.id


def test_an_import_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    bad = tmp_path / "in" / "bad.jtl"
    bad.write_text("timeStamp,elapsed,label,success\n1700000000000,soon,a,true\n")
    with pytest.raises(InputError, match=r"bad\.jtl:2"):
        api.import_run([str(bad)], tmp_path / "out" / "a.run")
    assert list((tmp_path / "out").iterdir()) == []


def test_standard_input_cannot_be_combined(base, tmp_path):
    with pytest.raises(UsageError, match="cannot be combined"):
        api.import_run(["-", str(base)], tmp_path / "a.run")


def test_report_data_holds_every_run_of_both_sides(base, slow):
    ours, theirs = [api.load(slow)], [api.load(base), api.load(base)]
    comparison = api.compare(ours, theirs)
    data = api.report_data(ours, theirs, comparison)
    assert (len(data.current), len(data.baseline)) == (1, 2)
    assert data.comparison is comparison
    assert data.current[0].summary == api.summarize(slow)
    assert api.render_report(data).startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("format_name", ["table", "json", "csv", "markdown", "junit"])
def test_every_format_renders_both_kinds_of_result(fixtures, format_name):
    slow, base = fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"
    summary = api.render_summary(api.summarize(base), format_name)
    comparison = api.render_comparison(api.compare(slow, base), format_name)
    # JUnit tells of a single run only what can fail: its thresholds.
    assert ("http_req_duration" if format_name == "junit" else "product_detail") in summary
    assert "product_detail" in comparison
    assert format_name in api.FORMATS


def test_another_format_is_an_error(base):
    with pytest.raises(UsageError, match="a summary has no format 'pdf'"):
        api.render_summary(api.summarize(base), "pdf")
    with pytest.raises(UsageError, match="a comparison has no format 'html'"):
        api.render_comparison(api.compare(base, base), "html")


def test_the_json_of_a_run_without_requests_is_valid(fixtures):
    summary = api.summarize(fixtures / "psutil/base.json")
    document = json.loads(api.render_summary(summary, "json"))
    assert document["names"] == []
    assert document["total"]["requests"] == 0
