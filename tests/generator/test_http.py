"""Requests and responses as they should be: bodies, keep-alive, what is recorded."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import zlib

import pytest

HELLO_WORLD = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def get(path="/", **options):
    async def user(session):
        return await session.get(path, **options)

    return user


def test_a_response_has_status_headers_and_body(server, act, response):
    server.answers["/a"] = response(b'{"id": 7}', headers={"X-Thing": "yes"})
    done = act(get("/a?x=1", name="thing"), base_url=server.url)
    assert (done.result.status, done.result.json(), done.result.error) == (200, {"id": 7}, None)
    assert done.result.headers["x-thing"] == "yes"
    assert done.result.latency_ms > 0
    (row,) = done.rows
    assert (row["name"], row["kind"], row["method"]) == ("thing", "request", "GET")
    assert (row["status"], row["ok"], row["error"]) == ("200", True, None)
    assert row["bytes_sent"] == server.requests[0].size
    assert row["bytes_received"] == len(server.answers["/a"])


def test_the_path_without_its_query_is_the_name(server, act):
    assert [row["name"] for row in act(get("/a?x=1"), base_url=server.url).rows] == ["/a"]


def test_a_request_says_what_it_should(server, act):
    async def user(session):
        await session.get("/a b/ü", params={"q": "x&y", "n": 3, "none": None, "on": True})
        await session.post("/json", json={"a": 1}, headers={"X-Own": "1"})
        await session.post("/form", form={"a": "1 2", "b": "ü"})
        await session.put("/raw", body="text", headers={"Content-Type": "text/plain"})
        await session.post("/none")

    act(user, base_url=server.url, headers={"X-All": "2", "accept": "text/html"})
    plain, as_json, form, raw, none = server.requests
    assert plain.path == "/a%20b/%C3%BC?q=x%26y&n=3&on=true"
    assert plain.headers["host"] == f"127.0.0.1:{server.port}"
    assert plain.headers["accept"] == "text/html"
    assert "content-length" not in plain.headers
    assert (as_json.body, as_json.headers["content-type"]) == (b'{"a":1}', "application/json")
    assert (as_json.headers["X-Own"], as_json.headers["X-All"]) == ("1", "2")
    assert form.body == b"a=1+2&b=%C3%BC"
    assert (raw.body, raw.headers["Content-Type"]) == (b"text", "text/plain")
    assert none.headers["content-length"] == "0"


def test_a_user_keeps_one_connection_and_its_time_is_counted_once(server, act):
    async def user(session):
        for _ in range(3):
            await session.get("/")

    done = act(user, base_url=server.url)
    assert server.connections == 1
    first, second, third = done.rows
    assert first["connect_ms"] > 0
    assert (second["connect_ms"], third["blocked_ms"], third["tls_ms"]) == (0, 0, 0)
    for row in done.rows:
        parts = row["send_ms"] + row["wait_ms"] + row["receive_ms"]
        assert row["latency_ms"] == pytest.approx(parts, abs=1e-6)


def test_requests_made_at_the_same_time_have_connections_of_their_own(server, act):
    async def user(session):
        await asyncio.gather(*(session.get("/") for _ in range(5)))
        await session.get("/")

    act(user, base_url=server.url)
    assert server.connections == 5


def test_a_server_that_closes_gets_a_new_connection_for_the_next_request(server, act, response):
    server.answers["/"] = response(headers={"Connection": "close"})

    async def user(session):
        return [(await session.get("/")).error for _ in range(3)]

    assert act(user, base_url=server.url).result == [None] * 3
    assert server.connections == 3


@pytest.mark.parametrize(
    "raw",
    [
        CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        HELLO_WORLD,
        b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO_WORLD,
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + HELLO_WORLD,
    ],
    ids=["chunked", "length", "continue", "early-hints"],
)
def test_bodies_are_read_as_they_are_framed_and_the_connection_goes_on(server, act, raw):
    server.answers["/"] = raw

    async def user(session):
        return [await session.get("/") for _ in range(2)]

    done = act(user, base_url=server.url)
    assert [(one.status, one.content, one.error) for one in done.result] == [
        (200, b"hello world", None)
    ] * 2
    assert server.connections == 1


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_body_without_length_ends_with_the_connection(server, act, version):
    def answer(end, request):
        end.sendall(b"HTTP/%b 200 OK\r\n\r\nhello" % version)
        end.sendall(b" world")
        return False

    server.answers["/"] = answer
    result = act(get(), base_url=server.url).result
    assert (result.content, result.error) == (b"hello world", None)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_statuses_have_no_body(server, act, status):
    server.answers["/"] = f"HTTP/1.1 {status}\r\n\r\n".encode()

    async def user(session):
        return [(await session.get("/")).error for _ in range(2)]

    assert act(user, base_url=server.url).result == [None, None]
    assert server.connections == 1


def test_the_answer_to_head_has_no_body_whatever_it_says(server, act):
    server.answers["/"] = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"

    async def user(session):
        first = await session.head("/")
        server.answers["/"] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        return first, await session.get("/")

    head, after = act(user, base_url=server.url).result
    assert (head.status, head.content, head.error) == (200, b"", None)
    assert head.headers["content-length"] == "5000"
    assert after.content == b"ok"
    assert server.connections == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "gzip, gzip"])
def test_compressed_bodies_are_decompressed(server, act, response, encoding):
    window = {"gzip": 31, "deflate": 15, "raw": -15}
    body = b"hello " * 1000
    for part in encoding.split(", "):
        stream = zlib.compressobj(wbits=window[part])
        body = stream.compress(body) + stream.flush()
    named = encoding.replace("raw", "deflate")
    server.answers["/"] = response(body, headers={"Content-Encoding": named})
    result = act(get(), base_url=server.url).result
    assert (result.content, result.error) == (b"hello " * 1000, None)


def test_a_body_that_nobody_reads_is_counted_and_dropped(server, act, response):
    server.answers["/"] = response(b"x" * 100_000, headers={"Content-Encoding": "gzip"})
    done = act(get(keep_body=False), base_url=server.url)
    assert (done.result.content, done.result.error) == (b"", None)
    assert done.rows[0]["bytes_received"] == len(server.answers["/"])


def test_large_requests_are_sent_whole_and_their_sending_is_timed(server, act):
    body = bytes(range(256)) * 40_000

    def answer(end, request):
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    server.answers["/"] = answer

    async def user(session):
        return await session.post("/", body=body)

    done = act(user, base_url=server.url)
    assert done.result.error is None
    assert server.requests[0].body == body
    (row,) = done.rows
    assert row["bytes_sent"] == server.requests[0].size
    assert row["send_ms"] > 0
    assert row["send_ms"] + row["wait_ms"] + row["receive_ms"] == pytest.approx(row["latency_ms"])


def test_waiting_and_receiving_are_told_apart(server, act):
    def answer(end, request):
        time.sleep(0.05)
        end.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        time.sleep(0.3)
        end.sendall(b"cd")
        return True

    server.answers["/"] = answer
    (row,) = act(get(), base_url=server.url).rows
    assert row["wait_ms"] >= 49
    assert row["latency_ms"] >= 349
    assert row["receive_ms"] > 50  # less than the pause: the first part may be seen late


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "503 Service Unavailable"])
def test_a_status_of_400_and_above_is_a_failure(server, act, response, status):
    server.answers["/"] = response(status=status)
    done = act(get(), base_url=server.url)
    (row,) = done.rows
    assert (row["ok"], row["status"]) == (False, status[:3])
    assert row["error"] == done.result.error == f"HTTP {status[:3]}"


def test_what_is_expected_decides_whether_a_request_failed(server, act, response):
    server.answers["/missing"] = response(status="404 Not Found")

    async def user(session):
        await session.get("/missing", expect=lambda r: None if r.status == 404 else "found")
        await session.get("/", expect=lambda r: None if b"welcome" in r.content else "no welcome")

    rows = act(user, base_url=server.url).rows
    assert [(row["ok"], row["error"]) for row in rows] == [(True, None), (False, "no welcome")]


def test_an_expectation_that_raises_leaves_a_failed_row_and_raises(server, act):
    seen = []

    async def user(session):
        with pytest.raises(json.JSONDecodeError):
            await session.get("/", expect=lambda response: response.json()["id"])
        seen.append((await session.get("/")).error)

    rows = act(user, base_url=server.url).rows
    assert [(row["ok"], row["error"]) for row in rows] == [
        (False, "expect: JSONDecodeError"),
        (True, None),
    ]
    assert seen == [None]


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-A": "b\r\nX-C: d"}},
        {"headers": {"X A": "b"}},
        {"headers": {"Content-Length": "5"}},
        {"json": {}, "form": {}},
    ],
)
def test_what_would_break_a_request_is_refused_before_it_is_sent(server, act, options):
    with pytest.raises(ValueError, match=r"header|request"):
        act(get("/", **options), base_url=server.url)
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://user:secret@127.0.0.1/"])
def test_what_is_no_url_is_refused(server, act, url):
    with pytest.raises(ValueError, match="URL") as caught:
        act(get(url), base_url=server.url)
    assert "secret" not in str(caught.value)


def test_line_breaks_in_a_path_are_escaped(server, act):
    act(get("/a\r\nX-Evil: 1\r\n\r\n"), base_url=server.url)
    (request,) = server.requests
    assert request.path == "/a%0D%0AX-Evil:%201%0D%0A%0D%0A"


def test_a_check_is_a_row_without_latency_and_fails_nothing(server, act):
    async def user(session):
        async with session.group("shop"):
            await session.get("/")
            assert session.check("is cheap", passed=False) is False

    request, check, group = act(user, base_url=server.url).rows
    assert (check["kind"], check["name"], check["ok"]) == ("check", "is cheap", False)
    assert (check["latency_ms"], check["group"]) == (None, "shop")
    assert (group["kind"], group["name"], group["ok"], group["group"]) == (
        "transaction",
        "shop",
        True,
        None,
    )
    assert request["group"] == "shop"
    assert group["latency_ms"] >= request["latency_ms"]


def test_a_group_fails_with_a_request_in_it_and_groups_nest(server, act, response):
    server.answers["/no"] = response(status="500 Oops")

    async def user(session):
        async with session.group("outer"):
            async with session.group("inner"):
                await session.get("/no")
            async with session.group("other"):
                await session.get("/")

    rows = act(user, base_url=server.url).rows
    groups = {
        row["name"]: (row["ok"], row["group"]) for row in rows if row["kind"] == "transaction"
    }
    assert groups == {
        "outer::inner": (False, "outer"),
        "outer::other": (True, "outer"),
        "outer": (False, None),
    }


def test_tags_are_kept_beside_the_row(server, act):
    rows = act(get("/", tags={"shop": "a"}), base_url=server.url).rows
    assert rows[0]["tags"] == [("shop", "a")]


def test_ipv6_addresses_can_be_reached(act):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]

        async def user(session):
            async def answer(reader, writer):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(head) + head)
                writer.close()

            running = await asyncio.start_server(answer, sock=listener)
            result = await session.get("/")
            running.close()
            return result

        result = act(user, base_url=f"http://[::1]:{port}").result
    assert f"host: [::1]:{port}" in result.text
