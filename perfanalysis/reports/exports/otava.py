"""CSV for Apache Otava, which looks for change points in the history of a metric.

Written as https://otava.apache.org/docs/csv (docs/CSV.md of its sources) describes it, and as its
importer reads it: one row per run in order of time, a column `time`, columns of attributes, and one
column per metric. The importer refuses an empty cell of a metric, so a metric that not every run
has is left out as a whole. It also refuses rows of several branches unless one is chosen by
`--branch`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO

from perfanalysis.errors import UsageError
from perfanalysis.model.run import RunInfo
from perfanalysis.reports.escape import csv_text
from perfanalysis.reports.exports.measurements import (
    MeasuredRun,
    Measurement,
    name_label,
    one_line,
    plain_label,
)
from perfanalysis.reports.times import timestamp

LONGEST_COLUMN = 200
ATTRIBUTES = ("run", "commit", "branch")

# What a spreadsheet would take for the beginning of a formula. An apostrophe in front would do for
# a cell, but a column must differ from that of a name which has the apostrophe itself.
_FORMULA = re.compile("^[=+\\-@＝＋－＠]")  # noqa: RUF001  (full-width signs start formulas too)


def otava_table(runs: Sequence[MeasuredRun]) -> tuple[str, tuple[str, ...]]:
    """Return one row per run, and the columns that were left out because some run lacks them.

    Raises:
        UsageError: a run does not tell when it started.
    """
    starts = [_start(run.run) for run in runs]
    order = sorted(range(len(runs)), key=starts.__getitem__)
    rows = [
        {_column(measurement): measurement.value for measurement in runs[i].measurements}
        for i in order
    ]
    known = dict.fromkeys(column for row in rows for column in row)
    kept = [column for column in known if all(column in row for row in rows)]
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", *ATTRIBUTES, *kept])
    for i, row in zip(order, rows, strict=True):
        cells = (row[column] for column in kept)
        writer.writerow([starts[i], *_attributes(runs[i].run), *cells])
    return out.getvalue(), tuple(column for column in known if column not in kept)


def _start(run: RunInfo) -> str:
    if run.started_at is None:
        raise UsageError(f"{one_line(run.name)}: no start is known: it has no place in a history")
    return timestamp(run.started_at)


def _attributes(run: RunInfo) -> list[str]:
    commit, branch = ("", "") if run.commit is None else (run.commit.sha, run.commit.branch or "")
    return [csv_text(one_line(text)) for text in (run.name, commit, branch)]


def _column(measurement: Measurement) -> str:
    if measurement.scope == "series":
        return plain_label(measurement.metric, longest=LONGEST_COLUMN, forbidden=_FORMULA)
    name = name_label(measurement, longest=LONGEST_COLUMN, forbidden=_FORMULA)
    return f"{name} {measurement.metric}"
