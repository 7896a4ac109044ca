"""Objects of a JSON file, one at a time: an array of objects, JSON lines, or objects in a row."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from perfanalysis.errors import InputError
from perfanalysis.importers.source import InputFile, refuse_half_surrogates

_READ_BYTES = 1 << 20
_MAX_OBJECT_CHARACTERS = 64 << 20
# A token that the end of the buffer cuts in two is shorter, except for a string.
_TOKEN_CHARACTERS = 16
_BETWEEN = " \t\r\n,\0"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonObjects:
    """Reads the objects of a file in memory that does not grow with it.

    Args:
        file: an array of objects, JSON lines, or objects one after another.

    Attributes:
        cut_line: where the file ends within an object or before the end of its array: the tool was
            killed. None while that has not been met.
    """

    def __init__(self, file: InputFile) -> None:
        self.cut_line: int | None = None
        self._file = file
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._position = 0
        self._line = 1
        self._ended = False
        self._in_array = False

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield every object with the line where it begins.

        Raises:
            InputError: the file is no JSON, holds something else than objects or half a surrogate
                pair, or an object is larger than 64 Mi characters.
        """
        with self._file.open() as stream:
            utf8 = codecs.getincrementaldecoder("utf-8-sig")()
            while self._skip(stream, utf8):
                value = self._object(stream, utf8)
                if value is None:
                    self.cut_line = self._line
                    return
                yield value
        if self._in_array:
            self.cut_line = self._line

    def _skip(self, stream: BinaryIO, utf8: codecs.IncrementalDecoder) -> bool:
        """Go to the next object; False at the end."""
        while True:
            while self._position == len(self._text):
                if not self._more(stream, utf8):
                    return False
            character = self._text[self._position]
            if character == "{":
                return True
            if character in _BETWEEN:
                pass
            elif character == "[" and not self._in_array:
                self._in_array = True
            elif character == "]" and self._in_array:
                self._in_array = False
            else:
                found = self._text[self._position : self._position + 20]
                raise self._error("an object", found)
            self._line += character == "\n"
            self._position += 1

    def _object(
        self, stream: BinaryIO, utf8: codecs.IncrementalDecoder
    ) -> tuple[int, dict[str, Any]] | None:
        """Return the object at the position; None if the file ends within it."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._position)
            except json.JSONDecodeError as exc:
                if not self._may_go_on(exc):
                    raise self._error("JSON", exc.msg, exc.pos) from exc
                if not self._more(stream, utf8):
                    return None
                continue
            except (RecursionError, ValueError) as exc:
                raise self._error("JSON of sensible depth and numbers", str(exc)) from exc
            line = self._line
            # Objects without any, which is nearly all of them, need no second look.
            if _SURROGATE.search(self._text, self._position, end):
                refuse_half_surrogates(value, f"{self._file.label}:{line}")
            self._line += self._text.count("\n", self._position, end)
            self._position = end
            return line, value

    def _may_go_on(self, exc: json.JSONDecodeError) -> bool:
        cut_token = exc.pos >= len(self._text) - _TOKEN_CHARACTERS
        return cut_token or exc.msg.startswith("Unterminated string")

    def _more(self, stream: BinaryIO, utf8: codecs.IncrementalDecoder) -> bool:
        """Read on; False at the end of the file.

        As much is read as is pending, so that an object of many pieces is not parsed once a piece.
        """
        if self._ended:
            return False
        pending = self._text[self._position :]
        if len(pending) > _MAX_OBJECT_CHARACTERS:
            raise self._error(
                f"objects of at most {_MAX_OBJECT_CHARACTERS >> 20} MiB", pending[:20]
            )
        data = stream.read(max(_READ_BYTES, len(pending)))
        self._ended = not data
        try:
            self._text = pending + utf8.decode(data)
        except UnicodeDecodeError as exc:
            raise self._error("JSON in UTF-8", exc.reason) from exc
        self._position = 0
        return not self._ended

    def _error(self, expected: str, found: str, position: int | None = None) -> InputError:
        line = self._line
        if position is not None:
            line += self._text.count("\n", self._position, position)
        return InputError(f"{self._file.label}:{line}: expected {expected}, found {found!r}")
