"""What a load test would do, said before it does anything."""

from __future__ import annotations

import re

import pytest

from perfanalysis.generator.safety import Target
from perfanalysis.generator.scenario.preview import preview
from perfanalysis.reports.load_preview import curve_chart, preview_text

FILE = """\
target: http://127.0.0.1:8000
defaults: {think: 1 s}
scenarios:
  - name: buy
    weight: 3
    steps:
      - {get: "/a/${user_id}"}
      - if: random() < 0.5
        then: [{post: /b, name: write}, {think: 4 s - 6 s}]
      - {repeat: 2, steps: [{get: "/c"}]}
  - name: look
    steps: [{get: /a}]
load: {vus: 8, duration: 100 s}
"""
OWN = (Target(host="127.0.0.1", port=80, addresses=("127.0.0.1",), is_own=True, problem=None),)


@pytest.fixture
def text(prepared):
    def show(file=FILE, targets=OWN, owned=None, environment=None) -> str:
        return preview_text(preview(prepared(file, environment), targets, owned))

    return show


def test_requests_and_thinking_are_counted_for_each_scenario(prepared):
    seen = preview(prepared(FILE), OWN, None)
    buy, look = seen.scenarios
    assert (buy.share, look.share) == (0.75, 0.25)
    assert (buy.requests_low, buy.requests_high) == (3, 4)
    assert (buy.think_low_s, buy.think_high_s) == (3, 8)
    assert buy.names == ("GET /a/{user_id}", "write", "GET /c")
    # 800 user-seconds, of which an iteration thinks 0.75 * 3 + 0.25 * 1 seconds at least.
    assert seen.iterations == pytest.approx(320)
    assert seen.requests_low == pytest.approx(320 * (0.75 * 3 + 0.25))
    assert seen.requests_high == pytest.approx(320 * (0.75 * 4 + 0.25))


def test_an_open_load_says_how_many_iterations_there_will_be(prepared):
    open_load = FILE.replace("{vus: 8, duration: 100 s}", "{rate: 5 /s, duration: 100 s}")
    seen = preview(prepared(open_load), OWN, None)
    assert (seen.is_open, seen.iterations, seen.peak) == (True, 500, 5)


def test_what_is_not_known_is_not_guessed(prepared, text, write):
    endless = "target: http://127.0.0.1:1\nscenarios: [{name: a, steps: [{get: /}]}]\n"
    assert preview(prepared(endless), OWN, None).iterations is None
    assert "as many iterations as the target answers" in text(endless)
    loop = FILE.replace("repeat: 2", "for_each: x, in: \"${env.L or 'x'}\"")
    assert preview(prepared(loop), OWN, None).requests_high is None
    assert "1 or more requests" in text(loop)
    write("async def user(session): ...\n", "f.py")
    function = "target: http://127.0.0.1:1\nscenarios: [{name: a, function: 'f.py:user'}]\n"
    assert "a Python function" in text(function)
    assert "Expected: not known" in text(function)


def test_messages_of_websockets_are_rows_too(prepared):
    steps = "[{websocket: /ws, steps: [{send: x}, {expect: {contains: x}, name: reply}]}]"
    file = f"target: http://127.0.0.1:1\nscenarios: [{{name: a, steps: {steps}}}]\n"
    (scenario,) = preview(prepared(file), OWN, None).scenarios
    assert scenario.requests_low == 4
    assert scenario.names == ("/ws", "/ws send", "reply", "/ws close")


def test_the_text_says_all_of_it_in_eighty_columns(text):
    shown = text(FILE + "thresholds: {http_req_failed: 'rate<0.1'}\n")
    assert max(map(len, shown.splitlines())) <= 80
    for part in (
        "test: 1m40s on http://127.0.0.1:8000",
        "closed load, users, peak 8 users, 1 worker; dry run: nothing is sent",
        "1m40s at 8 users hold",
        "buy 75 % 3 to 4 requests, 3 s to 8 s of thinking",
        "GET /a/{user_id}, write, GET /c",
        "Expected: at most 320 iterations, 800 to 1\u202f040 requests",
        "127.0.0.1 loopback or private: yours",
        "http_req_failed: rate<0.1",
    ):
        assert part in re.sub(" +", " ", shown)


@pytest.mark.parametrize(
    ("owned", "said"),
    [
        (None, "public: needs your word"),
        ("key", "public: the scenario file says that it is yours"),
        ("option", "public: --i-own-this-target says that it is yours"),
        ("earlier", "public: you said earlier that it is yours"),
    ],
)
def test_it_says_whose_a_public_target_is(text, owned, said):
    addresses = tuple(f"93.184.216.{n}" for n in range(5))
    public = Target(host="shop.test", port=80, addresses=addresses, is_own=False, problem=None)
    shown = text(targets=(public,), owned=owned)
    assert "93.184.216.0, 93.184.216.1, 93.184.216.2 and 2 more" in shown
    assert said in shown


def test_a_name_that_does_not_resolve_is_told(text):
    lost = Target(host="shop.test", port=80, addresses=(), is_own=False, problem="no such name")
    assert "does not resolve: no such name" in text(targets=(lost,))


def test_names_steer_no_terminal(text):
    hostile = FILE.replace("name: look", 'name: "\\e[31mlook\\n"').replace("write", "a" * 150)
    shown = text(hostile)
    assert "\x1b" not in shown
    assert "␛[31mlook⏎" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_values_of_the_environment_are_counted_and_not_shown(text):
    file = FILE.replace("/c", "/c/${env.TOKEN}")
    shown = text(file, environment={"TOKEN": "s3cret"})
    assert "Environment: 1 value used, not shown" in shown
    assert "s3cret" not in shown


def test_the_chart_fills_columns_from_below():
    chart = curve_chart([0.0, 1.0, 2.0, 4.0, 0.01], 4.0, 40.0).splitlines()
    assert chart[0] == "      4 │   █"
    assert chart[4] == "      2 │  ██"
    assert chart[7] == "        │ ███▁"
    assert chart[8] == "      0 └─────"
    assert chart[9].endswith("40 s")
