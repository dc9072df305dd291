"""How much it tells that two texts share a word: the rarer in all source text, the more.

`usual_words.txt` lists the words that people write everywhere, with their rarity in nats (the logarithm of one over the
share of stretches of 50 lines in which a word stands, measured by `benchmarks/usual_words.py`). A word that is not in
it is rarer than all of these. Words that come together are no surprise one by one: `usual_phrases.bin` has the triples
that three of 54 projects hold, whatever they are about (`benchmarks/usual_phrases.py`), and these tell nothing. What is
usual in one repository only is known to its `Habits`, which in a small one know little; the phrases are known in each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from importlib import resources
from math import fsum

from whence.matching.habits import Seen
from whence.matching.tokens import each_tokens, is_word, tokens
from whence.matching.triples import words_of

RAREST = 7.0
"""Nats of a word that is not listed: one in a thousand stretches."""

MAX_NAMES = 20_000
"""Names whose stems are remembered."""

COMBINED = 3.0
"""Nats of a name that joins a known stem to another one, besides what that tells."""

MAX_KNOWN = 100_000
"""Triples that are remembered, some 10 MB."""


def surprise(words: Iterable[int]) -> float:
    """What it tells that these words (numbers of `matching.tokens`' codes), each given once, are shared; in nats."""
    return fsum(map(_rarity, words))  # exactly, in whatever order a set gives them


def nats(triples: Iterable[int]) -> float:
    """The same of all words in some triples, but for those that are phrases which everybody writes."""
    return surprise(_telling(triples))


def named(triples: Iterable[int], names: Mapping[int, str]) -> float:
    """The same, where it is known how these words read: who writes `hookPath` soon writes `hookName` and `hooksDir`, so
    that of their stems each counts once. Never more than `nats`."""
    words = _telling(triples)
    told: set[str] = set()
    found = [_rarity(word) for word in words if word not in names]
    for name in sorted((names[word] for word in words if word in names), key=lambda name: (len(name), name)):
        stems = _stems(name)
        new = stems - told
        told |= stems
        known = COMBINED if len(new) < len(stems) else 0.0
        found.append(min(_rarity(ord(tokens(name))), known + fsum(map(_stem_rarity, new))))
    return fsum(found)


def _telling(triples: Iterable[int]) -> Collection[int]:
    telling = [key for key in triples if not _phrases[key]]
    return words_of(telling) if telling else ()


@lru_cache(MAX_NAMES)
def _stems(name: str) -> frozenset[str]:
    """What a name is made of: words in small letters, without the s of a plural."""
    parts = [part.lower() for part in _PART.findall(name)]
    return frozenset([part[:-1] if _PLURAL.search(part) else part for part in parts])


_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W_a-zA-Z0-9]+")
_PLURAL = re.compile(r"[^s][^s]+s$")


@cache
def _stem_rarity(stem: str) -> float:
    forms = (stem, stem.capitalize(), stem.upper())
    return min([_rarity(ord(code)) for code in each_tokens(forms) if len(code) == 1], default=0.0)


def _rarity(word: int) -> float:
    return _usual().get(word, RAREST)


class _Phrases(dict[int, bool]):
    """Whether a triple is a phrase, looked up once: blocks share them."""

    def __missing__(self, key: int) -> bool:
        if len(self) > MAX_KNOWN:
            self.clear()
        found = self[key] = key in _usual_phrases()
        return found


_phrases = _Phrases()


@cache
def _usual_phrases() -> Seen:
    """Of other triples 2 in 100 are taken for one, which accuses nobody."""
    return Seen(bytearray(resources.files("whence.matching").joinpath("usual_phrases.bin").read_bytes()))


@cache
def _usual() -> Mapping[int, float]:
    """Rarity by the number of a code; of words that share a code the most usual one's."""
    text = resources.files("whence.matching").joinpath("usual_words.txt").read_text("utf-8")
    found: dict[int, float] = {}
    for line in text.splitlines():
        rarity, *listed = line.split() if not line.startswith("#") else ("0",)
        for word in map(ord, filter(is_word, each_tokens(listed))):
            found[word] = min(float(rarity), found.get(word, RAREST))
    return found
