"""What `perfanalysis baseline` prints: the sentence that matters, then tables; nothing harmful."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from datetime import timedelta

import jsonschema
import pytest

from perfanalysis.model.baseline import (
    Baseline,
    BaselineEntry,
    BaselineEvent,
    BaselineSettings,
    MetricRule,
    begun,
)
from perfanalysis.model.baseline_results import (
    Acceptance,
    BaselineFigure,
    BaselineList,
    BaselineOverview,
    BaselineReport,
    Trend,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Commit
from perfanalysis.reports.baseline_documents import (
    acceptance_document,
    baseline_document,
    baseline_list_document,
    stored_document,
)
from perfanalysis.reports.baselines import (
    acceptance_table,
    baseline_list_table,
    baseline_table,
    outcome,
    removed_text,
)
from perfanalysis.reports.json_document import load_schema, render_json
from tests.store.baselines.made_runs import NOON

HOSTILE = "\x1b[31mred\x1b[0m\r\n\u202e@team|<b>`x`\x07" + "n" * 10_000


def entry(number=1, **changed):
    made = BaselineEntry(
        number=number,
        folder=f"{number:016x}.run",
        run=f"{number:012x}",
        name=f"nightly-{number}",
        started_at=NOON - timedelta(hours=2),
        accepted_at=NOON,
        accepted_by="jane",
        commit=Commit(sha="5eed" * 10, branch="main"),
        reason="v1.2",
        forced=(),
        recent=True,
        anchor=True,
    )
    return made.model_copy(update=changed)


def baseline(*entries, **settings):
    return begun(
        entries or (entry(),),
        name="main",
        environment="staging",
        branch="main",
        settings=BaselineSettings(**settings),
        before=None,
    )


def figure(**changed):
    known = {
        "name": "search",
        "metric": "latency.p95",
        "unit": "ms",
        "better": "lower",
        "value": 57.9,
        "anchor": 48.1,
        "change": 0.203,
        "ci_low": 0.121,
        "ci_high": 0.292,
        "tolerance": 0.05,
        "gate": True,
        "trend": Trend.DEGRADING,
    }
    return BaselineFigure(**known | changed)


def report(**changed):
    known = {
        "baseline": baseline(),
        "store": "baselines",
        "age_days": 3.4,
        "calibrated": True,
        "figures": (figure(),),
        "caveats": (Caveat(code="old-baseline", message="the baseline 'main' is 40 days old"),),
    }
    return BaselineReport(**known | changed)


def acceptance(**changed):
    known = {
        "baseline": baseline(),
        "name": "main",
        "store": "baselines",
        "accepted": (entry(),),
        "dropped": ("nightly-0",),
        "refusals": (),
        "forced": False,
        "already": False,
        "comparison": None,
        "caveats": (),
    }
    return Acceptance(**known | changed)


REGRESSED = (Caveat(code="regressed", message="search latency.p95 rose 20.3 %"),)


def table(found, **options):
    return baseline_table(found, **{"width": 80, "color": False, **options})


def test_a_baseline_is_shown_with_runs_figures_rules_and_history():
    rules = (MetricRule(metric="latency.p99", name="api/*", tolerance=0.1, level="warn"),)
    text = table(report(baseline=baseline(metrics=rules)))
    assert text.startswith("baseline main: 1 run of branch main, environment staging\n")
    assert "anchor of 2026-01-01 (1 run)" in text
    assert "calibrated" in text
    assert "nightly-1  2026-01-01  2026-01-01  jane  5eed5eed5e  recent, anchor  v1.2" in text
    assert "+20.3 %  +12.1 to +29.2  degrading" in text
    assert "metric latency.p99 name api/* tolerance 0.1 level warn" in text
    assert "2026-01-01 save 1 run by jane, new anchor: v1.2" in text
    assert "is 40 days old [old-baseline]" in text


def test_without_an_anchor_of_its_own_no_trend_is_shown():
    nothing = {"anchor": None, "change": None, "ci_low": None, "ci_high": None, "trend": None}
    text = table(report(figures=(figure(**nothing),)))
    assert "trend" not in text
    assert "search  latency.p95  57.9 ms        5 %" in text


def test_a_figure_that_the_anchor_lacks_has_dashes_among_others_that_have_it():
    nothing = {"anchor": None, "change": None, "ci_low": None, "ci_high": None, "trend": None}
    text = table(report(figures=(figure(), figure(name="new", **nothing))))
    (line,) = [line for line in text.splitlines() if line.startswith("new ")]
    assert line.split()[-4:] == ["–"] * 4


def test_of_a_long_history_the_latest_events_are_shown_and_the_others_counted():
    held = baseline()
    for number in range(2, 40):
        held = held.accepting(entry(number), new_anchor=False)
    text = table(report(baseline=held))
    assert text.count(" accept 1 run by jane") == 10
    assert "and 29 earlier" in text


def test_what_was_forced_stands_beside_the_reason():
    text = table(report(baseline=baseline(entry(forced=("regressed",)))))
    assert "v1.2 (forced: regressed)" in text


def test_the_list_has_a_line_for_each_baseline():
    found = BaselineList(
        store="baselines",
        baselines=(
            BaselineOverview(baseline=baseline(), age_days=3.4, old=False),
            BaselineOverview(baseline=baseline(entry(), entry(2)), age_days=45.0, old=True),
        ),
    )
    lines = baseline_list_table(found, width=80, color=False).splitlines()
    assert lines[1].split() == [
        *("main", "staging", "main", "1", "2026-01-01", "3", "days", "jane")
    ]
    assert "45 days (too old)" in lines[2]
    assert lines[-1] == "2 baselines in baselines"


def test_an_empty_list_says_how_to_begin():
    text = baseline_list_table(
        BaselineList(store="s3://ci/perf", baselines=()), width=80, color=False
    )
    assert text.startswith("no baselines in s3://ci/perf; perfanalysis baseline save NAME")


def test_an_accepted_run_is_told_in_one_line():
    assert outcome(acceptance()) == "accepted: nightly-1 into baseline main, which holds 1 run"


def test_a_refused_run_is_told_with_everything_that_speaks_against_it():
    refused = acceptance(accepted=(), refusals=REGRESSED)
    text = acceptance_table(refused, width=80, color=False)
    assert text.startswith("refused: baseline main stays as it was;")
    assert "Against it:\n  search latency.p95 rose 20.3 % [regressed]\n" in text


def test_a_refused_beginning_is_told_as_such():
    refused = acceptance(accepted=(), refusals=REGRESSED, baseline=None)
    assert outcome(refused).startswith("refused: baseline main was not begun;")


def test_what_was_forced_is_told_as_overridden():
    text = acceptance_table(acceptance(forced=True, refusals=REGRESSED), width=80, color=False)
    assert text.startswith("accepted by force: nightly-1 into baseline main")
    assert "Overridden:\n  search latency.p95 rose 20.3 % [regressed]\n" in text


def test_a_run_that_had_joined_before_is_told_as_such():
    text = outcome(acceptance(accepted=(), already=True))
    assert text == "already accepted: baseline main, which holds 1 run, stays as it was"


def hostile_report():
    wild = entry(
        name=HOSTILE,
        accepted_by=HOSTILE[:200],
        reason=HOSTILE[:2000],
        commit=Commit(sha=HOSTILE, branch=HOSTILE),
    )
    held = baseline(wild, metrics=(MetricRule(metric="*", name=HOSTILE[:2000], tolerance=0.1),))
    event = held.history[0].model_copy(update={"by": HOSTILE[:200], "reason": HOSTILE[:2000]})
    held = held.model_copy(
        update={"environment": HOSTILE[:200], "branch": HOSTILE[:200], "history": (event,)}
    )
    return report(
        baseline=held,
        figures=(figure(name=HOSTILE),),
        caveats=(Caveat(code="old-baseline", message=HOSTILE),),
    )


def test_hostile_texts_come_out_harmless_and_bounded_in_the_terminal():
    wild = hostile_report()
    told = acceptance(
        accepted=wild.baseline.entries,
        dropped=(HOSTILE,),
        refusals=(Caveat(code="regressed", message=HOSTILE),),
        forced=True,
        baseline=wild.baseline,
    )
    listed = BaselineList(
        store=HOSTILE,
        baselines=(BaselineOverview(baseline=wild.baseline, age_days=0, old=False),),
    )
    for text in (
        table(wild),
        acceptance_table(told, width=80, color=False),
        baseline_list_table(listed, width=80, color=False),
        removed_text(wild.baseline, width=80, color=False),
    ):
        assert not {"\x1b", "\r", "\u202e", "\x07"} & set(text)
        assert max(map(len, text.splitlines())) < 420
        assert len(text) < 10_000


def strict(schema):
    """The schema without its leave to add fields: then every field must be documented."""
    closed = copy.deepcopy(schema)
    for part in (closed, *closed["$defs"].values()):
        part["additionalProperties"] = False
    return closed


def validate(document, name):
    jsonschema.validate(
        json.loads(render_json(document)),
        strict(load_schema(name)),
        cls=jsonschema.Draft202012Validator,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


@pytest.mark.parametrize("found", [report(), hostile_report()], ids=["plain", "hostile"])
def test_the_document_of_a_baseline_is_as_its_schema_says(found):
    rules = (MetricRule(metric="latency.p99", tolerance=0.1),)
    ruled = replace(
        found,
        baseline=found.baseline.model_copy(update={"settings": BaselineSettings(metrics=rules)}),
    )
    for one in (found, ruled):
        validate(baseline_document(one), "baseline-report")


@pytest.mark.parametrize(
    "found",
    [
        acceptance(),
        acceptance(accepted=(), refusals=REGRESSED),
        acceptance(accepted=(), refusals=REGRESSED, baseline=None),
        acceptance(accepted=(), already=True),
        acceptance(forced=True, refusals=REGRESSED),
    ],
    ids=["accepted", "refused", "not begun", "already", "forced"],
)
def test_the_document_of_an_acceptance_is_as_its_schema_says(found):
    validate(acceptance_document(found), "acceptance")


def test_the_document_of_a_list_is_as_its_schema_says():
    one = BaselineOverview(baseline=baseline(entry(commit=None)), age_days=0.5, old=False)
    for baselines in ((), (one,)):
        validate(
            baseline_list_document(BaselineList(store="baselines", baselines=baselines)),
            "baselines",
        )


def test_what_was_removed_is_printed_as_it_was_stored():
    document = stored_document(baseline())
    assert list(document)[:3] == ["schema", "schema_version", "name"]
    assert Baseline.model_validate(document) == baseline()


def test_every_field_of_what_is_stored_is_in_the_schema():
    properties = load_schema("baseline-report")["$defs"]
    assert set(properties["entry"]["properties"]) == set(BaselineEntry.model_fields)
    assert set(properties["event"]["properties"]) == set(BaselineEvent.model_fields)
    assert set(properties["settings"]["properties"]) == set(BaselineSettings.model_fields)
    assert set(properties["rule"]["properties"]) == set(MetricRule.model_fields)
    assert set(properties["figure"]["properties"]) == {f.name for f in fields(BaselineFigure)}
