"""The file of rules."""

from __future__ import annotations

import pytest

from perfanalysis import api
from perfanalysis.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metrics: [{metric: latancy.p99, tolerance: 5 %}]", "did you mean 'latency.p99'"),
        ("metrics: [{metric: latency.p99, tolerence: 5 %}]", "did you mean 'tolerance'"),
        ("metric: []", "metric: is no key; did you mean 'metrics'"),
        ("metrics: [{metric: latency.p99}]", "expected a tolerance, better or level"),
        ("metrics: [", ":1: expected YAML"),
        ("[]", "should be"),
        ("\x00", "expected YAML"),
    ],
)
def test_a_file_of_rules_that_makes_no_sense_is_an_error_that_names_the_place(
    project, text, message
):
    (project / "rules.yml").write_text(text)
    with pytest.raises(ConfigError, match=r"rules\.yml") as caught:
        api.read_rules("rules.yml")
    assert message in caught.value.message


def test_a_file_of_rules_is_read(project):
    (project / "rules.yml").write_text(
        "metrics:\n  - {metric: latency.p99, name: 'api/*', tolerance: 10 %, level: warn}\n"
    )
    (rule,) = api.read_rules("rules.yml")
    assert (rule.metric, rule.name, rule.tolerance, rule.level) == (
        "latency.p99",
        "api/*",
        0.1,
        "warn",
    )
    with pytest.raises(ConfigError, match=r"missing\.yml: cannot be read"):
        api.read_rules("missing.yml")
