"""May this target be put under load? Only one's own machines, unless somebody says so.

Loopback and private addresses count as one's own. Every other address needs a word: the key
`i_own_this_target` in the scenario file, or `--i-own-this-target` once, which is remembered by a
hash of the file's place and its hosts: another file, or another target in it, is asked for again.

Two places check. Before the run every host of the scenario file is resolved, and *every* address it
has must be one's own. While it runs the engine checks each address again when it connects, which
covers redirects, addresses that a scenario got out of an answer, and names that resolve differently
the second time. A host that was agreed to may have any address.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from perfanalysis.errors import ConfigError, UsageError

Resolve = Callable[[str, int], Sequence[str]]

_OWN_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/32",  # what one's own server was told to listen on; connects to loopback
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
_STATE_FILE = "owned_targets.json"
_MAX_STATE_BYTES = 1_000_000
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A host that a scenario names, and what was found out about it.

    Attributes:
        host: a name or address, as it is connected to.
        port: of the first URL that names it.
        addresses: what the name resolves to; empty where it does not.
        is_own: every address is loopback or private, and there is one.
        problem: why the name does not resolve, or None.
    """

    host: str
    port: int
    addresses: tuple[str, ...]
    is_own: bool
    problem: str | None


def is_own_address(address: str) -> bool:
    """Return whether an IP address is loopback or private (RFC 1918, RFC 4193, link-local IPv6).

    IPv4 link-local addresses are not: clouds serve their metadata there. Nor are the shared
    addresses of carriers (100.64.0.0/10), which other customers have too. Not an address: False.

    >>> is_own_address("192.168.1.7"), is_own_address("::ffff:127.0.0.1")
    (True, True)
    >>> is_own_address("93.184.216.34"), is_own_address("169.254.169.254")
    (False, False)
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed.version == own.version and parsed in own for own in _OWN_NETWORKS)


def find_targets(urls: Iterable[str], *, resolve: Resolve | None = None) -> tuple[Target, ...]:
    """Return the hosts of some URLs with their addresses, each once.

    Args:
        urls: absolute URLs of http, https, ws or wss.
        resolve: turns host and port into addresses; raises OSError. Default: the system.
    """
    hosts: dict[str, int] = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.hostname:
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
            hosts.setdefault(parts.hostname, port)
    return tuple(_target(host, port, resolve or _resolve) for host, port in hosts.items())


def refuse_strangers(targets: Iterable[Target], *, is_agreed: bool) -> frozenset[str]:
    """Return the hosts that may be loaded although their addresses are public.

    Args:
        targets: what `find_targets` found.
        is_agreed: the user says that the targets are theirs.

    Raises:
        UsageError: a host is public, or does not resolve, and nobody said whose it is.
    """
    strangers = [target for target in targets if not target.is_own]
    if strangers and not is_agreed:
        first = strangers[0]
        public = next((a for a in first.addresses if not is_own_address(a)), None)
        found = "is a public address" if public == first.host else f"is at {public}"
        if public is None:
            found = f"does not resolve ({first.problem})"
        raise UsageError(
            f"{first.host} {found}: expected a target on loopback or private addresses",
            hint="load somebody else's service only with their leave; if it is yours, say so with "
            "--i-own-this-target (once for each scenario file) or `i_own_this_target: true` in it",
        )
    return frozenset(target.host for target in strangers)


def is_remembered(scenario: Path, targets: Iterable[Target]) -> bool:
    """Return whether `--i-own-this-target` was given before, for this file and these hosts."""
    return _fingerprint(scenario, targets) in _remembered(state_file())


def remember(scenario: Path, targets: Iterable[Target]) -> None:
    """Remember that the user owns the targets of a scenario file.

    Only a hash is kept: the state file tells neither files nor hosts.

    Raises:
        ConfigError: the state file cannot be written.
    """
    path = state_file()
    known = {*_remembered(path), _fingerprint(scenario, targets)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.write_text(json.dumps(sorted(known), indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as exc:
        raise ConfigError(
            f"{path}: cannot be written: {exc.strerror}",
            hint="write `i_own_this_target: true` into the scenario file instead",
        ) from exc


def state_file() -> Path:
    """Return where it is remembered which targets are the user's own (XDG base directories).

    Raises:
        ConfigError: there is no home folder, as in some containers.
    """
    base = os.environ.get("XDG_STATE_HOME") or ""
    # The specification says that relative paths are to be ignored.
    if not base.startswith("/"):
        try:
            base = str(Path.home() / ".local" / "state")
        except RuntimeError as exc:
            raise ConfigError(
                "there is no home folder to remember the target's owner in",
                hint="set XDG_STATE_HOME, or write `i_own_this_target: true` into the file",
            ) from exc
    return Path(base) / "perfanalysis" / _STATE_FILE


def _target(host: str, port: int, resolve: Resolve) -> Target:
    addresses: tuple[str, ...] = ()
    problem = None
    try:
        addresses = tuple(dict.fromkeys(resolve(host, port)))
    except (OSError, UnicodeError) as exc:
        problem = getattr(exc, "strerror", None) or str(exc)
    own = bool(addresses) and all(is_own_address(address) for address in addresses)
    return Target(host=host, port=port, addresses=addresses, is_own=own, problem=problem)


def _resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _fingerprint(scenario: Path, targets: Iterable[Target]) -> str:
    hosts = sorted(target.host for target in targets if not target.is_own)
    content = "\0".join([str(scenario.resolve()), *hosts])
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()


def _remembered(path: Path) -> frozenset[str]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_MAX_STATE_BYTES))
    except (OSError, ValueError, RecursionError):
        # Forgetting is safe: the user is asked again.
        return frozenset()
    if not isinstance(content, list):
        return frozenset()
    return frozenset(entry for entry in content if isinstance(entry, str))
