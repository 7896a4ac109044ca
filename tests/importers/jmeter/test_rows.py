"""Rows of large JTL files in CSV: blocks that are parsed side by side."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers import source
from perfanalysis.importers.jmeter import rows
from perfanalysis.importers.jmeter.nesting import LabelNesting
from perfanalysis.importers.jmeter.threads import peaks_of
from perfanalysis.importers.jmeter.times import detect_time_format
from perfanalysis.importers.jmeter.words import first_words, with_words
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.importers.source import line_blocks

HEADER = "timeStamp,elapsed,label,responseMessage,threadName,success,allThreads,Latency"
ANY = Tolerance(rows=1_000_000, share=None)


def row(number, label="Home", message="OK"):
    stamp = 1_700_000_000_000 + 40 * number
    thread = f"Users 1-{number % 3 + 1}"
    return f"{stamp},{number % 90},{label},{message},{thread},true,{number % 4},{number % 60}"


def write(tmp_path, lines):
    path = tmp_path / "run.jtl"
    path.write_bytes(("\n".join([HEADER, *lines]) + "\n").encode())
    return path


@pytest.fixture
def read_in_blocks(read_run, monkeypatch):
    def read(path, size, **kwargs):
        monkeypatch.setattr(rows, "line_blocks", lambda file: line_blocks(file, size=size))
        return read_run(path, **kwargs)

    return read


@pytest.fixture
def mixed_lines():
    """Rows with embedded line breaks, stray quotes, bad rows, repeated headers, parts."""
    lines = [row(number) for number in range(600)]
    for number in range(0, 600, 7):
        lines[number] = row(number, message='"two\nlines, and ""more"""')
    for number in range(3, 600, 50):
        lines[number] = row(number).replace(",true", ",maybe")
    for number in range(11, 600, 90):
        lines[number] = row(number, label='5" pipe')
    lines[101] = row(101, message='"never closed')
    lines[300] = HEADER
    return lines


@pytest.mark.parametrize("size", [150, 400, 1_000, 5_000])
def test_blocks_of_any_size_give_the_same_rows(
    read_run, read_in_blocks, tmp_path, mixed_lines, size
):
    path = write(tmp_path, mixed_lines)
    expected = read_run(path, tolerance=ANY)
    found = read_in_blocks(path, size, tolerance=ANY)
    assert found.batches > expected.batches
    assert found.requests.equals(expected.requests)
    assert found.rejected == expected.rejected == 13
    assert found.caveats == expected.caveats


def test_an_earlier_bad_row_is_reported_before_a_later_line_that_is_too_long(
    read_in_blocks, tmp_path, monkeypatch
):
    monkeypatch.setattr(source, "_MAX_LINE_BYTES", 2_000)
    lines = [row(number) for number in range(200)]
    lines[150] = row(150, message="x" * 5_000)
    path = write(tmp_path, lines)
    with pytest.raises(InputError, match="expected lines of at most"):
        read_in_blocks(path, 500)
    lines[140] = row(140).replace(",true", ",maybe")
    with pytest.raises(RowError, match=r"run\.jtl:142: column 'success'"):
        read_in_blocks(write(tmp_path, lines), 500)


def test_the_first_rows_settle_what_stamps_mark_for_all_blocks(read_run, read_in_blocks, tmp_path):
    # One thread, one sample right behind the other: read as starts, they would overlap.
    elapsed = [10, 50] * 150
    ends = (np.cumsum(elapsed) + 1_700_000_000_000).tolist()
    lines = [
        f"{end},{ms},Home,OK,Users 1-1,true,1,0" for end, ms in zip(ends, elapsed, strict=True)
    ]
    path = write(tmp_path, lines)
    expected = read_run(path)
    assert expected.caveat_codes == {"end-timestamps"}
    found = read_in_blocks(path, 4_000)
    assert found.batches > 2
    assert found.requests.equals(expected.requests)


def test_text_that_is_no_utf8_in_one_of_many_blocks_is_read(read_in_blocks, tmp_path):
    lines = [row(number) for number in range(300)]
    lines[200] = row(200, label="Käln")
    path = tmp_path / "run.jtl"
    path.write_bytes("\n".join([HEADER, *lines, ""]).encode("latin-1"))
    run = read_in_blocks(path, 1_000)
    assert run.requests["name"][200].as_py() == "Käln"
    assert [caveat.code for caveat in run.caveats] == ["not-utf-8"]
    assert "run.jtl:202:" in run.caveats[0].message


