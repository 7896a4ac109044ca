"""Samples from plain XML at once, against what the parser makes of the same text."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from perfanalysis.importers.jmeter.markup import without_forbidden
from perfanalysis.importers.jmeter.parser import SampleParser
from perfanalysis.importers.jmeter.plain_markup import UnusualMarkupError
from perfanalysis.importers.jmeter.plain_samples import plain_samples
from perfanalysis.importers.jmeter.samples import batch_of
from perfanalysis.importers.rejects import Rejects, Tolerance
from perfanalysis.importers.source import InputFile

ANY = Tolerance(rows=1_000_000, share=None)
TEXTS = (
    *("OK", "", "null", "a &amp; b", "&lt;p&gt;&#xd;&#xa;", "it's", "it&apos;s", "Übung", "商品"),
    *("a\tb", "&#x9;", "&#228;&#x1F600;", "  ", "Test failed: code expected to equal /200/"),
    "Number of samples in transaction : 2, number of failing samples : 0",
)
ATTRIBUTES = ("t", "it", "lt", "ct", "ts", "s", "lb", "rc", "rm", "tn", "by", "sby", "na", "hn")


def sample(text="", tag="httpSample", **attributes):
    given = {"t": "30", "ts": "1700000000000", "s": "true", "lb": "a", "tn": "T 1-1", **attributes}
    start = f"{tag} " + " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<{start}>{text}</{tag}>\n" if text else f"<{start}/>\n"


def parsed(text):
    """What the parser makes of a text."""
    parser = SampleParser(InputFile(path=Path("run.jtl"), label="run.jtl"), Rejects(ANY))
    parser.feed(text.encode())
    parser.finish(b"")
    return batch_of(parser.take(), parser.reject)


def plain(text):
    return plain_samples(without_forbidden(text.encode()))


def decoded(batch):
    """Columns without their encoding, and without those that hold nothing."""
    columns = {name: batch[name] for name in batch.schema.names}
    columns = {
        name: column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for name, column in columns.items()
    }
    return {name: c.to_pylist() for name, c in sorted(columns.items()) if c.null_count < len(c)}


class Generator:
    """Makes texts of samples that one writer could have written."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        keys = [
            name for name in ATTRIBUTES if name in ("t", "ts", "s") or self.random.random() < 0.8
        ]
        self.shapes = [keys, [*keys, "USER", "x.y"]] if self.random.random() < 0.4 else [keys]
        self.deep = self.random.choice((0.0, 0.5))
        self.between = self.random.choice(("", "\n", "\r\n    "))

    def text(self) -> str:
        return self.random.choice(TEXTS)

    def samples(self) -> str:
        return "".join(self.sample(1) for _ in range(self.random.randrange(1, 30)))

    def sample(self, level: int) -> str:
        number = self.random.randrange
        values = {"t": number(900), "ts": 1_700_000_000_000 + number(10**6), "hn": "agent"}
        values |= {"s": self.random.choice(("true", "false")), "it": "x", "rc": number(200, 500)}
        values |= {name: number(300) for name in ("lt", "ct", "by", "sby", "na")}
        shape = self.random.choice(self.shapes)
        given = " ".join(f'{name}="{values.get(name, self.text())}"' for name in shape)
        tag = self.random.choice(("httpSample", "sample"))
        if self.random.random() < 0.5:
            return f"{self.between}<{tag} {given}/>"
        return f"{self.between}<{tag} {given}>{self.inside(level)}{self.between}</{tag}>"

    def inside(self, level: int) -> str:
        parts = [self.assertion() for _ in range(self.random.randrange(3))]
        if level < 4 and self.random.random() < self.deep:
            parts += [self.sample(level + 1) for _ in range(self.random.randrange(1, 4))]
        if self.random.random() < 0.4:
            parts.append(f'<responseData class="java.lang.String">{self.text()}</responseData>')
            parts.append(f"<java.net.URL>http://host/?{self.text()}</java.net.URL>")
        if self.random.random() < 0.4:
            parts.append(
                self.random.choice(("<method>GET</method>", "<method/>", "<method></method>"))
            )
        return self.between.join(parts)

    def assertion(self) -> str:
        said = self.random.choice(("true", "false", "false", " true", ""))
        parts = [f"<name>{self.text()}</name>", f"<failure>{said}</failure>"]
        parts.append(
            self.random.choice(("<error>false</error>", "<error>true</error>", "<error/>"))
        )
        message = self.text() * self.random.choice((1, 1, 200))
        parts += [f"<failureMessage>{message}</failureMessage>"] * self.random.randrange(2)
        return f"<assertionResult>{self.between.join(parts)}</assertionResult>"


