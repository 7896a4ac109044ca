"""What the users of one worker share: requests made before, new connections, the record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from perfanalysis.generator.frames import RowKind
from perfanalysis.generator.message import (
    CREDENTIALS,
    Address,
    HeaderItems,
    Origin,
    address_of,
    head_of,
    without,
)
from perfanalysis.generator.origins import Connector

if TYPE_CHECKING:
    from perfanalysis.generator.plan import HttpSettings, Timeouts
    from perfanalysis.generator.recorder import Recorder

MAX_PREPARED = 8192


class Prepared:
    """A request that can be sent again.

    Attributes:
        address, origin, url: where it goes.
        method, name, headers: as given; the name is the path where none was.
        head: request line and headers; the line that ends them is missing.
        whole: the same with that line: a request without a body.
        label: number of its name in the record.
        own_cookies, own_type: whether the headers name cookies, so that the user's jar stays
            closed, and whether they name the type of the body.
        foreign: whether it goes to another origin than the target.
    """

    __slots__ = (
        "address",
        "foreign",
        "head",
        "headers",
        "label",
        "method",
        "name",
        "origin",
        "own_cookies",
        "own_type",
        "url",
        "whole",
    )

    def __init__(
        self,
        method: str,
        address: Address,
        headers: HeaderItems,
        head: bytes,
        label: int,
        name: str,
        *,
        foreign: bool,
    ) -> None:
        self.method = method
        self.address = address
        self.origin: Origin = address.origin
        self.headers = headers
        self.head = head
        self.whole = head + b"\r\n"
        self.label = label
        self.name = name
        self.url = address.url
        self.foreign = foreign
        names = {key.lower() for key, _ in headers}
        self.own_cookies = "cookie" in names
        self.own_type = "content-type" in names


class Place:
    """Where in a test something happens: what rows tell beside their name."""

    __slots__ = ("group", "scenario", "tags")

    def __init__(
        self,
        scenario: str | None,
        group: str | None = None,
        tags: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.scenario = scenario
        self.group = group
        self.tags = tags


class Engine:
    """Shared by all users of a worker.

    Args:
        loop: the running event loop.
        settings: how requests are made.
        recorder: takes the rows.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, settings: HttpSettings, recorder: Recorder
    ) -> None:
        self.loop = loop
        self.settings = settings
        self.recorder = recorder
        self.connector = Connector(loop, settings)
        self.prepared: dict[object, Prepared] = {}
        self.defaults: HeaderItems = tuple(settings.headers.items())
        self._base = address_of("/", settings.base_url).origin
        timeouts = settings.timeouts
        self._limits_ns = round(timeouts.first_byte_s * 1e9), round(timeouts.whole_s * 1e9)

    def limits_ns(self, timeouts: Timeouts | None) -> tuple[int, int]:
        """Return the limits for the first byte and for the whole; None for the plan's."""
        if timeouts is None:
            return self._limits_ns
        return round(timeouts.first_byte_s * 1e9), round(timeouts.whole_s * 1e9)

    def headers_to(self, origin: Origin) -> dict[str, str]:
        """Return the plan's headers for an origin: credentials go to the target only."""
        is_target = origin[1:] == self._base[1:]
        return dict(self.defaults if is_target else without(self.defaults, CREDENTIALS))

    def prepare(
        self, method: str, url: str, name: str | None, headers: HeaderItems, place: Place
    ) -> Prepared:
        """Return a request that can be sent, made now or before.

        Raises:
            ValueError: the URL or a header is none.
        """
        key = (method, url, name, headers, place.scenario, place.group, place.tags)
        found = self.prepared.get(key)
        if found is None:
            address = address_of(url, self.settings.base_url)
            foreign = address.origin != self._base
            found = self.prepare_address(method, address, name, headers, place, foreign=foreign)
            if len(self.prepared) >= MAX_PREPARED:
                # URLs with numbers in them: what comes again will soon be here again.
                self.prepared.clear()
            self.prepared[key] = found
        return found

    def prepare_address(
        self,
        method: str,
        address: Address,
        name: str | None,
        headers: HeaderItems,
        place: Place,
        *,
        foreign: bool = False,
    ) -> Prepared:
        """Return a request to an address that was taken apart already.

        Args:
            method: in capitals.
            address: where it goes.
            name: what rows call it; its path if None.
            headers: of this request.
            place: where in the test it is made.
            foreign: it is not the target, or a redirect has led away from where the request went:
                the plan's credentials are not sent.

        Raises:
            ValueError: the method or a header is none.
        """
        defaults = without(self.defaults, CREDENTIALS) if foreign else self.defaults
        head = head_of(method, address, headers, defaults)
        name = name or address.path.partition("?")[0]
        label = self.recorder.label(
            RowKind.REQUEST,
            name,
            method=method,
            group=place.group,
            scenario=place.scenario,
            tags=place.tags,
        )
        return Prepared(method, address, headers, head, label, name, foreign=foreign)
