"""E-mail: a text and an HTML part, through one SMTP server.

Everything about the server comes from the environment: PERFANALYSIS_SMTP_HOST, _PORT, _SECURITY
(`starttls`, `ssl` or `none`), _USER, _PASSWORD, _FROM.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal, cast

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.notify.notice import Notice
from perfanalysis.publish.patience import Patience
from perfanalysis.reports.escape import shortened, terminal_text

PREFIX = "PERFANALYSIS_SMTP_"

_PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT_S = 15.0
_LONGEST_SUBJECT = 200
_HIDDEN = "***"
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PLAIN = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"
# A name may hold neither quotes nor what separates addresses: such names can be left out.
_ADDRESS = re.compile(rf"(?:(?P<name>[^<>\"@,;:\\]*)<(?P<inner>{_PLAIN})>|(?P<bare>{_PLAIN}))")

Security = Literal["starttls", "ssl", "none"]


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over; the password is in no text of this object."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    sender: Address


def send_mail(
    notice: Notice,
    recipients: Sequence[str],
    environ: Mapping[str, str],
    *,
    now: datetime,
    patience: Patience | None = None,
) -> None:
    """Send a notice to people.

    Args:
        notice: what to tell.
        recipients: `ann@example.org` or `Ann <ann@example.org>`.
        environ: where the server is described.
        now: the date of the mail, with a zone.
        patience: retries and waiting.

    Raises:
        ConfigError: an address is none, or the environment describes no usable server.
        PublishRefusedError: the server refuses the password, the sender or a recipient, or offers
            no trusted connection.
        PublishError: it cannot be reached, fails, or stays busy.
    """
    server = smtp_server(environ)
    message = mail_message(notice, server.sender, [parse_address(text) for text in recipients], now)
    patience = patience or Patience()
    waited_s = 0.0
    for attempt in range(patience.retries + 1):
        failure = _attempt(server, message)
        if failure is None:
            return
        wait_s = patience.wait(attempt, waited_s, None)
        if wait_s is None:
            tried = f" ({attempt + 1} attempts)" if attempt else ""
            raise PublishError(f"{server.host}:{server.port}: {failure}{tried}")
        patience.sleep(wait_s)
        waited_s += wait_s


def smtp_server(environ: Mapping[str, str]) -> SmtpServer:
    """Return the server that the environment describes.

    Raises:
        ConfigError: a value is missing or wrong, or a password would travel unencrypted.
    """
    host = environ.get(f"{PREFIX}HOST", "").strip()
    sender = environ.get(f"{PREFIX}FROM", "").strip()
    for variable, value in (("HOST", host), ("FROM", sender)):
        if not value:
            raise ConfigError(
                f"{PREFIX}{variable}: expected a value in the environment, found none"
            )
    security = environ.get(f"{PREFIX}SECURITY", "starttls")
    if security not in _PORTS:
        raise ConfigError(f"{PREFIX}SECURITY: expected starttls, ssl or none, found {security!r}")
    port = environ.get(f"{PREFIX}PORT", str(_PORTS[security]))
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ConfigError(f"{PREFIX}PORT: expected a number from 1 to 65535, found {port!r}")
    server = SmtpServer(
        host=host,
        port=int(port),
        security=cast("Security", security),
        user=environ.get(f"{PREFIX}USER", ""),
        password=environ.get(f"{PREFIX}PASSWORD", ""),
        sender=parse_address(sender),
    )
    if server.password and security == "none" and host not in _LOOPBACK:
        raise ConfigError(
            f"{PREFIX}SECURITY: none would send the password to {host} unencrypted",
            hint="starttls and ssl encrypt; a server without either should need no password",
        )
    return server


def parse_address(text: str) -> Address:
    """Return one mail address, with or without a name.

    Raises:
        ConfigError: the text is something else: several addresses, a line end, a list of headers.

    >>> str(parse_address("Ann <ann@example.org>"))
    'Ann <ann@example.org>'
    """
    short = len(text) <= _LONGEST_ADDRESS and text.isprintable()
    found = _ADDRESS.fullmatch(text.strip()) if short else None
    if found is None:
        raise ConfigError(
            f"expected one mail address such as 'Ann <ann@example.org>', "
            f"found {shortened(terminal_text(text), 80)!r}"
        )
    name = (found["name"] or "").strip()
    return Address(display_name=name, addr_spec=found["inner"] or found["bare"])


def mail_message(
    notice: Notice, sender: Address, recipients: Sequence[Address], now: datetime
) -> EmailMessage:
    """Return the mail: a text for every reader, and HTML that loads nothing."""
    from markupsafe import Markup, escape

    from perfanalysis.reports.html.templates import templates

    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = shortened(notice.headline, _LONGEST_SUBJECT)
    message["From"] = sender
    message["To"] = list(recipients)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    message.set_content(mail_text(notice))
    # An address is checked, and longer than other texts of a page may be.
    url = None if notice.url is None else Markup(escape(notice.url))  # noqa: S704  (escaped)
    page = templates().get_template("notification.html").render(notice=notice, url=url)
    message.add_alternative(page, subtype="html")
    return message


def mail_text(notice: Notice) -> str:
    """Return the text part."""
    lines = [notice.headline, ""]
    if notice.summary is not None:
        lines += [notice.summary, ""]
    for line in notice.lines:
        name = "" if line.name is None else f"{line.name} "
        lines.append(f"{line.mark} {name}{line.text}")
    if notice.more:
        lines.append(f"and {notice.more} more")
    if notice.lines:
        lines.append("")
    lines += notice.context
    if notice.url is not None:
        lines += ["", notice.url]
    return "\n".join(lines) + "\n"


def _attempt(server: SmtpServer, message: EmailMessage) -> str | None:
    """Hand the mail over; return why it failed for now, or None.

    Raises:
        PublishRefusedError: trying again would not help.
    """
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            refused = connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as exc:
        return _judged_refusal(server, exc.recipients)
    except smtplib.SMTPResponseException as exc:
        said = _said(server, exc.smtp_code, exc.smtp_error)
        if 400 <= exc.smtp_code < 500:
            return said
        raise _refusal(server, said, exc) from exc
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as exc:
        raise _refusal(server, _redacted(server, str(exc)), exc) from exc
    except (OSError, smtplib.SMTPException) as exc:
        return _redacted(server, str(exc)) or type(exc).__name__
    if refused:
        # The others have it: sending it to everybody again would be worse.
        raise PublishRefusedError(_recipients(server, refused), status=0)
    return None


def _connected(server: SmtpServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "ssl":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    if server.security == "starttls":
        try:
            connection.starttls(context=context)
        except BaseException:
            connection.close()
            raise
    return connection


def _judged_refusal(server: SmtpServer, recipients: Mapping[str, tuple[int, bytes]]) -> str:
    said = _recipients(server, recipients)
    if all(400 <= code < 500 for code, _ in recipients.values()):
        return said
    raise PublishRefusedError(said, status=0)


def _recipients(server: SmtpServer, refused: Mapping[str, tuple[int, bytes]]) -> str:
    told = "; ".join(f"{name}: {_said(server, *answer)}" for name, answer in refused.items())
    return f"{server.host}:{server.port}: refuses recipients: {told}"


def _refusal(server: SmtpServer, said: str, exc: Exception) -> PublishRefusedError:
    hint = None
    if isinstance(exc, smtplib.SMTPAuthenticationError):
        hint = f"{PREFIX}USER and {PREFIX}PASSWORD are refused"
    elif isinstance(exc, ssl.SSLCertVerificationError):
        hint = "SSL_CERT_FILE names the certificates of your own authority"
    elif "AUTH" in said:
        hint = f"{PREFIX}USER is set, but the server takes no password"
    elif isinstance(exc, ssl.SSLError | smtplib.SMTPNotSupportedError):
        hint = f"{PREFIX}SECURITY is {server.security}; is that what port {server.port} speaks?"
    return PublishRefusedError(f"{server.host}:{server.port}: {said}", status=0, hint=hint)


def _said(server: SmtpServer, code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    return _redacted(server, f"{code}: {' '.join(words.split())}")


def _redacted(server: SmtpServer, text: str) -> str:
    """Return a server's words, bounded, without the password that it may quote."""
    for secret in (server.password, server.user):
        if len(secret) >= 4:
            text = text.replace(secret, _HIDDEN)
    return shortened(terminal_text(text), 300)
