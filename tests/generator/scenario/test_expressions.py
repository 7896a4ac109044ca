"""Expressions and templates."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.generator.scenario.expressions import ExpressionError, parse_expression
from perfanalysis.generator.scenario.functions import FUNCTIONS
from perfanalysis.generator.scenario.scope import ScenarioError, Scope, UndefinedError
from perfanalysis.generator.scenario.templates import parse_template, value_template

VARIABLES = {
    "n": 5,
    "text": "5",
    "items": [3, 1, 2],
    "user": {"email": "a@b.c", "tags": ["x", "y"]},
    "empty": "",
    "yes": True,
}


def evaluate(text: str, environment=None) -> object:
    return parse_expression(text, environment or {}).evaluate(scope())


def scope() -> Scope:
    return Scope(variables=dict(VARIABLES), rng=Random(1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n", 5),
        ("user.email", "a@b.c"),
        ("user['tags'][-1]", "y"),
        ("items[1]", 1),
        ("n > 4 and not empty", True),
        ("n > 4 and n < 5", False),
        ("empty or 'default'", "default"),
        ("missing or 'default'", "default"),
        ("not n == 5", False),
        ("text == 5", True),
        ("text >= 5", True),
        ("'10' > 9", True),
        ("'b' > 'a'", True),
        ("yes == 1", False),
        ("3 in items", True),
        ("items contains 4", False),
        ("user contains 'email'", True),
        ("'@' in user.email", True),
        ("(n == 4 or n == 5) and true", True),
        ("length(items) == 3", True),
        ("null == missing or n", 5),
        ("-1.5e1", -15.0),
        (r'"quote \" and }"', 'quote " and }'),
        (r"'it\'s'", "it's"),
    ],
)
def test_an_expression_has_the_value_that_it_reads_as(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a variable"),
        ("n >", "found nothing more"),
        ("n n", "expected the end of the expression"),
        ("n = 5", "expected the end of the expression"),
        ("items[0", r"expected '\]'"),
        ("user.", "a name behind the dot"),
        ("open('/etc/passwd')", "'open' is no function"),
        ("random_int(1)", "expected 2 arguments, found 1"),
        ("(" * 100 + "n" + ")" * 100, "less deep"),
        ("not " * 100 + "n", "less deep"),
        (r'"\x"', "quoted text"),
    ],
)
def test_what_is_no_expression_is_refused_with_a_reason(text, message):
    with pytest.raises(ExpressionError, match=message):
        parse_expression(text, {})


def test_python_is_out_of_reach():
    with pytest.raises(UndefinedError, match=r"user\.__class__"):
        evaluate("user.__class__")
    with pytest.raises(ExpressionError):
        parse_expression("__import__('os').system('true')", {})


@pytest.mark.parametrize("text", ["items > 3", "n < 'x'", "null > 1", "n contains 1"])
def test_values_that_cannot_be_compared_end_the_iteration(text):
    with pytest.raises(ScenarioError, match="expected"):
        evaluate(text)


@pytest.mark.parametrize(
    "text", ["random_int(3, 1)", "random_int('x', 3)", "random_item(n)", "random_text(-1)"]
)
def test_a_function_says_what_it_expected(text):
    with pytest.raises(ScenarioError, match="expected"):
        evaluate(text)


def test_random_functions_draw_from_the_users_own_numbers():
    assert evaluate("random_int(1, 3)") in (1, 2, 3)
    assert evaluate("random_item(items)") in VARIABLES["items"]
    assert evaluate("uuid()") == evaluate("uuid()")
    assert len(str(evaluate("random_text(8)"))) == 8
    assert 0 <= float(str(evaluate("random()"))) < 1


def test_basic_auth_is_that_of_rfc_7617():
    assert evaluate("basic_auth('Aladdin', 'open sesame')") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_every_function_says_how_it_is_used():
    assert all(function.usage.startswith(f"{name}(") for name, function in FUNCTIONS.items())
    assert all(
        function.usage.count(",") + ("()" not in function.usage) == function.arguments
        for function in FUNCTIONS.values()
    )


def test_an_environment_variable_that_is_not_set_is_told_unless_something_stands_for_it():
    assert parse_expression("env.A", {}).unset == {"A"}
    assert parse_expression("env.A or 'x'", {}).unset == frozenset()
    assert parse_expression("env.A or env.B", {"A": "1"}).unset == {"B"}
    assert evaluate("env.A or 'x'", {"A": "y"}) == "y"


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("/api/${n}/x", "/api/5/x"),
        ("{{ user.email }}!", "a@b.c!"),
        ("$${n} costs $5", "${n} costs $5"),
        ("${items}", "[3,1,2]"),
        ("${yes}${missing or ''}", "true"),
        ('{"a": {{n}}}', '{"a": 5}'),
        ("${'}' or n}", "}"),
        ("", ""),
    ],
)
def test_a_template_is_rendered(text, rendered):
    assert parse_template(text, {}).render(scope()) == rendered


@pytest.mark.parametrize("text", ["${n", "{{ n }", "${}", "${n} ${", "{{n}}{{"])
def test_an_expression_that_is_not_closed_is_refused(text):
    with pytest.raises(ExpressionError):
        parse_template(text, {})


def test_one_expression_alone_keeps_its_type():
    render, _ = value_template({"n": "${n}", "text": "no. ${n}", "deep": ["${items}"]}, {})
    assert render(scope()) == {"n": 5, "text": "no. 5", "deep": [[3, 1, 2]]}


def test_values_are_percent_encoded_in_paths_unless_they_are_the_path():
    hostile = Scope(variables={"id": "../admin?x=1 #", "next": "/items?page=2"}, rng=Random(1))
    assert parse_template("/i/${id}", {}).render_path(hostile) == "/i/..%2Fadmin%3Fx%3D1%20%23"
    assert parse_template("${next}", {}).render_path(hostile) == "/items?page=2"


def test_a_label_shows_expressions_and_never_their_values():
    template = parse_template("/a/${env.TOKEN}/${n}", {"TOKEN": "secret"})
    assert template.label == "/a/{env.TOKEN}/{n}"
    assert template.render(scope()) == "/a/secret/5"


@given(st.text(max_size=40))
def test_any_text_is_a_template_or_is_refused_as_one(text):
    try:
        template = parse_template(text, {})
    except ExpressionError:
        return
    if not template.expressions:
        assert template.render(scope()) == template.literal


@given(st.text("ab.()[]'\"<>=! 1not,", max_size=30))
def test_no_text_makes_the_parser_fail_in_another_way(text):
    with contextlib.suppress(ExpressionError):
        parse_expression(text, {})
