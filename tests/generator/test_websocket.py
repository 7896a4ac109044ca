"""WebSockets: what is sent, awaited and closed, and how it is recorded."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

import pytest

from perfanalysis.generator import failures

picows = pytest.importorskip("picows")


class Peer(picows.WSListener):
    """Echoes; some texts are commands."""

    connected: ClassVar[set] = set()

    def on_ws_disconnected(self, transport):
        self.connected.discard(transport)

    def on_ws_connected(self, transport):
        self.connected.add(transport)
        if transport.request.path == b"/greeting":
            transport.send(picows.WSMsgType.TEXT, b"welcome")

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        if text == b"cut":
            transport.underlying_transport.abort()
        elif text == b"leave":
            transport.send_close(picows.WSCloseCode.GOING_AWAY)
        elif text == b"parts":
            transport.send(picows.WSMsgType.TEXT, b"in ", fin=False)
            transport.send(picows.WSMsgType.CONTINUATION, b"three ", fin=False)
            transport.send(picows.WSMsgType.CONTINUATION, b"parts")
        elif text.startswith(b"{"):
            for number in range(3):
                transport.send(picows.WSMsgType.TEXT, json.dumps({"n": number}).encode())
        elif text != b"be silent":
            transport.send(frame.msg_type, text)


@pytest.fixture
def talk(act):
    """Run a user against a WebSocket server: `talk(user)`, or `talk(user, listener)`."""

    def run(user, accept=lambda _: Peer(), **settings):
        async def with_server(session):
            server = await picows.ws_create_server(accept, "127.0.0.1", 0, use_aiofastnet=False)
            port = server.sockets[0].getsockname()[1]
            try:
                return await user(session, f"ws://127.0.0.1:{port}")
            finally:
                session.close()
                server.close()
                while Peer.connected:  # noqa: ASYNC110  (several connections, none of them ours)
                    await asyncio.sleep(0.001)

        return act(with_server, base_url="http://127.0.0.1:1", **settings)

    return run


def test_messages_go_there_and_back_and_every_step_is_a_row(talk):
    async def user(session, url):
        socket = await session.websocket(f"{url}/chat?x=1")
        assert socket.is_open
        assert await socket.send("hello")
        assert await socket.expect() == "hello"
        await socket.send(b"\x00\xff", name="bytes")
        assert await socket.expect() == b"\x00\xff"
        await socket.close()
        assert not socket.is_open

    rows = talk(user).rows
    told = [(row["name"], row["method"], row["ok"], row["latency_ms"] is None) for row in rows]
    assert told == [
        ("/chat", "WEBSOCKET", True, False),
        ("/chat send", "SEND", True, True),
        ("/chat message", "EXPECT", True, False),
        ("bytes", "SEND", True, True),
        ("/chat message", "EXPECT", True, False),
        ("/chat close", "CLOSE", True, False),
    ]
    assert {row["kind"] for row in rows} == {"request"}
    assert rows[0]["status"] == "101"
    assert rows[0]["connect_ms"] > 0
    assert (rows[1]["bytes_sent"], rows[2]["bytes_received"]) == (5, 5)


def test_the_latency_of_a_message_is_from_sending_although_it_is_awaited_late(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("hello")
        await asyncio.sleep(0.6)
        await socket.expect()
        await socket.close()

    (row,) = (row for row in talk(user).rows if row["method"] == "EXPECT")
    assert 0 < row["latency_ms"] < 550


def test_messages_before_the_one_that_is_expected_are_passed_over(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("{}")
        found = await socket.expect(lambda message: json.loads(message)["n"] == 2)
        await socket.close()
        return found

    done = talk(user)
    assert done.result == '{"n": 2}'
    assert sum(row["method"] == "EXPECT" for row in done.rows) == 1


def test_fragments_are_put_together(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("parts")
        return await socket.expect()

    assert talk(user).result == "in three parts"


def test_a_message_that_nobody_asked_for_waits(talk):
    async def user(session, url):
        socket = await session.websocket(f"{url}/greeting")
        return await socket.expect()

    assert talk(user).result == "welcome"


def test_a_message_that_does_not_come_is_a_failure(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("be silent")
        assert await socket.expect(timeout_s=0.05) is None
        assert socket.error == failures.NO_MESSAGE
        await socket.send("hello")
        assert await socket.expect() == "hello"
        assert socket.error is None

    failed = [row for row in talk(user).rows if not row["ok"]]
    assert [(row["method"], row["error"]) for row in failed] == [("EXPECT", failures.NO_MESSAGE)]
    assert failed[0]["latency_ms"] >= 45


@pytest.mark.parametrize("farewell", ["cut", "leave"])
def test_a_connection_that_the_server_ends_fails_what_comes_after(talk, farewell):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send(farewell)
        assert await socket.expect() is None
        assert not await socket.send("hello?")

    rows = talk(user).rows
    assert [(row["method"], row["ok"], row["error"]) for row in rows[2:]] == [
        ("EXPECT", False, failures.CLOSED),
        ("SEND", False, failures.CLOSED),
    ]


def test_closing_what_was_lost_is_a_failure(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("cut")
        while socket.is_open:  # noqa: ASYNC110  (there is no event to wait for)
            await asyncio.sleep(0.01)
        await socket.close()
        await socket.close()

    rows = [row for row in talk(user).rows if row["method"] == "CLOSE"]
    assert [(row["ok"], row["error"]) for row in rows] == [(False, failures.CLOSED)]


def test_a_server_that_refuses_is_told_by_its_status(act, server, response):
    server.answers["/live"] = response(status="403 Forbidden")

    async def user(session):
        socket = await session.websocket("/live")
        assert not await socket.send("hello")
        await socket.close()
        return socket.is_open

    done = act(user, base_url=server.url)
    assert done.result is False
    assert [(row["method"], row["status"], row["error"]) for row in done.rows] == [
        ("WEBSOCKET", "403", "HTTP 403"),
        ("SEND", None, failures.CLOSED),
    ]


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 101 Yes\r\nupgrade: x\r\n\r\n"])
def test_a_handshake_that_is_none(act, server, answer):
    server.answers["/"] = answer

    async def user(session):
        return (await session.websocket("/")).error

    assert act(user, base_url=server.url).result == failures.NOT_UPGRADED


def test_a_server_that_is_not_there_and_one_that_is_not_owned(act):
    async def user(session):
        refused = await session.websocket("ws://127.0.0.1:1/")
        strange = await session.websocket("ws://8.8.8.8/")
        return refused.error, strange.error

    done = act(user, base_url="http://127.0.0.1:1")
    assert done.result == (failures.REFUSED, failures.NOT_OWNED)
    assert [row["ok"] for row in done.rows] == [False, False]


def test_a_handshake_that_hangs_ends(act, server):
    server.answers["/"] = lambda end, _: bool(end.recv(1000)) and False

    async def user(session):
        return (await session.websocket("/", timeout_s=0.2)).error

    assert act(user, base_url=server.url).result == failures.CONNECT_TIMEOUT


def test_cookies_headers_and_subprotocols_go_with_the_handshake(talk):
    seen = {}

    def accept(request):
        seen.update({key.lower(): value for key, value in request.headers.items()})
        answer = picows.WSUpgradeResponse.create_101_response({"sec-websocket-protocol": "chat.2"})
        return picows.WSUpgradeResponseWithListener(answer, Peer())

    async def user(session, url):
        session.cookies.take("id=7; Path=/", host="127.0.0.1", path="/", secure=False)
        socket = await session.websocket(
            url, headers={"X-Own": "1"}, subprotocols=("chat.1", "chat.2")
        )
        return socket.subprotocol

    done = talk(user, accept, headers={"X-Plan": "2", "Authorization": "Bearer plan"})
    assert done.result == "chat.2"
    assert (seen["cookie"], seen["x-own"], seen["x-plan"]) == ("id=7", "1", "2")
    assert seen["sec-websocket-protocol"] == "chat.1, chat.2"
    assert "authorization" not in seen  # another port than the target's: another origin


def test_a_message_that_is_too_large_ends_the_connection(talk):
    async def user(session, url):
        socket = await session.websocket(url)
        await socket.send("x" * 5000)
        assert await socket.expect() is None
        assert not socket.is_open
        return socket.error

    assert talk(user, max_body_bytes=1000).result == failures.BODY_TOO_LARGE


def test_headers_that_would_break_the_handshake_are_refused(act):
    async def user(session):
        await session.websocket("ws://127.0.0.1:1/", headers={"X-A": "b\r\nX-C: d"})

    with pytest.raises(ValueError, match="line break"):
        act(user, base_url="http://127.0.0.1:1")


def test_what_nobody_waits_for_does_not_fill_the_memory(talk):
    from perfanalysis.generator.websocket import MOST_WAITING_MESSAGES

    async def user(session, url):
        socket = await session.websocket(url)
        for _ in range(MOST_WAITING_MESSAGES + 10):
            await socket.send("again")
        await socket.send("last")
        assert await socket.expect(lambda message: message == "last") == "last"
        return socket.passed_over

    assert talk(user).result >= 10
