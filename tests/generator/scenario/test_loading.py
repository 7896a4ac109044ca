"""Scenario files: what is wrong in them is told with file, line and what was meant."""

from __future__ import annotations

import pytest

from perfanalysis.errors import ConfigError
from perfanalysis.generator.scenario.loading import load_python, load_scenario
from perfanalysis.generator.scenario.model import Load, LoadTest, Scenario

FILE = """\
target: http://127.0.0.1:8000
scenarios:
  - name: a
    steps:
      - get: /
      - {step}
"""


@pytest.mark.parametrize(
    ("step", "line", "message"),
    [
        (
            "get: /x\n        chek: []",
            7,
            "scenarios[0].steps[1].chek: 'chek' is no key; did you mean 'check'?",
        ),
        ("gett: /x", 6, "'gett' is no key; did you mean 'get'?"),
        ("think: 2", 6, "expected a duration with its unit, such as '30 s', found 2"),
        ("think: 2.5", 6, "expected a duration with its unit"),
        ("think: 3 s - 1 s", 6, "expected the shorter think time first"),
        ("nonsense", 6, "expected a step, such as 'get: /path'"),
        ("{}", 6, "expected a step"),
        ("get: /\n        get: /x", 7, "'get' stands in line 6 already"),
        ("get: /\n        put: /x", 6, "expected one of get, post"),
        ("post: /\n        json: 1\n        form: {}", 6, "expected one body, found json and form"),
        ("get: /\n        check: [{status: 20}]", 7, "expected a status such as 200"),
        ("get: /\n        check: [{equals: 1}]", 7, "expected 'json' or 'header' beside it"),
        ("get: /\n        check: [{status: 200, contains: x}]", 7, "expected one question"),
        ("get: /\n        check: [{name: x}]", 7, "expected one question"),
        ("get: /\n        name: item ${id}", 7, "expected a name without variables"),
        ("get: /\n        capture: {x: {jsn: $.a}}", 7, "did you mean 'json'?"),
        ("get: /\n        capture: {x: {json: $.a, header: b}}", 7, "found json and header"),
        ("get: /\n        capture: {a b: $.a}", 7, "capture.a b"),
        ("group: x", 6, "expected the key 'steps'"),
        (
            "if: x\n        then:\n          - repeat: 2\n            steps: [{think: 5}]",
            9,
            "then[0].steps[0].think: expected a duration",
        ),
        ("websocket: /\n        steps: [{expect: {equals: 1}}]", 7, "expected 'json' beside"),
    ],
)
def test_a_mistake_in_a_step_is_told_with_its_line(write, step, line, message):
    path = write(FILE.replace("{step}", step))
    with pytest.raises(ConfigError) as told:
        load_scenario(path)
    assert told.value.message.startswith(f"{path}:{line}: ")
    assert message in told.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: expected the key 'target'"),
        ("- a", ":1: expected keys and values, found list"),
        ("target: [", ":1: expected YAML"),
        ("a: !!python/object:os.system {}", ":1: expected YAML"),
        ("? [a]\n: b", ":1: expected a word as key"),
        ("target: x\nscenarios: []", ":2: scenarios: "),
        (FILE.replace("{step}", "think: 1 s") + "load: bump\n", ":7: load: "),
        (FILE.replace("{step}", "think: 1 s") + "load: {vus: 3}\n", "expected a shape, or vus"),
        (
            FILE.replace("{step}", "think: 1 s") + "load: {vus: 3, rate: 3 /s, duration: 1 s}\n",
            "found both",
        ),
        (
            FILE.replace("{step}", "think: 1 s")
            + "load: {vus: 3, duration: 1 s, arrival: poisson}\n",
            "belong to an open load",
        ),
        (
            FILE.replace("{step}", "think: 1 s") + "thresholds: {x: {threshold: a, abort: 1}}",
            "abort",
        ),
        (FILE.replace("- {step}", "").replace("name: a", "name: a\n    function: f.py:f"), "both"),
        ("extends: nowhere.yml", "nowhere.yml: cannot be read"),
        ("extends: test.yml", "or they are a circle"),
        ("extends: [a]", ":1: extends: expected the name"),
    ],
)
def test_a_mistake_in_a_file_is_told(write, text, message):
    with pytest.raises(ConfigError) as told:
        load_scenario(write(text))
    assert message in told.value.message


