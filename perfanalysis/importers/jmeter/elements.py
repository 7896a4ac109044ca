"""Samples from the elements of a JTL file in XML, nested ones included."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

from perfanalysis.errors import InputError
from perfanalysis.importers.jmeter.request_columns import MAX_ERROR_CHARACTERS
from perfanalysis.importers.jmeter.requests import CONTROLLER
from perfanalysis.importers.jmeter.tags import NO_VALUE

SAMPLE_TAGS = frozenset(("sample", "httpSample", "sampleResult"))
_MAX_DEPTH = 256
# Longer texts are of no use; the parser would pile them up.
MAX_TEXT_CHARACTERS = 4 * MAX_ERROR_CHARACTERS
KNOWN = frozenset(
    (
        *("t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rs", "rm", "tn", "dt", "de"),
        *("by", "sby", "sc", "ec", "ng", "na", "hn"),
    )
)
# The attributes of JMeter before 2.1 (results of version 1.0).
_AVALON = {
    "timeStamp": "ts",
    "time": "t",
    "label": "lb",
    "responseCode": "rc",
    "responseMessage": "rm",
    "threadName": "tn",
    "dataType": "dt",
    "success": "s",
}
# Plugins' own kinds of results are written with their fields as elements.
_FIELDS = {
    "label": "lb",
    "responseCode": "rc",
    "responseMessage": "rm",
    "threadName": "tn",
    "success": "s",
    "elapsedTime": "t",
    "timeStamp": "ts",
    "startTime": "startTime",
    "latency": "lt",
    "connectTime": "ct",
    "bytes": "by",
    "sentBytes": "sby",
    "allThreads": "na",
    "sampleCount": "sc",
}
_OF_ASSERTION = frozenset(("name", "failure", "error", "failureMessage"))
_PLUGIN_RESULT = re.compile(r"\.\w*SampleResult\w*$")
_CONTROLLER = re.compile(CONTROLLER)
_CONTROLLER_START = "Number of samples"


class Sample:
    """One sample element: open until its end tag, then a row.

    Attributes:
        attributes: by JMeter's short names; other names are sample variables.
        part: it is part of a request that is counted.
        group: label of the sample that it stands in.
        failure: message of the first assertion that failed.
        method: of an HTTP request, where responses were saved.
    """

    __slots__ = (
        *("attributes", "controller", "depth", "failure", "fields", "group", "line", "method"),
        *("part", "tag"),
    )

    def __init__(self, tag: str, attributes: dict[str, str], line: int, depth: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.depth = depth
        self.controller: bool | None = None
        self.part = False
        self.group: str | None = None
        self.failure: str | None = None
        self.method: str | None = None
        self.fields: dict[str, str] | None = None

    def holds_requests(self, child_tag: str) -> bool:
        """Say whether what stands in this sample are requests: it is a transaction controller.

        Decided at its first child: it says so in its message, or is no HTTP sample but holds them.
        """
        if self.controller is None:
            mixed = self.tag != "httpSample" and child_tag == "httpSample"
            self.controller = mixed or self.is_marked_controller()
        return self.controller

    def is_marked_controller(self) -> bool:
        """Say whether the message is that of a transaction controller."""
        message = self.attributes.get("rm", "")
        return message.startswith(_CONTROLLER_START) and _CONTROLLER.match(message) is not None

    def tags(self) -> dict[str, str] | None:
        """Return the sample variables and the host name; None if there are none."""
        if KNOWN.issuperset(self.attributes) and "hn" not in self.attributes:
            return None
        extra = {
            name: value
            for name, value in self.attributes.items()
            if name not in KNOWN and value not in ("", NO_VALUE)
        }
        if "hn" in self.attributes:
            extra["Hostname"] = self.attributes["hn"]
        return extra or None


class SampleElements:
    """Takes the events of a parser and collects samples.

    Attributes:
        done: samples whose end tag was read, children before parents.
        open: samples whose end tag was not read yet, the outermost first.
        strange: tags at the top level that are no samples, with their lines.
        hidden_parts: how many parts of plugins' samples were passed over.
        column: of the first sample at the top level, from 0; None before.
    """

    def __init__(self, label: str) -> None:
        self.done: list[Sample] = []
        self.open: list[Sample] = []
        self.strange: list[tuple[str, int]] = []
        self.hidden_parts = 0
        self.column: int | None = None
        self.url_encoded = False
        self._label = label
        self._depth = 0
        self._lines_before = 0
        self._listening = 0  # depth of the element whose text is wanted, or 0
        self._text: list[str] = []
        self._room = 0
        self._assertion: dict[str, str] | None = None

    @property
    def at_top(self) -> bool:
        """Whether no element but the root is open."""
        return self._depth <= 1

    def attach(self, parser: Any, first_line: int) -> None:  # noqa: ANN401  (pyexpat names no type)
        """Listen to a parser, which gets a root element and then what stands from a line on."""
        self._parser = parser
        self._lines_before = first_line - 1
        self._depth = self._listening = 0
        self.open.clear()
        self._assertion = None
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if tag in SAMPLE_TAGS:
            self._open(tag, attributes)
        elif self.open:
            self._start_inside(tag, self.open[-1])
        elif self._depth == 2:
            self._start_strange(tag)
        if self._depth > _MAX_DEPTH:
            raise InputError(
                f"{self._label}:{self._line()}: expected elements at most "
                f"{_MAX_DEPTH} deep, found deeper ones"
            )

    def _line(self) -> int:
        line: int = self._lines_before + self._parser.CurrentLineNumber
        return line

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sampleResult":
            attributes = {_AVALON.get(name, name): text for name, text in attributes.items()}
            if self.url_encoded:
                attributes = {name: unquote_plus(text) for name, text in attributes.items()}
        sample = Sample(tag, attributes, self._line(), self._depth)
        if self.open:
            parent = self.open[-1]
            sample.part = parent.part or not parent.holds_requests(tag)
            sample.group = parent.attributes.get("lb")
        elif self.column is None:
            self.column = self._parser.CurrentColumnNumber
        self.open.append(sample)

    def _start_inside(self, tag: str, sample: Sample) -> None:
        level = self._depth - sample.depth
        if sample.fields is not None:
            if level == 1 and tag in _FIELDS:
                self._listen()
            elif _PLUGIN_RESULT.search(tag):
                self.hidden_parts += 1
        elif level == 1 and tag == "assertionResult":
            self._assertion = {}
        elif (level == 2 and self._assertion is not None and tag in _OF_ASSERTION) or (
            level == 1 and tag == "method"
        ):
            self._listen()

    def _start_strange(self, tag: str) -> None:
        if "." not in tag:
            self.strange.append((tag, self._line()))
            return
        sample = Sample(tag, {}, self._line(), self._depth)
        sample.fields = {}
        self.open.append(sample)

    def _listen(self) -> None:
        self._text = []
        self._room = MAX_TEXT_CHARACTERS
        self._listening = self._depth
        self._parser.CharacterDataHandler = self._hear

    def _hear(self, text: str) -> None:
        if self._room > 0:
            self._text.append(text[: self._room])
            self._room -= len(text)

    def _end(self, tag: str) -> None:
        depth = self._depth
        self._depth -= 1
        if not self.open:
            return
        sample = self.open[-1]
        if depth == sample.depth:
            self._close(self.open.pop())
        elif depth == self._listening:
            self._parser.CharacterDataHandler = None
            self._listening = 0
            self._keep(tag, "".join(self._text), sample)
        elif tag == "assertionResult" and self._assertion is not None:
            self._judge_assertion(self._assertion, sample)
            self._assertion = None

    def _keep(self, tag: str, text: str, sample: Sample) -> None:
        if sample.fields is not None:
            sample.fields.setdefault(tag, text)
        elif self._assertion is not None:
            self._assertion[tag] = text
        else:
            sample.method = text or None

    def _judge_assertion(self, assertion: dict[str, str], sample: Sample) -> None:
        failed = "true" in (assertion.get("failure"), assertion.get("error"))
        if failed and sample.failure is None:
            sample.failure = assertion.get("failureMessage") or assertion.get("name")

    def _close(self, sample: Sample) -> None:
        if sample.fields is not None:
            sample.attributes = _attributes_of_fields(sample.fields)
        # A controller is not counted beside what it holds.
        sample.part = sample.part or bool(sample.controller) or sample.is_marked_controller()
        self.done.append(sample)


def _attributes_of_fields(fields: dict[str, str]) -> dict[str, str]:
    attributes = {_FIELDS[name]: text for name, text in fields.items()}
    start = attributes.pop("startTime", "")
    # Some plugins leave the time stamp at 0, but all note the start.
    if start.isdigit() and int(start) > 0:
        attributes["ts"] = start
    return attributes
