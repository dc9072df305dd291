"""Read Aider's chat histories: `.aider.chat.history.md` in the folder where it ran, Markdown that only ever grows.

    # aider chat started at 2026-06-01 10:00:00      a chat; local time
    > Main model: NAME with diff edit format         what Aider says; each line ends in two spaces
    #### words of the person                         likewise
    free text                                        the model's reply, with its edits
    > Applied edit to PATH                           what came of them
    > Commit 1a2b3c4 message

Only files that an `Applied edit` line names were changed. Where some SEARCH/REPLACE blocks failed there is no such
line: the complaint lists the blocks that failed and says how many did not. Since 0.5x a text of several lines has its
`> ` on the first and its two spaces on the last only, so complaints look like replies. `/undo` takes a commit back, later in the same chat; therefore what a
chat wrote is told when it ends. A reply's time is that of the commit that it led to, where that can be found, else the
chat's start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.search_replace import AIDER
from whence.evidence.sessions.edits.shown import as_shown
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.readers.aider import outcomes, replies
from whence.evidence.sessions.readers.aider.places import commit_times, histories
from whence.evidence.sessions.readers.aider.replies import Edit
from whence.evidence.sessions.stores.files import Record, raw_lines
from whence.quick import dataclass
from whence.text import decode, digest

MAX_REPLY_LINES = 200_000
"""Lines of one reply or complaint; no model writes a tenth of that in one go. What is longer tells nothing."""

MAX_HELD_LINES = 500_000
"""Lines of a chat that wait for an `/undo`; beyond it the oldest are told."""

MAX_AHEAD = 64 * 1024 * 1024
"""Bytes in which the names of commits are looked for at once; those behind are looked up when their chat is over."""

_CHAT = re.compile(r"# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*")
_MODEL = re.compile(r"(?:Main model|Models?): (\S+?)⚡? with (?:♾️ )?(\S+) edit format")
_EDITOR = re.compile(r"Editor model: (\S+?)⚡? with ")
_COMMIT_LINE = re.compile(rb"> Commit ([0-9a-f]{7,40})\b")
_REMOVED = re.compile(r"Removed: ([0-9a-f]{7,40})\b|Commit `?([0-9a-f]{7,40})`? was reset")
_ADDED = re.compile(r"Added (?!\d+ lines? of output)(.+?) to (?:the chat|read-only files)")
_MALFORMED = "The LLM did not conform to the edit format"
_ONCE = re.compile(r"#### /(architect|code|ask) ")
_SURE = re.compile(
    r"Tokens: |Applied edit to |Did not apply edit to |Commit [0-9a-f]{7}|Committing |Skipping edits|Create new file"
    r"|Allow (?:edits|creation) |Added .+ to the chat|Removed: |\^C|Retrying in |litellm\.|Attempt to fix "
    r"|Only \d+ reflections|Edit the files\?|Exception while updating|Aider v\d|Malformed response"
    rf"|{_MALFORMED}|# \d+ SEARCH/REPLACE|UnifiedDiff"
)
"""What only Aider says."""


@dataclass(slots=True)
class _Held:
    """Events in order, and the commit that they went into."""

    commit: str
    events: list[Event]
    lines: int


@dataclass(slots=True)
class State:
    """Where in which chat the file stands."""

    shown: str
    folder: str
    line: int = 0
    chat: str = ""
    started: datetime | None = None
    model: str | None = None
    editor: str | None = None
    form: str = ""
    """The chat's edit format."""
    once: str = ""
    """`architect`, `code` or `ask` where the person asked for it in this one message."""
    reply: list[str] = field(default_factory=list)
    first_line: int = 0
    offset: int = 0
    block: str = ""
    """The side of the SEARCH/REPLACE block that the reply has open, `old` or `new`."""
    fence: str = ""
    """What closes the fence that the reply has open."""
    said: list[str] = field(default_factory=list)
    """What Aider said since the reply."""
    sure: bool = False
    """Whether it said what nobody else says."""
    complaint: str = ""
    """How the text ends that Aider is saying over several lines: `failed`, `hunks`, `malformed`, `plain`."""
    words: list[str] = field(default_factory=list)
    """What the person is saying."""
    plan: bytes = b""
    """What tells the last reply from all others."""
    held: list[_Held] = field(default_factory=list)
    held_lines: int = 0
    contents: Contents = field(default_factory=Contents)
    times: dict[str, float] = field(default_factory=dict)
    """Unix seconds by the abbreviated name of a commit."""
    absent: set[str] = field(default_factory=set)
    """Names of commits that do not exist here."""
    repository: bool | None = None
    """Whether the folder is in a repository that can be asked; None: nobody has tried."""