def test_names_of_scenarios_differ(write):
    text = FILE.replace("{step}", "think: 1 s") + "  - {name: a, steps: [{get: /}]}\n"
    with pytest.raises(ConfigError, match="found a twice"):
        load_scenario(write(text))


def test_few_lines_that_stand_for_billions_are_refused(write):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for last, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]")
    with pytest.raises(ConfigError, match="more than a scenario file may"):
        load_scenario(write("\n".join(lines)))
    with pytest.raises(ConfigError, match="more than a scenario file may"):
        load_scenario(write("target: &t {a: *t}"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"target: \xff", "expected UTF-8"), (b"#" * 2_000_000, "larger than")],
)
def test_a_file_that_cannot_be_one_is_refused(tmp_path, content, message):
    (tmp_path / "x.yml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_scenario(tmp_path / "x.yml")


def test_words_and_times_stay_texts(write):
    head = (
        "variables: {no: no, time: '1:30', date: 2026-01-01, octal: 010, n: 5, x: 1.5, yes: true}\n"
    )
    test = load_scenario(write(head + FILE.replace("{step}", "think: 1 s"))).test
    assert test.variables == {
        "no": "no",
        "time": "1:30",
        "date": "2026-01-01",
        "octal": "010",
        "n": 5,
        "x": 1.5,
        "yes": True,
    }


def test_anchors_serve_what_stands_twice(write):
    step = "get: /x\n        headers: &h {a: b}\n      - {get: /y, headers: {<<: *h, c: d}}"
    test = load_scenario(write(FILE.replace("{step}", step))).test
    assert test.scenarios[0].steps[2].headers == {"a": "b", "c": "d"}


def test_a_file_replaces_keys_of_the_one_that_it_extends(write, tmp_path):
    (tmp_path / "base").mkdir()
    base = FILE.replace("{step}", "think: 1 s")
    write(base + "data: [{file: u.csv, as: u}]\nvariables: {a: 1, b: 2}\n", "base/base.yml")
    loaded = load_scenario(write("extends: base/base.yml\nload: spike\nvariables: {a: 3}\n"))
    assert loaded.test.load.shape == "spike"
    assert loaded.test.variables == {"a": 3}
    assert loaded.test.data[0].file == str(tmp_path / "base" / "u.csv")
    assert loaded.test.name == "test"
    assert [path.name for path in loaded.files()] == ["test.yml", "base.yml"]


def test_a_mistake_in_the_extended_file_is_told_with_that_file(write):
    write(FILE.replace("{step}", "think: 5"), "base.yml")
    with pytest.raises(ConfigError, match=r"base\.yml:6: "):
        load_scenario(write("extends: base.yml\n"))


PYTHON = """\
from perfanalysis.generator import Load, LoadTest, Scenario
from beside import PATH

async def user(session):
    await session.get(PATH)

test = LoadTest(target="http://127.0.0.1:1", scenarios=[Scenario(name="a", function=user)],
                load=Load(vus=1, duration="1 s"))
"""


def test_a_python_file_holds_one_load_test_and_may_import_what_lies_beside_it(write):
    write("PATH = '/x'\n", "beside.py")
    path = write(PYTHON, "journey.py")
    loaded = load_python(path)
    assert loaded.test.name == "journey"
    assert loaded.test.scenarios[0].function == f"{path}:user"
    assert loaded.files() == (path,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "expected one LoadTest, found none"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def x(:\n", "SyntaxError"),
    ],
)
def test_a_python_file_without_a_load_test_is_told(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load_python(write(text, f"{abs(hash(text))}.py"))


def test_objects_in_python_are_checked_as_files_are():
    with pytest.raises(ValueError, match="expected a shape"):
        Load(vus=1)
    with pytest.raises(ValueError, match="'targt' is no key; did you mean 'target'"):
        LoadTest(targt="http://x", scenarios=[Scenario(name="a", function=print)])
