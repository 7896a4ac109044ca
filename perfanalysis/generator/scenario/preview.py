"""What a load test would do, said before it does anything: the content of a dry run."""

from __future__ import annotations

from dataclasses import dataclass

from perfanalysis.generator.load import OpenLoad
from perfanalysis.generator.safety import Target
from perfanalysis.generator.scenario.blocks import pause_behind
from perfanalysis.generator.scenario.model import LoadTest
from perfanalysis.generator.scenario.preparing import Prepared
from perfanalysis.generator.scenario.quantities import ThinkTime
from perfanalysis.generator.scenario.requests import request_name
from perfanalysis.generator.scenario.shapes import NamedStage
from perfanalysis.generator.scenario.steps import (
    ExpectStep,
    ForEachStep,
    GroupStep,
    IfStep,
    RepeatStep,
    RequestStep,
    SendStep,
    Step,
    ThinkStep,
    WebSocketStep,
)
from perfanalysis.generator.scenario.websockets import websocket_name


@dataclass(frozen=True, kw_only=True)
class ScenarioPreview:
    """What one iteration of a scenario does.

    Attributes:
        name: of the scenario.
        share: of the iterations, 0..1.
        requests_low, requests_high: in one iteration, whatever its conditions say; None where that
            is not known: in a function, or in a loop over a list from an answer.
        think_low_s, think_high_s: in one iteration, on average; None in a function.
        names: of its requests, in order; each once.
    """

    name: str
    share: float
    requests_low: int | None
    requests_high: int | None
    think_low_s: float | None
    think_high_s: float | None
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A load test that has not begun.

    Attributes:
        name: of the test.
        target: where its requests go.
        is_open: arrivals a second rather than users.
        duration_s: of the load.
        stages: of the load.
        peak: users or arrivals a second at most.
        curve: users or arrivals a second, at equal distances over the duration.
        iterations: how many there will be; at most so many in a closed load, where answers would
            take no time at all; None where nothing limits them.
        requests_low, requests_high: likewise.
        scenarios: what the iterations do.
        targets: hosts, and what was found out about them.
        owned: whose the public ones among them are said to be: `the key`, `the option`, `earlier`,
            or None where nobody has said it.
        workers: processes.
        thresholds: metric and expression of each.
        aborting: those of them that end the test early.
        data: file names of the data, with their rows.
        secrets: how many values come from the environment and are not shown.
    """

    name: str
    target: str
    is_open: bool
    duration_s: float
    stages: tuple[NamedStage, ...]
    peak: float
    curve: tuple[float, ...]
    iterations: float | None
    requests_low: float | None
    requests_high: float | None
    scenarios: tuple[ScenarioPreview, ...]
    targets: tuple[Target, ...]
    owned: str | None
    workers: int
    thresholds: tuple[tuple[str, str], ...]
    aborting: int
    data: tuple[tuple[str, int], ...]
    secrets: int


@dataclass(frozen=True, kw_only=True)
class _Effort:
    """Requests and think time of some steps."""

    low: int
    high: int | None
    think_low_s: float
    think_high_s: float


_NOTHING = _Effort(low=0, high=0, think_low_s=0.0, think_high_s=0.0)
_ONE_REQUEST = _Effort(low=1, high=1, think_low_s=0.0, think_high_s=0.0)
CURVE_POINTS = 61


def preview(prepared: Prepared, targets: tuple[Target, ...], owned: str | None) -> Preview:
    """Return what a load test would do."""
    test, load = prepared.test, prepared.load
    curve = load.curve
    scenarios = _scenarios(test)
    iterations = _iterations(prepared, scenarios)
    times = (curve.duration_s * n / (CURVE_POINTS - 1) for n in range(CURVE_POINTS))
    thresholds = [(key, rule) for key, rules in test.thresholds.items() for rule in rules]
    return Preview(
        name=test.name or "",
        target=test.target,
        is_open=isinstance(load, OpenLoad),
        duration_s=curve.duration_s,
        stages=prepared.stages,
        peak=curve.most,
        curve=tuple(curve.value(time) for time in times),
        iterations=iterations,
        requests_low=_requests(iterations, [s.requests_low for s in scenarios], scenarios),
        requests_high=_requests(iterations, [s.requests_high for s in scenarios], scenarios),
        scenarios=scenarios,
        targets=targets,
        owned=owned,
        workers=prepared.choices.workers,
        thresholds=tuple((key, rule.threshold) for key, rule in thresholds),
        aborting=sum(rule.abort_on_fail for _, rule in thresholds),
        data=tuple((table.data.file, len(table.rows)) for table in prepared.program.tables),
        secrets=len(prepared.secrets),
    )


def _scenarios(test: LoadTest) -> tuple[ScenarioPreview, ...]:
    total = sum(scenario.weight for scenario in test.scenarios)
    previews = []
    for scenario in test.scenarios:
        effort = None
        if scenario.function is None:
            effort = _effort(scenario.steps, test.defaults.think)
        previews.append(
            ScenarioPreview(
                name=scenario.name,
                share=scenario.weight / total,
                requests_low=None if effort is None else effort.low,
                requests_high=None if effort is None else effort.high,
                think_low_s=None if effort is None else effort.think_low_s,
                think_high_s=None if effort is None else effort.think_high_s,
                names=tuple(dict.fromkeys(_names(scenario.steps))),
            )
        )
    return tuple(previews)


def _iterations(prepared: Prepared, scenarios: tuple[ScenarioPreview, ...]) -> float | None:
    """Return arrivals, or how many iterations users have the time for between their thoughts."""
    area = prepared.load.curve.area
    if isinstance(prepared.load, OpenLoad):
        return area
    think_s = 0.0
    for scenario in scenarios:
        if scenario.think_low_s is None:
            return None
        think_s += scenario.share * scenario.think_low_s
    return area / think_s if think_s > 0 else None


def _requests(
    iterations: float | None, each: list[int | None], scenarios: tuple[ScenarioPreview, ...]
) -> float | None:
    if iterations is None or None in each:
        return None
    shares = zip(scenarios, each, strict=True)
    return iterations * sum(scenario.share * (count or 0) for scenario, count in shares)


def _effort(steps: tuple[Step, ...], think: ThinkTime | None) -> _Effort:
    total = _NOTHING
    for number, step in enumerate(steps):
        total = _plus(total, _effort_of(step, think))
        following = steps[number + 1] if number + 1 < len(steps) else None
        pause = pause_behind(step, following, think)
        if pause is not None:
            total = _plus(total, _pause(pause))
    return total


def _effort_of(step: Step, think: ThinkTime | None) -> _Effort:  # noqa: PLR0911  (one for each kind of step)
    match step:
        case RequestStep():
            return _ONE_REQUEST
        case ThinkStep():
            return _pause(step.think)
        case RepeatStep():
            count = step.repeat if isinstance(step.repeat, int) else None
            return _times(_effort(step.steps, think), count)
        case ForEachStep():
            count = len(step.in_) if isinstance(step.in_, list) else None
            return _times(_effort(step.steps, think), count)
        case IfStep():
            then, otherwise = _effort(step.then, think), _effort(step.else_, think)
            high = None
            if then.high is not None and otherwise.high is not None:
                high = max(then.high, otherwise.high)
            return _Effort(
                low=min(then.low, otherwise.low),
                high=high,
                think_low_s=min(then.think_low_s, otherwise.think_low_s),
                think_high_s=max(then.think_high_s, otherwise.think_high_s),
            )
        case GroupStep():
            return _effort(step.steps, think)
        case SendStep() | ExpectStep():
            return _ONE_REQUEST
        case WebSocketStep():
            # Opening and closing it are rows as well.
            return _plus(_times(_ONE_REQUEST, 2), _effort(step.steps, think))
        case _:
            return _NOTHING


def _plus(one: _Effort, other: _Effort) -> _Effort:
    return _Effort(
        low=one.low + other.low,
        high=None if one.high is None or other.high is None else one.high + other.high,
        think_low_s=one.think_low_s + other.think_low_s,
        think_high_s=one.think_high_s + other.think_high_s,
    )


def _times(effort: _Effort, count: int | None) -> _Effort:
    if count is None:
        return _Effort(low=0, high=None, think_low_s=0.0, think_high_s=effort.think_high_s)
    return _Effort(
        low=effort.low * count,
        high=None if effort.high is None else effort.high * count,
        think_low_s=effort.think_low_s * count,
        think_high_s=effort.think_high_s * count,
    )


def _pause(think: ThinkTime) -> _Effort:
    mean_s = (think.low_s + think.high_s) / 2
    return _Effort(low=0, high=0, think_low_s=mean_s, think_high_s=mean_s)


def _names(steps: tuple[Step, ...], socket: str = "") -> list[str]:
    names: list[str] = []
    for step in steps:
        match step:
            case RequestStep():
                names.append(request_name(step))
            case WebSocketStep():
                name = websocket_name(step)
                names += [name, *_names(step.steps, name), f"{name} close"]
            case SendStep():
                names.append(step.name or f"{socket} send")
            case ExpectStep():
                names.append(step.name or f"{socket} message")
            case RepeatStep() | ForEachStep() | GroupStep():
                names += _names(step.steps, socket)
            case IfStep():
                names += [*_names(step.then, socket), *_names(step.else_, socket)]
            case _:
                pass
    return names
