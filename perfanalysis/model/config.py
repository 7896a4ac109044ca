"""What people write into `perfanalysis.yml` or `[tool.perfanalysis]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from perfanalysis.model.stored import Stored


class NoiseConfig(Stored):
    """Assumed standard deviation between identical runs, of logarithms: 0.03 is about 3 %.

    Used only when one run is held against one run. `center` is for medians, means and throughput,
    `tail` for higher percentiles. The defaults are about the upper quartile of 90 real benchmarks.
    """

    center: float = Field(default=0.03, ge=0, le=2)
    tail: float = Field(default=0.06, ge=0, le=2)


class NotifyConfig(Stored):
    """When `notify` tells something, and to whom mail goes. Secrets are in the environment only.

    Attributes:
        when: `failure`, `regression` or `always`.
        to: mail addresses.
    """

    when: Literal["failure", "regression", "always"] = "failure"
    to: tuple[str, ...] = ()


class Config(Stored):
    """The configuration of a project. Flags and environment variables go before it.

    Attributes:
        tolerance: `5%` or a ratio; relative change that nobody cares about.
        error_rate_tolerance: the same for error rates, as an absolute difference.
        alpha: share of comparisons of identical runs that may raise any alarm.
        calibration: name or file of the noise that `perfanalysis calibrate` measured.
        warmup: `auto`, `none`, or seconds to leave out at the start of every run.
        force: judge runs that are not comparable, and say so.
        budget: a budget file, or several; `check`, `compare` and `report` hold runs against them,
            and so do `baseline save` and `accept`.
        baselines: where baselines lie: a folder, or s3://, gs:// or az://.
        gate_drift: a regression against the anchor of a stored baseline fails a comparison.
        metrics: keys such as `latency.p95`; empty for the default set.
        lang: language of HTML and Markdown: `en` or `ja`.
        timezone: IANA name of the zone of times that carry none.
        max_bad_rows: a number, or a share such as `0.1%`.
        notify: when notifications are sent, and to whom mail goes.
    """

    tolerance: str | float = "5%"
    error_rate_tolerance: str | float = "0.1%"
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    noise: NoiseConfig = NoiseConfig()
    calibration: str | None = None
    warmup: str | float = "auto"
    force: bool = False
    budget: str | tuple[str, ...] = ()
    baselines: str | None = None
    gate_drift: bool = False
    strict: bool = False
    metrics: tuple[str, ...] = ()
    lang: str = "en"
    timezone: str = "UTC"
    max_bad_rows: str | int = "0"
    notify: NotifyConfig = NotifyConfig()
