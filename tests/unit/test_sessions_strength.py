"""How sure a match is: measured numbers, kept with the program that measured them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest

from whence.evidence.sessions.interface import Outcome
from whence.evidence.sessions.strength import BANDS, UNKNOWN_OUTCOME, band, strength, words
from whence.matching.passages import Block
from whence.matching.prints import Print, print_of
from whence.matching.store import Kept
from whence.matching.values import Kind, Likeness, Match

NOTHING: Print = print_of(Block(()), notebook=False)


def made(kind: Kind, likeness: Likeness = Likeness.IDENTICAL, similarity: float = 1.0) -> Match:
    return Match(Kept(0, NOTHING, 0, "a.py", "", "codex", "s", None), ((1, 1),), kind, likeness, similarity)


def test_the_measured_strengths_name_their_benchmark() -> None:
    """Every row has enough claims, and its confidence is no more than the share that was right."""
    data = tomllib.loads(files("whence.evidence.sessions").joinpath("strengths.toml").read_text("utf-8"))
    assert data["benchmark"].startswith("benchmarks/sessions_real.py")
    assert data["strength"]
    for item in data["strength"]:
        assert item["claimed"] >= data["least_claims"]
        assert 0.5 < item["confidence"] <= item["right"] / item["claimed"]
        assert item["least_similarity"] in BANDS
        match = made(Kind[item["kind"]], Likeness[item["likeness"]], item["least_similarity"])
        said = strength(match, Outcome.DONE)
        assert said <= item["confidence"]
        assert match.kind is Kind.RENAMED or said == pytest.approx(item["confidence"])


def test_an_unknown_outcome_is_weaker() -> None:
    """By the factor that is written down."""
    one, other = (strength(made(Kind.SAME_FILE), outcome) for outcome in (Outcome.DONE, Outcome.UNKNOWN))
    assert other == pytest.approx(one * UNKNOWN_OUTCOME, abs=0.001)


def test_what_was_not_measured_is_a_cautious_guess() -> None:
    """Below what was measured, and less for what is less alike."""
    elsewhere = made(Kind.OTHER_PROJECT, Likeness.EDITED, 0.75)
    assert strength(elsewhere, Outcome.DONE) < strength(made(Kind.SAME_FILE), Outcome.DONE)
    assert strength(elsewhere, Outcome.DONE) >= strength(
        made(Kind.OTHER_PROJECT, Likeness.EDITED, 0.6), Outcome.DONE
    )


@pytest.mark.parametrize(
    ("similarity", "least"), [(1.0, 0.95), (0.95, 0.95), (0.9, 0.85), (0.71, 0.7), (0.1, 0.0)]
)
def test_similarities_are_counted_in_bands(similarity: float, least: float) -> None:
    """From which on a row of the table holds."""
    assert band(similarity) == least


@pytest.mark.parametrize(
    ("match", "said"),
    [
        (made(Kind.SAME_FILE), "written into this file"),
        (
            made(Kind.SAME_PROJECT, Likeness.REFORMATTED),
            "written elsewhere in this project, reformatted since",
        ),
        (made(Kind.SAME_FILE, Likeness.RENAMED), "written into this file, renamed in part since"),
        (
            made(Kind.RENAMED, Likeness.EDITED, 0.874),
            "written into a file that this one was, or is a copy of, edited since (87% alike)",
        ),
    ],
)
def test_the_words_say_what_kind_of_match_it_is(match: Match, said: str) -> None:
    """Where it was written, what became of it, and how alike it is."""
    assert words(match) == said


def test_what_was_shared_without_its_path_is_not_said_to_be_another_projects() -> None:
    """Its owner did not say where it was written."""
    match = made(Kind.OTHER_PROJECT)
    assert words(match) == "written in another project"
    assert words(replace(match, kept=replace(match.kept, path=""))) == "written where its owner did not say"


def test_text_in_another_place_is_never_surer_than_in_its_own() -> None:
    """However few claims of copies were wrong when they were measured."""
    for likeness in Likeness:
        for similarity in (1.0, 0.9, 0.8, 0.5):
            own, other = (made(kind, likeness, similarity) for kind in (Kind.SAME_FILE, Kind.RENAMED))
            assert strength(other, Outcome.DONE) <= strength(own, Outcome.DONE)