def test_labels_may_all_be_empty(read_run, tmp_path):
    lines = [row(number, label="") for number in range(40)]
    run = read_run(write(tmp_path, lines))
    assert set(run.requests["name"].to_pylist()) == {""}


@pytest.mark.parametrize(
    ("cells", "same"),
    [
        (["2026/11/20 10:33:16.523", "2026/11/20 10:33:16.600"], True),
        (["2026/11/20 10:33:16,523", "2026/11/20 10:33:16,600"], True),
        (["2026-11-20 10:33:16", "2026-11-20 10:33:17"], True),
        # Signs at other places, and other lengths, are found one by one.
        (["2026/11/20 10:33:16.523", "2026/11/20 10:33:16"], True),
        (["2026/11/20 10:33:16", "2026-11-20 10:33:17"], True),
        (["2026-11-20 10:33:16", "2026/11/20 10:33:17"], True),
        (["2026/11/20 10:33:16.523", "2026/11/20 10/33/16.523"], False),
    ],
)
def test_times_of_one_pattern_are_read_like_those_of_several(cells, same):
    time_format = detect_time_format(cells[0])
    assert time_format is not None
    # Rows of a larger array, too.
    column = pa.array(["", *cells, ""])[1:-1]
    if not same:
        with pytest.raises(pa.ArrowInvalid):
            time_format.to_epoch_us(column)
        return
    found = time_format.to_epoch_us(column).to_pylist()
    iso = [cell.replace("/", "-").replace(",", ".") for cell in cells]
    assert found == pc.cast(pa.array(iso), pa.timestamp("us")).cast(pa.int64()).to_pylist()


def test_peaks_are_the_largest_counts_of_each_second():
    ends_us = np.array([5_000_000, 1_900_000, 1_000_000, 5_999_999, 7_000_000])
    peaks = peaks_of(ends_us, pa.array([3, 2, 9, -4, None]))
    assert (peaks.seconds.tolist(), peaks.largest.tolist()) == ([1, 5], [9, 3])
    # Years apart.
    far = np.append(ends_us, 10**17)
    peaks = peaks_of(far, pa.array([3, 2, 9, -4, None, 7]))
    assert (peaks.seconds.tolist(), peaks.largest.tolist()) == ([1, 5, 10**11], [9, 3, 7])
    assert len(peaks_of(ends_us[:1], pa.array([None], pa.int64())).seconds) == 0


def test_the_first_word_of_several_columns_is_taken_for_the_rows_asked_for():
    first = pa.array(["long text", None, "b", None, "c"]).dictionary_encode()
    second = pa.array(["x", "long texts", "y", None, "c"]).dictionary_encode()
    found = first_words([first, second], np.array([0, 1, 3, 4]), 9)
    assert found.to_pylist() == ["long text", "long text", None, None, "c"]
    assert sorted(found.dictionary.to_pylist()) == ["c", "long text"]


def test_words_may_become_alike_or_none():
    column = pa.array(["a", "b", None, "c", "a"]).dictionary_encode()
    found = with_words(column, pa.array(["x", None, "x"]))
    assert found.to_pylist() == ["x", None, None, "x", "x"]
    assert found.dictionary.to_pylist() == ["x"]


def test_what_is_remembered_of_labels_does_not_grow():
    nesting = LabelNesting()
    for start in range(0, 50_000, 5_000):
        numbers = range(start, start + 5_000)
        samples = pa.RecordBatch.from_pydict(
            {
                "label": pa.array([f"n{n}-0" for n in numbers]).dictionary_encode(),
                "threadName": pa.array(["T 1-1"] * 5_000).dictionary_encode(),
                "elapsed": pa.array([1] * 5_000),
            }
        )
        roles = nesting.roles(samples, np.array(numbers) * 10_000, np.zeros(5_000, dtype=bool))
        assert roles.part is None
    assert nesting._context is not None
    assert len(nesting._context.labels.dictionary) <= 4_096
