"""A small GitHub and GitLab on loopback: the REST calls that comments need, and their failures.

    with Forge() as forge:
        forge.pull_request("shop/api", 7)
        ...  # GITHUB_API_URL=forge.github_url GITHUB_TOKEN=forge.token
        forge.bodies(7)

Everything that was asked is in `forge.asked`. `forge.fail(...)` makes the next matching requests
fail in the ways of the real services.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.publish.forge_faults import (
    NOT_ACCESSIBLE,
    Answer,
    Fault,
    dropped,
    elsewhere,
    flood,
    login_page,
    outage,
    primary_limit,
    refusal,
    secondary_limit,
    silence,
    too_many,
)

__all__ = [
    "NOT_ACCESSIBLE",
    "Answer",
    "Asked",
    "Fault",
    "Forge",
    "Identity",
    "dropped",
    "elsewhere",
    "flood",
    "login_page",
    "outage",
    "primary_limit",
    "refusal",
    "secondary_limit",
    "silence",
    "too_many",
]

MOST_GITHUB_BODY = 65_536
MOST_GITLAB_BODY = 1_000_000
MOST_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom a token stands for. Apps (GITHUB_TOKEN is one) have no `GET /user`."""

    login: str
    app: bool = False
    may_write: bool = True
    may_check: bool = True


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    document: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Forge:
    """The server and its state; use it as a context manager."""

    token = "ghs_app_token_0123456789"  # what GITHUB_TOKEN is in a workflow
    personal_token = "ghp_personal_token_0123456789"
    fork_token = "ghs_fork_token_0123456789"
    gitlab_token = "glpat-project-token-0123456789"

    def __init__(self) -> None:
        self.tokens = {
            self.token: Identity(login="github-actions[bot]", app=True),
            self.personal_token: Identity(login="alice", may_check=False),
            self.fork_token: Identity(
                login="github-actions[bot]", app=True, may_write=False, may_check=False
            ),
            self.gitlab_token: Identity(login="project_1_bot"),
        }
        self.comments: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.page_size = MOST_PAGE
        self.graphql = True
        self._places: set[tuple[str, int]] = set()
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._last_id = 1000
        self._closing = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"forge": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        assert self._server is not None
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def github_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def gitlab_url(self) -> str:
        return f"{self.github_url}/api/v4"

    def pull_request(
        self, project: str, number: int, *, head: str = "shop:feature", sha: str = "a" * 40
    ) -> None:
        """Open a pull request, or with a GitLab project's path or id a merge request."""
        self._places.add((project, number))
        ref = head.partition(":")[2]
        self.pulls.append(
            {"number": number, "project": project, "head": {"label": head, "ref": ref, "sha": sha}}
        )

    def comment(self, number: int, body: str, *, by: str, project: str = "shop/api") -> int:
        """Write a comment as somebody; returns its id."""
        with self._lock:
            self._last_id += 1
            kind = "Bot" if by.endswith("[bot]") else "User"
            self.comments.append(
                {
                    "id": self._last_id,
                    "project": project,
                    "number": number,
                    "body": body,
                    "user": {"login": by, "type": kind},
                    "author": {"username": by},
                    "system": False,
                    "html_url": f"{self.github_url}/{project}/pull/{number}#{self._last_id}",
                }
            )
            return self._last_id

    def bodies(self, number: int) -> list[str]:
        """Return the comments of a pull or merge request, oldest first."""
        return [entry["body"] for entry in self.comments if entry["number"] == number]

    def fail(self, fault: Fault, method: str = ".*", pattern: str = "", times: int = 1) -> None:
        """Let the next requests fail whose method and path match."""
        fault.method, fault.pattern, fault.times = method, pattern, times
        self._faults.append(fault)

    def count(self, method: str, pattern: str = "") -> int:
        """Return how many requests matched."""
        return sum(a.method == method and bool(re.search(pattern, a.path)) for a in self.asked)

    def fault_for(self, asked: Asked) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                matches = re.fullmatch(fault.method, asked.method)
                if fault.times and matches and re.search(fault.pattern, asked.path):
                    fault.times -= 1
                    return fault
        return None

    def wait_for_the_end(self) -> None:
        self._closing.wait()

    def answer(self, asked: Asked) -> Answer:
        """Do what a request asks for."""
        with self._lock:
            header = asked.headers.get("authorization", asked.headers.get("private-token", ""))
            identity = self.tokens.get(header.rpartition(" ")[2])
            if identity is None:
                message = "Bad credentials" if "private-token" not in asked.headers else "401"
                return _said(401, message)
            for method, pattern, handle in self._routes():
                found = re.fullmatch(pattern, asked.path)
                if method == asked.method and found:
                    return handle(asked, identity, **found.groupdict())
            return _said(404, "Not Found")

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        repo, gitlab = r"/repos/(?P<project>[^/]+/[^/]+)", r"/api/v4/projects/(?P<project>[^/]+)"
        notes = rf"{gitlab}/merge_requests/(?P<number>\d+)/notes"
        return [
            ("GET", "/user", self._user),
            ("GET", "/api/v4/user", self._user),
            ("POST", "/graphql", self._viewer),
            ("GET", rf"{repo}/issues/(?P<number>\d+)/comments", self._list),
            ("POST", rf"{repo}/issues/(?P<number>\d+)/comments", self._create),
            ("PATCH", rf"{repo}/issues/comments/(?P<identifier>\d+)", self._edit),
            ("DELETE", rf"{repo}/issues/comments/(?P<identifier>\d+)", self._delete),
            ("GET", rf"{repo}/pulls", self._pulls),
            ("GET", rf"{repo}/pulls/(?P<number>\d+)", self._pull),
            ("POST", rf"{repo}/check-runs", self._check),
            ("GET", rf"{repo}/commits/(?P<sha>\w+)/check-runs", self._checks),
            ("GET", notes, self._list),
            ("POST", notes, self._create),
            ("PUT", rf"{notes}/(?P<identifier>\d+)", self._edit),
            ("DELETE", rf"{notes}/(?P<identifier>\d+)", self._delete),
        ]

    def _user(self, asked: Asked, identity: Identity) -> Answer:
        del asked
        if identity.app:
            return _said(403, NOT_ACCESSIBLE)
        return Answer(status=200, document={"login": identity.login, "username": identity.login})

    def _viewer(self, asked: Asked, identity: Identity) -> Answer:
        if not self.graphql or "viewer" not in asked.document["query"]:
            return _said(404, "Not Found")
        return Answer(status=200, document={"data": {"viewer": {"login": identity.login}}})

    def _list(self, asked: Asked, identity: Identity, project: str, number: str) -> Answer:
        del identity
        if (unquote(project), int(number)) not in self._places:
            return _said(404, "Not Found")
        mine = [c for c in self.comments if (c["project"], c["number"]) == (project, int(number))]
        return self._page(asked, mine)

    def _page(self, asked: Asked, entries: list[Any]) -> Answer:
        size = min(int(asked.query.get("per_page", 30)), self.page_size)
        page = int(asked.query.get("page", 1))
        headers = {}
        if page * size < len(entries):
            following = f"{self.github_url}{asked.path}?per_page={size}&page={page + 1}"
            last = f"{self.github_url}{asked.path}?per_page={size}&page={-(-len(entries) // size)}"
            headers["Link"] = f'<{following}>; rel="next", <{last}>; rel="last"'
        start = (page - 1) * size
        return Answer(status=200, document=entries[start : start + size], headers=headers)

    def _create(self, asked: Asked, identity: Identity, project: str, number: str) -> Answer:
        body = asked.document["body"]
        if (unquote(project), int(number)) not in self._places:
            return _said(404, "Not Found")
        refused = _refused(asked, identity, body)
        if refused is not None:
            return refused
        made = self.comment(int(number), body, by=identity.login, project=project)
        return Answer(status=201, document=next(c for c in self.comments if c["id"] == made))

    def _edit(
        self, asked: Asked, identity: Identity, project: str, identifier: str, number: str = ""
    ) -> Answer:
        del project, number
        refused = _refused(asked, identity, asked.document["body"])
        if refused is not None:
            return refused
        for entry in self.comments:
            if entry["id"] == int(identifier):
                entry["body"] = asked.document["body"]
                return Answer(status=200, document=entry)
        return _said(404, "Not Found")

    def _delete(
        self, asked: Asked, identity: Identity, project: str, identifier: str, number: str = ""
    ) -> Answer:
        del project, number
        refused = _refused(asked, identity, "")
        if refused is not None:
            return refused
        kept = [entry for entry in self.comments if entry["id"] != int(identifier)]
        found = len(kept) < len(self.comments)
        self.comments = kept
        return Answer(status=204, body=b"") if found else _said(404, "Not Found")

    def _pulls(self, asked: Asked, identity: Identity, project: str) -> Answer:
        del identity
        wanted = asked.query.get("head")
        pulls = [p for p in self.pulls if p["project"] == project]
        found = [p for p in pulls if wanted is None or p["head"]["label"] == wanted]
        return Answer(status=200, document=found)

    def _pull(self, asked: Asked, identity: Identity, project: str, number: str) -> Answer:
        del asked, identity
        for pull in self.pulls:
            if (pull["project"], pull["number"]) == (project, int(number)):
                return Answer(status=200, document=pull)
        return _said(404, "Not Found")

    def _check(self, asked: Asked, identity: Identity, project: str) -> Answer:
        if not identity.app:
            return _said(403, "You must authenticate via a GitHub App.")
        if not (identity.may_write and identity.may_check):
            return _said(403, NOT_ACCESSIBLE)
        self._last_id += 1
        url = f"{self.github_url}/{project}/runs/{self._last_id}"
        made = {"id": self._last_id, "project": project, "html_url": url, **asked.document}
        self.checks.append(made)
        return Answer(status=201, document=made)

    def _checks(self, asked: Asked, identity: Identity, project: str, sha: str) -> Answer:
        del identity, project
        name = asked.query.get("check_name")
        found = [c for c in self.checks if c["head_sha"] == sha and name in (None, c["name"])]
        return Answer(status=200, document={"total_count": len(found), "check_runs": found})


