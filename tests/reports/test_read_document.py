from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from perfanalysis.errors import InputError
from perfanalysis.model.budget_results import Check
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Commit, Environment, SourceFile
from perfanalysis.reports.json_document import (
    check_document,
    comparison_document,
    load_schema,
    render_json,
)
from perfanalysis.reports.read_document import read_check, read_comparison


def changed(document, path, value):
    """The document with another value at a path such as `results.0.verdict`."""
    document = json.loads(json.dumps(document))
    part = document
    *parents, last = path.split(".")
    for key in parents:
        part = part[int(key)] if isinstance(part, list) else part[key]
    part[int(last) if isinstance(part, list) else last] = value
    return render_json(document)


@pytest.fixture
def full(comparison, make_run, make_budget, tail_shape):
    """A comparison with something in every field that a document has."""
    run = make_run(
        commit=Commit(sha="9f8e7d6" + "0" * 33, branch="main"),
        environment=Environment(host_class="c5.large", cpu_model="Xeon", cpu_count=2, os="Linux"),
        caveats=comparison.caveats,
        window_s=None,
    )
    return replace(
        comparison,
        current=tuple(run.model_copy(update={"window_s": None}) for run in comparison.current),
        baseline=(run,),
        shapes=(tail_shape,),
        budgets=(make_budget(tags=(("region", "eu"),)), make_budget(outcome=Outcome.MET)),
    )


def test_a_comparison_comes_back_as_it_was_written(full):
    assert read_comparison(render_json(comparison_document(full))) == full


def test_documents_obey_their_schemas(full, make_budget):
    check = Check(runs=full.baseline, outcome=Outcome.MET, results=(make_budget(),), caveats=())
    for name, document in (
        ("comparison", comparison_document(full)),
        ("check", check_document(check)),
    ):
        schema = load_schema(name)
        for part in (schema, *schema["$defs"].values()):
            part["additionalProperties"] = False
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_a_check_comes_back_as_it_was_written(full, make_budget):
    check = Check(
        runs=full.baseline,
        outcome=Outcome.BROKEN,
        results=(make_budget(), make_budget(name=None, line=3)),
        caveats=full.caveats,
    )
    assert read_check(render_json(check_document(check))) == check


def test_what_a_document_leaves_out_of_runs_is_empty_and_never_invented(full, make_run):
    run = make_run(
        window_s=1.0,
        tags={"a": "b"},
        sources=(SourceFile(name="x", format="k6-json", bytes=1, sha256="0"),),
    )
    written = render_json(comparison_document(replace(full, baseline=(run,))))
    (read,) = read_comparison(written).baseline
    assert (read.window_s, read.tags, read.sources, read.thresholds) == (None, {}, (), ())
    assert (read.counts, read.evidence, read.started_at) == (
        run.counts,
        run.evidence,
        run.started_at,
    )


def test_hostile_texts_come_back_unharmed_but_for_lone_surrogates(hostile_comparison):
    read = read_comparison(render_json(comparison_document(hostile_comparison)))
    names = [result.name for result in hostile_comparison.results]
    expected = [name.replace("\ud800", "<U+D800>") for name in names]
    assert [result.name for result in read.results] == expected


def test_fields_of_later_versions_are_ignored(full):
    document = comparison_document(full)
    document["later"] = {"deep": [1]}
    document["results"][0]["later"] = 1
    document["current"][0]["later"] = 1
    document["budgets"][0]["later"] = 1
    assert read_comparison(render_json(document)) == full


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("results.0.verdict", "slower", r"results\[0\]\.verdict: expected 'regressed', "),
        (
            "results.2.baseline",
            "48",
            r"results\[2\]\.baseline: expected a valid number, found '48'",
        ),
        ("results.0.gate", 1, r"results\[0\]\.gate: expected a valid boolean, found 1"),
        ("results.1.name", None, r"results\[1\]\.name: expected a valid string, found None"),
        ("results.1.n_current", 1.5, r"results\[1\]\.n_current: expected a valid integer"),
        ("results", {}, "results: expected a valid array"),
        ("current", None, "current: expected a list of runs, found None"),
        ("current.0", [], r"current\[0\]: expected an object"),
        ("baseline.0.requests", "many", r"baseline\[0\]\.requests: expected a valid integer"),
        ("baseline.0.evidence", "faith", r"baseline\[0\]\.evidence: expected 'requests'"),
        ("baseline.0.started_at", "noonZ", r"baseline\[0\]\.started_at: expected a valid datetime"),
        ("baseline.0.started_at", "9999-12-31T23:59:59-12:00", r"baseline\[0\]\.started_at: exp"),
        ("baseline.0.commit", {"branch": "x"}, r"baseline\[0\]\.commit\.sha: "),
        ("budgets", {"a": 1}, "budgets: expected a list of objects"),
        ("budgets.0.tags", 7, r"budgets\[0\]\.tags: expected a valid array"),
        ("budgets.0.outcome", "fine", r"budgets\[0\]\.outcome: expected 'met', 'broken'"),
        ("schema", "perfanalysis.summary", "schema: expected 'perfanalysis.comparison', found 'p"),
        ("schema_version", 2, "schema_version: expected 1, found 2"),
        ("schema_version", True, "schema_version: expected 1, found True"),
        ("tolerance", "x" * 500, r"tolerance: expected a valid number, found 'xxx.{40,80}$"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(full, path, value, message):
    text = changed(comparison_document(full), path, value)
    with pytest.raises(InputError, match=f"^c.json: {message}"):
        read_comparison(text, source="c.json")


@pytest.mark.parametrize("key", ["verdict", "results", "budgets", "current", "not_judged"])
def test_a_missing_field_is_an_error(full, key):
    document = comparison_document(full)
    del document[key]
    with pytest.raises(InputError, match=f"^c.json: {key}: "):
        read_comparison(render_json(document), source="c.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00",
        "[" * 100_000,
        b"\xff\xfe\x00",
        '{"schema": NaN}',
        '{"schema": "perfanalysis.comparison", "schema_version": 1, "alpha": 1e999}',
    ],
)
def test_what_is_no_such_document_is_an_error_of_one_line(text):
    with pytest.raises(InputError, match=r"^c.json: (expected a JSON document|schema: )") as caught:
        read_comparison(text, source="c.json")
    assert len(caught.value.message) < 200


def test_a_check_is_no_comparison(full):
    document = render_json(comparison_document(full))
    with pytest.raises(InputError, match=r"schema: expected 'perfanalysis\.check'"):
        read_check(document)
