"""From differences to words."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.judge import Judged, Settings
from perfanalysis.analysis.verdicts import common_shift, decide, overall, sentence
from perfanalysis.model.metric import parse_metric
from perfanalysis.model.results import NotJudged, Severity, Verdict

SETTINGS = Settings()


@pytest.fixture
def difference():
    """Make a difference; what is not said is a clear rise of p95 by a fifth."""

    def make(**said):
        metric = parse_metric(said.pop("metric", "latency.p95"))
        given = {
            "name": "search",
            "metric": metric,
            "baseline": 100.0,
            "current": 120.0,
            "change": 0.20,
            "equivalence": (0.16, 0.24),
            "p_value": 0.001,
            "detectable": 0.08,
            "tolerance": 0.001 if metric.key == "error_rate" else 0.05,
            "runs_needed": 8,
            "worse": 1 if metric.better == "lower" else -1,
            "method": "welch",
            "gate": True,
            "n_baseline": 1000,
            "n_current": 1000,
            "n_effective": None,
            "caveats": (),
        }
        interval = said.pop("interval", (0.15, 0.25))
        return Judged(**given | said, interval=lambda _confidence: interval)

    return make


@pytest.fixture
def decided(difference):
    def make(p_adjusted=0.01, **said):
        # Alone, a result's adjusted p-value is its own.
        (result,) = decide([difference(**said | {"p_value": p_adjusted})], SETTINGS)
        return result

    return make


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({}, "regressed"),
        ({"change": -0.2, "interval": (-0.25, -0.15), "equivalence": (-0.24, -0.16)}, "improved"),
        ({"metric": "throughput"}, "improved"),
        ({"metric": "error_rate", "change": 0.01, "interval": (0.005, 0.015)}, "regressed"),
        # Beyond the tolerance, but not sure to be a change at all.
        ({"p_adjusted": 0.06}, "undecided"),
        ({"interval": (-0.01, 0.41)}, "undecided"),
        # Sure, but nobody cares.
        (
            {"change": 0.02, "interval": (0.01, 0.03), "equivalence": (0.012, 0.028)},
            "unchanged",
        ),
        # Not significant is not the same as unchanged.
        (
            {"change": 0.0, "interval": (-0.08, 0.08), "equivalence": (-0.06, 0.06)}
            | {"p_adjusted": 1.0},
            "undecided",
        ),
        # 4.8 % down is beyond what undoes 5 % up.
        (
            {"change": -0.03, "interval": (-0.06, 0.01), "equivalence": (-0.048, 0.0)}
            | {"p_adjusted": 0.2},
            "undecided",
        ),
        # Differences of rates are not ratios: the tolerance is symmetric.
        (
            {"metric": "error_rate", "change": 0.0, "interval": (-0.0012, 0.0012)}
            | {"equivalence": (-0.00099, 0.00099), "p_adjusted": 1.0},
            "unchanged",
        ),
        # Exactly the tolerance counts as beyond it.
        ({"change": 0.05, "interval": (0.04, 0.06), "equivalence": (0.041, 0.059)}, "regressed"),
    ],
)
def test_the_rule(decided, said, verdict):
    assert decided(**said).verdict == verdict


@pytest.mark.parametrize(
    ("change", "severity"),
    [(0.05, "minor"), (0.0999, "minor"), (0.1, "major"), (0.199, "major"), (0.2, "critical")],
)
def test_severity_grows_with_the_size_of_the_change(decided, change, severity):
    result = decided(change=change, interval=(change - 0.01, change + 0.01))
    assert result.severity is Severity(severity)


def test_what_is_not_shown_has_no_severity(decided):
    assert decided(p_adjusted=0.5).severity is Severity.NONE


def test_significant_alone_but_not_together_is_said(difference):
    others = [difference(name=name, p_value=0.9) for name in "abcdefgh"]
    results = decide([difference(p_value=0.01), *others], SETTINGS)
    (result,) = [result for result in results if result.name == "search"]
    assert result.p_adjusted == pytest.approx(0.09)
    assert result.verdict is Verdict.UNDECIDED
    assert [caveat.code for caveat in result.caveats] == ["not-significant-together"]


def test_unbounded_intervals_become_none(decided):
    infinity = float("inf")
    result = decided(interval=(-1.0, infinity), detectable=infinity, p_adjusted=0.9)
    assert (result.ci_low, result.ci_high, result.detectable_change) == (-1.0, None, None)


def test_results_are_listed_worst_first_then_by_name(difference):
    improved = {"change": -0.2, "interval": (-0.25, -0.15), "p_value": 0.001}
    parts = [
        difference(name="c", **improved),
        difference(name="b"),
        difference(name="a", p_value=0.9),
        difference(name="a"),
    ]
    results = decide(parts, SETTINGS)
    assert [(r.name, str(r.verdict)) for r in results] == [
        ("a", "regressed"),
        ("b", "regressed"),
        ("a", "undecided"),
        ("c", "improved"),
    ]


def judged_as(decided, verdict, **said):
    ways = {
        "regressed": {},
        "improved": {"change": -0.2, "interval": (-0.25, -0.15)},
        "unchanged": {"change": 0.0, "interval": (-0.01, 0.01), "equivalence": (-0.01, 0.01)},
        "undecided": {"p_adjusted": 0.9},
    }
    result = decided(**ways[verdict] | said)
    assert result.verdict == verdict
    return result


MISSING = NotJudged(name="cart", metric=None, reason="missing-in-current", message="cart is gone")


@pytest.mark.parametrize(
    ("verdicts", "blocking", "strict", "expected"),
    [
        (["regressed", "improved", "undecided"], False, False, "regressed"),
        (["regressed"], True, False, "regressed"),
        (["improved", "unchanged"], True, False, "undecided"),
        ([], False, False, "undecided"),
        ([], True, False, "undecided"),
        (["unchanged", "unchanged"], False, False, "unchanged"),
        (["unchanged", "unchanged"], False, True, "unchanged"),
        (["unchanged", "undecided"], False, False, "not-regressed"),
        (["unchanged", "undecided"], False, True, "undecided"),
        (["improved", "undecided"], False, False, "not-regressed"),
        (["improved", "undecided"], False, True, "undecided"),
        (["improved", "unchanged"], False, False, "improved"),
    ],
)
def test_the_verdict_of_all(decided, verdicts, blocking, strict, expected):
    results = [judged_as(decided, verdict) for verdict in verdicts]
    verdict, reasons = overall(results, [MISSING] if blocking else [], strict=strict)
    assert verdict == expected
    assert reasons
    if blocking and "regressed" not in verdicts:
        assert reasons == ("cart is gone",)


def test_what_does_not_gate_decides_nothing(decided):
    shown = judged_as(decided, "regressed", gate=False)
    assert overall([shown], [], strict=False)[0] is Verdict.UNDECIDED
    unchanged = judged_as(decided, "unchanged")
    assert overall([shown, unchanged], [], strict=False)[0] is Verdict.UNCHANGED


def test_the_reason_names_what_could_hide(decided):
    results = [
        judged_as(decided, "undecided", name="a", detectable=0.08),
        judged_as(decided, "undecided", name="b", detectable=0.31),
        judged_as(decided, "unchanged", name="c"),
    ]
    _, reasons = overall(results, [], strict=False)
    assert reasons == (
        "2 of 3 judged results are undecided; a change of up to 31.0 % could hide in b latency.p95",
    )


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "search latency.p95 rose 20.0 %"),
        ({"change": -0.042}, "search latency.p95 fell 4.2 %"),
        (
            {"metric": "error_rate", "change": 0.045, "baseline": 0.005, "current": 0.05},
            "search error_rate rose from 0.5 % to 5 %",
        ),
    ],
)
def test_a_result_in_words(decided, said, text):
    assert sentence(decided(**said)) == text


def test_alpha_is_divided_by_weights_fixed_in_advance(difference):
    """0.35 of 0.35 + 0.1 for the median, the rest for the error rate, then Holm's second step."""
    parts = [
        difference(metric="latency.p50", p_value=0.03),
        difference(metric="error_rate", p_value=0.03, change=0.01),
    ]
    adjusted = {result.metric: result.p_adjusted for result in decide(parts, SETTINGS)}
    assert adjusted["latency.p50"] == pytest.approx(0.03 * 0.45 / 0.35)
    assert adjusted["error_rate"] == pytest.approx(0.03 * 0.45 / 0.35)


