"""Bad rows and cut ends of JTL files in CSV: which line, and what is lost."""

from __future__ import annotations

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.jmeter import rows
from perfanalysis.importers.jmeter.records import cells_of, records, whole_records
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.importers.source import line_blocks

HEADER = "timeStamp,elapsed,label,responseMessage,threadName,success,Latency"
ROW = "1700000000000,30,Home,OK,Users 1-1,true,20"
ANY = Tolerance(rows=1_000_000, share=None)


def write(tmp_path, *lines, end="\n"):
    path = tmp_path / "run.jtl"
    path.write_bytes(("\n".join(lines) + end).encode())
    return path


@pytest.fixture
def small_blocks(monkeypatch):
    """Read in blocks of a few lines, so that records meet their ends."""
    monkeypatch.setattr(rows, "line_blocks", lambda file: line_blocks(file, size=100))


def test_quoted_newline_does_not_shift_the_reported_line(read_run, tmp_path):
    quoted = ROW.replace("OK", '"three\nlines\nof text"')
    path = write(tmp_path, HEADER, quoted, quoted, ROW.replace("30", "abc"), ROW)
    with pytest.raises(RowError) as refused:
        read_run(path)
    assert refused.value.message == (
        f"{path}:8: column 'elapsed': expected whole milliseconds, found 'abc'"
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ROW.replace("1700", "x700"), "column 'timeStamp': expected milliseconds since 1970"),
        (ROW.replace("1700", "-1700"), "column 'timeStamp': expected milliseconds since 1970"),
        (ROW.replace("1700", "9991700"), "column 'timeStamp': expected milliseconds since 1970"),
        (ROW.replace("30", "-3"), "column 'elapsed': expected whole milliseconds, found '-3'"),
        (ROW.replace("30", "3.5"), "column 'elapsed': expected whole milliseconds, found '3.5'"),
        (ROW.replace("30", ""), "column 'elapsed': expected whole milliseconds, found ''"),
        (ROW.replace("true", ""), "column 'success': expected true or false, found ''"),
        (ROW.replace(",20", ",2O"), "column 'Latency': expected a whole number, found '2O'"),
        (ROW.replace(",20", f",{'9' * 30}"), "column 'Latency': expected a whole number"),
        (ROW + ",extra", "expected 7 cells, found '8 cells'"),
        (ROW.replace(",OK", ""), "expected 7 cells, found '6 cells'"),
    ],
)
def test_a_bad_row_is_reported_and_the_others_are_kept(read_run, tmp_path, bad, reason):
    path = write(tmp_path, HEADER, ROW, bad, ROW)
    with pytest.raises(RowError) as refused:
        read_run(path)
    assert f"run.jtl:3: {reason}" in refused.value.message
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (2, 1)


def test_aggregates_of_several_samples_are_no_rows(read_run, tmp_path):
    path = write(tmp_path, f"{HEADER},SampleCount,ErrorCount", f"{ROW},1,0", f"{ROW},5,1")
    with pytest.raises(RowError, match=r":3: column 'SampleCount': expected one sample a row"):
        read_run(path)


def test_a_row_torn_by_a_bare_newline_is_one_bad_row(read_run, tmp_path):
    torn = ROW.replace("OK", "first\nsecond\n\nthird")
    path = write(tmp_path, HEADER, ROW, torn, ROW)
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (2, 1)


def test_a_quote_that_is_never_closed_costs_one_row(read_run, tmp_path):
    stray = ROW.replace("OK", '"OK')
    path = write(tmp_path, HEADER, ROW, stray, *[ROW] * 5)
    with pytest.raises(RowError, match=r"run\.jtl:3: expected"):
        read_run(path)
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (6, 1)


def test_a_quote_that_swallows_rows_costs_one_row(read_run, tmp_path):
    stray = ROW.replace("OK", '"OK')
    quoted = ROW.replace("Home", '"Home, sweet"')
    path = write(tmp_path, HEADER, stray, ROW, quoted, ROW)
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (3, 1)
    assert run.requests["name"].to_pylist() == ["Home", "Home, sweet", "Home"]


def test_a_quote_inside_an_unquoted_cell_is_text(read_run, tmp_path):
    path = write(tmp_path, HEADER, ROW.replace("Home", '5" pipe'), ROW)
    assert read_run(path).requests["name"].to_pylist() == ['5" pipe', "Home"]


def test_repeated_headers_are_skipped_and_said_so(read_run, tmp_path):
    path = write(tmp_path, HEADER, ROW, HEADER, ROW, HEADER, ROW)
    run = read_run(path)
    assert (run.requests.num_rows, run.rejected) == (3, 0)
    assert run.caveat_codes == {"repeated-header"}


