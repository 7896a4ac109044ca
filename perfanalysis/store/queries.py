"""SQL on the tables of a run bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

_MEMORY = "1GB"


def query(
    tables: Mapping[str, Path | pa.Table], statement: str, parameters: Sequence[object]
) -> pd.DataFrame:
    """Return what DuckDB makes of a statement; see `perfanalysis.store.bundle.Run.sql`.

    Args:
        tables: Parquet files, or tables that are in memory already, by name.
        statement: in DuckDB's dialect.
        parameters: a value for each `?`.

    Raises:
        UsageError: the statement makes no sense.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, content in tables.items():
            if isinstance(content, Path):
                connection.read_parquet(str(content)).create_view(name)
            else:
                connection.register(name, content)
        try:
            table = connection.sql(statement, params=list(parameters)).to_arrow_table()
        except duckdb.Error as exc:
            raise UsageError(f"sql: {exc}", hint=f"the tables are: {', '.join(tables)}") from exc
    frame: pd.DataFrame = table.to_pandas()
    return frame
