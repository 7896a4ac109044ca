from __future__ import annotations

import gzip
import logging
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.http import Client
from tests.publish import forge_server as fake

COMMENTS = "/repos/shop/api/issues/7/comments"


def test_an_answer_that_drips_is_cut_off(patience):
    release = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not release.wait(0.005):
                    connection.sendall(b".")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(base, timeout_s=0.02, patience=patience(retries=0))
        with pytest.raises(PublishError, match="takes too long"):
            client.request("GET", "/x")
        release.set()
        thread.join()


def test_an_answer_is_read_up_to_a_bound(forge, patience):
    client = Client(forge.github_url, patience=patience(), most_bytes=100_000)
    forge.fail(fake.flood(5_000_000))
    with pytest.raises(PublishError, match="longer than 100000 bytes"):
        client.request("GET", COMMENTS)


def test_a_compressed_flood_is_bounded_too(forge, patience):
    client = Client(forge.github_url, patience=patience(), most_bytes=100_000)
    bomb = gzip.compress(b"x" * 50_000_000)
    headers = {"Content-Encoding": "gzip"}
    forge.fail(fake.Fault(answer=fake.Answer(status=200, body=bomb, headers=headers)))
    with pytest.raises(PublishError, match="longer than 100000 bytes"):
        client.request("GET", COMMENTS)


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff\xfe", b""])
def test_what_is_no_json_is_an_error(client, forge, body):
    headers = {"Content-Type": "text/html"}
    forge.fail(fake.Fault(answer=fake.Answer(status=200, body=body, headers=headers)))
    with pytest.raises(PublishError, match=f"expected JSON, found text/html of {len(body)} bytes"):
        client.request("GET", COMMENTS).json()


def test_a_redirect_to_another_host_is_not_followed(client, forge):
    with fake.Forge() as other:
        forge.fail(fake.elsewhere(f"{other.github_url}/steal"))
        with pytest.raises(
            PublishRefusedError, match=r"refers to another host, 127\.0\.0\.1"
        ) as caught:
            client.request("GET", COMMENTS)
        assert other.asked == []
    assert caught.value.hint == "not followed: it would be given the token"


def test_a_redirect_on_the_same_host_is_followed_a_few_times(client, forge):
    moved = f"{forge.github_url}{COMMENTS}"
    forge.fail(fake.elsewhere(moved, 307), "POST", "/old")
    assert client.request("POST", "/old", json={"body": "x"}).status == 201
    forge.fail(fake.elsewhere(moved, 301), times=9)
    with pytest.raises(PublishRefusedError, match="redirects 3 times"):
        client.request("GET", "/old")


def test_a_redirect_that_would_turn_a_write_into_a_read_is_refused(client, forge):
    forge.fail(fake.elsewhere(f"{forge.github_url}{COMMENTS}", 302))
    with pytest.raises(PublishRefusedError, match="302"):
        client.request("POST", "/old", json={"body": "x"})


def test_a_next_page_on_another_host_is_not_asked_for(client, forge):
    link = {"Link": '<https://evil.example/x>; rel="next"'}
    forge.fail(fake.Fault(answer=fake.Answer(status=200, document=[1], headers=link)))
    with pytest.raises(PublishRefusedError, match=r"another host, evil\.example"):
        list(client.pages(COMMENTS))


def test_pages_without_end_are_an_error(client, forge):
    link = {"Link": f'<{forge.github_url}{COMMENTS}>; rel="next"'}
    forge.fail(fake.Fault(answer=fake.Answer(status=200, document=[], headers=link)), times=999)
    with pytest.raises(PublishError, match="more than 100 pages"):
        list(client.pages(COMMENTS))


def test_no_secret_appears_in_errors_or_logs(forge, patience, caplog):
    caplog.set_level(logging.DEBUG, logger="perfanalysis")
    base = forge.github_url.replace("http://", "http://user:hunter22@")
    secret = "T0/B0/webhooksecret"
    client = Client(
        base,
        headers={"Authorization": "Bearer tok3n-value"},
        secrets=[secret],
        patience=patience(retries=1),
    )
    said = []
    for fault in (
        fake.refusal(403, f"tok3n-value is wrong for {secret} and hunter22"),
        fake.outage(500),
        fake.elsewhere("https://hunter22.example/tok3n-value"),
    ):
        forge.fail(fault, times=2)
        with pytest.raises(PublishError) as caught:
            client.request("GET", f"/services/{secret}?key=tok3n-value")
        said.append(f"{caught.value.message} {caught.value.hint}")
    told = " ".join([*said, caplog.text])
    for text in ("tok3n-value", secret, "hunter22", "?key"):
        assert text not in told
    assert "/services/***" in told


