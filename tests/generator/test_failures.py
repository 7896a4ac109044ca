"""Whatever servers and networks do wrong becomes a row with a word for it; nothing is raised."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from perfanalysis.generator import failures
from perfanalysis.generator.plan import Timeouts

SHORT = Timeouts(connect_s=2.0, first_byte_s=0.2, whole_s=0.5)


def get(path="/", **options):
    async def user(session):
        return await session.get(path, **options)

    return user


def failed(done, error):
    """The one row, after checking that it and the response tell of a failure."""
    (row,) = done.rows
    assert (row["ok"], row["error"]) == (False, error)
    assert done.result.error == error
    assert row["latency_ms"] >= 0
    return row


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


def reset(end: socket.socket) -> None:
    """Close in a way that sends a reset."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def test_a_server_that_is_not_there_refuses(act):
    done = act(get(), base_url=f"http://127.0.0.1:{free_port()}")
    row = failed(done, failures.REFUSED)
    assert (row["status"], row["bytes_sent"], row["connect_ms"]) == (None, None, None)
    assert done.result.status == 0


def test_a_connection_that_closes_without_an_answer(server, act):
    server.answers["/"] = lambda *_: False
    row = failed(act(get(), base_url=server.url), failures.CLOSED_EARLY)
    assert row["bytes_sent"] > 0
    assert row["bytes_received"] == 0


