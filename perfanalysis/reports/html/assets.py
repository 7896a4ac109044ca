"""What the page carries with it: its style sheet, its scripts, its data, and its policy.

The style sheet and our script are kept in several files, one per subject, and joined in a fixed
order. The charting library is not ours and not in this repository: it is read from the wheel that
it was installed from. The policy allows exactly these texts, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from importlib import resources

from markupsafe import Markup

from perfanalysis.reports.html.templates import template_folder

DATA_ID = "report-data"

_STYLES = ("colours", "text", "tables", "drawings", "changes", "charts", "sections", "media")
_SCRIPTS = (
    *("numbers", "theme", "filters", "tables", "palette", "scales", "chart_time"),
    *("chart_latency", "chart_heat", "legend", "keyboard", "chart_table", "charts", "start"),
)
# What HTML or JavaScript could take for markup or for the end of a line, inside a script element.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def style_element() -> Markup:
    """Return the style sheet as an element."""
    return Markup("<style>{}</style>").format(Markup(_style()))  # noqa: S704  (our own files)


def script_elements() -> Markup:
    """Return the charting library and our script, each as an element."""
    return Markup("\n").join(
        Markup("<script>{}</script>").format(Markup(text))  # noqa: S704  (see `_scripts`)
        for text in _scripts()
    )


def data_element(data: object) -> Markup:
    r"""Return data for the script as an element that no browser runs.

    Every character that could end the element, begin a comment or be taken for a line end is
    written as an escape of JSON, wherever the text came from.

    >>> str(data_element({"name": "</script>"}))
    '<script type="application/json" id="report-data">{"name":"\\u003c/script\\u003e"}</script>'
    """
    return Markup('<script type="application/json" id="{}">{}</script>').format(
        DATA_ID,
        Markup(json_text(data)),  # noqa: S704  (escaped by `json_text`)
    )


def json_text(data: object) -> str:
    """Return JSON that may stand inside a script element.

    Raises:
        ValueError: a number is not finite, which JSON cannot hold.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    # A lone surrogate cannot be written to a file.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def policy() -> str:
    """Return the Content-Security-Policy that the page obeys."""
    scripts = " ".join(f"'{content_hash(text)}'" for text in _scripts())
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src '{content_hash(_style())}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def content_hash(text: str) -> str:
    """Return a hash as Content-Security-Policy writes it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@lru_cache(maxsize=1)
def _style() -> str:
    library = resources.files("uplot.static").joinpath("uPlot.min.css").read_text(encoding="utf-8")
    folder = template_folder() / "style"
    ours = [(folder / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES]
    return "\n".join([library, *ours])


@lru_cache(maxsize=1)
def _scripts() -> tuple[str, str]:
    """Return the charting library, and our script as one function that leaves nothing behind."""
    library = resources.files("uplot.static").joinpath("uPlot.iife.js").read_text(encoding="utf-8")
    folder = template_folder() / "script"
    ours = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return library, "\n".join(["(() => {", '"use strict";', *ours, "})();"])
