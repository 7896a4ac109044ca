"""Connections: to the host of an address, through the proxy of the environment if there is one."""

from __future__ import annotations

import urllib.request
from urllib.parse import SplitResult, unquote, urlsplit

import urllib3

from perfanalysis.errors import ConfigError


def pool(base: str) -> urllib3.PoolManager:
    """Return connections to a host, through the proxy of the environment if there is one.

    Raises:
        ConfigError: the proxy's address is none that is understood.
    """
    parts = urlsplit(base)
    host = parts.hostname or ""
    address = urllib.request.getproxies().get(parts.scheme)
    if not address or urllib.request.proxy_bypass(host):
        return urllib3.PoolManager()
    try:
        return _through(urlsplit(address if "://" in address else f"http://{address}"))
    except (ValueError, urllib3.exceptions.HTTPError) as exc:
        # The address is not shown: it may hold a password.
        raise ConfigError(
            f"{parts.scheme}_proxy: expected an address such as http://proxy.example:3128"
        ) from exc


def _through(proxy: SplitResult) -> urllib3.ProxyManager:
    if not proxy.hostname:
        raise ValueError("no host")
    headers = None
    if proxy.username is not None:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers = urllib3.make_headers(proxy_basic_auth=user)
    port = "" if proxy.port is None else f":{proxy.port}"
    return urllib3.ProxyManager(f"{proxy.scheme}://{proxy.hostname}{port}", proxy_headers=headers)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address: what two requests to one service share."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, default if port is None else port


def host(url: str) -> str:
    """Return host and port of an address, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]
