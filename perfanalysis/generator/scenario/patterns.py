"""Regular expressions and JSONPath, as they are safe on the answers of strangers.

Regular expressions run on RE2, whose time grows with the text and never with its combinations: a
hostile body cannot stop the generator. RE2 knows no look-around and no back-references. JSONPath is
RFC 9535, by a library that passes its compliance suite; its `match` and `search` run on RE2 too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

Which: TypeAlias = Literal["first", "last", "random", "all"]

MAX_PROGRAM_BYTES = 8 << 20
MAX_PATTERN = 2000
INSTALL_HINT = "pip install 'perfanalysis[generate]'"


class PatternError(ValueError):
    """A regular expression or JSONPath cannot be understood."""


class BodyError(Exception):
    """A body is not what a JSONPath can look into."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression.

    Attributes:
        text: as it was written.
    """

    text: str
    _compiled: Any

    def is_in(self, body: bytes) -> bool:
        """Return whether the expression matches anywhere."""
        return self._compiled.search(body) is not None

    def captures(self, body: bytes, most: int) -> list[str]:
        """Return the first group of each match, or the match where there is no group.

        Args:
            body: where to look, UTF-8.
            most: stop after so many.
        """
        group = min(self._compiled.groups, 1)
        found: list[str] = []
        for match in self._compiled.finditer(body):
            if len(found) >= most:
                break
            found.append((match.group(group) or b"").decode("utf-8", "replace"))
        return found


@dataclass(frozen=True)
class JsonPath:
    """A JSONPath.

    Attributes:
        text: as it was written.
    """

    text: str
    _query: JSONPathQuery

    def first(self, document: object) -> tuple[bool, object]:
        """Return whether anything was found, and the first value.

        Raises:
            BodyError: the document is nested too deeply.
        """
        if not isinstance(document, dict | list):
            return (True, document) if self.text.strip() == "$" else (False, None)
        node = _guarded(lambda: self._query.find_one(document))
        return (False, None) if node is None else (True, node.value)

    def all(self, document: object) -> list[object]:
        """Return every value that was found.

        Raises:
            BodyError: the document is nested too deeply.
        """
        if not isinstance(document, dict | list):
            return [document] if self.text.strip() == "$" else []
        found: Sequence[object] = _guarded(lambda: self._query.find(document).values())
        return list(found)


def compile_pattern(text: str) -> Pattern:
    """Return a regular expression in RE2's language.

    Raises:
        PatternError: it is none, or RE2 does not know what it asks for.
        UsageError: RE2 is not installed.
    """
    try:
        import re2
    except ImportError as exc:
        raise UsageError("regular expressions need google-re2", hint=INSTALL_HINT) from exc
    if len(text) > MAX_PATTERN:
        raise PatternError(f"expected at most {MAX_PATTERN} characters, found {len(text)}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        # A pattern of bytes searches bodies as they came, without decoding them first.
        return Pattern(text, re2.compile(text.encode(), options))
    except re2.error as exc:
        reason = exc.args[0].decode() if isinstance(exc.args[0], bytes) else str(exc)
        raise PatternError(
            f"{text!r}: {reason} (RE2 has no look-around and no back-references)"
        ) from exc


def compile_jsonpath(text: str) -> JsonPath:
    """Return a JSONPath.

    Raises:
        PatternError: it is none.
        UsageError: the library is not installed.
    """
    environment = _environment()
    from jsonpath_rfc9535 import JSONPathError

    try:
        return JsonPath(text, environment.compile(text))
    except JSONPathError as exc:
        raise PatternError(f"{text!r}: expected a JSONPath such as $.items[0].id: {exc}") from exc


def parse_json(body: bytes) -> object:
    """Return the document in a body.

    Raises:
        BodyError: it holds none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        reason = "nested too deeply" if isinstance(exc, RecursionError) else "no JSON"
        raise BodyError(f"the body is {reason}") from exc


def _guarded(find: Any) -> Any:  # noqa: ANN401  (what the caller's function returns)
    from jsonpath_rfc9535 import JSONPathError

    try:
        return find()
    except (JSONPathError, RecursionError) as exc:
        raise BodyError("the body is nested too deeply") from exc


@cache
def _environment() -> JSONPathEnvironment:
    try:
        from jsonpath_rfc9535 import JSONPathEnvironment
        from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
    except ImportError as exc:
        raise UsageError("JSONPath needs jsonpath-rfc9535", hint=INSTALL_HINT) from exc

    class Regex(FilterFunction):
        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  (as declared)
        return_type = ExpressionType.LOGICAL

        def __init__(self, *, whole: bool) -> None:
            self.whole = whole

        def __call__(self, value: object, pattern: object) -> bool:
            if not isinstance(value, str) or not isinstance(pattern, str):
                return False
            text = f"^(?:{pattern})$" if self.whole else pattern
            try:
                return _cached_pattern(text).is_in(value.encode("utf-8", "replace"))
            except PatternError:
                return False

    environment = JSONPathEnvironment()
    environment.function_extensions["match"] = Regex(whole=True)
    environment.function_extensions["search"] = Regex(whole=False)
    return environment


# A query may take its pattern out of the document: what is kept must be bounded.
@lru_cache(maxsize=64)
def _cached_pattern(text: str) -> Pattern:
    return compile_pattern(text)
