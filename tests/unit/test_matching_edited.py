"""Recognising text that was reformatted, renamed or edited since, and losing it when little of it is left."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.matching.habits import Habits, Seen, keys_of, learned
from whence.matching.lines import value_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.values import Kind, Likeness, Match
from whence.matching.workspace import Workspace
from whence.ranges import each

TIME = 1_750_000_000.0
WRITTEN = """\
def schedule_tides(stations, horizon, resolution=60):
    \"\"\"Predict the tide of every station up to the horizon, in steps of the resolution.\"\"\"
    predictions = {}
    for station in stations:
        constituents = load_constituents(station.identifier, cached=True)
        if not constituents:
            logger.warning("no constituents for %s, skipping", station.identifier)
            continue
        moments = numpy.arange(0, horizon, resolution)
        heights = sum(
            part.amplitude * numpy.cos(part.speed * moments + part.phase) for part in constituents
        )
        predictions[station.identifier] = heights + station.mean_level
    return predictions
""".splitlines()
HUMAN = """\
class Harbour:
    def __init__(self, name, berths):
        self.name = name
        self.berths = berths

    def free_berths(self, day):
        taken = {booking.berth for booking in self.bookings if booking.day == day}
        return [berth for berth in self.berths if berth not in taken]

    def dues(self, vessel, nights):
        rate = self.tariff.rate_for(vessel.length, vessel.season)
        return rate * nights * (1 - self.tariff.rebate(vessel.owner))
""".splitlines()


def found(
    lines: list[str],
    *,
    written: list[str] | None = None,
    path: str = "tides.py",
    habits: Habits | None = None,
    first_seen: list[float] | None = None,
) -> tuple[Match, ...]:
    """Match a document against one write into `tides.py`, which does not hold it any more."""
    store = MemoryStore.of([Passage((Block(tuple(written or WRITTEN)),), "tides.py", TIME)])
    workspace = Workspace(lambda _: Place("tides.py", home=True), lambda _: frozenset(), habits or Habits())
    return match(store, path, lines, workspace, first_seen=first_seen)


def claimed(matches: tuple[Match, ...]) -> dict[int, Likeness]:
    return {line: item.likeness for item in matches for line in each(item.lines)}


def wrapped(lines: list[str]) -> list[str]:
    """As a formatter of another taste has it: other quotes, commas at ends, one argument a line."""
    text = "\n".join(lines).replace('"', "'").replace(", ", ",\n            ").replace(")\n", ",\n)\n")
    return text.split("\n")


def test_reformatted_text_keeps_its_origin_whole() -> None:
    """Other line ends, quotes and commas: every line is the tool's, and said to be reformatted."""
    document = wrapped(WRITTEN)
    kinds = claimed(found([*HUMAN, *document, *HUMAN[:3]]))
    expected = range(len(HUMAN) + 1, len(HUMAN) + len(document) + 1)
    words = [line for line in expected if re.search(r"\w", document[line - len(HUMAN) - 1])]
    assert set(words) <= kinds.keys() <= set(expected)
    assert {kinds[line] for line in words} <= {Likeness.IDENTICAL, Likeness.REFORMATTED}


def test_a_line_edited_between_its_neighbours_is_edited() -> None:
    """The similarity of the line is shown; the lines around it stay identical."""
    document = list(WRITTEN)
    document[4] = "        constituents = load_constituents(station.identifier, cached=False)"
    kinds = claimed(found(document))
    assert kinds[5] is Likeness.EDITED
    assert {kind for line, kind in kinds.items() if line != 5} == {Likeness.IDENTICAL}
    (edited,) = [item for item in found(document) if item.likeness is Likeness.EDITED]
    assert 0.8 < edited.similarity < 1


def test_a_line_that_somebody_put_in_its_place_is_theirs() -> None:
    """Another statement between the same neighbours is no edit."""
    document = list(WRITTEN)
    document[8] = "        berths_left = harbour.capacity(of=season) if open_today else None"
    assert 9 not in claimed(found(document))


