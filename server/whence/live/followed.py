"""The findings of one document, kept in step with its edits.

An edit of one line cannot change what the others are known for, so little is done anew: the lines are mapped to HEAD
again, sources that answer at once are asked again, and what comes of it is compared with what was. Only regions that
hold a touched line get new findings; all others keep theirs, moved.

Three things cannot be known at once: what a matcher of whole texts makes of the edit, what the reviews make of it, and
the regions of a text that is broken at the moment. There the answers of before are carried along (a replaced line
loses what was known of it, unless only its white space changed), `exact` is false, and `settle` asks again when the
typing rests. What is exact equals a fresh analysis; the tests hold it to that after every step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from whence.analysis import Judged, Settings, decided, incomplete, judge, result
from whence.engine import Base, Snapshot
from whence.findings import Part, Spread, arranged, outside, own_lines
from whence.linemap import line_map
from whence.live.headmap import HeadMap
from whence.live.placed import Placed
from whence.model import Attribution, Document, Evidence, FileResult, NotMeasured, Region
from whence.policy import Decision
from whence.ranges import Lines, count, from_pairs, intersect, subtract, union
from whence.review import Covered
from whence.splice import Splice
from whence.syntax import Regions, following

FEW = 64
"""Touched lines that are looked up one by one; more are a change of everything."""

MOST_QUESTIONS = 4096
"""Answers that are remembered; where lines are counted every edit asks a new question."""

Cell = tuple[Placed, ...]
"""What was found in one region's own lines."""


