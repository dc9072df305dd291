"""How much it tells that two texts share a word: the rarer in all source text, the more.

`usual_words.txt` lists the words that people write everywhere, with their rarity in nats (the logarithm of one over the
share of stretches of 50 lines in which a word stands, measured by `benchmarks/usual_words.py`). A word that is not in
it is rarer than all of these. What is usual in one repository only is known to its `Habits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from whence.matching.tokens import is_word, tokens

RAREST = 7.0
"""Nats of a word that is not listed: one in a thousand stretches."""


def surprise(words: Iterable[str]) -> float:
    """What it tells that these words (codes of `matching.tokens`), each given once, are shared; in nats."""
    usual = _usual()
    return sum(usual.get(word, RAREST) for word in words)


@cache
def _usual() -> Mapping[str, float]:
    """Rarity by code; of words that share a code the most usual one's."""
    text = resources.files("whence.matching").joinpath("usual_words.txt").read_text("utf-8")
    found: dict[str, float] = {}
    for line in text.splitlines():
        rarity, *listed = line.split() if not line.startswith("#") else ("0",)
        for word in listed:
            code = tokens(word)
            if is_word(code):
                found[code] = min(float(rarity), found.get(code, RAREST))
    return found
