"""`git bisect run` with `compare --bisect`, in a repository made for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMITS = 12
SCRIPT = """\
#!/bin/sh
exec "{perfanalysis}" compare "$(cat run)" "{base}" --bisect --metric latency.p50
"""


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in a repository of its own, away from everybody's settings."""
    for name in [*os.environ]:
        if name.startswith(("GIT_", "PERFANALYSIS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ann@shop.example")
    folder = tmp_path / "repository"
    folder.mkdir()

    def call(*arguments, ok=True):
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
        )
        assert not ok or done.returncode == 0, done.stderr
        return done

    call("init", "--quiet", "--initial-branch=main")
    return call


@pytest.fixture
def history(git, fixtures, tmp_path):
    """Commit what each version measures; returns the folder and a function that bisects."""
    folder = tmp_path / "repository"
    base = fixtures / "pgbench/base"
    script = tmp_path / "judge.sh"
    command = Path(sys.executable).with_name("perfanalysis")
    script.write_text(SCRIPT.format(perfanalysis=command, base=base))
    script.chmod(0o755)

    def bisect(runs):
        for number, run in enumerate(runs):
            (folder / "run").write_text(f"{run}\n")
            (folder / "number").write_text(f"{number}\n")
            git("add", ".")
            git("commit", "--quiet", "-m", f"commit {number}")
        git("bisect", "start", "HEAD", f"HEAD~{len(runs) - 1}")
        return git("bisect", "run", str(script), ok=False)

    return bisect


@pytest.mark.slow
def test_the_first_slow_commit_is_found(history, fixtures):
    good, bad = fixtures / "pgbench/base", fixtures / "pgbench/slow"
    done = history([good] * 7 + [bad] * (COMMITS - 7))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is the first bad commit" in done.stdout
    assert "commit 7" in done.stdout


@pytest.mark.slow
def test_a_commit_without_a_verdict_is_skipped(history, git, fixtures):
    good, bad = fixtures / "pgbench/base", fixtures / "pgbench/slow"
    other = fixtures / "pgbench/scripts"  # other names: nothing can be judged
    runs = [good] * 3 + [other] * 3 + [good] + [bad] * 5
    done = history(runs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "commit 7" in done.stdout
    assert "# skip: " in git("bisect", "log").stdout


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["nowhere.jtl", "number"])
def test_an_error_stops_the_search_and_blames_nobody(history, fixtures, broken):
    good, bad = fixtures / "pgbench/base", fixtures / "pgbench/slow"
    done = history([good, *[broken] * (COMMITS - 2), bad])
    assert done.returncode != 0
    assert "first bad commit" not in done.stdout
    assert "exit code 128" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "plain", "bisecting"),
    [
        (["{slow}", "{base}"], 1, 1),
        (["{base}", "{base}"], 0, 0),
        (["{base}", "{base}", "--strict"], 3, 125),
        (["{base}", "nowhere"], 2, 128),
        (["{base}", "{base}", "--no-such-option"], 2, 128),
        (["{poem}", "{base}"], 4, 128),
    ],
)
def test_exit_codes_are_those_of_git_bisect_run(
    cli, fixtures, tmp_path, arguments, plain, bisecting
):
    (tmp_path / "poem.txt").write_text("Shall I compare thee to a summer's day?\n")
    places = {
        "base": fixtures / "pgbench/base",
        "slow": fixtures / "pgbench/slow",
        "poem": tmp_path / "poem.txt",
    }
    words = [argument.format(**places) for argument in arguments]
    assert cli("compare", *words).code == plain
    assert cli("compare", *words, "--bisect").code == bisecting


def test_a_bug_stops_the_search(cli, fixtures, monkeypatch):
    import perfanalysis.api

    def broken(*_arguments, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(perfanalysis.api, "compare", broken)
    base = fixtures / "pgbench/base"
    assert cli("compare", base, base, "--bisect").code == 128
