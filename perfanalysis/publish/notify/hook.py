"""Hooks: addresses that are secrets, because whoever knows them may post there."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from perfanalysis.errors import ConfigError
from perfanalysis.publish.http import Client, Patience

_SHORTEST_SECRET = 6  # shorter parts of a path are words such as `hooks`, `api`, `v1`


def secret_address(environ: Mapping[str, str], variable: str) -> str:
    """Return the address that an environment variable holds.

    Raises:
        ConfigError: it is not set, or is no http or https address; the message does not show it.
    """
    address = environ.get(variable, "").strip()
    if not address:
        raise ConfigError(
            f"{variable}: expected the address of a webhook in the environment, found none",
            hint=f"export {variable}=https://...; it is a secret, so there is no option for it",
        )
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isascii() or any(char <= " " for char in address):
        raise ConfigError(
            f"{variable}: expected an address that begins with https://, found something else",
            hint="its value is not shown, since it is a secret",
        )
    return address


def deliver(
    address: str,
    document: object | None,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    patience: Patience | None = None,
) -> None:
    """Post a JSON document, or a body that is one, and try again where that may help.

    Two messages are better than none: a post whose answer was lost is repeated.

    Raises:
        PublishRefusedError: the service refuses.
        PublishError: it cannot be reached, fails, or stays busy.
    """
    parts = urlsplit(address)
    sent = dict(headers)
    secrets = _secrets(address)
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        secrets += [user, unquote(parts.password or "")]
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    client = Client(address, headers=sent, secrets=secrets, patience=patience)
    client.request("POST", address, json=document, body=body, repeatable=True)


def _secrets(address: str) -> list[str]:
    parts = urlsplit(address)
    pieces = [*parts.path.split("/"), *(pair.partition("=")[2] for pair in parts.query.split("&"))]
    whole = [parts.path.lstrip("/"), parts.query]
    return [text for text in (*whole, *pieces) if len(text) >= _SHORTEST_SECRET]
