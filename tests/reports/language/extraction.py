"""The texts of the package, and the catalogues that hold their translations."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from perfanalysis.reports import language

ROOT = Path(__file__).parents[3]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "counted": (1, 2),
    "phrase": None,
}
_SOURCES = {
    "perfanalysis": [("**.py", "python")],
    "report_templates": [("**.html", "jinja2")],
}
_JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
# No dates and no names of programs: a file that says the same is the same.
_HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: perfanalysis\\n"
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


@cache
def extracted() -> Catalog:
    """Return every text that the package and its templates may show to readers."""
    texts = Catalog()
    for folder, mapping in _SOURCES.items():
        found = extract_from_dir(
            ROOT / folder,
            mapping,
            options_map={"**.html": _JINJA},
            keywords=KEYWORDS,
        )
        for file, _line, message, _comments, context in sorted(found, key=lambda m: m[:2]):
            texts.add(message, locations=[(f"{folder}/{file}", None)], context=context)
    return texts


def path_of(code: str) -> Path:
    """Return the file of a language's translations."""
    return Path(language.__file__).parent / "locale" / code / "LC_MESSAGES" / "perfanalysis.po"


def read(code: str) -> Catalog:
    """Return the translations into a language."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> None:
    """Bring a file up to date: new texts wait for a translation, those that are gone go."""
    catalogue = read(code)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    for message in catalogue:
        if message.id and message.fuzzy:  # its number of forms has changed
            message.string = "" if isinstance(message.id, str) else ("",) * catalogue.num_plurals
            message.flags.discard("fuzzy")
    body = io.BytesIO()
    write_po(
        body, catalogue, width=98, omit_header=True, ignore_obsolete=True, include_lineno=False
    )
    header = _HEADER.format(code=code, plural_forms=catalogue.plural_forms)
    path_of(code).write_text(header + body.getvalue().decode(), encoding="utf-8")
