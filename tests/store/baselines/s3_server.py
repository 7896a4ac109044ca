"""A bucket on this machine that speaks as much of S3's protocol as s3fs needs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Bucket:
    """Objects by key; one request at a time changes them, as S3 promises.

    Attributes:
        conditional: whether `If-None-Match` is heeded, as by S3 since 2024.
        forbidden: whether every request is refused.
        puts: keys in the order in which they were written.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.lock = threading.Lock()
        self.conditional = True
        self.forbidden = False
        self.puts: list[str] = []
        self.url = ""


@contextmanager
def s3_bucket() -> Iterator[Bucket]:
    """Serve a bucket on a port that is free."""
    bucket = Bucket()
    handler = type("BucketHandler", (_Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        key = self._key()
        content = self._body()
        if self._refused():
            return
        with self.bucket.lock:
            taken = key in self.bucket.objects
            if taken and self.bucket.conditional and self.headers.get("If-None-Match") == "*":
                condition = "<Condition>If-None-Match</Condition>"
                self._answer(412, _error("PreconditionFailed", condition))
                return
            self.bucket.objects[key] = (content, datetime.now(UTC))
            self.bucket.puts.append(key)
        self._answer(200, b"", {"ETag": _etag(content)})

    def do_GET(self) -> None:
        if self._refused():
            return
        parts = urlsplit(self.path)
        if not self._key():
            self._answer(200, self._listing(parse_qs(parts.query)))
            return
        with self.bucket.lock:
            found = self.bucket.objects.get(self._key())
        if found is None:
            self._answer(404, _error("NoSuchKey"))
            return
        content, modified = found
        headers = {"ETag": _etag(content), "Last-Modified": format_datetime(modified, usegmt=True)}
        asked = self.headers.get("Range")
        if asked is None:
            self._answer(200, content, headers)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        span = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        self._answer(206, part, {**headers, "Content-Range": span})

    do_HEAD = do_GET  # noqa: N815  (the name is theirs)

    def do_DELETE(self) -> None:
        with self.bucket.lock:
            self.bucket.objects.pop(self._key(), None)
        self._answer(204, b"")

    def do_POST(self) -> None:
        body = self._body().decode()
        keys = [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]
        with self.bucket.lock:
            for key in keys:
                self.bucket.objects.pop(key, None)
        gone = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult {NAMESPACE}>{gone}</DeleteResult>".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is theirs)
        """Say nothing: the tests look at what came of it."""

    def _key(self) -> str:
        path = unquote(urlsplit(self.path).path)
        return path.strip("/").partition("/")[2]

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _refused(self) -> bool:
        if self.bucket.forbidden:
            self._answer(403, _error("AccessDenied"))
        return self.bucket.forbidden

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        delimiter = query.get("delimiter", [""])[0]
        with self.bucket.lock:
            keys = sorted(key for key in self.bucket.objects if key.startswith(prefix))
            objects = {key: self.bucket.objects[key] for key in keys}
        folders: dict[str, None] = {}
        rows = []
        for key, (content, modified) in objects.items():
            head, sign, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if sign:
                folders[f"{prefix}{head}{delimiter}"] = None
                continue
            rows.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
                f"<LastModified>{modified:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                f"<ETag>{escape(_etag(content))}</ETag></Contents>"
            )
        rows += [
            f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
            for folder in folders
        ]
        listed = f"<IsTruncated>false</IsTruncated><KeyCount>{len(rows)}</KeyCount>{''.join(rows)}"
        return f"<ListBucketResult {NAMESPACE}>{listed}</ListBucketResult>".encode()

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _error(code: str, more: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message>{more}</Error>".encode()
