"""What words tell: by how rare they are everywhere."""

from __future__ import annotations

from whence.matching.rarity import COMBINED, RAREST, named, surprise
from whence.matching.rarity import nats as told
from whence.matching.tokens import tokens, words
from whence.matching.triples import triples


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


def by_name(*names: str) -> float:
    """What these names tell, one after another, where it is known how they read."""
    return named(triples(tokens(" ".join(names))), {ord(tokens(name)): name for name in names})


def test_of_names_with_one_stem_the_stem_tells_once() -> None:
    """Who writes one of them soon writes the others; a plural or another way to join the words is no other stem."""
    alike = ("tideGauge", "tide_gauges", "TideGauge")
    assert by_name(*alike) == RAREST + 2 * COMBINED
    assert told(triples(tokens(" ".join(alike)))) == 3 * RAREST


def test_names_without_a_stem_in_common_tell_as_much_as_their_words() -> None:
    """Nor does it matter that a name is joined of usual words, as long as these stand nowhere else."""
    names = ("tidal_constituent", "harmonicAmplitude", "value")
    assert by_name(*names) == told(triples(tokens(" ".join(names))))