def _refused(asked: Asked, identity: Identity, body: str) -> Answer | None:
    gitlab = asked.path.startswith("/api/v4")
    if not identity.may_write:
        return _said(403, NOT_ACCESSIBLE if not gitlab else "403 Forbidden")
    if gitlab and len(body) > MOST_GITLAB_BODY:
        document = {"message": {"note": ["is too long (maximum is 1000000 characters)"]}}
        return Answer(status=400, document=document)
    if not gitlab and len(body) > MOST_GITHUB_BODY:
        message = "Body is too long (maximum is 65536 characters)"
        error = {"code": "unprocessable", "field": "data", "message": message}
        return Answer(status=422, document={"message": "Validation Failed", "errors": [error]})
    return None


def _said(status: int, message: str) -> Answer:
    return Answer(status=status, document={"message": message})


class _Handler(BaseHTTPRequestHandler):
    forge: Forge
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two would wait for each other

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client has heard enough
            super().handle()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        asked = Asked(
            method=self.command,
            path=quote(parts.path, safe="/%"),
            query={key: values[0] for key, values in parse_qs(parts.query).items()},
            headers={key.lower(): value for key, value in self.headers.items()},
            document=json.loads(body) if body else None,
        )
        self.forge.asked.append(asked)
        fault = self.forge.fault_for(asked)
        answer = self.forge.answer(asked) if fault is None or fault.carried_out else None
        if fault is not None:
            answer = fault.answer
            if fault.silent:
                self.forge.wait_for_the_end()
        if answer is None:
            self.close_connection = True
            return
        self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        body = answer.body
        if body is None:
            body = json.dumps(answer.document).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"} | answer.headers
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: `asked` holds everything."""
