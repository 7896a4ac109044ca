"""Markdown read by another program: CommonMark with GitHub's tables."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

from perfanalysis.reports.markdown import Framing, comparison_markdown


def rendered(markdown):
    """The text as a page: our own <details> stay elements, everything else goes through."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    return ET.fromstring(f"<page>{html}</page>")


def cells(row):
    return ["".join(cell.itertext()) for cell in row]


def tables(page):
    return [[cells(row) for row in table.iter("tr")] for table in page.iter("table")]


def first_line(comparison, **framing):
    return comparison_markdown(comparison, Framing(**framing)).splitlines()[0]


def main_rows(markdown):
    return tables(rendered(markdown))[0][1:]
