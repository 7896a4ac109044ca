"""Noise of quantiles between those that a calibration measured.

A calibration knows the noise of a few percentiles of a name. A quantile between two of them is
taken to be as noisy as the noisier one. Beyond them nothing is known: one outlying run may be quite
usual at its 10th percentile and far off at its 5th.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from perfanalysis.analysis.noise import Pairing
from perfanalysis.model.calibration import Calibration, MeasuredNoise
from perfanalysis.model.metric import parse_metric


class QuantileNoise:
    """The noise that a calibration knows of each name's quantiles; None knows nothing."""

    def __init__(self, calibration: Calibration | None) -> None:
        self._calibration = calibration
        self._measured: dict[str, dict[float, MeasuredNoise]] = {}
        for entry in calibration.noise if calibration else ():
            share = parse_metric(entry.metric).quantile
            if share is not None:
                self._measured.setdefault(entry.name, {})[share] = entry

    def reaches(self, name: str, share: float) -> bool:
        """Say whether a quantile lies within what was measured; of an unknown name each does."""
        measured = self._measured.get(name)
        return not measured or min(measured) <= share <= max(measured)

    def for_pairings(
        self, pairings: Sequence[Pairing], ratios: Mapping[str, tuple[float, float]]
    ) -> Calibration | None:
        """Return a calibration that knows every metric of these pairings, as far as can be told.

        Args:
            pairings: quantiles of names, and ratios of two quantiles.
            ratios: the two quantiles of a ratio by its metric's key. A ratio is taken to be as
                noisy as if the two had nothing in common.
        """
        if self._calibration is None:
            return None
        found = []
        for pairing in pairings:
            key, share = pairing.metric.key, pairing.metric.quantile
            ends = ratios.get(key, () if share is None else (share,))
            if ends and pairing.name in self._measured:
                noises = [self._noise(pairing.name, end) for end in ends]
                sd = float(np.hypot.reduce([noise.sd for noise in noises]))
                found.append(noises[0].model_copy(update={"metric": key, "sd": sd}))
        return Calibration(runs=self._calibration.runs, noise=tuple(found))

    def _noise(self, name: str, share: float) -> MeasuredNoise:
        measured = self._measured[name]
        below = max((known for known in measured if known <= share), default=min(measured))
        above = min((known for known in measured if known >= share), default=max(measured))
        return max(measured[below], measured[above], key=lambda entry: entry.sd)
