"""Recognising runs of written lines: what counts in the same file, after a move, in a copy; and what never does."""

from __future__ import annotations

import pickle
from math import inf

import pytest

from whence.matching.habits import Habits, Seen
from whence.matching.lines import value_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.values import Kind, Match
from whence.matching.workspace import Workspace

TIME = 1_750_000_000.0
FUNCTION = [
    "def flash_attention(query, key, value):",
    "    scores = query @ key.transpose(-2, -1)",
    "    weights = softmax(scores / math.sqrt(query.shape[-1]))",
    "",
    "    if dropout:",
    "        weights = drop(weights, probability=dropout)",
    "    return weights @ value",
]
LONG = [f"    result_{number} = transform_of(source_{number}, scale={number})" for number in range(20)]
USUAL = [
    "    for name in names:",
    "        value = self.get(name)",
    "        if value is not None:",
    "            result.append(value)",
    "        data = value.copy()",
]
HERE, ELSEWHERE, FOREIGN = Place("a.py", home=True), Place("b.py", home=True), Place("", home=False)


def passage(lines: list[str], time: float | None = TIME, path: str = "a.py", **around: str) -> Passage:
    return Passage((Block(tuple(lines), **around),), path, time)


def found(
    passages: list[Passage],
    lines: list[str],
    place: Place = HERE,
    path: str = "a.py",
    first_seen: list[float] | None = None,
    kept: bool = False,
    gone: bool = False,
    common: list[str] | None = None,
) -> tuple[Match, ...]:
    """Match a document against passages that all went to one place."""
    everything = {value_of(line) for item in passages for block in item.blocks for line in block.lines}
    usual = Seen.sized(1000)
    for line in common or []:
        usual.add(value_of(line))
    workspace = Workspace(
        lambda _: place,
        lambda _: None if gone else everything if kept else set(),
        Habits(common=usual),
    )
    store = pickle.loads(pickle.dumps(MemoryStore.of(passages)))
    return match(store, path, lines, workspace, first_seen=first_seen)


def check(
    matches: tuple[Match, ...], expected: list[tuple[tuple[int, int], ...]], kind: Kind = Kind.SAME_FILE
) -> None:
    """These lines are matched, in this way."""
    assert [item.lines for item in matches] == expected
    assert {item.kind for item in matches} <= {kind}


def test_the_same_text_in_the_same_file() -> None:
    """Whole, with the blank line inside."""
    check(found([passage(FUNCTION)], FUNCTION), [((1, 7),)])


@pytest.mark.parametrize(
    "change",
    [
        lambda line: "        " + line,
        lambda line: line.replace("    ", "\t"),
        lambda line: line.replace(", ", ",").replace(" = ", "="),
        lambda line: line + "   ",
    ],
)
def test_white_space_does_not_matter(change: object) -> None:
    """Reindented, tabbed, respaced and trailing-blank text is the same text."""
    assert callable(change)
    check(found([passage(FUNCTION)], [change(line) for line in FUNCTION]), [((1, 7),)])


def test_what_was_cut_out_or_put_between_leaves_the_rest() -> None:
    """Lines before, between and behind are not claimed; lines still in order around them are."""
    document = [
        "first_human_line()",
        *FUNCTION[:2],
        "human_line_between()",
        *FUNCTION[2:],
        "last_human_line()",
    ]
    check(found([passage(FUNCTION)], document), [((2, 3), (5, 9))])


def test_a_blank_line_put_in_by_somebody_is_not_claimed() -> None:
    """Blank lines count where the tool had them."""
    check(found([passage(FUNCTION)], [FUNCTION[0], "", *FUNCTION[1:]]), [((1, 1), (3, 8))])


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["weights = softmax(scores)"], 1),
        (["total = price * n"], 0),
        (["import os", "import sys", "from pathlib import Path"], 0),
        (["    }", "  });", "]", "}", "}", "}"], 0),
        (
            [
                "# Copyright 2024 Some Company, Incorporated",
                "# Licensed under the Apache License, Version 2.0",
            ],
            0,
        ),
        (["if err != nil {", "return nil, err", "}", "if err != nil {", "return err", "}"], 0),
        (["x" * 25_000], 0),
    ],
)
def test_what_is_too_short_or_everybodys_never_counts(lines: list[str], count: int) -> None:
    """Even in the very file: short lines, imports, brackets, licences, idioms, minified text."""
    assert len(found([passage(lines)], ["human_code(here)", *lines, "more_human_code(here)"])) == count


