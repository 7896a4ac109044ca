"""The course of a run over time, for tables with sparklines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfanalysis.api.verbs import RunLike, load

if TYPE_CHECKING:
    from perfanalysis.model.views import Timeline


def courses(run: RunLike) -> dict[str | None, Timeline]:
    """Return the timeline of each name of a run; None is all requests.

    Nothing for a run of more than a hundred names, and for sources that tell nothing over time.

    Raises:
        InputError: the run cannot be read.

    >>> found = courses("fixtures/demo/base.json.xz")
    >>> len(found), round(float(found[None].throughput.mean()))
    (7, 204)
    """
    from perfanalysis.analysis.courses import courses_of

    return courses_of(load(run))
