"""Which present lines a review answers for, case by case."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest

from whence.model import Region
from whence.ranges import Lines, from_lines
from whence.review import Draft, Ledger, Review
from whence.review.recording import compose
from whence.text import split

PATH = "models/attention.py"

BEFORE = """\
import torch


def load_weights(path, strict):
    state = torch.load(path)
    if state is None:
        return None
    return state


"""
REVIEWED = """\
def attend(query, key, value):
    scores = query @ key.transpose(-2, -1)
    if scores is None:
        return None
    weights = torch.softmax(scores, dim=-1)
    return weights @ value
"""
AFTER = """\


def mask_future(scores):
    size = scores.size(-1)
    hidden = torch.ones(size, size).triu(1)
    return scores.masked_fill(hidden.bool(), float("-inf"))
"""
WHOLE = BEFORE + REVIEWED + AFTER


def review_of(
    text: str,
    first: str,
    last: str,
    *,
    path: str = PATH,
    reviewer: str = "Ann <ann@example.org>",
    result: str = "approved",
) -> Review:
    """A review of the lines from the one that starts with `first` to the first later one that starts with `last`."""
    lines = split(text)
    start = next(n for n, line in enumerate(lines, 1) if line.strip().startswith(first))
    end = next(n for n, line in enumerate(lines, 1) if n >= start and line.strip().startswith(last))
    region = Region("function", "attend", start, end)
    return compose(Draft(path, region, lines, ((start, end),), reviewer, ("codex",), result, note="because"))


ATTEND = review_of(WHOLE, "def attend", "return weights")


@dataclass(frozen=True)
class Seen:
    covered: set[str]
    """The stripped text of each covered line, blank ones left out."""
    gone: int
    added: set[str]


def look(text: str, *reviews: Review, path: str = PATH, wanted: Lines | None = None) -> Seen:
    lines = split(text)
    ledger = Ledger.of(reviews or (ATTEND,))
    found = ledger.cover(path, lines, ((1, len(lines)),) if wanted is None else wanted)
    shown = {line for item in found for first, last in item.lines for line in range(first, last + 1)}
    added = {
        line
        for item in found
        if item.stale
        for first, last in item.stale.added
        for line in range(first, last + 1)
    }

    def texts(numbers: set[int]) -> set[str]:
        return {lines[number - 1].strip() for number in numbers} - {""}

    return Seen(texts(shown), max((item.stale.gone for item in found if item.stale), default=0), texts(added))


ALL = {line.strip() for line in REVIEWED.splitlines()}


def edited(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new)


@pytest.mark.parametrize(
    ("what", "text", "covered"),
    [
        ("untouched", WHOLE, ALL),
        ("moved to the top", REVIEWED + BEFORE + AFTER, ALL),
        ("moved to the end", BEFORE + AFTER + "\n\n" + REVIEWED, ALL),
        ("re-indented into a class", BEFORE + "class A:\n" + "".join(f"\t{x}\n" for x in REVIEWED.splitlines()), ALL),
        ("other line endings", WHOLE.replace("\n", "\r\n"), ALL),
        ("blank lines between all lines", WHOLE.replace("\n", "\n\n"), ALL),
        ("blank lines taken out", WHOLE.replace("\n\n", "\n"), ALL),
        ("spaces inside lines", WHOLE.replace(", ", " ,  ").replace(" = ", "="), {x.replace(", ", " ,  ").replace(" = ", "=") for x in ALL}),
        ("all but it removed", REVIEWED, ALL),
        ("everything gone", "x = 1\n", set()),
        ("empty file", "", set()),
        ("one line changed", edited("dim=-1", "dim=-2"), ALL - {"weights = torch.softmax(scores, dim=-1)"}),
        ("one line removed", edited("    weights = torch.softmax(scores, dim=-1)\n", ""), ALL - {"weights = torch.softmax(scores, dim=-1)"}),
        ("an invisible character slipped in", edited("key.transpose", "key\u200b.transpose"), ALL - {"scores = query @ key.transpose(-2, -1)"}),
        ("lower case", edited("query, key, value", "Query, key, value"), ALL - {"def attend(query, key, value):"}),
    ],
)  # fmt: skip
def test_a_review_follows_its_lines(what: str, text: str, covered: set[str]) -> None:
    """Moves and white space keep it; a changed line loses it alone."""
    seen = look(text)
    extra = {"return None"} if "return None" in covered else set()
    assert seen.covered - extra == covered - extra, what


def test_a_short_line_is_covered_only_where_it_stood() -> None:
    """The file has another `return None`, before and after; one of them was reviewed."""
    lines = split(WHOLE)
    ledger = Ledger.of([ATTEND])
    (found,) = ledger.cover(
        PATH, lines, from_lines(n for n, x in enumerate(lines, 1) if x.strip() == "return None")
    )
    reviewed = [n for n, x in enumerate(lines, 1) if x.strip() == "return None"][1]
    assert found.lines == ((reviewed, reviewed),)


@pytest.mark.parametrize(
    "line", ["    return None", "}", "    else:", "    return weights @ value", "    if scores is None:"]
)
def test_a_new_equal_line_elsewhere_is_not_covered(line: str) -> None:
    """A tool adds a function that ends as the reviewed one: none of it was answered for."""
    text = WHOLE + f"\n\ndef fresh(a):\n    do_something_else_entirely(a)\n{line}\n"
    assert look(text, wanted=((len(split(WHOLE)) + 1, len(split(text))),)).covered == set()


def test_an_equal_line_that_needs_no_answer_takes_no_lines_place() -> None:
    """Two lines of one block moved behind an equal line of somebody's: the third stays where it was, covered."""
    before = "head = first(weights)\nend\nend\nlast = closing(weights, scores)\nmiddle = softmax(scores)\nreturn middle\n"
    after = "head = first(weights)\nnew\nend\nmiddle = softmax(scores)\nreturn middle\nend\nend\nlast = closing(weights, scores)\n"
    review = compose(
        Draft(PATH, Region("function", "attend", 2, 6), split(before), ((2, 6),), "Ann <ann@example.org>")
    )
    wanted = ((2, 5), (7, 8))
    (found,) = Ledger.of([review]).cover(PATH, split(after), wanted)
    assert found.lines == ((3, 5), (7, 8))