class Aider:
    """Aider: anyone's model runs in it."""

    tool = "aider"
    source = "aider-history"

    def locate(self, places: Places) -> Located:
        return histories(places)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return min(nearness(transcript.folder, folders), 1)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return True

    def parsed(self, data: bytes, line: int, faults: Faults) -> dict[str, Any]:
        return {"text": decode(data)}

    def begin(self, transcript: Transcript) -> State:
        state = State(transcript.shown, transcript.folder)
        # All commits are looked up at once: a long history names hundreds.
        names: set[str] = set()
        for _, offset, data in raw_lines(transcript, Faults(""), lambda _: None):
            found = _COMMIT_LINE.match(data)
            if found:
                names.add(found[1].decode())
            if offset > MAX_AHEAD:
                break
        _look_up(names, state)
        return state

    def step(self, record: Record, state: State) -> Iterator[Event]:
        # Blank lines are not worth a record; they count all the same in a file's text.
        for _ in range(min(record.line - state.line - 1, MAX_REPLY_LINES)):
            _line("", state, record)
        state.line = record.line
        text = str(record.value["text"]).rstrip("\r\n")
        chat = _CHAT.fullmatch(text)
        if chat:
            yield from _chat_over(state)
            _chat_begins(chat[1], state)
        else:
            _line(text, state, record)
            yield from _told(state, keep=MAX_HELD_LINES)

    def end(self, state: State) -> Iterator[Event]:
        return _chat_over(state)


def _chat_begins(time: str, state: State) -> None:
    try:
        # Aider writes local time; the file is on the machine on which it ran.
        state.started = datetime.strptime(time, "%Y-%m-%d %H:%M:%S").astimezone().astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        state.started = None
    state.chat = re.sub(r"[-:]", "", time).replace(" ", "-")
    state.model = state.editor = None
    state.form = state.once = ""


def _chat_over(state: State) -> Iterator[Event]:
    _settle(state)
    _person_done(state)
    yield from _told(state)
    state.contents.forget_all()


def _line(text: str, state: State, record: Record) -> None:
    """One line: whose it is depends on those before."""
    if state.complaint:
        _complain(text, state)
        return
    said = _said(text, state)
    if said is not None:
        _person_done(state)
        _hear(said, text, state)
    elif _is_persons(text, state):
        _settle(state)
        if not state.words:
            command = _ONCE.match(text)
            state.once = command[1] if command else ""
        state.words.append(text[5:].rstrip())
    else:
        _person_done(state)
        _reply(text, state, record)


def _said(text: str, state: State) -> str | None:
    """What Aider says in this line; None where it is not Aider who speaks."""
    if not text.startswith(">") or text[1:2] not in {"", " "}:
        return None
    said = text[2:].strip()
    if _SURE.match(said):
        return said
    ends = text.endswith("  ") or bool(state.said and state.said[-1].startswith("https://aider.chat/"))
    return said if ends and not state.block and not state.fence else None


def _is_persons(text: str, state: State) -> bool:
    """Whether a person says this. A reply that was stopped leaves its blocks and fences open."""
    if not text.startswith("####") or not text.endswith("  "):
        return False
    return bool(state.words) or not (state.block or state.fence) or not state.reply[-1].strip()


def _hear(said: str, text: str, state: State) -> None:
    sure = _SURE.match(said) is not None
    if sure:
        # The reply is over, whatever it left open.
        state.sure, state.block, state.fence = True, "", ""
    state.said.append(said)
    del state.said[:-MAX_REPLY_LINES]
    model = _MODEL.match(said)
    if model:
        state.model, state.form = model[1], model[2]
    editor = _EDITOR.match(said)
    if editor:
        state.editor = editor[1]
    removed = _REMOVED.match(said)
    if removed:
        _undone(removed[1] or removed[2], state)
    added = _ADDED.match(said)
    if added and state.chat:
        read = Read(
            (), added[1], state.folder, state.started, state.chat, Locator(state.shown, line=state.line)
        )
        _hold(state, [read])
    if text.endswith("  "):
        return
    # A text of several lines has its `> ` on the first and its two spaces on the last.
    if outcomes.FAILED.match(said):
        state.complaint = "failed"
    elif outcomes.HUNK_FAILED.match(said):
        state.complaint = "hunks"
    elif any(line.startswith(_MALFORMED) for line in state.said[-3:-1]):
        state.complaint = "malformed"
    elif sure:
        state.complaint = "plain"


