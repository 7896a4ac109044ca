"""Damaged pgbench files raise nothing but InputError, wherever the damage is."""

from __future__ import annotations

import random

import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers.rejects import Tolerance

FILES = [
    "rate-limit-retries/pgbench_log.12569",
    "deadlock/pgbench_log.12106",
    "aggregate-rate/pgbench_log.12148",
    "aggregate-failures/pgbench_log.12182",
    "statements/stdout.txt",
    "scripts-limit/stdout.txt",
    "base/stdout.txt",
    "base/stderr.txt",
    "aborted/stderr.txt",
    "init.txt",
]
INSERTIONS = [
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"-",
    b"nan",
    b"skipped",
    b"\xff\xfe",
    b"9" * 30,
    b"0x1f",
    b"SQL script 3: a\n",
    b"transaction type: x\n",
    b"progress: 1.0 s, 1.0 tps, lat 1.000 ms\n",
]


def outcome(read_run, path, data, **options):
    """What was read, or why not; any other exception fails the test."""
    path.write_bytes(data)
    try:
        return read_run(path, **options)
    except InputError as exc:
        return exc.message


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_at_any_byte_is_read_or_refused(fixtures, read_run, tmp_path, name):
    data = (fixtures / "pgbench" / name).read_bytes()[:1500]
    path = tmp_path / name.replace("/", ".")
    for size in range(0, len(data), 7):
        found = outcome(read_run, path, data[:size])
        if isinstance(found, str):
            assert found.startswith(f"{path}:")
        elif data[size - 1 : size] != b"\n":
            whole = data[:size].endswith((b")", b";"))
            assert ("cut-last-line" in found.caveat_codes) is not whole


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_random_damage_is_read_or_refused(fixtures, read_run, tmp_path, name):
    rng = random.Random(name)
    original = (fixtures / "pgbench" / name).read_bytes()[:3000]
    path = tmp_path / name.replace("/", ".")
    for _ in range(60):
        data = bytearray(original)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at : at + rng.randrange(1, 9)] = rng.choice(INSERTIONS)
            else:
                data[at] = rng.randrange(256)
        found = outcome(read_run, path, bytes(data), tolerance=Tolerance.parse("1000"))
        assert not isinstance(found, str) or found.startswith(f"{path}:")
