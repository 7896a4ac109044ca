"""Current runs against baseline runs: which names changed, in which metric, beyond noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from perfanalysis.analysis.comparable import cautions, loads_of, obstacles, qualified
from perfanalysis.analysis.drift import undecided_where_drifting
from perfanalysis.analysis.estimates import Estimate, NotEstimableError, estimate_of
from perfanalysis.analysis.evidence import ALL_REQUESTS, RunEvidence, read_ahead
from perfanalysis.analysis.judge import Judged, Settings, judge
from perfanalysis.analysis.load import run_of_side, side_word
from perfanalysis.analysis.noise import Pairing, measure_noise
from perfanalysis.analysis.shape import compare_shapes
from perfanalysis.analysis.survivorship import survivorship
from perfanalysis.analysis.verdicts import common_shift, decide, overall
from perfanalysis.analysis.warmup import without_warmup
from perfanalysis.errors import UsageError
from perfanalysis.model.calibration import Calibration
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.metric import Metric, parse_metric
from perfanalysis.model.results import Comparison, NotJudged
from perfanalysis.model.run import Evidence
from perfanalysis.phrases import phrase
from perfanalysis.store.bundle import Run

# p10 is the floor: what a request takes when nothing is in its way. Where neighbours on the machine
# disturb half of all requests, it still tells whether the work itself has changed.
DEFAULT_METRICS = ("latency.p10", "latency.p50", "latency.p95", "latency.p99", "error_rate")
_COARSE_METRICS = ("latency.mean",)
# Takes 10,000 requests of a name, which most runs do not have: nobody misses it there.
_WHERE_CARRIED = ("latency.p99.9",)


def compare_runs(
    current: Sequence[Run],
    baseline: Sequence[Run],
    *,
    settings: Settings,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
) -> Comparison:
    """Compare one or several current runs with one or several baseline runs.

    Args:
        current: the new runs, at least one.
        baseline: what they are held against, at least one.
        settings: tolerance, alpha, assumed noise, warm-up.
        metrics: keys such as `latency.p95`; empty for the default set.
        names: globs of names to compare; empty for all.
        allow_missing: globs of names that may be missing on either side.

    Raises:
        ConfigError: an unknown metric.
        UsageError: a glob of `names` matches nothing, the warm-up is longer than a run, or pairs
            were asked for and the sides differ in number.
    """
    read_ahead([*current, *baseline])
    ours, theirs = ([RunEvidence(run) for run in side] for side in (current, baseline))
    loads = loads_of(ours, theirs)
    trimmed = without_warmup(ours, theirs, settings.warmup)
    found = compare_evidence(
        trimmed.current,
        trimmed.baseline,
        settings=settings,
        metrics=metrics,
        names=names,
        allow_missing=allow_missing,
        shapes=True,
    )
    survivors = survivorship(found.results, ours, theirs, settings.alpha)
    caveats = (*trimmed.caveats, *cautions(loads), *survivors, *found.caveats)
    hindrances = [*obstacles(loads), *trimmed.obstacles]
    return qualified(replace(found, caveats=caveats), hindrances, force=settings.force)


def compare_evidence(
    ours: Sequence[RunEvidence],
    theirs: Sequence[RunEvidence],
    *,
    settings: Settings,
    metrics: Sequence[str] = (),
    names: Sequence[str] = (),
    allow_missing: Sequence[str] = (),
    shapes: bool = False,
) -> Comparison:
    """Compare runs whose evidence was read already: who compares often reads once.

    Arguments, results and errors are those of `compare_runs`, which alone looks at `shapes`.
    """
    _require_pairs(ours, theirs, settings)
    theirs, renamed = _pair_single_names(ours, theirs)
    shared, not_judged = _names(ours, theirs, names)
    wanted = figures(shared, [*ours, *theirs], metrics=metrics, names=names)
    pairings, unjudged = _pairings(wanted, ours, theirs)
    not_judged += unjudged
    noises = measure_noise(pairings, settings.calibration)
    judged = [judge(*known, settings) for known in zip(pairings, noises, strict=True)]
    results = decide(judged, settings)
    if len(ours) == len(theirs) == 1:
        results = undecided_where_drifting(results, ours[0], theirs[0], settings.tolerance)
    missing = [entry for entry in not_judged if _blocks(entry, allow_missing)]
    verdict, reasons = overall(results, missing, strict=settings.strict)
    shapes = shapes and any(pairing.metric.quantile is not None for pairing in pairings)
    return Comparison(
        verdict=verdict,
        reasons=reasons,
        design=f"{len(ours)}v{len(theirs)}",
        tolerance=settings.tolerance,
        alpha=settings.alpha,
        correction="holm+bh",
        current=tuple(run.info for run in ours),
        baseline=tuple(run.info for run in theirs),
        judged=len(results),
        not_judged=tuple(not_judged),
        results=results,
        shapes=compare_shapes(shared, ours, theirs, settings) if shapes else (),
        budgets=(),
        caveats=(*renamed, *_caveats(judged, ours, theirs, settings)),
    )


def _require_pairs(
    ours: Sequence[RunEvidence], theirs: Sequence[RunEvidence], settings: Settings
) -> None:
    if settings.paired and not len(ours) == len(theirs) > 1:
        counts = f"{len(ours)} current and {len(theirs)} baseline"
        raise UsageError(f"pairs need as many runs on both sides, two or more, found {counts}")


def _pairings(
    wanted: Sequence[tuple[str, Metric]],
    ours: Sequence[RunEvidence],
    theirs: Sequence[RunEvidence],
) -> tuple[list[Pairing], list[NotJudged]]:
    """Return what can be judged, and the rest with the reason."""
    pairings, unjudged = [], []
    for name, metric in wanted:
        try:
            pairings.append(_pair(name, metric, ours, theirs))
        except NotEstimableError as exc:
            unjudged.append(
                NotJudged(name=name, metric=metric.key, reason=exc.reason, message=exc.message)
            )
    return pairings, unjudged


def figures(
    shared: Sequence[str],
    runs: Sequence[RunEvidence],
    *,
    metrics: Sequence[str],
    names: Sequence[str],
) -> list[tuple[str, Metric]]:
    """Return which metrics of which names are judged.

    Args:
        shared: names that every run has.
        runs: all of them, of both sides.
        metrics: keys that the user chose; empty for the default set.
        names: globs that the user chose; empty for all names.

    Raises:
        ConfigError: an unknown metric.
    """
    chosen = _metrics(metrics, runs)
    found = [
        (name, metric)
        for name in shared
        for metric in chosen
        if metrics or metric.key not in _WHERE_CARRIED or _is_carried(name, metric, runs)
    ]
    if not metrics and shared and not names:
        # A closed model's throughput follows from its latencies: once for the run is enough.
        found.append((ALL_REQUESTS, parse_metric("throughput")))
    return found


def _is_carried(name: str, metric: Metric, runs: Sequence[RunEvidence]) -> bool:
    try:
        for run in runs:
            estimate_of(run, name, metric)
    except NotEstimableError:
        return False
    return True


def chosen_names(everywhere: Iterable[str], globs: Sequence[str]) -> list[str]:
    """Return the names that globs choose, in order; all of them without a glob.

    Raises:
        UsageError: a glob matches nothing.
    """
    known = sorted(everywhere)
    for pattern in globs:
        if not any(fnmatchcase(name, pattern) for name in known):
            shown = ", ".join(known[:10])
            raise UsageError(f"--name {pattern!r} matches none of the names: {shown}")
    return [n for n in known if not globs or any(fnmatchcase(n, g) for g in globs)]


def _metrics(keys: Sequence[str], runs: Sequence[RunEvidence]) -> list[Metric]:
    if keys:
        return [parse_metric(key) for key in dict.fromkeys(keys)]
    # Sources without rows know the mean exactly and percentiles roughly, or not at all.
    coarse = any(run.info.evidence is not Evidence.REQUESTS for run in runs)
    extra = _COARSE_METRICS if coarse else ()
    return [parse_metric(key) for key in (*extra, *DEFAULT_METRICS, *_WHERE_CARRIED)]


def _pair_single_names(
    ours: Sequence[RunEvidence], theirs: Sequence[RunEvidence]
) -> tuple[Sequence[RunEvidence], tuple[Caveat, ...]]:
    """Where each side exercised one name only, hold these against each other whatever they say.

    pgbench names a run's only script after its file, and a new version often is a new file.
    """
    mine, other = ({name for run in side for name in run.names} for side in (ours, theirs))
    if len(mine) != 1 or len(other) != 1 or mine == other:
        return theirs, ()
    (new,), (old,) = mine, other
    message = phrase(
        "each side has one name only: {new} is held against {old} of the baseline",
        new=repr(new),
        old=repr(old),
    )
    renamed = [run.renamed(old, new) for run in theirs]
    return renamed, (Caveat(code="renamed", message=message),)


def _names(
    ours: Sequence[RunEvidence], theirs: Sequence[RunEvidence], globs: Sequence[str]
) -> tuple[list[str], list[NotJudged]]:
    """Return the names that every run has, and the others with the reason."""
    sides = {"current": ours, "baseline": theirs}
    everywhere = {name for runs in sides.values() for run in runs for name in run.names}
    shared, missing = [], []
    for name in chosen_names(everywhere, globs):
        absent = [side for side, runs in sides.items() if not all(name in r.names for r in runs)]
        if not absent:
            shared.append(name)
            continue
        side = absent[0]
        word = side_word(side)
        message = (
            phrase("{name} is missing in every {side} run", name=repr(name), side=word)
            if _gone(name, sides[side])
            else phrase("{name} is missing in a {side} run", name=repr(name), side=word)
        )
        missing.append(
            NotJudged(name=name, metric=None, reason=f"missing-in-{side}", message=message)
        )
    return shared, missing


def _gone(name: str, runs: Sequence[RunEvidence]) -> bool:
    return not any(name in run.names for run in runs)


def _pair(
    name: str, metric: Metric, ours: Sequence[RunEvidence], theirs: Sequence[RunEvidence]
) -> Pairing:
    def side(runs: Sequence[RunEvidence], word: str) -> tuple[Estimate, ...]:
        found = []
        for run in runs:
            try:
                found.append(estimate_of(run, name, metric))
            except NotEstimableError as exc:
                told = run_of_side(word, run.info.name)
                message = phrase("{problem} ({run})", problem=exc.message, run=told)
                raise NotEstimableError(exc.reason, message) from exc
        return tuple(found)

    return Pairing(
        name=name, metric=metric, current=side(ours, "current"), baseline=side(theirs, "baseline")
    )


def _blocks(entry: NotJudged, allow_missing: Sequence[str]) -> bool:
    """Say whether something that was not judged forbids a green verdict."""
    if entry.reason != "missing-in-current":
        return False
    return not any(fnmatchcase(entry.name, pattern) for pattern in allow_missing)


def _noise_caveats(
    judged: Sequence[Judged], calibration: Calibration | None, *, single: bool
) -> tuple[Caveat, ...]:
    """Say where the noise between runs comes from, unless the runs themselves show it."""
    found: list[Caveat] = []
    known = 0
    if calibration is not None:
        known = sum(calibration.of(e.name, e.metric.key) is not None for e in judged)
        found.append(_calibration_caveat(calibration, known, len(judged)))
    if single and (known < len(judged) or not judged):
        message = phrase(
            "one run a side cannot show how much identical runs differ: an assumed run noise "
            "stands in for it; several runs a side, or a calibrated baseline, would measure it"
        )
        found.append(Caveat(code="single-run", message=message))
    return tuple(found)


def _calibration_caveat(calibration: Calibration, known: int, judged: int) -> Caveat:
    origin = calibration.origin
    if not known:
        message = phrase("the calibration knows none of the names and metrics that were judged")
        return Caveat(code="calibration-unused", message=message)
    message = (
        phrase("the noise between runs of all results was measured on {origin}", origin=origin)
        if known == judged
        else phrase(
            "the noise between runs of {known} of {judged} results was measured on {origin}",
            known=known,
            judged=judged,
            origin=origin,
        )
    )
    return Caveat(code="calibrated", message=message)


def _caveats(
    judged: Sequence[Judged],
    ours: Sequence[RunEvidence],
    theirs: Sequence[RunEvidence],
    settings: Settings,
) -> tuple[Caveat, ...]:
    found: list[Caveat] = []
    if {run.info.id for run in ours} & {run.info.id for run in theirs}:
        message = phrase("the same run stands on both sides")
        found.append(Caveat(code="same-run", message=message))
    single = len(ours) == len(theirs) == 1
    noise = _noise_caveats(judged, settings.calibration, single=single)
    return (*noise, *found, *common_shift(judged, settings.alpha))
