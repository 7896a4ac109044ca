"""Plain XML as arrays of its tags: what stands where, how deep, and in what.

Nearly all result files are plain: tags with attributes in double quotes, text between them, nothing
else. Such text is taken apart by looking at all of its angle brackets at once. What is not surely
plain and well-formed is refused here, and left to a parser: comments, CDATA, document types,
entities, brackets in text, tags that do not match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.byte_search import places_of
from perfanalysis.importers.jmeter.words import with_words

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]
    Integers = npt.NDArray[np.int64]

_MAX_LEVEL = 100
_NAME = rb"[A-Za-z_][A-Za-z0-9_.-]*"
_MAX_TAG_BYTES = 256
# Less can only be meant to fill the memory.
_MIN_BYTES_PER_TAG = 8
_TAG = re.compile(rb"<(/?)(%s)((?:\s+%s=\"[^\"&<>]*\")*)\s*(/?)>" % (_NAME, _NAME))
_ATTRIBUTE = re.compile(rb"(%s)=\"[^\"]*\"" % _NAME)
_NUMERIC = re.compile(rb"&#(?:[0-9]{1,7}|x[0-9A-Fa-f]{1,6});")
# References that are common: XML's own, and the control characters that it can hold.
_REFERENCES = (b"lt;", b"gt;", b"amp;", b"quot;", b"apos;", b"#xd;", b"#xa;", b"#x9;")
_REFERENCE_BYTES = max(map(len, _REFERENCES))
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE, U+FFFF
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(\w+));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_BLANKS = str.maketrans("\t\n", "  ")
# Samples are told by what they begin with; the numbers of their names are 0 and 1.
_SAMPLES = (b"httpSample", b"sample")
_FIRST_OTHER = len(_SAMPLES)


class UnusualMarkupError(Exception):
    """The text is not plain: a parser must read it."""


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a text, in its order; all arrays have one entry a tag.

    Attributes:
        spans: the text in turns: a tag, what follows it, the next tag, what follows it...
        sample: it begins a sample.
        http: it begins an HTTP sample.
        end: it is an end tag.
        level: of its element, 1 for the outermost ones.
        partner: place of the tag that ends what it begins, or begins what it ends; its own for an
            empty element.
        name: number of its element's name.
        numbers: of all names but those of samples.
    """

    spans: pa.BinaryArray
    sample: Bools
    http: Bools
    end: Bools
    level: Integers
    partner: Integers
    name: Integers
    numbers: dict[bytes, int]

    def starts(self, name: bytes) -> Integers:
        """Return the places of the start tags of elements of one name."""
        if name not in self.numbers:
            return np.empty(0, np.int64)
        return np.flatnonzero((self.name == self.numbers[name]) & ~self.end)

    def parents(self, places: Integers) -> Integers:
        """Return the places of the start tags of what elements stand in, -1 for the outermost.

        Args:
            places: of start tags, ascending.
        """
        levels = self.level[places]
        found = np.full(len(places), -1)
        for level in np.flatnonzero(np.bincount(levels)).tolist():
            if level > 1:
                here = np.flatnonzero(levels == level)
                above = np.flatnonzero((self.level == level - 1) & ~self.end)
                # The element that began last on the level above has not ended yet.
                found[here] = above[np.searchsorted(above, places[here]) - 1]
        return found


def tags_of(text: bytes) -> Tags:
    """Return the tags of a text that may stand in any element.

    Args:
        text: without characters or references to characters that XML forbids, whole elements only.

    Raises:
        UnusualMarkupError: it is not plain, or perhaps not well-formed.
    """
    letters = np.frombuffer(text, np.uint8)
    _check_characters(text, letters)
    brackets = places_of(text, b"<", like=b">")
    opening, closing = brackets[::2], brackets[1::2]
    if not len(opening) or (letters[opening] != ord("<")).any() or len(closing) < len(opening):
        raise UnusualMarkupError
    if (letters[closing] != ord(">")).any() or len(text) < _MIN_BYTES_PER_TAG * len(opening):
        raise UnusualMarkupError
    first = letters[opening + 1]
    end, empty = first == ord("/"), letters[closing - 1] == ord("/")
    http = (first == ord("h")) & _blank_follows(letters, opening, _SAMPLES[0])
    sample = http | ((first == ord("s")) & _blank_follows(letters, opening, _SAMPLES[1]))
    spans = _spans(text, opening, closing)
    words = spans.take(pa.array(np.flatnonzero(~sample) * 2)).dictionary_encode()
    numbers, number_of_word = _numbers(words.dictionary.to_pylist())
    name = np.where(http, 0, 1)
    name[~sample] = number_of_word[words.indices.to_numpy()]
    level, partner = _nesting(end, empty)
    if (name[partner] != name).any():
        raise UnusualMarkupError
    return Tags(
        spans=spans,
        sample=sample,
        http=http,
        end=end,
        level=level,
        partner=partner,
        name=name,
        numbers=numbers,
    )


