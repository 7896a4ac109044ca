"""SQL on the tables of a run bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError
from perfanalysis.store.conform import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_MEMORY = "1GB"


def query(folder: Path, statement: str, parameters: Sequence[object]) -> pd.DataFrame:
    """Return what DuckDB makes of a statement; see `perfanalysis.store.bundle.Run.sql`.

    Raises:
        UsageError: the statement makes no sense.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, schema in SCHEMAS.items():
            path = folder / f"{name}.parquet"
            if path.exists():
                connection.read_parquet(str(path)).create_view(name)
            else:
                connection.register(name, schema.empty_table())
        try:
            table = connection.sql(statement, params=list(parameters)).to_arrow_table()
        except duckdb.Error as exc:
            raise UsageError(
                f"{folder.name}: sql: {exc}", hint=f"the tables are: {', '.join(SCHEMAS)}"
            ) from exc
    frame: pd.DataFrame = table.to_pandas()
    return frame
