"""Mutated files of every importer: they are read or refused, and nothing is left half done."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from perfanalysis import api
from perfanalysis.errors import InputError, PerfanalysisError
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.model.requests import REQUESTS

NUMBERS = [
    b"99999999999999999999999999",
    b"-1",
    b"-99999999999999999999",
    b"9223372036854775807",
    b"9223372036854775808",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"1e308",
    b"0",
    b"",
    b"0x1f",
    b"1_000",
    b"1,5",
    b"null",
    b"true",
    b'"7"',
    b"9" * 5000,
    "\N{ARABIC-INDIC DIGIT ONE}".encode(),
]
INSERTIONS = [
    b'"',
    b'""',
    b"'",
    b"\0",
    b"\0" * 50,
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3",
    rb"\ud800",
    rb"\u0000",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\t",
    b",",
    b";",
    b"{",
    b"}",
    b"[" * 3000,
    b"]",
    b"<",
    b"</testResults>",
    b"&amp;",
    b"&#0;",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"=",
    b"%",
    "\N{RIGHT-TO-LEFT OVERRIDE}é".encode(),
    b" ",
    b"x" * 5000,
]
Mutation = Callable[[random.Random, bytes], bytes]


def flip_bytes(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def delete_part(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice([1, 2, 10, 200]) :]


def repeat_part(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.choice([1, 5, 50, 500])
    return data[:end] + data[start:]


def shuffle_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    for _ in range(rng.choice([1, 3, 20])):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return b"".join(lines)


def drop_or_repeat_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    lines[at : at + 1] = [lines[at]] * rng.choice([0, 0, 2, 3])
    return b"".join(lines)


def change_number(rng: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
    if not found:
        return data
    number = rng.choice(found)
    return data[: number.start()] + rng.choice(NUMBERS) + data[number.end() :]


def change_word(rng: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"[A-Za-z_]{2,}", data))
    if not found:
        return data
    word, other = rng.choice(found), rng.choice(found)
    return data[: word.start()] + rng.choice([other.group(), b"", b"null"]) + data[word.end() :]


def insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(INSERTIONS) + data[at:]


MUTATIONS: list[Mutation] = [
    flip_bytes,
    delete_part,
    repeat_part,
    shuffle_lines,
    drop_or_repeat_line,
    change_number,
    change_number,
    change_number,
    change_word,
    insert,
    insert,
]
TOLERANCES = [Tolerance(rows=0, share=None), Tolerance(rows=10_000, share=None)]


def mutated(rng: random.Random, specimen) -> dict[str, bytes]:
    """Return one file of a run with one to three mutations; the leading one most of the time."""
    name = specimen.lead if rng.random() < 0.8 else rng.choice(list(specimen.files))
    data = specimen.files[name]
    for _ in range(rng.choice([1, 1, 2, 3])):
        data = rng.choice(MUTATIONS)(rng, data) if data else rng.choice(INSERTIONS)
    return {name: data}


def read_mutated(read_run, specimen, folder, seeds):
    """Read a mutated run for every seed; any exception but InputError fails the test."""
    read = refused = 0
    for seed in seeds:
        rng = random.Random(f"{specimen.importer} {seed}")
        path = specimen.write(folder, mutated(rng, specimen))
        chosen = rng.choice([None, specimen.importer])
        try:
            run = read_run(path, format_name=chosen, tolerance=rng.choice(TOLERANCES))
        except InputError as exc:
            refusal = exc.message
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {type(exc).__name__}: {exc}") from exc
        else:
            read += 1
            assert sum(table.num_rows for table in run.tables.values()) > 0, f"seed {seed}"
            continue
        refused += 1
        # What the store says of a batch begins with the importer's name: its fault.
        assert refusal.startswith(f"{folder}/"), f"seed {seed}: {refusal}"
    return read, refused


def import_mutated(specimen, folder, seeds):
    """Import and summarise a mutated run for every seed; what is left is whole or nothing."""
    imported = refused = 0
    for seed in seeds:
        rng = random.Random(f"import {specimen.importer} {seed}")
        path = specimen.write(folder / "in", mutated(rng, specimen))
        destination = folder / "out" / f"{seed}.run"
        options = api.ReadOptions(format_name=specimen.importer, tolerance=rng.choice(TOLERANCES))
        try:
            run = api.import_run([str(path)], destination, options=options)
        except PerfanalysisError:
            refused += 1
            left = [entry.name for entry in destination.parent.glob("*")]
            left += [entry.name for entry in destination.parent.glob(".*")]
            assert left == [], f"seed {seed}"
            continue
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {type(exc).__name__}: {exc}") from exc
        imported += 1
        assert api.Run.open(destination).info == run.info
        assert run.requests_table.schema.equals(REQUESTS)
        assert run.info.counts.requests >= run.info.counts.failures >= 0
        try:
            api.summarize(run)
        except Exception as exc:
            raise AssertionError(f"seed {seed}: summary: {type(exc).__name__}: {exc}") from exc
        for entry in destination.iterdir():
            entry.unlink()
        destination.rmdir()
    return imported, refused


def test_mutated_files_are_read_or_refused(read_run, specimen, tmp_path):
    read, refused = read_mutated(read_run, specimen, tmp_path, range(30))
    # Mutations that all fail, or all succeed, would test nothing.
    assert read >= 3
    assert refused >= 3


def test_an_import_of_mutated_files_leaves_a_whole_bundle_or_nothing(specimen, tmp_path):
    imported, refused = import_mutated(specimen, tmp_path, range(10))
    assert imported + refused == 10


@pytest.mark.slow
def test_many_mutated_files_are_read_or_refused(read_run, specimen, tmp_path):
    read_mutated(read_run, specimen, tmp_path, range(1000, 1400))


@pytest.mark.slow
def test_imports_of_many_mutated_files_leave_whole_bundles_or_nothing(specimen, tmp_path):
    imported, refused = import_mutated(specimen, tmp_path, range(1000, 1080))
    assert imported >= 5
    assert refused >= 5
