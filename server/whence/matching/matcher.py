"""One document against everything that tools wrote: which of its lines come from there, and how much they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from math import inf

from whence.matching.agreement import Rows, may_come
from whence.matching.candidates import Candidates, find
from whence.matching.edges import loose
from whence.matching.edited import Edited
from whence.matching.idioms import plain
from whence.matching.nats import Nats
from whence.matching.passages import file_name, is_notebook
from whence.matching.public import public_lines
from whence.matching.runs import Exact
from whence.matching.store import Kept, Store
from whence.matching.values import Kind, Likeness, Match
from whence.matching.workspace import Workspace
from whence.quick import dataclass
from whence.ranges import each, from_lines

MAX_ALSO = 8
"""Other writes that are named for a match."""


def match(
    store: Store,
    path: str,
    lines: Sequence[str],
    workspace: Workspace,
    *,
    head_path: str | None = None,
    first_seen: Sequence[float] | None = None,
    either: bool = False,
) -> tuple[Match, ...]:
    """Which writes explain which of a document's lines, each line once.

    `first_seen` gives for each line the Unix time at which it was committed first, `inf` where it is not committed,
    `-inf` where it is and the time is not known; None: time plays no part. `either`: of equal places between which only
    time could decide all are told, so that there are no matches with times where there are none without.
    """
    found = _found(store, path, lines, workspace, head_path, first_seen, either)
    masked = _copied_by_everybody(found, path, lines)
    if masked:
        left = ["" if number in masked else line for number, line in enumerate(lines, 1)]
        found = _found(store, path, left, workspace, head_path, first_seen, either)
    return found


def _copied_by_everybody(found: Sequence[Match], path: str, lines: Sequence[str]) -> set[int]:
    """The lines of public text, if any of it is said to come from elsewhere: all but those written into this file."""
    elsewhere = [item for item in found if item.kind not in (Kind.SAME_FILE, Kind.IN_PLACE)]
    if not elsewhere:
        return set()
    others = any(item.kind is Kind.OTHER_PROJECT for item in elsewhere)
    public = public_lines(path, lines, other_project=others)
    if not any(public.intersection(each(item.lines)) for item in elsewhere):
        return set()
    here = (item.lines for item in found if item.kind in (Kind.SAME_FILE, Kind.IN_PLACE))
    return public.difference(*map(each, here))


def _found(
    store: Store,
    path: str,
    lines: Sequence[str],
    workspace: Workspace,
    head_path: str | None,
    first_seen: Sequence[float] | None,
    either: bool,
) -> tuple[Match, ...]:
    rows = Rows.of(lines, first_seen, notebook=is_notebook(path))
    found, asked, holders = find(rows.digests, rows.codes, rows.triples, rows.owners, store, workspace.habits)
    if not found:
        return ()
    blocks = store.blocks([item.number for item in found], asked)
    written = Candidates(found, blocks, workspace, rows.positions, rows.codes)
    nats = Nats(written, rows, file_name(path), store, holders)
    exact = Exact(written, rows, {path, head_path or path}, file_name(path), nats, either=either)
    exact.find()
    Edited(exact).find()
    exact.finish()
    text = {row: lines[rows.numbers[row] - 1] for row in exact.claims}
    if is_notebook(path):
        text = {row: plain(line) for row, line in text.items()}
    for row in loose(exact.claims, exact.hollow, text):
        del exact.claims[row]
    return _matches(exact)


def _matches(exact: Exact) -> tuple[Match, ...]:
    """One write a line: the best kind, then the earliest of those that explain at least half as much as the one that
    explains most."""
    kept, rows = exact.written.kept, exact.rows
    groups: dict[tuple[int, Kind, Likeness], _Group] = {}
    last: tuple[int, object] | None = None
    for row in sorted(exact.claims):
        claims = exact.claims[row]
        kind = min(claim.kind for claim in claims)
        heaviest = max(claim.weight for claim in claims if claim.kind is kind)
        good = [claim for claim in claims if claim.kind is kind and 2 * claim.weight >= heaviest]
        first = min(good, key=lambda claim: (claim.likeness, _age(kept[claim.block])))
        block = kept[first.block]
        key = (block.writing, kind, first.likeness)
        group = groups.setdefault(key, _Group(block))
        if row in exact.joined and last == (row - 1, key):
            group.numbers.extend(_blanks(rows, row, block.time))
        group.numbers.append(rows.numbers[row])
        group.similarity.append(first.similarity)
        group.also.update({kept[claim.block].writing: kept[claim.block] for claim in claims})
        last = (row, key)
    return tuple(
        Match(
            group.block,
            from_lines(group.numbers),
            kind,
            likeness,
            sum(group.similarity) / len(group.similarity),
            tuple(other for number, other in sorted(group.also.items()) if number != writing)[:MAX_ALSO],
        )
        for (writing, kind, likeness), group in sorted(groups.items(), key=lambda item: item[1].numbers[0])
    )


@dataclass(slots=True)
class _Group:
    block: Kept
    numbers: list[int] = field(default_factory=list)
    similarity: list[float] = field(default_factory=list)
    also: dict[int, Kept] = field(default_factory=dict)


def _age(block: Kept) -> tuple[float, int]:
    return (inf if block.time is None else block.time, block.number)


def _blanks(rows: Rows, row: int, time: float | None) -> list[int]:
    """The blank lines above a row, as far as they can be from then."""
    seen = rows.first_seen
    return [
        number
        for number in range(rows.numbers[row - 1] + 1, rows.numbers[row])
        if seen is None or may_come(seen[number - 1], time)
    ]
