"""When text counts that stands in another file than the one that it was written into.

Nothing but the text itself vouches for it there, so it must tell more than two people's code can have in common by
accident: words in triples that this repository's people do not write anyway, the rarer the more (see `rarity`).

    moved       It does not stand any more where the tool put it: 3 telling lines and 40 nats; written in another project,
                5 lines and 100 nats.
    as a whole  Of this project, and alike as a whole: then each token that agrees tells a little as well, and with fewer
                rare words the two together are enough.
    copied      It still stands where the tool put it, in another file of this project: 150 nats, for people write their
                own boilerplate alike all over a project.

Measured with a quarter of six projects' files (beads, sympy, minsky, git-ai, cli, pi-mono) as the tool's and another
quarter, 204,000 lines without true copies of ten lines and more, as a person's: were all of the tool's text gone again, 3
lines and 20 triples would claim 63 of them, 40 triples none. "As a whole" was chosen on 830,000 lines of beads, pi-mono,
cli and sympy that passed for the project's own (`benchmarks/sessions_controls.py --at-home`): where 70% of both stretches
agree, no four telling lines have more than 19 nats. Six are asked for, because in a small repository, whose habits are
little known, shorter pieces of tests are alike that everybody writes.
"""

from __future__ import annotations

from whence.matching.values import Kind

MOVED = {Kind.SAME_PROJECT: (3, 40.0), Kind.OTHER_PROJECT: (5, 100.0)}
"""Telling lines, and nats, of what was moved."""

COPIED_NATS = 150.0

FEW_NATS = 24.0
"""The least of what is alike as a whole."""

WHOLE_LINES, WHOLE_NATS, TOKENS_A_NAT = 6, 36.0, 4
"""Its telling lines, its nats with those of its tokens, and how many of these are worth one."""


def least_nats(kind: Kind) -> float:
    """Below it nothing counts."""
    return FEW_NATS if kind is Kind.SAME_PROJECT else MOVED[kind][1]


def as_a_whole(kind: Kind, nats: float, agree: int, telling: int) -> bool:
    """Whether text that is alike as a whole counts, with `nats` of rare words, `agree` tokens and `telling` lines."""
    if kind is not Kind.SAME_PROJECT or nats < FEW_NATS or telling < WHOLE_LINES:
        return False
    return nats + agree / TOKENS_A_NAT >= WHOLE_NATS
