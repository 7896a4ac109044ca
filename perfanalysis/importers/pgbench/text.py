"""What pgbench prints on standard output: the report of a run, as versions 8.0 to 18 write it.

Source of the meanings: printResults() in src/bin/pgbench/pgbench.c of those versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from perfanalysis.errors import InputError
from perfanalysis.importers.pgbench.files import numbered_lines
from perfanalysis.importers.source import InputFile

SEVERAL_SCRIPTS = "multiple scripts"
REPORT_START = "transaction type: "
BANNER = re.compile(
    r"pgbench \((?P<client>\d[^ ,()\n]*)[^,\n]*(?:, server (?P<server>[^ \n]+).*)?\)"
)
INITIALIZING = re.compile(r"creating tables\.\.\.|\d+ of \d+ tuples \(\d+%\)|\d+ tuples done")

_MAX_LINE_BYTES = 8_192
_MAX_STATEMENTS = 20_000
_STATEMENT_CHARACTERS = 120

_PROCESSED = "number of transactions actually processed"
_PAIR = re.compile(r"(?: - )?(?P<key>[a-z]+(?: [a-z]+)*)(?:: | = )(?P<value>.+)")
_SCRIPT = re.compile(r"SQL script \d+: (?P<name>.+)")
_SCRIPT_COUNT = re.compile(r" - (?P<count>\d+) transactions \(")
_STATEMENTS = re.compile(r"(?: - )?statement latencies in milliseconds(?P<columns>.*):")
# Before 9.6 the statements of several files follow each other under ", file 1": no names there.
_STATEMENT_ROWS = {
    "": re.compile(r"\s+(\d+\.\d+)()\s+(\S.*)"),
    " and failures": re.compile(r"\s+(\d+\.\d+)\s+(\d+)\s+(\S.*)"),
    ", failures and retries": re.compile(r"\s+(\d+\.\d+)\s+(\d+)\s+\d+\s+(\S.*)"),
}
_COUNT = re.compile(r"\d{1,15}(?![\d.])")
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?(?!\d)")
_NO_NUMBER = re.compile(r"-?(?:nan|inf)", re.IGNORECASE)
_ERROR = re.compile(
    r"pgbench: (?:error|fatal): (?P<reason>.+)|(?P<old_reason>client \d+ (?:.* )?aborted .+)",
    re.IGNORECASE,
)
# A line that lost its end is only trusted where what is left shows that the loss is the line end.
_WHOLE_ENDS = (")", ";")

# What pgbench before 9.6 called its own scripts; "Custom query" was any other.
_FORMER_NAMES = {
    "TPC-B (sort of)": "<builtin: TPC-B (sort of)>",
    "Update only pgbench_accounts": "<builtin: simple update>",
    "SELECT only": "<builtin: select only>",
    "Custom query": "script 0",
}
_SETTINGS = {
    "scaling factor": "pgbench.scale",
    "query mode": "pgbench.query_mode",
    "number of clients": "pgbench.clients",
    "number of threads": "pgbench.threads",
    "maximum number of tries": "pgbench.max_tries",
    "partitions": "pgbench.partitions",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a script: its text (at most 120 characters) and mean latency."""

    text: str
    latency_ms: float
    failures: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The counts and latencies of one script, or of all.

    Attributes:
        processed: transactions that succeeded.
        failed: transactions given up after serialization or deadlock errors.
        skipped: transactions never started, being too late for `--latency-limit`.
        mean_ms: None where pgbench printed none.
    """

    name: str
    processed: int
    failed: int
    skipped: int
    mean_ms: float | None
    stddev_ms: float | None
    statements: tuple[Statement, ...]

    @property
    def failures(self) -> int:
        """Failed and skipped transactions."""
        return self.failed + self.skipped

    @property
    def requests(self) -> int:
        """All transactions, whatever became of them."""
        return self.processed + self.failures


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the printed texts of one run say.

    Attributes:
        total: all transactions; None where their count is not there.
        where: `file:line` of that count.
        scripts: by the number of the script; empty where they are not named.
        duration_s: as measured, else as demanded.
        max_tries: None where it is unlimited or the version knows no retries.
        throttled: whether a schedule lag was printed, so `--rate` was given.
        mean_with_failures: whether the mean latency counts failed transactions in.
        tags: settings of the run.
        first_error: the first error that pgbench printed.
        aborted: whether clients gave up, so that the counts are incomplete.
        initializing: whether the text is that of `pgbench -i`.
        cut_lines: last lines that were dropped, as file and line.
    """

    client_version: str | None
    total: Totals | None
    where: str | None
    scripts: tuple[Totals, ...]
    duration_s: float | None
    max_tries: int | None
    throttled: bool
    mean_with_failures: bool
    tags: dict[str, str]
    first_error: str | None
    aborted: bool
    initializing: bool
    cut_lines: tuple[tuple[InputFile, int], ...]

    def script_name(self, number: int) -> str:
        """Return what the script with that number in the log is called."""
        return self.scripts[number].name if number < len(self.scripts) else f"script {number}"


