from __future__ import annotations

from rich.text import Text

from perfanalysis.reports.terminal.columns import ALWAYS, TableColumn, fitted_table


def column(title, cells, rank=ALWAYS, *, right=False, least=None):
    texts = [Text(cell) for cell in cells]
    return TableColumn(title=title, cells=texts, rank=rank, right=right, least=least)


NAME = column("name", ["GET /api/v1/users/items", "b"], least=8)
FIGURE = column("ms", ["1.23", "45.6"], right=True)
MORE = column("more", ["aaaa", "bbbb"], 2)
EXTRA = column("extra", ["cccc", "dddd"], 5)
COLUMNS = [NAME, FIGURE, MORE, EXTRA]


def plain(columns, width, **known):
    lines, left_out = fitted_table(columns, width, **known)
    return [line.plain for line in lines], left_out


def test_without_a_limit_everything_is_shown():
    lines, left_out = plain(COLUMNS, None)
    assert lines == [
        "name                       ms  more  extra",
        "GET /api/v1/users/items  1.23  aaaa  cccc",
        "b                        45.6  bbbb  dddd",
    ]
    assert left_out == []


def test_names_are_shortened_before_a_figure_would_be():
    lines, left_out = plain(COLUMNS, 36)
    assert "…" in lines[1]
    assert max(map(len, lines)) <= 36
    assert left_out == []
    assert all(figure in lines[1] for figure in ("1.23", "aaaa", "cccc"))


def test_the_least_important_column_goes_first():
    lines, left_out = plain(COLUMNS, 24)
    assert left_out == ["extra"]
    assert lines[0].split() == ["name", "ms", "more"]
    assert max(map(len, lines)) <= 24


def test_what_matters_always_is_never_left_out():
    lines, left_out = plain(COLUMNS, 5)
    assert left_out == ["more", "extra"]
    assert lines[1].endswith("  1.23")


def test_nobody_misses_an_extra_of_wide_terminals():
    assert plain(COLUMNS, 24, most_rank=3)[1] == []
    assert plain(COLUMNS, 14, most_rank=3)[1] == ["more"]


def test_columns_that_look_alike_are_still_two():
    lines, left_out = plain([NAME, FIGURE, FIGURE], None)
    assert lines[0].split() == ["name", "ms", "ms"]
    assert left_out == []
