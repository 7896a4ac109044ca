"""All sentences that analysis, importers and the api make can be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import perfanalysis
from perfanalysis.api import compare, summarize
from perfanalysis.model.run import RunInfo
from perfanalysis.phrases import Phrase

PACKAGE = Path(perfanalysis.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MAKERS = {"phrase": 1, "counted": 2}
PLACEHOLDER = re.compile(r"\{(\w+)\}")

SOURCES = [
    "jmeter/base.csv.jtl",
    "jmeter/base.texttime.jtl",
    "jmeter/base.xml.jtl",
    "jmeter/base.statistics.json",
    "k6/base.json.gz",
    "k6/base.csv.gz",
    "k6/base.summary.json",
    "k6/base.handle-summary.json",
    "locust/base",
    "locust/base-short.json",
    "locust/shop_requests.csv",
    "pgbench/failed",
    "pgbench/aggregate-hidden-failures",
    "pgbench/progress",
    "pgbench/sampled",
    "psutil/base.json",
    "psutil/psrecord.txt",
]


def sentences_of(found) -> Iterator[str]:
    """Every sentence of a result: what its readers may want in their language."""
    if isinstance(found, RunInfo):
        yield from sentences_of(found.caveats)
    elif isinstance(found, tuple):
        for part in found:
            yield from sentences_of(part)
    elif is_dataclass(found):
        for field in fields(found):
            value = getattr(found, field.name)
            if field.name in ("message", "sentence"):
                yield value
            elif field.name == "reasons":
                yield from value
            else:
                yield from sentences_of(value)


@pytest.mark.parametrize("source", SOURCES)
def test_every_sentence_about_a_run_is_a_phrase(fixtures, source):
    found = summarize(str(fixtures / source))
    assert [text for text in sentences_of(found) if not isinstance(text, Phrase)] == []


BUDGET = {
    "budgets": [
        {"metric": "latency.p95", "limit": "60 ms"},
        {"metric": "latency.p99", "name": "*", "limit": "500 ms", "level": "warn"},
        {"metric": "latency.p95", "change": "+10 %"},
        {"metric": "error_rate", "limit": "0.1 %"},
        {"metric": "latency.p95", "limit": "60 ms", "for": "3s"},
        {"metric": "system.cpu.mean", "limit": "70 %"},
        {"slo": "99 % of requests under 250 ms"},
    ]
}


@pytest.mark.parametrize(
    ("current", "baseline"),
    [
        ("demo/slow.json.xz", "demo/base.json.xz"),
        ("demo/base.json.xz", "demo/base.json.xz"),
        ("jmeter/slow.csv.jtl", "jmeter/base.csv.jtl"),
        ("jmeter/slow.statistics.json", "jmeter/base.statistics.json"),
        ("k6/slow.summary.json", "jmeter/base.csv.jtl"),
        ("locust/slow", "locust/base"),
        ("pgbench/slow", "pgbench/base"),
    ],
)
def test_every_sentence_of_a_comparison_is_a_phrase(fixtures, current, baseline):
    sides = [str(fixtures / side) for side in (current, baseline)]
    found = compare(*sides, budgets=BUDGET)
    sentences = list(sentences_of(found))
    assert len(sentences) > 5
    assert [text for text in sentences if not isinstance(text, Phrase)] == []


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def makers_in(path: Path) -> dict[str, int]:
    """The functions of `phrases` that a module imports, with how many templates they take."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "perfanalysis.phrases"
        for alias in node.names
    }
    return {name: number for name, number in MAKERS.items() if name in imported}


def given(call: ast.Call, tree: ast.AST) -> set[str] | None:
    """The names of the values of a call; None where they cannot be known from the text."""
    found: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is not None:
            found.add(keyword.arg)
        elif isinstance(keyword.value, ast.Name):
            known = keys_of(keyword.value.id, tree)
            if known is None:
                return None
            found |= known
        else:
            return None
    return found


def keys_of(name: str, tree: ast.AST) -> set[str] | None:
    """The keys of the dictionaries that a name stands for in a function."""
    found: set[str] = set()
    for node in ast.walk(tree):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign | ast.AnnAssign)
            else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                if not isinstance(node.value, ast.Dict):
                    return None
                found |= {key.value for key in node.value.keys if isinstance(key, ast.Constant)}
            if (
                isinstance(target, ast.Subscript)
                and isinstance(target.value, ast.Name)
                and target.value.id == name
                and isinstance(target.slice, ast.Constant)
            ):
                found.add(target.slice.value)
    return found


def functions(path: Path) -> Iterator[ast.AST]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def makes(part: ast.AST, makers: dict[str, int]) -> Iterator[tuple[ast.Call, list[ast.expr]]]:
    """The calls in a part of a module that make phrases, with their templates."""
    for call in ast.walk(part):
        if isinstance(call, ast.Call) and called(call) in makers:
            yield call, call.args[: makers[called(call)]]


def test_every_template_is_a_literal_so_that_it_can_be_extracted():
    wrong, seen = [], 0
    for path in MODULES:
        for call, templates in makes(ast.parse(path.read_text()), makers_in(path)):
            seen += 1
            if not all(isinstance(t, ast.Constant) and isinstance(t.value, str) for t in templates):
                wrong.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert wrong == []
    assert seen > 200


def test_every_placeholder_of_a_template_has_a_value():
    wrong, seen = [], 0
    for path in MODULES:
        makers = makers_in(path)
        for function in functions(path) if makers else ():
            for call, templates in makes(function, makers):
                seen += 1
                texts = [t.value for t in templates if isinstance(t, ast.Constant)]
                needed = {name for text in texts for name in PLACEHOLDER.findall(text)}
                known = given(call, function)
                stated = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
                if known is None or needed - known or stated - needed:
                    wrong.append(f"{path.relative_to(PACKAGE)}:{call.lineno}: {needed} {known}")
    assert wrong == []
    assert seen > 200


def bare(value: ast.AST) -> bool:
    """Whether an expression is English that no catalogue knows."""
    if isinstance(value, ast.IfExp):
        return bare(value.body) or bare(value.orelse)
    if isinstance(value, ast.BinOp):
        return bare(value.left) or bare(value.right)
    literal = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return literal or isinstance(value, ast.JoinedStr)


def test_no_caveat_is_made_of_a_text_that_cannot_be_translated():
    wrong, seen = [], 0
    for path in MODULES:
        for function in functions(path):
            assigned = [n for n in ast.walk(function) if isinstance(n, ast.Assign)]
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
                if called(call) not in ("Caveat", "NotJudged", "Unjudged"):
                    continue
                seen += 1
                message = next(k.value for k in call.keywords if k.arg == "message")
                told = [message]
                if isinstance(message, ast.Name):
                    told += [
                        node.value
                        for node in assigned
                        for target in node.targets
                        if isinstance(target, ast.Name) and target.id == message.id
                    ]
                if any(bare(value) for value in told):
                    wrong.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert wrong == []
    assert seen > 100
