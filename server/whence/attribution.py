"""Evidence in, one origin for each line out. Pure.

The strongest class present decides a line; within it the best single piece counts, never a product, because
sources share causes (a note, a trailer and a trace often come from one hook). What is weaker is kept as support.
A line-exact record that a person wrote the line silences everything weaker, and everything equal: a wrong
accusation costs more than a miss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whence.model import Attribution, Contributor, Evidence, EvidenceClass
from whence.ranges import Lines, from_pairs


def attribute(evidence: Sequence[Evidence], line_count: int) -> tuple[Attribution, ...]:
    """Group the lines 1..`line_count` by the evidence that speaks for them; lines that nothing claims are left out.

    The result is in order of first line. Claims beyond `line_count` are cut.
    """
    groups: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for first, last, active in _segments(evidence, line_count):
        groups.setdefault(active, []).append((first, last))
    found = []
    for active, pairs in groups.items():
        ordered = _ordered([evidence[index] for index in active])
        if ordered:
            found.append(_attribution(from_pairs(pairs), ordered))
    return tuple(sorted(found, key=lambda item: item.lines))


def _segments(evidence: Sequence[Evidence], line_count: int) -> Iterable[tuple[int, int, tuple[int, ...]]]:
    """Maximal runs of lines over which the same set of claims holds."""
    opens: dict[int, list[int]] = {}
    closes: dict[int, list[int]] = {}
    for index, piece in enumerate(evidence):
        for first, last in piece.lines:
            last = min(last, line_count)
            if first <= last:
                opens.setdefault(first, []).append(index)
                closes.setdefault(last + 1, []).append(index)
    active: set[int] = set()
    at = 0
    for line in sorted(opens.keys() | closes.keys()):
        if active:
            yield at, line - 1, tuple(sorted(active))
        active.difference_update(closes.get(line, ()))
        active.update(opens.get(line, ()))
        at = line


def _ordered(pieces: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Strongest first; empty when a person's record decides."""

    def strength(piece: Evidence) -> tuple[int, bool, float, float]:
        newest = -piece.time.timestamp() if piece.time else 0.0
        return (
            piece.evidence_class.rank,
            piece.contributor is not Contributor.HUMAN,
            -piece.confidence,
            newest,
        )

    ordered = sorted(pieces, key=strength)
    if ordered[0].contributor is Contributor.HUMAN:
        return ()
    machine = [piece for piece in ordered if piece.contributor is not Contributor.HUMAN]
    named = next((piece for piece in machine if piece.agent.tool or piece.agent.vendor), machine[0])
    # "Some AI tool" from a strong record plus a name from a weaker one: the one that names decides, at its own class.
    return (named, *(piece for piece in machine if piece is not named))


def declared_beside(item: Attribution) -> tuple[Attribution, ...]:
    """The same lines as those of each other tool that the deciding commit declares: of several it does not say which of
    them wrote what."""
    first = item.deciding
    if first.evidence_class is not EvidenceClass.DECLARED or first.commit is None:
        return ()
    others = {piece.agent.tool: piece for piece in reversed(item.evidence) if piece.commit == first.commit}
    return tuple(
        _attribution(item.lines, (piece, *(other for other in item.evidence if other is not piece)))
        for tool, piece in reversed(others.items())
        if tool is not None and tool != first.agent.tool
    )


def _attribution(lines: Lines, evidence: tuple[Evidence, ...]) -> Attribution:
    deciding = evidence[0]
    return Attribution(lines, deciding.agent, deciding.evidence_class, deciding.confidence, evidence)
