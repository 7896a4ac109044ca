"""Shapes in the HTML report."""

from __future__ import annotations

from dataclasses import replace

import lxml.html

from perfanalysis.reports.html.page import render_report


def test_the_report_draws_the_curve_beside_the_distribution_and_says_what_it_shows(
    report_data, comparison, tail_shape
):
    changed = replace(comparison, shapes=(tail_shape,))
    tree = lxml.html.fromstring(render_report(replace(report_data, comparison=changed)))
    sections = tree.xpath("//section[@class='name']")
    captions = {
        section.xpath(".//h3")[0].text_content(): section.xpath(".//figcaption/text()")
        for section in sections
    }
    assert captions["search"][:3] == ["Latency distribution", "Histogram", "Quantile by quantile"]
    assert "Quantile by quantile" not in captions["login"]
    [text] = [p.text_content() for p in tree.xpath("//p[@class='shape']")]
    assert "the slowest 5 % only: p95 +20.3 %" in text
    assert "70 % around 7.10 ms" in text
