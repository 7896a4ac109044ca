"""Accepted baselines: the content of `baseline.json`, and what people say about its metrics."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from perfanalysis.errors import ConfigError
from perfanalysis.model.metric import parse_metric
from perfanalysis.model.run import Commit
from perfanalysis.model.stored import Stored
from perfanalysis.units import parse_ratio

DEFAULT_KEEP = 5
DEFAULT_MAX_AGE_DAYS = 30
MOST_RUNS = 50
# Git keeps the older ones; a file that grows for ever is read for ever.
MOST_EVENTS = 200
RUN_FOLDER = r"^[0-9a-f]{16}\.run$"
_GLOB = "*?["

Text = Annotated[str, StringConstraints(max_length=2000)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Level = Literal["warn", "error"]


class MetricRule(Stored):
    """What a change of one metric of one name means, where it differs from the rest.

    Attributes:
        metric: key such as `latency.p99`, or a glob of keys.
        name: glob of the names that it is about.
        tolerance: the change that nobody cares about, in the unit of the metric's change.
        better: the direction that users want, where it is not the metric's usual one.
        level: a regression of level `warn` is told and fails nothing; one of level `error` fails
            the comparison.
    """

    metric: ShortText
    name: Text = "*"
    tolerance: float | None = Field(default=None, ge=0, lt=2)
    better: Literal["lower", "higher"] | None = None
    level: Level | None = None

    @field_validator("metric")
    @classmethod
    def _is_metric(cls, key: str) -> str:
        if not any(sign in key for sign in _GLOB):
            try:
                parse_metric(key)
            except ConfigError as exc:
                raise ValueError(exc.message) from exc
        return key

    @field_validator("tolerance", mode="before")
    @classmethod
    def _is_ratio(cls, value: Any) -> Any:  # noqa: ANN401  (whatever people write)
        return parse_ratio(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> MetricRule:
        if self.tolerance is None and self.better is None and self.level is None:
            raise ValueError("expected a tolerance, better or level")
        return self

    def fits(self, name: str, metric: str) -> bool:
        """Say whether the rule is about a metric of a name."""
        return fnmatchcase(metric, self.metric) and fnmatchcase(name, self.name)


class RulesFile(Stored):
    """What people write for `--rules`: later rules go before earlier ones."""

    metrics: tuple[MetricRule, ...]


class BaselineSettings(Stored):
    """What a baseline itself says about how it is used.

    Attributes:
        keep: how many accepted runs it holds; an older one goes when a new one comes.
        max_age_days: from when on comparisons say that it is old.
        gate_drift: whether a regression against the anchor fails a comparison.
        metrics: tolerances, directions and levels; the last rule that fits decides.
    """

    keep: int = Field(default=DEFAULT_KEEP, ge=1, le=MOST_RUNS)
    max_age_days: int = Field(default=DEFAULT_MAX_AGE_DAYS, ge=1, le=3650)
    gate_drift: bool = False
    metrics: tuple[MetricRule, ...] = ()


class BaselineEntry(Stored):
    """One accepted run.

    Attributes:
        number: counts the accepted runs of this baseline, from 1.
        folder: where its files lie, named after their content.
        run: the run's id.
        name: what people call the run.
        started_at: when it was made, where its source tells.
        accepted_by: who accepted it, as far as known.
        commit: the version under test.
        forced: codes of what spoke against it and was overridden.
        recent: whether current runs are held against it.
        anchor: whether it belongs to the fixed anchor.
    """

    number: int = Field(ge=1)
    folder: str = Field(pattern=RUN_FOLDER)
    run: ShortText
    name: str
    started_at: datetime | None
    accepted_at: datetime
    accepted_by: ShortText | None
    commit: Commit | None
    reason: Text | None
    forced: tuple[str, ...]
    recent: bool
    anchor: bool

    @property
    def day(self) -> datetime:
        """When the run was made, or accepted where that is not known."""
        return self.started_at or self.accepted_at


class BaselineEvent(Stored):
    """What happened to a baseline: runs were accepted, and others dropped for them.

    Attributes:
        action: `save` began it, or began it anew; `accept` added a run.
        runs: ids of the accepted runs.
        dropped: ids of the runs that are no longer held.
        new_anchor: whether the anchor was set anew.
        forced: codes of what was overridden.
    """

    at: datetime
    by: ShortText | None
    action: Literal["save", "accept"]
    runs: tuple[str, ...]
    dropped: tuple[str, ...]
    new_anchor: bool
    reason: Text | None
    forced: tuple[str, ...]


class Baseline(Stored):
    """The accepted runs of one environment and branch.

    Attributes:
        environment: where the runs were made, such as `staging`; None where nobody said.
        branch: of the version under test; None where nobody said.
        accepted: how many runs were ever accepted.
        entries: the runs that are held, oldest first.
        history: the latest events, oldest first.
        earlier_events: how many older ones are no longer listed.
    """

    schema_: Literal["perfanalysis.baseline"] = Field("perfanalysis.baseline", alias="schema")
    schema_version: Literal[1] = 1
    name: str
    environment: ShortText | None
    branch: ShortText | None
    settings: BaselineSettings
    accepted: int = Field(ge=0)
    entries: tuple[BaselineEntry, ...] = Field(min_length=1)
    history: tuple[BaselineEvent, ...]
    earlier_events: int = Field(ge=0)

    @model_validator(mode="after")
    def _has_runs(self) -> Baseline:
        if not self.recent:
            raise ValueError("expected at least one entry that is recent")
        folders = [entry.folder for entry in self.entries]
        if len(set(folders)) < len(folders):
            raise ValueError("expected each folder once")
        return self

    @property
    def recent(self) -> tuple[BaselineEntry, ...]:
        """The runs that current runs are held against, oldest first."""
        return tuple(entry for entry in self.entries if entry.recent)

    @property
    def anchor(self) -> tuple[BaselineEntry, ...]:
        """The fixed runs that show slow drift, oldest first."""
        return tuple(entry for entry in self.entries if entry.anchor)

    def holds(self, run: str) -> bool:
        """Say whether current runs are held against the run with this id."""
        return any(entry.run == run for entry in self.recent)

    def accepting(self, entry: BaselineEntry, *, new_anchor: bool) -> Baseline:
        """Return the baseline with one more run; what is beyond `settings.keep` goes.

        The anchor is the first `keep` runs that were accepted without force, and then stays. A new
        anchor is what the baseline holds afterwards.

        Args:
            entry: the run; its number, `recent` and `anchor` are set here.
            new_anchor: set the anchor anew.
        """
        number, keep = self.accepted + 1, self.settings.keep
        known = [e for e in self.entries if e.folder != entry.folder]
        # The anchor's own run may come again, long after newer ones have taken its place.
        returns = any(e.folder == entry.folder for e in self.anchor)
        joins = returns or (len(self.anchor) < keep and not entry.forced)
        added = entry.model_copy(update={"number": number, "recent": True, "anchor": joins})
        recent = {e.number for e in [*(e for e in known if e.recent), added][-keep:]}
        everything = [
            e.model_copy(
                update={
                    "recent": e.number in recent,
                    "anchor": e.number in recent if new_anchor else e.anchor,
                }
            )
            for e in (*known, added)
        ]
        dropped = [e.run for e in self.recent if e.number not in recent]
        event = BaselineEvent(
            at=entry.accepted_at,
            by=entry.accepted_by,
            action="accept",
            runs=(entry.run,),
            dropped=tuple(dropped),
            new_anchor=new_anchor,
            reason=entry.reason,
            forced=entry.forced,
        )
        return self._with(
            accepted=number,
            entries=tuple(e for e in everything if e.recent or e.anchor),
            event=event,
        )

    def _with(
        self, *, accepted: int, entries: tuple[BaselineEntry, ...], event: BaselineEvent
    ) -> Baseline:
        history = (*self.history, event)
        gone = max(len(history) - MOST_EVENTS, 0)
        return self.model_copy(
            update={
                "accepted": accepted,
                "entries": entries,
                "history": history[gone:],
                "earlier_events": self.earlier_events + gone,
            }
        )


def begun(
    entries: tuple[BaselineEntry, ...],
    *,
    name: str,
    environment: str | None,
    branch: str | None,
    settings: BaselineSettings,
    before: Baseline | None,
) -> Baseline:
    """Return a baseline that begins with these runs, all of them recent and its anchor.

    Args:
        entries: at least one, alike in time, person, reason and what was forced.
        name: what it is called.
        environment: where the runs were made.
        branch: of the version under test.
        settings: how it is used.
        before: the baseline that it replaces, whose history goes on; None for a new one.
    """
    first = before.accepted + 1 if before is not None else 1
    held = tuple(
        entry.model_copy(update={"number": number, "recent": True, "anchor": True})
        for number, entry in enumerate(entries, start=first)
    )
    event = BaselineEvent(
        at=entries[0].accepted_at,
        by=entries[0].accepted_by,
        action="save",
        runs=tuple(entry.run for entry in entries),
        dropped=() if before is None else tuple(entry.run for entry in before.recent),
        new_anchor=True,
        reason=entries[0].reason,
        forced=entries[0].forced,
    )
    empty = Baseline.model_construct(
        schema_="perfanalysis.baseline",
        schema_version=1,
        name=name,
        environment=environment,
        branch=branch,
        settings=settings,
        accepted=0,
        entries=(),
        history=() if before is None else before.history,
        earlier_events=0 if before is None else before.earlier_events,
    )
    return empty._with(accepted=first + len(entries) - 1, entries=held, event=event)  # noqa: SLF001
