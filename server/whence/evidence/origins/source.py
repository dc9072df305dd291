"""What a version has from one before it: at its place, at another one, or in another encoding."""

from __future__ import annotations

from whence.evidence.origins.lines import Piece
from whence.evidence.origins.moved import Block, blocks, carry, encoded, may_move, singles
from whence.evidence.origins.patches import Difference
from whence.evidence.origins.prints import Prints


class Source:
    """An older version, seen from a newer one."""

    def __init__(self, version: int, blob: bytes, difference: Difference, newer: Prints) -> None:
        self.version = version
        self.blob = blob
        self.added = difference.added
        self.difference = difference
        self._newer = newer
        self._text: Prints | None = None

    @property
    def text(self) -> Prints:
        """The older text; made when it is needed first, as often it is not."""
        if self._text is None:
            self._text = self.difference.older(self._newer)
        return self._text

    def moved(self, left: list[Piece], *, copies: bool, least: int) -> tuple[list[Piece], list[Piece]]:
        """Lines that the older text has at another place or in another encoding, and the others.

        `copies` are looked for where a commit declares its lines as a tool's, and so are lines that moved alone.
        """
        older: list[Piece] = []
        for look in (self._encoded, self._blocks, self._singles):
            found = look(left, copies=copies, least=least) if left else []
            if found:
                some, left = carry(left, found)
                older += some
        return older, left

    def _encoded(self, left: list[Piece], *, copies: bool, least: int) -> list[Block]:
        return encoded(self._newer, self.difference)

    def _blocks(self, left: list[Piece], *, copies: bool, least: int) -> list[Block]:
        if not may_move(self.difference, copies=copies, least=least):
            return []
        return blocks(self._newer, self.text, self.difference, left, copies=copies, least=least)

    def _singles(self, left: list[Piece], *, copies: bool, least: int) -> list[Block]:
        # Where a single line can be a block, it has to be long: a short one is too easily the same by chance.
        alone = copies and least > 1
        return singles(self._newer, lambda: self.text, self.difference) if alone else []
