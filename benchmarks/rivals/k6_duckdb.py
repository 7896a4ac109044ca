"""DuckDB's plain scan of the columns that an import reads, written to Parquet."""

import sys

import duckdb

COLUMNS = """{metric: 'VARCHAR', type: 'VARCHAR',
    data: 'STRUCT("time" VARCHAR, "value" DOUBLE, tags JSON)'}"""
with duckdb.connect() as connection:
    connection.execute("SET memory_limit = '2GB'")
    connection.execute(
        f"""COPY (SELECT metric, type, data.time AS time, data.value AS value, data.tags AS tags
        FROM read_json('{sys.argv[1]}', format = 'newline_delimited', columns = {COLUMNS}))
        TO '{sys.argv[2]}' (FORMAT parquet)"""
    )
