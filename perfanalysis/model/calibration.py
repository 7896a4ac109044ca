"""Measured noise between identical runs: what `perfanalysis calibrate` stores."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from perfanalysis.model.stored import Stored


class MeasuredNoise(Stored):
    """How much one metric of one name differs between identical runs.

    Attributes:
        name: what was exercised.
        metric: the metric's key.
        sd: standard deviation between runs, of the logarithm (of the arcsine root for rates).
        df: its degrees of freedom.
        within_share: share of the variance that requests within a run explain, 0..1; None where
            the source hides it. Near 1, longer runs help; near 0, only more runs do.
        tolerance: what `calibrate` proposes, in the unit of the metric's change.
    """

    name: str
    metric: str
    sd: float = Field(ge=0)
    df: float = Field(gt=0)
    within_share: float | None = Field(default=None, ge=0, le=1)
    tolerance: float | None = Field(default=None, ge=0)


class Calibration(Stored):
    """The measured noise of identical runs, stored beside a baseline."""

    schema_: Literal["perfanalysis.calibration"] = Field("perfanalysis.calibration", alias="schema")
    schema_version: Literal[1] = 1
    runs: tuple[str, ...]
    noise: tuple[MeasuredNoise, ...]

    def of(self, name: str, metric: str) -> MeasuredNoise | None:
        """Return the noise of one metric of one name, or None where it was not measured."""
        return next((n for n in self.noise if (n.name, n.metric) == (name, metric)), None)
