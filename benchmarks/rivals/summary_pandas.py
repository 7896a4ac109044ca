"""pandas reads the columns that it needs from the same Parquet file, and groups them."""

import sys

import pandas as pd

columns = ["name", "latency_ms", "ok"]
frame = pd.read_parquet(f"{sys.argv[1]}/requests.parquet", columns=columns)
groups = frame.groupby("name")
print(groups["latency_ms"].quantile([0.5, 0.75, 0.9, 0.95, 0.99, 0.999]).unstack())
print(groups["latency_ms"].agg(["count", "mean", "min", "max"]))
print(1 - groups["ok"].mean())
