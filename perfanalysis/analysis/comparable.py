"""Whether runs may be compared at all: the same load, reached, on the same kind of machine.

A difference between runs under different loads says nothing about the version. What differs is
told as an obstacle, before anything is judged. Only what is known is checked, and what is the
*effect* of slower answers is no obstacle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.load import Load, extremes
from perfanalysis.analysis.same_load import (
    different_load,
    different_mix,
    different_users,
    load_not_reached,
    open_model,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison, Result, Severity, Verdict
from perfanalysis.phrases import phrase
from perfanalysis.units import format_ratio, significant

MOST_DURATION_RATIO = 2.0
MOSTLY_FAILED, SELDOM_FAILED = 0.5, 0.1
BUSY_CPU_PERCENT = 95.0
# What our own generator says of itself: it has timed itself, or made another load than planned.
GENERATOR_FAILED = frozenset({"generator-saturated", "worker-lost"})
# Counts that agree this well are those of a test that makes a fixed number of requests.
_SAME_COUNT = 0.95

Check = Callable[[Sequence[Load]], Caveat | None]


def loads_of(current: Sequence[RunEvidence], baseline: Sequence[RunEvidence]) -> list[Load]:
    """Return the load of every run, those of the baseline first."""
    return [
        *(Load(run, "baseline") for run in baseline),
        *(Load(run, "current") for run in current),
    ]


def obstacles(loads: Sequence[Load]) -> list[Caveat]:
    """Return what forbids a comparison, each as a code and a sentence; nothing for like runs."""
    return _told_by(_OBSTACLES, loads)


def cautions(loads: Sequence[Load]) -> list[Caveat]:
    """Return what a reader must know about the load of runs that may be compared."""
    return _told_by(_CAUTIONS, loads)


def qualified(comparison: Comparison, found: Sequence[Caveat], *, force: bool) -> Comparison:
    """Return a comparison without verdicts where there are obstacles, unless it was forced.

    Args:
        comparison: as judged without regard to obstacles.
        found: the obstacles.
        force: judge all the same, and say so.
    """
    if not found:
        return comparison
    caveats = (*found, *comparison.caveats)
    if force:
        message = phrase(
            "the runs are not comparable and were compared all the same: it was forced"
        )
        return replace(comparison, caveats=(Caveat(code="forced", message=message), *caveats))
    return replace(
        comparison,
        verdict=Verdict.UNDECIDED,
        reasons=tuple(
            phrase("not comparable: {obstacle}", obstacle=obstacle.message) for obstacle in found
        ),
        results=tuple(_without_verdict(result) for result in comparison.results),
        caveats=caveats,
    )


def _told_by(checks: Sequence[Check], loads: Sequence[Load]) -> list[Caveat]:
    return [caveat for check in checks if (caveat := check(loads)) is not None]


def _without_verdict(result: Result) -> Result:
    message = phrase("the runs are not comparable: the figures are listed, without a verdict")
    return replace(
        result,
        verdict=Verdict.UNDECIDED,
        severity=Severity.NONE,
        # Neither more runs nor a wider tolerance would make them comparable.
        runs_needed=None,
        tolerance_needed=None,
        caveats=(*result.caveats, Caveat(code="not-comparable", message=message)),
    )


def _tools(loads: Sequence[Load]) -> Caveat | None:
    tools = sorted({load.info.tool for load in loads})
    if len(tools) < 2:
        return None
    message = phrase(
        "the runs come from different tools, which time differently: {tools}",
        tools=", ".join(tools),
    )
    return Caveat(code="different-tools", message=message)


def _machines(loads: Sequence[Load]) -> Caveat | None:
    for what in ("host_class", "cpu_count"):
        known = {value: load for load in loads if (value := getattr(load.info.environment, what))}
        if len(known) > 1:
            (one, first), (other, second) = list(known.items())[:2]
            values = {"one": one, "first": first.label, "other": other, "second": second.label}
            message = (
                phrase("the machine is {one} of {first} and {other} of {second}", **values)
                if what == "host_class"
                else phrase(
                    "the number of processors is {one} of {first} and {other} of {second}",
                    **values,
                )
            )
            return Caveat(code="different-machines", message=message)
    return None


def _durations(loads: Sequence[Load]) -> Caveat | None:
    found = extremes(loads, lambda load: load.duration_s or None)
    if found is None:
        return None
    (short_s, short), (long_s, long) = found
    if long_s <= MOST_DURATION_RATIO * short_s:
        return None
    fewer, more = sorted((short.requests, long.requests))
    if fewer >= _SAME_COUNT * more:
        # A test that makes a fixed number of requests lasts longer because answers are slower.
        return None
    message = phrase(
        "{short} lasted {short_s} s, {long} {long_s} s",
        short=short.label,
        short_s=significant(short_s),
        long=long.label,
        long_s=significant(long_s),
    )
    return Caveat(code="different-durations", message=message)


def _generator(loads: Sequence[Load]) -> Caveat | None:
    for load in loads:
        for told in load.info.caveats:
            if told.code in GENERATOR_FAILED:
                message = phrase("{run}: {problem}", run=load.label, problem=told.message)
                return Caveat(code=told.code, message=message)
    return None


def _failures(loads: Sequence[Load]) -> Caveat | None:
    found = extremes(loads, lambda load: load.failures / load.requests if load.requests else None)
    if found is None:
        return None
    (seldom, well), (mostly, ill) = found
    if mostly <= MOSTLY_FAILED or seldom >= SELDOM_FAILED:
        return None
    message = phrase(
        "{mostly} of the requests of {ill} failed, {seldom} of those of {well}: "
        "its latencies are those of the few that did not",
        mostly=format_ratio(mostly),
        ill=ill.label,
        seldom=format_ratio(seldom),
        well=well.label,
    )
    return Caveat(code="mostly-failures", message=message)


def _busy_machine(loads: Sequence[Load]) -> Caveat | None:
    found = extremes(loads, lambda load: load.cpu_percent)
    if found is None or found[1][0] < BUSY_CPU_PERCENT:
        return None
    percent, load = found[1]
    message = phrase(
        "the processors of the machine that was watched were {percent} % busy during {run}: "
        "if it made the load, it has timed itself",
        percent=f"{percent:.0f}",
        run=load.label,
    )
    return Caveat(code="busy-machine", message=message)


_OBSTACLES: Sequence[Check] = (
    _tools,
    _machines,
    _durations,
    _generator,
    load_not_reached,
    different_load,
    different_mix,
    _failures,
)
_CAUTIONS: Sequence[Check] = (different_users, open_model, _busy_machine)
