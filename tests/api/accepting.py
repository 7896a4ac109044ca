"""Baselines that are saved and accepted alike in all tests."""

from __future__ import annotations

import perfanalysis as pa
from perfanalysis import api
from perfanalysis.model.run import Commit
from tests.store.baselines.made_runs import NOON

ORIGIN = api.Origin(by="jane", at=NOON, commit=Commit(sha="5eed" * 10, branch="main"))
TERMS = api.Terms(settings=pa.Settings(warmup="none"))


def save(*runs, **options):
    return api.baseline_save("main", list(runs), **{"origin": ORIGIN, **options})


def accept(run, **options):
    terms = options.pop("terms", TERMS)
    given = {"reason": "a release", "origin": ORIGIN, **options}
    return api.baseline_accept("main", run, terms=terms, **given)


def codes(found):
    return [caveat.code for caveat in found]
