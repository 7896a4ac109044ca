"""The catalogues agree with the texts of the code. `--update-golden` brings them up to date."""

from __future__ import annotations

import re

import pytest

from perfanalysis.reports.language import ENGLISH, languages
from tests.reports.language import extraction

TRANSLATED = [code for code in languages() if code != ENGLISH]
# Of `{}`, of `%()s` in templates, of the page's script.
_PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s|%[a-z]{2,}")


def forms(text):
    return (text,) if isinstance(text, str) else tuple(text)


def named(messages):
    return sorted(str(message.id) for message in messages)


@pytest.fixture(params=TRANSLATED)
def catalogue(request, pytestconfig):
    if pytestconfig.getoption("--update-golden"):
        extraction.update(request.param)
    return extraction.read(request.param)


def test_there_is_a_language_to_translate_into():
    assert "ja" in TRANSLATED


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other(catalogue):
    keys = {(message.id, message.context) for message in catalogue if message.id}
    wanted = {(m.id, m.context) for m in extraction.extracted() if m.id}
    assert sorted(map(str, wanted - keys)) == []
    assert sorted(map(str, keys - wanted)) == []
    assert not catalogue.obsolete


def test_every_text_is_translated_and_none_is_a_guess(catalogue):
    messages = [message for message in catalogue if message.id]
    assert named(m for m in messages if not all(forms(m.string)) or not m.string) == []
    assert named(m for m in messages if m.fuzzy) == []


def test_plurals_have_as_many_forms_as_the_language(catalogue):
    counted = [m for m in catalogue if m.id and not isinstance(m.id, str)]
    assert named(m for m in counted if len(forms(m.string)) != catalogue.num_plurals) == []


def test_translations_have_the_placeholders_of_the_text(catalogue):
    # One form may say "one" where others have the number, so the plural tells what there is.
    wrong = [
        message
        for message in catalogue
        if message.id
        for form in forms(message.string)
        if form
        and set(_PLACEHOLDER.findall(form)) != set(_PLACEHOLDER.findall(forms(message.id)[-1]))
    ]
    assert named(wrong) == []


def test_a_translation_brings_no_markup(catalogue):
    """Texts are trusted in templates: a translation must not be a way in."""
    strange = re.compile(r"[<>`]")
    wrong = [
        message
        for message in catalogue
        if message.id
        for form in forms(message.string)
        if set(strange.findall(form)) - set(strange.findall("".join(forms(message.id))))
    ]
    assert named(wrong) == []
