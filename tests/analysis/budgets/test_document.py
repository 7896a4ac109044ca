"""The budget file as such: lines, limits on what it may hold, JSON."""

from __future__ import annotations

import json

import pytest

from perfanalysis.analysis.budgets.document import (
    MOST_BYTES,
    parse_document,
    plain_document,
    read_document,
)
from perfanalysis.errors import ConfigError


def test_every_key_and_item_knows_its_line():
    text = "budgets:\n  - metric: a\n    limit: 5\n  - {metric: b,\n     limit: 6}\n"
    document = parse_document("b.yml", text)
    assert document.place(("budgets", 0, "limit")) == "b.yml:3: budgets[0].limit"
    assert document.place(("budgets", 1)) == "b.yml:4: budgets[1]"
    assert document.place(("budgets", 1, "limit")) == "b.yml:5: budgets[1].limit"


def test_what_is_not_in_the_file_is_placed_where_it_would_stand():
    document = parse_document("b.yml", "a:\n  b: 1\n")
    assert document.place(("a", "b", "missing")) == "b.yml:2: a.b"


def test_scalars_stay_text_as_written():
    document = parse_document("b.yml", "{a: 404, b: 1.10, c: yes, d: 2024-01-01, e: ~, f: 0x1F}")
    assert document.content == {
        "a": "404",
        "b": "1.10",
        "c": "yes",
        "d": "2024-01-01",
        "e": None,
        "f": "0x1F",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x\n", r"b\.yml:2: aliases \(\*x\) are not read here"),
        ("a: 1\na: 2\n", r"b\.yml:2: a stands twice"),
        ("a:\n  b: 1\n  b: 2\n", r"b\.yml:3: a\.b stands twice"),
        ("a: [1\n", r"b\.yml:2: expected YAML"),
        ("? [a, b]\n: 1\n", r"b\.yml:1: expected a key, found a list or mapping"),
        ("a: 1\n---\nb: 2\n", r"b\.yml:2: expected YAML"),
        ("a: \x07\n", r"b\.yml: expected YAML"),
        ("[" * 50 + "]" * 50, r"b\.yml:1: nested deeper"),
        ("a: !!python/object/apply:os.system [echo]\n", None),
    ],
)
def test_what_no_budget_file_holds_is_refused_with_its_line(text, message):
    if message is None:
        # A tag makes no object: its value is only a list of text.
        assert parse_document("b.yml", text).content == {"a": ["echo"]}
        return
    with pytest.raises(ConfigError, match=message):
        parse_document("b.yml", text)


def test_a_thousand_brackets_are_no_stack_overflow():
    with pytest.raises(ConfigError, match="nested deeper"):
        parse_document("b.yml", "[" * 100_000)


def test_a_large_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "budget.yml"
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(ConfigError, match="at most 256 KiB"):
        read_document(path)


def test_a_missing_or_binary_file_is_no_traceback(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.yml")
    (tmp_path / "bin.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        read_document(tmp_path / "bin.yml")


def test_json_is_read_with_tabs_and_escaped_characters(tmp_path):
    content = {"budgets": [{"metric": "latency.p95", "name": "caf\u00e9 \U0001f600/x", "limit": 5}]}
    path = tmp_path / "budget.json"
    path.write_text(json.dumps(content, indent="\t"), encoding="utf-8")
    document = read_document(path)
    assert document.content["budgets"][0]["name"] == "caf\u00e9 \U0001f600/x"
    assert document.place(("budgets", 0, "limit")).endswith("budget.json:6: budgets[0].limit")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "budget.yml"
    path.write_bytes("budgets: []\n".encode("utf-8-sig"))
    assert read_document(path).content == {"budgets": []}


def test_objects_of_python_are_read_like_a_file():
    content = {"a": [1, 0.5, True, None], "b": {"c": "d"}}
    assert plain_document(content).content == {"a": ["1", "0.5", "true", None], "b": {"c": "d"}}
    assert plain_document(content).place(("a", 0)) == "budgets: a[0]"
    nested = current = {}
    for _ in range(100):
        current["a"] = current = {}
    with pytest.raises(ConfigError, match="nested deeper"):
        plain_document(nested)
