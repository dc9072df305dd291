"""What words tell: by how rare they are everywhere."""

from __future__ import annotations

from whence.matching.rarity import RAREST, surprise
from whence.matching.tokens import tokens, words


def nats(line: str) -> float:
    return surprise(set(map(ord, words(tokens(line)))))


def test_rare_words_tell_more_than_usual_ones() -> None:
    """A name that nobody else has, beside those that stand in every file."""
    assert nats("tidal_constituents = harmonic_amplitudes") == 2 * RAREST
    assert 0 < nats("value = name") < RAREST
    assert nats("value = name value = name") == nats("value = name")


def test_signs_and_keywords_tell_nothing() -> None:
    """Every program has them."""
    assert nats("if (not self) { return None; }") == 0
