"""DuckDB reads the file and writes it to Parquet."""

import sys

import duckdb

with duckdb.connect() as connection:
    connection.execute("SET memory_limit = '2GB'")
    connection.execute(
        f"COPY (SELECT * FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet)"
    )
