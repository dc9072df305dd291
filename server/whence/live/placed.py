"""Findings that move with the text: a finding is made once, and where it is now is worked out when somebody asks."""

from __future__ import annotations

from dataclasses import replace

from whence.model import Finding
from whence.ranges import Lines


class Placed:
    """A finding, and how many lines further down it is by now. Neither is ever changed; `moved` gives another."""

    __slots__ = ("_now", "end", "finding", "shift", "start")

    def __init__(self, finding: Finding, shift: int = 0) -> None:
        self.finding = finding
        self.shift = shift
        self.start = finding.lines[0][0] + shift
        self.end = finding.lines[-1][1] + shift
        self._now: Finding | None = finding if not shift else None

    def moved(self, shift: int) -> Placed:
        return Placed(self.finding, self.shift + shift) if shift else self

    @property
    def named(self) -> bool:
        return self.finding.region.name is not None

    def holds(self, first: int, last: int) -> bool:
        """Whether one of its lines is among these, or its region begins there."""
        low, high = first - self.shift, last - self.shift
        return low <= self.finding.region.start <= high or any(
            start <= high and low <= end for start, end in self.finding.lines
        )

    def now(self) -> Finding:
        """The finding where it is."""
        if self._now is None:
            self._now = _shifted(self.finding, self.shift)
        return self._now


def _shifted(finding: Finding, shift: int) -> Finding:
    region = finding.region
    return replace(
        finding,
        region=replace(region, start=region.start + shift, end=region.end + shift),
        lines=_lines(finding.lines, shift),
        evidence=tuple(replace(piece, lines=_lines(piece.lines, shift)) for piece in finding.evidence),
    )


def _lines(lines: Lines, shift: int) -> Lines:
    return tuple((first + shift, last + shift) for first, last in lines)
