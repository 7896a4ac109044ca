"""Files to import: decompression, blocks of whole lines, JSON documents."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tracemalloc

import pyarrow as pa
import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers import source
from perfanalysis.importers.source import InputFile, line_blocks, read_document

TEXT = b"".join(b"%d,%d,Home\n" % (i, i * i) for i in range(40_000))
COMPRESS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}
MIB = 1 << 20


@pytest.fixture
def file_of(tmp_path):
    def make(data: bytes, name: str = "load.csv") -> InputFile:
        path = tmp_path / name
        path.write_bytes(data)
        return InputFile(path=path, label=f"in/{name}")

    return make


def content(file: InputFile) -> bytes:
    with file.open() as stream:
        return stream.read()


@pytest.mark.parametrize("kind", COMPRESS)
def test_compression_is_known_by_its_first_bytes_not_by_the_name(file_of, kind):
    file = file_of(COMPRESS[kind](TEXT), "load.csv")
    assert content(file) == TEXT
    assert file.compressed
    assert not file.truncated


@pytest.mark.parametrize("name", ["load.csv.gz", "load.csv.bz2", "load.csv.xz", "load.csv.ZST"])
def test_plain_text_with_the_suffix_of_a_compressor_is_read_as_it_is(file_of, name):
    file = file_of(b"a,b\n1,2\n", name)
    assert content(file) == b"a,b\n1,2\n"
    assert not file.compressed
    assert file.name == "load.csv"


@pytest.mark.parametrize("kind", COMPRESS)
def test_members_that_follow_each_other_are_one_file(file_of, kind):
    members = [TEXT[:1000], TEXT[1000:250_000], b"", TEXT[250_000:]]
    file = file_of(b"".join(COMPRESS[kind](member) for member in members))
    assert content(file) == TEXT
    assert not file.truncated


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_nul_padding_between_and_behind_members_is_skipped(file_of, kind):
    padding = bytes(2 * MIB + 4)
    first, second = COMPRESS[kind](b"1\n"), COMPRESS[kind](b"2\n")
    file = file_of(first + padding + second + padding)
    assert content(file) == b"1\n2\n"
    assert not file.truncated


def test_gzip_without_its_trailer_delivers_all_it_holds(file_of):
    file = file_of(gzip.compress(TEXT)[:-8])
    assert content(file) == TEXT
    assert file.truncated


@pytest.mark.parametrize("kind", COMPRESS)
def test_compressed_data_cut_in_the_middle_deliver_what_they_hold(file_of, kind):
    noise = hashlib.shake_256(b"noise").hexdigest(600_000).encode()
    data = COMPRESS[kind](noise)
    file = file_of(data[: len(data) * 9 // 10])
    found = content(file)
    assert noise.startswith(found)
    assert len(found) > len(noise) // 4
    assert file.truncated
    assert content(file) == found


@pytest.mark.parametrize("kind", COMPRESS)
def test_data_cut_within_the_next_members_header_lose_nothing_before(file_of, kind):
    file = file_of(COMPRESS[kind](b"1\n2\n") + COMPRESS[kind](b"3\n")[:5])
    assert content(file) == b"1\n2\n"
    assert file.truncated


@pytest.mark.parametrize("kind", COMPRESS)
def test_damaged_compressed_data_are_an_input_error(file_of, kind):
    noise = hashlib.shake_256(b"noise").hexdigest(300_000).encode()
    data = bytearray(COMPRESS[kind](noise))
    # Arrow writes zstd without a checksum: only damage to the structure can be seen there.
    middle = len(data) // 2
    end = len(data) if kind == "zst" else middle + 64
    data[middle:end] = b"\xff" * (end - middle)
    with pytest.raises(InputError, match=r"^in/load\.csv: the compressed data are damaged: "):
        content(file_of(bytes(data)))


@pytest.mark.parametrize("kind", COMPRESS)
def test_text_behind_compressed_data_is_an_input_error(file_of, kind):
    with pytest.raises(InputError, match="the compressed data are damaged"):
        content(file_of(COMPRESS[kind](b"1\n") + b"this is no compressed member\n" * 9))


@pytest.mark.parametrize("kind", COMPRESS)
def test_a_small_file_that_holds_gigabytes_is_not_held_in_memory(file_of, kind):
    data = COMPRESS[kind](bytes(64 * MIB))
    assert len(data) < MIB
    tracemalloc.start()
    try:
        head = file_of(data).head()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert head == bytes(65_536)
    assert peak < 24 * MIB  # the dictionary of xz takes 8 of them


def test_head_is_decompressed_and_without_byte_order_mark(file_of):
    assert file_of(gzip.compress(b"\xef\xbb\xbf" + TEXT)).head() == TEXT[: 65_536 - 3]


def test_the_hash_is_that_of_the_file_as_it_is_stored(file_of):
    data = gzip.compress(TEXT, mtime=0)
    assert file_of(data).sha256() == hashlib.sha256(data).hexdigest()


def test_a_file_that_cannot_be_opened_is_an_input_error(tmp_path):
    file = InputFile(path=tmp_path / "gone.csv", label="gone.csv")
    with pytest.raises(InputError, match=r"^gone\.csv: cannot be read: No such file"):
        file.open()


LINES = b'a,b\r\n1,2\n\n\r\n3,"4\n5"\nlast'


@pytest.mark.parametrize("data", [LINES, LINES + b"\n", b"\n", b"x", b""])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_blocks_hold_whole_lines_whatever_their_size(file_of, data, compress):
    file = file_of(compress(data))
    for size in range(1, len(data) + 6):
        blocks = list(line_blocks(file, size=size))
        assert b"".join(block.data for block in blocks) == data
        before = b""
        for block in blocks:
            assert block.first_line == before.count(b"\n") + 1
            assert block.cut is not block.data.endswith(b"\n")
            assert not block.cut or block is blocks[-1]
            before += block.data


def test_blocks_are_about_as_large_as_asked(file_of):
    sizes = [len(block.data) for block in line_blocks(file_of(TEXT), size=10_000)]
    assert max(sizes) <= 10_000 + 20
    assert len(sizes) > len(TEXT) // 10_020


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_a_byte_order_mark_is_dropped_at_the_start_only(file_of, size):
    mark = b"\xef\xbb\xbf"
    blocks = list(line_blocks(file_of(mark + b"a\n" + mark + b"b\n"), size=size))
    assert b"".join(block.data for block in blocks) == b"a\n" + mark + b"b\n"
    assert blocks[0].first_line == 1


@pytest.mark.parametrize("size", [1, 3, 64, 4096])
def test_nul_padding_at_the_end_is_no_line(file_of, size):
    blocks = list(line_blocks(file_of(b"a\nb\n" + bytes(5000)), size=size))
    assert b"".join(block.data for block in blocks) == b"a\nb\n"
    assert not blocks[-1].cut


def test_nul_padding_behind_a_line_that_was_cut_is_dropped(file_of):
    blocks = list(line_blocks(file_of(b"a\nb" + bytes(5000)), size=16))
    assert [(block.data, block.cut) for block in blocks] == [(b"a\n", False), (b"b", True)]


def test_nul_padding_larger_than_the_longest_line_is_no_long_line(file_of, monkeypatch):
    monkeypatch.setattr(source, "_MAX_LINE_BYTES", 100)
    blocks = list(line_blocks(file_of(b"a\n" + bytes(5000)), size=16))
    assert [block.data for block in blocks] == [b"a\n"]


def test_a_line_longer_than_64_mib_is_refused_without_reading_on(file_of):
    # 200 MiB in one line: what is held at the same time is the line so far and its copy.
    file = file_of(gzip.compress(b"head\n" + b"x" * (200 * MIB), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError, match=r"^in/load\.csv:2: expected lines of at most 64 MiB, found a longer"
        ):
            list(line_blocks(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 180 * MIB


def test_a_line_of_the_longest_length_is_read(file_of, monkeypatch):
    monkeypatch.setattr(source, "_MAX_LINE_BYTES", 100)
    data = b"a\n" + b"x" * 99 + b"\nb\n"
    assert b"".join(block.data for block in line_blocks(file_of(data), size=16)) == data


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, null, "\xc3\xa9"]}', {"a": [1, 2.5, None, "é"]}),
        (b"\xef\xbb\xbf[]", []),
        (b"[1]\n" + bytes(512), [1]),
        (b"[" + b"9" * 400 + b"]", [int("9" * 400)]),
    ],
)
def test_a_json_document_is_read(file_of, data, value):
    assert read_document(file_of(data)) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1,\n "b": tru', r":2: expected JSON, found expecting value at column 7$"),
        (b'{"a": 1}\n{"b": 2}', r":2: expected JSON, found extra data at column 1$"),
        (b'["a\nb"]', r":1: expected JSON, found invalid control character at at column 4$"),
        (b"", r":1: expected JSON, found expecting value at column 1$"),
        (b'["\xff"]', r":1: expected a JSON document in UTF-8: 'utf-8' codec"),
        (b"[" + b"9" * 5000 + b"]", r":1: expected a JSON document in UTF-8: Exceeds the limit"),
        (b"[" * 200_000, r":1: expected a JSON document in UTF-8: maximum recursion depth"),
    ],
    ids=["cut", "two", "control", "empty", "no-utf-8", "digits", "depth"],
)
def test_what_is_no_json_document_names_the_line(file_of, data, message):
    with pytest.raises(InputError, match=r"^in/load\.csv" + message):
        read_document(file_of(data))


@pytest.mark.parametrize("data", [rb'["\ud800"]', rb'{"a\uDFFF": 1}', b'["\xed\xa0\x80"]'])
def test_half_a_surrogate_pair_is_refused(file_of, data):
    # json accepts it, and no table, report or terminal takes it afterwards.
    message = r"^in/load\.csv:1: expected text in UTF-8, found half a surrogate pair$"
    with pytest.raises(InputError, match=message):
        read_document(file_of(data))
    assert read_document(file_of(rb'["\ud83d\ude00"]')) == ["\U0001f600"]


def test_a_document_larger_than_the_limit_is_refused(file_of, monkeypatch):
    monkeypatch.setattr(source, "_MAX_DOCUMENT_BYTES", 2 * MIB)
    assert read_document(file_of(b"[" + b" " * (2 * MIB - 2) + b"]")) == []
    with pytest.raises(InputError, match=r"load\.csv: expected a JSON document of at most 2 MiB$"):
        read_document(file_of(gzip.compress(b"[" + b" " * (50 * MIB) + b"]")))
