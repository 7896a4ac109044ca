"""Steps carried out against a session that answers from a table."""

from __future__ import annotations

import asyncio

import pytest

from perfanalysis.generator.scenario.scope import RequiredError, ScenarioError, UndefinedError

OK = (200, {"id": 7, "items": [{"id": 1}, {"id": 2}, {"id": 3}], "token": "t0k"})


def asked(session) -> list[str]:
    return [f"{request.method} {request.url}" for request in session.asked]


def test_a_request_is_made_as_it_is_written(iterate):
    session = iterate(
        """
        - post: /items/${user_id}
          query: {full: true, n: 5}
          headers: {X-A: "n${iteration}"}
          json: {n: "${user_id}", text: "no. ${user_id}", fixed: null}
          tags: {kind: write}
          timeouts: {connect: 1 s, total: 2 s}
        """
    )
    (request,) = session.asked
    assert (request.method, request.url) == ("POST", "/items/0")
    options = request.options
    assert options["name"] == "POST /items/{user_id}"
    assert options["params"] == {"full": "true", "n": "5"}
    assert options["headers"] == {"X-A": "n0"}
    assert options["json"] == {"n": 0, "text": "no. 0", "fixed": None}
    assert options["tags"] == {"kind": "write"}
    assert (options["timeout"].connect_s, options["timeout"].whole_s) == (1, 2)
    assert not options["keep_body"]


def test_what_never_changes_is_made_once(iterate):
    session = iterate(
        """
        - {get: "/search?a=1", query: {q: "x y"}}
        - {put: /x, json: [1, null], headers: {a: b}}
        - {patch: /x, json: null}
        - {post: /x, form: {a: 1, b: "ü"}}
        - {post: /x, body: "$${raw}"}
        - {delete: /x, headers: {Content-Type: text/json}, json: {}}
        """
    )
    search, put, patch, form, raw, own = session.asked
    assert search.url == "/search?a=1&q=x+y"
    assert put.options["body"] == b"[1, null]"
    assert put.options["headers"] == {"a": "b", "content-type": "application/json"}
    assert patch.options["body"] == b"null"
    assert form.options["form"] == {"a": "1", "b": "ü"}
    assert raw.options["body"] == b"${raw}"
    assert own.options["headers"] == {"Content-Type": "text/json"}


def test_a_captured_value_is_used_by_later_steps(iterate):
    session = iterate(
        """
        - get: /a
          capture:
            id: $.id
            last: {json: "$.items[*].id", which: last}
            all: {json: "$.items[*].id", which: all}
            random: {json: "$.items[*].id", which: random}
            where: {header: Location}
            word: {regex: '"token": *"([a-z0-9]+)"'}
            other: {json: $.none, default: 5}
        - post: /${id}/${last}/${random}
          json: {all: "${all}", where: "${where}", word: "${word}", other: "${other}"}
        """,
        {"GET /a": (*OK, [("location", "/b")])},
    )
    request = session.asked[1]
    assert request.url in {"/7/3/1", "/7/3/2", "/7/3/3"}
    expected = {"all": [1, 2, 3], "where": "/b", "word": "t0k", "other": 5}
    assert request.options["json"] == expected
    assert session.errors[0] is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, {}), "capture of 'id': nothing at $.id"),
        ((200, b"<html>"), "capture of 'id': the body is no JSON"),
        ((500, {"id": 5}), "HTTP 500"),
        ((302, {"id": 5}), None),
    ],
)
def test_a_request_fails_whose_answer_lacks_what_is_captured(iterate, answer, error):
    session = iterate("- {get: /a, capture: {id: $.id}}", {"GET /a": answer})
    assert session.errors == [error]


def test_an_iteration_ends_at_the_step_whose_variable_was_not_captured(iterate):
    with pytest.raises(UndefinedError, match="'id' is not defined"):
        iterate("- {get: /a, capture: {id: $.id}}\n- get: /${id}", {"GET /a": (200, {})})


def test_what_an_earlier_request_captured_does_not_pass_for_a_later_ones(iterate):
    steps = """
    - {get: /a, capture: {id: $.id}}
    - {get: /b, capture: {id: $.id}}
    - get: /${id or 'none'}
    """
    session = iterate(steps, {"GET /a": OK, "GET /b": (200, {})})
    assert asked(session)[2] == "GET /none"


CHECKS = """
- get: /a
  name: item
  check:
    - status: [200, 3xx]
    - {json: $.id, equals: 7}
    - {json: $.token, matches: "^t"}
    - {json: "$.items[0]"}
    - {json: $.gone, exists: false}
    - {header: content-type, contains: json}
    - {contains: "t0k"}
    - {name: quick, latency_below: 5 ms}
"""


