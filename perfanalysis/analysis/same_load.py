"""Whether runs were put under the same load: users, offered rate, rate, mix of requests.

Slower answers are no other load. In a closed model they mean fewer requests, and where several
scenarios run side by side, fewer of the slow name; in an open model they mean more users. Such
effects are told apart by Little's law: users who wait longer are still under way, users who are
gone are not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfanalysis.analysis.load import Load, NameLoad, extremes
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase
from perfanalysis.units import format_ratio, significant

LEAST_ACHIEVED = 0.95
MOST_RATE_RATIO = 1.25
MOST_USERS_RATIO = 1 / 0.9
MOST_OFFERED_RATIO = 1 / 0.9
# Mean difference of the users over time, as a share of the most users of either run.
MOST_PROFILE_DIFFERENCE = 0.2
MOST_MIX_DIFFERENCE = 0.1
# Rates that agree this well are set by something else than the number of users.
_SAME_RATE = 0.98
# Standard errors that chance may account for.
_CHANCE = 3.0
# Tags that importers set and that make another load.
_LOAD_TAGS = ("pgbench.clients", "pgbench.scale")


def load_not_reached(loads: Sequence[Load]) -> Caveat | None:
    """Say that a run made less than 95 % of what an open model asked for."""
    found = extremes(loads, lambda load: load.offered.achieved if load.offered else None)
    if found is None or found[0][0] >= LEAST_ACHIEVED:
        return None
    achieved, load = found[0]
    message = phrase(
        "{run} made {achieved} of the load that it was to make: the load generator or the service "
        "was saturated",
        run=load.label,
        achieved=format_ratio(achieved),
    )
    return Caveat(code="load-not-reached", message=message)


def different_load(loads: Sequence[Load]) -> Caveat | None:
    """Say that the runs were put under different loads."""
    message = _tags(loads) or _users(loads) or _offers(loads) or _rates(loads)
    return None if message is None else Caveat(code="different-load", message=message)


def different_users(loads: Sequence[Load]) -> Caveat | None:
    """Say that the numbers of users differ, although the rates do not: that is no obstacle."""
    counts = _user_counts(loads)
    if counts is None or not _same_rate(loads):
        return None
    message = phrase(
        "{counts}, at the same rate of requests: taken for an open model, where users follow",
        counts=counts,
    )
    return Caveat(code="different-users", message=message)


def open_model(loads: Sequence[Load]) -> Caveat | None:
    """Say that the rate was given: then throughput tells what was asked for, and little more."""
    found = extremes(loads, lambda load: load.offered.achieved if load.offered else None)
    if found is None:
        return None
    least, load = found[0]
    message = phrase(
        "the rate of requests was given (open model), and at least {least} of it was made ({run}): "
        "throughput says nothing more about the service",
        least=format_ratio(least),
        run=load.label,
    )
    return Caveat(code="open-model", message=message)


def different_mix(loads: Sequence[Load]) -> Caveat | None:
    """Say that names have other shares of the requests, more than slower answers explain."""
    current, baseline = (_names_of(loads, side) for side in ("current", "baseline"))
    shared = [name for name in current if name in baseline]
    ours = sum(current[name].requests for name in shared)
    theirs = sum(baseline[name].requests for name in shared)
    if not ours or not theirs:
        return None
    limit = MOST_MIX_DIFFERENCE + _chance(4 * ours, 4 * theirs)
    # What one name loses others gain: the difference is explained if the losses are, or the gains.
    losses = {name: _fall(current[name], baseline[name], ours, theirs) for name in shared}
    gains = {name: _fall(baseline[name], current[name], theirs, ours) for name in shared}
    if min(sum(losses.values()), sum(gains.values())) <= limit:
        return None
    name = max(shared, key=lambda name: max(losses[name], gains[name]))
    shares = current[name].requests / ours, baseline[name].requests / theirs
    message = phrase(
        "the mix of requests differs: {name} is {current} of the current requests and {baseline} "
        "of the baseline's",
        name=repr(name),
        current=format_ratio(shares[0]),
        baseline=format_ratio(shares[1]),
    )
    return Caveat(code="different-mix", message=message)


def _tags(loads: Sequence[Load]) -> str | None:
    for tag in _LOAD_TAGS:
        told = {value: load for load in loads if (value := load.info.tags.get(tag)) is not None}
        if len(told) > 1:
            (one, first), (other, second) = list(told.items())[:2]
            return phrase(
                "{tag} is {one} of {first} and {other} of {second}",
                tag=tag,
                one=one,
                first=first.label,
                other=other,
                second=second.label,
            )
    return None


def _users(loads: Sequence[Load]) -> str | None:
    counts = _user_counts(loads)
    if counts is not None:
        return None if _same_rate(loads) else counts
    known = [(load.users, load) for load in loads if load.users is not None]
    for users, load in known[1:]:
        first, reference = known[0]
        apart = float(np.mean(np.abs(users - first)) / max(users.max(), first.max(), 1.0))
        if apart > MOST_PROFILE_DIFFERENCE:
            return phrase(
                "the users of {first} and {second} came and went differently: on average their "
                "numbers differ by {apart} of the most",
                first=reference.label,
                second=load.label,
                apart=format_ratio(apart),
            )
    return None


def _user_counts(loads: Sequence[Load]) -> str | None:
    found = extremes(loads, lambda load: load.most_users)
    if found is None:
        return None
    (few, one), (many, other) = found
    # A run that ends within its ramp may lack the last user; two are another plan.
    if many <= MOST_USERS_RATIO * few or many - few <= 1:
        return None
    return phrase(
        "{first} had up to {few} users, {second} up to {many}",
        first=one.label,
        few=f"{few:g}",
        second=other.label,
        many=f"{many:g}",
    )


def _same_rate(loads: Sequence[Load]) -> bool:
    shared = _shared(loads)
    found = extremes(loads, lambda load: load.rate(shared or load.names))
    return found is not None and found[0][0] >= _SAME_RATE * found[1][0]


def _offers(loads: Sequence[Load]) -> str | None:
    found = extremes(loads, lambda load: load.offered.per_s if load.offered else None)
    if found is None:
        return None
    (low, one), (high, other) = found
    counted = [load.offered.n for load in (one, other) if load.offered]
    if high <= (MOST_OFFERED_RATIO + _chance(*counted)) * low:
        return None
    return phrase(
        "{first} was to make {low} requests or iterations a second, {second} {high}",
        first=one.label,
        low=significant(low),
        second=other.label,
        high=significant(high),
    )


def _rates(loads: Sequence[Load]) -> str | None:
    shared = _shared(loads)
    found = extremes(loads, lambda load: load.rate(shared or load.names))
    if found is None:
        return None
    (low, slow), (high, fast) = found
    if high <= (MOST_RATE_RATIO + _chance(slow.requests, fast.requests)) * low:
        return None
    few, many = (load.in_flight(shared or load.names) for load in (slow, fast))
    if _explained(few, many, low / high):
        return None
    return phrase(
        "{slow} made {low} requests a second, {fast} {high}, and slower answers do not explain it",
        slow=slow.label,
        low=significant(low),
        fast=fast.label,
        high=significant(high),
    )


def _explained(few: float | None, many: float | None, ratio: float) -> bool:
    """Say whether slower answers explain at least half (in logarithms) of a fall in rate.

    Args:
        few: requests under way where the rate is low.
        many: requests under way where it is high.
        ratio: the low rate by the high one.
    """
    if few is None or many is None or many == 0:
        return False
    return few / many >= float(np.sqrt(ratio)) and ratio > 0


def _chance(n: int, m: int) -> float:
    """Return by how much the ratio of two counts may be off by chance."""
    return _CHANCE * float(np.sqrt(1 / max(n, 1) + 1 / max(m, 1)))


def _shared(loads: Sequence[Load]) -> list[str]:
    """Return the names that every run has: a new name adds requests and is told as such."""
    return [name for name in loads[0].names if all(name in load.names for load in loads)]


def _fall(load: NameLoad, other: NameLoad, n: int, m: int) -> float:
    """Return by how much the share of a name is smaller here, unless its answers are slower."""
    share, full = load.requests / n, other.requests / m
    if share >= full:
        return 0.0
    if load.mean_ms and other.mean_ms:
        ratio = share / full
        if _explained(ratio * load.mean_ms, other.mean_ms, ratio):
            return 0.0
    return full - share


def _names_of(loads: Sequence[Load], side: str) -> dict[str, NameLoad]:
    """Return the load of each name over all runs of a side."""
    found: dict[str, NameLoad] = {}
    for mine in (load for load in loads if load.side == side):
        for name, load in mine.names.items():
            before = found.get(name)
            found[name] = load if before is None else _together(before, load)
    return found


def _together(one: NameLoad, other: NameLoad) -> NameLoad:
    n = one.requests + other.requests
    if one.mean_ms is None or other.mean_ms is None or not n:
        return NameLoad(requests=n, mean_ms=None)
    total = one.mean_ms * one.requests + other.mean_ms * other.requests
    return NameLoad(requests=n, mean_ms=total / n)
