"""What files held, as far as a session itself shows it: for tools that record no original of what they overwrite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.paths import is_absolute, joined
from whence.evidence.sessions.stores.values import lines
from whence.matching.passages import Block
from whence.quick import dataclass
from whence.text import normal

MAX_HELD = 8 * 1024 * 1024
"""Characters kept for one session; the file that was met longest ago is forgotten first."""


MAX_LOOKED = 20_000_000
"""Lines that are looked through for edited runs; a session that needs more is none that a person had."""


@dataclass(slots=True)
class Contents:
    """Whole texts of files by absolute path, the latest last."""

    _texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _held: int = 0
    _looked: int = 0

    def show(self, path: str, text: tuple[str, ...]) -> None:
        """A file's whole text was shown or written."""
        self.forget(path)
        size = _size(text)
        if size > MAX_HELD:
            return
        self._texts[path] = text
        self._held += size
        while self._held > MAX_HELD:
            self.forget(next(iter(self._texts)))

    def forget(self, path: str) -> None:
        """A file changed in a way that is not shown."""
        text = self._texts.pop(path, None)
        if text is not None:
            self._held -= _size(text)

    def edited(self, path: str, old: str, new: str, *, everywhere: bool = False) -> tuple[Block, ...] | None:
        """What replacing a text by another adds, in whole lines; None where the file was not shown."""
        before = self._texts.get(path)
        text = "\n".join(before or ())
        if before is None or not old or old not in text:
            self.forget(path)
            return None
        after = lines(text.replace(old, new, -1 if everywhere else 1))
        self.show(path, after)
        return between(before, after)

    def overwritten(self, path: str, text: tuple[str, ...]) -> tuple[Block, ...] | None:
        """What a new text adds to a file whose old one was shown; None where it was not. The new one is kept."""
        old = self._texts.get(path)
        self.show(path, text)
        return None if old is None else between(old, text)

    def swapped(self, path: str, old: Sequence[str], new: Sequence[str]) -> None:
        """A run of lines is another now; it is looked for without its white space, and must stand there once."""
        before = self._texts.get(path)
        if before is None:
            return
        self._looked += len(before)
        at = _found(before, old) if self._looked <= MAX_LOOKED else None
        if at is None:
            self.forget(path)
        else:
            self.show(path, (*before[:at], *new, *before[at + len(old) :]))

    def text(self, path: str) -> tuple[str, ...] | None:
        """A file's whole text; None where it was not shown."""
        return self._texts.get(path)

    def holds(self, path: str, run: Sequence[str]) -> bool:
        """Whether a file that was shown has a run of lines, white space aside, exactly once."""
        text = self._texts.get(path)
        return text is not None and bool(run) and _found(text, run) is not None

    def moved(self, path: str, target: str) -> None:
        text = self._texts.get(path)
        self.forget(path)
        self.forget(target)
        if text is not None:
            self.show(target, text)

    def forget_all(self) -> None:
        self._texts.clear()
        self._held = 0

    def within(self, folder: str) -> None:
        """Relative paths are relative to this folder."""
        for path in [path for path in self._texts if not is_absolute(path)]:
            self._texts[joined(folder, path)] = self._texts.pop(path)


def _size(text: tuple[str, ...]) -> int:
    return sum(map(len, text)) + len(text)


def _found(lines: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where the wanted run begins, when it stands there exactly once; an empty one would be added at the end."""
    if not wanted:
        return len(lines)
    run = [normal(line) for line in wanted]
    there = [normal(line) for line in lines]
    places = [at for at, line in enumerate(there) if line == run[0] and there[at : at + len(run)] == run]
    return places[0] if len(places) == 1 else None
