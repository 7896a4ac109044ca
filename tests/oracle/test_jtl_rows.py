"""Rows and elements of JTL files, odd ones among them, read at speed and one by one: the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfanalysis.importers import source
from perfanalysis.importers.jmeter import sample_reader, stretches
from perfanalysis.importers.jmeter.jtl_csv import JmeterCsv
from perfanalysis.importers.jmeter.jtl_xml import JmeterXml
from tests.oracle import jmeter_csv, jmeter_xml
from tests.oracle.comparing import assert_rows_are

START_MS = 1_767_225_600_000
# Fewer samples than it takes to tell that time stamps are ends: that is decided once a file.
MAX_SAMPLES = 18
CONTROLLER = "Number of samples in transaction : {}, number of failing samples : 0"

# What XML cannot hold at all is left out, and so are other line ends than that of the file.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.one_of(
    st.text(LETTERS, max_size=6),
    st.sampled_from(
        ["", "OK", 'a "b" c', "a,b;c|d\te", "two\nlines", "'", "<&>", "null", "é", " x "]
    ),
)
LABELS = st.one_of(
    st.sampled_from(["Home", "Home-0", "Home-0-0", "Home-1", "Home-0-1", "a", "a-1", "-0"]), TEXTS
)
THREADS = st.sampled_from(["TG 1-1", "TG 1-1", "TG 1-2", "Users a 2-13", "main", ""])
MESSAGES = st.one_of(
    TEXTS, st.integers(0, 2).map(CONTROLLER.format), st.just("x" + CONTROLLER.format(1))
)
ELAPSED = st.one_of(st.integers(0, 12), st.integers(0, 10**6))
NUMBERS = st.one_of(st.none(), st.integers(0, 12), st.integers(-1, 10**15))


@st.composite
def samples(draw):
    """What one sample says, by its names in CSV."""
    return {
        "timeStamp": START_MS + draw(st.one_of(st.integers(0, 30), st.integers(0, 10**7))),
        "elapsed": draw(ELAPSED),
        "label": draw(LABELS),
        "responseCode": draw(st.sampled_from(["200", "500", "", "Non HTTP response code: x"])),
        "responseMessage": draw(MESSAGES),
        "threadName": draw(THREADS),
        "success": draw(st.sampled_from(["true", "true", "false", "TRUE"])),
        "failureMessage": draw(TEXTS),
        "bytes": draw(NUMBERS),
        "sentBytes": draw(NUMBERS),
        "allThreads": draw(st.one_of(st.none(), st.integers(-1, 50))),
        "Latency": draw(NUMBERS),
        "Connect": draw(NUMBERS),
        "USER": draw(TEXTS),
    }


@st.composite
def families(draw, endings):
    """A sample, and often its parts behind it: they begin and end with it, more or less."""
    # What may be a part of others has no parts here: see `test_known_differences.py`.
    whole = draw(samples().filter(lambda row: not row["label"][-1:].isdigit()))
    parts = []
    for ending in endings:
        near = st.sampled_from([0, 0, 0, 1, -1, *([] if "-0-0" in endings else [2, -2])])
        begins, ends = draw(near), draw(near)
        times = {
            "timeStamp": whole["timeStamp"] + begins,
            "elapsed": max(0, whole["elapsed"] - begins + ends),
        }
        parts.append({**draw(samples()), **times, "label": whole["label"] + ending})
    thread = whole["threadName"]
    return [whole, *({**part, "threadName": thread} for part in parts)]


NEEDED = ["timeStamp", "elapsed", "label", "success"]
MORE = [
    *("responseCode", "responseMessage", "threadName", "failureMessage", "bytes", "sentBytes"),
    *("allThreads", "Latency", "Connect", "USER"),
]
BAD_CELLS = {
    "timeStamp": ["", "now", "1e12", "-5", "253370764800000"],
    "elapsed": ["", "abc", "1.5", "-5", "1" * 16],
    "success": ["", "yes", "1", "tRUE", " true"],
    "bytes": ["abc", "1.5", "1" * 20],
    "Latency": ["abc", "- 5"],
}
STAMPS = {
    "epoch": str,
    "blanks": " {}\t".format,
    "slashes": lambda ms: f"{clock(ms):%Y/%m/%d %H:%M:%S}.{ms % 1000:03}",
    "comma": lambda ms: f"{clock(ms):%Y-%m-%dT%H:%M:%S},{ms % 1000:03}",
    "zoned": lambda ms: f"{clock(ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}+01:00",
    "american": lambda ms: f"{clock(ms):%m/%d/%y %H:%M:%S}",
}


def clock(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@st.composite
def csv_files(draw):
    """Files with header; some with bad cells, blank lines, repeated headers or other letters."""
    order = draw(st.permutations(NEEDED + draw(st.lists(st.sampled_from(MORE), unique=True))))
    stamp = STAMPS[draw(st.sampled_from(list(STAMPS)))]
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(order)
    # Parts of parts need theirs: beside bad rows they may have lost them.
    bad = draw(st.booleans())
    endings = st.sampled_from([[], ["-0"], ["-0", "-1"], ["-1"], ["-0", "-1" if bad else "-0-0"]])
    found = draw(st.lists(endings.flatmap(families), min_size=1, max_size=8))
    for number, row in enumerate([row for family in found for row in family][:MAX_SAMPLES]):
        cells = {**row, "timeStamp": stamp(row["timeStamp"])}
        # The first row tells the format of times.
        if bad and number and draw(st.integers(0, 5)) == 0:
            name = draw(st.sampled_from([name for name in BAD_CELLS if name in order]))
            cells[name] = draw(st.sampled_from(BAD_CELLS[name]))
        writer.writerow([cells[name] for name in order])
        if draw(st.integers(0, 19)) == 0:
            writer.writerow(draw(st.sampled_from([[], order])))
    return out.getvalue().encode()


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("rows") / "run.jtl"


@pytest.mark.parametrize("block_bytes", [150, 1_000, 8 << 20])
@settings(deadline=None, max_examples=30)
@given(data=csv_files())
def test_rows_of_csv_are_read_as_the_csv_module_reads_them(path, block_bytes, data):
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source.line_blocks.__kwdefaults__, "size", block_bytes)
        reading = jmeter_csv.read_csv(path)
        assume(reading.requests)
        assert_rows_are(JmeterCsv(), path, reading)


ATTRIBUTES = {
    "elapsed": "t",
    "Latency": "lt",
    "Connect": "ct",
    "timeStamp": "ts",
    "success": "s",
    "label": "lb",
    "responseCode": "rc",
    "responseMessage": "rm",
    "threadName": "tn",
    "bytes": "by",
    "sentBytes": "sby",
    "allThreads": "na",
    "USER": "USER",
}
REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\n": "&#xa;"}


def escaped(text: str) -> str:
    return "".join(REFERENCES.get(letter, letter) for letter in text)


# What JMeter writes into samples; and what else XML knows, which needs a parser.
USUAL_PARTS = st.one_of(
    st.sampled_from(
        [
            '<responseData class="java.lang.String">a &lt;b&gt; {}</responseData>',
            "<requestHeader>GET / HTTP/1.1&#xd;\nHost: a</requestHeader>",
            "<method>GET</method>",
            "<method/>",
            "<cookies></cookies>",
            "<java.net.URL>https://a/?b=1&amp;c=2</java.net.URL>",
            "<responseData>&#x0;&#1;\x01</responseData>",
            "<other><failure>true</failure></other>",
        ]
    ),
    st.builds(
        "<assertionResult><name>{}</name><failure>{}</failure><error>false</error>{}"
        "</assertionResult>".format,
        TEXTS.map(escaped),
        st.sampled_from(["true", "false"]),
        st.one_of(
            st.just(""),
            TEXTS.map(lambda text: f"<failureMessage>{escaped(text)}</failureMessage>"),
        ),
    ),
)


ODD_PARTS = st.sampled_from(
    [
        "<responseData>a > b</responseData>",
        "<responseData><![CDATA[<sample t='1'/>]]></responseData>",
        "<!-- <httpSample> -->",
        "<other>a<more/>b</other >",
        "<?a b?>",
    ]
)


def kind_of(part: str) -> str:
    """Return what stands at most once in a sample."""
    return "method" if part.startswith("<method") else part


@st.composite
def elements(draw, odd, depth=0):
    """A sample with what stands in it, other samples included, in lines."""
    row = draw(samples())
    tag = draw(st.sampled_from(["httpSample", "httpSample", "sample"]))
    names = [n for n in ATTRIBUTES if n in NEEDED or draw(st.integers(0, 9))]
    written = {ATTRIBUTES[name]: escaped(str(row[name])) for name in names if row[name] is not None}
    if draw(st.integers(0, 9)) == 0:
        written["rm"] = draw(st.sampled_from(["a\tb\nc", "&#65;&#x1F600;", "a&#x0;b", "x\x02y"]))
    quote, gap, parts = '"', " ", USUAL_PARTS
    if odd:
        quote, gap = draw(st.sampled_from(['"', "'"])), draw(st.sampled_from([" ", "\n\t"]))
        parts = st.one_of(USUAL_PARTS, ODD_PARTS)
        # Bad samples: their times make no sense.
        written["t"] = draw(st.sampled_from([written["t"]] * 9 + ["", "abc", "-1", "1.5", " 5"]))
        written = {name: written[name] for name in draw(st.permutations(list(written)))}
    attributes = "".join(f"{gap}{name}={quote}{text}{quote}" for name, text in written.items())
    inner = [f"  {part}" for part in draw(st.lists(parts, max_size=2, unique_by=kind_of))]
    if depth < 3 and draw(st.integers(0, 3)) == 0:
        below = draw(st.lists(elements(odd, depth + 1), min_size=1, max_size=3))
        inner += [f"  {line}" for lines in below for line in lines]
    if not inner and draw(st.booleans()):
        return [f"<{tag}{attributes}/>"]
    return [f"<{tag}{attributes}>", *inner, f"</{tag}>"]


@st.composite
def xml_files(draw):
    """Files as JMeter writes them, or on one line; the end may be missing."""
    # One odd sample is enough to have what stands around it read otherwise.
    odd = draw(st.booleans())
    few = draw(st.lists(elements(odd=False), min_size=1, max_size=4))
    few += draw(st.lists(elements(odd=True), max_size=1)) if odd else []
    order = draw(st.lists(st.integers(0, len(few) - 1), min_size=1, max_size=MAX_SAMPLES))
    lines: list[str] = []
    for group in (few[number] for number in order):
        if sum("ample " in line for line in lines + group) <= MAX_SAMPLES:
            lines += group
    end = draw(st.sampled_from(["\n", "\n", "\r\n", ""]))
    lines = lines if end else [line.strip() for line in lines]
    # What a file begins with goes to the parser in any case.
    first = f'<sample t="1" ts="{START_MS}" s="true" lb="first"/>'
    head = ['<?xml version="1.0" encoding="UTF-8"?>', '<testResults version="1.2">', first, first]
    tail = draw(st.sampled_from([["</testResults>", ""], [""]]))
    return end.join([*head, *lines, *tail]).encode()


@pytest.mark.parametrize("block_bytes", [100, 1_500, 8 << 20])
@settings(deadline=None, max_examples=30)
@given(data=xml_files())
def test_elements_of_xml_are_read_as_element_tree_reads_them(path, block_bytes, data):
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "_FIRST_BYTES", 200)
        patch.setattr(stretches, "_READ_BYTES", block_bytes)
        patch.setattr(sample_reader, "_BATCH_SAMPLES", 1)
        reading = jmeter_xml.read_xml(path)
        assume(reading.requests)
        assert_rows_are(JmeterXml(), path, reading)
