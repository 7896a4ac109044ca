"""TLS: verified unless it was asked not to be, timed apart from the connection."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from perfanalysis.generator import failures
from perfanalysis.generator.plan import Timeouts

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the keys")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    path, key = folder / "cert.pem", folder / "key.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"),
        *("subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(path)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path, key


@pytest.fixture
def secure(serve, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return serve(lambda end: context.wrap_socket(end, server_side=True))


def get(path="/", **options):
    async def user(session):
        return await session.get(path, **options)

    return user


def test_a_certificate_that_nobody_signed_is_not_trusted(secure, act):
    done = act(get(), base_url=f"https://localhost:{secure.port}")
    assert done.result.error == failures.CERTIFICATE
    assert secure.requests == []
    assert [row["ok"] for row in done.rows] == [False]


def test_a_certificate_that_is_trusted_is_verified(secure, act, certificate):
    base_url = f"https://localhost:{secure.port}"
    done = act(get(), base_url=base_url, ca_file=str(certificate[0]))
    assert (done.result.content, done.result.error) == (b"ok", None)


def test_a_certificate_of_another_name_is_not_trusted(secure, act, certificate):
    done = act(get(), base_url=f"https://127.0.0.1:{secure.port}", ca_file=str(certificate[0]))
    assert done.result.error == failures.CERTIFICATE


def test_insecure_trusts_everybody(secure, act):
    done = act(get(), base_url=f"https://127.0.0.1:{secure.port}", insecure=True)
    assert done.result.error is None


def test_the_handshake_is_timed_apart_and_once(secure, act):
    async def user(session):
        return [await session.get("/") for _ in range(3)]

    done = act(user, base_url=f"https://localhost:{secure.port}", insecure=True)
    assert [one.error for one in done.result] == [None] * 3
    assert secure.connections == 1
    assert [row["tls_ms"] > 0 for row in done.rows] == [True, False, False]
    assert [row["connect_ms"] > 0 for row in done.rows] == [True, False, False]
    first = done.rows[0]
    parts = first["send_ms"] + first["wait_ms"] + first["receive_ms"]
    assert first["latency_ms"] == pytest.approx(parts, abs=1e-6)


def test_large_requests_and_responses_go_through(secure, act, response):
    body = bytes(range(256)) * 8192
    secure.answers["/"] = response(body)

    async def user(session):
        return await session.post("/", body=body)

    done = act(user, base_url=f"https://localhost:{secure.port}", insecure=True)
    assert done.result.content == body
    assert secure.requests[0].body == body


def test_a_server_that_does_not_speak_tls(act):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            end, _ = listener.accept()
            with end:
                end.recv(1000)
                end.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        base_url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        done = act(get(), base_url=base_url, insecure=True)
        thread.join()
    assert done.result.error in (failures.TLS_HANDSHAKE, failures.RESET)


def test_a_server_without_a_common_version_of_tls(serve, certificate, act):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # A client that offers no protocol of ours is refused by a callback.
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE

    def wrap(end: socket.socket) -> socket.socket:
        try:
            return context.wrap_socket(end, server_side=True)
        except ssl.SSLError as exc:
            raise OSError("refused") from exc

    server = serve(wrap)
    done = act(get(), base_url=f"https://localhost:{server.port}", insecure=True)
    assert done.result.error == failures.TLS_HANDSHAKE


def test_a_handshake_that_hangs_runs_into_the_time_to_connect(act):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        limits = Timeouts(connect_s=0.2)
        done = act(get(timeout=limits), base_url=f"https://127.0.0.1:{port}", insecure=True)
    assert done.result.error == failures.CONNECT_TIMEOUT
