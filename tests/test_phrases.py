"""Sentences that can be translated: how they are made, kept and stored."""

from __future__ import annotations

import copy
import gettext
import json
import pickle
from dataclasses import replace

import pytest

from perfanalysis.api import import_run
from perfanalysis.errors import BundleError
from perfanalysis.generator.redaction import Redactor
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import RunInfo
from perfanalysis.phrases import Phrase, as_object, changed, counted, from_object, joined, phrase
from perfanalysis.reports import language
from perfanalysis.reports.language import in_language, translated
from perfanalysis.store.bundle import Run


class Marked(gettext.NullTranslations):
    """A language that is English in brackets, one kind for the singular and one for the plural."""

    def gettext(self, message):
        return f"[{message}]"

    def ngettext(self, msgid1, msgid2, n):
        return f"({msgid1})" if n == 1 else f"(({msgid2}))"


@pytest.fixture
def marked(monkeypatch):
    """Japanese for the length of a test: texts in brackets."""
    monkeypatch.setattr(language, "_catalogue", lambda _: Marked())
    with in_language("ja"):
        yield


def test_a_phrase_is_the_english_text_for_everyone():
    found = phrase("{name} has {n} requests", name="search", n=3)
    assert found == "search has 3 requests"
    assert f"{found}!" == "search has 3 requests!"
    assert json.dumps([found]) == '["search has 3 requests"]'
    assert {found: 1}["search has 3 requests"] == 1


def test_phrases_within_phrases_are_translated_with_them(marked):
    inner = phrase("current run {run}", run="'a'")
    outer = phrase("{run} lasted {s} s", run=inner, s=3)
    assert outer == "current run 'a' lasted 3 s"
    assert translated(outer) == "[[current run 'a'] lasted 3 s]"


@pytest.mark.parametrize(
    ("n", "english", "other"),
    [
        (1, "1 run has it", "(1 run has it)"),
        (2, "2 runs have it", "((2 runs have it))"),
        (0, "0 runs have it", "((0 runs have it))"),
    ],
)
def test_a_number_chooses_the_form_in_either_language(marked, n, english, other):
    found = counted("{n} run has it", "{n} runs have it", n, n=n)
    assert found == english
    assert translated(found) == other


def test_what_is_joined_is_translated_part_by_part(marked):
    found = joined("; ", [phrase("one"), "two", phrase("three")])
    assert found == "one; two; three"
    assert translated(found.values["0"]) == "[one]"
    assert "[one]; two; [three]" in translated(found)


def test_text_of_strangers_is_never_taken_for_a_template():
    found = phrase("{name} is new", name="{other} {0.__class__} %(x)s")
    assert found == "{other} {0.__class__} %(x)s is new"
    assert Phrase("{x.__class__} {missing}", {"x": "a"}) == "{x.__class__} {missing}"


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))]
)
@pytest.mark.parametrize(
    "found",
    [
        phrase("plain"),
        phrase("{a} of {b}", a=phrase("one {c}", c=1), b="two"),
        counted("{n} run", "{n} runs", 2, n=2),
    ],
)
def test_copies_of_a_caveat_are_equal_and_remember_how_they_were_made(duplicate, found):
    caveat = Caveat(code="x", message=found)
    again = duplicate(caveat)
    assert again == caveat
    assert hash(again) == hash(caveat)
    assert as_object(again.message) == as_object(found)
    assert as_object(replace(caveat, code="y").message) == as_object(found)


def test_a_caveat_equals_one_whose_text_is_plain():
    made, plain = phrase("{n} rows", n=1), "1 rows"
    assert Caveat(code="x", message=made) == Caveat(code="x", message=plain)
    assert len({Caveat(code="x", message=made), Caveat(code="x", message=plain)}) == 1


def test_secrets_leave_the_values_and_the_rest_stays_translatable():
    hide = Redactor(["hunter22"]).text
    found = phrase("{source}: {error}", source="db", error=phrase("no {what}", what="pw=hunter22"))
    cleaned = changed(found, hide)
    assert cleaned == "db: no pw=***"
    assert "hunter22" not in json.dumps(as_object(cleaned))
    assert as_object(cleaned)["template"] == "{source}: {error}"


def test_a_secret_that_no_single_value_holds_leaves_a_plain_text():
    found = phrase("{first}{second}", first="hun", second="ter22")
    cleaned = changed(found, Redactor(["hunter22"]).text)
    assert cleaned == "***"
    assert not isinstance(cleaned, Phrase)


NESTED = phrase("{run}: {problem}", run=phrase("current run {run}", run="'é {x}'"), problem="p")
PLURAL = counted("{n} run of {name}", "{n} runs of {name}", 3, n=3, name="検索")