@pytest.mark.parametrize("seed", range(60))
def test_plain_text_gives_what_the_parser_gives(seed):
    generator = Generator(seed)
    for _ in range(10):
        text = generator.samples()
        assert decoded(plain(text)) == decoded(parsed(text)), text


@pytest.mark.parametrize(
    "odd",
    [
        "<!-- a comment -->",
        "<!DOCTYPE a>",
        "<?target what?>",
        "<strange/>",
        "<![CDATA[" + sample() + "]]>",
        "</testResults><testResults>",
        sample(tag="sampleResult"),
        "<httpSample/>",
        "<com.plugin.SampleResultX><label>a</label></com.plugin.SampleResultX>",
        "&undefined;",
        "&",
        "a < b",
        "a > b",
        "]]>",
        "￿",
        sample(lb="a > b"),
        sample(lb="a < b"),
        sample(lb="a > b < c"),
        sample(lb="a\nb"),
        sample(lb="a\rb"),
        sample(lb="&#&#0;0;"),
        sample(lb="&#00000065;"),
        sample(lb="&nbsp;"),
        sample(t=" 30"),
        sample(t="3.5"),
        sample(t=""),
        sample(t="9" * 20),
        sample(ts="9" * 17),
        sample(s="maybe"),
        sample(s=""),
        sample(sc="5"),
        sample(rc="200", rs="200"),
        sample(hn="null"),
        sample().replace(' t="30"', ""),
        sample().replace(' t="30"', " t='30'"),
        sample().replace(' t="30"', ' t = "30"'),
        sample().replace(' t="30"', '\xa0t="30"'),
        sample().replace(' t="30"', 't="30"'),
        sample().replace(' t="30"', ' t="30" t="30"'),
        sample().replace(' t="30"', ' é="1" t="30"'),
        sample().replace("/>", "/ >"),
        sample().replace(' lb="a"', ' lb="a'),
        sample("<a></b>"),
        sample("<a></a"),
        sample("<a><b></a></b>"),
        sample("<a b='1'/>"),
        sample('<a b="1" b="2"/>'),
        sample("<é/>"),
        sample("</a >"),
        sample('<a b="&amp;"/>'),
        sample(f'<a b="{"x" * 300}"/>'),
        sample("<x>" + sample() + "</x>"),
        sample("<failure/>" * 3 + "<x>" + "<y>" * 120 + "</y>" * 120 + "</x>"),
        sample("<x><assertionResult/></x>"),
        sample("<assertionResult><failure>true</failure></assertionResult>"),
        sample("<assertionResult><failure/><failure>true</failure></assertionResult>"),
        sample("<assertionResult><failure>tr<b/>ue</failure></assertionResult>"),
        sample("<method>GET</method><method>PUT</method>"),
        sample(**{f"v{number}": "" for number in range(200)}),
        "<a/>" * 10_000,
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(odd):
    with pytest.raises(UnusualMarkupError):
        plain(sample() + odd + sample())


def test_names_of_one_length_are_not_mistaken_for_each_other():
    text = sample(lt="5", by="7") + sample(ct="6", na="8") + sample(na="1", ct="2")
    found = decoded(plain(text))
    assert found == decoded(parsed(text))
    assert (found["Latency"], found["Connect"]) == ([5, None, None], [None, 6, 2])


def test_bytes_that_are_no_utf8_are_left_to_the_parser():
    with pytest.raises(UnusualMarkupError):
        plain_samples(sample(lb="caf\xe9").encode("latin-1"))


def test_the_order_of_variables_is_kept_or_the_text_left_to_the_parser():
    one, other, both = sample(a="1", b="2"), sample(b="3", t="4"), sample(b="5", a="6")
    assert decoded(plain(one + other)) == decoded(parsed(one + other))
    with pytest.raises(UnusualMarkupError):
        plain(one + both)


def test_many_shapes_are_left_to_the_parser():
    texts = [sample(**{f"v{number}": "1"}) for number in range(100)]
    assert plain("".join(texts[:50])).num_rows == 50
    with pytest.raises(UnusualMarkupError):
        plain("".join(texts))