@pytest.mark.parametrize("line", ["        return None", "    if scores is None:"])
def test_a_short_line_that_went_is_not_found_in_another_place(line: str) -> None:
    """It left the reviewed function, and an equal one came into a new function far away: nobody read that one there."""
    far = "".join(f"    step_{n} = do_something_else_entirely(a, {n})\n" for n in range(12))
    changed = REVIEWED.replace(f"{line}\n", "        log()\n")
    text = BEFORE + changed + AFTER + f"\n\ndef fresh(a):\n{far}{line}\n"
    assert look(text, wanted=((len(split(WHOLE)) + 1, len(split(text))),)).covered == set()


def test_growth_is_named_as_what_changed_since() -> None:
    """Lines that came among the reviewed ones are uncovered, and the review says which they are."""
    seen = look(edited("    weights =", "    scores = scores / scale\n    log(scores)\n    weights ="))
    assert seen == Seen(ALL, 0, {"scores = scores / scale", "log(scores)"})


def test_a_changed_line_is_counted_as_gone_and_named_as_added() -> None:
    """What re-reviewing has to read is the difference."""
    seen = look(edited("dim=-1", "dim=-2"))
    assert seen.gone == 1
    assert seen.added == {"weights = torch.softmax(scores, dim=-2)"}


@pytest.mark.parametrize(
    ("old", "new", "added"),
    [
        (("return b", "return b + 1"), None, {"return b + 1"}),
        (("def first(a):", "def first(a, c):"), None, {"def first(a, c):"}),
        (("return b", "return b + 1"), "\n\ndef more():\n    return 1\n", {"return b + 1"}),
        (("    return b\n", ""), None, set()),
        (("x", "x"), "\n\ndef more():\n    return 1\n", set()),
    ],
)
def test_a_changed_first_or_last_line_of_a_file_is_known_as_changed(
    old: tuple[str, str], new: str | None, added: set[str]
) -> None:
    """There is no line beyond it that was found, so as many lines are shown as were lost; what follows is new."""
    text = "def first(a):\n    b = compute_the_thing(a)\n    b += another_thing(a, b)\n    return b\n"
    lines = split(text)
    whole = compose(
        Draft(PATH, Region("function", "first", 1, 4), lines, ((1, 4),), "Ann <ann@example.org>", ("codex",))
    )
    seen = look(text.replace(*old) + (new or ""), whole)
    assert seen.added == added
    assert seen.gone == (old[0] != old[1])


def test_a_review_whose_lines_all_changed_is_still_named() -> None:
    """Its neighbours stand as before, so the new lines are what replaced the reviewed ones."""
    one = review_of(WHOLE, "weights =", "weights =")
    text = edited("weights = torch.softmax(scores, dim=-1)", "weights = normalise_everything(scores)")
    (found,) = Ledger.of([one]).cover(PATH, split(text), ((1, 99),))
    assert found.lines == ()
    assert found.stale is not None
    assert found.stale.gone == 1
    assert [split(text)[n - 1].strip() for n, _ in found.stale.added] == [
        "weights = normalise_everything(scores)"
    ]


@pytest.mark.parametrize(
    ("what", "text", "covered"),
    [
        ("renamed", WHOLE, ALL),
        ("split out", "import torch\n\n\n" + REVIEWED, ALL),
        ("half of it split out", "import torch\n" + "".join(REVIEWED.splitlines(True)[:3]), {*list(REVIEWED.splitlines())[:1], "scores = query @ key.transpose(-2, -1)", "if scores is None:"}),
        ("split out and edited", REVIEWED.replace("dim=-1", "dim=0"), ALL - {"weights = torch.softmax(scores, dim=-1)"}),
        ("one telling line alone", "weights = torch.softmax(scores, dim=-1)\n", set()),
        ("only what every file has", "import torch\nif scores is None:\n    return None\n", set()),
    ],
)  # fmt: skip
def test_in_another_file_only_what_can_be_no_chance_counts(what: str, text: str, covered: set[str]) -> None:
    """A move to another file keeps its review; a line that two files share proves nothing."""
    seen = look(text, path="models/other.py")
    assert seen.covered == covered, what


