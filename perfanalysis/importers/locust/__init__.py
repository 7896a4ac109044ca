"""Locust: the CSV files of a run, JSON statistics, and the per-request log."""
