"""Where redirects lead, and what does not go with them."""

from __future__ import annotations

import pytest

from perfanalysis.generator import failures

SECRETS = {"Authorization": "Bearer t0ken", "Cookie": "own=1", "X-Trace": "7"}


def leading(to, status="302 Found"):
    return f"HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode()


def test_every_hop_is_a_row_under_the_name_of_the_first(server, act):
    server.answers |= {"/a": leading("/b"), "/b": leading("c?x=1"), "/c": b""}
    server.answers["/c"] = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nend"

    async def user(session):
        return await session.get("/a", name="journey")

    done = act(user, base_url=server.url)
    assert (done.result.content, done.result.url) == (b"end", f"{server.url}/c?x=1")
    assert [(row["name"], row["status"], row["ok"]) for row in done.rows] == [
        ("journey", "302", True),
        ("journey", "302", True),
        ("journey", "200", True),
    ]


@pytest.mark.parametrize(
    ("status", "method", "after"),
    [
        ("301 Moved", "POST", "GET"),
        ("302 Found", "POST", "GET"),
        ("302 Found", "PUT", "PUT"),
        ("303 See Other", "PUT", "GET"),
        ("303 See Other", "HEAD", "HEAD"),
        ("307 Temporary", "POST", "POST"),
        ("308 Permanent", "POST", "POST"),
    ],
)
def test_method_and_body_follow_as_in_browsers(server, act, status, method, after):
    server.answers["/a"] = leading("/b", status)
    body = None if method == "HEAD" else "data"

    async def user(session):
        await session.request(method, "/a", body=body, headers={"Content-Type": "text/plain"})

    act(user, base_url=server.url)
    request = server.requests[1]
    assert request.method == after
    kept = after == method and body is not None
    assert request.body == (b"data" if kept else b"")
    assert ("Content-Type" in request.headers) == (after == method)


def test_credentials_stay_with_the_origin_that_they_are_for(serve, act):
    first, other = serve(), serve()
    first.answers["/a"] = leading(f"{other.url}/b")
    first.answers["/same"] = leading("/c")

    async def user(session):
        await session.get("/a", headers=SECRETS)
        await session.get("/same", headers=SECRETS)

    act(user, base_url=first.url, headers={"Proxy-Authorization": "Basic plan"})
    assert first.requests[0].headers["Proxy-Authorization"] == "Basic plan"
    (stranger,) = other.requests
    assert set(stranger.headers) & {"Authorization", "Cookie", "Proxy-Authorization"} == set()
    assert stranger.headers["X-Trace"] == "7"
    assert first.requests[-1].path == "/c"
    assert first.requests[-1].headers["Authorization"] == "Bearer t0ken"


def test_credentials_do_not_come_back_with_a_second_redirect(serve, act):
    first, other = serve(), serve()
    first.answers["/a"] = leading(f"{other.url}/b")
    other.answers["/b"] = leading("/c")

    async def user(session):
        await session.get("/a", headers=SECRETS)

    act(user, base_url=first.url, headers={"Authorization": "Bearer plan"})
    assert [request.headers.get("Authorization") for request in other.requests] == [None, None]


def test_the_plans_credentials_go_to_the_target_only(serve, act):
    target, other = serve(), serve()

    async def user(session):
        await session.get("/")
        await session.get(f"{other.url}/")

    act(user, base_url=target.url, headers={"Authorization": "Bearer plan"})
    assert target.requests[0].headers["Authorization"] == "Bearer plan"
    assert "Authorization" not in other.requests[0].headers


def test_redirects_that_go_round_in_circles_end(server, act):
    server.answers["/a"] = leading("/a")

    async def user(session):
        return await session.get("/a")

    done = act(user, base_url=server.url, max_redirects=3)
    assert done.result.error == failures.TOO_MANY_REDIRECTS
    assert [row["ok"] for row in done.rows] == [True, True, True, False]


@pytest.mark.parametrize("limit", [{"redirects": 0}, {}])
def test_redirects_are_not_followed_where_they_are_not_to_be(server, act, limit):
    server.answers["/a"] = leading("/b")
    settings = {} if limit else {"max_redirects": 0}

    async def user(session):
        return await session.get("/a", **limit)

    done = act(user, base_url=server.url, **settings)
    assert (done.result.status, done.result.error) == (302, None)
    assert done.result.headers["location"] == "/b"
    assert len(server.requests) == 1


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/x", "http://[::1", "ws://127.0.0.1/"])
def test_a_redirect_to_nowhere_is_a_failure(server, act, to):
    server.answers["/a"] = leading(to)

    async def user(session):
        return await session.get("/a")

    done = act(user, base_url=server.url)
    assert done.result.error == failures.BAD_REDIRECT
    assert [row["ok"] for row in done.rows] == [False]


def test_a_redirect_to_a_strangers_host_is_not_followed(server, act):
    server.answers["/a"] = leading("http://8.8.8.8/")

    async def user(session):
        return await session.get("/a")

    done = act(user, base_url=server.url)
    assert done.result.error == failures.NOT_OWNED
    assert [(row["ok"], row["status"]) for row in done.rows] == [(True, "302"), (False, None)]


def test_what_is_expected_is_expected_of_the_last_response(server, act):
    server.answers["/a"] = leading("/b")
    judged = []

    async def user(session):
        await session.get("/a", expect=lambda response: judged.append(response.status))

    act(user, base_url=server.url)
    assert judged == [200]
