from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from perfanalysis.reports.escape import (
    csv_text,
    markdown_cell,
    markdown_code,
    markdown_text,
    shortened,
    terminal_text,
    xml_text,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
BIDI = [chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2066, 0x2069)]


def html(markdown: str) -> str:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /api/search", "GET /api/search"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x9b31m", "<U+009B>31m"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("two\nlines", "two⏎lines"),
        ("two\r\nlines", "two⏎lines"),
        ("back\rover", "back␍over"),
        ("a\tb", "a␉b"),
        ("safe\u202egnp.exe", "safe<U+202E>gnp.exe"),
        ("\ufeffbom", "<U+FEFF>bom"),
        ("line\u2028end", "line<U+2028>end"),
        ("\ud800", "<U+D800>"),
        ("\ufffe", "<U+FFFE>"),
        ("检索 café 👩‍🚀", "检索 café 👩‍🚀"),
    ],
)
def test_terminal_text_shows_what_would_steer_or_hide(text, shown):
    assert terminal_text(text) == shown


@pytest.mark.parametrize("char", BIDI)
def test_terminal_text_shows_every_direction_control(char):
    assert char not in terminal_text(f"a{char}b")


@settings(deadline=None)
@given(ANY_TEXT)
def test_terminal_text_is_one_encodable_line_without_controls(text):
    shown = terminal_text(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("error_rate rose 0.43 pp", "error_rate rose 0.43 pp"),
        ("@team", "@&#8203;team"),
        ("see #12 and !7", "see #&#8203;12 and !&#8203;7"),
        ("GH-12 gh-7 &5", "GH&#8203;-12 gh&#8203;-7 &amp;&#8203;5"),
        ("high-5 a&b", "high-5 a&amp;b"),
        ("a|b", "a&#124;b"),
        ("`code`", "\\`code\\`"),
        ("_all_", "\\_all\\_"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("$x$", "&#36;x&#36;"),
        ("http://a.example", "http:&#8203;//a.example"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("# title", "\\# title"),
        ("---", "\\---"),
        ("  indented", "indented"),
    ],
)
def test_markdown_text_escapes_what_markdown_would_act_on(text, markdown):
    assert markdown_text(text) == markdown


def test_markdown_text_renders_as_the_text_itself(hostile_names):
    for name in hostile_names:
        rendered = html(f"x {markdown_text(name)}").replace("\u200b", "")
        # A paragraph whose only content is text: no element inside, and the text unharmed.
        paragraph = ET.fromstring(rendered.strip())
        assert (paragraph.tag, len(paragraph)) == ("p", 0)
        assert paragraph.text == f"x {terminal_text(name).strip()}".strip()


@settings(deadline=None)
@given(ANY_TEXT)
def test_markdown_text_never_makes_an_element(text):
    paragraph = ET.fromstring(html(f"x{markdown_text(text)}").strip())
    assert (paragraph.tag, len(paragraph)) == ("p", 0)


@settings(deadline=None)
@given(st.text(st.sampled_from("0189-+*#=.)>~`_ \t\nx|:<!["), max_size=12))
def test_markdown_text_begins_no_block_inside_a_list(text):
    root = ET.fromstring(html(f"- {markdown_text(text)}\n- end").strip())
    assert [element.tag for element in root.iter()] == ["ul", "li", "li"]


@settings(deadline=None)
@given(ANY_TEXT.filter(str.strip))
def test_markdown_code_in_a_cell_holds_the_whole_text(text):
    table = f"| a |\n| --- |\n| {markdown_cell(markdown_code(text))} |"
    root = ET.fromstring(f"<root>{html(table)}</root>")
    cells = root.findall(".//td")
    assert len(cells) == 1
    # A code span takes any run of spaces as it is, and nothing else is inside the cell.
    assert [child.tag for child in cells[0]] == ["code"]
    assert cells[0][0].text == terminal_text(text)


def test_markdown_code_of_nothing_is_a_word():
    assert (markdown_code(""), markdown_code("  ")) == ("(empty)", "(blank)")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001  (full-width signs)
def test_csv_text_defuses_formulas(first):
    assert csv_text(f"{first}1+1") == f"'{first}1+1"


def test_csv_text_leaves_plain_text_and_inner_line_ends_alone():
    assert csv_text("GET /a=b") == "GET /a=b"
    assert csv_text("two\nlines") == "two\nlines"


def test_csv_text_shows_control_characters():
    assert csv_text("\x1b[2J\x00") == "␛[2J␀"


@settings(deadline=None)
@given(ANY_TEXT)
def test_xml_text_always_parses(text):
    element = ET.Element("a", b=xml_text(text))
    element.text = xml_text(text)
    assert ET.fromstring(ET.tostring(element, encoding="utf-8")).tag == "a"


def test_xml_text_keeps_forbidden_characters_apart():
    assert xml_text("a\x00b") == "a␀b"
    assert xml_text("a\ufffeb\ud800") == "a<U+FFFE>b<U+D800>"
    assert xml_text("two\nlines\t<b>") == "two\nlines\t<b>"


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("search", 6, "search"),
        ("search", 5, "se…ch"),
        ("GET /api/v1/users/items", 12, "GET /a…items"),
        ("检索接口检索接口", 9, "检索…接口"),
        ("检索接口检索接口", 8, "检索…口"),
        ("search", 1, "…"),
        ("search", 0, ""),
    ],
)
def test_shortened_keeps_both_ends(text, width, short):
    assert shortened(text, width) == short


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(0, 30))
def test_shortened_never_takes_more_cells_than_allowed(text, width):
    short = shortened(terminal_text(text), width)
    assert cell_len(short) <= width
    assert len(short) <= 4 * width


def test_shortened_cuts_marks_that_take_no_cell():
    assert len(shortened("a" + "\u0301" * 10_000, 20)) <= 80


def test_underscores_around_a_word_are_no_emphasis():
    paragraph = ET.fromstring(html(f"x{markdown_text('__0__')}").strip())
    assert (paragraph.text, len(paragraph)) == ("x__0__", 0)
