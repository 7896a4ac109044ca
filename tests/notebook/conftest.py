"""Runs of a shop, and of one whose names are a stranger's."""

from __future__ import annotations

import csv

import numpy as np
import pytest

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a | b `c` *d* [e](http://f)",
    "{{ 7 * 7 }}",
    "line\nbreak",
    "$x^2$ and $",
]


def write_jtl(path, names, *, factor=1.0, n=300):
    values = np.random.default_rng(7).lognormal(3, 0.4, n) * factor
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["timeStamp", "elapsed", "label", "success"])
        for i, value in enumerate(values):
            for name in names:
                rows.writerow([1_767_225_600_000 + i * 100, round(value), name, "true"])
    return path


@pytest.fixture
def hostile(tmp_path):
    names = HOSTILE
    return (
        write_jtl(tmp_path / "slow.jtl", names, factor=1.5),
        write_jtl(tmp_path / "base.jtl", [*names, "gone <b>"]),
    )


@pytest.fixture
def demo(fixtures):
    return fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz"
