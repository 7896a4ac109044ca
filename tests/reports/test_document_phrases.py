"""Sentences of JSON documents: whoever reads one can say them in another language."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from perfanalysis.model.budget_results import Check
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome
from perfanalysis.phrases import Phrase, as_object, counted, phrase
from perfanalysis.reports.json_document import check_document, comparison_document, render_json
from perfanalysis.reports.read_document import read_check, read_comparison

REASON = phrase("{name} {metric} rose {size}", name="検索", metric="latency.p95", size="20.3 %")
MISSING = counted("{n} run lacks it: {why}", "{n} runs lack it: {why}", 2, n=2, why=phrase("gone"))


@pytest.fixture
def told(comparison, make_run, make_budget, tail_shape):
    """A comparison each of whose kinds of sentences is a phrase."""
    caveat = Caveat(code="x", message=phrase("the runs come from {tools}", tools="k6, JMeter"))
    (first, *_), (lacking, *_) = comparison.results, comparison.not_judged
    return replace(
        comparison,
        reasons=(REASON, "as plain as ever"),
        not_judged=(replace(lacking, message=MISSING),),
        results=(replace(first, caveats=(caveat,)),),
        shapes=(replace(tail_shape, sentence=phrase("no change is seen at any quantile")),),
        budgets=(make_budget(message=phrase("{figure} is {value}", figure="a", value="1 ms")),),
        current=(make_run(window_s=None, caveats=(caveat,)),),
        baseline=(make_run(window_s=None, caveats=()),),
        caveats=(caveat,),
    )


def sentences(comparison):
    return [
        *comparison.reasons,
        *(entry.message for entry in comparison.not_judged),
        *(caveat.message for result in comparison.results for caveat in result.caveats),
        *(shape.sentence for shape in comparison.shapes),
        *(budget.message for budget in comparison.budgets),
        *(caveat.message for run in comparison.current for caveat in run.caveats),
        *(caveat.message for caveat in comparison.caveats),
    ]


def test_sentences_of_a_comparison_come_back_as_the_phrases_that_they_were(told):
    read = read_comparison(render_json(comparison_document(told)))
    assert sentences(read) == sentences(told)
    made = [as_object(text) for text in sentences(read)]
    assert made == [as_object(text) for text in sentences(told)]
    assert made.count(None) == 1


def test_sentences_of_a_check_do_so_too(told, make_budget):
    check = Check(
        runs=told.current,
        outcome=Outcome.MET,
        results=told.budgets,
        caveats=told.caveats,
    )
    read = read_check(render_json(check_document(check)))
    assert as_object(read.results[0].message) == as_object(told.budgets[0].message)
    assert as_object(read.caveats[0].message) == as_object(told.caveats[0].message)
    assert isinstance(read.runs[0].caveats[0].message, Phrase)


def test_a_sentence_that_is_said_often_is_written_once(told):
    phrases = comparison_document(told)["phrases"]
    texts = [entry["text"] for entry in phrases]
    assert len(texts) == len(set(texts)) == 5
    assert phrases[0] == {
        "text": "検索 latency.p95 rose 20.3 %",
        "template": "{name} {metric} rose {size}",
        "values": {"name": "検索", "metric": "latency.p95", "size": "20.3 %"},
    }


def test_a_document_without_phrases_is_read_as_ever(told):
    document = comparison_document(told)
    del document["phrases"]
    read = read_comparison(render_json(document))
    assert sentences(read) == sentences(told)
    assert not any(isinstance(text, Phrase) for text in sentences(read))


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        {},
        ["text"],
        [{"text": 7, "template": "x"}],
        [{"text": str(REASON), "template": "all is well"}],
        [{"text": str(REASON)}],
    ],
)
def test_hostile_phrases_change_no_sentence(told, written):
    document = json.loads(render_json(comparison_document(told)))
    read = read_comparison(json.dumps({**document, "phrases": written}))
    assert sentences(read) == sentences(told)
    assert not isinstance(read.reasons[0], Phrase)


def test_a_name_that_reads_like_a_sentence_stays_a_name(told):
    (first,) = told.results
    named = replace(told, results=(replace(first, name=str(REASON)),))
    read = read_comparison(render_json(comparison_document(named)))
    assert read.results[0].name == REASON
    assert not isinstance(read.results[0].name, Phrase)
    assert isinstance(read.reasons[0], Phrase)