def test_text_that_is_no_utf8_stays_distinct(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    rows = [ROW.replace("Home", label) for label in ("Köln", "Käln", "Home")]
    path.write_bytes("\n".join([HEADER, *rows, ""]).encode("cp1252"))
    run = read_run(path)
    assert run.requests["name"].to_pylist() == ["Köln", "Käln", "Home"]
    assert [caveat.code for caveat in run.caveats] == ["not-utf-8"]
    assert f"{path}:2:" in run.caveats[0].message


@pytest.mark.usefixtures("small_blocks")
def test_records_that_span_blocks_are_read_whole(read_run, tmp_path):
    long = ROW.replace("OK", '"' + "line\n" * 200 + '"')
    rows = [ROW, long, ROW, long, long, ROW.replace("Home", '5" pipe'), ROW, ROW]
    run = read_run(write(tmp_path, HEADER, *rows))
    assert (run.requests.num_rows, run.rejected, run.caveats) == (8, 0, [])


@pytest.mark.usefixtures("small_blocks")
def test_lines_are_right_in_every_block(read_run, tmp_path):
    quoted = ROW.replace("OK", '"two\nlines"')
    path = write(tmp_path, HEADER, *[quoted] * 30, ROW.replace("30", "abc"), quoted)
    with pytest.raises(RowError, match=r"run\.jtl:62: column 'elapsed'"):
        read_run(path)


def test_bad_rows_deep_in_a_large_block_are_found_one_by_one(read_run, tmp_path):
    rows = [ROW] * 20_000
    for at, bad in [(7, "abc"), (9_999, "-1"), (19_998, "1.5")]:
        rows[at] = ROW.replace("30", bad)
    path = write(tmp_path, HEADER, *rows)
    assert path.stat().st_size > 800_000
    with pytest.raises(RowError, match=r"run\.jtl:9: column 'elapsed'.*found 'abc'"):
        read_run(path)
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (19_997, 3)
    rows[7] = ROW
    path = write(tmp_path, HEADER, *rows)
    with pytest.raises(RowError, match=r"run\.jtl:10001: column 'elapsed'.*found '-1'"):
        read_run(path)


def test_a_row_of_many_megabytes_is_refused(read_run, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "_MAX_RECORD_BYTES", 1000)
    endless = ROW.replace("OK", '"' + "line\n" * 400)
    with pytest.raises(InputError, match=r"run\.jtl:3: expected rows of at most"):
        read_run(write(tmp_path, HEADER, ROW, endless))


@pytest.mark.parametrize("source", ["base.csv.jtl", "base.semicolon-noheader.jtl"])
def test_a_cut_at_any_byte_of_the_last_lines_loses_no_other_row(
    read_run, fixtures, tmp_path, source
):
    """A row cut inside its last number may still be a row; all before it are kept."""
    text = (fixtures / "jmeter" / source).read_bytes()
    lines = text.splitlines(keepends=True)
    lines = lines[:20] + lines[-3:]
    text, kept = b"".join(lines), len(lines) - (3 if source == "base.csv.jtl" else 2) - 1
    starts = len(b"".join(lines[:-3]))
    path = tmp_path / "cut.jtl"
    for end in range(starts, len(text) + 1):
        path.write_bytes(text[:end])
        run = read_run(path)
        whole = text.count(b"\n", starts, end)
        rest = text[:end].rpartition(b"\n")[2]
        caveats = [caveat.code for caveat in run.caveats if caveat.code == "cut-last-line"]
        assert run.rejected == 0
        if not rest:
            assert (run.requests.num_rows, caveats) == (kept + whole, [])
        elif caveats:
            assert run.requests.num_rows == kept + whole
        else:
            delimiter = b"," if source == "base.csv.jtl" else b";"
            # Nothing but the end of the last number may be missing.
            assert (
                rest.rpartition(delimiter)[0]
                == (text[end - len(rest) :].partition(b"\n")[0].rpartition(delimiter)[0])
            )
            assert run.requests.num_rows == kept + whole + 1


def test_an_end_inside_a_quote_is_a_cut_line(read_run, tmp_path):
    path = write(tmp_path, HEADER, ROW, ROW.replace("OK", '"message\nof'), end="")
    cut = path.read_bytes().rpartition(b"of")[0]
    path.write_bytes(cut)
    run = read_run(path)
    assert run.requests.num_rows == 1
    assert [caveat.message for caveat in run.caveats] == [
        f"{path}:3: the last line is cut short and was dropped"
    ]


def test_an_end_inside_the_quotes_of_the_last_column_is_a_cut_line(read_run, tmp_path):
    path = write(tmp_path, f'{HEADER},"note"', f"{ROW},x", f'{ROW},"half a no', end="")
    run = read_run(path)
    assert run.requests.num_rows == 1
    assert run.caveat_codes == {"cut-last-line"}


def test_a_last_row_without_newline_is_kept(read_run, tmp_path):
    run = read_run(write(tmp_path, HEADER, ROW, ROW, end=""))
    assert (run.requests.num_rows, run.caveats) == (2, [])


def test_padding_with_nul_after_a_power_loss_is_no_row(read_run, tmp_path):
    run = read_run(write(tmp_path, HEADER, ROW, ROW, end="\n" + "\0" * 500))
    assert (run.requests.num_rows, run.caveats) == (2, [])


def test_records_end_at_line_ends_outside_quotes():
    text = b'a,"b\nc"\r\n"d ""\n"" e",f\n\ng'
    assert list(records(text, ",")) == [b'a,"b\nc"\r\n', b'"d ""\n"" e",f\n', b"\n", b"g"]


def test_cells_keep_what_stands_behind_a_closing_quote():
    assert cells_of(b'"a"b;c"d;""\n', ";") == ["ab", 'c"d', ""]


def test_whole_records_stop_before_an_open_quote():
    assert whole_records(b'1\n"a\nb"\n2,"c\nd\n') == (8, True)
    assert whole_records(b"no line end") == (0, True)
