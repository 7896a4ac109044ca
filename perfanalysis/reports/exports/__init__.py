"""Exports: what runs measured, in the words of other tools, for teams that have a dashboard.

Each module writes what one reader documents, and names that page. An export carries no verdicts,
since each reader judges by rules of its own; `comparison_metrics` is the exception.
"""