def test_a_copy_of_a_reviewed_stretch_is_covered_too() -> None:
    """Nobody is asked twice for the same content."""
    text = WHOLE + "\n\n" + REVIEWED
    start = len(split(WHOLE)) + 2
    assert look(text, wanted=((start, 99),)).covered == ALL


@pytest.mark.parametrize(
    "text",
    ["x = 1\n", "- a\n- b\n- c\n", "}\n}\n}\n", "a: 1\n" * 300, "{\n" + '  "a": 1,\n' * 100 + "}\n"],
    ids=["one short line", "short list", "braces", "one line 300 times", "repetitive record"],
)
def test_a_review_of_text_that_says_little_holds_while_nothing_changed(text: str) -> None:
    """Marking a finding as reviewed must clear it, whatever the text."""
    lines = split(text)
    review = compose(
        Draft("a.txt", Region("block", None, 1, len(lines)), lines, ((1, len(lines)),), "A <a@b.c>")
    )
    (found,) = Ledger.of([review]).cover("a.txt", lines, ((1, len(lines)),))
    assert found.lines == ((1, len(lines)),)
    assert found.stale is None


def test_repetitive_text_that_grew_keeps_its_cover() -> None:
    """A table of which no row stands once still aligns."""
    rows = [f"    row({index % 40}, {index % 7})" for index in range(4_000)]
    review = compose(Draft("a.py", Region("block", None, 1, 4_000), rows, ((1, 4_000),), "A <a@b.c>"))
    present = [*rows[:1_000], "    new_row(1)", *rows[1_000:]]
    (found,) = Ledger.of([review]).cover("a.py", present, ((1, 4_001),))
    assert found.lines == ((1, 1_000), (1_002, 4_001))


def test_blank_lines_go_with_their_neighbours() -> None:
    """A blank line has nothing to answer for; it must not keep a finding open."""
    text = "first_statement_of_all(1)\n\n\nsecond_statement_of_all(2)\n"
    review = compose(Draft("a.py", Region("block", None, 1, 4), split(text), ((1, 4),), "A <a@b.c>"))
    (found,) = Ledger.of([review]).cover("a.py", split(text), ((1, 4),))
    assert found.lines == ((1, 4),)


def test_answers_of_two_people_are_both_given() -> None:
    """A rule may ask for two reviewers, and a rejection must not hide behind an approval."""
    other = review_of(
        WHOLE, "def attend", "return weights", reviewer="Bo <bo@example.org>", result="rejected"
    )
    found = Ledger.of([ATTEND, other]).cover(PATH, split(WHOLE), ((1, 99),))
    assert {(item.review.reviewer, str(item.review.result)) for item in found} == {
        ("Ann <ann@example.org>", "approved"),
        ("Bo <bo@example.org>", "rejected"),
    }


def test_two_reviews_of_parts_cover_their_parts() -> None:
    """The union of ledgers covers the union of lines, in whatever order they come."""
    upper, lower = (
        review_of(WHOLE, "def attend", "if scores"),
        review_of(WHOLE, "weights =", "return weights"),
    )
    forward, backward = Ledger.of([upper, lower]), Ledger.of([lower, upper, lower])
    assert forward.reviews == backward.reviews
    assert look(WHOLE, upper, lower).covered == ALL - {"return None"}


@pytest.mark.parametrize("wanted", [(), ((500, 600),), ((1, 10**9),), ((3, 3), (9, 9))])
def test_only_wanted_lines_are_answered(wanted: Lines) -> None:
    """Lines that nobody asks about are never in the answer, and absurd ranges do no harm."""
    seen = look(WHOLE, wanted=wanted)
    lines = split(WHOLE)
    asked = {lines[n - 1].strip() for first, last in wanted for n in range(first, min(last, len(lines)) + 1)}
    assert seen.covered <= asked


def test_a_ledger_crosses_processes() -> None:
    """A scan hands it to its workers."""
    ledger = pickle.loads(pickle.dumps(Ledger.of([ATTEND])))
    assert ledger == Ledger.of([ATTEND])
    assert ledger.cover(PATH, split(WHOLE), ((1, 99),)) == Ledger.of([ATTEND]).cover(
        PATH, split(WHOLE), ((1, 99),)
    )


def test_colliding_lines_cannot_be_prepared_cheaply() -> None:
    """The author of the lines also chooses them: 16 bytes a line leave 2^64 work for a pair that collides."""
    assert all(len(entry) == 32 for entry in ATTEND.lines)
