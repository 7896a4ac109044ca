"""What a load test is to do: everything that a worker must know, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from perfanalysis.errors import UsageError
from perfanalysis.generator.load import Load

if TYPE_CHECKING:
    from perfanalysis.generator.session import Session

UserFunction: TypeAlias = "Callable[[Session], Awaitable[None]]"
"""One iteration of one user."""

Hook: TypeAlias = "Callable[[Session], Awaitable[Mapping[str, object] | None]]"
"""Runs once, before all users or after them; what it returns becomes their variables."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect_s: for a connection, name resolution and TLS included.
        first_byte_s: from sending to the first byte of the response.
        whole_s: from sending to the last byte of the response.
    """

    connect_s: float = 10.0
    first_byte_s: float = 60.0
    whole_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("connect_s", "first_byte_s", "whole_s"):
            if not getattr(self, name) > 0:
                raise UsageError(f"timeouts: {name}: expected more than 0")


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """How requests are made.

    Attributes:
        base_url: what paths are added to: `http://localhost:8000`.
        headers: sent with every request; one set for a request goes before one of these.
        timeouts: unless a request has its own.
        max_redirects: how many redirects are followed; 0 for none.
        max_body_bytes: the largest body that is kept, decompressed.
        insecure: do not verify TLS certificates. It is written into `run.json`.
        ca_file: certificates to trust besides the system's.
        owned_hosts: hosts outside loopback and private addresses that may be put under load. A
            request to any other public host fails without being sent.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    max_redirects: int = 10
    max_body_bytes: int = 16 << 20
    insecure: bool = False
    ca_file: str | None = None
    owned_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class WeightedUser:
    """What some of the iterations do.

    Attributes:
        name: the scenario column of the rows; None for none.
        factory: called once in every worker process; returns the function of one iteration. It
            travels there by value (cloudpickle): a function of a script or a notebook will do.
        weight: its share of the iterations, relative to the weights of the others.
    """

    name: str | None
    factory: Callable[[], UserFunction]
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise UsageError(f"user {self.name!r}: weight: expected more than 0")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A load test.

    Attributes:
        users: what the iterations do.
        load: how many of them, and when.
        http: how requests are made.
        setup: runs once before the users come; the variables that it returns are theirs. Its
            requests are not recorded. It may fail the run by raising.
        teardown: runs once after the users have gone, with the same variables.
        leave: runs once for each user when it goes, within the time that its last iteration has to
            end; a user that was interrupted does not run it.
        graceful_stop_s: how long iterations that are under way may take to end.
        workers: processes that share the load.
        seed: of random arrivals and of `Session.random`.
        max_names: how many different names are told apart; the rest are counted under one.
    """

    users: tuple[WeightedUser, ...]
    load: Load
    http: HttpSettings
    setup: Callable[[], Hook] | None = None
    teardown: Callable[[], Hook] | None = None
    leave: Callable[[], UserFunction] | None = None
    graceful_stop_s: float = 30.0
    workers: int = 1
    seed: int = 1
    max_names: int = 5000

    def __post_init__(self) -> None:
        if not self.users:
            raise UsageError("plan: users: expected at least one")
        if self.workers < 1:
            raise UsageError(f"plan: workers: expected at least 1, found {self.workers}")
