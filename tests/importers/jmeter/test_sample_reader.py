"""Large JTL files in XML: stretches that are plain, and others among them."""

from __future__ import annotations

import random

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.jmeter import sample_reader, stretches
from perfanalysis.importers.jmeter.parser import SampleParser
from perfanalysis.importers.jmeter.stretches import cut, end_of_tags
from perfanalysis.importers.rejects import Tolerance

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
TAIL = b"</testResults>\n"
ANY = Tolerance(rows=1_000_000, share=None)
SAMPLES = 2_000


def sample(number, tag="httpSample", inside=""):
    ts = 1_700_000_000_000 + 7 * number
    start = (
        f'{tag} t="30" lt="{number % 30}" ts="{ts}" s="true" lb="n{number % 5}" na="3" tn="T 1-1"'
    )
    return (f"<{start}>\n{inside}</{tag}>\n" if inside else f"<{start}/>\n").encode()


def samples(count=SAMPLES):
    return [sample(number) for number in range(count)]


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch):
    monkeypatch.setattr(stretches, "_FIRST_BYTES", 5_000)
    monkeypatch.setattr(stretches, "_READ_BYTES", 20_000)
    monkeypatch.setattr(stretches, "_WINDOW_BYTES", 2_000)
    monkeypatch.setattr(sample_reader, "_BATCH_SAMPLES", 10)
    monkeypatch.setattr(sample_reader, "_CLOSE_LOOK_BYTES", 1_000)


@pytest.fixture
def fed(monkeypatch):
    """The lengths of the texts that the parser was given."""
    lengths = []
    feed = SampleParser.feed

    def noted(self, text):
        lengths.append(len(text))
        feed(self, text)

    monkeypatch.setattr(SampleParser, "feed", noted)
    return lengths


@pytest.fixture
def only_parser(monkeypatch):
    """Have the parser read everything."""

    def use():
        monkeypatch.setattr(sample_reader.SampleReader, "_plain", lambda *_: None)

    return use


def write(tmp_path, parts, head=HEAD, tail=TAIL):
    path = tmp_path / "run.jtl"
    path.write_bytes(head + b"".join(parts) + tail)
    return path


def test_the_parser_reads_no_more_than_the_ends_of_a_plain_file(read_run, tmp_path, fed):
    path = write(tmp_path, samples())
    assert read_run(path).requests.num_rows == SAMPLES
    assert sum(fed) < path.stat().st_size / 10


