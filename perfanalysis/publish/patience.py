"""Patience: how long to wait before a request is made again, and when to give up.

GitHub asks clients of a secondary rate limit to wait for `Retry-After`, else until
`x-ratelimit-reset`, else for a minute (its documentation, "Rate limits for the REST API").
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_WAIT_S = 1.0
_LONGEST_BACK_OFF_S = 30.0
_SECONDARY_LIMIT_S = 60.0
# A limit that ends "now" by the server's clock has not ended by everybody's.
_CLOCK_SKEW_S = 1.0


@dataclass(kw_only=True)
class Patience:
    """How often to try a request again, and how long to wait for it in all.

    Attributes:
        retries: further attempts after the first one.
        most_wait_s: seconds to spend waiting, all attempts together. A server that asks for more
            is not waited for.
        sleep: waits; replaced in tests.
        now: seconds since 1970; replaced in tests.
        rng: spreads the attempts of jobs that failed together.
    """

    retries: int = 4
    most_wait_s: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    rng: random.Random = field(default_factory=random.Random)

    def wait(self, attempt: int, spent_s: float, asked_s: float | None) -> float | None:
        """Return for how long to wait after a failed attempt, or None to give up.

        Args:
            attempt: 0 after the first one.
            spent_s: seconds waited so far.
            asked_s: what the server asked for; None for exponential back-off with jitter.
        """
        if attempt >= self.retries:
            return None
        backed_off = min(_FIRST_WAIT_S * 2.0**attempt, _LONGEST_BACK_OFF_S)
        jitter = self.rng.uniform(0.5, 1.0)
        seconds = backed_off * jitter if asked_s is None else asked_s + jitter
        return seconds if spent_s + seconds <= self.most_wait_s else None


def asked_wait(status: int, headers: Mapping[str, str], body: str, now: float) -> float | None:
    """Return for how many seconds a server asks to be left alone; None if it does not.

    Args:
        status: of the answer.
        headers: of the answer, names in lower case.
        body: of the answer.
        now: seconds since 1970.
    """
    after = _retry_after(headers.get("retry-after", ""), now)
    if after is not None:
        return after
    if status not in (403, 429):
        return None
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    remaining = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", ""))
    if remaining.strip() == "0" and _is_digits(reset):
        return max(0.0, float(reset) - now) + _CLOCK_SKEW_S
    return _SECONDARY_LIMIT_S if status == 403 and _is_secondary_limit(body) else None


def is_rate_limit(status: int, headers: Mapping[str, str], body: str) -> bool:
    """Return whether an answer refuses for now only: nothing was done, it may be asked again.

    GitHub's rate limits come as 403, like refusals that no waiting will change.
    """
    if status == 429:
        return True
    remaining = headers.get("x-ratelimit-remaining", "")
    return status == 403 and (
        "retry-after" in headers or remaining.strip() == "0" or _is_secondary_limit(body)
    )


def _is_secondary_limit(body: str) -> bool:
    return re.search(r"secondary rate limit|abuse detection", body, re.IGNORECASE) is not None


def _retry_after(value: str, now: float) -> float | None:
    value = value.strip()
    if _is_digits(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, _in_utc(moment).timestamp() - now)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _is_digits(text: str) -> bool:
    return re.fullmatch(r"\s*[0-9]{1,12}\s*", text) is not None
