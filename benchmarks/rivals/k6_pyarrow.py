"""pyarrow.json reads the file in streaming blocks and writes it to Parquet."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import json

tags = pa.struct([(name, pa.string()) for name in ("name", "status", "scenario", "group")])
data = pa.struct([("time", pa.string()), ("value", pa.float64()), ("tags", tags)])
schema = pa.schema([("metric", pa.string()), ("type", pa.string()), ("data", data)])
reader = json.open_json(
    sys.argv[1],
    read_options=json.ReadOptions(block_size=8 << 20),
    parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
)
with pq.ParquetWriter(sys.argv[2], schema) as writer:
    for batch in reader:
        writer.write_batch(batch)