@pytest.mark.parametrize(
    "base",
    [
        *("api.github.com", "ftp://a.example", "http://", "http://h:99999", "file:///x", ""),
        *("http://ho st/", "https://[::1", "http://h:0"),
    ],
)
def test_a_base_that_is_no_web_address_is_a_configuration_error(base):
    with pytest.raises(ConfigError, match="expected an address such as"):
        Client(base)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
def test_certificates_are_checked(patience, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key)]
    named = ["-nodes", "-subj", "/CN=127.0.0.1", "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *made, *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake():
            connection, _ = listener.accept()
            with connection, pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(connection, server_side=True).recv(1)

        thread = threading.Thread(target=shake, daemon=True)
        thread.start()
        client = Client(f"https://127.0.0.1:{listener.getsockname()[1]}", patience=patience())
        with pytest.raises(PublishRefusedError, match="no trusted connection") as caught:
            client.request("POST", "/x", json={})
        thread.join()
    assert caught.value.status == 0


def test_the_proxy_of_the_environment_is_asked(forge, patience, monkeypatch):
    monkeypatch.setenv("http_proxy", forge.github_url.replace("//", "//me:s%40cret@"))
    monkeypatch.delenv("no_proxy", raising=False)
    client = Client(
        "http://forge.invalid",
        headers={"Authorization": f"Bearer {forge.token}"},
        patience=patience(retries=0),
    )
    assert client.request("GET", COMMENTS).json() == []
    assert forge.asked[0].headers["host"] == "forge.invalid"
    assert forge.asked[0].headers["proxy-authorization"] == "Basic bWU6c0BjcmV0"


def test_a_host_of_no_proxy_is_asked_directly(client, monkeypatch, closed_port):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert client.request("GET", COMMENTS).json() == []


def test_a_dead_proxy_is_named_as_the_cause(patience, monkeypatch, closed_port):
    monkeypatch.setenv("http_proxy", f"http://me:s3cret@127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    client = Client("http://forge.invalid", patience=patience(retries=1))
    with pytest.raises(PublishError, match=r"the proxy: no connection \(2 attempts\)$"):
        client.request("POST", "/x", json={})


@pytest.mark.parametrize("address", ["socks5://me:s3cret@h:1", "http://me:s3cret@h:no", "http://"])
def test_a_proxy_that_is_not_understood_is_a_configuration_error(patience, monkeypatch, address):
    monkeypatch.setenv("http_proxy", address)
    with pytest.raises(ConfigError, match="http_proxy: expected an address") as caught:
        Client("http://forge.invalid", patience=patience()).request("GET", "/x")
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize("token", ["ghp_1\n", "ghp_1\r\nX-Evil: 1", "ghp_ü", "ghp_\x00"])
def test_a_header_that_cannot_be_sent_is_refused_without_being_shown(forge, client, token):
    with pytest.raises(ConfigError, match="Authorization: expected printable ASCII") as caught:
        Client(forge.github_url, headers={"Authorization": f"Bearer {token}"})
    assert "ghp_" not in caught.value.message
    with pytest.raises(ConfigError, match="X-Own: expected printable ASCII"):
        client.request("GET", COMMENTS, headers={"X-Own": token})


def test_an_address_that_may_hold_a_secret_is_not_shown():
    for base, secrets in (("hooks.example/T0/s3cret", ["T0/s3cret"]), ("me:s3cret@h", [])):
        with pytest.raises(ConfigError, match=r"found another text$"):
            Client(base, secrets=secrets)


@pytest.mark.parametrize("location", ["http://[::1", "//[", "https://h:no/", "http://h:99999/"])
def test_a_redirect_to_no_address_is_refused(client, forge, location):
    forge.fail(fake.elsewhere(location))
    with pytest.raises(PublishRefusedError, match="refers to another host"):
        client.request("GET", COMMENTS)


@pytest.mark.parametrize("location", ["/repos/shop/api/issues/7/comments", "comments", "?page=1"])
def test_a_redirect_may_be_relative(client, forge, location):
    forge.fail(fake.elsewhere(location), "GET", "/issues/7/")
    assert client.request("GET", COMMENTS).json() == []
