"""What a call that is known to have happened tells, by the shape of its input: shared by readers of tools whose
transcripts hold every word that the model saw, and of an edit little more than what was asked for.

A whole-file write that does not say whether the file was there is compared with what the session knew of it. Of a file
that the session has met, but not as a whole, it names no line. A file that it has never met is taken for new: a tool
can only repeat a person's lines that stood in front of it, and those the session's own reading takes away (`inserted.own`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from whence.evidence.sessions.edits import patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inputs import Change, changes, path_of
from whence.evidence.sessions.edits.inserted import between, hunks
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.interface import Event, Odd, Read, Written
from whence.evidence.sessions.paths import absolute
from whence.evidence.sessions.stores.values import lines, string
from whence.matching.passages import Block
from whence.quick import dataclass

MAX_MET = 100_000
"""Files of one session that are remembered as met."""


def answered(call: Written, asked: object, said: str, *more: object) -> Read:
    """What came back of a call that is beside what it asked for: a person's words, why it was refused."""
    return Read(heard(said, asked, *more), None, call.cwd, call.time, call.session, call.locator)


_PATCHES = ("patch", "patchText", "input")
_COMMANDS = ("command", "cmd", "script")


@dataclass(slots=True)
class Files:
    """What one session knows of files. Plain values."""

    contents: Contents = field(default_factory=Contents)
    met: set[str] = field(default_factory=set)

    def wrote(
        self,
        call: Written,
        asked: Mapping[str, Any],
        *,
        effect: Iterable[Sequence[str]] | None = None,
    ) -> Iterator[Event]:
        """The events of a write. `call` is one without path and blocks.

        `effect` is the hunks that were recorded as its result, each line with a space, `+` or `-` before it.
        """
        patch = string(asked, *_PATCHES)
        if "*** Begin Patch" in patch:
            for made in patches.of_patch(patch, call.cwd):
                yield from self._inserted(call, made.path, made.cwd, made.blocks, made.removed)
            if not patches.understood(patch):
                yield Odd(call.locator)
            return
        path = path_of(asked)
        recorded = [hunk for hunk in effect or () if hunk]
        if recorded and path:
            self._followed(path, call.cwd, asked)
            yield from self._inserted(call, path, call.cwd, *hunks(recorded), keep=True)
            return
        asks = tuple(changes(asked))
        if not asks:
            yield Odd(call.locator)
        for change in asks:
            place = absolute(change.path, call.cwd)
            blocks = self._whole(place, change) if change.whole else self._edited(place, change)
            self._meet(place)
            yield Read(
                lines(change.old), change.path, call.cwd, call.time, call.session, call.locator, sent=False
            )
            if blocks:
                yield replace(call, path=change.path, blocks=blocks)

    def commanded(self, call: Written, asked: Mapping[str, Any]) -> Iterator[Event]:
        """What a command that succeeded wrote."""
        command = next((asked[name] for name in _COMMANDS if name in asked), None)
        folder = absolute(string(asked, "workdir", "cwd", "working_dir", "cd"), call.cwd) or call.cwd
        for made in patches.of_command(command, folder):
            yield from self._inserted(call, made.path, made.cwd, made.blocks, made.removed)

    def shown(
        self, call: Written, asked: Mapping[str, Any], said: str, *, whole: bool = False
    ) -> Iterator[Read]:
        """What a call showed; `whole`: a file's whole text, as it is."""
        path = path_of(asked)
        if path:
            place = absolute(path, call.cwd)
            self._meet(place)
            if whole:
                self.contents.show(place, lines(said))
        if said:
            yield Read(as_shown(said), path or None, call.cwd, call.time, call.session, call.locator)

    def _meet(self, place: str) -> None:
        if len(self.met) < MAX_MET:
            self.met.add(place)

    def _whole(self, place: str, change: Change) -> tuple[Block, ...]:
        text = lines(change.new)
        known = self.contents.overwritten(place, text)
        if known is not None:
            return known
        return () if place in self.met else between((), text)

    def _edited(self, place: str, change: Change) -> tuple[Block, ...]:
        shown = self.contents.edited(place, change.old, change.new)
        return change.blocks() if shown is None else shown

    def _followed(self, path: str, cwd: str, asked: Mapping[str, Any]) -> None:
        """Keep what is known of a file in step with an edit whose effect is recorded."""
        for change in changes(asked):
            place = absolute(change.path or path, cwd)
            if change.whole:
                self.contents.show(place, lines(change.new))
            else:
                self.contents.edited(place, change.old, change.new)
            self._meet(place)

    def _inserted(
        self,
        call: Written,
        path: str,
        cwd: str,
        blocks: tuple[Block, ...],
        removed: tuple[str, ...],
        *,
        keep: bool = False,
    ) -> Iterator[Event]:
        place = absolute(path, cwd)
        if not keep:
            self.contents.forget(place)
        self._meet(place)
        if removed:
            yield Read(removed, path, cwd, call.time, call.session, call.locator, sent=False)
        if blocks:
            yield replace(call, path=path, cwd=cwd, blocks=blocks)
