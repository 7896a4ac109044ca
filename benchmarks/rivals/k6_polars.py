"""polars reads the same columns and writes them to Parquet."""

import sys

import polars as pl

tags = pl.Struct(
    {"name": pl.String, "status": pl.String, "scenario": pl.String, "group": pl.String}
)
data = pl.Struct({"time": pl.String, "value": pl.Float64, "tags": tags})
schema = {"metric": pl.String, "type": pl.String, "data": data}
frame = pl.scan_ndjson(sys.argv[1], schema=schema, ignore_errors=True)
frame.unnest("data").unnest("tags").sink_parquet(sys.argv[2])