class Followed:
    """One document under one snapshot. Mutable; for one thread."""

    def __init__(self, snapshot: Snapshot, name: str, base: Base) -> None:
        self.name = name
        self.exact = False
        """Whether the findings are those of a fresh analysis of the present text."""
        self.findings: tuple[Placed, ...] = ()
        """In order of the text."""
        self.document = Document(name, ())
        self._judged = Judged()
        self._spread = Spread(())
        self._follower: following.Follower | None = None
        self._found = Regions((), None)
        self._cells: list[Cell] = []
        self._claims: list[tuple[Evidence, ...]] = []
        self._covered: tuple[Covered, ...] = ()
        self._take(snapshot, base)

    def _take(self, snapshot: Snapshot, base: Base) -> None:
        self.snapshot = snapshot
        self.base = base
        self._head = HeadMap(base.lines) if base.lines is not None else None
        self._decisions = _Decisions(snapshot.settings)

    # -- what happens to the document ------------------------------------------------------------------------

    def begin(self, lines: tuple[str, ...]) -> None:
        """Look at a text afresh."""
        if self._follower is not None:
            self._follower = None
        self._update(lines, None, fresh=True)

    def edit(self, lines: tuple[str, ...], splice: Splice) -> None:
        """Follow an edit that made these lines of the last ones."""
        self._update(lines, splice, fresh=False)

    def settle(self) -> None:
        """Make everything exact: ask the sources that are slow, where any is, and read the text afresh."""
        if not self.exact:
            self._update(self.document.lines, None, fresh=True)
        elif not self.settled:
            self._cut(None, (), fresh=True)

    @property
    def settled(self) -> bool:
        """Whether there is nothing that `settle` would do."""
        return self.exact and (self._follower is None or self._follower.settled)

    def rebase(self, snapshot: Snapshot, base: Base) -> None:
        """Go on with what is known now of the workspace, and of the text at HEAD."""
        self._take(snapshot, base)
        self._found, self._cells = Regions((), None), []
        self._update(self.document.lines, None, fresh=True)

    def forget(self) -> None:
        """Let go of what is only of use while somebody types."""
        if self._follower is not None:
            self._follower.forget()

    @property
    def undated(self) -> bool:
        """Whether dates of the lines at HEAD, which nobody has looked up, decide what may be said."""
        if self.base.committed is not None or self.base.head_path is None:
            return False
        document = self.document
        return any(
            ask(document) for source in self.snapshot.prepared if (ask := getattr(source, "candidates", None))
        )

    def result(self) -> FileResult:
        """Everything that is known of the present text."""
        missing: tuple[NotMeasured, ...] = ()
        if self._judged.parts:
            missing = incomplete(self.name, self._found)
        found = tuple(placed.now() for placed in self.findings)
        return result(self.document, self._judged, found, missing)

    # -- one step --------------------------------------------------------------------------------------------

    def _update(self, lines: tuple[str, ...], splice: Splice | None, *, fresh: bool) -> None:
        before, old_claims, old_covered = self.document, self._claims, self._covered
        self.document = self._documented(lines, splice)
        carry = _Carry(before.lines, lines, splice)
        self.exact = self._hear(carry, fresh=fresh)
        if splice is not None and not splice.shift and not fresh and self._claims == old_claims:
            self._covered = carry.covered(old_covered)
            changed: Lines | None = () if self._covered == old_covered else None
        else:
            changed = None
        if changed is None:
            changed = self._judge(carry, splice, fresh=fresh)
        if not fresh and self._judged.attributions and self.snapshot.ledger.reviews:
            self.exact = False
        self._cut(splice, changed, fresh=fresh)

    def _documented(self, lines: tuple[str, ...], splice: Splice | None) -> Document:
        base = self.base
        if self._head is None:
            return Document(self.name, lines, base.head_path)
        mapping = self._head.map(lines, splice)
        committed = None
        if base.committed is not None:
            if mapping is self.document.head_lines and self.document.committed is not None:
                committed = self.document.committed
            else:
                committed = tuple(base.committed[line - 1] if line else 0.0 for line in mapping)
        return Document(self.name, lines, base.head_path, mapping, committed)

    def _hear(self, carry: _Carry, *, fresh: bool) -> bool:
        """Ask the sources; whether all of them could be asked."""
        claims: list[tuple[Evidence, ...]] = []
        everybody = True
        for at, source in enumerate(self.snapshot.prepared):
            quick = getattr(source, "quick", None)
            if fresh or (quick is not None and quick(self.document)):
                claims.append(tuple(source.claims(self.document)))
            else:
                claims.append(carry.evidence(self._claims[at]))
                everybody = False
        self._claims = claims
        return everybody

    def _judge(self, carry: _Carry, splice: Splice | None, *, fresh: bool) -> Lines:
        """Judge what was heard; the lines of which something else is to be said than before."""
        settings, document = self.snapshot.settings, self.document

        def covered(attributed: Lines) -> Sequence[Covered]:
            if fresh:
                self._covered = settings.ledger.cover(document.path, document.lines, attributed)
            else:
                self._covered = carry.covered(self._covered)
            return self._covered

        evidence = [piece for claims in self._claims for piece in claims]
        before = _said(self._judged, splice)
        self._judged = judge(document, evidence, settings, covered=covered, decided=self._decisions.of)
        self._spread = Spread(self._judged.parts)
        now = _said(self._judged, None)
        return from_pairs(
            pair
            for key in before.keys() | now.keys()
            for pair in _difference(before.get(key, ()), now.get(key, ()))
        )

    def _cut(self, splice: Splice | None, changed: Lines, *, fresh: bool) -> None:
        """Findings for the regions that were touched, all others as they were."""
        if not self._spread:
            self._follower, self._found, self._cells, self.findings = None, Regions((), None), [], ()
            return
        before, lines = self._found, self.document.lines
        if self._follower is None:
            self._follower = following.Follower(self.name)
            self._follower.begin(lines)
            before, self._cells = Regions((), None), []
        elif splice is not None:
            self._follower.follow(lines, splice)
        if fresh:
            self._follower.settle()
        self.exact = self.exact and self._follower.exact
        self._found = self._follower.found
        touched = changed
        if splice is not None:
            touched = union(changed, ((splice.first, max(splice.new_end, splice.first)),))
        regions = self._found.regions
        if self._found is before and (splice is None or not splice.shift):
            for at in _innermost(regions, touched):
                self._cells[at] = self._cell(at)
        else:
            self._cells = self._moved_cells(before.regions, splice, touched, self._follower.alike)
        made = [placed for cell in self._cells for placed in cell]
        if not self._follower.exact:
            for region in outside(regions, lines):
                own = ((region.start, region.end),)
                made += map(Placed, self._spread.findings(self.document, region, own))
        self.findings = self._ordered(made)

    def _cell(self, at: int) -> Cell:
        regions = self._found.regions
        return tuple(map(Placed, self._spread.findings(self.document, regions[at], _own(regions, at))))

    def _moved_cells(
        self, old: Sequence[Region], splice: Splice | None, touched: Lines, alike: bool
    ) -> list[Cell]:
        """The cells of regions that are new or elsewhere now; `alike`: all are those of before, moved."""
        known: dict[object, Cell | None] = {}
        new = self._found.regions
        old_own: Sequence[Lines] = [()] * len(old) if alike else own_lines(old)
        for region, own, cell in zip(old, old_own, self._cells, strict=True):
            if splice is not None and splice.touches(region.start, region.end):
                continue
            shift = splice.line(region.start) - region.start if splice is not None else 0
            moved = region.start + shift, region.end + shift
            key = region.kind, region.name, moved, _shifted(own, shift)
            # Two regions of the same lines and name: only the inner one has anything, but which is it?
            known[key] = None if key in known else tuple(placed.moved(shift) for placed in cell)
        new_own: Sequence[Lines] = [()] * len(new) if alike else own_lines(new)
        out = []
        for at, (region, own) in enumerate(zip(new, new_own, strict=True)):
            found = known.get((region.kind, region.name, (region.start, region.end), own))
            if found is None or intersect(touched, ((region.start, region.end),)):
                found = self._cell(at)
            out.append(found)
        return out

    def _ordered(self, made: list[Placed]) -> tuple[Placed, ...]:
        """All findings in order, neighbouring blocks joined."""
        if any(part.decision.beside for part in self._judged.parts):
            return tuple(map(Placed, arranged(self.document, [placed.now() for placed in made])))
        blocks = [placed for placed in made if not placed.named]
        if len(blocks) > 1:
            joined = arranged(self.document, [placed.now() for placed in blocks])
            made = [placed for placed in made if placed.named]
            made += map(Placed, joined)
        return tuple(sorted(made, key=_place))


