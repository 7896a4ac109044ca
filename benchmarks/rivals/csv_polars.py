"""polars reads the file and writes it to Parquet."""

import sys

import polars as pl

pl.scan_csv(sys.argv[1]).sink_parquet(sys.argv[2])
