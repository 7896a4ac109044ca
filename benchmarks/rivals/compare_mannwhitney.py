"""scipy.stats.mannwhitneyu for every name on the rows of two bundles."""

import sys

import pandas as pd
from scipy.stats import mannwhitneyu

columns = ["name", "latency_ms"]
current, baseline = (
    pd.read_parquet(f"{path}/requests.parquet", columns=columns).groupby("name")["latency_ms"]
    for path in sys.argv[1:3]
)
for name, latencies in current:
    print(name, mannwhitneyu(latencies, baseline.get_group(name)))
