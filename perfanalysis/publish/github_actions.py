"""What a step of GitHub Actions leaves behind: annotations, a job summary, outputs.

None of it needs a token, so it is written before anything is sent anywhere.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from perfanalysis.errors import UsageError
from perfanalysis.publish.findings import Findings
from perfanalysis.reports import wording
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.markdown import Framing

MOST_ANNOTATIONS: Final = 10  # GitHub shows no more errors of one step
_MOST_SUMMARY_BYTES: Final = 2**20
_SUMMARY_RESERVE: Final = 1024
_LONGEST_MESSAGE: Final = 1000
_LONGEST_TITLE: Final = 120


def error_annotations(findings: Findings) -> list[str]:
    """Return a workflow command for each of the first ten things that fail the gate."""
    told = [
        (f"{wording.name_text(result.name)} {result.metric}", wording.result_sentence(result))
        for result in findings.regressions
    ]
    told += [
        (f"budget on {wording.name_text(budget.name)} {budget.metric}", budget.message)
        for budget in findings.violations
    ]
    return [_error(f"Performance: {title}", text) for title, text in told[:MOST_ANNOTATIONS]]


def _error(title: str, message: str) -> str:
    title = _data(shortened(terminal_text(title), _LONGEST_TITLE))
    # In a property these two end it; the runner decodes them again.
    title = title.replace(":", "%3A").replace(",", "%2C")
    return f"::error title={title}::{_data(shortened(terminal_text(message), _LONGEST_MESSAGE))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def write_summary(environ: Mapping[str, str], findings: Findings, framing: Framing) -> bool | None:
    """Append the findings to the job summary, as much of them as GitHub takes.

    Returns:
        Whether there was room; None where there is no job summary.

    Raises:
        UsageError: the file of the job summary cannot be written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return None
    file = Path(path)
    used = file.stat().st_size if file.exists() else 0
    room = _MOST_SUMMARY_BYTES - used - _SUMMARY_RESERVE
    if room < _SUMMARY_RESERVE:
        return False
    text = findings.markdown(replace(framing, resolved=False, most_bytes=room))
    if len(text.encode()) <= room:
        _append(file, f"{text}\n", "GITHUB_STEP_SUMMARY")
        return True
    return False


def outputs(findings: Findings, report_path: str | None) -> dict[str, str]:
    """Return what later steps may ask for."""
    found = {
        "gate": str(findings.gate),
        "verdict": findings.verdict,
        "regressions": str(len(findings.regressions)),
        "violations": str(len(findings.violations)),
        "judged": str(findings.judged),
    }
    return found if report_path is None else {**found, "report-path": report_path}


def write_outputs(environ: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Append outputs to the file of the step, if there is one.

    Raises:
        UsageError: the file cannot be written.
    """
    path = environ.get("GITHUB_OUTPUT")
    if path:
        lines = [_output(name, value) for name, value in values.items()]
        _append(Path(path), "".join(lines), "GITHUB_OUTPUT")


def _output(name: str, value: str) -> str:
    # A delimiter that nobody can guess: no value can end itself and begin another output.
    delimiter = f"perfanalysis_{secrets.token_hex(16)}"
    assert re.fullmatch(r"[a-z-]+", name)  # noqa: S101  (names are ours)
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(file: Path, text: str, variable: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as exc:
        raise UsageError(f"{variable}: {file}: cannot be written: {exc.strerror}") from exc
