"""Lines of k6's JSON, odd ones among them, read at speed and one by one: the same rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfanalysis import api
from perfanalysis.importers import source
from perfanalysis.importers.k6.json_output import K6Json
from tests.oracle import k6
from tests.oracle.comparing import assert_rows_are, assert_summary_is

TIME = '"2026-01-01T00:00:00.5Z"'
TAGS = '{"group":"","method":"GET","name":"home","status":"200"}'

# Text that a shortcut may take for the structure around it.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(
        ["{", "}", "}}", '"', "\\", '"}}', "\\u0041", ',"value":9', "\u2028", "\0", ""]
    ),
)
NUMBERS = st.one_of(
    st.floats(0, 1e9).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).filter(bool).map(repr),
    st.integers(1, 10**40).map(str),
    st.integers(0, 10**12).map(lambda ns: f"{ns / 1e6:.6f}"),
    st.sampled_from(
        ["0", "0.0", "-0.0", "1e5", "1E+05", "1e-400", "1e400", "0e0", "5e-324", "1.50", "9" * 400]
    ),
)
NO_NUMBERS = st.sampled_from(
    ["01", "1.", "+1", ".5", "NaN", "-Infinity", "1e", "0x10", "1_0", "null", '"many"', "[1]", ""]
)
TIMES = st.one_of(
    st.sampled_from(
        [
            TIME,
            '"2026-01-01T00:00:00Z"',
            '"2026-01-01T09:00:00.123456789+09:00"',
            '"2025-12-31T23:30:00.000000001-00:30"',
            '"2026-01-01T00:00:00\\u005a"',
            '"1970-01-01T00:00:00Z"',
        ]
    ),
    st.integers(0, 10**9 - 1).map(lambda ns: f'"2026-01-01T00:0{ns % 10}:07.{ns:09}Z"'),
)
NO_TIMES = st.sampled_from(
    [
        '"2026-01-01T00:00:00"',
        '"2026-02-30T00:00:00Z"',
        '"2026-01-01T24:00:00Z"',
        '"2026-01-01T00:00:00.1234567891Z"',
        '"2262-04-12T00:00:00Z"',
        '"1969-12-31T23:59:59.9Z"',
        '"2026-01-01"',
        '"now"',
        '""',
        "1767225600",
        "null",
    ]
)
NO_TAGS = st.sampled_from(["[]", '"a"', "7", '{"a":"\\ud800"}', '{"a":"\x01"}', '{"a"}', "{", ""])


VALUES = st.one_of(st.integers(), st.booleans(), st.none(), st.lists(TEXTS, max_size=2))
TAG_OBJECTS = st.one_of(
    st.builds(
        json.dumps,
        st.dictionaries(TEXTS, st.one_of(TEXTS, TEXTS, VALUES), max_size=4),
        ensure_ascii=st.booleans(),
        separators=st.sampled_from([(",", ":"), (", ", ": ")]),
    ),
    st.sampled_from(['{"a":"1","a":"2"}', '{"a":"\\/"}', '{"a":{"b":"}"}}', '{"a":1.50}']),
)


@st.composite
def points(draw, metric, *, value=NUMBERS, time=TIMES, tags=TAG_OBJECTS):
    """A line of type Point, in one of the orders of keys."""
    parts = {"time": draw(time), "value": draw(value), "tags": draw(tags)}
    if draw(st.integers(0, 4)) == 0:
        parts["metadata"] = draw(TAG_OBJECTS)
    keys = draw(st.sampled_from([list(parts), list(parts), list(parts)[::-1]]))
    gap = draw(st.sampled_from(["", "", "", " "]))
    data = ("," + gap).join(f'"{key}":{gap}{parts[key]}' for key in keys)
    name = json.dumps(metric, ensure_ascii=draw(st.booleans()))
    return draw(
        st.sampled_from(
            [
                f'{{"metric":{name},"type":"Point","data":{{{data}}}}}',
                f'{{"type":"Point","data":{{{data}}},"metric":{name}}}',
                f'{{"data":{{{data}}},"type":"Point","metric":{name}}}',
                f'{{"metric":{name},"type":"Point","data":{{{data}}},"more":{{"a":[1]}}}}',
            ]
        )
    )


@st.composite
def whole_requests(draw):
    """The nine points of a request, as k6 writes them; the verdict may be missing."""
    time, tags = draw(TIMES), draw(st.sampled_from([TAGS, '{"url":"u"}', '{"status":"0"}', "{}"]))
    metrics = list(k6.HTTP) if draw(st.booleans()) else list(k6.HTTP[:-1])
    late = draw(st.booleans())
    values = [draw(st.floats(0, 1e6).map(repr)) for _ in metrics[:-1]]
    values.append(draw(st.sampled_from(["0", "1"])))
    form = (
        '{{"type":"Point","data":{{"time":{1},"value":{2},"tags":{3}}},"metric":"{0}"}}'
        if late
        else '{{"metric":"{0}","type":"Point","data":{{"time":{1},"value":{2},"tags":{3}}}}}'
    )
    return [
        form.format(metric, time, value, tags)
        for metric, value in zip(metrics, values, strict=True)
    ]


METRICS = st.one_of(st.sampled_from(["vus", "checks", "iteration_duration"]), TEXTS)
SOUND = st.one_of(
    whole_requests(),
    METRICS.flatmap(points).map(lambda line: [line]),
    st.just(['{"type":"Metric","data":{"type":"rate","contains":"default"},"metric":"a"}']),
)
STRANGE = st.one_of(
    points("vus", value=NO_NUMBERS),
    points("vus", time=NO_TIMES),
    points("vus", tags=NO_TAGS),
    points("vus").map(lambda line: line[:-5]),
    points("vus").map(lambda line: line + " x"),
    points("vus").map(lambda line: line + "}"),
    points("vus").map(lambda line: line + line),
    st.sampled_from(["", " ", "\t", "null", "[1]", "{", "{}", "7", 'level=info msg="{}"']),
    st.sampled_from(
        ['{"level":"info"}', '{"type":"Point"}', "  execution: local", "}}}", "\ufffd"]
    ),
).map(lambda line: [line])


@st.composite
def files(draw):
    """Lines with their ends; the last one may lack it."""
    groups = draw(st.lists(st.one_of(SOUND, SOUND, SOUND, STRANGE), min_size=1, max_size=12))
    ends = st.sampled_from(["\n", "\n", "\n", "\r\n"])
    text = "".join(line + draw(ends) for group in groups for line in group)
    text = text if draw(st.booleans()) else text.rstrip("\r\n")
    # What is read is the same, whichever lines stand beside it.
    first = draw(st.sampled_from(["", "console\n"]))
    return (first + whole_line("vus", "1") + text).encode()


def whole_line(metric: str, value: str) -> str:
    point = f'"data":{{"time":{TIME},"value":{value},"tags":{TAGS}}}'
    return f'{{"metric":"{metric}","type":"Point",{point}}}\n'


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("lines") / "run.json"


@pytest.mark.parametrize("block_bytes", [200, 1_500, 8 << 20])
@settings(deadline=None, max_examples=40)
@given(data=files())
@example(data=whole_line("vus", "1e5").encode() * 3)
@example(data=(whole_line("vus", "1") + whole_line("vus", "01")).encode())
def test_lines_are_read_as_json_loads_reads_them(path, block_bytes, data):
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source.line_blocks.__kwdefaults__, "size", block_bytes)
        assert_rows_are(K6Json(), path, k6.read_json(path))


def test_series_before_the_first_request_do_not_count_in_the_length(tmp_path):
    path = tmp_path / "run.json"
    data = '{"time":"2026-01-01T00:00:0%dZ","value":%s,"tags":{}}'
    point = '{"metric":"%s","type":"Point","data":' + data + "}"
    lines = [point % ("vus", 1, "8"), point % ("http_req_duration", 5, "20.5"), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    run = api.import_run([str(path)], tmp_path / "imported.run")
    assert_summary_is(run, k6.read_json(path))


def test_console_output_in_any_language_is_skipped(tmp_path):
    path = tmp_path / "run.json"
    data = '{"time":"2026-01-01T00:00:01Z","value":8,"tags":{}}'
    point = '{"metric":"vus","type":"Point","data":' + data + "}"
    # DuckDB quotes some fifty bytes of a line that is no JSON: one of these is cut within a letter.
    path.write_text("\n".join([point, "é" * 60, "x" + "é" * 60, ""]), encoding="utf-8")
    assert_rows_are(K6Json(), path, k6.read_json(path))