def test_renamed_names_are_told_as_renamed() -> None:
    """Each name exchanged for one and the same other."""
    new = {"station": "gauge", "stations": "gauges", "predictions": "forecast", "constituents": "harmonics"}
    document = [re.sub(r"\w+", lambda name: new.get(name[0], name[0]), line) for line in WRITTEN]
    kinds = claimed(found(document))
    assert len(kinds) >= len(WRITTEN) - 1
    assert Likeness.RENAMED in kinds.values()


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_lightly_edited_text_keeps_its_origin(share: float) -> None:
    """So many tokens exchanged: at least half of the lines are still known."""
    document = scrambled(WRITTEN, share, random.Random(7))
    assert len(claimed(found([*HUMAN, *document]))) >= len(WRITTEN) / 2


def test_heavily_edited_text_loses_it() -> None:
    """With four of five tokens exchanged nothing is claimed."""
    assert not found([*HUMAN, *scrambled(WRITTEN, 0.8, random.Random(7))])


def scrambled(lines: list[str], share: float, chance: random.Random) -> list[str]:
    return [
        re.sub(r"\w+", lambda _: f"other{chance.randrange(10**6)}" if chance.random() < share else _[0], line)
        for line in lines
    ]


def test_a_persons_own_code_beside_it_is_theirs() -> None:
    """Nothing of a human class is claimed, wherever the tool's text stands."""
    for document in ([*HUMAN, *WRITTEN], [*WRITTEN, *HUMAN], [*HUMAN, *wrapped(WRITTEN), *HUMAN]):
        human = {at for at, line in enumerate(document, 1) if line in HUMAN and line.strip()}
        assert not human & claimed(found(document)).keys()


def test_each_written_line_explains_one_line_of_its_file() -> None:
    """A second, edited copy in the same file is nobody's: the first has used the text up."""
    again = scrambled(WRITTEN, 0.1, random.Random(3))
    kinds = claimed(found([*WRITTEN, *HUMAN, *again]))
    assert set(kinds) == {at for at, line in enumerate(WRITTEN, 1) if line}


def test_edited_text_in_another_file_needs_much_that_is_rare() -> None:
    """The whole function is known there, two edited lines are not."""
    edited = scrambled(WRITTEN, 0.1, random.Random(5))
    matches = found([*HUMAN, *edited], path="other.py")
    assert {item.kind for item in matches} == {Kind.SAME_PROJECT}
    assert not found([*HUMAN, *edited[4:6]], path="other.py")


def test_an_edited_block_is_known_by_its_old_neighbours() -> None:
    """Text of words that everybody writes, half of its lines edited: what it stands between vouches for it in its file,
    as long as it is still like it; elsewhere nothing does."""
    plain = [
        "    for name in names:", "        value = self.get(name)", "        if value is None:",
        "            continue", "        result.append(value)", "    for line in lines:",
        "        first, last = line.split()", "        count = int(last)", "        total += count * size",
        "    return total, result",
    ]  # fmt: skip
    other = [line.replace("value", "item").replace("result", "out") for line in plain]
    another = ["    with self.lock:", "        self.count += 1", "        return self.count"]
    block = Block(tuple(plain), before=HUMAN[2], after=HUMAN[3])
    store = MemoryStore.of([Passage((block,), "tides.py", TIME)])
    # The same words and lines, but not one line after the other: that would be text that a tool only moved.
    usual = learned([[*HUMAN, " ".join(plain)], *([line] for line in plain)], [], 40)
    workspace = Workspace(lambda _: Place("tides.py", home=True), lambda _: frozenset(), usual)

    def lines(document: list[str]) -> set[int]:
        return set(claimed(match(store, "tides.py", document, workspace)))

    assert lines([*HUMAN[:3], *other, *HUMAN[3:]]) >= {4, 5, 6, 8, 9, 10, 11, 12}
    assert not lines([*HUMAN[:3], *another, *HUMAN[3:]])
    assert not lines([*HUMAN, *other])


def test_what_the_repository_had_before_proves_nothing() -> None:
    """A function that a person committed earlier in another file is not the tool's, where it writes it again."""
    habits = learned([[*HUMAN, *WRITTEN]], [], 40)
    assert not found([*HUMAN, *WRITTEN], habits=habits)
    assert not found([*HUMAN, *WRITTEN], habits=habits, path="other.py")
    assert not found([*HUMAN, *wrapped(WRITTEN)], habits=habits)


