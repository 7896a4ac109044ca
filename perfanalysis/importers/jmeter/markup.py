"""The text of a JTL file in XML, made fit for an XML parser without moving its line numbers.

JMeter writes characters that XML forbids, appends to files that end in `</testResults>`, and leaves
the closing tag out when it is killed. So root tags and forbidden characters are taken out here, and
the parser sees one endless root.
"""

from __future__ import annotations

import codecs
import re

from perfanalysis.errors import InputError
from perfanalysis.importers.byte_search import count_below, count_byte
from perfanalysis.importers.source import InputFile

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_ROOT = re.compile(rb"<\?xml\b[^>]*>|<(/?)testResults\b[^>]*>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_VERSION = re.compile(rb"""version\s*=\s*["']([^"']*)["']""")
# References to what is no character of XML 1.0: most controls, surrogates, U+FFFE, U+FFFF and
# numbers above U+10FFFF.
_FORBIDDEN_REFERENCE = re.compile(
    rb"""&\#(?:
        x0*(?: [0-8bBcCeEfF] | 1[0-9a-fA-F]
             | [dD][89a-fA-F][0-9a-fA-F]{2} | [fF]{3}[eEfF]
             | (?:1[1-9a-fA-F]|[2-9a-fA-F][0-9a-fA-F])[0-9a-fA-F]{4} | [1-9a-fA-F][0-9a-fA-F]{6,})?
      | 0*(?: [0-8] | 1[124-9] | 2[0-9] | 3[01]
            | 5529[6-9] | 55[3-9]\d\d | 56\d{3} | 57[0-2]\d\d | 573[0-3]\d | 5734[0-3]
            | 6553[45] | 111411[2-9] | 11141[2-9]\d | 1114[2-9]\d\d | 111[5-9]\d{3}
            | 11[2-9]\d{4} | 1[2-9]\d{5} | [2-9]\d{6} | [1-9]\d{7,})?
    );""",
    re.VERBOSE,
)


def without_forbidden(text: bytes) -> bytes:
    """Return a text without characters, and references to characters, that XML forbids."""
    return _without_references(_without_controls(text))


def _without_controls(text: bytes) -> bytes:
    # Counting is quicker than copying, which next to no text needs.
    if count_below(text, b" ") == count_byte(text, b"\n"):
        return text
    return text.translate(None, _CONTROLS)


def _without_references(text: bytes) -> bytes:
    return _FORBIDDEN_REFERENCE.sub(b"", text) if b"&#" in text else text


class Markup:
    """Cleans the text of a file, stretch by stretch.

    Attributes:
        encoding: as the XML declaration says, or None; known after the first stretch.
        version: of `testResults`, as the last one said.
        opened: how many root elements began.
        closed: how many root elements ended.
    """

    def __init__(self, file: InputFile) -> None:
        self.encoding: str | None = None
        self.version = ""
        self.opened = 0
        self.closed = 0
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def utf8(self) -> bool:
        """Whether the text is in UTF-8 as it is."""
        return self.encoding is None or self.encoding.upper() in ("UTF-8", "US-ASCII")

    def cleaned(self, data: bytes, line: int) -> bytes:
        """Return a stretch fit for a parser, with as many lines.

        Args:
            data: ends between tags.
            line: number of its first line.

        Raises:
            InputError: there is a document type, or the encoding is unknown.
        """
        at = data.find(b"<!DOCTYPE")
        if at >= 0:
            line += data.count(b"\n", 0, at)
            raise InputError(
                f"{self._file.label}:{line}: expected test results without a document type, "
                "found <!DOCTYPE",
                hint="JMeter writes none; entities of strangers are not read",
            )
        if b"testResults" in data or b"<?xml" in data:
            data = _ROOT.sub(self._without_root, data)
        return _without_references(self._in_utf8(_without_controls(data)))

    def _in_utf8(self, data: bytes) -> bytes:
        if self.encoding is None or self.utf8:
            return data
        try:
            # Tags were found as ASCII: an encoding that writes them otherwise does not fit.
            if "<".encode(self.encoding) != b"<":
                raise LookupError("it does not contain ASCII")  # noqa: TRY301
            if self._decoder is None:
                self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
            return self._decoder.decode(data).encode()
        except (LookupError, UnicodeError) as exc:
            raise InputError(
                f"{self._file.label}:1: expected a known encoding, found {self.encoding!r}: {exc}"
            ) from exc

    def _without_root(self, found: re.Match[bytes]) -> bytes:
        tag = found.group(0)
        if tag.startswith(b"<?"):
            declared = _ENCODING.search(tag)
            if self.encoding is None and declared is not None:
                self.encoding = declared.group(1).decode("ascii")
        elif found.group(1):
            self.closed += 1
        else:
            self.opened += 1
            version = _VERSION.search(tag)
            self.version = version.group(1).decode("latin-1") if version else ""
            self.closed += tag.endswith(b"/>")
        return b"\n" * tag.count(b"\n")
