"""A budget file as keys and values that know their lines: YAML, and JSON as a part of it.

The file may come from a pull request: it is read with nothing but text, lists and mappings in it,
its size, depth and number of values are bounded, and aliases, by which a few lines grow to
gigabytes, are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from perfanalysis.errors import ConfigError

if TYPE_CHECKING:
    import yaml

Location: TypeAlias = tuple[int | str, ...]
Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"

MOST_BYTES = 256 * 1024
_MOST_DEPTH = 12
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, kw_only=True)
class Document:
    """The content of one file.

    Attributes:
        label: what messages call it: the path as given.
        content: every scalar is text, as a name may be `404` and a version `1.10`; null is None.
        lines: of every key and item, counted from 1; empty for content that is no file's.
    """

    label: str
    content: Value
    lines: Mapping[Location, int]

    def line(self, where: Location) -> int | None:
        """Return the line of a key, or of what holds it."""
        outwards = (where[:length] for length in range(len(where), -1, -1))
        return next((self.lines[part] for part in outwards if part in self.lines), None)

    def place(self, where: Location) -> str:
        """Return how messages begin: `budget.yml:3: budgets[1].metric`."""
        known = where
        while known and self.lines and known not in self.lines:
            known = known[:-1]
        line = self.line(where)
        file = self.label if line is None else f"{self.label}:{line}"
        return f"{file}: {key_text(known)}" if known else file


def key_text(where: Location) -> str:
    """Return a location as people write it.

    >>> key_text(("budgets", 1, "metric"))
    'budgets[1].metric'
    """
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(path: Path) -> Document:
    """Return the content of a budget file.

    Raises:
        ConfigError: it cannot be read, is too large, or is no YAML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from exc
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{path}: expected at most {MOST_BYTES // 1024} KiB of budgets")
    # JSON may be indented with tabs, YAML may not; inside JSON's strings there are none.
    return parse_document(str(path), text.replace("\t", " ") if path.suffix == ".json" else text)


def parse_document(label: str, text: str) -> Document:
    """Return the content of YAML text.

    Raises:
        ConfigError: it is no YAML, or holds what a budget file may not.
    """
    import yaml

    try:
        root = _loader(label, text).get_single_node()
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ConfigError(f"{label}:{line}: expected YAML: {exc.problem}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"{label}: expected YAML: {str(exc).splitlines()[0]}") from exc
    lines: dict[Location, int] = {}
    content = None if root is None else _content(label, root, (), lines)
    return Document(label=label, content=content, lines=lines)


def plain_document(content: Mapping[str, object]) -> Document:
    """Return what a caller wrote as objects of Python instead of a file."""
    return Document(label="budgets", content=_texts(content, 0), lines={})


def _loader(label: str, text: str) -> Any:  # noqa: ANN401  (a class made of a library loaded late)
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads nodes without aliases, down to a bounded depth."""

        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise ConfigError(f"{label}:{line}: aliases (*{event.anchor}) are not read here")
            if self.depth >= _MOST_DEPTH:
                raise ConfigError(f"{label}:{line}: nested deeper than any budget")
            self.depth += 1
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1

    return Loader(text)


def _content(label: str, node: yaml.Node, where: Location, lines: dict[Location, int]) -> Value:
    import yaml

    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_content(label, part, (*where, i), lines) for i, part in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return None if node.tag == _NULL else _whole(str(node.value))
    found: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(f"{label}:{line}: expected a key, found a list or mapping")
        key = _whole(str(key_node.value))
        if key in found:
            place = key_text((*where, key))
            raise ConfigError(f"{label}:{line}: {place} stands twice: one would be ignored")
        lines[*where, key] = line
        found[key] = _content(label, value_node, (*where, key), lines)
    return found


def _whole(text: str) -> str:
    """Return text whose halves of characters, as JSON escapes them, are put together."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _texts(value: object, depth: int) -> Value:
    if depth > _MOST_DEPTH:
        raise ConfigError("budgets: nested deeper than any budget")
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {str(key): _texts(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(part, depth + 1) for part in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