def test_a_line_copied_out_of_old_text_that_a_tool_wrote_again_is_the_persons() -> None:
    """Alone it is no stretch, but the tool's text around it shows that nothing of it was the tool's; nor is a line of it
    that a person edits."""
    lines, pairs = keys_of(WRITTEN)
    habits, copy = Habits(since=dict.fromkeys(lines | pairs, TIME - 86_400)), WRITTEN[10]
    seen = [*[-inf] * len(WRITTEN), inf]
    assert found([*WRITTEN, copy], first_seen=seen)
    assert not found([*WRITTEN, copy], habits=habits, first_seen=seen)
    edited = [*WRITTEN[:10], copy.replace("part.speed", "part.pace"), *WRITTEN[11:]]
    seen = [*[-inf] * 10, inf, *[-inf] * (len(WRITTEN) - 11)]
    assert found(edited, first_seen=seen)
    assert not found(edited, habits=habits, first_seen=seen)


def test_a_persons_function_within_a_tools_write_stays_theirs() -> None:
    """Moved into a larger write: what is new around it is the tool's, the moved lines are not."""
    habits = learned([HUMAN], [], 20)
    kinds = claimed(found([*WRITTEN, *HUMAN], written=[*WRITTEN, *HUMAN], habits=habits))
    assert set(kinds) == set(range(1, len(WRITTEN) + 1))


@pytest.mark.parametrize(("committed", "expected"), [(TIME - 86_400, 0), (TIME - 60, 1), (TIME + 86_400, 1)])
def test_who_committed_first_wrote_first(committed: float, expected: int) -> None:
    """Lines that were committed elsewhere in the repository before the tool wrote them, with a slack for clocks."""
    found_keys, pairs = keys_of(WRITTEN)
    habits = Habits(since=dict.fromkeys(found_keys | pairs, committed))
    assert bool(found(WRITTEN, habits=habits)) is bool(expected)


def test_lines_seen_before_the_write_are_never_edits_of_it() -> None:
    """An edited line that was committed earlier is a person's."""
    document = scrambled(WRITTEN, 0.2, random.Random(7))
    assert not found(document, first_seen=[TIME - 9e6] * len(document))
    assert found(document, first_seen=[inf] * len(document))


def test_a_set_of_keys_forgets_none() -> None:
    """And takes few others for its own."""
    seen = Seen.sized(1000)
    keys = [value_of(f"line number {at}") for at in range(2000)]
    for key in keys[:1000]:
        seen.add(key)
    assert all(key in seen for key in keys[:1000])
    assert sum(key in seen for key in keys[1000:]) < 60
    assert value_of("anything") not in Seen(bytearray())


def cut(lines: list[str], chance: random.Random) -> list[str]:
    return [line for line in lines if chance.random() > 0.2]


def mixed(lines: list[str], chance: random.Random) -> list[str]:
    return [part for line in lines for part in ([line, HUMAN[6]] if chance.random() < 0.2 else [line])]


def indented(lines: list[str], chance: random.Random) -> list[str]:
    return ["\t" * chance.randrange(4) + line for line in lines]


def exchanged(lines: list[str], chance: random.Random) -> list[str]:
    return scrambled(lines, 0.15, chance)


