"""A monitor's samples as JSON."""

from __future__ import annotations

import json

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.monitor.samples_file import SamplesFile


def test_entries_become_a_list_with_times_in_utc(tmp_path):
    samples = SamplesFile(tmp_path / "samples.json")
    samples.write(1_700_000_000_123_456, {"type": "system", "cpu": {"percent": 1.5}})
    samples.write(1_700_000_001_000_000, {"type": "application", "metrics": {"größe": 1}})
    samples.close()
    assert json.loads(samples.path.read_text(encoding="utf-8")) == [
        {
            "timestamp": "2023-11-14T22:13:20.123456+00:00",
            "type": "system",
            "cpu": {"percent": 1.5},
        },
        {
            "timestamp": "2023-11-14T22:13:21+00:00",
            "type": "application",
            "metrics": {"größe": 1},
        },
    ]
    assert samples.failure is None


def test_nothing_is_an_empty_list(tmp_path):
    samples = SamplesFile(tmp_path / "samples.json")
    samples.close()
    assert json.loads(samples.path.read_text()) == []


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        SamplesFile(tmp_path)


def test_a_full_disk_ends_the_file_and_not_the_monitor(tmp_path):
    full = tmp_path / "samples.json"
    full.symlink_to("/dev/full")
    samples = SamplesFile(full)
    for second in range(2000):
        samples.write(second * 1_000_000, {"type": "system", "filling": "x" * 100})
    samples.flush()
    samples.close()
    assert samples.failure == "No space left on device"