def test_a_persons_similar_line_beside_the_tools_is_theirs() -> None:
    """Each written line explains one present line, the longest run first."""
    again = "    weights = softmax(scores / math.sqrt(query.shape[-1]))"
    check(found([passage(FUNCTION)], [again, "x = 1", *FUNCTION, "y = 1", again]), [((3, 9),)])
    check(found([passage(FUNCTION)], [again, "x = 1", *FUNCTION]), [((3, 9),)])
    check(found([passage(FUNCTION)], [*FUNCTION, "x = 1", *FUNCTION[1:3]]), [((1, 7),)])


def test_two_equal_places_are_nobodys() -> None:
    """Where a run fits twice equally well nobody knows which is the tool's, and none is claimed."""
    line = ["weights = softmax(scores / scale)"]
    assert found([passage(line)], ["one()", *line, "two()", "three()", *line, "four()"]) == ()


def test_neighbours_tell_equal_places_apart() -> None:
    """The place with the lines that were around the write is meant."""
    line = "weights = softmax(scores / scale)"
    document = ["one()", line, "two()", "three()", line, "four()"]
    check(found([passage([line], before="three()", after="four()")], document), [((5, 5),)])


def test_the_place_committed_first_is_meant_of_two_equal_ones() -> None:
    """A copy comes later than what it copies."""
    line = "weights = softmax(scores / scale)"
    document = ["one()", line, "two()", "three()", line, "four()"]
    seen = [TIME + 9e5, TIME + 9e5, inf, inf, TIME + 60, inf]
    check(found([passage([line])], document, first_seen=seen), [((5, 5),)])


@pytest.mark.parametrize(
    ("before", "after", "document", "lines"),
    [
        (
            "def area_of(shape):",
            "return width * height",
            ["def area_of(shape):", "n = 2", "return width * height"],
            [2],
        ),
        ("def area_of(shape):", None, ["def area_of(shape):", "n = 2"], [2]),
        ("def area_of(shape):", "return width * height", ["def area_of(shape):", "n = 2", "human()"], []),
        ("def area_of(shape):", "return width * height", ["human()", "n = 2", "return width * height"], []),
        ("}", "{", ["}", "n = 2", "{"], []),
        (None, None, ["a", "n = 2", "b"], []),
        (
            "def area_of(shape):",
            None,
            ["def area_of(shape):", "n = 2", "x", "def area_of(shape):", "n = 2"],
            [],
        ),
    ],
)
def test_a_short_write_counts_in_its_place_only(
    before: str | None, after: str | None, document: list[str], lines: list[int]
) -> None:
    """Between its old neighbours, whole, and if that place is there once."""
    item = Passage((Block(("n = 2",), before, after),), "a.py", TIME)
    matches = found([item], document)
    check(matches, [tuple((line, line) for line in lines)] if lines else [], Kind.IN_PLACE)


def test_an_import_put_in_place_is_still_an_import() -> None:
    """A line that everybody writes is not claimed even between its old neighbours."""
    item = Passage(
        (Block(("import math",), "import functools_of_ours", "def area_of(shape):"),), "a.py", TIME
    )
    assert found([item], ["import functools_of_ours", "import math", "def area_of(shape):"]) == ()


def test_moved_text_keeps_its_origin() -> None:
    """Written into another file of this project, which stands and does not hold it any more."""
    check(
        found([passage(LONG)], ["human()", *LONG[:8]], ELSEWHERE, path="c.py"), [((2, 9),)], Kind.SAME_PROJECT
    )


@pytest.mark.parametrize("lines", [LONG[:1], LONG[:2], USUAL[:3], USUAL])
def test_a_few_lines_or_usual_words_are_no_move(lines: list[str]) -> None:
    """What a tool wrote once and somebody else writes elsewhere may be anybody's habit: words count by their rarity."""
    assert found([passage([*LONG, *USUAL])], lines, ELSEWHERE, path="c.py") == ()
    check(found([passage([*LONG, *USUAL])], LONG[:4], ELSEWHERE, path="c.py"), [((1, 4),)], Kind.SAME_PROJECT)