@given(st.lists(st.sampled_from([cut, mixed, indented, exchanged]), max_size=3), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_random_edits_claim_no_line_that_is_not_from_there(
    steps: list[Callable[[list[str], random.Random], list[str]]], seed: int
) -> None:
    """Whatever is done to the written lines, a line of a person's is never claimed, and no line twice."""
    chance = random.Random(seed)
    document = list(WRITTEN)
    for step in steps:
        document = step(document, chance)
    document = [*HUMAN, *document]
    matches = found(document)
    lines = [line for item in matches for line in each(item.lines)]
    assert len(lines) == len(set(lines))
    human = {re.sub(r"\s", "", line) for line in HUMAN}
    assert not [line for line in lines if re.sub(r"\s", "", document[line - 1]) in human - {""}]
    assert all(0 < item.similarity <= 1 for item in matches)


PLAIN = """\
def summarise(rows, limit):
    total = 0
    for row in rows:
        if row.value is None:
            continue
        total += row.value
        if total > limit:
            break
    average = total / len(rows)
    return {"total": total, "average": average, "share": limit / total}
""".splitlines()
"""Words that nearly everybody uses, but not one after another."""


def test_a_plain_function_is_known_elsewhere_as_a_whole_only() -> None:
    """Moved and reformatted, all of it agrees, one token after the other: that tells what its few rare words do not. Half
    of it, or its lines far apart, tell too little."""
    apart = [part for line in PLAIN for part in (line, *HUMAN[6:8], *HUMAN[9:12])]
    document = [*HUMAN, *wrapped(PLAIN), *HUMAN[:3]]
    lines = set(claimed(found(document, written=PLAIN, path="other.py")))
    assert lines >= {at for at, line in enumerate(document, 1) if re.search(r"total|average", line)}
    assert not {at for at, line in enumerate(document, 1) if line in HUMAN} & lines
    assert not found([*HUMAN, *wrapped(PLAIN[:5])], written=PLAIN, path="other.py")
    assert not found([*HUMAN, *apart], written=PLAIN, path="other.py")


def test_how_people_write_the_same_test_is_no_move() -> None:
    """The error handling of a table of cases in Go, as a repository's people have written it before: 90 tokens agree, and
    anybody's do."""
    here, there, other = (
        f"""\
			if tt.wantErr {{
				if err == nil {{
					t.Errorf("{name}() expected error containing %q, got nil", tt.{field})
				}} else if !strings.Contains(err.Error(), tt.{field}) {{
					t.Errorf("{name}() error = %q, want error containing %q", err.Error(), tt.{field})
				}}
			}} else {{
				if err != nil {{
					t.Errorf("{name}() unexpected error: %v", err)
				}}
			}}
""".splitlines()
        for name, field in (("bondedID", "errMatch"), ("checkSession", "errMsg"), ("parseTide", "want"))
    )
    habits = learned([other], [], 12)
    assert not found([*HUMAN, *here], written=there, path="mol_test.go", habits=habits)


def test_a_phrase_of_many_projects_is_no_move_in_a_small_repository() -> None:
    """How tests in Go go through a table, alike in projects that have nothing in common; no habits tell so here."""
    there, here = (
        f"""\
	tmpDir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(tmpDir, "{folder}"), 0755); err != nil {{
		t.Fatalf("failed to create directory: %v", err)
	}}
	for _, tt := range tests {{
		t.Run(tt.name, func(t *testing.T) {{
			got, err := {name}(context.Background(), tt.input)
			if tt.wantErr {{
				if err == nil {{
					t.Fatalf("expected error, got %v", got)
				}}
				return
			}}
			if err != nil {{
				t.Fatalf("unexpected error: %v", err)
			}}
			if !reflect.DeepEqual(got, tt.want) {{
				t.Errorf("{name}() = %q, want %q", got, tt.want)
			}}
		}})
	}}
""".splitlines()
        for name, folder in (("parseTides", "tides"), ("openHarbour", "harbour"))
    )
    assert not found([*HUMAN, *here], written=there, path="mol_test.go")


def test_what_is_alike_here_and_there_is_not_added_up() -> None:
    """Two long texts of one kind have many lines in common, each telling little, far from one another."""
    others = [f"    harbour_{at} = self.tariff.rate_for(vessel_{at})" for at in range(12)]
    mine = [part for at, line in enumerate(WRITTEN) for part in (line, *others)]
    theirs = [part for line in WRITTEN for part in (line, *HUMAN[:6], *HUMAN[9:12], *HUMAN[:6])]
    assert not found(theirs, written=mine, path="other.py")


def test_the_rest_of_a_block_is_found_beside_its_exact_lines() -> None:
    """A formatter left one half as it was: in another file the other half counts with it, a person's line beside it not."""
    document = [*HUMAN, *WRITTEN[:8], *wrapped(WRITTEN[8:]), "    return harbour_predictions()"]
    kinds = claimed(found(document, path="other.py"))
    assert Likeness.REFORMATTED in kinds.values()
    words = {at for at, line in enumerate(document, 1) if len(re.findall(r"\w+", line)) > 1}
    human = {*range(1, len(HUMAN) + 1), len(document)}
    assert not human & kinds.keys()
    assert len(words - human - kinds.keys()) <= 1


def cases(*names: str) -> list[list[str]]:
    """Tests that differ in a name, as people write them one below the other."""
    return [
        [
            f"def test_{name}(self):",
            f"    {name} = self.make('{name}', count=2)",
            f"    self.check({name}.size, 4)",
            f"    self.check({name}.name, '{name}')",
            f"    self.check({name}.parent, self.root)",
        ]
        for name in names
    ]


def test_of_alike_tests_the_one_that_the_tool_wrote_is_its_own() -> None:
    """Edited since, between a person's: what it stands beside tells. When it is gone, theirs stay theirs."""
    above, mine, below = cases("anchor", "lantern", "rudder")
    changed = [line.replace("count=2", "number=3").replace("size, 4", "size, 5") for line in mine]
    block = Block(tuple(mine), before=above[-1], after=below[0])
    store = MemoryStore.of([Passage((block,), "tides.py", TIME)])
    habits = learned([[*above, *below, *mine[2:]]], [], 20)
    workspace = Workspace(lambda _: Place("tides.py", home=True), lambda _: frozenset(), habits)

    def lines(*document: str) -> set[int]:
        return set(claimed(match(store, "tides.py", document, workspace)))

    told = lines(*HUMAN, *above, *changed, *below)
    first = len(HUMAN) + len(above)
    assert told <= set(range(first + 1, first + 6))
    assert len(told) >= 3
    assert not lines(*HUMAN, *above, *below)


@pytest.mark.parametrize(("also", "known"), [(None, True), ("buoys.py", False), ("tides.md", True)])
def test_what_tools_wrote_into_two_files_tells_nothing_in_a_third(also: str | None, known: bool) -> None:
    """That is how a tool writes such files, and so may a person; a plan that showed the code is no such file."""
    some = WRITTEN[:6]
    paths = ["tides.py", *([also] if also else [])]
    blocks = [Block((*some, f"# {path}")) for path in paths]
    store = MemoryStore.of([Passage((block,), path, TIME) for block, path in zip(blocks, paths, strict=True)])
    workspace = Workspace(lambda kept: Place(kept.path, home=True), lambda _: frozenset())
    for document in ([*HUMAN, *some], [*HUMAN, *wrapped(some)]):
        assert bool(match(store, "harbour.py", document, workspace)) is known


def test_long_text_that_a_tool_wrote_into_two_files_is_known_in_a_third() -> None:
    """It is no idiom, however often the tool wrote it: too long for two people to write it alike."""
    names = ("tides", "swells", "currents", "breakers")
    long = [
        line.replace("tide", name).replace("station", f"{name}_gauge") for name in names for line in WRITTEN
    ]
    passages = [Passage((Block((*long, f"# {path}")),), path, TIME) for path in ("tides.py", "buoys.py")]
    workspace = Workspace(lambda kept: Place(kept.path, home=True), lambda _: frozenset())
    found = claimed(match(MemoryStore.of(passages), "harbour.py", [*HUMAN, *long], workspace))
    assert len(found) > 0.9 * len(long)


def test_a_block_is_found_of_which_no_line_and_no_three_words_are_left() -> None:
    """Between its old neighbours in its own file, as long as it is alike; a person's text there is theirs, and the block is
    known nowhere else."""
    mine = [f"    combine(tide_{at}, swell_{at}) - combine" for at in range(6)]
    changed = [line.replace("combine", "merge") for line in mine]
    block = Block(tuple(mine), before=HUMAN[5], after=HUMAN[6])
    store = MemoryStore.of([Passage((block,), "tides.py", TIME)])
    workspace = Workspace(
        lambda _: Place("tides.py", home=True), lambda _: frozenset(), learned([HUMAN], [], 12)
    )

    def lines(document: list[str], path: str = "tides.py") -> set[int]:
        return set(claimed(match(store, path, document, workspace)))

    assert set(range(7, 12)) <= lines([*HUMAN[:6], *changed, *HUMAN[6:]]) <= set(range(7, 13))
    assert not lines([*HUMAN[:6], *changed, *HUMAN[6:]], path="other.py")
    assert not lines([*HUMAN, *changed])
    assert not lines([*HUMAN[:6], *WRITTEN[4:10], *HUMAN[6:]])
