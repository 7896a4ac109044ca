"""Meaning: what the numbers of runs say about the names that were exercised."""
