"""The style sheet of the HTML report: contrast, and one set of colours for each medium."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from perfanalysis.reports.html.assets import script_elements, style_element
from perfanalysis.reports.html.script_texts import script_texts

STYLE = Path(__file__).parent.parent.parent.parent / "report_templates" / "style"


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


def schemes() -> list[dict[str, str]]:
    """Light, dark by the system, dark by the button, print."""
    style = (STYLE / "colours.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root[^{]*\{(.*?)\}", style, flags=re.DOTALL)
    return [found for block in blocks if (found := colours(block))]


@pytest.mark.parametrize("scheme", [0, 1, 2, 3])
def test_text_has_contrast_aa_and_lines_three_to_one_in_light_dark_and_print(scheme):
    colour = schemes()[scheme]
    for text in ("ink", "soft", "link", "bad", "good", "open", "same"):
        assert contrast(colour[text], colour["paper"]) >= 4.5, text
    for text in ("ink", "soft"):
        assert contrast(colour[text], colour["wash"]) >= 4.5, text
    for state in ("bad", "good", "open", "same"):
        assert contrast(colour[state], colour[f"{state}-wash"]) >= 4.5, state
        assert contrast(colour["ink"], colour[f"{state}-wash"]) >= 4.5, state
    for line in ("current", "baseline", "zero"):
        assert contrast(colour[line], colour["paper"]) >= 3, line


def test_the_colour_schemes_define_the_same_colours_and_all_of_them_are_used():
    light, dark, chosen_dark, paper = schemes()
    assert light.keys() == dark.keys() == paper.keys()
    assert dark == chosen_dark
    style = "".join(path.read_text(encoding="utf-8") for path in STYLE.glob("*.css"))
    assert set(re.findall(r"var\(--([\w-]+)\)", style)) == light.keys()


@pytest.mark.parametrize("scheme", [0, 1, 3])
def test_the_classes_of_the_heat_map_go_one_way_and_are_told_apart(scheme):
    colour = schemes()[scheme]
    found = [luminance(colour[f"heat-{step}"]) for step in range(1, 9)]
    assert found in (sorted(found), sorted(found, reverse=True))
    for one, other in pairwise(f"heat-{step}" for step in range(1, 9)):
        assert contrast(colour[one], colour[other]) >= 1.15, (one, other)


def test_dark_colours_are_for_screens_only():
    style = (STYLE / "colours.css").read_text(encoding="utf-8")
    media = re.findall(r"@media (\w+)[^{]*\{\s*:root[^{]*\{\s*--paper: #14", style)
    assert media == ["screen", "screen"]
    assert style.count("--paper: #14") == 2


def test_every_style_sheet_and_script_is_part_of_the_page():
    page = f"{style_element()}{script_elements()}"
    for path in (*STYLE.glob("*.css"), *(STYLE.parent / "script").glob("*.js")):
        assert path.read_text(encoding="utf-8") in page, path.name


def test_the_script_has_every_text_that_it_asks_for_and_no_other():
    folder = STYLE.parent / "script"
    script = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    asked = set(re.findall(r'text\("([\w-]+)"', script)) | set(
        re.findall(r'"(axis-ms[\w-]*)"', script)
    )
    texts = script_texts()
    assert asked <= texts.keys()
    # Series and axes are looked up by the keys of the data.
    of_series = {"current", "baseline", "throughput", "errors", "mean", "value", "share"}
    assert texts.keys() - asked <= of_series | {"axis-throughput", "axis-errors"}
    placeholders = {key: set(re.findall(r"%(\w+)", text)) for key, text in texts.items()}
    for key, names in placeholders.items():
        assert all(re.search(rf"\b{name}\b", script) for name in names), key
