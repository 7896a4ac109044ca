"""Endpoints that answer well, badly, late, too much, or not at all."""

from __future__ import annotations

import gzip
import socket
import threading

import pytest

from perfanalysis.monitor.endpoint import Endpoint
from perfanalysis.monitor.fetch import MAX_BODY_BYTES
from perfanalysis.monitor.source import ReadingError
from perfanalysis.traces.psutil_readings import readings
from perfanalysis.traces.series_entry import points_of_entry

TEXT = "# TYPE queue gauge\nqueue 3\n"


def endpoint(url, **settings):
    known = {
        "name": None,
        "label": "url test",
        "secrets": (),
        "only_text": False,
        "interval_s": 1.0,
    }
    return Endpoint(url, **known | settings)


@pytest.fixture
def source(server):
    """The endpoint of the server."""
    source = endpoint(server.url)
    yield source
    source.close()


def metrics(sampled):
    if sampled.entry["type"] == "series":
        return {point.metric: point.value for point in points_of_entry(sampled.entry)}
    return {reading.figure.metric: reading.value for reading in readings(sampled.entry)}


def test_json_is_flattened(server, source, answers):
    server.answer = answers('{"jobs": {"waiting": 3}, "up": true, "state": "ok"}', "text/json")
    assert metrics(source.read()) == {"app.jobs.waiting": 3.0, "app.up": 1.0}


def test_the_connection_is_kept(server, source, answers):
    server.answer = answers('{"a": 1}', "application/json")
    ports = []
    server.answer = lambda handler: (
        ports.append(handler.client_address[1]),
        answers('{"a": 1}', "application/json")(handler),
    )
    source.read()
    source.read()
    assert len(ports) == 2
    assert len(set(ports)) == 1


def test_a_kept_connection_that_the_server_closed_meanwhile_is_no_failure(server, source, answers):
    def answer_and_close(handler):
        answers('{"a": 1}', "application/json")(handler)
        handler.close_connection = True  # without having said so

    server.answer = answer_and_close
    assert metrics(source.read()) == {"app.a": 1.0}
    assert metrics(source.read()) == {"app.a": 1.0}
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain; version=0.0.4; charset=utf-8", TEXT),
        ("text/plain", TEXT),
        (None, TEXT),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", f"{TEXT}# EOF\n"),
        ("application/json", '{"queue": 3}'),
        ("application/vnd.shop+json; charset=utf-8", '{"queue": 3}'),
        ("text/plain", ' {"queue": 3}'),
        (None, '{"queue": 3}'),
    ],
)
def test_what_an_answer_is_follows_from_its_content_type_or_first_character(
    server, source, answers, content_type, body
):
    server.answer = answers(body, content_type)
    assert metrics(source.read()) == {"app.queue": 3.0}


def test_an_endpoint_may_change_what_it_answers(server, source, answers):
    server.answer = answers('{"queue": 1}', "application/json")
    assert metrics(source.read()) == {"app.queue": 1.0}
    server.answer = answers(TEXT, "text/plain; version=0.0.4")
    assert metrics(source.read()) == {"app.queue": 3.0}
    server.answer = answers("<html>", "text/html")
    with pytest.raises(ReadingError, match="expected JSON or metrics as text, found text/html"):
        source.read()
    server.answer = answers('{"queue": 2}', "application/json")
    assert metrics(source.read()) == {"app.queue": 2.0}


def test_an_endpoint_that_must_be_text_refuses_json(server, answers):
    source = endpoint(server.url, only_text=True)
    server.answer = answers('{"queue": 1}', "application/json")
    with pytest.raises(ReadingError, match="expected metrics as text, found JSON"):
        source.read()
    source.close()
    assert "openmetrics-text" in server.requests[0]["Accept"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "is no JSON"),
        ("\x00\xff garbage", "is no JSON"),
        ("[1, 2]", "expected a JSON object, found list"),
        ("3", "expected a JSON object, found int"),
        ('{"a":' * 50_000, "is no JSON"),
        ("1" * 10_000, "is no JSON"),
        ("", "is no JSON"),
    ],
)
def test_garbage_is_a_failed_reading(server, source, answers, body, message):
    server.answer = answers(body, "application/json")
    with pytest.raises(ReadingError, match=message):
        source.read()


@pytest.mark.parametrize("status", [204, 301, 404, 500, 503])
def test_any_other_status_than_200_is_a_failed_reading(server, source, answers, status):
    server.answer = answers('{"a": 1}', "application/json", status=status)
    with pytest.raises(ReadingError, match=f"it answers {status}"):
        source.read()
    server.answer = answers('{"a": 1}', "application/json")
    assert metrics(source.read()) == {"app.a": 1.0}


