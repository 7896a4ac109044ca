from __future__ import annotations

import pytest

from perfanalysis.reports.markdown.layout import (
    Column,
    Section,
    code,
    fitted,
    list_section,
    metric_text,
    name_code,
    prose,
    table_section,
)


def section(title, rows, keep, width=100):
    return Section(title=title, head=(), rows=["x" * width] * rows, count=rows, keep=keep)


def test_everything_is_there_while_there_is_room():
    text = fitted(["head"], [section("3 rows", 3, keep=0)], ["foot"])
    assert text == (
        "head\n\n<details><summary>3 rows</summary>\n\n"
        + "\n".join(["x" * 100] * 3)
        + "\n\n</details>\n\nfoot\n"
    )


def test_what_matters_most_is_served_first_and_the_order_stays():
    sections = [section("90 first", 90, keep=0), section("90 second", 90, keep=1)]
    text = fitted(["head"], sections, ["foot"], most_bytes=14_000)
    assert text.index("90 first") < text.index("90 second")
    assert text.count("x" * 100) < 180
    first, second = text.split("<details>")[1:]
    assert second.count("x" * 100) == 90
    assert f"and {90 - first.count('x' * 100)} more" in first


def test_what_does_not_fit_is_cut_and_counted():
    text = fitted([], [section("90 rows", 90, keep=0)], [], most_bytes=5000)
    shown = text.count("x" * 100)
    assert 30 < shown < 40
    assert f"\n\nand {90 - shown} more\n\n</details>" in text
    assert text.endswith(
        f"Left out for their size: {90 - shown} of 90 rows. The JSON output has all.\n"
    )


def test_what_does_not_fit_at_all_is_named():
    text = fitted(["head"], [section("9 rows", 9, keep=0, width=5000)], [], most_bytes=4000)
    assert text == "head\n\nLeft out for their size: 9 rows. The JSON output has all.\n"


@pytest.mark.parametrize("letter", ["x", "检", "👩"])
@pytest.mark.parametrize("most", [2000, 10_000, 60_000])
def test_the_limit_holds_in_bytes(letter, most):
    sections = [
        Section(title=f"{n} rows", head=["h"], rows=[letter * 80] * 700, count=700, keep=n)
        for n in range(6)
    ]
    text = fitted(["head"], sections, ["foot"], most_bytes=most)
    assert most - 1500 < len(text.encode()) <= most


def test_rows_beyond_the_room_are_never_made():
    made = []

    def rows():
        for number in range(100_000):
            made.append(number)
            yield ["x" * 100]

    heads = [Column(title="a", align="left")]
    fitted([], [table_section("many", heads, rows(), 100_000, keep=0)], [], most_bytes=10_000)
    assert len(made) < 120


def test_a_section_without_rows_is_none():
    assert fitted(["head"], [list_section("0 notes", [], keep=0)], ["", "foot"]) == "head\n\nfoot\n"


def test_texts_are_bounded_after_their_signs_became_visible():
    steering = "\u202e" * 10_000
    assert len(prose(steering)) < 7000
    assert len(code(steering)) <= 82
    assert len(name_code(steering)) <= 82
    assert len(metric_text(steering)) <= 500


def test_all_requests_are_plain_words_and_a_name_like_that_is_not():
    assert name_code(None) == "all requests"
    assert name_code("all requests") == "`all requests`"
