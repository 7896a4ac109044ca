"""The style sheet of the HTML report: contrast, and one set of colours for each medium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_text_has_contrast_aa_and_lines_three_to_one_in_light_dark_and_print(scheme):
    style = (ROOT / "report_templates" / "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    assert len(blocks) == 3
    colour = colours(blocks[scheme])
    for text in ("ink", "soft", "link", "bad", "good", "open", "same"):
        assert contrast(colour[text], colour["paper"]) >= 4.5, text
    for text in ("ink", "soft"):
        assert contrast(colour[text], colour["wash"]) >= 4.5, text
    for state in ("bad", "good", "open", "same"):
        assert contrast(colour[state], colour[f"{state}-wash"]) >= 4.5, state
        assert contrast(colour["ink"], colour[f"{state}-wash"]) >= 4.5, state
    for line in ("current", "baseline", "zero"):
        assert contrast(colour[line], colour["paper"]) >= 3, line


def test_the_three_colour_schemes_define_the_same_colours():
    style = (ROOT / "report_templates" / "report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    assert colours(blocks[0]).keys() == colours(blocks[1]).keys() == colours(blocks[2]).keys()
    used = set(re.findall(r"var\(--([\w-]+)\)", style))
    assert used == colours(blocks[0]).keys()
