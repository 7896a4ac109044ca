"""Budgets for a terminal, alone and before a comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from perfanalysis.model.outcome import Outcome
from perfanalysis.reports.budgets.table import check_table
from perfanalysis.reports.terminal.tables import comparison_table


def test_a_check_begins_with_its_outcome_and_lists_what_matters_first(check):
    lines = check_table(check, width=None, color=False).splitlines()
    assert lines[0] == "broken: 2 broken, 2 undecided, 1 met of 5 budgets"
    assert lines[1].startswith("base (1 run, started ")
    rows = [line.split() for line in lines[3:9]]
    assert rows[0] == ["outcome", "name", "metric", "value", "interval", "limit", "left"]
    assert [row[0].rstrip(",¹") for row in rows[1:]] == [
        *("broken", "broken", "undecided", "undecided", "met")
    ]


def test_what_is_not_met_is_told_in_sentences_with_its_place(check):
    table = check_table(check, width=None, color=False)
    told = table.split("Budgets not met:\n")[1].split("\n\n")[0].splitlines()
    assert len(told) == 4
    assert (
        told[0].strip().startswith("search latency.p95 changed by +20.3 % against the baseline [")
    )


def test_caveats_of_check_runs_and_budgets_are_there(check):
    table = check_table(check, width=None, color=False)
    assert "one run shows its own figures only [one-run]" in table
    assert "base: k6.csv:9: cut short [cut-last-line]" in table
    assert "¹ a caveat of the budget" in table


@pytest.mark.parametrize("width", [60, 80, 100, 132])
def test_no_line_of_prose_is_wider_than_the_terminal(check, width):
    for line in check_table(check, width=width, color=False).splitlines():
        if width >= 80 or not line.startswith(("outcome", "broken", "undecided", "met")):
            assert cell_len(line) <= width


def test_colours_only_repeat_what_words_say(check):
    import re

    coloured = check_table(check, width=100, color=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == check_table(check, width=100, color=False)


def test_long_lists_are_cut_and_say_so(check, budgets):
    many = replace(check, results=budgets * 30)
    assert "110 more budgets; the JSON output has all" in check_table(many, width=None, color=False)


def test_a_comparison_shows_budgets_before_changes(comparison, budgets):
    table = comparison_table(replace(comparison, budgets=budgets), width=None, color=False)
    lines = table.splitlines()
    assert lines[0] == "budgets: 2 broken, 2 undecided, 1 met of 5 budgets"
    assert lines[1].startswith("regressed: ")
    assert table.index("outcome ") < table.index("name      metric")


def test_a_comparison_without_budgets_says_nothing_of_them(comparison):
    assert "budget" not in comparison_table(comparison, width=None, color=False)


def test_no_column_of_names_where_there_are_none(check, make_budget):
    alone = replace(check, results=(make_budget(name=None, outcome=Outcome.MET, caveats=()),))
    header = check_table(alone, width=None, color=False).splitlines()[3]
    assert header.split() == ["outcome", "metric", "value", "interval", "limit", "left"]
