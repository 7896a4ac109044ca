"""Shapes in terminal, Markdown and JSON: which names changed how, and which have several modes."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from perfanalysis.model.shapes import Mode, ShapeKind
from perfanalysis.reports.json_document import comparison_document, load_schema
from perfanalysis.reports.markdown import comparison_markdown
from perfanalysis.reports.shape_wording import changed_shapes, modes_text, several_modes
from perfanalysis.reports.terminal.tables import comparison_table

CHANGE = "a change is seen in the slowest 5 % only: p95 +20.3 %, p99 +31.0 % (tail)"
MODES = (
    "current 70 % around 7.10 ms, 30 % around 38.0 ms; "
    "baseline 72 % around 7.00 ms, 28 % around 37.4 ms"
)


@pytest.fixture
def changed(comparison, tail_shape):
    return replace(comparison, shapes=(tail_shape,))


@pytest.mark.parametrize("kind", [ShapeKind.TAIL, ShapeKind.SPREAD, ShapeKind.MIXED])
def test_a_change_of_shape_is_a_sentence(tail_shape, kind):
    shape = replace(tail_shape, kind=kind, sentence="it changed")
    assert changed_shapes([shape]) == [f"search: it changed ({kind})"]


@pytest.mark.parametrize("kind", [ShapeKind.NONE, ShapeKind.SHIFT])
def test_what_changed_alike_or_not_at_all_is_no_change_of_shape(tail_shape, kind):
    assert changed_shapes([replace(tail_shape, kind=kind)]) == []


def test_modes_are_told_where_either_side_has_several(tail_shape):
    one = (Mode(latency_ms=9.0, share=1.0),)
    assert several_modes([tail_shape]) == [f"search: {MODES}"]
    assert modes_text(replace(tail_shape, baseline_modes=one)) == (
        "current 70 % around 7.10 ms, 30 % around 38.0 ms; baseline one mode"
    )
    assert modes_text(replace(tail_shape, baseline_modes=())).endswith("baseline unknown")
    assert modes_text(replace(tail_shape, baseline_modes=one, current_modes=one)) is None


def test_the_terminal_has_a_line_for_each_name(changed):
    lines = comparison_table(changed, width=None, color=False).splitlines()
    place = lines.index("Changed in shape:")
    assert lines[place + 1 : place + 5] == [
        f"  search: {CHANGE}",
        "",
        "Several kinds of requests:",
        f"  search: {MODES}",
    ]


def test_markdown_folds_the_changes_and_the_modes(changed):
    head, *folded = comparison_markdown(changed).split("<details>")
    assert CHANGE not in head
    [change] = [part for part in folded if "<summary>1 changed in shape</summary>" in part]
    assert f"- search: {CHANGE}\n" in change
    [modes] = [part for part in folded if "1 with several kinds of requests" in part]
    assert f"- search: {MODES}\n" in modes


def test_without_a_change_nothing_is_said(comparison):
    for text in (
        comparison_table(comparison, width=80, color=False),
        comparison_markdown(comparison),
    ):
        assert "shape" not in text
        assert "kinds of requests" not in text


def test_json_holds_the_curve_the_spread_and_the_modes(changed):
    document = comparison_document(changed)
    jsonschema.validate(document, load_schema("comparison"))
    [shape] = document["shapes"]
    assert list(shape) == [
        "name",
        "kind",
        "sentence",
        "confidence",
        "curve",
        "spread",
        "baseline_modes",
        "current_modes",
    ]
    assert shape["kind"] == "tail"
    assert shape["curve"][3] == {"share": 0.99, "change": 0.31, "low": 0.02, "high": None}
    assert shape["spread"] == {"change": 0.06, "low": -0.02, "high": 0.14}
    assert shape["current_modes"][1] == {"latency_ms": 38.0, "share": 0.3}


def test_every_kind_is_allowed_by_the_schema():
    kinds = load_schema("comparison")["$defs"]["shape"]["properties"]["kind"]["enum"]
    assert kinds == [str(kind) for kind in ShapeKind]
