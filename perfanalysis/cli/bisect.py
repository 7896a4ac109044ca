"""Exit codes for `git bisect run`.

It takes 0 for good, 125 for a commit that cannot be tested, every other code up to 127 for bad, and
stops at a greater one (git-bisect's page, "Bisect run"). So a commit without a verdict is skipped,
and a wrong path or an unreadable file stops the search: neither may ever pass for a bad commit.
"""

from __future__ import annotations

from collections.abc import Sequence

OPTION = "--bisect"
SKIP = 125
STOP = 128

_GOOD, _BAD, _NO_VERDICT = 0, 1, 3


def bisect_exit_code(code: int) -> int:
    """Return the exit code for `git bisect run` that an exit code of ours means.

    >>> [bisect_exit_code(code) for code in (0, 1, 2, 3, 4, 70, 130)]
    [0, 1, 128, 125, 128, 128, 130]
    """
    if code in (_GOOD, _BAD) or code >= STOP:
        return code
    return SKIP if code == _NO_VERDICT else STOP


def is_bisecting(arguments: Sequence[str]) -> bool:
    """Return whether a command line asks for these codes.

    Asked of the words, because a command line that cannot be understood must stop the search too.
    """
    return OPTION in arguments
