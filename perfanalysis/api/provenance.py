"""Who accepts runs, and what they are of, as far as they, the CI system or git say it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from perfanalysis.api.importing import commit_of_job
from perfanalysis.model.run import Commit
from perfanalysis.store.bundle import Run

# The only variables that are read for a name: none of them ever holds a secret.
_PEOPLE_OF_JOBS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
_PEOPLE_OF_MACHINES = ("USER", "USERNAME")
_MOST_CHARACTERS = 200
_GIT_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who accepts runs, when, and what they are of; what is None is found out.

    Attributes:
        by: a person; else the CI system's user, git's, or the machine's.
        at: when; else now.
        commit: the version under test; else the run's own, the CI job's, or that of the working
            folder's git repository.
        branch: of that version; else found in the same places.
        environment: where the runs were made; else their tag `environment`.
    """

    by: str | None = None
    at: datetime | None = None
    commit: Commit | None = None
    branch: str | None = None
    environment: str | None = None


UNKNOWN = Origin()


def clock() -> datetime:
    """Return the time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def person() -> str | None:
    """Return who runs this: the CI system's user, git's, or the machine's; None where unknown."""
    return _first(_PEOPLE_OF_JOBS) or _git("config", "user.name") or _first(_PEOPLE_OF_MACHINES)


def commit_here() -> Commit | None:
    """Return commit and branch of the CI job, or else of the working folder's git repository."""
    told = commit_of_job()
    if told is not None:
        return told
    sha = _git("rev-parse", "--verify", "HEAD")
    return None if sha is None else Commit(sha=sha, branch=_git("branch", "--show-current"))


def environment_of(runs: Sequence[Run], origin: Origin) -> str | None:
    """Return the environment in which runs were made; None where nobody says."""
    tags = (run.info.tags.get("environment") for run in runs)
    return origin.environment or next((tag for tag in tags if tag), None)


def branch_of(runs: Sequence[Run], origin: Origin) -> str | None:
    """Return the branch of runs that begin a baseline; None where nobody says."""
    return (
        origin.branch
        or next((branch for run in runs if (branch := certain_branch(run, origin))), None)
        or _branch(commit_here())
    )


def certain_branch(run: Run, origin: Origin) -> str | None:
    """Return the branch of a run; that of the working folder may be another one."""
    commit = origin.commit or run.info.commit or commit_of_job()
    return origin.branch or _branch(commit)


def _branch(commit: Commit | None) -> str | None:
    return None if commit is None else commit.branch


def _first(variables: tuple[str, ...]) -> str | None:
    found = (os.environ.get(variable, "").strip() for variable in variables)
    return next((text[:_MOST_CHARACTERS] for text in found if text), None)


def _git(*arguments: str) -> str | None:
    """Return what git prints; None where there is no git, no repository, or no answer."""
    program = shutil.which("git")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  (the program is looked up, the arguments are ours)
            [program, *arguments],
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip()[:_MOST_CHARACTERS] or None if done.returncode == 0 else None
