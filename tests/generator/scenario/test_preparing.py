"""Filling in what a scenario file leaves open: variables, target, load, data."""

from __future__ import annotations

import pytest

from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.generator.load import ClosedLoad, OpenLoad

STEPS = """\
scenarios:
  - name: a
    steps:
      - {get: /x, capture: {token: $.t}}
"""
FILE = "target: http://127.0.0.1:8000\n" + STEPS


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("- get: /${tokn}", "steps[1].get: nothing before this sets the variable 'tokn'; did you "),
        ("- get: x", "expected a path that begins with /"),
        ("- get: http://user:pw@host/", "no password"),
        ("- get: /${token", "expected '}' behind"),
        ("- {get: /, headers: {a: '${env.NOPE}'}}", "environment variable 'NOPE' is not set"),
        ("- {get: /, check: [{json: 'a.b'}]}", "expected a JSONPath"),
        ("- {get: /, check: [{matches: '(?=x)'}]}", "RE2 has no look-around"),
        ("- {get: /, capture: {x: {regex: '('}}}", "missing )"),
        ("- {if: token >, then: [{get: /}]}", "found nothing more"),
        ("- {for_each: x, in: items, steps: [{get: /}]}", "variable 'items'"),
        ("- {repeat: n, steps: [{get: /}]}", "variable 'n'"),
        ("- send: x", "'send' stands within the steps of a websocket only"),
        ("- expect: {contains: x}", "'expect' stands within"),
        ("- close: 1000", "'close' stands within"),
    ],
)
def test_a_mistake_is_found_before_the_first_request_and_told_with_its_line(
    prepared, step, message
):
    with pytest.raises(ConfigError) as told:
        prepared(f"{FILE}      {step}\n")
    assert "test.yml:6: scenarios[0].steps[1]" in told.value.message
    assert message in told.value.message


def test_variables_are_known_from_the_step_on_that_sets_them(prepared):
    prepared(FILE + "      - get: /${token}/${user_id}/${iteration}\n")
    prepared(FILE + "      - {repeat: 2, index: i, steps: [{get: '/${i}'}]}\n")
    prepared(FILE + "      - {for_each: x, in: [1, 2], steps: [{get: '/${x}'}]}\n")
    prepared(FILE + "      - {set: {y: '${token}'}}\n      - get: /${y}\n")
    prepared(
        f"before: {{test: [{{post: /s, capture: {{id: $.id}}}}]}}\n{FILE}      - get: /${{id}}\n"
    )
    with pytest.raises(ConfigError, match="sets the variable 'later'"):
        prepared(FILE + "      - get: /${later}\n      - {get: /, capture: {later: $.x}}\n")


def test_a_variable_can_be_set_by_the_caller_only_if_the_file_has_it(prepared):
    text = FILE + "variables: {password: x}\n"
    assert prepared(text, variables={"password": "y"}).test.variables == {"password": "y"}
    with pytest.raises(UsageError, match="no such variable") as told:
        prepared(text, variables={"passwort": "y"})
    assert told.value.hint == "did you mean 'password'?"


def test_variables_may_come_from_the_environment_and_are_secret_then(prepared):
    text = FILE + "variables: {password: \"${env.PW or 'dev'}\"}\n"
    assert prepared(text).test.variables == {"password": "dev"}
    real = prepared(text, {"PW": "s3cret", "OTHER": "unused"})
    assert real.test.variables == {"password": "s3cret"}
    assert real.secrets == {"s3cret"}


def test_a_variable_that_would_change_is_refused(prepared):
    with pytest.raises(ConfigError, match=r"test\.yml:6: variables\.x: expected a value that does"):
        prepared(FILE + "variables: {x: '${uuid()}'}\n")


def test_the_target_may_come_from_the_environment_and_is_no_secret(prepared):
    text = "target: ${env.BASE_URL or 'http://127.0.0.1:1'}\n" + STEPS
    assert prepared(text).test.target == "http://127.0.0.1:1"
    given = prepared(text, {"BASE_URL": "http://127.0.0.1:2/api/"})
    assert given.test.target == "http://127.0.0.1:2/api"
    assert given.secrets == frozenset()
    assert prepared(text, target="http://127.0.0.1:3").urls[0] == "http://127.0.0.1:3"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("127.0.0.1:8000", "expected a URL such as"),
        ("ftp://x", "expected a URL such as"),
        ("http://", "expected a URL such as"),
        ("http://x:99999", "expected a URL such as"),
        ("http://user:secret@x", "expected no user and password"),
        ("http://x/?a=b", "ends with its path"),
    ],
)
def test_a_target_that_is_no_base_is_refused_without_repeating_a_password(
    prepared, target, message
):
    with pytest.raises(ConfigError, match="target: ") as told:
        prepared(FILE, target=target)
    assert message in told.value.message
    assert "secret" not in told.value.message