def test_intervals_of_what_was_picked_are_widened(difference):
    parts = [difference(p_value=0.001), *(difference(name=n, p_value=0.9) for n in "abc")]
    confidence = {result.name: result.confidence for result in decide(parts, SETTINGS)}
    assert confidence["search"] == pytest.approx(1 - 0.05 / 4)
    assert confidence["a"] == 0.95


def test_an_undecided_result_says_which_tolerance_would_do(decided):
    result = decided(change=0.02, equivalence=(-0.06, 0.10), interval=(-0.07, 0.12), p_adjusted=0.4)
    assert (result.runs_needed, result.tolerance_needed) == (8, 0.10)
    downwards = decided(change=0.0, equivalence=(-0.2, 0.1), interval=(-0.3, 0.2), p_adjusted=1.0)
    assert downwards.tolerance_needed == pytest.approx(0.25)
    assert decided().tolerance_needed is None


@pytest.mark.parametrize(
    ("changes", "codes"), [([0.1] * 4, {"common-shift"}), ([0.1, -0.1, 0.1], set())]
)
def test_a_shift_of_nearly_every_name_is_said_once(difference, changes, codes):
    parts = [
        difference(metric="latency.p50", name=str(i), change=change)
        for i, change in enumerate(changes)
    ]
    assert {caveat.code for caveat in common_shift(parts, 0.05)} == codes
