"""How sure a match is, and what it is called.

The numbers are measured on sessions that repositories publish with their commits and stand in `strengths.toml`, with
the program that measured them: by where the text was written, by how much of it is left, and by how alike the lines are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from whence.evidence.sessions.interface import Outcome
from whence.matching.values import Kind, Likeness, Match

BANDS = (0.95, 0.85, 0.7, 0.0)
"""Similarities from which on edited lines are counted together."""

TOO_FEW = {
    Kind.SAME_FILE: 0.8,
    Kind.RENAMED: 0.8,
    Kind.IN_PLACE: 0.8,
    Kind.SAME_PROJECT: 0.75,
    Kind.OTHER_PROJECT: 0.7,
}
"""Where there were too few labelled claims to measure: cautious guesses."""

UNKNOWN_OUTCOME = 0.8
"""Factor where the tool's transcripts do not say whether a call succeeded: 4.7% of edits fail or are refused, and
who reads such a transcript cannot tell an accepted proposal from one that a person typed anew."""

_KINDS = {
    Kind.SAME_FILE: "written into this file",
    Kind.RENAMED: "written into a file that this one was, or is a copy of",
    Kind.IN_PLACE: "written in this place",
    Kind.SAME_PROJECT: "written elsewhere in this project",
    Kind.OTHER_PROJECT: "written in another project",
}

_LIKENESS = {
    Likeness.IDENTICAL: "",
    Likeness.REFORMATTED: ", reformatted since",
    Likeness.RENAMED: ", renamed in part since",
    Likeness.EDITED: ", edited since",
}


def band(similarity: float) -> float:
    """The least similarity of those that are counted together with this one."""
    return next(least for least in BANDS if similarity >= least)


def strength(match: Match, outcome: Outcome) -> float:
    """0 to 1: how often such a match was right."""
    found = _measured_or_guessed(match.kind, match)
    if match.kind is Kind.RENAMED:  # no surer than where it was put, however few such claims were wrong
        found = min(found, _measured_or_guessed(Kind.SAME_FILE, match))
    return round(found * (UNKNOWN_OUTCOME if outcome is Outcome.UNKNOWN else 1.0), 3)


def _measured_or_guessed(kind: Kind, match: Match) -> float:
    measured = _measured().get((kind.name, match.likeness.name, band(match.similarity)))
    return TOO_FEW[kind] * match.similarity if measured is None else measured


def words(match: Match) -> str:
    """`written into this file, edited since (87% alike)`."""
    alike = f" ({round(100 * match.similarity)}% alike)" if match.likeness is Likeness.EDITED else ""
    where = _KINDS[match.kind] if match.kept.path else "written where its owner did not say"
    return where + _LIKENESS[match.likeness] + alike


@cache
def _measured() -> Mapping[tuple[str, str, float], float]:
    data = tomllib.loads(files(__package__).joinpath("strengths.toml").read_text("utf-8"))
    return {
        (item["kind"], item["likeness"], item["least_similarity"]): item["confidence"]
        for item in data["strength"]
    }
