"""Times and durations as a reader writes them, in the language of a report."""

from __future__ import annotations

from datetime import UTC, datetime

from perfanalysis.reports.language import current_locale
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.numbers import localized, significant


def in_utc(moment: datetime) -> datetime:
    """Return a time with its zone; one without is UTC, as every time inside perfanalysis."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def timestamp(moment: datetime) -> str:
    """Return a time as `2026-01-01T00:00:00Z`, with microseconds where there are any.

    For programs and terminals, whatever the language.

    >>> timestamp(datetime(2026, 1, 1, 12, 30, 0, 250000))
    '2026-01-01T12:30:00.250000Z'
    """
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def moment_text(moment: datetime) -> str:
    """Return a time to the second, as readers of the current language write it, in UTC.

    Where there are no readers (a terminal), as `timestamp` has it.

    >>> from perfanalysis.reports.language import in_language
    >>> with in_language("en"):
    ...     moment_text(datetime(2026, 1, 1, 2, 30, 0, 250000))
    '1 Jan 2026 02:30:00 UTC'
    >>> with in_language("ja"):
    ...     moment_text(datetime(2026, 1, 1, 2, 30))
    '2026/01/01 2:30:00 UTC'
    >>> moment_text(datetime(2026, 1, 1, 2, 30))
    '2026-01-01T02:30:00Z'
    """
    locale = current_locale()
    if locale is None:
        return timestamp(moment.replace(microsecond=0))
    from babel.dates import format_date, format_skeleton

    utc = in_utc(moment)
    day = format_date(utc, "medium", locale)
    clock = format_skeleton("Hms", utc, locale=locale)
    # No comma between the two, since times stand in enumerations.
    return f"{day} {clock} UTC"


def started(moment: datetime | None) -> str:
    """Return when a run started, to the second."""
    if moment is None:
        return _("start unknown")
    return _("started {time}").format(time=moment_text(moment))


def duration_text(seconds: float | None) -> str:
    """Return a duration as people say it.

    >>> duration_text(30.13), duration_text(754.2), duration_text(7384.0), duration_text(None)
    ('30.1 s', '12 min 34 s', '2 h 3 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return _("{seconds} s").format(seconds=significant(seconds))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    hours = localized(str(minutes // 60))
    return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes % 60)
