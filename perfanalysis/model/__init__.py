"""Nouns: what a request, a run, a metric and a result are.

Three kinds of object live here. Arrow schemas describe rows (`requests`, `intervals`, `series`,
`histograms`). Frozen keyword-only dataclasses without defaults hold what is computed (`results`):
a forgotten field is an error, never a silent zero. Pydantic models hold what is stored or written
by people (`run`). Not computable is None plus a `Caveat`.
"""
