"""JTL files in XML."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.jmeter import stretches
from perfanalysis.importers.jmeter.jtl_xml import JmeterXml
from perfanalysis.importers.rejects import Tolerance

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
TAIL = "</testResults>\n"
ANY = Tolerance(rows=1_000_000, share=None)
CONTROLLER = "Number of samples in transaction : {}, number of failing samples : 0"


def sample(label="a", tag="httpSample", body=None, **attributes):
    given = {"t": "30", "ts": "1700000000000", "s": "true", "lb": label, "tn": "T 1-1"}
    given |= attributes
    text = " ".join(f'{name}="{value}"' for name, value in given.items() if value is not None)
    return f"<{tag} {text}/>\n" if body is None else f"<{tag} {text}>\n{body}</{tag}>\n"


def write(tmp_path, *samples, head=HEAD, tail=TAIL):
    path = tmp_path / "run.jtl"
    path.write_bytes((head + "".join(samples) + tail).encode())
    return path


def roles(run):
    return {
        (row["name"], row["kind"], row["group"])
        for row in run.requests.select(["name", "kind", "group"]).to_pylist()
    }


def test_every_sample_of_a_real_file_is_read(read_run, fixtures):
    run = read_run(fixtures / "jmeter" / "base.xml.jtl")
    assert run.importer.name == "jmeter-xml"
    kinds = run.requests["kind"].to_pylist()
    assert (kinds.count("request"), kinds.count("transaction")) == (201, 49)
    assert run.requests["ok"].to_pylist().count(False) == 4
    assert run.caveats == []


def test_a_sample_keeps_what_the_file_says(read_run, fixtures):
    first = read_run(fixtures / "jmeter" / "base.xml.jtl").requests.slice(0, 1).to_pylist()[0]
    assert {name: value for name, value in first.items() if value is not None} == {
        "started_at": datetime(2026, 11, 20, 10, 32, 19, 466_000, tzinfo=UTC),
        "name": 'Login, "form"',
        "latency_ms": 81.0,
        "ok": True,
        "kind": "request",
        "scenario": "Users",
        "status": "200",
        "worker": "Users 1-1",
        "bytes_received": 126,
        "connect_ms": 27.0,
        "wait_ms": 53.0,
        "receive_ms": 1.0,
    }


def test_the_failed_assertion_says_why(read_run, fixtures):
    table = read_run(fixtures / "jmeter" / "base.xml.jtl").requests
    errors = {row["error"] for row in table.to_pylist() if row["name"] == "Products"}
    tree = ET.parse(fixtures / "jmeter" / "base.xml.jtl")
    messages = {
        found.findtext("failureMessage")
        for found in tree.iter("assertionResult")
        if found.findtext("failure") == "true"
    }
    assert len(messages) == 2
    assert errors == messages | {None}


def test_csv_and_xml_of_one_run_give_the_same_rows(read_run, fixtures, tmp_path):
    """The XML fixture, written as CSV by ElementTree: all columns agree."""
    tree = ET.parse(fixtures / "jmeter" / "base.xml.jtl")
    columns = {"timeStamp": "ts", "elapsed": "t", "label": "lb", "responseCode": "rc"}
    columns |= {"responseMessage": "rm", "threadName": "tn", "success": "s", "bytes": "by"}
    columns |= {"allThreads": "na", "Latency": "lt", "Connect": "ct"}
    lines = [";".join([*columns, "failureMessage"])]
    for found in tree.getroot():
        message = found.findtext("assertionResult/failureMessage") or ""
        cells = [found.get(name, "") for name in columns.values()] + [message]
        lines.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    path = tmp_path / "same.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    from_csv, from_xml = read_run(path), read_run(fixtures / "jmeter" / "base.xml.jtl")
    # Failures are saved with their request, and only XML has a place for its method.
    assert set(from_xml.requests["method"].to_pylist()) == {None, "GET"}
    drop = ["method"]
    assert from_csv.requests.drop_columns(drop).equals(from_xml.requests.drop_columns(drop))
    assert from_csv.series.equals(from_xml.series)


@pytest.mark.parametrize("name", ["base.xml.jtl", "slow.xml.jtl"])
def test_samples_of_all_real_files_are_counted_as_elementtree_counts_them(read_run, shared, name):
    path = shared / "data" / "tools" / "jmeter" / name
    found = list(ET.parse(path).getroot())
    run = read_run(path)
    assert run.requests["name"].to_pylist() == [element.get("lb") for element in found]
    assert run.requests["latency_ms"].to_pylist() == [float(e.get("t")) for e in found]
    controllers = [e for e in found if "in transaction : " in e.get("rm")]
    assert run.requests["kind"].to_pylist().count("transaction") == len(controllers)


# Name, samples of all levels, requests, requests that failed.
SAMPLES = [
    ("JMeterResults.jtl", 8, 8, 0),
    ("JMeterResultsMultiLevel.jtl", 10, 10, 0),
    ("JMeterResultsMultiThread.jtl", 5, 5, 0),
    ("cookies.jtl", 2, 2, 0),
    ("crash_trace.jtl", 1, 1, 0),
    ("derived-illegal-char-ref.jtl", 1, 1, 1),
    ("derived-no-closing-root.jtl", 6, 2, 2),
    ("derived-v10-urlencoded.jtl", 1, 1, 0),
    ("embedded_resources_error_ed.jtl", 4, 1, 1),
    ("error-302.jtl", 26, 24, 2),
    ("non-http_error.jtl", 11, 8, 8),
    ("resource-errors-child-assert.jtl", 6, 2, 2),
    ("resource-errors-no-fail.jtl", 6, 2, 1),
    ("resource_tc.jtl", 107, 14, 14),
    ("simple.error.jtl", 3, 3, 3),
    ("test-jms.jtl.xml", 4, 4, 1),
    ("test-nested-trans.jtl.xml", 37, 28, 0),
    ("test-trans-plain-short.jtl.xml", 12, 7, 1),
    ("test-trans.jtl.xml", 360, 296, 5),
    ("trace-no-response-body.jtl", 1, 1, 0),
    ("trace.jtl", 1, 1, 1),
    ("whitespace-followed-by-xml.jtl", 8, 8, 0),
]
REFUSED = [
    ("500-success_error.jtl", ": expected at least one sample, found none"),
    ("BatchTestLocal.xml", ":3: expected samples with the attributes ts and t, found s, lb"),
    ("TaurusXMLReport.xml", ":1: expected the results of a known tool"),
    ("emptyfile.jtl", ":1: expected results, found an empty file"),
]


@pytest.mark.parametrize(("name", "samples", "requests", "failures"), SAMPLES)
def test_files_of_strangers_are_read(read_run, shared, name, samples, requests, failures):
    run = read_run(shared / "samples" / "jmeter-xml" / name)
    rows = run.requests.to_pylist()
    counted = [row for row in rows if row["kind"] == "request"]
    assert (len(rows), len(counted)) == (samples, requests)
    assert sum(not row["ok"] for row in counted) == failures
    assert run.rejected == 0


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_files_of_strangers_are_refused_with_reason(read_run, shared, name, reason):
    with pytest.raises(InputError) as refused:
        read_run(shared / "samples" / "jmeter-xml" / name)
    assert name + reason in refused.value.message


def test_every_sample_file_is_in_one_of_the_tables(shared):
    known = {entry[0] for entry in [*SAMPLES, *REFUSED]}
    assert known == {path.name for path in (shared / "samples" / "jmeter-xml").iterdir()}


def test_parts_of_a_request_are_not_counted_beside_it(read_run, tmp_path):
    redirects = sample("Home-0", body=sample("Home-0-0")) + sample("Home-1")
    run = read_run(write(tmp_path, sample("Home", body=redirects)))
    assert roles(run) == {
        ("Home", "request", None),
        ("Home-0", "transaction", "Home"),
        ("Home-0-0", "transaction", "Home-0"),
        ("Home-1", "transaction", "Home"),
    }


def test_what_a_controller_holds_is_counted_and_the_controller_is_not(read_run, tmp_path):
    inner = sample("Pay", "sample", sample("card"), rm=CONTROLLER.format(1))
    outer = sample("Buy", "sample", sample("cart", body=sample("css")) + inner)
    run = read_run(write(tmp_path, outer, sample("Empty", "sample", rm=CONTROLLER.format(0))))
    assert roles(run) == {
        ("Buy", "transaction", None),
        ("cart", "request", "Buy"),
        ("css", "transaction", "cart"),
        ("Pay", "transaction", "Buy"),
        ("card", "request", "Pay"),
    }
    assert run.caveat_codes == {"empty-transactions"}


def test_other_attributes_are_tags(read_run, tmp_path):
    run = read_run(write(tmp_path, sample(hn="gen-1", USER_ID="42", note="null"), sample()))
    tags = run.requests["tags"].to_pylist()
    assert tags == [[("USER_ID", "42"), ("Hostname", "gen-1")], None]


def test_saved_responses_give_the_method(read_run, shared):
    run = read_run(shared / "samples" / "jmeter-xml" / "cookies.jtl")
    assert run.requests["method"].to_pylist() == ["GET", "GET"]


def test_samples_of_plugins_are_read_from_their_fields(read_run, tmp_path):
    part = "<subResults><org.apache.jmeter.samplers.SampleResult><label>x</label>"
    part += "</org.apache.jmeter.samplers.SampleResult></subResults>"
    fields = {"label": "Web", "timeStamp": "0", "startTime": "1700000000000", "success": "false"}
    fields |= {"elapsedTime": "77", "responseCode": "500", "responseMessage": "no button"}
    body = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items()) + part
    tag = "com.googlecode.jmeter.plugins.webdriver.sampler.SampleResultWithSubs"
    run = read_run(write(tmp_path, f"<{tag}>{body}</{tag}>\n", sample()))
    found = run.requests.to_pylist()[0]
    assert found["started_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (found["name"], found["latency_ms"], found["ok"]) == ("Web", 77.0, False)
    assert (found["status"], found["error"]) == ("500", "no button")
    assert run.caveat_codes == {"plugin-parts"}


def test_version_1_0_has_longer_names_in_url_encoding(read_run, shared):
    run = read_run(shared / "samples" / "jmeter-xml" / "derived-v10-urlencoded.jtl")
    found = run.requests.to_pylist()[0]
    assert (found["name"], found["worker"]) == ("Home Page, first", "Thread Group 1-1")
    assert (found["latency_ms"], found["status"], found["ok"]) == (375.0, "200", True)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"t": "abc"}, "column 't': expected whole milliseconds, found 'abc'"),
        ({"t": "-1"}, "column 't': expected whole milliseconds, found '-1'"),
        ({"t": " 1"}, "column 't': expected a number without spaces, found ' 1'"),
        ({"ts": "soon"}, "column 'ts': expected milliseconds since 1970, found 'soon'"),
        ({"ts": None}, "column 'ts': expected milliseconds since 1970, found ''"),
        ({"s": "maybe"}, "column 's': expected true or false, found 'maybe'"),
        ({"by": "1e3"}, "column 'by': expected a whole number, found '1e3'"),
        ({"sc": "9", "ec": "0"}, "column 'sc': expected one sample a row"),
        ({"tag": "foo"}, "expected <httpSample> or <sample>, found '<foo>'"),
    ],
)
def test_a_bad_sample_is_reported_and_the_others_are_kept(read_run, tmp_path, bad, reason):
    path = write(tmp_path, sample(), "\n", sample(**bad), sample())
    with pytest.raises(RowError) as refused:
        read_run(path)
    assert f"run.jtl:5: {reason}" in refused.value.message
    run = read_run(path, tolerance=ANY)
    assert (run.requests.num_rows, run.rejected) == (2, 1)


def test_forbidden_characters_are_dropped_and_lines_stay(read_run, tmp_path):
    body = "<responseData>a&#x0;b&#1;c\x0b&#xD800;d&#xFFFF;&#99999999;&#xd;</responseData>\n"
    path = write(tmp_path, sample("a&#x1f;\x02b", body=body), sample(t="abc"))
    with pytest.raises(RowError, match=r"run\.jtl:6: column 't'"):
        read_run(path)
    assert read_run(path, tolerance=ANY).requests["name"].to_pylist() == ["ab"]


def test_what_is_not_well_formed_costs_one_sample(read_run, tmp_path):
    bad = sample("bad", body="  <responseData>a & b <br> c</responseData>\n")
    path = write(tmp_path, sample("a"), bad, sample("b"), sample("c"))
    with pytest.raises(RowError, match=r"run\.jtl:5: expected well-formed XML, found 'not well"):
        read_run(path)
    run = read_run(path, tolerance=ANY)
    assert run.requests["name"].to_pylist() == ["a", "b", "c"]
    assert (run.rejected, run.caveats) == (1, [])


def test_lines_are_right_behind_what_is_not_well_formed(read_run, tmp_path):
    path = write(tmp_path, sample("bad", body="&\n\n"), sample("a"), sample(t="abc"))
    reported = []

    class Collecting:
        def row(self, _file, line, **problem):
            reported.append((line, problem["column"]))

    from perfanalysis.importers.source import InputFile, Source

    source = Source(files=(InputFile(path=path, label="run.jtl"),))
    list(JmeterXml().read(source, Collecting()))
    assert reported == [(4, None), (8, "t")]


def test_samples_that_cannot_be_found_again_are_said_to_be_lost(read_run, tmp_path):
    path = write(tmp_path, sample("a"), sample("bad", body="&\n").rstrip(), sample("b").strip())
    run = read_run(path, tolerance=ANY)
    assert run.requests["name"].to_pylist() == ["a"]
    assert [caveat.message for caveat in run.caveats] == [
        f"{path}:5: the file could not be read from here on; samples lost: 1"
    ]


@pytest.mark.parametrize("doctype", ['<!DOCTYPE a [<!ENTITY x "y">]>', "<!DOCTYPE a SYSTEM 'b'>"])
def test_document_types_are_refused(read_run, tmp_path, doctype):
    head = f"<?xml version='1.0'?>\n{doctype}\n<testResults>\n"
    path = write(tmp_path, sample("&x;"), head=head)
    with pytest.raises(InputError, match=r"run\.jtl:2: expected test results without a document"):
        read_run(path)


def test_elements_without_end_are_refused(read_run, tmp_path):
    path = write(tmp_path, sample(), "<sample t='1' ts='1' s='true'>" * 300)
    with pytest.raises(InputError, match=r"run\.jtl:4: expected elements at most 256 deep"):
        read_run(path)


def test_documents_appended_to_each_other_are_all_read(read_run, tmp_path):
    path = write(tmp_path, sample("a"))
    path.write_bytes(path.read_bytes() * 3)
    run = read_run(path)
    assert run.requests["name"].to_pylist() == ["a", "a", "a"]
    assert run.caveat_codes == {"repeated-header"}


def test_the_declared_encoding_is_obeyed(read_run, tmp_path):
    path = tmp_path / "run.jtl"
    text = (HEAD + sample("Кнопка") + TAIL).replace("UTF-8", "windows-1251")
    path.write_bytes(text.encode("cp1251"))
    assert read_run(path).requests["name"].to_pylist() == ["Кнопка"]


@pytest.mark.parametrize("encoding", ["no-such", "UTF-16", "rot13", "idna"])
def test_encodings_that_are_none_are_refused(read_run, tmp_path, encoding):
    path = write(tmp_path, sample(), head=HEAD.replace("UTF-8", encoding))
    with pytest.raises(InputError, match=encoding):
        read_run(path, format_name="jmeter-xml")


def test_a_cut_at_any_byte_of_the_last_samples_loses_no_other_sample(read_run, fixtures, tmp_path):
    lines = (fixtures / "jmeter" / "base.xml.jtl").read_bytes().splitlines(keepends=True)
    head, samples = b"".join(lines[:2]), [line for line in lines[2:-2] if line.endswith(b"/>\n")]
    nested = sample("last", body="  <responseData>text\n</responseData>\n").encode()
    parts = [head, *samples[:3], nested, TAIL.encode()]
    text = b"".join(parts)
    ends = [len(b"".join(parts[:n])) - 1 for n in range(2, 6)]
    path = tmp_path / "cut.jtl"
    for end in range(ends[0], len(text)):
        path.write_bytes(text[:end])
        run = read_run(path)
        assert run.requests.num_rows == sum(end >= known for known in ends), end
        assert run.rejected == 0
        codes = {caveat.code for caveat in run.caveats}
        if end < len(text) - 1:
            assert codes in ({"cut-last-line"}, {"missing-end-tag"})


def test_pieces_of_any_size_give_the_same_rows(read_run, fixtures, monkeypatch):
    path = fixtures / "jmeter" / "slow.xml.jtl"
    expected = read_run(path)
    monkeypatch.setattr(stretches, "_FIRST_BYTES", 37)
    monkeypatch.setattr(stretches, "_READ_BYTES", 37)
    found = read_run(path)
    assert found.requests.equals(expected.requests)
    assert found.caveats == []


def test_compressed_files_are_read(read_run, fixtures, tmp_path):
    path = tmp_path / "base.xml.gz"
    path.write_bytes(gzip.compress((fixtures / "jmeter" / "base.xml.jtl").read_bytes()))
    assert read_run(path).requests.num_rows == 250


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (HEAD.encode(), Match.CERTAIN),
        (b" \n<testResults version='1.2'>", Match.CERTAIN),
        (b"<?xml version='1.0'?><FinalStatus>", Match.NO),
        (b"timeStamp,elapsed,<testResults", Match.NO),
        (b"", Match.NO),
    ],
)
def test_match(head, match):
    assert JmeterXml().match(head, "results.xml") is match
