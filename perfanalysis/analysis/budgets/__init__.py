"""Budgets: read from what people write, held against runs."""
