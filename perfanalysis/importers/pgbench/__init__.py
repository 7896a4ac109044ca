"""pgbench: per-transaction and aggregated logs, the printed report, progress lines."""
