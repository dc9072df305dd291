"""Triples of words as numbers, made many at once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from whence.matching.tokens import FIRST_WORD, LAST_WORD
from whence.matching.triples import every_triple, keys, triple, triples, words_of

WORDS = st.text(st.characters(min_codepoint=FIRST_WORD, max_codepoint=LAST_WORD), max_size=40)


def one_by_one(chosen: str) -> list[int]:
    return [triple(*three) for three in zip(chosen, chosen[1:], chosen[2:], strict=False)]


@settings(max_examples=60, derandomize=True)
@given(WORDS)
def test_many_at_once_are_the_same_as_one_by_one(chosen: str) -> None:
    """Whatever the length, so that each of the four windows ends in each of its places."""
    assert list(every_triple(chosen)) == one_by_one(chosen)


def test_long_texts_are_made_in_parts() -> None:
    """No triple at the seams is lost or made twice."""
    for size in (1023, 1024, 1025, 1026, 1027, 2050, 5000):
        chosen = "".join(chr(FIRST_WORD + at * 7919 % (LAST_WORD - FIRST_WORD + 1)) for at in range(size))
        assert list(every_triple(chosen)) == one_by_one(chosen)


@settings(max_examples=40, derandomize=True)
@given(WORDS)
def test_the_words_can_be_had_back(chosen: str) -> None:
    """Of all triples together, each word once."""
    expected = set(map(ord, chosen)) if len(chosen) > 2 else set()
    assert words_of(set(every_triple(chosen))) == expected


def test_the_numbers_never_change() -> None:
    """They are kept on disk, and shared between machines."""
    assert triple("\u0100", "\u0101", "\ud7ff") == 0xAE31E873EA7C3BEB
    assert list(every_triple("\u0100\u0101\u0102\ud7ff" * 4))[:3] == [
        0xF19D8BB8DA260D2A,
        0xA735E3D366913BEB,
        0x8A38201086671500,
    ]


def test_half_of_them_are_keys() -> None:
    """By their own value, so that both sides choose the same."""
    every = every_triple("".join(chr(0x1000 + at) for at in range(400)))
    chosen = keys(every)
    assert all(every[at] == number and number >> 63 for at, number in chosen)
    assert 150 < len(chosen) < 250
    assert triples("(\u1000=\u1001+\u1002)") == {triple("\u1000", "\u1001", "\u1002")}
