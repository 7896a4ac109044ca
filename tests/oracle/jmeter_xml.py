"""JTL files in XML, one element at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from tests.oracle.jmeter import (
    CONTROLLER,
    END_OF_TIME_US,
    BadSampleError,
    Sample,
    elapsed,
    number,
    reading_of,
    single,
    verdict,
)
from tests.oracle.reading import Reading, read_bytes

SAMPLES = ("httpSample", "sample", "sampleResult")
JMETER = {
    *("t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rs", "rm", "tn", "dt", "de", "by", "sby"),
    *("sc", "ec", "ng", "na", "hn"),
}
# The attributes of JMeter before 2.1.
FORMER = {
    "timeStamp": "ts",
    "time": "t",
    "label": "lb",
    "responseCode": "rc",
    "responseMessage": "rm",
    "threadName": "tn",
    "dataType": "dt",
    "success": "s",
}
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|(\d+));", re.ASCII)
CONTROLS = dict.fromkeys(code for code in range(32) if chr(code) not in "\t\n\r")


@dataclass(kw_only=True)
class Around:
    """The sample around an element.

    Attributes:
        part: of a request that is counted.
        holds_requests: it is no request but holds them: a transaction controller.
    """

    label: str | None
    part: bool
    holds_requests: bool


def read_xml(path: Path) -> Reading:
    """Return what stands in a file; samples inside others come before them."""
    text = read_bytes(path).decode().translate(CONTROLS)
    text = REFERENCE.sub(lambda found: found[0] if is_character(found) else "", text)
    if "</testResults>" not in text:
        text += "</testResults>"
    root = ET.fromstring(text.lstrip())
    found = list(samples_in(root, None, encoded=root.get("version") == "1.0"))
    return reading_of(
        [sample for sample in found if sample is not None], sum(sample is None for sample in found)
    )


def is_character(reference: re.Match[str]) -> bool:
    """Say whether a reference is to a character that XML knows."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    ranges = ((9, 10), (13, 13), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
    return any(first <= code <= last for first, last in ranges)


def samples_in(
    element: ET.Element, around: Around | None, *, encoded: bool
) -> Iterator[Sample | None]:
    """Yield the samples in an element, None for a bad one."""
    for child in element:
        if child.tag not in SAMPLES:
            yield from samples_in(child, around, encoded=encoded)
            continue
        given = dict(child.attrib)
        if child.tag == "sampleResult":
            given = {FORMER.get(name, name): text for name, text in given.items()}
            if encoded:
                given = {name: unquote_plus(text) for name, text in given.items()}
        inner = next((one for one in child.iter() if one.tag in SAMPLES and one is not child), None)
        marked = CONTROLLER.fullmatch(given.get("rm", "")) is not None
        mixed = inner is not None and child.tag != "httpSample" and inner.tag == "httpSample"
        own = Around(
            label=given.get("lb"),
            part=around is not None and (around.part or not around.holds_requests),
            holds_requests=marked or mixed,
        )
        yield from samples_in(child, own, encoded=encoded)
        try:
            yield sample_of(child, given, own, around)
        except BadSampleError:
            yield None


def sample_of(
    element: ET.Element, given: dict[str, str], own: Around, around: Around | None
) -> Sample:
    if any(given.get(name, "") != given.get(name, "").strip() for name in ("ts", "t", "by")):
        raise BadSampleError("blanks")
    stamp = number(given.get("ts"), least=0, digits=15)
    if stamp is None or stamp * 1000 >= END_OF_TIME_US:
        raise BadSampleError("ts")
    single(given.get("sc"))
    return Sample(
        stamp_us=stamp * 1000,
        elapsed_ms=elapsed(given.get("t")),
        ok=verdict(given.get("s")),
        label=given.get("lb", ""),
        code=given.get("rc") or given.get("rs"),
        message=given.get("rm"),
        thread=given.get("tn", ""),
        failure=failure_of(element),
        method=next((child.text for child in element if child.tag == "method"), None),
        bytes_received=number(given.get("by")),
        bytes_sent=number(given.get("sby")),
        active=number(given.get("na")),
        latency_ms=number(given.get("lt")),
        connect_ms=number(given.get("ct")),
        tags=tags_of(given) or None,
        # A controller is not counted beside what it holds.
        part=own.part or own.holds_requests,
        group=around.label if around is not None else None,
    )


def failure_of(element: ET.Element) -> str | None:
    """Return the message of the first assertion that failed, or its name."""
    for child in element:
        if child.tag == "assertionResult":
            said = {part.tag: part.text for part in child}
            if "true" in (said.get("failure"), said.get("error")):
                return said.get("failureMessage") or said.get("name")
    return None


def tags_of(given: dict[str, str]) -> list[tuple[str, str]]:
    tags = [
        (name, text)
        for name, text in given.items()
        if name not in JMETER and text not in ("", "null")
    ]
    return tags + ([("Hostname", given["hn"])] if "hn" in given else [])
