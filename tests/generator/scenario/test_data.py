"""Rows of CSV files as variables."""

from __future__ import annotations

from random import Random

import pytest

from perfanalysis.errors import ConfigError
from perfanalysis.generator.scenario.data import Feed, read_table
from perfanalysis.generator.scenario.model import Data

ROWS = "email,n\na,1\nb,2\nc,3\nd,4\ne,5\n"


@pytest.fixture
def table(write):
    def read(text=ROWS, **options):
        return read_table(Data(file=str(write(text, "rows.csv")), **{"as": "row"}, **options))

    return read


def taken(feed: Feed, count: int, user_id: int = 0) -> list[object]:
    rng = Random(1)
    return [feed.next(user_id=user_id, rng=rng)["n"] for _ in range(count)]


def test_rows_come_in_turn_and_begin_again(table):
    assert taken(Feed(table()), 7) == ["1", "2", "3", "4", "5", "1", "2"]


def test_workers_hand_out_no_row_twice_before_all_were(table):
    feeds = [Feed(table(), worker=worker, workers=2) for worker in (0, 1)]
    assert taken(feeds[0], 3) == ["1", "3", "5"]
    assert taken(feeds[1], 2) == ["2", "4"]


def test_each_user_keeps_its_own_row(table):
    feed = Feed(table(order="unique"))
    assert taken(feed, 2, user_id=3) == ["4", "4"]
    assert taken(feed, 1, user_id=0) == ["1"]


def test_random_rows_are_those_of_the_users_random_numbers(table):
    feed = Feed(table(order="random"))
    assert taken(feed, 5) == taken(feed, 5)
    assert set(taken(feed, 200)) == {"1", "2", "3", "4", "5"}


def test_a_row_is_a_variable_with_the_columns_as_fields(table):
    row = Feed(table('id;text\n7;"a;b"\n', delimiter=";")).next(user_id=0, rng=Random(1))
    assert row == {"id": "7", "text": "a;b"}


def test_a_byte_order_mark_and_blank_lines_are_no_data(table):
    assert table("\ufeffa,b\n\n1,2\n\n").rows == (("1", "2"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found no rows"),
        ("a,b\n", "found no rows"),
        ("a,b\n1\n", r"rows\.csv:2: expected 2 fields, found 1"),
        ("a,b\n1,2\n1,2,3\n", r"rows\.csv:3: expected 2 fields, found 3"),
        ("a,a\n1,2\n", r"rows\.csv:1: .* found 'a' twice"),
        ("a,\n1,2\n", r"rows\.csv:1: .* an empty one"),
        ('a\n"x"y\n', r"rows\.csv:2: expected CSV"),
        ('a\n"x', "expected CSV"),
        ("a\n" + "x" * 2_000_000 + "\n", "field larger than"),
    ],
)
def test_a_file_that_does_not_fit_is_told_with_its_line(table, text, message):
    with pytest.raises(ConfigError, match=message):
        table(text)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_table(Data(file=str(tmp_path / "none.csv"), **{"as": "x"}))
    (tmp_path / "bytes.csv").write_bytes(b"a\n\xff\n")
    with pytest.raises(ConfigError, match="expected UTF-8"):
        read_table(Data(file=str(tmp_path / "bytes.csv"), **{"as": "x"}))
