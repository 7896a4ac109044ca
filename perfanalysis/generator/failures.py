"""Why a request failed, in words that stay the same from run to run.

The words tell no address, no port and nothing that the server said: rows with one cause are counted
together, and no secret of a URL gets into a result. A status is told as `HTTP 503`.
"""

from __future__ import annotations

import errno
import socket
import ssl

REFUSED = "connection refused"
RESET = "connection reset"
CLOSED = "connection closed"
CLOSED_EARLY = "connection closed before the response"
CLOSED_WITHIN = "connection closed within the response"
CONNECT_TIMEOUT = "connect timeout"
FIRST_BYTE_TIMEOUT = "first byte timeout"
TIMEOUT = "timeout"
NAME_NOT_RESOLVED = "name not resolved"
HOST_UNREACHABLE = "host unreachable"
NETWORK_UNREACHABLE = "network unreachable"
TOO_MANY_FILES = "too many open files"
NO_LOCAL_PORT = "no free local port"
CERTIFICATE = "TLS: certificate not trusted"
TLS_HANDSHAKE = "TLS: handshake failed"
MALFORMED = "malformed response"
BODY_TOO_LARGE = "body too large"
BAD_CONTENT = "malformed content encoding"
UNKNOWN_CONTENT = "unknown content encoding"
TOO_MANY_REDIRECTS = "too many redirects"
BAD_REDIRECT = "malformed redirect"
NOT_OWNED = "target not owned"
NOT_UPGRADED = "WebSocket refused"
NO_MESSAGE = "no message"

_BY_NUMBER = {
    errno.ECONNREFUSED: REFUSED,
    errno.ECONNRESET: RESET,
    errno.EPIPE: RESET,
    errno.ECONNABORTED: RESET,
    errno.ETIMEDOUT: CONNECT_TIMEOUT,
    errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.ENETUNREACH: NETWORK_UNREACHABLE,
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: TOO_MANY_FILES,
    errno.EADDRNOTAVAIL: NO_LOCAL_PORT,
}


_BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, CERTIFICATE),
    (ssl.SSLError, TLS_HANDSHAKE),
    (socket.gaierror, NAME_NOT_RESOLVED),
)
_WITHOUT_NUMBER: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, CONNECT_TIMEOUT),
    (ConnectionError, RESET),
)


class RequestFailedError(Exception):
    """A request came to no response; the text is one of this module's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class IterationFailedError(Exception):
    """An iteration cannot go on because of what the target answered, or because it did not.

    Its row tells why; it is no error of the test.
    """


def failure_text(exc: BaseException) -> str:
    """Return what to call an error of a connection.

    >>> failure_text(ConnectionRefusedError(111, "connect to 10.0.0.7:80"))
    'connection refused'
    """
    if isinstance(exc, RequestFailedError):
        return exc.text
    for kind, text in _BY_TYPE:
        if isinstance(exc, kind):
            return text
    number = exc.errno if isinstance(exc, OSError) else None
    if number is not None:
        known = _BY_NUMBER.get(number)
        return known or f"connection failed ({errno.errorcode.get(number, number)})"
    for kind, text in _WITHOUT_NUMBER:
        if isinstance(exc, kind):
            return text
    return f"connection failed ({type(exc).__name__})"
