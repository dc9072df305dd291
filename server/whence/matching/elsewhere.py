"""When text counts that stands in another file than the one that it was written into.

Nothing but the text itself vouches for it there, so it must tell more than two people's code can have in common by
accident: words in triples that neither this repository's people write anyway nor tools in several files, the rarer the
more, and words of one stem little more than one (see `rarity` and `nats`).

    moved       It does not stand any more where the tool put it: 3 telling lines and 38 nats; written in another project,
                5 lines and 100 nats.
    as a whole  Of this project, and alike as a whole: then each token that agrees tells a little as well, and with fewer
                rare words the two together are enough.
    copied      It still stands where the tool put it, or in many files of this project: 60 nats, or 100 where nobody
                knows in which project it was written. Below, people write their own boilerplate alike all over a project.
                Above they copy, and how many copies there are says nothing; what they had before the tool wrote it is
                theirs anyhow (see `habits`).

What agrees must also stand together: lines far from one another are judged apart, most of the two stretches must agree,
and each token of them that does not takes a little of what the rest tells. Else two long texts of one kind, say tests
that make folders and files, have enough in common by accident, a few lines here and a few there.

Chosen on beads, git-ai and cli, cut into repositories of 5,500, 15,000 and 40,000 lines each and compared with the text of
sessions that passed for their own (`benchmarks/sessions_controls.py --at-home --habits-lines`): a small repository's
habits are little known.
"""

from __future__ import annotations

from whence.matching.values import Kind

MOVED = {Kind.SAME_PROJECT: (3, 38.0), Kind.OTHER_PROJECT: (5, 100.0)}
"""Telling lines, and nats, of what was moved."""

COPIED = {Kind.SAME_PROJECT: 60.0, Kind.OTHER_PROJECT: 100.0}
"""Nats of what was copied. Where half of the files of projects passed for a tool's and stood beside the others, people's
(`benchmarks/sessions_controls.py --beside`), the exact runs above it were copies indeed; of those above 38 nats a
quarter was written alike."""

COPIED_SIMILARITY = 0.8
"""Least similarity of two stretches of which one was copied and then edited, renamed tokens aside: for who writes a
function after the model of another one ends with as many words in common."""

LEAST_NATS = 24.0
"""Below it a place is not looked at: some of its words may stand in lines that tell little."""

FEW_NATS = 32.0
"""The least of what is alike as a whole."""

WHOLE_LINES, WHOLE_NATS, TOKENS_A_NAT = 6, 40.0, 4
"""Its telling lines, its nats with those of its tokens, and how many of these are worth one. As many that do not agree,
of a stretch and of what was written, take one from what the words tell."""

STRETCH_SIMILARITY = 0.6
"""Least similarity of two stretches, what lies between their lines included."""


def least_nats(kind: Kind) -> float:
    """Of the words that a place and a block share; below it the two are not laid side by side."""
    return LEAST_NATS if kind is Kind.SAME_PROJECT else MOVED[kind][1]


def enough(kind: Kind, nats: float, differ: int = 0) -> bool:
    """Whether a stretch with `nats` of rare words counts, `differ` tokens of which do not agree."""
    return nats - differ / TOKENS_A_NAT >= MOVED[kind][1]


def copied(kind: Kind, nats: float, differ: int = 0) -> bool:
    """The same wherever else the text stands; `nats` are those of what many files hold, too."""
    return nats - differ / TOKENS_A_NAT >= COPIED[max(kind, Kind.SAME_PROJECT)]


def as_a_whole(kind: Kind, nats: float, agree: int, telling: int, differ: int = 0) -> bool:
    """Whether text that is alike as a whole counts, with `nats` of rare words, `agree` tokens and `telling` lines."""
    if kind is not Kind.SAME_PROJECT or nats < FEW_NATS or telling < WHOLE_LINES:
        return False
    return nats + (agree - differ) / TOKENS_A_NAT >= WHOLE_NATS