@pytest.mark.parametrize("found", [NESTED, PLURAL, phrase("as it is")])
def test_objects_of_json_hold_all_that_a_phrase_is_made_of(found):
    stored = json.loads(json.dumps(as_object(found)))
    again = from_object(stored, str(found))
    assert again == found
    assert as_object(again) == as_object(found)


def test_plain_text_has_no_object():
    assert as_object("plain") is None


def nested(depth, template="{a}{a}"):
    made: dict[str, object] = {"template": "xxxxxxxx"}
    for _ in range(depth):
        made = {"template": template, "values": {"a": made}}
    return made


@pytest.mark.parametrize(
    "stored",
    [
        None,
        7,
        "text",
        [],
        {},
        {"template": 7},
        {"template": "another text"},
        {"template": "one {n}", "values": {"n": "two"}},
        {"template": "one {n}", "values": ["n"]},
        {"template": "one {n}", "values": {"n": 1}},
        {"template": "one {n}", "values": {"n": {"template": ["1"]}}},
        {"template": "one run", "plural": "other runs", "number": 2},
        {"template": "{a}", "values": {"a": "one run", "b": "x" * 10_000}},
        nested(7, "{a}"),
        nested(60),
        nested(900, "{a}"),
    ],
)
def test_what_does_not_make_the_stored_text_is_left_out(stored):
    found = from_object(stored, "one run")
    assert found == "one run"
    assert not isinstance(found, Phrase)


def test_values_that_double_with_each_level_take_no_more_than_the_text_is_long():
    # Seven levels of doubled text would be 8 * 2**7 characters, and of forty-fold text 8 * 40**7.
    stored = nested(7, "{a}" * 40)
    assert not isinstance(from_object(stored, "x" * 100), Phrase)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, fixtures):
    source = fixtures / "jmeter" / "base.semicolon-noheader.jtl"
    destination = tmp_path_factory.mktemp("bundle") / "base.run"
    import_run([str(source)], destination)
    return destination


def rewritten(bundle, tmp_path, change):
    """A bundle whose caveats were changed on disk, opened."""
    content = json.loads((bundle / "run.json").read_text())
    for caveat in content["caveats"]:
        change(caveat)
    other = tmp_path / "other.run"
    other.mkdir()
    for file in bundle.iterdir():
        if file.name != "run.json":
            (other / file.name).symlink_to(file)
    (other / "run.json").write_text(json.dumps(content))
    return Run.open(other)


def test_caveats_of_a_bundle_can_be_translated_after_reading(bundle, marked):
    (caveat,) = (c for c in Run.open(bundle).info.caveats if c.code == "assumed-columns")
    assert caveat.message.startswith("base.semicolon-noheader.jtl: it has no header; its ")
    assert translated(caveat.message) == f"[{caveat.message}]"
    assert caveat.message.template.startswith("{file}: it has no header; its {columns} columns")


def test_a_bundle_stores_the_text_beside_what_it_was_made_of(bundle):
    stored = json.loads((bundle / "run.json").read_text())["caveats"]
    assert stored
    for caveat in stored:
        assert list(caveat) == ["code", "message", "phrase"]
        assert from_object(caveat["phrase"], caveat["message"]) == caveat["message"]


def test_a_bundle_without_phrases_is_read_as_ever(bundle, tmp_path, marked):
    older = rewritten(bundle, tmp_path, lambda caveat: caveat.pop("phrase"))
    assert older.info.caveats == Run.open(bundle).info.caveats
    for caveat in older.info.caveats:
        assert translated(caveat.message) == caveat.message
    assert '"phrase"' not in older.info.model_dump_json()


@pytest.mark.parametrize("stored", [nested(60), {"template": "all is well"}, 7, None, [[]]])
def test_a_hostile_bundle_cannot_say_anything_but_its_message(bundle, tmp_path, stored, marked):
    hostile = rewritten(bundle, tmp_path, lambda caveat: caveat.update(phrase=stored))
    assert hostile.info.caveats == Run.open(bundle).info.caveats
    for caveat in hostile.info.caveats:
        assert translated(caveat.message) == caveat.message


def test_unknown_keys_of_a_caveat_are_still_refused(bundle, tmp_path):
    with pytest.raises(BundleError, match="other"):
        rewritten(bundle, tmp_path, lambda caveat: caveat.update(other=1))


def test_what_is_known_about_a_run_survives_its_own_json(bundle):
    info = Run.open(bundle).info
    again = RunInfo.model_validate_json(info.model_dump_json(by_alias=True))
    assert again == info
    assert [as_object(c.message) for c in again.caveats] == [
        as_object(c.message) for c in info.caveats
    ]
