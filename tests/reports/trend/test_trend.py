"""What a trend looks like: table, plain, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import fields, replace

import jsonschema
import pytest
from rich.cells import cell_len

from perfanalysis import api
from perfanalysis.api.rendering import Screen
from perfanalysis.errors import UsageError
from perfanalysis.model import trend as nouns
from perfanalysis.model.results import NotJudged, Verdict
from perfanalysis.model.trend import NameHistory, TrendEpisode, TrendSlope
from perfanalysis.reports.json_document import load_schema
from perfanalysis.reports.language import in_language
from perfanalysis.reports.markdown.layout import MOST_BYTES
from perfanalysis.reports.trend.document import trend_document
from perfanalysis.reports.trend.table import trend_table
from tests.reports.hostile import HOSTILE_NAMES
from tests.reports.markdown.reading import rendered
from tests.reports.terminal.test_tables import steering
from tests.reports.test_hostile_names import MARKDOWN_TAGS
from tests.reports.test_json_document import strict


@pytest.fixture(scope="module")
def found(fixtures):
    return api.trend(str(fixtures / "history/shop"))


@pytest.fixture
def eventful(found):
    """The same with everything that may happen to a figure."""
    slope = TrendSlope(
        per_run=0.01, ci_low=0.005, ci_high=None, total=0.11, p_value=0.0001, drifting=True
    )
    episode = TrendEpisode(first=2, last=4, change=0.3, direction="worse")
    newest = replace(found.figures[0].newest, suspected="worse", runs=1, change=0.4)
    first, second, third, *others = found.figures
    return replace(
        found,
        figures=(
            replace(first, newest=newest, verdict=Verdict.UNDECIDED),
            replace(second, slope=slope, newest=None, verdict=Verdict.UNDECIDED),
            replace(third, episodes=(episode,)),
            *others,
        ),
        names=(NameHistory(name="old", event="vanished", run=5, message="'old' is gone"),),
    )


def table(trend, width=None, **known):
    return trend_table(trend, width=width, color=False, **known)


def test_the_verdict_comes_first_then_which_runs(found):
    lines = table(found).splitlines()
    assert lines[0].startswith("regressed: search latency.p10 rose 20.5 % with run 'search120-1'; ")
    assert lines[1].startswith("12 runs, from base-1 (2026-11-20T09:47:52Z) to search120-3 (")
    assert lines[2] == "judged 29 of 31, tolerance 5 %, alpha 5 %, recent are the newest 10 runs"


def test_every_figure_has_a_row_with_its_course(found):
    lines = table(found).splitlines()
    assert (
        "search          latency.p10  ▃▁▁▁▁▁▁▁▁███  5.57 ms    +20.5 %  regressed, critical¹"
        in (lines)
    )
    for figure in found.figures:
        assert any(re.match(rf"{figure.name} +{figure.metric} ", line) for line in lines)


def test_steps_are_told_with_their_interval_and_run(found):
    assert (
        "\nSteps, newest first:\n  search latency.p10: 4.62 ms -> 5.57 ms, +20.5 % (95 % interval "
        "+16.9 % to +24.2 %) with search120-1 (2026-11-20T09:48:54Z)\n"
    ) in table(found)


def test_what_is_suspected_drifts_or_came_back_is_told(eventful):
    text = table(eventful)
    assert re.search(
        r"\nSuspected:\n  \w+ [\w.]+: .* in the newest run, \+40.* off the level", text
    )
    assert "suspected worse" in text
    drift = r"\nDrifting:\n  \w+ [\w.]+: \+1.* from run to run, \+11.* over the 12 runs of the pres"
    assert re.search(drift, text)
    episode = r"\nFor a few runs only:\n  \w+ [\w.]+: \+30.* from base-2 to base-5, then back\n"
    assert re.search(episode, text)
    assert "\nNames that come and go:\n  'old' is gone\n" in text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_nothing_is_wider_than_the_terminal(found, eventful, width):
    for trend in (found, eventful):
        assert max(cell_len(line) for line in table(trend, width).splitlines()) <= width


def test_a_narrow_terminal_keeps_the_courses_and_a_wide_one_shows_more(found):
    narrow, wide = table(found, 80), table(found, 200)
    assert "▁▁███" in wide
    assert re.search("[▁▂▃▄▅▆▇█]{10}", narrow)
    for title in ("95 % of level", "at level", "newest", "detectable", "tolerance"):
        assert f"  {title}  " in wide
        assert f"  {title}  " not in narrow


def test_of_a_long_list_figures_without_any_step_are_counted(found):
    many = replace(
        found,
        figures=tuple(replace(f, name=f"{f.name} {n}") for f in found.figures for n in (1, 2)),
    )
    text = table(many)
    assert "52 more figures without any step; --all shows them\n" in text
    assert "login" not in text
    assert "login 2" in table(many, every_row=True)


def test_plain_is_ascii_with_every_column(eventful):
    text = api.render_trend(eventful, "plain")
    assert text.isascii()
    assert "detectable" in text
    assert "_" * 4 in text


def test_colour_only_repeats_the_words(found):
    coloured = trend_table(found, width=100, color=True)
    assert "\x1b[1;31mregressed" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == table(found, 100)


def hostile(trend, name):
    runs = tuple(run.model_copy(update={"name": name}) for run in trend.runs)
    return replace(
        trend,
        runs=runs,
        reasons=(name,),
        figures=tuple(replace(figure, name=name) for figure in trend.figures),
        not_judged=(NotJudged(name=name, metric=name, reason="gone", message=name),),
        names=(NameHistory(name=name, event="new", run=1, message=name),),
    )


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name)[1:40])
def test_hostile_names_steer_nothing(found, name):
    odd = hostile(found, name)
    for width in (80, None):
        assert steering(table(odd, width)) == []
    page = rendered(api.render_trend(odd, "markdown"))
    assert {element.tag for element in page.iter()} <= MARKDOWN_TAGS
    rows = list(csv.reader(io.StringIO(api.render_trend(odd, "csv"), newline="")))
    assert not [cell for row in rows for cell in row if re.match(r"[=+@]|-[^\d]", cell)]


def test_markdown_shows_ten_figures_and_folds_the_rest(found):
    text = api.render_trend(found, "markdown")
    assert text.startswith("### ❌ Performance over 12 runs\n")
    assert "| `search` | latency.p10 | `▃▁▁▁▁▁▁▁▁███` | 5.57 ms | **+20.5 %** | regressed" in text
    assert "<details><summary>19 more figures</summary>" in text
    assert "<details><summary>Steps, newest first</summary>" in text


def test_markdown_of_very_many_figures_stays_within_the_limit(found):
    many = replace(
        found,
        figures=tuple(replace(f, name=f"{f.name} {n}") for f in found.figures for n in range(60)),
    )
    text = api.render_trend(many, "markdown")
    assert len(text.encode()) <= MOST_BYTES
    assert "Left out for their size" in text


def test_markdown_takes_a_language(found):
    english = table(found)
    with in_language("ja"):
        assert api.render_trend(found, "markdown") == api.render_trend(found, "markdown", lang="ja")
        assert api.render_trend(found, "table") == english


def test_csv_has_a_row_for_each_run_and_figure(found):
    rows = list(csv.DictReader(io.StringIO(api.render_trend(found, "csv"))))
    assert len(rows) == sum(len(figure.points) for figure in found.figures)
    p10 = [row for row in rows if (row["name"], row["metric"]) == ("search", "latency.p10")]
    assert [int(row["number"]) for row in p10] == list(range(12))
    assert len({row["level"] for row in p10}) == 2
    (step,) = (row for row in p10 if row["step"])
    assert step["run"] == "search120-1"
    assert float(step["step"]) == pytest.approx(0.205, abs=0.001)


def test_the_document_obeys_its_schema(found, eventful):
    for trend in (found, eventful):
        document = json.loads(api.render_trend(trend, "json"))
        jsonschema.validate(
            document,
            strict(load_schema("trend")),
            cls=jsonschema.Draft202012Validator,
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )


def test_every_field_that_is_computed_is_written(eventful):
    document = trend_document(eventful)
    figure = document["figures"][0]
    pairs = [
        (nouns.Trend, document),
        (nouns.FigureTrend, figure),
        (nouns.TrendPoint, figure["points"][0]),
        (nouns.TrendLevel, figure["levels"][0]),
        (nouns.NewestRun, figure["newest"]),
        (nouns.TrendSlope, document["figures"][1]["slope"]),
        (nouns.TrendEpisode, document["figures"][2]["episodes"][0]),
        (nouns.NameHistory, document["names"][0]),
    ]
    for noun, written in pairs:
        assert {field.name for field in fields(noun)} <= set(written), noun
    steps = [step for entry in document["figures"] for step in entry["steps"]]
    assert {field.name for field in fields(nouns.TrendStep)} == set(steps[0])


def test_a_format_that_a_trend_lacks_is_refused(found):
    with pytest.raises(UsageError, match="a trend has no format 'junit'"):
        api.render_trend(found, "junit", screen=Screen())
