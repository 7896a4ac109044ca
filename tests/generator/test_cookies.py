"""Cookies of a virtual user: RFC 6265."""

from __future__ import annotations

import pytest

from perfanalysis.generator.cookies import MAX_COOKIES, CookieJar, parsed

EXPIRED = "Thu, 01 Jan 1970 00:00:00 GMT"
LATER = "Fri, 31 Dec 2999 23:59:59 GMT"


def jar(*headers, host="shop.test", path="/a/b", secure=False):
    made = CookieJar()
    for header in headers:
        made.take(header, host=host, path=path, secure=secure)
    return made


def sent(made, *, host="shop.test", path="/a/b", secure=False):
    return made.header(host=host, path=path, secure=secure)


def test_a_cookie_comes_back_to_where_it_was_set():
    made = jar("id=7; HttpOnly", "lang=de")
    assert sent(made) == "id=7; lang=de"
    assert sent(made, path="/a/c") == "id=7; lang=de"
    assert sent(made, path="/other") is None
    assert sent(made, host="other.test") is None
    assert sent(made, host="www.shop.test") is None


def test_a_domain_takes_in_what_is_below_it():
    made = jar("id=7; Domain=.shop.test; Path=/", host="www.shop.test")
    assert sent(made, host="www.shop.test") == "id=7"
    assert sent(made, host="shop.test") == "id=7"
    assert sent(made, host="evilshop.test") is None


@pytest.mark.parametrize("domain", ["other.test", "test", "deep.www.shop.test", "hop.test"])
def test_a_host_sets_no_cookies_for_others(domain):
    assert parsed(f"id=7; Domain={domain}", host="www.shop.test", path="/", secure=True) is None


def test_an_address_is_no_domain():
    made = jar("id=7; Domain=0.0.1", host="127.0.0.1")
    assert len(made) == 0


@pytest.mark.parametrize(
    ("folder", "path", "goes"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b?x=1", True),
        ("/a", "/ab", False),
        ("/a/", "/a/b", True),
        ("/", "/anything", True),
    ],
)
def test_a_path_takes_in_what_is_below_it(folder, path, goes):
    assert (sent(jar(f"id=7; Path={folder}"), path=path) is not None) == goes


def test_the_longest_path_comes_first():
    assert sent(jar("a=1; Path=/", "b=2; Path=/a/b")) == "b=2; a=1"


def test_secure_cookies_go_by_tls_only():
    made = jar("id=7; Secure", secure=True)
    assert sent(made) is None
    assert sent(made, secure=True) == "id=7"
    assert len(jar("id=7; Secure")) == 0


@pytest.mark.parametrize("end", ["Max-Age=0", "Max-Age=-1", f"Expires={EXPIRED}"])
def test_a_cookie_that_has_expired_removes_the_one_before(end):
    made = jar("id=7", f"id=; {end}")
    assert sent(made) is None


@pytest.mark.parametrize(
    "end", ["Max-Age=3600", f"Expires={LATER}", "Expires=nonsense", "Max-Age=x"]
)
def test_a_cookie_that_has_not_expired_is_sent(end):
    assert sent(jar(f"id=7; {end}")) == "id=7"


def test_the_age_counts_more_than_the_date():
    assert sent(jar(f"id=7; Expires={EXPIRED}; Max-Age=60")) == "id=7"


@pytest.mark.parametrize("header", ["", "novalue", "=7", "id=7\x00", "id=" + "x" * 5000])
def test_what_is_no_cookie_is_left_out(header):
    assert len(jar(header)) == 0


def test_values_are_kept_as_they_came():
    assert sent(jar('id="a b=c"')) == 'id="a b=c"'


def test_a_hostile_server_cannot_fill_the_memory():
    made = jar(*(f"c{n}=1" for n in range(2 * MAX_COOKIES)))
    assert len(made) == MAX_COOKIES
    assert made.get(f"c{2 * MAX_COOKIES - 1}") == "1"


def test_a_session_sends_what_it_was_given_and_each_session_has_its_own(server, act):
    server.answers["/login"] = (
        b"HTTP/1.1 200 OK\r\nset-cookie: id=7; Path=/\r\nSet-Cookie: lang=de; Path=/\r\n"
        b"content-length: 0\r\n\r\n"
    )

    async def user(session):
        await session.get("/login")
        await session.get("/a")
        await session.post("/b", json={})
        await session.get("/c", headers={"Cookie": "own=1"})
        session.cookies.clear()
        await session.get("/d")

    act(user, base_url=server.url)
    cookies = [
        request.headers.get("cookie", request.headers.get("Cookie")) for request in server.requests
    ]
    assert cookies == [None, "id=7; lang=de", "id=7; lang=de", "own=1", None]
    assert server.requests[2].body == b"{}"
    act(lambda session: session.get("/e"), base_url=server.url)
    assert "cookie" not in server.requests[-1].headers
