"""Parts of samples in CSV: what is counted once, and what stays a request."""

from __future__ import annotations

import pytest

from perfanalysis.importers.jmeter import rows
from perfanalysis.importers.source import line_blocks

HEADER = "timeStamp,elapsed,label,responseMessage,threadName,success"
CONTROLLER = "Number of samples in transaction : {}, number of failing samples : 0"
START = 1_700_000_000_000


@pytest.fixture
def read_samples(read_run, tmp_path):
    """Read (start, elapsed, label[, thread[, message]]) as a JTL file."""

    def read(*samples):
        lines = [HEADER]
        for start, elapsed, label, *more in samples:
            thread, message = [*more, "T 1-1", "OK"][:2] if len(more) < 2 else more
            lines.append(f'{START + start},{elapsed},{label},"{message}",{thread},true')
        path = tmp_path / "run.jtl"
        path.write_text("\n".join([*lines, ""]))
        return read_run(path)

    return read


def roles(run):
    table = run.requests
    return [
        f"{name} {kind}" + (f" of {group}" if group else "")
        for name, kind, group in zip(
            table["name"].to_pylist(),
            table["kind"].to_pylist(),
            table["group"].to_pylist(),
            strict=True,
        )
    ]


def test_sub_results_are_parts_of_their_parent(read_samples):
    run = read_samples(
        (0, 100, "Home"),
        (0, 40, "Home-0"),
        (40, 60, "Home-1"),
        (45, 50, "Home-1-0"),
        (100, 10, "Next"),
    )
    assert roles(run) == [
        "Home request",
        "Home-0 transaction of Home",
        "Home-1 transaction of Home",
        "Home-1-0 transaction of Home-1",
        "Next request",
    ]


def test_labels_that_users_number_stay_requests(read_samples):
    run = read_samples(
        (0, 100, "step"), (100, 100, "step-0"), (200, 100, "step-1"), (300, 5, "step-2")
    )
    assert roles(run) == ["step request", "step-0 request", "step-1 request", "step-2 request"]


def test_a_request_of_no_time_has_no_parts_behind_it(read_samples):
    run = read_samples((0, 1, "step"), (1, 0, "step-0"), (1, 1, "step-1"))
    assert roles(run) == ["step request", "step-0 request", "step-1 request"]


def test_parts_begin_with_number_nought(read_samples):
    run = read_samples((0, 100, "step"), (10, 20, "step-1"), (0, 50, "other"), (0, 5, "other-0"))
    assert roles(run)[:2] == ["step request", "step-1 request"]
    assert roles(run)[2:] == ["other request", "other-0 transaction of other"]


def test_a_numbered_request_may_have_parts_itself(read_samples):
    run = read_samples(
        (0, 100, "step"),
        (0, 90, "step-0"),
        (100, 50, "step-1"),
        (100, 40, "step-1-0"),
        (150, 50, "step-2"),
        (150, 40, "step-2-0"),
    )
    assert roles(run) == [
        "step request",
        "step-0 transaction of step",
        "step-1 request",
        "step-1-0 transaction of step-1",
        "step-2 request",
        "step-2-0 transaction of step-2",
    ]


def test_only_samples_of_the_same_thread_are_parts(read_samples):
    run = read_samples(
        (0, 100, "Home", "T 1-1"),
        (0, 100, "Home", "T 1-2"),
        (0, 40, "Home-0", "T 1-2"),
        (10, 40, "Home-0", "T 1-1"),
        (10, 40, "Home-0", "T 1-3"),
    )
    assert [role.split()[1] for role in roles(run)] == [
        *("request", "request", "transaction", "transaction", "request")
    ]


def test_what_a_transaction_controller_holds_are_requests(read_samples):
    """JMeter 5.0 with `generate parent sample` numbers the children of a controller, too."""
    run = read_samples(
        (0, 100, "Buy", "T 1-1", CONTROLLER.format(2)),
        (0, 60, "Buy-0"),
        (0, 30, "Buy-0-0"),
        (60, 40, "Buy-1"),
    )
    assert roles(run) == [
        "Buy transaction",
        "Buy-0 request of Buy",
        "Buy-0-0 transaction of Buy-0",
        "Buy-1 request of Buy",
    ]


def test_a_controller_behind_its_samples_holds_none_of_the_next(read_samples):
    run = read_samples(
        (0, 60, "search"), (0, 60, "Buy", "T 1-1", CONTROLLER.format(1)), (60, 40, "Buy-0")
    )
    assert roles(run) == ["search request", "Buy transaction", "Buy-0 request"]


def test_parts_in_the_next_block_are_found(read_samples, monkeypatch):
    monkeypatch.setattr(rows, "line_blocks", lambda file: line_blocks(file, size=120))
    samples = [(100 * n, 90, "Home") for n in range(3)]
    parts = [[(100 * n + 10 * i, 10, f"Home-{i}") for i in range(5)] for n in range(3)]
    run = read_samples(*(s for n in range(3) for s in (samples[n], *parts[n])))
    assert run.batches > 5
    kinds = run.requests["kind"].to_pylist()
    assert kinds == [*["request", *["transaction"] * 5] * 3]


def test_parts_in_long_blocks_are_found(read_samples):
    parents = [(100 * n, 90, "Home") for n in range(5_000)]
    both = [[parent, (parent[0] + 10, 10, "Home-0")] for parent in parents]
    run = read_samples(*parents[:4_999], *both[4_999])
    assert roles(run)[-2:] == ["Home request", "Home-0 transaction of Home"]


def test_without_thread_names_nothing_is_part_of_anything(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    path.write_text(f"timeStamp,elapsed,label,success\n{START},9,a,true\n{START},5,a-0,true\n")
    assert read_run(path).requests["kind"].to_pylist() == ["request", "request"]


def sample_times(count):
    """Samples of 90 and 20 ms in turn, 5 ms apart: (start, end) of each."""
    starts = [115 * (n // 2) + 95 * (n % 2) for n in range(count)]
    return [(start, start + (20 if n % 2 else 90)) for n, start in enumerate(starts)]


def test_stamps_that_mark_the_end_are_turned_into_starts(read_samples):
    run = read_samples(*((end, end - start, "a") for start, end in sample_times(60)))
    assert run.caveat_codes == {"end-timestamps"}
    started = [round(time.timestamp() * 1000) for time in run.requests["started_at"].to_pylist()]
    assert started[:4] == [START, START + 95, START + 115, START + 210]


def test_too_few_samples_do_not_show_what_stamps_mark(read_samples):
    run = read_samples(*((end, end - start, "a") for start, end in sample_times(20)))
    assert run.caveats == []


def test_start_stamps_stay_as_they_are(read_samples, read_run, fixtures):
    run = read_samples(*((start, end - start, "a") for start, end in sample_times(60)))
    assert run.caveats == []
    assert round(run.requests["started_at"][1].as_py().timestamp() * 1000) == START + 95
    assert read_run(fixtures / "jmeter" / "base.csv.jtl").caveats == []
