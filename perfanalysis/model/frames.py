"""DataFrames of results: the same types whatever the rows, and the unit of each column.

Texts with few values are categories, counts are `Int64` (missing is `<NA>`), figures are `float64`
(missing is NaN), times are UTC. `frame.attrs["units"]` tells the unit of a column by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FLOAT = "float64"
COUNT = "Int64"
FLAG = "bool"
TEXT = "string"
TIME = "datetime64[us, UTC]"
CATEGORY = "category"


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a frame, in order.

    Attributes:
        types: the type of each: one of those above, or the words that it may hold.
        units: of those that have one for all rows.
        ordered: those whose words are in order, least first.
    """

    types: Mapping[str, str | Sequence[str]]
    units: Mapping[str, str]
    ordered: frozenset[str] = frozenset()


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Columns) -> pd.DataFrame:
    """Return rows as a DataFrame with typed columns; without rows it has the same columns.

    >>> columns = Columns(types={"name": CATEGORY, "n": COUNT}, units={"n": "count"})
    >>> frame = frame_of([{"name": "search", "n": None}], columns)
    >>> frame.dtypes.astype(str).to_dict(), frame.attrs["units"]
    ({'name': 'category', 'n': 'Int64'}, {'n': 'count'})
    """
    import pandas as pd

    frame = pd.DataFrame.from_records(list(rows), columns=list(columns.types))
    for name, kind in columns.types.items():
        wanted: Any = kind
        if not isinstance(kind, str):
            wanted = pd.CategoricalDtype(list(kind), ordered=name in columns.ordered)
            frame[name] = frame[name].map(str)
        frame[name] = frame[name].astype(wanted)
    frame.attrs["units"] = dict(columns.units)
    return frame
