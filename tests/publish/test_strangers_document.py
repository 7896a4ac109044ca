"""A document that a stranger's job wrote: refused, or told in a harmless comment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from perfanalysis.errors import InputError
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.github_actions import error_annotations, outputs
from perfanalysis.reports.json_document import check_document, comparison_document, render_json
from perfanalysis.reports.markdown import Framing
from perfanalysis.reports.read_document import read_check, read_comparison
from tests.reports.markdown.reading import rendered

GIANT = "|`<b>@team\n/close\x1b\u202e検<!-- perfanalysis key=default -->" * 5000
TEXTS = ("", GIANT, "Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")
NUMBERS = (0, -1, 1e308, -1e308, 5e-324, 10**30, 1, 0.5, -0.0)
OTHERS: tuple[Any, ...] = (None, True, [], {})


def leaves(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in children:
        if isinstance(value, dict | list) and value:
            yield from leaves(value, (*path, key))
        yield (*path, key)


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> str:
    changed = json.loads(json.dumps(document))
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return json.dumps(changed)


def shown(findings: Findings) -> None:
    text = findings.markdown(Framing())
    assert len(text.encode()) <= 60_000
    tags = {element.tag for element in rendered(text).iter()}
    assert not tags & {"b", "script", "a", "img"}
    assert not [line for line in text.splitlines() if line.lstrip().startswith("/")]
    assert all("\n" not in line and len(line) < 8000 for line in error_annotations(findings))
    outputs(findings, None)


@pytest.mark.slow
@pytest.mark.parametrize("values", [TEXTS, NUMBERS, OTHERS], ids=["texts", "numbers", "others"])
def test_any_changed_value_of_a_comparison_is_refused_or_shown(comparison, values):
    document = json.loads(render_json(comparison_document(comparison)))
    document["results"] = document["results"][:2]
    taken = refused = longest = 0
    for path in leaves(document):
        for value in values:
            try:
                found = read_comparison(with_value(document, path, value))
            except InputError as exc:
                refused += 1
                longest = max(longest, len(exc.message))
            else:
                shown(Findings.of(found, None, strict=False))
                taken += 1
    assert taken > 50
    assert refused > 50
    assert longest < 500


@pytest.mark.slow
def test_any_changed_value_of_a_check_is_refused_or_shown(broken_check):
    document = json.loads(render_json(check_document(broken_check)))
    document["budgets"] = document["budgets"][:1]
    taken = 0
    for path in leaves(document):
        for value in (*TEXTS, *NUMBERS, *OTHERS):
            try:
                found = read_check(with_value(document, path, value))
            except InputError:
                continue
            shown(Findings.of(None, found, strict=False))
            taken += 1
    assert taken > 100
