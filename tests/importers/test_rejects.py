"""Bad rows: how many are tolerated, what is said of them, and where they are kept."""

from __future__ import annotations

import json

import pytest

from perfanalysis import api
from perfanalysis.errors import RowError, UsageError
from perfanalysis.importers.rejects import NO_BAD_ROWS, Rejects, Tolerance
from perfanalysis.importers.source import InputFile

HEADER = "timeStamp,elapsed,label,responseCode,success\n"
GOOD = "1700000000000,12,Home,200,true\n"
BAD = "1700000000000,{},Home,200,true\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "load.jtl"
    path.write_text("")
    return InputFile(path=path, label="in/load.jtl")


def reject(rejects, file, line, *, column="elapsed", found="abc", raw="1,abc"):
    rejects.row(file, line, column=column, expected="whole milliseconds", found=found, raw=raw)


@pytest.mark.parametrize(
    ("text", "rows", "share"),
    [("0", 0, None), ("10", 10, None), ("1%", 0, 0.01), (" 0.5 % ", 0, 0.005), ("100%", 0, 1.0)],
)
def test_tolerance_is_a_number_or_a_share(text, rows, share):
    assert Tolerance.parse(text) == Tolerance(rows=rows, share=share)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "%", "ten", "1%%", "nan", "1e3", "0x10"])
def test_what_is_neither_is_wrong_usage(text):
    with pytest.raises(UsageError, match=r"^expected a number of rows or a percentage, found "):
        Tolerance.parse(text)


def test_no_bad_row_is_tolerated_by_default(file):
    message = r"^in/load\.jtl:3: column 'elapsed': expected whole milliseconds, found 'abc'$"
    with pytest.raises(RowError, match=message) as refused:
        reject(Rejects(NO_BAD_ROWS), file, 3)
    assert "--max-bad-rows" in refused.value.hint


def test_a_row_that_is_bad_as_a_whole_names_no_column(file):
    with pytest.raises(RowError, match=r"^in/load\.jtl:3: expected whole milliseconds, found"):
        reject(Rejects(), file, 3, column=None)


def test_what_was_found_is_quoted_and_shortened(file):
    with pytest.raises(RowError) as refused:
        reject(Rejects(), file, 1, found="\x1b[31m" + "x" * 500)
    assert "found '\\x1b[31mxxx" in refused.value.message
    assert len(refused.value.message) < 200


def test_one_bad_row_too_many_raises_what_was_said_of_the_first(file):
    rejects = Rejects(Tolerance(rows=2, share=None))
    reject(rejects, file, 7, found="first")
    reject(rejects, file, 8)
    with pytest.raises(RowError, match=r"load\.jtl:7: .* found 'first'$"):
        reject(rejects, file, 9)


def test_as_many_bad_rows_as_tolerated_are_counted(file):
    rejects = Rejects(Tolerance(rows=2, share=None))
    reject(rejects, file, 7)
    reject(rejects, file, 8)
    rejects.finish(0)
    assert rejects.count == 2


@pytest.mark.parametrize(("bad", "good", "tolerated"), [(1, 99, True), (2, 98, False), (1, 98, 0)])
def test_a_share_is_one_of_all_rows_and_judged_at_the_end(file, bad, good, tolerated):
    rejects = Rejects(Tolerance.parse("1%"))
    for line in range(bad):
        reject(rejects, file, line + 2)
    if tolerated:
        rejects.finish(good)
    else:
        message = rf"load\.jtl:2: .*\({bad} bad rows of {bad + good}, tolerated: 1 %\)$"
        with pytest.raises(RowError, match=message):
            rejects.finish(good)


def test_a_share_without_bad_rows_passes_an_empty_file():
    rejects = Rejects(Tolerance.parse("0%"))
    rejects.finish(0)
    assert rejects.count == 0


def test_bad_rows_are_kept_one_object_a_line(file, tmp_path):
    kept = tmp_path / "rejects.jsonl"
    rejects = Rejects(Tolerance(rows=5, share=None), kept)
    assert not kept.exists()
    reject(rejects, file, 7, raw='1,"a\nb",é')
    reject(rejects, file, 9, column=None, raw="y" * 5000)
    rejects.finish(100)
    first, second = map(json.loads, kept.read_text(encoding="ascii").splitlines())
    assert first == {
        "file": "load.jtl",
        "line": 7,
        "column": "elapsed",
        "message": "in/load.jtl:7: column 'elapsed': expected whole milliseconds, found 'abc'",
        "raw": '1,"a\nb",é',
    }
    assert second["column"] is None
    assert second["raw"] == "y" * 2000


def imported(tmp_path, rows, tolerance):
    path = tmp_path / "load.jtl"
    path.write_text(HEADER + "".join(rows))
    options = api.ReadOptions(tolerance=Tolerance.parse(tolerance))
    return api.import_run([str(path)], tmp_path / "load.run", options=options)


def test_an_import_counts_keeps_and_states_the_rows_that_it_left_out(tmp_path):
    rows = [GOOD, BAD.format("abc"), GOOD, BAD.format(-1), GOOD]
    run = imported(tmp_path, rows, "2")
    assert run.info.counts.requests == 3
    assert run.info.counts.rejected_rows == 2
    caveats = {caveat.code: caveat.message for caveat in run.info.caveats}
    assert caveats["rejected-rows"] == "2 bad rows were left out; they are in rejects.jsonl"
    kept = [json.loads(line) for line in (run.path / "rejects.jsonl").read_text().splitlines()]
    assert [(row["line"], row["column"]) for row in kept] == [(3, "elapsed"), (5, "elapsed")]
    assert [row["raw"] for row in kept] == [rows[1].strip(), rows[3].strip()]


def test_good_and_rejected_rows_are_all_rows(tmp_path):
    rows = [BAD.format("?") if i % 7 == 3 else GOOD for i in range(1000)]
    run = imported(tmp_path, rows, "20%")
    kept = (run.path / "rejects.jsonl").read_text().splitlines()
    assert len(kept) == run.info.counts.rejected_rows == sum(i % 7 == 3 for i in range(1000))
    assert run.info.counts.requests + len(kept) == 1000


@pytest.mark.parametrize("tolerance", ["0", "1", "10%"])
def test_an_import_with_too_many_bad_rows_leaves_nothing(tmp_path, tolerance):
    rows = [GOOD, BAD.format("abc"), GOOD, BAD.format("x")]
    with pytest.raises(RowError, match=r"load\.jtl:3: column 'elapsed': .* found 'abc'"):
        imported(tmp_path, rows, tolerance)
    assert [entry.name for entry in tmp_path.iterdir()] == ["load.jtl"]


def test_a_run_without_bad_rows_keeps_no_file_of_them(tmp_path):
    run = imported(tmp_path, [GOOD], "5")
    assert run.info.counts.rejected_rows == 0
    assert not (run.path / "rejects.jsonl").exists()
    assert "rejected-rows" not in {caveat.code for caveat in run.info.caveats}