@pytest.mark.parametrize(
    "odd",
    [
        b"<!-- a comment -->\n",
        b"<?target what?>\n",
        sample(1, inside="<responseData><![CDATA[<sample/>]]></responseData>"),
        sample(1).replace(b' t="30"', b" t='30'"),
        sample(1, tag="sampleResult"),
        sample(1).replace(b'tn="', b'tn="a > b '),
    ],
)
def test_one_odd_place_leaves_the_rest_to_be_read_at_once(
    read_run, tmp_path, fed, only_parser, odd
):
    parts = samples()
    parts.insert(SAMPLES // 2, odd)
    path = write(tmp_path, parts)
    found = read_run(path)
    assert sum(fed) < path.stat().st_size / 8
    only_parser()
    assert found.requests.equals(read_run(path).requests)
    assert found.caveats == []


def test_bad_samples_are_reported_with_their_lines_wherever_they_stand(read_run, tmp_path):
    parts = samples()
    for place in (3, 700, 701, 1_500):
        parts[place] = parts[place].replace(b' t="30"', b' t="x"')
    path = write(tmp_path, parts)
    with pytest.raises(RowError, match=r"run\.jtl:6: column 't': expected whole milliseconds"):
        read_run(path)
    assert read_run(path, tolerance=ANY).rejected == 4
    parts[3] = sample(3)
    with pytest.raises(RowError, match=r"run\.jtl:703: column 't'"):
        read_run(write(tmp_path, parts))


def test_a_tag_that_is_left_open_before_a_plain_stretch_is_reported(read_run, tmp_path, fed):
    parts = samples()
    whole = b"".join(parts)
    # Its value is still open where the next stretch of plain samples begins.
    parts[1_000] = b'<httpSample t="30" lb="a > b\n'
    run = read_run(write(tmp_path, parts), tolerance=ANY)
    assert run.rejected == 1
    assert run.requests.num_rows >= SAMPLES - 2
    assert sum(fed) < len(whole) / 8


@pytest.mark.parametrize(("begin", "end"), [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>")])
def test_what_looks_like_samples_in_a_comment_is_not_read(read_run, tmp_path, begin, end):
    parts = samples()
    hidden = b"".join(sample(number) for number in range(900))
    parts[1_000] = begin + b"\n" + hidden + end + b"\n"
    assert read_run(write(tmp_path, parts)).requests.num_rows == SAMPLES - 1


def test_text_between_the_samples_is_passed_over(read_run, tmp_path):
    parts = samples()
    parts[1_000:1_000] = [b"some text\n" * 3_000]
    assert read_run(write(tmp_path, parts)).requests.num_rows == SAMPLES


def test_a_document_type_far_into_the_file_is_refused(read_run, tmp_path):
    parts = samples()
    parts[1_000] = b'<!DOCTYPE a [<!ENTITY b "c">]>\n'
    with pytest.raises(InputError, match=r"run\.jtl:1003: .* found <!DOCTYPE"):
        read_run(write(tmp_path, parts))


def test_an_encoding_that_is_declared_later_is_obeyed_from_there(read_run, tmp_path):
    head, again = HEAD.replace(b' encoding="UTF-8"', b""), HEAD.replace(b"UTF-8", b"ISO-8859-1")
    foreign = [sample(number).replace(b'lb="', b'lb="\xc3\xa4') for number in range(SAMPLES)]
    run = read_run(write(tmp_path, [*foreign, TAIL, again, *foreign], head=head))
    names = run.requests["name"].to_pylist()
    assert names[0] == "än0"
    assert names[SAMPLES // 2] == "än0"
    # Nothing that was read ahead as UTF-8 is taken.
    assert [name[:2] for name in names].count("Ã¤") >= SAMPLES
    assert names[-1] == "Ã¤n4"


def test_samples_in_one_line_are_read_at_once(read_run, tmp_path, fed, only_parser):
    inside = "<assertionResult><name>n</name><failure>true</failure></assertionResult>"
    parts = [sample(n, inside=inside if n % 3 else "").replace(b"\n", b"") for n in range(SAMPLES)]
    path = write(tmp_path, parts)
    found = read_run(path)
    assert sum(fed) < path.stat().st_size / 10
    only_parser()
    assert found.requests.equals(read_run(path).requests)


@pytest.mark.parametrize("indent", [b"", b"  ", b"\t"])
def test_nested_samples_are_cut_at_the_outermost(read_run, tmp_path, fed, only_parser, indent):
    rng = random.Random(5)
    parts, number = [], 0
    while number < SAMPLES:
        inner = [indent + b"  " + sample(number + n) for n in range(rng.randrange(1, 6))]
        number += len(inner)
        outer = sample(number, tag="sample", inside="@")
        parts.append(indent + outer.replace(b"@", b"".join(inner) + indent))
    path = write(tmp_path, parts)
    found = read_run(path)
    assert sum(fed) < path.stat().st_size / 10
    assert set(found.requests["kind"].to_pylist()) == {"request", "transaction"}
    only_parser()
    assert found.requests.equals(read_run(path).requests)


def test_samples_larger_than_a_stretch_are_read(read_run, tmp_path, only_parser):
    large = "<responseData>" + "x" * 50_000 + "</responseData>\n"
    parts = [sample(number, inside=large if number % 10 == 0 else "") for number in range(100)]
    path = write(tmp_path, parts)
    found = read_run(path)
    assert found.requests.num_rows == 100
    only_parser()
    assert found.requests.equals(read_run(path).requests)


def test_a_file_is_cut_where_its_outermost_samples_begin():
    text = b"\n  <sample a>\n    <httpSample/>\n  </sample>\n  <sample b>\n    <httpSample/>\n"
    assert text[cut(text, 0, len(text)) :].startswith(b"  <sample b>")
    assert cut(b"<a/><b/>", 0, 8) is None


def test_tags_and_references_are_not_cut():
    assert end_of_tags(b"<a/><b", 6) == 4
    assert end_of_tags(b"<a/>x&am", 8) == 5
    assert end_of_tags(b"<a/>x&amp;", 10) == 10