@pytest.mark.parametrize(
    "half",
    [
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
)
def test_half_a_response(server, act, half):
    def answer(end, request):
        end.sendall(half)
        return False

    server.answers["/"] = answer
    done = act(get(), base_url=server.url)
    row = failed(done, failures.CLOSED_WITHIN)
    assert row["bytes_received"] == len(half)
    assert done.result.content == b""


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"])
def test_a_reset(server, act, sent):
    def answer(end, request):
        if sent:
            end.sendall(sent)
            time.sleep(0.05)  # so that what was sent is not thrown away with the connection
        reset(end)
        return False

    server.answers["/"] = answer
    failed(act(get(), base_url=server.url), failures.RESET)


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello, I am no HTTP server\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: minus\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_no_http(server, act, garbage):
    def answer(end, request):
        end.sendall(garbage)
        return True

    server.answers["/"] = answer
    failed(act(get(), base_url=server.url), failures.MALFORMED)


def test_after_a_malformed_response_the_connection_is_not_used_again(server, act):
    server.answers["/bad"] = b"nonsense\r\n\r\n"

    async def user(session):
        await session.get("/bad")
        return await session.get("/")

    assert act(user, base_url=server.url).result.error is None
    assert server.connections == 2


def test_more_than_was_asked_for_is_not_taken_for_the_next_response(server, act, response):
    server.answers["/"] = response(b"first") + response(b"nobody asked")

    async def user(session):
        first = await session.get("/")
        server.answers["/"] = response(b"second")
        return first.content, (await session.get("/")).content

    assert act(user, base_url=server.url).result == (b"first", b"second")


def test_a_server_that_hangs_runs_into_the_time_for_the_first_byte(server, act):
    hanging = threading.Event()

    def answer(end, request):
        hanging.wait(10)
        return False

    server.answers["/"] = answer
    row = failed(act(get(timeout=SHORT), base_url=server.url), failures.FIRST_BYTE_TIMEOUT)
    hanging.set()
    assert 190 <= row["latency_ms"] < 5000


def test_a_server_that_drips_runs_into_the_time_for_the_whole(server, act):
    stopping = threading.Event()

    def answer(end, request):
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not stopping.wait(0.05):
            end.sendall(b"x")
        return False

    server.answers["/"] = answer
    row = failed(act(get(timeout=SHORT), base_url=server.url), failures.TIMEOUT)
    stopping.set()
    assert 490 <= row["latency_ms"] < 5000


def test_a_server_that_does_not_read_runs_into_the_time_for_the_first_byte(act):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        async def user(session):
            return await session.post("/", body=bytes(50 << 20), timeout=SHORT)

        row = failed(act(user, base_url=url), failures.FIRST_BYTE_TIMEOUT)
    assert row["send_ms"] is None


def test_the_whole_time_counts_for_the_first_byte_too(server, act):
    hanging = threading.Event()
    server.answers["/"] = lambda *_: hanging.wait(10)
    limits = Timeouts(connect_s=1.0, first_byte_s=60.0, whole_s=0.1)
    failed(act(get(timeout=limits), base_url=server.url), failures.TIMEOUT)
    hanging.set()


def test_the_time_runs_anew_for_each_request(server, act):
    def answer(end, request):
        time.sleep(0.4)
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    server.answers["/"] = answer
    limits = Timeouts(first_byte_s=1.0, whole_s=1.0)

    async def user(session):
        return [(await session.get("/", timeout=limits)).error for _ in range(3)]

    assert act(user, base_url=server.url).result == [None] * 3


def test_after_a_time_out_the_connection_is_not_used_again(server, act, response):
    def late(end, request):
        time.sleep(0.4)
        end.sendall(response(b"late"))
        return True

    server.answers["/late"] = late

    async def user(session):
        first = await session.get("/late", timeout=SHORT)
        return first.error, (await session.get("/")).content

    done = act(user, base_url=server.url)
    assert done.result == (failures.FIRST_BYTE_TIMEOUT, b"ok")


def test_a_connection_that_cannot_be_made_in_time(act):
    # A listener whose queue is full lets further connections wait.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for end in waiting:
            end.settimeout(0)
            end.connect_ex(listener.getsockname())
        limits = Timeouts(connect_s=0.2)
        done = act(get(timeout=limits), base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        for end in waiting:
            end.close()
    failed(done, failures.CONNECT_TIMEOUT)


def test_a_name_that_nobody_knows(act):
    failed(act(get(), base_url="http://no-such-host.invalid"), failures.NAME_NOT_RESOLVED)


def test_a_public_address_is_not_connected_to_unless_it_is_owned(act):
    failed(act(get(), base_url="http://8.8.8.8"), failures.NOT_OWNED)


def test_an_owned_host_may_be_public(act):
    limits = Timeouts(connect_s=0.05)
    done = act(
        get(timeout=limits), base_url="http://192.0.2.1", owned_hosts=frozenset({"192.0.2.1"})
    )
    assert done.result.error != failures.NOT_OWNED
    assert done.result.error is not None


def test_a_body_that_is_too_large_is_given_up(server, act, response):
    server.answers["/"] = response(b"x" * 5000)
    failed(act(get(), base_url=server.url, max_body_bytes=1000), failures.BODY_TOO_LARGE)
    done = act(get(keep_body=False), base_url=server.url, max_body_bytes=1000)
    assert done.result.error is None


def test_a_compressed_body_that_is_damaged_is_a_failure(server, act, response):
    server.answers["/"] = response(b"no gzip", headers={"content-encoding": "gzip"})
    row = failed(act(get(), base_url=server.url), failures.BAD_CONTENT)
    assert row["status"] == "200"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_connection_given_up_while_idle_is_replaced_without_a_failure(server, act, method):
    calls = []

    def answer(end, request):
        calls.append(request.connection)
        if len(calls) == 2:
            return False  # the second request finds the connection closing
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    server.answers["/"] = answer

    async def user(session):
        return [(await session.request(method, "/")).error for _ in range(2)]

    done = act(user, base_url=server.url)
    assert done.result == [None, None]
    assert calls == [1, 1, 2]
    assert len(done.rows) == 2


def test_a_post_is_not_sent_twice(server, act):
    calls = []

    def answer(end, request):
        calls.append(request.method)
        if len(calls) == 2:
            return False
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    server.answers["/"] = answer

    async def user(session):
        return [(await session.post("/")).error for _ in range(2)]

    assert act(user, base_url=server.url).result == [None, failures.CLOSED_EARLY]
    assert len(calls) == 2


def test_errors_tell_no_address_and_no_port(server, act):
    async def user(session):
        await session.get(f"http://127.0.0.1:{free_port()}/?token=s3cret", name="a")
        await session.get("http://no-such-host.invalid/s3cret", name="b")

    for row in act(user, base_url=server.url).rows:
        text = f"{row['error']} {row['name']}"
        assert "127" not in text
        assert "invalid" not in text
        assert "s3cret" not in text


def test_every_word_for_a_failure_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "generate-engine.md").read_text(encoding="utf-8")
    words = {value for name, value in vars(failures).items() if name.isupper() and name[0] != "_"}
    assert len(words) > 20
    assert {word for word in words if f"`{word}`" not in text} == set()