def test_gzip_is_unpacked(server, source, answers):
    body = gzip.compress(b'{"a": 1}')
    server.answer = answers(body, "application/json", Content_Encoding="gzip")
    assert metrics(source.read()) == {"app.a": 1.0}
    assert server.requests[0]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "encoding", "message"),
    [
        (gzip.compress(b"0" * (MAX_BODY_BYTES + 1)), "gzip", "longer than 4 MiB"),
        (gzip.compress(b'{"a": 1}')[:-9], "gzip", "ends too early"),
        (b'{"a": 1}', "gzip", "damaged"),
        (b'{"a": 1}', "br", "encoded as 'br'"),
    ],
    # A body begins with the time of its compression, and names must be alike in every process.
    ids=["bomb", "cut", "not compressed", "unknown"],
)
def test_damaged_compression_and_bombs_are_failed_readings(
    server, source, answers, body, encoding, message
):
    server.answer = answers(body, "application/json", Content_Encoding=encoding)
    with pytest.raises(ReadingError, match=message):
        source.read()


def test_a_huge_body_is_not_read_to_its_end(server, source):
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        block = b" " * 65536
        try:
            while not server.released.is_set():
                handler.wfile.write(block)
                sent.append(len(block))
        except ConnectionError:
            handler.close_connection = True

    server.answer = endless
    with pytest.raises(ReadingError, match="longer than 4 MiB"):
        source.read()
    assert sum(sent) < 64 << 20


def test_a_body_that_ends_before_its_length_is_a_failed_reading(server, source):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"a": 1}')
        handler.close_connection = True

    server.answer = cut
    with pytest.raises(ReadingError, match="before its announced length"):
        source.read()


def test_chunks_are_put_together_and_missing_ones_are_noticed(server, source):
    def chunked(ending):
        def answer(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b'4\r\n{"a"\r\n4\r\n: 1}\r\n' + ending)
            handler.close_connection = True

        return answer

    server.answer = chunked(b"0\r\n\r\n")
    assert metrics(source.read()) == {"app.a": 1.0}
    server.answer = chunked(b"9")
    with pytest.raises(ReadingError, match="IncompleteRead"):
        source.read()


def test_a_body_without_length_ends_with_the_connection(server, source):
    def unmeasured(handler):
        handler.wfile.write(b'HTTP/1.0 200 OK\r\n\r\n{"a": 1}')
        handler.close_connection = True

    server.answer = unmeasured
    assert metrics(source.read()) == {"app.a": 1.0}
    assert metrics(source.read()) == {"app.a": 1.0}


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_http_is_a_failed_reading(server, source, raw):
    def answer(handler):
        handler.wfile.write(raw)
        handler.close_connection = True

    server.answer = answer
    with pytest.raises(ReadingError):
        source.read()


def test_nobody_listening_is_a_failed_reading(closed_port):
    with pytest.raises(ReadingError, match="refused"):
        endpoint(f"http://127.0.0.1:{closed_port}/").read()


def failing(source):
    """Read in a thread that collects the failure."""
    failures = []

    def read():
        try:
            source.read()
        except ReadingError as exc:
            failures.append(exc)

    thread = threading.Thread(target=read)
    thread.start()
    return thread, failures


def test_a_server_that_says_nothing_is_interrupted(server, source):
    arrived = threading.Event()

    def hang(handler):
        del handler
        arrived.set()
        server.released.wait()

    server.answer = hang
    reading, failures = failing(source)
    assert arrived.wait(10)
    source.interrupt()
    reading.join(10)
    assert len(failures) == 1
    assert len(server.requests) == 1  # it is not asked again


def test_user_and_password_are_sent_and_never_told(server, answers):
    url = server.url.replace("http://", "http://tester:p%40ss@")
    source = endpoint(url, secrets=("p%40ss", "p@ss"))
    server.answer = answers('{"a": 1}', "application/json", status=401)
    with pytest.raises(ReadingError) as caught:
        source.read()
    source.close()
    assert server.requests[0]["Authorization"] == "Basic dGVzdGVyOnBAc3M="
    assert "p@ss" not in str(caught.value)


def test_a_path_with_blanks_and_umlauts_is_quoted(server, answers):
    server.answer = answers('{"a": 1}', "application/json")
    source = endpoint(server.url.replace("metrics.json", "größe/a b?x=ü%20y"))
    source.read()
    source.close()
    assert server.requests[0]["path"] == "/gr%C3%B6%C3%9Fe/a%20b?x=%C3%BC%20y"


def test_tls_without_a_valid_certificate_is_a_failed_reading(server):
    source = endpoint(server.url.replace("http://", "https://"))
    with pytest.raises(ReadingError):
        source.read()
    source.close()


def test_interrupting_between_readings_does_nothing(server, source, answers):
    server.answer = answers('{"a": 1}', "application/json")
    source.interrupt()
    assert metrics(source.read()) == {"app.a": 1.0}


def test_a_socket_that_accepts_and_never_answers_is_interrupted():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        source = endpoint(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        reading, failures = failing(source)
        accepted, _ = listening.accept()
        while reading.is_alive():
            source.interrupt()
            reading.join(0.01)
        accepted.close()
    assert len(failures) == 1
