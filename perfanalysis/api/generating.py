"""The verb `generate`: from a scenario file to a run that is measured and judged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from perfanalysis.analysis.k6_expressions import parse_expression
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.api.generator_bundle import Recording, record_plan
from perfanalysis.api.live_thresholds import LiveThresholds
from perfanalysis.errors import PerfanalysisError
from perfanalysis.generator.control import Control, Ending
from perfanalysis.generator.progress import Progress
from perfanalysis.generator.redaction import Redactor
from perfanalysis.generator.safety import (
    Target,
    find_targets,
    is_remembered,
    refuse_strangers,
    remember,
)
from perfanalysis.generator.scenario.loading import (
    Loaded,
    load_python,
    load_scenario,
    loaded_object,
)
from perfanalysis.generator.scenario.model import LoadTest
from perfanalysis.generator.scenario.preparing import Choices, Prepared, prepare
from perfanalysis.generator.scenario.preview import Preview, preview
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Summary
from perfanalysis.model.run import SourceFile, Threshold
from perfanalysis.store.bundle import Run

if TYPE_CHECKING:
    from perfanalysis.monitor.settings import MonitorSettings

TestLike: TypeAlias = LoadTest | str | Path


@dataclass(frozen=True, kw_only=True)
class PlannedTest:
    """A load test that was read and checked, and that has not begun.

    Attributes:
        loaded: where it comes from.
        prepared: with everything filled in.
        targets: the hosts that it names.
        owned: who says that the public ones are the user's: `key`, `option`, `earlier`, or None.
        live: thresholds that may end it early.
        redactor: hides the values that came from the environment.
    """

    loaded: Loaded
    prepared: Prepared
    targets: tuple[Target, ...]
    owned: str | None
    live: LiveThresholds
    redactor: Redactor

    def preview(self) -> Preview:
        """Return what it would do."""
        return preview(self.prepared, self.targets, self.owned)


@dataclass(frozen=True, kw_only=True)
class Generated:
    """What came of a load test.

    Attributes:
        run: the bundle.
        summary: of the run, with the outcomes of the thresholds.
        ending: how it ended.
        reason: what ended it before its time; None if nothing did.
        outcome: broken if a threshold is; undecided if one is, if no request succeeded, or if the
            run did not come to its planned end; else met.
    """

    run: Run
    summary: Summary
    ending: Ending
    reason: str | None
    outcome: Outcome


def plan_test(
    test: TestLike,
    choices: Choices | None = None,
    *,
    i_own_this_target: bool = False,
    environment: Mapping[str, str] | None = None,
) -> PlannedTest:
    """Read a load test and check everything that can be checked before the first request.

    Args:
        test: a scenario file, a Python file with a `LoadTest`, or such an object.
        choices: load, variables, workers, seed.
        i_own_this_target: the user says that public targets are theirs.
        environment: what `env.NAME` stands for; the process's own if None.

    Raises:
        ConfigError: something in the test cannot be done; the message names file and line.
        UsageError: a choice is none.
    """
    loaded = _loaded(test)
    values = os.environ if environment is None else environment
    prepared = prepare(loaded, values, choices or Choices())
    targets = find_targets(prepared.urls)
    return PlannedTest(
        loaded=loaded,
        prepared=prepared,
        targets=targets,
        owned=_owned(loaded, prepared, targets, by_option=i_own_this_target),
        live=_live(loaded, prepared.test),
        redactor=Redactor(prepared.secrets),
    )


def generate(
    test: TestLike | PlannedTest,
    destination: str | Path,
    *,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    overwrite: bool = False,
    monitor: MonitorSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> Generated:
    """Run a load test and return its run bundle, judged by the thresholds of the test.

    Values that the test took from the environment are in no file of the bundle and in no message.

    Args:
        test: a scenario file, a Python file with a `LoadTest`, such an object, or one that was
            planned.
        destination: the folder to make, `NAME.run`.
        name: what people call the run; the test's name if None.
        tags: kept in `run.json`, besides those of the test.
        overwrite: replace a bundle that is already there.
        monitor: what is watched beside the run; None for nothing.
        on_progress: called once a second.
        control: stops the run from another thread.

    Raises:
        ConfigError: something in the test cannot be done; the message names file and line.
        UsageError: the target is not the user's own, or the bundle cannot be written.
    """
    planned = test if isinstance(test, PlannedTest) else plan_test(test)
    prepared, control = planned.prepared, control or Control()
    hosts = refuse_strangers(planned.targets, is_agreed=planned.owned is not None)
    if planned.owned == "option" and hosts and planned.loaded.path is not None:
        remember(planned.loaded.path, planned.targets)
    stated = {key: str(value) for key, value in prepared.test.tags.items()}
    recording = Recording(
        destination=Path(destination),
        name=name or prepared.test.name or "",
        tags={**stated, **(tags or {})},
        thresholds=_thresholds(prepared.test),
        live=planned.live,
        redactor=planned.redactor,
        sources=_sources(planned.loaded),
        overwrite=overwrite,
        monitor=monitor,
    )
    with _redacted_errors(planned.redactor):
        run = record_plan(prepared.plan(hosts), recording, control=control, on_progress=on_progress)
    return _generated(run, control, planned.live)


def _loaded(test: TestLike) -> Loaded:
    if isinstance(test, LoadTest):
        return loaded_object(test)
    path = Path(test)
    return load_python(path) if path.suffix == ".py" else load_scenario(path)


def _owned(
    loaded: Loaded, prepared: Prepared, targets: tuple[Target, ...], *, by_option: bool
) -> str | None:
    if prepared.test.i_own_this_target:
        return "key"
    if by_option:
        return "option"
    if all(target.is_own for target in targets):
        return None
    if loaded.path is not None and is_remembered(loaded.path, targets):
        return "earlier"
    return None


def _live(loaded: Loaded, test: LoadTest) -> LiveThresholds:
    for metric, rules in test.thresholds.items():
        for number, rule in enumerate(rules):
            place = ("thresholds", metric, number)
            if parse_expression(rule.threshold) is None:
                message = f"expected a threshold such as 'p(95)<500', found {rule.threshold!r}"
                raise loaded.error(place, message)
            try:
                LiveThresholds({metric: (rule,)})
            except ValueError as exc:
                raise loaded.error(place, str(exc)) from exc
    return LiveThresholds(test.thresholds)


def _thresholds(test: LoadTest) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(metric=metric, expression=rule.threshold)
        for metric, rules in test.thresholds.items()
        for rule in rules
    )


def _sources(loaded: Loaded) -> tuple[SourceFile, ...]:
    sources = []
    for path in loaded.files():
        content = path.read_bytes()
        kind = "python" if path.suffix == ".py" else "scenario"
        digest = hashlib.sha256(content).hexdigest()
        sources.append(SourceFile(name=path.name, format=kind, bytes=len(content), sha256=digest))
    return tuple(sources)


@contextmanager
def _redacted_errors(redactor: Redactor) -> Iterator[None]:
    try:
        yield
    except PerfanalysisError as exc:
        raise redactor.error(exc) from None


def _generated(run: Run, control: Control, live: LiveThresholds) -> Generated:
    summary = summarize_run(run)
    outcomes = {threshold.outcome for threshold in summary.thresholds}
    counts = run.info.counts
    outcome = Outcome.MET
    if Outcome.BROKEN in outcomes or live.first_broken is not None:
        outcome = Outcome.BROKEN
    elif (
        Outcome.UNDECIDED in outcomes
        or counts.requests == counts.failures
        or control.ending is not Ending.FINISHED
    ):
        outcome = Outcome.UNDECIDED
    return Generated(
        run=run, summary=summary, ending=control.ending, reason=control.reason, outcome=outcome
    )
