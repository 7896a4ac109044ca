"""YAML with the line of every key: plain data, no surprises.

Only `true` and `false` are booleans and only digits are numbers, as in YAML 1.2: `no` stays a word,
`1:30` and `2026-01-01` stay texts. A key that stands twice is an error, not the last one's victory.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from perfanalysis.errors import ConfigError

Place: TypeAlias = tuple[str | int, ...]

_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
MAX_FILE_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 100


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own attribute)


for _tag, _pattern, _first in (
    ("null", r"(?:~|null|)", "~n\0"),
    ("bool", r"(?:true|false)", "tf"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
    ("merge", "<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^{_pattern}$", re.ASCII),
        list(_first.replace("\0", "")) + ([""] if "\0" in _first else []),
    )


class Document:
    """The content of a YAML file, and where everything in it stands.

    Args:
        path: the file.

    Raises:
        ConfigError: it cannot be read, is no YAML, or is not keys and values.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self._nodes = 0
        text = _read(path)
        try:
            # The reader looks at the text at once, and refuses what no YAML may hold.
            self._loader = _Loader(text)
            root = self._loader.get_single_node()
            content = self._plain(root, ()) if root is not None else {}
        except yaml.MarkedYAMLError as exc:
            line = exc.problem_mark.line + 1 if exc.problem_mark else 1
            raise ConfigError(f"{path}:{line}: expected YAML: {exc.problem}") from exc
        except yaml.YAMLError as exc:
            raise ConfigError(f"{path}: expected YAML: {str(exc).splitlines()[0]}") from exc
        except RecursionError as exc:
            raise ConfigError(f"{path}: it is nested too deeply") from exc
        if not isinstance(content, dict):
            found = type(content).__name__
            raise ConfigError(f"{path}:1: expected keys and values, found {found}")
        self.content: dict[str, Any] = content

    def line(self, place: Place) -> int:
        """Return the line of the nearest thing around a place.

        Parts that are no keys of the file, such as the kinds that a validator tries, are skipped.
        """
        known: Place = ()
        for part in place:
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines.get(known, 1)

    def _plain(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401  (YAML holds anything)
        self._nodes += 1
        # An alias is expanded wherever it stands: a few lines can stand for billions of them.
        if self._nodes > MAX_NODES or len(place) > MAX_DEPTH:
            raise ConfigError(f"{self.path}: it holds more than a scenario file may")
        self.lines.setdefault(place, node.start_mark.line + 1)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTIONS:
            line = node.start_mark.line + 1
            raise ConfigError(f"{self.path}:{line}: expected YAML without tags, found {node.tag}")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(entry, (*place, n)) for n, entry in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        self._refuse_twins(node)
        self._loader.flatten_mapping(node)
        mapping = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            mapping[key] = self._plain(value_node, (*place, key))
        return mapping

    def _refuse_twins(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key, line = self._key(key_node), key_node.start_mark.line + 1
            if key in seen:
                raise ConfigError(f"{self.path}:{line}: {key!r} stands in line {seen[key]} already")
            seen[key] = line

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            line = node.start_mark.line + 1
            raise ConfigError(f"{self.path}:{line}: expected a word as key")
        return str(node.value)

    def _scalar(self, node: yaml.Node) -> Any:  # noqa: ANN401  (a scalar of any type)
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError) as exc:
            line = node.start_mark.line + 1
            raise ConfigError(f"{self.path}:{line}: {node.value!r}: {exc}") from exc


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: it is larger than a scenario file may be (1 MB)")
        return raw.decode("utf-8-sig")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: expected UTF-8: {exc.reason}") from exc
