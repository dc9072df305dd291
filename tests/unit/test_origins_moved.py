"""Blocks that moved or were copied within a file, and texts told back from their differences."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.git import Repo
from whence.evidence.origins.lines import Piece
from whence.evidence.origins.moved import Block, blocks, carry, encoded, singles
from whence.evidence.origins.patches import Difference, differences
from whence.evidence.origins.prints import length, prints
from whence.repo import Repository

TEXT = 'import sizes\nprint("Größe über Maß")\nsizes.show()\n'
LONG = [f"some words that nobody writes twice, number {number}" for number in range(12)]


def difference_of(old: list[str], new: list[str]) -> Difference:
    """A plain difference: everything between the first and the last changed line."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    end = len(new) - last
    gone = "".join(line + "\n" for line in old[first : len(old) - last])
    return Difference(((first + 1, end + 1, len(old) - len(new)),), prints(gone.encode()))


def text(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def check(old: list[str], new: list[str], expected: list[Block], *, copies: bool = False) -> None:
    found = blocks(
        prints(text(new)),
        prints(text(old)),
        difference_of(old, new),
        [(1, len(new), 0, 1)],
        copies=copies,
    )
    assert found == expected


def test_a_block_that_moved_is_found() -> None:
    """At its new place, with the old one, whatever its indentation is now."""
    check(LONG[:8], [*LONG[4:8], *LONG[:4]], [(1, 4, 5), (5, 4, 1)])
    check(LONG[:8], [*("  " + line for line in LONG[4:8]), *LONG[:4]], [(1, 4, 5), (5, 4, 1)])


def test_a_block_that_is_still_there_is_a_copy() -> None:
    """And no move."""
    old, new = LONG[:6], [*LONG[:6], "new", *LONG[:3]]
    check(old, new, [], copies=False)
    check(old, new, [(8, 3, 1)], copies=True)


def test_short_blocks_are_chance() -> None:
    """Two long lines, or many short ones."""
    check(LONG[:4], [*LONG[2:4], "x", *LONG[:2]], [], copies=True)
    short = [f"a{number}" for number in range(8)]
    check(short, ["x", *short[4:], "y", *short[:4]], [], copies=True)


def test_a_line_that_repeats_itself_costs_no_more_than_its_bound() -> None:
    """A thousand equal lines in two texts."""
    same = ["the very same line of code, again and again"] * 1500
    check(["a", *same, "b"], ["c", *same, *same, "d"], [(2, 1500, 2), (1502, 1500, 2)], copies=False)


def test_pieces_are_cut_by_blocks() -> None:
    """What a block holds goes to its old place, the rest stays."""
    moved: list[Block] = [(3, 4, 20), (10, 2, 1)]
    assert carry([(1, 11, 0, 101)], moved) == (
        [(20, 4, 0, 103), (1, 2, 0, 110)],
        [(1, 2, 0, 101), (7, 3, 0, 107)],
    )
    assert carry([(4, 1, 0, 1), (6, 1, 1, 9), (7, 1, 1, 10)], moved) == (
        [(21, 1, 0, 1), (23, 1, 1, 9)],
        [(7, 1, 1, 10)],
    )
    assert carry([(1, 2, 0, 1)], moved) == ([], [(1, 2, 0, 1)])


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 6)), max_size=5),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 6)), max_size=5),
)
def test_no_line_is_lost_or_doubled_by_cutting(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    """Every line of a piece goes to one side, with its own number at HEAD."""
    pieces: list[Piece] = []
    for start, count in sorted(some):
        if not pieces or start >= pieces[-1][0] + pieces[-1][1]:
            pieces.append((start, count, 0, start + 500))
    moved: list[Block] = []
    for start, count in sorted(others):
        if not moved or start >= moved[-1][0] + moved[-1][1]:
            moved.append((start, count, start + 100))
    older, left = carry(pieces, moved)
    inside = {line for first, count, _ in moved for line in range(first, first + count)}
    every = [
        (line, head + line - start)
        for start, count, _, head in pieces
        for line in range(start, start + count)
    ]
    kept = [
        (line, head + line - start) for start, count, _, head in left for line in range(start, start + count)
    ]
    gone = [
        (line - 100, head + line - start)
        for start, count, _, head in older
        for line in range(start, start + count)
    ]
    assert sorted(kept + gone) == every
    assert all(line not in inside for line, _ in kept)
    assert all(line in inside for line, _ in gone)


def test_the_older_text_is_told_by_the_newer_and_the_difference(repo: Repo) -> None:
    """For many pairs of texts, with and without line feeds at the end, of any white space, and no text at all."""
    chance = random.Random(1)
    words = ["a", "b b", "\tc", "", "  ", "d\r", "\f", "- e", "+ f", "@@ g", "\\ h", "diff --git a/x b/x"]

    def some() -> bytes:
        lines = [chance.choice(words) for _ in range(chance.randint(0, 12))]
        return "\n".join(lines).encode() + chance.choice([b"", b"\n"])

    texts = [(some(), some()) for _ in range(150)]
    pairs = [tuple(_blob(repo, one) for one in pair) for pair in texts]
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    with repository.scratch() as scratch:
        found = differences(scratch, [(old, new) for old, new in pairs], 2, lambda: None)
    for (old, new), pair in zip(texts, pairs, strict=True):
        difference = found[pair[0], pair[1]]
        assert difference is not None
        told = difference.older(prints(new))
        assert told == prints(old), (old, new)
        assert sum(end - first for first, end in difference.removed) == len(difference.gone)


def _blob(repo: Repo, data: bytes) -> bytes:
    return repo.git("hash-object", "-w", "--stdin", feed=data).encode()


def test_prints_tell_lines_apart_by_all_but_white_space() -> None:
    """Lines as git counts them; blank ones are 0."""
    assert list(prints(b"")) == []
    assert len(prints(b"a\nb")) == len(prints(b"a\nb\n")) == 2
    assert list(prints(b"\n \t\r\n  ")) == [0, 0, 0]
    assert prints(b"a b\n") == prints(b"\tab\r\n") != prints(b"ba\n")
    assert [length(line) for line in prints(b"a b\n" + b"x" * 300)] == [2, 255]


@pytest.mark.parametrize(
    "other",
    [
        f"\ufeff{TEXT}".encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("latin-1"),
        unicodedata.normalize("NFD", TEXT).encode(),
    ],
    ids=["byte-order mark", "UTF-16", "Latin-1", "composition"],
)
def test_a_line_is_the_same_in_another_encoding(other: bytes) -> None:
    """As far as can be told: of UTF-16 what Latin-1 has, too."""
    assert list(prints(other))[:3] == list(prints(TEXT.encode()))
    assert prints("Größe".encode()) != prints("Grösse".encode())
    assert prints("é".encode()) != prints(b"e")


def test_a_hunk_of_lines_in_another_encoding_is_no_change() -> None:
    """What stands before and behind the lines that changed indeed is the same; what stands between them is not."""
    old, new = [*LONG[:4], "gone", *LONG[4:6]], [*LONG[:4], "new", "newer", *LONG[4:6]]
    hunk = Difference(((1, len(new) + 1, len(old) - len(new)),), prints(text(old)), foreign=True)
    assert encoded(prints(text(new)), hunk) == [(1, 4, 1), (7, 2, 6)]
    other = Difference(((1, 3, 0),), prints(text(LONG[2:4])), foreign=True)
    assert encoded(prints(text(LONG[:2])), other) == []


def test_a_line_that_moved_alone_stands_once_before_and_once_after() -> None:
    """Lines that repeat themselves, in either text, and very short ones are their commit's own."""
    old = ["import re", "import os", "x = 1", "twice = 2", "twice = 2", "again = 3"]
    new = ["again = 3", "again = 3", "twice = 2", "import os", "x = 1", "import re"]
    found = singles(prints(text(new)), lambda: prints(text(old)), difference_of(old, new))
    assert found == [(4, 1, 2), (6, 1, 1)]
    assert singles(prints(text(new)), lambda: prints(text(["other"])), difference_of(["other"], new)) == []
