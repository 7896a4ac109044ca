"""What is seen of a load test while it runs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from perfanalysis.cli.live_view import live_view, plain_line, view_of
from perfanalysis.generator.progress import Progress
from perfanalysis.generator.scenario.model import Load
from perfanalysis.generator.scenario.shapes import stages_of

STAGES = stages_of(Load(shape="spike"))
NOW = {
    "elapsed_s": 85.0,
    "duration_s": 460.0,
    "stage": 4,
    "stages": 7,
    "target": 1400.0,
    "users": 1399,
    "requests": 12_345,
    "failures": 12,
    "iterations": 999,
    "dropped": 0,
    "rate_per_s": 321.5,
    "error_rate": 0.001,
    "p50_ms": 12.34,
    "p95_ms": 45.6,
    "p99_ms": 78.9,
    "workers": 1,
}


def progress(**changes) -> Progress:
    return Progress(**{**NOW, **changes})


def drawn(view) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None, force_terminal=False)
    console.print(view)
    return console.file.getvalue()


def test_a_line_says_how_the_run_is_going():
    assert plain_line(progress(), STAGES, is_open=False) == (
        "85 s of 460 s, stage 4 of 7 (peak), 1\u202f399 of 1\u202f400 users, 322 requests/s, "
        "0.1 % failed, p50 12.3 ms, p95 45.6 ms, p99 78.9 ms, 12\u202f345 requests"
    )


def test_a_line_of_an_open_load_speaks_of_arrivals():
    line = plain_line(progress(target=50.0, users=7, dropped=3), STAGES, is_open=True)
    assert "50.0 arrivals/s, 7 users busy" in line
    assert line.endswith("3 arrivals dropped")


def test_nothing_is_made_up_before_the_first_answer():
    first = {"users": None, "error_rate": None, "p50_ms": None, "p95_ms": None, "p99_ms": None}
    line = plain_line(progress(**first), STAGES, is_open=False)
    assert "– of 1\u202f400 users" in line
    assert "– failed, p50 –, p95 –, p99 –" in line


def test_after_the_plan_it_waits_for_what_is_under_way():
    line = plain_line(progress(elapsed_s=461.0, target=0.0), STAGES, is_open=False)
    assert "waiting for what is under way" in line


def test_jumps_are_no_stages():
    stages = stages_of(Load(vus=5, duration="10 s"))
    line = plain_line(progress(stage=2, stages=2, elapsed_s=3.0), stages, is_open=False)
    assert "stage 1 of 1 (hold)" in line


def test_the_view_shows_stage_load_rate_percentiles_and_errors_in_eighty_columns():
    text = drawn(view_of(progress(), "spike\x1b[31m\n", STAGES, is_open=False))
    assert max(map(len, text.splitlines())) <= 80
    assert "spike␛[31m⏎  85 s of 460 s" in text
    for part in ("stage 4 of 7 (peak)", "1\u202f399 of 1\u202f400 users", "322 /s, 0.1 % failed"):
        assert part in text
    assert "p50 12.3 ms   p95 45.6 ms   p99 78.9 ms" in text


def test_where_nobody_watches_there_is_a_line_every_ten_seconds(capsys):
    with live_view("x", STAGES, is_open=False, quiet=False) as view:
        for second in range(1, 31):
            view.show(progress(elapsed_s=second + 0.01))
    assert [line.split(" s of")[0] for line in capsys.readouterr().err.splitlines()] == [
        "10",
        "20",
        "30",
    ]


def test_quiet_is_quiet(capsys):
    with live_view("x", STAGES, is_open=False, quiet=True) as view:
        view.show(progress(elapsed_s=10.0))
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_view_that_makes_room_when_it_is_over(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with live_view("spike", STAGES, is_open=False, quiet=False) as view:
        view.show(progress())
        assert "stage 4 of 7" in stream.getvalue()
    assert "\x1b[2K" in stream.getvalue()


@pytest.mark.parametrize("stage", [0, 1, 7, 99])
def test_no_stage_number_breaks_it(stage):
    assert plain_line(progress(stage=stage), STAGES, is_open=False)
