"""ASCII for terminals, mail and logs that show nothing else.

Our own signs have a reading in ASCII. Strangers' names stay as they are, so that they can be
searched for: only what was put into them to show them is ours.
"""

from __future__ import annotations

import re

from perfanalysis.reports.escape import ELLIPSIS, shortened, terminal_text

_SIGNS = {
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u2026": "...",
    "\u221e": "inf",
    "\u00d7": "x",
    "\u00b1": "+-",
    "\u00b5": "u",
    "\u2019": "'",
    "\u202f": "",  # sets thousands apart
    "\u2192": "->",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u23ce": "\\n",
    "\u2421": "<U+007F>",
    **{chr(0x2400 + code): f"<U+{code:04X}>" for code in range(0x20)},
}
_TABLE = str.maketrans(_SIGNS)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_MARK = re.compile(f"[{_SUPERSCRIPTS}]+")
_DIGITS = str.maketrans(_SUPERSCRIPTS, "0123456789")


def ascii_words(text: str) -> str:
    r"""Return our own words in ASCII; letters that have no reading there stay.

    >>> ascii_words("regressed¹² –"), ascii_words("18\u202f204")
    ('regressed[12] -', '18204')
    """
    marked = _MARK.sub(lambda found: f"[{found.group().translate(_DIGITS)}]", text)
    return marked.translate(_TABLE)


def ascii_name(name: str, width: int) -> str:
    r"""Return a stranger's name on one line, with our own signs in it in ASCII.

    Args:
        name: as it is in the result file.
        width: terminal cells that it may take.

    >>> ascii_name("GET /é/very/long", 12), ascii_name("two\nlines", 20)
    ('GET /...long', 'two\\nlines')
    """
    visible = "".join(
        char if char == shown else shown.translate(_TABLE)
        for char, shown in ((char, terminal_text(char)) for char in name)
    )
    short = shortened(visible, width)
    if short == visible:
        return visible
    return shortened(visible, max(width - 2, 1)).replace(ELLIPSIS, "...", 1)