@dataclass(kw_only=True)
class _Section:
    """The lines about one script, or about all: values by key, each with its `file:line`."""

    name: str
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)


def read_report(files: Sequence[InputFile]) -> Report:
    """Return what the printed texts of one run say; lines of other programs are passed over.

    Raises:
        InputError: a number is none, or there is more than one report.
    """
    reader = _Reader()
    for file in files:
        for number, line, cut in numbered_lines(file):
            text = line[:_MAX_LINE_BYTES].decode("utf-8", errors="replace").rstrip()
            if cut and not text.endswith(_WHOLE_ENDS):
                reader.cut_lines.append((file, number))
            elif not text.startswith("progress: "):
                reader.line(text, f"{file.label}:{number}")
    return reader.finish()


def unlike(names: Iterable[str]) -> list[str]:
    """Return names that are all different: a repeated one gets its number.

    >>> unlike(["END;", "BEGIN;", "END;"])
    ['END;', 'BEGIN;', 'END; #2']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


class _Reader:
    """Takes the printed lines one by one."""

    def __init__(self) -> None:
        self.cut_lines: list[tuple[InputFile, int]] = []
        self._banner: re.Match[str] | None = None
        self._total: _Section | None = None
        self._scripts: list[_Section] = []
        self._statement_row: re.Pattern[str] | None = None
        self._statement_count = 0
        self._first_error: str | None = None
        self._aborted = False
        self._initializing = False

    def line(self, text: str, where: str) -> None:
        if found := _ERROR.match(text):
            reason = found["reason"] or found["old_reason"]
            self._first_error = self._first_error or reason
            self._aborted |= "aborted" in reason
        elif text.startswith(REPORT_START):
            if self._total is not None:
                raise InputError(
                    f"{where}: expected one report, found the start of another",
                    hint="one run, one report: keep each in a file of its own",
                )
            self._total = _Section(name=_script_name(text.removeprefix(REPORT_START)))
        elif self._total is not None:
            self._in_report(text, where, self._scripts[-1] if self._scripts else self._total)
        elif found := BANNER.fullmatch(text):
            self._banner = found
        elif INITIALIZING.match(text):
            self._initializing = True

    def _in_report(self, text: str, where: str, section: _Section) -> None:
        if found := _SCRIPT.fullmatch(text):
            self._scripts.append(_Section(name=_script_name(found["name"])))
            self._statement_row = None
        elif found := _STATEMENTS.fullmatch(text):
            self._statement_row = _STATEMENT_ROWS.get(found["columns"])
        elif self._statement_row and (found := self._statement_row.fullmatch(text)):
            self._statement(section, found, where)
        elif found := _SCRIPT_COUNT.match(text):
            section.pairs.setdefault("transactions", (found["count"], where))
        elif found := _PAIR.fullmatch(text):
            # The first of two `tps` counts the time of connecting in: that is the time it took.
            section.pairs.setdefault(found["key"], (found["value"], where))

    def _statement(self, section: _Section, found: re.Match[str], where: str) -> None:
        self._statement_count += 1
        if self._statement_count > _MAX_STATEMENTS:
            raise InputError(f"{where}: expected at most {_MAX_STATEMENTS} statements, found more")
        latency, failures, text = found.groups()
        statement = Statement(
            text=text[:_STATEMENT_CHARACTERS],
            latency_ms=_number((latency, where)) or 0.0,
            failures=_count((failures, where)) if failures else 0,
        )
        section.statements.append(statement)

    def finish(self) -> Report:
        """Return the report.

        Raises:
            InputError: a number is none.
        """
        section = self._total or _Section(name="")
        pairs = section.pairs
        total = _totals(section) if _PROCESSED in pairs else None
        mean, _ = pairs.get("latency average", ("", ""))
        tags = {tag: pairs[key][0] for key, tag in _SETTINGS.items() if key in pairs}
        if self._banner and self._banner["server"]:
            tags["pgbench.server"] = self._banner["server"]
        return Report(
            client_version=self._banner["client"] if self._banner else None,
            total=total,
            where=pairs[_PROCESSED][1] if total else None,
            scripts=self._script_totals(total),
            duration_s=_duration(total, pairs),
            max_tries=_optional_count(pairs, "maximum number of tries"),
            throttled="rate limit schedule lag" in pairs,
            mean_with_failures=mean.endswith("(including failures)"),
            tags=tags,
            first_error=self._first_error,
            aborted=self._aborted,
            initializing=self._initializing and self._total is None,
            cut_lines=tuple(self.cut_lines),
        )

    def _script_totals(self, total: Totals | None) -> tuple[Totals, ...]:
        if total is None:
            return ()
        if not self._scripts:
            return () if total.name == SEVERAL_SCRIPTS else (total,)
        scripts = [_totals(section) for section in self._scripts]
        names = unlike(script.name for script in scripts)
        # Up to version 14 a script's transactions include those it skipped.
        skips_counted = sum(script.processed for script in scripts) > total.processed
        return tuple(
            replace(
                script,
                name=name,
                processed=max(0, script.processed - script.skipped * skips_counted),
            )
            for name, script in zip(names, scripts, strict=True)
        )


def _totals(section: _Section) -> Totals:
    pairs = section.pairs
    processed = _optional_count(pairs, _PROCESSED)
    if processed is None:
        processed = _optional_count(pairs, "transactions")
    return Totals(
        name=section.name,
        processed=processed or 0,
        failed=_optional_count(pairs, "number of failed transactions") or 0,
        skipped=_optional_count(pairs, "number of transactions skipped") or 0,
        # 0.000 stands for unknown: 9.4 and 9.5 print it after a run of -t transactions.
        mean_ms=_optional_number(pairs, "latency average") or None,
        stddev_ms=_optional_number(pairs, "latency stddev"),
        statements=tuple(section.statements),
    )


def _duration(total: Totals | None, pairs: dict[str, tuple[str, str]]) -> float | None:
    """Return the seconds that the run took; `duration` is only what was demanded of it."""
    tps = _optional_number(pairs, "tps")
    if total and total.processed and tps:
        return total.processed / tps
    demanded = _optional_count(pairs, "duration")
    return float(demanded) if demanded else None


def _script_name(text: str) -> str:
    text = text.strip()
    if text in _FORMER_NAMES:
        return _FORMER_NAMES[text]
    if text.startswith("<builtin: "):
        return text
    # The folder differs between machines and checkouts; the script does not.
    return re.split(r"[/\\]", text)[-1] or text


def _optional_count(pairs: dict[str, tuple[str, str]], key: str) -> int | None:
    return _count(pairs[key]) if key in pairs else None


def _optional_number(pairs: dict[str, tuple[str, str]], key: str) -> float | None:
    return _number(pairs[key]) if key in pairs else None


def _count(value: tuple[str, str]) -> int:
    text, where = value
    found = _COUNT.match(text)
    if found is None:
        raise InputError(f"{where}: expected a whole number, found {text[:80]!r}")
    return int(found[0])


def _number(value: tuple[str, str]) -> float | None:
    text, where = value
    if found := _NUMBER.match(text):
        return float(found[0])
    if _NO_NUMBER.match(text):
        return None
    raise InputError(f"{where}: expected a number, found {text[:80]!r}")