_place = attrgetter("start", "end")


def _own(regions: Sequence[Region], at: int) -> Lines:
    """The lines of a region that no region inside it holds."""
    region = regions[at]
    inner = []
    for other in regions[at + 1 :]:
        if other.start > region.end:
            break
        inner.append((other.start, other.end))
    return subtract(((region.start, region.end),), from_pairs(inner))


def _innermost(regions: Sequence[Region], touched: Lines) -> Iterable[int]:
    """The regions that have one of these lines for their own; more, where there are many."""
    if count(touched) > FEW:
        return [at for at, region in enumerate(regions) if intersect(touched, ((region.start, region.end),))]
    out = set()
    for first, last in touched:
        for line in range(first, last + 1):
            at = bisect_right(regions, line, key=lambda region: region.start) - 1
            while at >= 0 and regions[at].end < line:
                at -= 1
            if at >= 0:
                out.add(at)
    return out


def _shifted(lines: Lines, shift: int) -> Lines:
    return tuple((first + shift, last + shift) for first, last in lines) if shift else lines


def _difference(left: Lines, right: Lines) -> Iterator[tuple[int, int]]:
    if left != right:
        yield from subtract(left, right)
        yield from subtract(right, left)


def _said(judged: Judged, splice: Splice | None) -> dict[object, Lines]:
    """All that findings are made of, by line: where an edit has put it, with `splice`."""
    out: dict[object, Lines] = {}

    def add(key: object, lines: Lines) -> None:
        where = splice.lines(lines) if splice is not None else lines
        out[key] = union(out[key], where) if key in out else where

    for part in judged.parts:
        key = _identity(part)
        add(key, part.lines)
        for note in part.notes:
            add((key, note.text), note.lines)
    return out


def _identity(part: Part) -> tuple[object, ...]:
    """What a part is, but for its lines. Equal decisions are one object, see `_Decisions`."""
    return id(part.decision), tuple(map(_claim, part.attribution.evidence))


def _claim(piece: Evidence) -> tuple[object, ...]:
    """A piece of evidence, but for its lines."""
    return (
        piece.agent, piece.evidence_class, piece.source, piece.reference, piece.confidence, piece.time, piece.similarity,
        piece.contributor, piece.detail, piece.commit, piece.signal, piece.person,
    )  # fmt: skip


class _Decisions:
    """The policy's answers, each asked for once: at every keystroke the questions are the same."""

    def __init__(self, settings: Settings) -> None:
        policy = settings.policy
        self._counting = policy is not None and any(
            rule.min_lines > 0 for scope in policy.scopes for rule in scope.rules
        )
        self._known: dict[object, Decision] = {}
        self._different: list[Decision] = []

    def of(self, path: str, item: Attribution, settings: Settings) -> Decision:
        """The decision; the same object where it is the same but for the steps that led to it."""
        lines = count(item.lines) if self._counting else 0
        key = (lines, tuple(map(_claim, item.evidence)))
        known = self._known.get(key)
        if known is None:
            decision = replace(decided(path, item, settings), steps=())
            known = next((one for one in self._different if one == decision), None)
            if known is None:
                known = decision
                self._different.append(decision)
            if len(self._known) > MOST_QUESTIONS:
                self._known.clear()
            self._known[key] = known
        return known


class _Carry:
    """What was known of the lines of before, for the lines of now."""

    def __init__(self, before: Sequence[str], now: Sequence[str], splice: Splice | None) -> None:
        self._splice = splice
        self._before, self._now = before, now
        self._same: list[tuple[int, int]] | None = None

    def lines(self, lines: Lines) -> Lines:
        """Where some lines are now; a replaced one is left where only its white space is another."""
        splice = self._splice
        if splice is None:
            return lines
        moved = splice.lines(lines)
        kept = [(new, new) for old, new in self._window(splice) if intersect(lines, ((old, old),))]
        return union(moved, tuple(kept)) if kept else moved

    def _window(self, splice: Splice) -> list[tuple[int, int]]:
        """Replaced lines and those that are the same but for white space."""
        if self._same is None:
            first = splice.first
            old = tuple(self._before[first - 1 : splice.old_end])
            new = tuple(self._now[first - 1 : splice.new_end])
            pairs = enumerate(line_map(old, new))
            self._same = [(first + at - 1, first + place) for place, at in pairs if at]
        return self._same

    def evidence(self, claims: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        out = []
        for piece in claims:
            lines = self.lines(piece.lines)
            if lines == piece.lines and not piece.discloses:
                out.append(piece)
            elif lines:
                out.append(replace(piece, lines=lines, discloses=self.lines(piece.discloses)))
        return tuple(out)

    def covered(self, covered: tuple[Covered, ...]) -> tuple[Covered, ...]:
        out = []
        for item in covered:
            stale = item.stale
            if stale is not None:
                stale = replace(stale, added=self.lines(stale.added))
            out.append(replace(item, lines=self.lines(item.lines), stale=stale))
        return tuple(out)