def test_checks_are_recorded_by_name(iterate):
    headers = [("Content-Type", "application/json")]
    session = iterate(CHECKS, {"GET /a": (*OK, headers, 4.0)})
    assert session.checks == [
        ("item: status is 200 or 3xx", True),
        ("item: $.id equals 7", True),
        ("item: $.token matches ^t", True),
        ("item: $.items[0] exists", True),
        ("item: $.gone does not exist", True),
        ("item: header content-type contains json", True),
        ("item: body contains t0k", True),
        ("quick", True),
    ]
    assert session.errors == [None]


def test_a_wrong_answer_is_a_failure_and_a_slow_one_is_not(iterate):
    slow = iterate(CHECKS, {"GET /a": (*OK, [("content-type", "json")], 6.0)})
    assert slow.errors == [None]
    assert [name for name, held in slow.checks if not held] == ["quick"]
    wrong = iterate(CHECKS, {"GET /a": (200, {"id": 8, "items": []}, [], 1.0)})
    assert wrong.errors == ["check failed: item: $.id equals 7"]
    assert sum(held for _, held in wrong.checks) == 3


def test_no_check_holds_without_an_answer(iterate):
    session = iterate(CHECKS, {"GET /a": None})
    assert len(session.checks) == 8
    assert not any(held for _, held in session.checks)


def test_a_status_that_is_checked_for_is_no_failure(iterate):
    answers = {"GET /a": (404, b""), "GET /b": (404, b"")}
    session = iterate("- {get: /a, check: [{status: 4xx}]}\n- get: /b", answers)
    assert session.errors == [None, "HTTP 404"]


def test_a_check_may_compare_with_a_variable(iterate):
    steps = """
    - set: {id: "7"}
    - {get: /a, check: [{json: $.id, equals: "${id}"}, {contains: "${id}"}]}
    """
    assert iterate(steps, {"GET /a": OK}).errors == [None]


def test_the_body_is_kept_only_where_something_looks_at_it(iterate):
    steps = "- {get: /a, check: [{status: 200}]}\n- {get: /a, check: [{contains: x}]}"
    session = iterate(steps, {"GET /a": OK})
    assert [request.options["keep_body"] for request in session.asked] == [False, True]


def test_a_required_request_that_fails_ends_the_iteration(iterate):
    with pytest.raises(RequiredError, match="login, which is required, failed: HTTP 503"):
        iterate("- {get: /a, name: login, required: true}\n- get: /b", {"GET /a": (503, b"")})


def test_loops_conditions_and_variables(iterate):
    session = iterate(
        """
        - set: {n: 2, list: [a, b]}
        - {repeat: n, index: i, steps: [{get: "/r/${i}"}]}
        - {repeat: 0, steps: [{get: /never}]}
        - {for_each: x, in: list, steps: [{get: "/f/${x}"}]}
        - {for_each: y, in: [1, "${n}"], steps: [{get: "/g/${y}"}]}
        - if: n > 1 and length(list) == 2
          then: [{get: /then}]
          else: [{get: /else}]
        - {if: "${n == 1}", then: [{get: /no}], else: [{get: /yes}]}
        - {if: false, then: [{get: /no}]}
        - {group: both, steps: [{get: /one}, {think: 2 s}]}
        """
    )
    paths = "/r/0 /r/1 /f/a /f/b /g/1 /g/2 /then /yes /one"
    assert asked(session) == [f"GET {path}" for path in paths.split()]
    assert session.groups == ["both"]
    assert session.slept == [2.0]


@pytest.mark.parametrize(
    "steps",
    [
        "- set: {n: x}\n- {repeat: n, steps: [{get: /}]}",
        "- set: {n: 1000000}\n- {repeat: n, steps: [{get: /}]}",
        "- set: {n: 5}\n- {for_each: x, in: n, steps: [{get: /}]}",
    ],
)
def test_a_loop_over_nonsense_ends_the_iteration(iterate, steps):
    with pytest.raises(ScenarioError, match="expected a"):
        iterate(steps)


def test_think_times_are_drawn_between_their_bounds(iterate):
    session = iterate("- {repeat: 200, steps: [{think: 1 s - 3 s}]}")
    assert 1 <= min(session.slept) < 1.1
    assert 2.9 < max(session.slept) <= 3


def test_the_default_think_time_stands_behind_requests_without_one(iterate):
    steps = "- get: /a\n- get: /b\n- think: 5 s\n- {repeat: 2, steps: [{get: /c}]}"
    session = iterate(steps, head="defaults: {think: 1 s}\n")
    assert session.slept == [1, 5, 1, 1]


def test_a_path_out_of_an_answer_must_be_one(iterate):
    steps = "- {get: /a, capture: {next: $.token}}\n- get: ${next}"
    answers = {"GET /a": (200, {"token": "/b?page=2"})}
    assert asked(iterate(steps, answers))[1] == "GET /b?page=2"
    with pytest.raises(ScenarioError, match="expected a path or URL") as told:
        iterate(steps, {"GET /a": (200, {"token": "gopher://s3cret"})})
    assert "s3cret" not in str(told.value)


