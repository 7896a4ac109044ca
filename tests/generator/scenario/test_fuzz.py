"""Damaged scenario files raise nothing but errors that a user can mend."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from perfanalysis.errors import PerfanalysisError
from perfanalysis.generator.scenario.loading import load_scenario
from perfanalysis.generator.scenario.preparing import Choices, prepare

JOURNEY = Path(__file__).parents[3] / "examples" / "journey"
LINES = (JOURNEY / "journey.yml").read_text(encoding="utf-8").splitlines()
PIECES = st.sampled_from(
    (
        *("", "{", "[]", "${", "${x}", "{{ env.A }}", "null", "-1", "1e999", "true", "&a", "*a"),
        *("!!int x", "$.a[?", "(", "'", '"', "\t", "\x00", "\ud800", "2 s - 1 s", "p(95)<"),
        "99999999999999h",
    )
)


@st.composite
def damaged(draw) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "value", "key", "cut", "twice", "indent"]))
        key, colon, _ = lines[at].partition(":")
        lines[at : at + 1] = {
            "drop": [],
            "value": [f"{key}{colon} {draw(PIECES)}"],
            "key": [lines[at].replace(key.strip() or "x", draw(PIECES), 1)],
            "cut": [lines[at][: draw(st.integers(0, len(lines[at])))]],
            "twice": [lines[at], lines[at]],
            "indent": [" " * draw(st.integers(0, 9)) + lines[at].lstrip()],
        }[kind] or [""]
    return "\n".join(lines) + "\n"


@given(damaged())
@example("target: http://[\nscenarios: [{name: a, steps: [{get: /}]}]\n")
@example("target: http://x\nscenarios: [{name: a, steps: [{get: 'http://['}]}]\n")
@example("target: http://x\nscenarios: [{name: a, steps: [{websocket: 'ws://['}]}]\n")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_refused_or_read(tmp_path, text):
    path = tmp_path / "damaged.yml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    (tmp_path / "users.csv").write_bytes((JOURNEY / "users.csv").read_bytes())
    with contextlib.suppress(PerfanalysisError):
        prepare(load_scenario(path), {}, Choices())
