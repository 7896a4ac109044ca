"""pyarrow.csv reads the file in streaming blocks and writes it to Parquet."""

import sys

import pyarrow.parquet as pq
from pyarrow import csv

reader = csv.open_csv(sys.argv[1], read_options=csv.ReadOptions(block_size=8 << 20))
with pq.ParquetWriter(sys.argv[2], reader.schema) as writer:
    for batch in reader:
        writer.write_batch(batch)