def decoded(column: pa.DictionaryArray, *, attribute: bool) -> pa.DictionaryArray:
    """Return text as a parser gives it: references resolved, white space as XML has it.

    Args:
        column: dictionary-encoded text with none but the references that `tags_of` lets pass.
        attribute: it stands in attributes.
    """
    words = column.dictionary
    if not pc.any(pc.match_substring_regex(words, "[&\t\r]")).as_py():
        return column
    return with_words(
        column,
        pa.array([_decoded(word, attribute=attribute) for word in words.to_pylist()], pa.string()),
    )


def _decoded(text: str, *, attribute: bool) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.translate(_BLANKS) if attribute else text
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if name:
        return _ENTITIES[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def _blank_follows(letters: Bytes, opening: Integers, name: bytes) -> Bools:
    found: Bools = letters.take(opening + 1 + len(name), mode="clip") == ord(" ")
    return found


def _spans(text: bytes, opening: Integers, closing: Integers) -> pa.BinaryArray:
    offsets = np.empty(2 * len(opening) + 1, np.int32)
    offsets[:-1:2] = opening
    offsets[1::2] = closing + 1
    offsets[-1] = len(text)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.BinaryArray.from_buffers(pa.binary(), 2 * len(opening), buffers)


def _check_characters(text: bytes, letters: Bytes) -> None:
    """Refuse text that is no UTF-8, and references that are not surely to characters."""
    try:
        offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        raise UnusualMarkupError from None
    if b"\xef" in text and any(character in text for character in _NO_CHARACTERS):
        raise UnusualMarkupError
    places = places_of(text, b"&")
    if not len(places):
        return
    if places[-1] + _REFERENCE_BYTES >= len(text):
        raise UnusualMarkupError
    following = np.zeros(len(places), np.uint64)
    for byte in range(_REFERENCE_BYTES):
        following |= letters[places + 1 + byte].astype(np.uint64) << np.uint64(8 * byte)
    known = np.zeros(len(places), dtype=bool)
    for reference in _REFERENCES:
        mask = np.uint64((1 << 8 * len(reference)) - 1)
        known |= following & mask == int.from_bytes(reference, "little")
    others = len(places) - int(np.count_nonzero(known))
    if others:
        numeric = [found for found in _NUMERIC.findall(text) if found[1:] not in _REFERENCES]
        if others != len(numeric) or not all(map(_is_character, set(numeric))):
            raise UnusualMarkupError


def _is_character(reference: bytes) -> bool:
    number = reference[2:-1].decode()
    code = int(number[1:], 16) if number.startswith("x") else int(number)
    return 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF


def _numbers(words: list[bytes]) -> tuple[dict[bytes, int], Integers]:
    """Return a number for each name, and the number of the name of each tag."""
    numbers: dict[bytes, int] = {}
    found = []
    for word in words:
        name = _name(word)
        number = _SAMPLES.index(name) if name in _SAMPLES else len(numbers) + _FIRST_OTHER
        found.append(number if name in _SAMPLES else numbers.setdefault(name, number))
    return numbers, np.array(found, np.int64)


@lru_cache(maxsize=1024)
def _name(tag: bytes) -> bytes:
    """Return the name in a tag that is well-formed."""
    found = _TAG.fullmatch(tag) if len(tag) <= _MAX_TAG_BYTES else None
    if found is None:
        raise UnusualMarkupError
    end, name, attributes, empty = found.groups()
    given = _ATTRIBUTE.findall(attributes)
    if len(set(given)) < len(given) or (end and (given or empty)):
        raise UnusualMarkupError
    # Samples without attributes, of old versions, and repeated roots are no everyday sight.
    if name in (b"sampleResult", b"testResults") or (name in _SAMPLES and not end):
        raise UnusualMarkupError
    return bytes(name)


def _nesting(end: Bools, empty: Bools) -> tuple[Integers, Integers]:
    """Return level and partner of each tag."""
    depth = np.cumsum((~(end | empty)).astype(np.int8) - end.astype(np.int8), dtype=np.int64)
    level = depth + (end | empty)
    if depth[-1] or level.min() < 1 or level.max() > _MAX_LEVEL:
        raise UnusualMarkupError
    partner = np.arange(len(end))
    pairs = np.flatnonzero(~empty)
    # On each level elements begin and end in turns.
    pairs = pairs[np.argsort(level[pairs].astype(np.uint8), kind="stable")]
    partner[pairs[::2]], partner[pairs[1::2]] = pairs[1::2], pairs[::2]
    return level, partner