@pytest.mark.parametrize(("size", "count"), [(2, 0), (3, 1), (6, 1)])
def test_a_renamed_file_is_known_by_its_text(size: int, count: int) -> None:
    """The file that was written into is gone, and enough of what was written there is here."""
    matches = found(
        [passage(FUNCTION)], ["human()", *FUNCTION[:size], "human()"], ELSEWHERE, path="c.py", gone=True
    )
    assert [item.kind for item in matches] == [Kind.RENAMED] * count


def test_a_little_of_a_file_that_is_gone_is_not_that_file() -> None:
    """Three lines of a large file that was deleted do not make another file its successor."""
    found_there = found([passage([*LONG, *FUNCTION])], FUNCTION[:3], ELSEWHERE, path="c.py", gone=True)
    assert {item.kind for item in found_there} == {Kind.SAME_PROJECT}


FEW = ["    weights = softmax(scores / math)", "    if dropout:", "    weights = drop(probability=dropout)"]


def test_text_that_still_stands_where_it_was_written_needs_more() -> None:
    """A few lines that are also in the tool's file may be anyone's; a function is a copy, a short one too."""
    assert found([passage(FEW)], FEW, ELSEWHERE, path="c.py", kept=True) == ()
    check(found([passage(FEW)], FEW, ELSEWHERE, path="c.py"), [((1, 3),)], Kind.SAME_PROJECT)
    check(
        found([passage(FUNCTION)], FUNCTION, ELSEWHERE, path="c.py", kept=True),
        [((1, 7),)],
        Kind.SAME_PROJECT,
    )


def test_common_lines_of_the_project_prove_no_move() -> None:
    """A few lines that many files of the workspace hold tell nothing outside their own file; what is long they copied."""
    assert found([passage(FEW)], FEW, ELSEWHERE, path="c.py", common=FEW, gone=True) == ()
    check(found([passage(FEW)], FEW, common=FEW), [((1, 3),)])
    check(found([passage(LONG)], LONG, ELSEWHERE, path="c.py", common=LONG), [((1, 20),)], Kind.SAME_PROJECT)


def test_text_from_another_project_needs_more() -> None:
    """Pasted from a session that worked elsewhere."""
    assert found([passage(LONG[:4])], LONG, FOREIGN) == ()
    check(found([passage(LONG[:12])], LONG, FOREIGN), [((1, 12),)], Kind.OTHER_PROJECT)


def test_a_file_of_the_same_name_is_proven_by_a_run() -> None:
    """On another machine or in another folder: one long run proves the file, and its shorter runs count as well. In a file
    of another name what is close to the run counts too, nothing else."""
    unmapped = Place("", home=True)
    document = [*LONG, "human_line()", "human_line_two()", "lonely_call(of_the_tool=True)"]
    passages = [
        passage([*LONG, "gone_now(and=forever)", "lonely_call(of_the_tool=True)"], path="/x/old/a.py")
    ]
    check(found(passages, document, unmapped), [((1, 20), (23, 23))], Kind.RENAMED)
    check(found(passages, document, unmapped, path="other.py"), [((1, 20), (23, 23))], Kind.SAME_PROJECT)
    apart = [*LONG, *(f"harbour_line_{at}(berths)" for at in range(12)), document[-1]]
    check(found(passages, apart, unmapped, path="other.py"), [((1, 20),)], Kind.SAME_PROJECT)


@pytest.mark.parametrize(
    ("seen", "lines"),
    [
        ([inf] * 7, ((1, 7),)),
        ([TIME + 86_400] * 7, ((1, 7),)),
        ([TIME - 200] * 7, ((1, 7),)),
        ([TIME - 86_400] * 7, ()),
        ([-inf] * 7, ()),
        ([inf, inf, inf, inf, TIME - 9e8, TIME - 9e8, inf], ((1, 3), (7, 7))),
        ([TIME - 9e8] * 4 + [inf] * 3, ((5, 7),)),
        ([TIME - 9e8] * 6 + [inf], ()),
        ([inf, inf, inf, TIME - 9e8, inf, inf, inf], ((1, 3), (5, 7))),
    ],
)
def test_a_line_committed_before_it_was_written_is_not_from_there(seen: list[float], lines: object) -> None:
    """With a slack of five minutes; what is left must still be enough."""
    matches = found([passage(FUNCTION)], FUNCTION, first_seen=seen)
    assert (matches[0].lines if matches else ()) == lines