def test_halves_of_characters_are_replaced(iterate):
    body = b'{"id": "\\ud800x"}'
    steps = "- {get: /a, capture: {id: $.id}}\n- {post: /b, body: '${id}'}"
    session = iterate(steps, {"GET /a": (200, body)})
    assert session.asked[1].options["body"] == b"?x"


def test_default_headers_with_variables_are_sent_once_they_are_known(iterate):
    head = "defaults: {headers: {authorization: 'Bearer ${token}'}}\n"
    steps = "- {post: /login, capture: {token: $.token}}\n- get: /a\n- {get: /b, headers: {x: y}}"
    session = iterate(steps, {"POST /login": OK}, head=head)
    sent = [request.options.get("headers") for request in session.asked]
    token = {"authorization": "Bearer t0k"}
    assert sent == [None, token, {**token, "x": "y"}]


WEBSOCKET = """
- websocket: /ws/${user_id}
  headers: {a: "${user_id}"}
  subprotocols: [chat]
  steps:
    - send: {type: hello, id: "${user_id}"}
    - send: plain
    - expect: {json: $.type, equals: hello}
      capture: {id: $.id, none: $.x}
    - expect: {contains: pla, matches: "n$"}
    - {if: id == 0, then: [{get: /within}]}
    - close: 1001
"""


def test_a_websocket_is_opened_used_and_closed(iterate):
    session = iterate(WEBSOCKET)
    opened = session.asked[0]
    assert (opened.method, opened.url) == ("WEBSOCKET", "/ws/0")
    assert opened.options["name"] == "/ws/{user_id}"
    assert opened.options["headers"] == {"a": "0"}
    assert opened.options["subprotocols"] == ("chat",)
    assert session.socket.sent == ['{"type":"hello","id":0}', "plain"]
    assert session.socket.closed == [1001, 1000]
    assert asked(session)[1:] == ["GET /within"]


def test_the_steps_of_a_websocket_that_could_not_be_opened_are_left_out(iterate, new_session):
    session = new_session()
    session.socket.error = "connection refused"
    again = iterate(WEBSOCKET + "\n- get: /behind", session=session)
    assert again.socket.sent == []
    assert asked(again) == ["WEBSOCKET /ws/0", "GET /behind"]


HOOKS = """
target: http://127.0.0.1:8000
before:
  test: [{post: /setup, capture: {run: $.id}}]
  user: [{post: /login, capture: {token: $.token}}]
scenarios:
  - {name: one, steps: [{get: "/one/${token}/${run}"}]}
  - {name: two, steps: [{get: "/two/${token}"}]}
after:
  user: [{post: "/logout/${token}"}]
  test: [{delete: "/setup/${run}"}]
"""


def test_hooks_run_once_for_the_test_and_once_for_each_user(prepared, new_session):
    program = prepared(HOOKS).program
    answers = {"POST /setup": OK, "POST /login": OK, "DELETE /setup/7": (204, b"")}
    session = new_session(answers)

    async def test() -> dict[str, object]:
        variables = await program.setup()(session)
        session.variables = dict(variables)
        for number in (0, 1, 0):
            await program.function(number)(session)
        await program.leaving()(session)
        await program.leaving()(session)
        await program.teardown()(session)
        return variables

    assert asyncio.run(test()) == {"run": 7}
    assert asked(session) == [
        "POST /setup",
        "POST /login",
        "GET /one/t0k/7",
        "GET /two/t0k",
        "GET /one/t0k/7",
        "POST /logout/t0k",
        "DELETE /setup/7",
    ]


def test_a_request_before_the_test_must_succeed(prepared, new_session):
    program = prepared(HOOKS).program
    session = new_session({"POST /setup": (500, b"")})
    with pytest.raises(RequiredError, match="HTTP 500"):
        asyncio.run(program.setup()(session))


def test_a_user_that_could_not_log_in_tries_again(prepared, new_session):
    text = HOOKS.replace("{post: /login,", "{post: /login, required: true,")
    program = prepared(text).program
    session = new_session({"POST /login": (500, b"")})
    session.variables = {"run": 7}
    with pytest.raises(RequiredError):
        asyncio.run(program.function(0)(session))
    session.answers["POST /login"] = OK
    asyncio.run(program.function(0)(session))
    assert asked(session) == ["POST /login", "POST /login", "GET /one/t0k/7"]


def test_a_function_gets_variables_and_rows(write, prepared, new_session):
    write("email\na@b.c\n", "users.csv")
    write("async def user(session):\n    session.seen = dict(session.variables)\n", "f.py")
    text = "target: http://127.0.0.1:1\nvariables: {a: 1}\ndata: [{file: users.csv, as: user}]\n"
    program = prepared(text + "scenarios: [{name: x, function: 'f.py:user'}]\n").program

    session = new_session()
    asyncio.run(program.function(0)(session))
    assert session.seen == {"a": 1, "user": {"email": "a@b.c"}}
