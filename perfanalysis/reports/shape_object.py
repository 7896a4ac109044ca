"""Shapes in the JSON document of a comparison; keys and their order are part of the contract."""

from __future__ import annotations

from collections.abc import Iterable

from perfanalysis.model.shapes import Mode, Shape, SpreadChange


def shape_object(shape: Shape) -> dict[str, object]:
    """Return the shape of one name, ready for `render_json`."""
    return {
        "name": shape.name,
        "kind": str(shape.kind),
        "sentence": shape.sentence,
        "confidence": shape.confidence,
        "curve": [
            {
                "share": quantile.share,
                "change": quantile.change,
                "low": quantile.low,
                "high": quantile.high,
            }
            for quantile in shape.curve
        ],
        "spread": None if shape.spread is None else _spread(shape.spread),
        "baseline_modes": _modes(shape.baseline_modes),
        "current_modes": _modes(shape.current_modes),
    }


def _spread(spread: SpreadChange) -> dict[str, object]:
    return {"change": spread.change, "low": spread.low, "high": spread.high}


def _modes(modes: Iterable[Mode]) -> list[dict[str, object]]:
    return [{"latency_ms": mode.latency_ms, "share": mode.share} for mode in modes]