def _complain(text: str, state: State) -> None:
    """One more line of what Aider is saying, until it ends."""
    kind = state.complaint
    said = _SURE.match(text[2:]) if text.startswith("> ") else None
    if said or len(state.said) >= MAX_REPLY_LINES:
        state.complaint = ""
        if said:
            _hear(text[2:].strip(), text, state)
        return
    state.said.append(text)
    if not text.endswith("  "):
        return
    ends = {
        "failed": text.startswith(("The SEARCH section must", "Just reply with fixed versions")),
        "hunks": text.startswith(("```", "Note: some hunks did apply")),
        "malformed": text.startswith("^^^ "),
        "plain": True,
    }
    if ends[kind]:
        state.complaint = ""


def _reply(text: str, state: State, record: Record) -> None:
    if state.said and (not state.reply or state.sure):
        _settle(state)
    if not state.reply:
        if not text.strip():
            return
        state.first_line, state.offset = record.line, record.offset
    if len(state.reply) <= MAX_REPLY_LINES:
        state.reply.append(text)
    if state.block:
        marks = AIDER.divided if state.block == "old" else AIDER.closed
        if marks(text):
            state.block = "new" if state.block == "old" else ""
    elif AIDER.opened(text):
        state.block = "old"
    elif state.fence:
        state.fence = "" if text.startswith(state.fence) else state.fence
    else:
        state.fence = replies.closing(text)


def _person_done(state: State) -> None:
    if state.words:
        words, state.words = state.words, []
        if digest("".join(words)) == state.plan:
            # An architect's plan is put to the editor's model as if the person had said it.
            return
        read = Read(as_shown("\n".join(words)), None, state.folder, state.started, state.chat)
        _hold(state, [read])


def _settle(state: State) -> None:
    """A reply and what Aider said of it are complete: what was written is held until the chat ends."""
    reply, said = state.reply, state.said
    state.reply, state.said, state.sure, state.block, state.fence = [], [], False, "", ""
    for path in outcomes.changed_by_others(said):
        state.contents.forget(path)
    for path in outcomes.created(said):
        state.contents.show(path.removeprefix(state.folder + "/"), ())
    if not reply:
        return
    state.plan = digest("".join(reply))
    form, commit = state.once or state.form, outcomes.commit(said)
    edits = outcomes.applied(reply, said, form) if len(reply) <= MAX_REPLY_LINES else []
    events = [event for edit in edits for event in _events(edit, commit, state)]
    events += (Odd(Locator(state.shown, state.offset, state.first_line)) for _ in outcomes.lost(edits, said))
    _hold(state, events, commit)


def _events(edit: Edit, commit: str, state: State) -> Iterator[Event]:
    contents = state.contents
    locator = Locator(state.shown, state.offset, state.first_line + edit.at, commit)
    if edit.whole:
        blocks = contents.overwritten(edit.path, edit.new) or ()
    else:
        blocks = edit.blocks()
        contents.swapped(edit.path, edit.old, edit.new)
        if edit.target:
            contents.moved(edit.path, edit.target)
        if edit.old:
            yield Read(edit.old, edit.path, state.folder, state.started, state.chat, locator, sent=False)
    if blocks:
        # In this mode one model plans and another writes; it is not always named.
        model = state.editor if (state.once or state.form) == "architect" else state.model
        path = edit.target or edit.path
        yield Written(blocks, path, state.folder, Aider.tool, model, state.chat, state.started, locator)


def _undone(commit: str, state: State) -> None:
    """Forget what went into a commit that was taken back."""
    for held in state.held:
        if held.commit and (held.commit.startswith(commit) or commit.startswith(held.commit)):
            held.events = [event for event in held.events if isinstance(event, Read)]
    state.contents.forget_all()


def _hold(state: State, events: list[Event], commit: str = "") -> None:
    if events:
        held = _Held(
            commit, events, sum(0 if isinstance(event, Odd) else len(event.lines) for event in events)
        )
        state.held.append(held)
        state.held_lines += held.lines


def _look_up(names: set[str], state: State) -> None:
    names = names - state.times.keys() - state.absent
    if names and state.repository is not False:
        times = commit_times(state.folder, names)
        state.repository = times is not None
        state.times.update(times or {})
        state.absent |= names - state.times.keys()


def _told(state: State, keep: int = -1) -> Iterator[Event]:
    """Tell what was held, the oldest first, until no more than `keep` lines are left; all of it without `keep`."""
    if state.held_lines <= keep or not state.held:
        return
    _look_up({held.commit for held in state.held if held.commit}, state)
    while state.held and state.held_lines > keep:
        held = state.held.pop(0)
        state.held_lines -= held.lines
        moment = state.times.get(held.commit)
        for event in held.events:
            yield (
                event
                if moment is None or isinstance(event, Odd)
                else replace(event, time=datetime.fromtimestamp(moment, UTC))
            )
