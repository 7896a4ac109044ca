"""`perfanalysis comment github|gitlab|file`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from perfanalysis.cli.delivery import deliver
from perfanalysis.cli.language import Language, language_option

if TYPE_CHECKING:
    from perfanalysis.publish.findings import Findings
    from perfanalysis.publish.one_comment import Mode
    from perfanalysis.reports.markdown import Framing

_OPTIONS = (
    click.option(
        "--comparison", metavar="FILE.json", help="What `compare --format json -o FILE` wrote."
    ),
    click.option(
        "--budget-result",
        metavar="FILE.json",
        help="What `check --format json -o FILE` wrote; alone or besides.",
    ),
    click.option(
        "--key",
        default="default",
        metavar="TEXT",
        show_default=True,
        envvar="PERFANALYSIS_COMMENT_KEY",
        help="Tells the comments of several load tests apart.",
    ),
    click.option("--report-url", metavar="URL", help="Address of the full report, to link to."),
    click.option(
        "--reproduce", metavar="COMMAND", help="The command that gives the same result, to show."
    ),
    click.option(
        "--strict",
        is_flag=True,
        envvar="PERFANALYSIS_STRICT",
        help="An undecided budget is no pass, as in `compare --strict`.",
    ),
)
_MODE = click.option(
    "--comment",
    "mode",
    type=click.Choice(["off", "on-change", "always"]),
    default="on-change",
    show_default=True,
    help="on-change: nothing until the first problem, then always up to date.",
)


@dataclass(frozen=True, kw_only=True)
class Material:
    """What is published, whatever the place."""

    findings: Findings
    framing: Framing
    key: str


@click.group("comment")
def command() -> None:
    """Publish a comparison or judged budgets where a change is reviewed.

    One comment a key: found again by a hidden marker, updated in place.

    \b
    Exit code: 0 published, or nothing to say, whatever the verdict (the gate is
    `compare`); 2 wrong usage or configuration, or refused; 4 unreadable input;
    69 not delivered.
    """  # noqa: D301  (\b keeps click from wrapping the lines)


def _publishing(publish: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all places; the command gets them as `material`."""

    @wraps(publish)
    def read(
        *args: object,
        comparison: str | None,
        budget_result: str | None,
        key: str,
        report_url: str | None,
        reproduce: str | None,
        strict: bool,
        language: Language,
        **rest: Any,  # noqa: ANN401  (the options of one place)
    ) -> None:
        from perfanalysis import api
        from perfanalysis.publish.findings import Findings
        from perfanalysis.publish.marker import checked_key
        from perfanalysis.publish.notify.notice import checked_url
        from perfanalysis.reports.markdown import Framing

        framing = Framing(
            reproduce=reproduce,
            report_url=None if report_url is None else checked_url(report_url),
            strict=strict,
            lang=language.code,
        )
        findings = Findings.of(
            None if comparison is None else api.load_comparison(comparison),
            None if budget_result is None else api.load_check(budget_result),
            strict=strict,
        )
        material = Material(findings=findings, framing=framing, key=checked_key(key))
        publish(*args, material=material, **rest)

    command = language_option(read)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@command.command("file")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@_publishing
def file_command(*, output: str | None, material: Material) -> None:
    """Write the comment, for any other service."""
    from perfanalysis.publish.one_comment import Publication

    publication = Publication(
        findings=material.findings,
        framing=material.framing,
        key=material.key,
        mode="always",
        order=(0,),
    )
    deliver(publication.text(None), output)


@command.command("github")
@_MODE
@click.option("--number", type=click.IntRange(1), help="Pull request; default: the event's.")
@click.option("--check", is_flag=True, help="Set a check on the commit: neutral for no verdict.")
@click.option(
    "--summary/--no-summary", default=True, show_default=True, help="Write the job summary."
)
@click.option(
    "--annotations/--no-annotations",
    default=True,
    show_default=True,
    help="In a workflow: print up to ten errors that GitHub shows.",
)
@click.option("--report-path", metavar="FILE", help="Passed on as the output report-path.")
@_publishing
@click.pass_context
def github_command(
    ctx: click.Context,
    *,
    mode: Mode,
    number: int | None,
    check: bool,
    summary: bool,
    annotations: bool,
    report_path: str | None,
    material: Material,
) -> None:
    """Comment on a pull request of GitHub, from a workflow.

    \b
    GITHUB_TOKEN  with pull-requests: write, and checks: write for --check
    GITHUB_...    repository, event and address of the API: set by the runner

    The job summary, annotations and outputs are written first, and need no token.
    """  # noqa: D301  (\b keeps click from wrapping the lines)
    from perfanalysis.publish import github_actions
    from perfanalysis.publish.github_job import GitHubJob, publish_on_github

    findings = material.findings
    if annotations and os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_actions.error_annotations(findings):
            click.echo(line)
    if summary and github_actions.write_summary(os.environ, findings, material.framing) is False:
        _say(ctx, "no job summary: it is full")
    github_actions.write_outputs(os.environ, github_actions.outputs(findings, report_path))
    if mode == "off" and not check:
        return
    job = GitHubJob(
        findings=findings,
        framing=material.framing,
        key=material.key,
        mode=mode,
        number=number,
        check=check,
    )
    for said in publish_on_github(job, os.environ):
        _say(ctx, said)


@command.command("gitlab")
@_MODE
@click.option("--number", type=click.IntRange(1), help="IID of the merge request; default: CI's.")
@_publishing
@click.pass_context
def gitlab_command(
    ctx: click.Context, *, mode: Mode, number: int | None, material: Material
) -> None:
    """Comment on a merge request of GitLab, from a pipeline.

    \b
    GITLAB_TOKEN  an access token with scope api: CI_JOB_TOKEN writes no notes
    CI_...        project, merge request and address of the API: set by the runner
    """  # noqa: D301  (\b keeps click from wrapping the lines)
    from perfanalysis.publish.gitlab import MergeRequest, gitlab_client, pipeline_of
    from perfanalysis.publish.one_comment import Publication, publish_comment

    if mode == "off":
        return
    pipeline = pipeline_of(os.environ, number=number)
    if pipeline.number is None:
        _say(ctx, "no comment: this pipeline is not of a merge request")
        return
    publication = Publication(
        findings=material.findings,
        framing=material.framing,
        key=material.key,
        mode=mode,
        order=pipeline.order,
    )
    place = MergeRequest(gitlab_client(pipeline), pipeline, pipeline.number)
    _say(ctx, publish_comment(place, publication).sentence)


def _say(ctx: click.Context, sentence: str) -> None:
    from perfanalysis.reports.escape import terminal_text

    if not ctx.obj["quiet"]:
        click.echo(terminal_text(sentence), err=True)
