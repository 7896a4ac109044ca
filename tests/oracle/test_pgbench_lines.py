"""Lines of pgbench's logs, bad ones among them, read at speed and one by one: the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.importers import source
from perfanalysis.importers.pgbench.transaction_log import PgbenchLog
from tests.oracle import pgbench
from tests.oracle.comparing import assert_rows_are

# As a report beside the log tells: what the seventh and the eighth column are.
REPORTS = {
    0: "",
    1: "maximum number of tries: 3\n",
    2: "rate limit schedule lag: avg 1.0 (max 2.0) ms\nmaximum number of tries: 3\n",
}
REPORT = """transaction type: <builtin: select only>
{}number of transactions actually processed: 1
"""
ROWS = st.tuples(
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**15 - 1),
    st.one_of(st.integers(0, 10**9), st.integers(0, 10**15 - 1), st.sampled_from(pgbench.WORDS)),
    st.integers(0, 2),
    st.integers(10**9, 10**10),
    st.integers(0, 999_999),
)
BAD = st.sampled_from(
    [
        "1 2 3 0 1700000000",
        "1 2 3 0 1700000000 4 5 6 7",
        "1 2 Skipped 0 1700000000 4",
        "1 2 1.5 0 1700000000 4",
        "-1 2 3 0 1700000000 4",
        "1 2 3 0 99 4",
        "1  2 3 0 1700000000 4",
        "1 2 3 0 1700000000 1000000",
        '"1" 2 3 0 1700000000 4',
        "\ufffd",
        "",
    ]
)


@st.composite
def logs(draw):
    """A log and the text of its report; some lines are bad, the last one may be cut."""
    more = draw(st.sampled_from(list(REPORTS)))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = []
    # The first rows tell how many columns there are.
    for fields in draw(st.lists(ROWS, min_size=3, max_size=20)):
        extra = (draw(st.integers(-5, 10**6)), draw(st.integers(0, 3)))[2 - more :]
        lines.append(" ".join(map(str, (*fields, *extra))))
        if len(lines) > 3 and draw(st.integers(0, 4)) == 0:
            lines.append(draw(BAD))
    text = end.join([*lines, ""]) + draw(st.sampled_from(["", "1 2 3 0 1700000000 4"]))
    return text, REPORT.format(REPORTS[more])


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("logs") / "pgbench_log.1"


@pytest.mark.parametrize("block_bytes", [100, 8 << 20])
@settings(deadline=None, max_examples=30)
@given(log=logs())
def test_lines_of_a_log_are_read_as_split_reads_them(path, block_bytes, log):
    text, report = log
    path.write_text(text, encoding="utf-8", newline="")
    path.with_name("stdout.txt").write_text(report, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source.line_blocks.__kwdefaults__, "size", block_bytes)
        assert_rows_are(PgbenchLog(), path, pgbench.read_log(path))
