"""What is said about a run when it is over: facts, and caveats for whatever is missing."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perfanalysis.generator.control import Control
from perfanalysis.generator.load import OpenLoad
from perfanalysis.generator.plan import Plan
from perfanalysis.generator.progress import ProgressMeter
from perfanalysis.generator.recorder import OTHER_NAMES
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Facts
from perfanalysis.model.run import Environment
from perfanalysis.phrases import Phrase, phrase

TOOL = "perfanalysis"
# Clocks that are kept in time move by less.
MOST_DRIFT_NS = 5_000_000
_SHOWN = 3


class Endings:
    """Gathers how the workers of a run ended.

    Attributes:
        stopped_at_s: when the run was stopped, if it was.
        left_undone: whether teardown was not run.
        teardown_failed: why teardown failed, if it did.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._lost: dict[int, Phrase] = {}
        self._raised: Counter[str] = Counter()
        self._interrupted = 0
        self._other_names = 0
        self.stopped_at_s: float | None = None
        self.left_undone = False
        self.teardown_failed: str | None = None

    def end(self, told: dict[str, Any]) -> None:
        """Take what a worker tells at its end."""
        self._raised.update(told["raised"])
        self._interrupted += told["interrupted"]
        self._other_names += told["other_names"]

    def lost(self, worker: int, how: str, *, after_s: float, told_s: float) -> None:
        """Note that a worker died.

        Args:
            worker: its number.
            how: in words.
            after_s: when, since the start.
            told_s: until when it had told what it measured.
        """
        missing_s = max(after_s - told_s, 0.0)
        rest_s = max(self._plan.load.curve.duration_s - after_s, 0.0)
        self._lost[worker] = phrase(
            "worker {worker} of {workers} died after {after_s} s ({how}): what it measured in its "
            "last {missing_s} s is missing, and its share of the load was not made for the "
            "remaining {rest_s} s",
            worker=worker,
            workers=self._plan.workers,
            after_s=f"{after_s:.1f}",
            how=how,
            missing_s=f"{missing_s:.1f}",
            rest_s=f"{rest_s:.1f}",
        )

    def is_lost(self, worker: int) -> bool:
        """Say whether a worker died."""
        return worker in self._lost

    def caveats(self, control: Control, meter: ProgressMeter, *, drift_ns: int) -> Iterator[Caveat]:
        """Yield what a reader must know about the run."""
        if self.stopped_at_s is not None:
            message = phrase(
                "the run was stopped after {after_s} s of {planned_s} s: {reason}",
                after_s=f"{self.stopped_at_s:.1f}",
                planned_s=f"{self._plan.load.curve.duration_s:g}",
                reason=control.reason,
            )
            yield Caveat(code="stopped-early", message=message)
        for message in self._lost.values():
            yield Caveat(code="worker-lost", message=message)
        yield from self._iterations(meter)
        if self._other_names:
            message = phrase(
                "there were more than {limit} names; the rest are counted as {others}: give "
                "requests whose URLs hold numbers a name",
                limit=self._plan.max_names,
                others=repr(OTHER_NAMES),
            )
            yield Caveat(code="too-many-names", message=message)
        yield from self._teardown()
        if self._plan.http.insecure:
            message = phrase("TLS certificates were not verified, as was asked for")
            yield Caveat(code="unverified-tls", message=message)
        if abs(drift_ns) > MOST_DRIFT_NS:
            message = phrase(
                "the clock was set by {drift} ms during the run; its times go on evenly from the "
                "start",
                drift=f"{drift_ns / 1e6:+.1f}",
            )
            yield Caveat(code="clock-adjusted", message=message)

    def _iterations(self, meter: ProgressMeter) -> Iterator[Caveat]:
        if self._interrupted:
            message = phrase(
                "{iterations} iterations did not end in time and were interrupted; what they were "
                "waiting for is not recorded",
                iterations=self._interrupted,
            )
            yield Caveat(code="interrupted-iterations", message=message)
        if meter.dropped and isinstance(self._plan.load, OpenLoad):
            due = meter.dropped + meter.iterations + self._interrupted
            message = phrase(
                "{dropped} of {due} arrivals found all {users} users busy and were dropped",
                dropped=meter.dropped,
                due=due,
                users=self._plan.load.max_users,
            )
            yield Caveat(code="dropped-iterations", message=message)
        if self._raised:
            shown = "; ".join(f"{text} ({n})" for text, n in self._raised.most_common(_SHOWN))
            rest = len(self._raised) - _SHOWN
            errors = phrase("{first}; and {rest} others", first=shown, rest=rest)
            message = phrase(
                "{iterations} iterations ended by an error of the test itself: {errors}",
                iterations=self._raised.total(),
                errors=errors if rest > 0 else shown,
            )
            yield Caveat(code="raised-iterations", message=message)

    def _teardown(self) -> Iterator[Caveat]:
        failed = self.teardown_failed
        if self.left_undone:
            failed = phrase("the worker that was to do it died")
        if failed is not None:
            message = phrase("teardown did not come to its end: {reason}", reason=failed)
            yield Caveat(code="teardown-failed", message=message)


def facts_of(plan: Plan) -> Facts:
    """Return what is known about a run beside its rows."""
    tags = {
        "generator.model": "open" if isinstance(plan.load, OpenLoad) else "closed",
        "generator.target": plan.http.base_url,
        "generator.seed": str(plan.seed),
        "generator.workers": str(plan.workers),
    }
    if isinstance(plan.load, OpenLoad):
        tags["generator.arrival"] = plan.load.arrival
        tags["generator.max_users"] = str(plan.load.max_users)
    if plan.http.insecure:
        tags["generator.insecure"] = "true"
    return Facts(tool=TOOL, tool_version=version(TOOL), tags=tags, environment=this_environment())


def this_environment() -> Environment:
    """Return what is known about this machine: no name, no address."""
    return Environment(
        cpu_model=_cpu_model(),
        cpu_count=os.cpu_count(),
        os=f"{platform.system()} {platform.release()}",
    )


def _cpu_model() -> str | None:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or None
    _, _, rest = text.partition("model name")
    return rest.partition("\n")[0].lstrip("\t :") or None