def test_without_a_time_only_uncommitted_lines_count() -> None:
    """A write of unknown time cannot be compared with a commit."""
    assert found([passage(FUNCTION, None)], FUNCTION, first_seen=[TIME] * 7) == ()
    check(found([passage(FUNCTION, None)], FUNCTION, first_seen=[inf] * 7), [((1, 7),)])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_earliest_of_two_sessions_wins(order: tuple[int, int]) -> None:
    """Both wrote the same text; the other one is named."""
    passages = [
        passage(FUNCTION, TIME, "/x/a.py"),
        passage([*FUNCTION, "added_later(by=two)"], TIME + 60, "/y/a.py"),
    ]
    first, second = found([passages[at] for at in order], [*FUNCTION, "added_later(by=two)"])
    assert [item.kept.time for item in (first, second)] == [TIME, TIME + 60]
    assert (first.lines, second.lines) == (((1, 7),), ((8, 8),))
    assert first.also == (second.kept,)


def test_an_accidental_early_hit_does_not_take_a_line_from_a_long_run() -> None:
    """An older session that wrote one of the lines explains far less than the one that wrote all."""
    passages = [passage([FUNCTION[2]], TIME - 9e5, "/x/a.py"), passage(FUNCTION, TIME, "/y/a.py")]
    (only,) = found(passages, FUNCTION)
    assert (only.kept.writing, only.lines) == (1, ((1, 7),))


def test_the_same_write_twice_is_kept_once_for_the_earlier() -> None:
    """Forks and resumed sessions repeat whole calls."""
    store = MemoryStore.of([passage(FUNCTION, TIME + 60), passage(FUNCTION, TIME)])
    assert [(item.time, len(item.print.lines)) for item in store.kept] == [(TIME, 6)]


def test_notebook_cells_match_as_source() -> None:
    """Source given to NotebookEdit is found in the notebook's JSON, and the other way round."""
    source = [line for line in FUNCTION if line]
    cell = [f'    "{line}\\n",' for line in source]
    document = ['  "source": [', *cell, "  ]"]
    place = Place("n.ipynb", home=True)
    check(found([passage(source, path="n.ipynb")], document, place, "n.ipynb"), [((2, 7),)])
    check(found([passage(cell, path="n.ipynb")], document, place, "n.ipynb"), [((2, 7),)])
    check(found([passage(cell, path="n.ipynb")], source, place, "x.py", gone=True), [((1, 6),)], Kind.RENAMED)


@pytest.mark.parametrize(
    "text",
    ["naïve café réservé données = 1", "状態を更新してから保存する処理を呼ぶ", "crab = '🦀🦀' # rust_mascot"],
)
def test_any_script_matches(text: str) -> None:
    """Letters are letters in every script."""
    lines = [text, text + "2 and some more", text + "3 and even more"]
    check(found([passage(lines)], lines), [((1, 3),)])


def test_undecodable_bytes_match_themselves() -> None:
    """Lone surrogates stand for bytes that are no UTF-8."""
    lines = [line + " # \udce9t\udce9" for line in FUNCTION if line]
    check(found([passage(lines)], lines), [((1, 6),)])


def test_repeated_lines_stay_cheap_and_silent() -> None:
    """Thousands of equal lines on both sides are neither tried one by one nor claimed."""
    lines = ["table.add_row(of_the_same_kind=True)"] * 5000
    assert found([passage(lines)], lines[:3000]) == ()
    several = [passage(lines[:60], TIME, f"/x{number}/a.py") for number in range(60)]
    found(several, lines)


@pytest.mark.parametrize("lines", [[], [""], ["   ", "\t"]])
def test_empty_texts_match_nothing(lines: list[str]) -> None:
    """Nothing to compare on either side."""
    assert found([passage(FUNCTION)], lines) == ()
    assert found([passage(lines)], FUNCTION) == ()
    assert found([], FUNCTION) == ()


def test_a_line_written_as_often_as_it_stands_is_the_tools() -> None:
    """The same edit made in two places explains both of them, and not a third."""
    line = "weights = softmax(scores / scale)"
    edits = [
        Passage((Block((line,), f"before_{at}()", f"after_{at}()"),), "a.py", TIME + at) for at in range(2)
    ]
    check(found(edits, ["one()", line, "two()", "three()", line, "four()"]), [((2, 2),), ((5, 5),)])
    assert found(edits, ["one()", line, "two()", line, "three()", line, "four()"]) == ()


