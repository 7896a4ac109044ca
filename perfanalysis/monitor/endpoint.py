"""HTTP endpoints that tell an application's metrics: JSON, OpenMetrics, Prometheus's text."""

from __future__ import annotations

import http.client

from perfanalysis.monitor.fetch import Answer, Fetcher
from perfanalysis.monitor.json_answer import sampled_json
from perfanalysis.monitor.openmetrics import OPENMETRICS_TYPE, Exposition
from perfanalysis.monitor.source import ReadingError, Sampled, Source, told

_ACCEPT_TEXT = f"{OPENMETRICS_TYPE};version=1.0.0,text/plain;version=0.0.4;q=0.8"
_ACCEPT_ANY = f"application/json,{OPENMETRICS_TYPE};version=1.0.0;q=0.8,text/plain;q=0.5,*/*;q=0.1"
_TEXT_TYPE = "text/plain"


class Endpoint(Source):
    """An address that is fetched again and again.

    What an answer is, is decided for each: by its content type, and where that says nothing, by
    its first character.

    Args:
        url: where.
        name: begins the names of its metrics; None for none.
        label: what messages call it.
        secrets: parts of the address that must not be told.
        only_text: whether it must answer with metrics as text; JSON is none.
        interval_s: from one reading to the next.

    Raises:
        UsageError: it must be text, and the parser is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str | None,
        label: str,
        secrets: tuple[str, ...],
        only_text: bool,
        interval_s: float,
    ) -> None:
        super().__init__()
        self.label = label
        self.secrets = secrets
        self.interval_s = interval_s
        self._name = name
        self._only_text = only_text
        accept = _ACCEPT_TEXT if only_text else _ACCEPT_ANY
        self._fetcher = Fetcher(url, accept=accept, timeout_s=self.timeout_s)
        self._exposition = Exposition(name, self.restarts) if only_text else None

    def read(self) -> Sampled:
        """Fetch and read one answer.

        Raises:
            ReadingError: there is none, or it is of no known kind.
        """
        try:
            answer = self._fetcher.fetch()
        except (OSError, http.client.HTTPException, UnicodeError) as exc:
            raise ReadingError(_reason(exc, self.secrets)) from exc
        if _is_json(answer):
            if self._only_text:
                raise ReadingError("expected metrics as text, found JSON")
            return sampled_json(answer.body, self._name)
        if self._exposition is None:
            self._exposition = Exposition(self._name, self.restarts)
        is_openmetrics = answer.content_type == OPENMETRICS_TYPE
        return self._exposition.sampled(answer.body, is_openmetrics=is_openmetrics)

    def interrupt(self) -> None:
        """Give up the fetch that is under way."""
        self._fetcher.interrupt()

    def close(self) -> None:
        """Close the connection."""
        self._fetcher.close()


def _is_json(answer: Answer) -> bool:
    """Say whether an answer is JSON; if not, it is metrics as text.

    Raises:
        ReadingError: it is neither.
    """
    kind = answer.content_type
    if kind == OPENMETRICS_TYPE or (kind == _TEXT_TYPE and answer.version):
        return False
    if kind.endswith(("/json", "+json")):
        return True
    if kind in ("", _TEXT_TYPE, "application/octet-stream"):
        return answer.body.lstrip()[:1] in (b"{", b"[")
    raise ReadingError(f"expected JSON or metrics as text, found {kind}")


def _reason(error: BaseException, secrets: tuple[str, ...]) -> str:
    text = told(error, secrets)
    kind = type(error).__name__
    return text if isinstance(error, OSError) or text == kind else f"{kind}: {text}"
