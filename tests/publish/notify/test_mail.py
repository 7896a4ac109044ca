"""E-mail, handed to a real SMTP server on loopback."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from lxml import html

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.notify.mail import mail_message, parse_address, send_mail, smtp_server
from tests.publish.notify.conftest import JOB, NOW

USER, PASSWORD = "robot-user", "robot-password-42"


class Postbox:
    """Takes mail, and answers as it is told."""

    def __init__(self):
        self.mails = []
        self.answers = []
        self.refused = {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        self.mails.append((envelope, message_from_bytes(envelope.content, policy=policy.SMTP)))
        return "250 taken"


class Post(Controller):
    def _trigger_server(self):
        # The controller would connect to its own port, which it takes from its arguments.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def serve(box, **settings) -> Iterator[Postbox]:
    controller = Post(box, hostname="127.0.0.1", port=0, server_hostname="test", **settings)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def post():
    """A server that neither encrypts nor asks for a password."""
    yield from serve(Postbox())


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of localhost, made by its own authority."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here")
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(files[0]), "-out", str(files[1])]
    subprocess.run(command, check=True, capture_output=True)
    return files


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


def authenticator(server, session, envelope, mechanism, auth_data):
    good = (auth_data.login, auth_data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)


@pytest.fixture
def guarded_post(tls):
    """A server that asks for STARTTLS and a password."""
    settings = {"tls_context": tls, "authenticator": authenticator, "require_starttls": True}
    yield from serve(Postbox(), auth_required=True, **settings)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))


def environ(box, **others):
    known = {"HOST": "127.0.0.1", "PORT": str(box.port), "FROM": "CI <ci@shop.example>"}
    known |= {"SECURITY": "none"} | others
    return {f"PERFANALYSIS_SMTP_{key}": value for key, value in known.items()}


def guarded(box, **others):
    return environ(box, SECURITY="starttls", USER=USER, PASSWORD=PASSWORD, **others)


def send(notice, box_environ, patience, to=("Ann <ann@shop.example>",)):
    send_mail(notice, to, box_environ, now=NOW, patience=patience())


def parts_of(mail):
    plain, page = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    return plain.get_content(), page.get_content()


def test_a_mail_has_a_text_and_an_html_part(notice, post, patience):
    send(notice, environ(post), patience, to=["Ann <ann@shop.example>", "bob@shop.example"])
    ((envelope, mail),) = post.mails
    assert envelope.rcpt_tos == ["ann@shop.example", "bob@shop.example"]
    assert envelope.mail_from == "ci@shop.example"
    assert mail["Subject"] == notice.headline
    assert mail["To"] == "Ann <ann@shop.example>, bob@shop.example"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@shop.example>")
    text, page = parts_of(mail)
    assert "❌ search latency.p95: 48.1 ms → 57.9 ms" in text
    assert text.splitlines()[-1] == JOB
    assert html.fromstring(page).xpath("//a/@href") == [JOB]


def test_what_passed_is_short(passed_notice, post, patience):
    send(passed_notice, environ(post), patience)
    text, page = parts_of(post.mails[0][1])
    assert text.splitlines()[0] == "✅ shop/api: unchanged · 1 unchanged"
    assert "<table" not in page
    assert "<a " not in page


def test_hostile_names_are_neither_headers_nor_markup(hostile_notice, post, patience):
    send(hostile_notice, environ(post), patience)
    ((_envelope, mail),) = post.mails
    assert set(mail.keys()) == {
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    text, page = parts_of(mail)
    tree = html.fromstring(page)
    assert tree.xpath("//script | //img") == []
    assert tree.xpath("//a/@href") == [JOB]
    assert "<script>alert(1)</script>" in text
    assert len(mail["Subject"]) <= 200
    assert not set(text) & set("\x1b\x07\x00\u202e")


def test_a_line_end_cannot_become_a_header(notice):
    from dataclasses import replace

    hostile = replace(notice, headline="x\r\nBcc: all@shop.example")
    sender = parse_address("ci@shop.example")
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mail_message(hostile, sender, [sender], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@shop.example",
        "ann@shop.example, bob@shop.example",
        "ann@shop.example\r\nBcc: all@shop.example",
        "Ann\n<ann@shop.example>",
        '"Ann, <x@y>" <ann@shop.example>',
        "ann@@shop.example",
        "ann..lee@shop.example",
        "ann@-shop.example",
        "änn@shop.example",
        "ann@shop.example>",
        "a" * 300 + "@shop.example",
    ],
)
def test_what_is_no_single_address_is_refused(text):
    with pytest.raises(ConfigError, match="expected one mail address"):
        parse_address(text)


def test_a_password_is_sent_encrypted_only(notice, guarded_post, trusted, patience):
    send(notice, guarded(guarded_post), patience)
    assert len(guarded_post.mails) == 1


def test_tls_from_the_start_works_too(notice, tls, trusted, patience):
    for box in serve(Postbox(), ssl_context=tls):
        send(notice, environ(box, SECURITY="ssl", HOST="localhost"), patience)
        assert len(box.mails) == 1


def test_an_untrusted_certificate_is_refused(notice, guarded_post, patience, slept):
    with pytest.raises(PublishRefusedError, match="certificate verify failed") as raised:
        send(notice, guarded(guarded_post), patience)
    assert "SSL_CERT_FILE" in raised.value.hint
    assert slept == []


def test_a_server_without_encryption_gets_no_password(notice, post, patience):
    with pytest.raises(PublishRefusedError, match="STARTTLS") as raised:
        send(notice, guarded(post), patience)
    assert "SECURITY is starttls" in raised.value.hint
    assert post.mails == []


def test_a_refused_password_is_an_error_that_does_not_show_it(
    notice, guarded_post, trusted, patience
):
    wrong = guarded(guarded_post) | {"PERFANALYSIS_SMTP_PASSWORD": "wrong-password"}
    with pytest.raises(PublishRefusedError, match="535") as raised:
        send(notice, wrong, patience)
    assert "wrong-password" not in raised.value.message
    assert raised.value.hint == "PERFANALYSIS_SMTP_USER and PERFANALYSIS_SMTP_PASSWORD are refused"


def test_a_server_that_takes_no_password_is_an_error(notice, post, patience):
    with pytest.raises(PublishRefusedError, match="AUTH") as raised:
        send(notice, environ(post, USER=USER, PASSWORD=PASSWORD), patience)
    assert raised.value.hint == "PERFANALYSIS_SMTP_USER is set, but the server takes no password"


def test_a_busy_server_is_asked_again(notice, post, patience, slept):
    post.answers = ["451 busy", "421 later"]
    send(notice, environ(post), patience)
    assert len(post.mails) == 1
    assert len(slept) == 2


def test_a_server_that_stays_busy_is_an_error(notice, post, patience):
    post.answers = ["451 greylisted"] * 9
    with pytest.raises(PublishError, match=r"451: greylisted \(5 attempts\)") as raised:
        send(notice, environ(post), patience)
    assert not isinstance(raised.value, PublishRefusedError)


def test_a_refused_mail_is_not_sent_again(notice, post, patience, slept):
    post.answers = ["554 no spam here, robot-password-42"]
    with pytest.raises(PublishRefusedError, match="554: no spam here") as raised:
        send(notice, environ(post), patience)
    assert slept == []
    assert "554" in raised.value.message


def test_words_of_a_server_are_shown_without_the_password_and_harmless(
    notice, guarded_post, trusted, patience
):
    guarded_post.answers = [f"554 you said {PASSWORD} \x1b[31m as {USER}"]
    with pytest.raises(PublishRefusedError) as raised:
        send(notice, guarded(guarded_post), patience)
    assert PASSWORD not in raised.value.message
    assert USER not in raised.value.message
    assert "\x1b" not in raised.value.message


def test_refused_recipients_are_named_and_the_others_have_their_mail(notice, post, patience):
    post.refused = {"bob@shop.example": "550 no such user"}
    with pytest.raises(PublishRefusedError, match=r"bob@shop\.example: 550: no such user"):
        send(notice, environ(post), patience, to=["ann@shop.example", "bob@shop.example"])
    assert [envelope.rcpt_tos for envelope, _ in post.mails] == [["ann@shop.example"]]


def test_a_recipient_who_is_refused_for_now_is_asked_for_again(notice, post, patience, slept):
    post.refused = {"ann@shop.example": "450 try later"}
    with pytest.raises(PublishError, match="450: try later"):
        send(notice, environ(post), patience)
    assert len(slept) == 4


def test_a_server_that_is_not_there_is_an_error(notice, patience, post):
    gone = environ(post, PORT="1")
    with pytest.raises(PublishError, match=r"127\.0\.0\.1:1: .*refused.*5 attempts"):
        send(notice, gone, patience)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"HOST": ""}, "PERFANALYSIS_SMTP_HOST: expected a value"),
        ({"FROM": " "}, "PERFANALYSIS_SMTP_FROM: expected a value"),
        ({"FROM": "nobody"}, "expected one mail address"),
        ({"SECURITY": "tls"}, "expected starttls, ssl or none, found 'tls'"),
        ({"PORT": "smtp"}, "expected a number from 1 to 65535, found 'smtp'"),
        ({"PORT": "0"}, "expected a number from 1 to 65535"),
        ({"PORT": "65536"}, "expected a number from 1 to 65535"),
    ],
)
def test_a_wrong_setting_names_its_variable(post, changes, message):
    with pytest.raises(ConfigError, match=message):
        smtp_server(environ(post, **changes))


def test_a_password_never_goes_to_another_machine_unencrypted(post):
    with pytest.raises(ConfigError, match=r"would send the password to mail\.example") as raised:
        smtp_server(environ(post, HOST="mail.example", USER=USER, PASSWORD=PASSWORD))
    assert PASSWORD not in raised.value.message


def test_the_usual_ports_are_known(post):
    known = environ(post)
    del known["PERFANALYSIS_SMTP_PORT"]
    ports = {
        security: smtp_server(known | {"PERFANALYSIS_SMTP_SECURITY": security}).port
        for security in ("starttls", "ssl", "none")
    }
    assert ports == {"starttls": 587, "ssl": 465, "none": 25}


def test_the_password_is_in_no_text_of_the_server(post):
    assert PASSWORD not in repr(smtp_server(guarded(post)))