def test_urls_of_other_hosts_are_named_besides_the_target(prepared):
    steps = "      - get: http://other.test/x/${token}\n      - {websocket: 'wss://live.test/'}\n"
    assert prepared(FILE + steps).urls == (
        "http://127.0.0.1:8000",
        "http://other.test/x/",
        "wss://live.test/",
    )


def test_the_load_is_chosen_and_scaled_by_the_caller(prepared):
    text = FILE + "load: {vus: 3, duration: 10 s}\nloads: {peak: {rate: 50 /s, duration: 1m}}\n"
    assert prepared(text).load.most_users == 3
    assert isinstance(prepared(text, load="peak").load, OpenLoad)
    assert prepared(text, load="spike").load.curve.most == 1400
    scaled = prepared(text, load="spike", vus=28, duration_s=46.0).load
    assert isinstance(scaled, ClosedLoad)
    assert (scaled.curve.most, scaled.curve.duration_s) == (28, pytest.approx(46))
    assert prepared(text, load="peak", vus=2).load.most_users == 2
    opened = prepared(text, rate=5.0).load
    assert isinstance(opened, OpenLoad)
    assert opened.curve.most == 5
    with pytest.raises(UsageError, match="there is no such load") as told:
        prepared(text, load="peek")
    assert told.value.hint == "did you mean 'peak'?"


def test_stages_are_not_scaled(prepared):
    with pytest.raises(UsageError, match="not stages"):
        prepared(FILE + "load: {stages: [{duration: 1 s, target: 1}]}\n", vus=5)


@pytest.mark.parametrize(
    ("load", "message", "hint"),
    [
        ("{vus: 2001, duration: 1 s}", "2001 users are more than the limit of 2000", "vus"),
        ("{rate: 3000 /s, duration: 1 s}", "more than the limit of 2000", "rate"),
        ("{vus: 1, duration: 5h}", "5h is longer than the limit of 4h", "duration"),
        ("{rate: 1 /s, duration: 1 s, max_vus: 9999}", "9999 users", "vus"),
        ("{stages: [{duration: 1 s, target: 0}]}", "found none", None),
        ("{stages: [{duration: 0 s, target: 1}]}", "take time", None),
    ],
)
def test_a_load_beyond_the_limits_is_refused(prepared, load, message, hint):
    with pytest.raises(ConfigError, match=r"test\.yml:6: load: ") as told:
        prepared(f"{FILE}load: {load}\n")
    assert message in told.value.message
    assert hint is None or f"limits: {hint}" in str(told.value.hint)


def test_limits_are_raised_knowingly(prepared):
    text = "load: {vus: 5000, duration: 5h}\nlimits: {vus: 5000, duration: 5h}\n"
    assert prepared(FILE + text).load.most_users == 5000


def test_each_user_needs_a_row_of_its_own_where_the_file_says_so(prepared, write):
    write("email\na@b.c\nd@e.f\n", "users.csv")
    text = FILE + "data: [{file: users.csv, as: user, order: unique}]\n"
    assert prepared(text, vus=2).load.most_users == 2
    with pytest.raises(ConfigError, match="2 rows are too few for 3 users"):
        prepared(text, vus=3)


def test_a_default_header_is_sent_from_the_step_on_at_which_its_variable_is_set(prepared):
    head = "defaults: {headers: {a: '${token}', b: fixed, c: '${env.T}'}}\n"
    ready = prepared(head + FILE + "      - get: /y\n", {"T": "s3cret"})
    assert ready.headers == {"b": "fixed", "c": "s3cret"}
    with pytest.raises(ConfigError, match=r"defaults\.headers\.a: nothing before this sets"):
        prepared("defaults: {headers: {a: '${tokn}'}}\n" + FILE)


def test_a_function_that_is_none_is_refused(prepared, write):
    write("def user(session): ...\n", "f.py")
    text = "target: http://127.0.0.1:1\nscenarios: [{name: a, function: '%s'}]\n"
    for name in ("f.py:user", "f.py:nobody"):
        with pytest.raises(ConfigError, match="expected a coroutine function"):
            prepared(text % name)
    with pytest.raises(ConfigError, match=r"expected FILE\.py:NAME"):
        prepared(text % "f:user")


def test_an_error_quotes_no_value_of_the_environment(prepared, write):
    write("raise RuntimeError('cannot log in with s3cret')\n", "f.py")
    text = (
        "target: http://127.0.0.1:1\nvariables: {key: '${env.KEY}'}\n"
        "scenarios: [{name: a, function: 'f.py:user'}]\n"
    )
    with pytest.raises(ConfigError, match=r"cannot log in with \*\*\*") as told:
        prepared(text, {"KEY": "s3cret"})
    assert told.value.__cause__ is None
