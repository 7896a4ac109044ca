"""Comments and checks in the language of the framing; what programs read stays English."""

from __future__ import annotations

import pytest

from perfanalysis import api
from perfanalysis.publish import github_actions
from perfanalysis.publish.findings import Findings
from perfanalysis.reports.language import languages
from perfanalysis.reports.markdown import Framing


@pytest.fixture(scope="module")
def findings(fixtures):
    sides = (fixtures / f"jmeter/{side}.csv.jtl" for side in ("slow", "base"))
    return Findings.of(api.compare(*map(str, sides)), None, strict=False)


@pytest.mark.parametrize("lang", languages())
def test_the_heading_without_its_first_words_is_the_title_of_a_check(findings, lang):
    heading = findings.markdown(Framing(lang=lang)).partition("\n")[0]
    title = heading.partition(": ")[2]
    assert title
    assert "#" not in title


def test_a_job_summary_is_in_the_language_of_the_framing(findings, tmp_path):
    file = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(file)}
    assert github_actions.write_summary(environ, findings, Framing(lang="ja"))
    assert "悪化" in file.read_text()


def test_annotations_and_outputs_are_english(findings):
    findings.markdown(Framing(lang="ja"))
    assert "regressed" in github_actions.error_annotations(findings)[0]
    assert github_actions.outputs(findings, None)["verdict"] == "regressed"