def test_all_places_that_one_edit_replaced_are_the_tools() -> None:
    """An edit of every place is remembered once; the places are known by the neighbours that it had, both of them."""
    line = "weights = softmax(scores / scale)"
    edit = [passage([line], before="one()", after="two()")]
    document = ["one()", line, "two()", "x = 1", "one()", line, "two()", "x = 2", "one()", line, "other()"]
    check(found(edit, document), [((2, 2), (6, 6))])
    assert found([passage([line], before="one()")], document) == ()


def test_a_line_written_in_many_places_is_known_in_each() -> None:
    """However many single lines stand alike, each is laid beside the write that has its neighbours."""
    line = "weights = softmax(scores / scale)"
    edits = [
        Passage((Block((line,), f"def before_{at}():", f"after_{at}()"),), "a.py", TIME + at)
        for at in range(20)
    ]
    document = [text for at in range(20) for text in (f"def before_{at}():", line, f"after_{at}()")]
    lines = {first for item in found(edits, document) for first, _ in item.lines}
    assert lines == set(range(2, 60, 3))


def test_short_lines_between_the_tools_are_the_tools() -> None:
    """Where it wrote the same into this file; not where only a person did."""
    block = [*LONG[:4], "n = 2", *LONG[4:8]]
    moved = [*LONG[:3], "human_line(of_a_person)", LONG[3], "n = 2", LONG[4], "m = 3", *LONG[5:8]]
    lines = {
        line for item in found([passage(block)], moved) for a, b in item.lines for line in range(a, b + 1)
    }
    assert lines == set(range(1, 12)) - {4, 8}


SCRIPT = [
    "import argparse",
    "import sys",
    "",
    "def tide_height(station, moment, harmonics):",
    "    phase = sum(part.speed * moment + part.offset for part in harmonics)",
    "    return station.datum + station.range * cosine(phase)",
    "",
    "def parse_station(text, catalogue):",
    "    name, separator, region = text.partition('@')",
    "    if not separator or region not in catalogue:",
    "        raise LookupError(f'no tide station is called {text}')",
    "    return catalogue[region].station(name)",
    "",
    'if __name__ == "__main__":',
    "    sys.exit(main())",
]


@pytest.mark.parametrize(("place", "path"), [(HERE, "a.py"), (ELSEWHERE, "c.py")])
@pytest.mark.parametrize(
    "typed",
    [
        ["import argparse", "import sys"],
        ['if __name__ == "__main__":', "    sys.exit(main())"],
    ],
)
def test_boilerplate_alone_is_nobodys(place: Place, path: str, typed: list[str]) -> None:
    """What a person typed as a tool did elsewhere in the project, or before in this file."""
    person = [f"shelf_{number} = bookshelf.section(letter_{number})" for number in range(9)]
    assert found([passage(SCRIPT)], [*typed[:1], *person, *typed], place, path) == ()


def test_a_run_in_another_file_begins_and_ends_with_lines_that_tell() -> None:
    """The imports above it are anybody's."""
    person = [f"shelf_{number} = bookshelf.section(letter_{number})" for number in range(9)]
    check(
        found([passage(SCRIPT)], [*SCRIPT[:2], "", *SCRIPT[3:12], *person], ELSEWHERE, "c.py"),
        [((4, 12),)],
        Kind.SAME_PROJECT,
    )


@pytest.mark.parametrize("line", ["class Account:", "@property", "logger = get_logger(__name__)"])
def test_one_bare_line_that_a_tool_wrote_too_is_a_persons(line: str) -> None:
    """The rest of what the tool wrote into this file was replaced."""
    written = ["class Account:", "@property", "logger = get_logger(__name__)", *FUNCTION]
    person = [f"shelf_{number} = bookshelf.section(letter_{number})" for number in range(9)]
    assert found([passage(written)], [*person, line, *person]) == ()


def test_a_file_of_bare_lines_is_the_tools_that_wrote_it() -> None:
    """Whole, in its own file: three lines with words are enough."""
    written = ["class Account:", "    def owner(self):", "        return self.owner_of_this_account"]
    check(found([passage(written)], written), [((1, 3),)])
