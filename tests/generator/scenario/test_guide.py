"""The page on generating load: its pieces of YAML are read, and nothing is left out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from perfanalysis.generator.scenario import model, steps
from perfanalysis.generator.scenario.functions import FUNCTIONS
from perfanalysis.generator.scenario.shapes import SHAPES
from perfanalysis.generator.scenario.written import Written, known_keys

PAGE = Path(__file__).parents[3] / "docs" / "generate.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
STEPS = [{"get": "/", "capture": {"product": "$.p"}}, {"get": "/x"}]
FILE = {"target": "http://127.0.0.1:1", "variables": {"user": {"email": "a"}, "n": 1}}


def files(piece: str):
    """Yield scenario files that hold a piece of the page, each way that it shows."""
    if piece.startswith("load:"):
        parts = re.split(r"^(?=load:)", piece, flags=re.MULTILINE)
        yield from ({**scenario(STEPS), **yaml.safe_load(part)} for part in parts if part)
        return
    content = yaml.safe_load(piece)
    if isinstance(content, list):
        yield scenario([*STEPS, *content])
    elif content.keys() & {"capture", "check"}:
        yield scenario([*STEPS, {"get": "/y", **content}])
    else:
        yield {**scenario(STEPS), **content}


def scenario(content: list) -> dict:
    return {**FILE, "scenarios": [{"name": "a", "steps": content}]}


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.split(":")[0])
def test_a_piece_of_the_page_is_a_piece_of_a_scenario_file(piece, prepared, write):
    write("email,name\n" + "a@b.c,ada\n" * 10, "users.csv")
    found = list(files(piece))
    for content in found:
        assert prepared(yaml.safe_dump(content)).test.scenarios
    assert len(found) == (5 if piece.startswith("load:") else 1)


def test_the_page_shows_pieces():
    assert len(PIECES) >= 7


def words() -> set[str]:
    found: set[str] = set()
    own = [part for module in (model, steps) for part in vars(module).values()]
    parts = [part for part in own if isinstance(part, type) and issubclass(part, Written)]
    assert len(parts) > 20
    for part in parts:
        found |= set(known_keys(part))
    return found | set(steps.LEADING_KEYS) | set(FUNCTIONS) | set(SHAPES)


def test_every_key_function_and_shape_is_spoken_of():
    spoken = set(re.findall(r"[A-Za-z_]+", TEXT))
    assert words() - spoken == set()
