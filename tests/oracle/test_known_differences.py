"""What is not read yet as plain readers read it: each shall become equal, and leave this file.

Nearly all are one kind of fault: a row is read in one way among regular rows, and in another way
beside a row that needs a closer look.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perfanalysis.importers.base import Importer
from perfanalysis.importers.jmeter.jtl_csv import JmeterCsv
from perfanalysis.importers.k6.json_output import K6Json
from perfanalysis.importers.pgbench.transaction_log import PgbenchLog
from tests.oracle import jmeter_csv, k6, pgbench
from tests.oracle.comparing import assert_rows_are
from tests.oracle.reading import Reading

DATA = '{"time":"2026-01-01T00:00:0%dZ","value":%s,"tags":{}}'
POINT = f'{{"metric":"%s","type":"Point","data":{DATA}}}'
JTL_HEADER = "timeStamp,elapsed,label,success"
JTL_ROW = "1767225600000,10,a,true"
LOG_ROW = "0 1 50 0 1700000000 1"
JTL_TIME = "2026/01/01 10:00:00.500"

# Step-1 is no part of Step, and begins a millisecond before its end: two clocks.
OVERLAPPING = """timeStamp,elapsed,label,threadName,success
1767225600000,100,Step,T 1-1,true
1767225600000,50,Step-0,T 1-1,true
1767225600099,101,Step-1,T 1-1,true
1767225600099,51,Step-1-0,T 1-1,true
"""


def k6_lines(*lines: str) -> tuple[Importer, Callable[[Path], Reading], str]:
    return K6Json(), k6.read_json, "\n".join(lines) + "\n"


def jtl_rows(*rows: str) -> tuple[Importer, Callable[[Path], Reading], str]:
    return JmeterCsv(), jmeter_csv.read_csv, "\n".join((JTL_HEADER, *rows)) + "\n"


@pytest.mark.xfail(strict=True)
@pytest.mark.parametrize(
    ("importer", "read", "text"),
    [
        pytest.param(
            *k6_lines(POINT % ("vus", 1, "-0"), "console"),
            id="DuckDB has no -0 among whole numbers",
        ),
        pytest.param(
            *jtl_rows(JTL_ROW, JTL_ROW.replace(",10,", ",0x1f,")), id="Arrow reads 0x1f as 31"
        ),
        pytest.param(
            *(PgbenchLog(), pgbench.read_log, f"{LOG_ROW}\n{LOG_ROW}\n0x1f {LOG_ROW[2:]}\n"),
            id="Arrow reads 0x1f as 31 in pgbench's logs too",
        ),
        pytest.param(
            JmeterCsv(), jmeter_csv.read_csv, OVERLAPPING, id="parts of a sample that begins early"
        ),
        pytest.param(
            *jtl_rows(f"{JTL_TIME},1,a,true", "2026/01/01,1,a,true"),
            id="Arrow reads a day that lost its hours as midnight",
        ),
        pytest.param(
            *jtl_rows(f"{JTL_TIME},1,a,true", f" {JTL_TIME},1,a,true"),
            id="Arrow refuses blanks around a time that the closer look accepts",
        ),
    ],
)
def test_a_row_is_read_alike_whatever_stands_beside_it(tmp_path, importer, read, text):
    path = tmp_path / "run"
    path.write_text(text, encoding="utf-8")
    assert_rows_are(importer, path, read(path))
