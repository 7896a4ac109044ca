"""Escaping: strangers' text made harmless for each kind of output.

Names, errors and messages come from result files, so they may hold anything. Control characters
are replaced by something visible rather than removed: two names that differ only there must not
look the same. JSON escapes for itself, and HTML's markup characters are escaped by its templates:
text for them only goes through `terminal_text`.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len

ELLIPSIS = "…"

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # many scripts and emoji cannot be written without them
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_CSV = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  (full-width signs start formulas too)

_RUNNER_COMMAND = re.compile(r"^(\s*)::")
_RUNNER_BLOCK = re.compile(r"(##(?:vso)?)\[", re.IGNORECASE)
# An underscore between letters or digits (`error_rate`) is none of Markdown's business.
_MARKDOWN_SIGN = re.compile(r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])")
_MARKDOWN_ENTITY = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "|": "&#124;"}
# `@team`, `#12`, `!7`, `GH-12`, `&12`: a mention there is told to people and noted elsewhere.
_MARKDOWN_REFERENCE = re.compile(
    r"(?<!&)[@#!](?=\w)|(?<![^\W_])GH(?=-\d)|&amp;(?=\d)", re.IGNORECASE
)
_MARKDOWN_ADDRESS = re.compile(r":(?=//)|www(?=\.)", re.IGNORECASE)
# What would begin a list, a heading or a rule.
_MARKDOWN_BLOCK = re.compile(r"^(\d*)([-+#=.)])(?=[-+#=\s]|$)")


def terminal_text(text: str) -> str:
    r"""Return the text on one line, with every unseen or steering character made visible.

    Line ends become `⏎`, other control characters their pictures (`␛`), and the rest (C1 controls,
    bidirectional overrides, byte order marks, lone surrogates) their code point.

    >>> terminal_text("ok\x1b[31m\n\u202egnp")
    'ok␛[31m⏎<U+202E>gnp'
    """
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text.replace("\r\n", "\n"))


def _visible(char: str) -> str:
    if char == "\n":
        return "⏎"
    code = ord(char)
    is_character = code & 0xFFFE != 0xFFFE
    if is_character and (unicodedata.category(char) not in _UNSEEN or char in _JOINERS):
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def log_line(line: str) -> str:
    r"""Return a line of output that no CI system takes for a command to itself.

    GitHub's runner obeys a line that begins with `::error::`, blanks before it or not, and, like
    Azure's, `##[error]` or `##vso[...]` anywhere in it. A backslash breaks both. k6's groups begin
    with `::`, so names need no ill will to be one.

    >>> log_line("  ::error::forged"), log_line("GET /##[error]x"), log_line("a::b")
    ('  \\::error::forged', 'GET /##\\[error]x', 'a::b')
    """
    line = _RUNNER_BLOCK.sub(lambda found: f"{found[1]}\\[", line)
    return _RUNNER_COMMAND.sub(r"\1\\::", line)


def markdown_text(text: str) -> str:
    """Return the text for running Markdown (GitHub, GitLab) or a table cell: shown as it is.

    Formatting signs, HTML and mathematics are escaped. Mentions, references (`@team`, `#12`) and
    addresses are looked for after Markdown was rendered, where no escape reaches: a zero-width
    space breaks them.

    >>> markdown_text("a|b <b>@team</b>")
    'a&#124;b &lt;b&gt;@&#8203;team&lt;/b&gt;'
    """
    text = terminal_text(text).strip()
    text = "".join(_MARKDOWN_ENTITY.get(char, char) for char in text)
    text = _MARKDOWN_SIGN.sub(r"\\\g<0>", text)
    # "&#" begins an entity made above, not a reference.
    text = _MARKDOWN_REFERENCE.sub(r"\g<0>&#8203;", text)
    text = _MARKDOWN_ADDRESS.sub(r"\g<0>&#8203;", text)
    return _MARKDOWN_BLOCK.sub(r"\1\\\2", text)


def markdown_code(text: str) -> str:
    """Return the text as a code span, where neither HTML nor mentions work.

    A table cell besides needs `markdown_cell`.

    >>> markdown_code("GET /a|b"), markdown_code("tick ` tock")
    ('`GET /a|b`', '`` tick ` tock ``')
    """
    text = terminal_text(text)
    if not text.strip():
        return "(blank)" if text else "(empty)"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    # Markdown takes one space off each end of a span that has one at both ends.
    pad = " " if longest or text[0] == " " or text[-1] == " " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def markdown_cell(markdown: str) -> str:
    r"""Return Markdown that stays in its table cell: tables split even code spans at a pipe.

    >>> markdown_cell("`GET /a|b`")
    '`GET /a\\|b`'
    """
    return markdown.replace("|", r"\|")


def csv_text(text: str) -> str:
    """Return the text for a CSV cell: a spreadsheet must not take it for a formula.

    Such a text gets an apostrophe in front. Tabs and line ends inside stay, since quoting is the
    csv module's work; other control characters become visible.

    >>> csv_text("=HYPERLINK(1)"), csv_text("search")
    ("'=HYPERLINK(1)", 'search')
    """
    safe = _NO_CSV.sub(lambda found: _visible(found.group()), text)
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def xml_text(text: str) -> str:
    r"""Return the text without characters that XML 1.0 forbids, each replaced by a visible one.

    Markup characters are left to the XML writer.

    >>> xml_text("a\x00\x1b[0m<b>")
    'a␀␛[0m<b>'
    """
    return _NO_XML.sub(lambda found: _visible(found.group()), text)


def shortened(text: str, width: int) -> str:
    """Return the text in at most `width` terminal cells, its middle replaced by an ellipsis.

    Wide characters (Chinese, emoji) count two cells. The end of a name tells as much as its
    beginning (`GET /api/v1/…/items`), so both are kept. For display only: never shorten what a
    program reads.

    >>> shortened("GET /api/v1/users/items", 12)
    'GET /a…items'
    """
    # Combining marks take no cell: without the second limit a name of them would never be cut.
    most_chars = 4 * width
    if len(text) <= most_chars and cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    room = width - cell_len(ELLIPSIS)
    tail_room = room // 2
    tail = _fitting(text[::-1][:most_chars], tail_room)[::-1]
    head = _fitting(text[:most_chars], room - tail_room)
    return f"{head}{ELLIPSIS}{tail}"


def _fitting(text: str, room: int) -> str:
    """Return the longest beginning that fits into a number of cells, bounded in characters too."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > room or index >= 2 * room:
            return text[:index]
    return text
