"""What pgbench prints: the report of a run (standard output) and `-P` progress (standard error)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Importer, Match
from perfanalysis.importers.pgbench.aggregated_log import PgbenchAggregate
from perfanalysis.importers.pgbench.files import numbered_lines, run_files, truncated_archives
from perfanalysis.importers.pgbench.progress import PROGRESS, PROGRESS_START, Progress
from perfanalysis.importers.pgbench.text import BANNER, INITIALIZING, REPORT_START, read_report
from perfanalysis.importers.pgbench.totals import (
    no_transactions,
    report_caveats,
    report_facts,
    script_totals,
)
from perfanalysis.importers.pgbench.transaction_log import PgbenchLog
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.pgbench.text import Report
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

_LOGS = (PgbenchLog(), PgbenchAggregate())
_CERTAIN = re.compile(
    rf"^(?:{BANNER.pattern}|{REPORT_START}.+\r?\nscaling factor: .*|(?i:{PROGRESS.pattern}))\r?$",
    re.MULTILINE,
)
_LIKELY = re.compile(
    rf"^(?:pgbench: (?:error|fatal): |starting vacuum\.\.\.|{REPORT_START}|{INITIALIZING.pattern})",
    re.MULTILINE,
)


class PgbenchReport(Importer):
    """Reads the printed report and the progress lines, in one file or in two."""

    name: ClassVar[str] = "pgbench-report"
    title: ClassVar[str] = "pgbench's printed report and progress lines (pgbench, pgbench -P)"

    def match(self, head: bytes, filename: str) -> Match:
        """See `Importer.match`: lines that only pgbench prints."""
        del filename
        text = head.decode("utf-8", errors="replace")
        if _CERTAIN.search(text):
            return Match.CERTAIN
        return Match.LIKELY if _LIKELY.search(text) else Match.NO

    def companions(self, filename: str, folder: Sequence[str]) -> tuple[str, ...]:
        """See `Importer.companions`: the logs of the run first, then its other printed text."""
        return run_files(filename, folder)

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """See `Importer.read`. Logs beside the texts are left to their own importers."""
        texts = [file for file in source.files if not _is_log(file)]
        report = read_report(texts)
        yield report_facts(report)
        yield from report_caveats(report)
        if report.total is not None and not report.total.requests:
            raise no_transactions(report.where or source.files[0].label, report)
        yield from script_totals(report)
        windows = 0
        if len(report.scripts) > 1:
            yield from _unsplit_progress(texts)
        else:
            progress = Progress(report.script_name(0))
            yield from progress.chunks(texts, rejects)
            windows = progress.windows
        if report.total is None and not windows:
            raise _nothing(source.files[0], report)
        yield from truncated_archives(source.files)


def _is_log(file: InputFile) -> bool:
    return any(log.match(file.head(), file.name) is not Match.NO for log in _LOGS)


def _unsplit_progress(texts: Sequence[InputFile]) -> Iterator[Caveat]:
    lines = (line for file in texts for _, line, _ in numbered_lines(file))
    if any(line.startswith(PROGRESS_START) for line in lines):
        yield Caveat(
            code="progress-of-several-scripts",
            message=phrase(
                "the progress lines do not tell the scripts apart and were "
                "passed over; the report has the figures of each"
            ),
        )


def _nothing(file: InputFile, report: Report) -> InputError:
    if report.initializing:
        return InputError(
            f"{file.label}:1: expected the report of a run, "
            "found the output of pgbench -i, which measures nothing"
        )
    reason = f"; pgbench said: {report.first_error}" if report.first_error else ""
    return InputError(
        f"{file.label}:1: expected a report with its number of transactions or progress lines, "
        f"found neither{reason}",
        hint="was the test killed before it printed its report?",
    )
