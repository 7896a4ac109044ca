"""Plain tables, for mail, logs and grep; and what a CI system would take for a command."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perfanalysis.api.rendering import render_check, render_comparison, render_summary
from perfanalysis.model.budget_results import Check
from perfanalysis.model.caveat import Caveat
from perfanalysis.reports.escape import log_line
from perfanalysis.reports.terminal.tables import comparison_table, summary_table
from tests.reports.hostile import COMMANDS, NAMES

# What a runner obeys: `::name::` at the beginning of a line, blanks before it or not, and
# `##[name]` or `##vso[...]` anywhere (GitHub's ActionCommand.cs, Azure's logging commands).
OBEYED = re.compile(r"^\s*::[^\n]*?::|##(?:vso)?\[[^\n]*?\]", re.MULTILINE | re.IGNORECASE)


def plain(comparison):
    return render_comparison(comparison, "plain")


def test_plain_is_ascii_without_colour(comparison, summary):
    for text in (plain(comparison), render_summary(summary, "plain")):
        assert text.isascii()
        assert "\x1b" not in text


def test_plain_has_every_row_and_every_column_on_one_line(comparison):
    lines = plain(comparison).splitlines()
    (head,) = (line for line in lines if line.startswith("name "))
    titles = re.split(r" {2,}", head)
    assert titles[:3] == ["name", "metric", "baseline"]
    assert {"detectable", "n current", "tolerance", "p adjusted"} < set(titles)
    rows = lines[lines.index(head) + 1 :][: len(comparison.results)]
    assert [len(re.split(r" {2,}", row)) for row in rows] == [len(titles)] * len(rows)


def test_plain_marks_footnotes_with_numbers_in_brackets(comparison):
    text = plain(comparison)
    assert "regressed, minor[1] [2]\n" in text
    assert "\n[1] throughput follows latency here\n" in text


def test_plain_budgets_are_ascii(make_budget, make_run):
    check = Check(
        outcome=make_budget().outcome, runs=(make_run(),), results=(make_budget(),), caveats=()
    )
    assert render_check(check, "plain").isascii()


def test_names_of_strangers_keep_their_letters_so_that_they_can_be_searched_for(
    comparison, make_result
):
    odd = replace(comparison, results=(make_result(name="GET /–/Käse…×"),))
    (row,) = (line for line in plain(odd).splitlines() if line.startswith("GET "))
    assert row.startswith("GET /–/Käse…×  latency.p95  ")


def test_signs_that_we_put_into_a_name_are_ascii(comparison, make_result):
    odd = replace(comparison, results=(make_result(name="a\x1b[31m\nb" + "x" * 200),))
    (row,) = (line for line in plain(odd).splitlines() if "latency.p95" in line and "a<" in line)
    assert row.isascii()
    assert row.startswith("a<U+001B>[31m\\nbxxx")
    assert "..." in row


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
@pytest.mark.parametrize("form", [{"width": None}, {"width": 80}, {"width": None, "plain": True}])
def test_no_line_is_a_command_of_a_ci_system(comparison, make_result, make_run, name, form):
    caveat = Caveat(code="odd", message=f"{name} and {name}")
    results = (make_result(name=name, caveats=(caveat,)), make_result(name=f"{name}::x"))
    odd = replace(
        comparison,
        results=results,
        reasons=(name,),
        caveats=(caveat,),
        current=(make_run(name=name),),
    )
    text = comparison_table(
        odd, width=form["width"], color=False, ascii_only="plain" in form, every_row=True
    )
    assert OBEYED.findall(text) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_of_a_summary_is_a_command_of_a_ci_system(summary, make_name, name):
    odd = replace(
        summary,
        names=(make_name(name=name),),
        checks=(replace(summary.checks[0], name=name),),
        series=(replace(summary.series[0], metric=name),),
    )
    assert OBEYED.findall(summary_table(odd, width=100, color=False)) == []


def test_a_group_of_k6_stays_readable_and_aligned(comparison, make_result):
    rows = (make_result(name="::shop::login"), make_result(name="search"))
    text = comparison_table(replace(comparison, results=rows), width=120, color=False)
    first, second = (line for line in text.splitlines() if line.endswith("regressed, major"))
    assert first.startswith(r"\::shop::login  latency.p95")
    assert first.index("latency.p95") == second.index("latency.p95")


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("::error::x", r"\::error::x"),
        ("\t ::group::x", "\t \\::group::x"),
        ("x ##[error]y ##[warning]z", r"x ##\[error]y ##\[warning]z"),
        ("##VSO[task.setvariable variable=a]b", r"##VSO\[task.setvariable variable=a]b"),
        ("a::b::c", "a::b::c"),
        ("# [x]", "# [x]"),
    ],
)
def test_commands_of_ci_systems_are_broken_by_a_backslash(line, safe):
    assert log_line(line) == safe
    assert log_line(safe) == safe
