"""Every error that perfanalysis raises on purpose.

PerfanalysisError
├── UsageError         the command or call cannot be carried out as given      exit 2
├── ConfigError        a configuration, budget or option file is wrong         exit 2
├── InputError         a result file or bundle cannot be read                  exit 4
│   ├── RowError       one row of a result file is bad: file, line, column
│   ├── FormatError    no importer fits a file, or several fit equally well
│   └── BundleError    a run bundle is damaged, or of a newer version
└── PublishError       a result could not be delivered: no answer, no JSON     exit 69
    └── PublishRefusedError  a service refuses it: token, permission, address  exit 2

Library code raises these and nothing else for bad input; it never prints and never exits.
The exit codes are assigned in `perfanalysis.cli.main`.
"""

from __future__ import annotations


class PerfanalysisError(Exception):
    """Something is wrong that the user can mend.

    Attributes:
        message: what happened, naming file and line or key, what was expected and what was found.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PerfanalysisError):
    """The command or call cannot be carried out as given."""


class ConfigError(PerfanalysisError):
    """A configuration, budget or option file is wrong."""


class InputError(PerfanalysisError):
    """A result file or bundle cannot be read."""


class RowError(InputError):
    """One row of a result file is bad.

    The message reads `file:line: column 'elapsed': expected whole milliseconds, found 'abc'`.
    """


class FormatError(InputError):
    """No importer fits a file, or several fit equally well."""


class BundleError(InputError):
    """A run bundle is damaged, incomplete, or written by a newer version."""


class PublishError(PerfanalysisError):
    """A result could not be delivered: the service is out of reach, fails or stays busy."""


class PublishRefusedError(PublishError):
    """A service refuses a result: wrong token, missing permission, unknown address.

    Attributes:
        status: HTTP status of the refusal; 0 where none was received.
    """

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
