"""Which AI tools a commit declares: by trailers anywhere in its message, by author, by committer, by fixed phrases.

Pure: a commit's text in, marks out. A mark says "this commit declares the tool", never which lines the tool wrote.

What carries no mark, and why:
- a merge, unless a tool's own account is its author: its message may sum up those of its branch;
- a revert: its lines are older text brought back. What else it has may be told from that: see `Reader.declared`;
- a commit authored before 2021: no such tool existed;
- a commit by a bot that writes by rule (version bumps, releases), whatever its message quotes;
- a committer alone: people's work gets rebased and committed by tools (aider's `(aider)` committer is a human's edit);
- quoted lines (`> Co-authored-by:`) and fenced examples in a message.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import replace

from whence.evidence.credits import Identities, Role, identified, product, split
from whence.evidence.stated import stated
from whence.model import Agent
from whence.quick import dataclass
from whence.tools import Registry, key

AGENTS_BEGIN = 1_609_459_200.0
"""2021-01-01T00:00:00Z as Unix seconds: nothing authored before it can come from an AI coding tool."""

AUTHOR = 0.95
"""The account is the tool's own; now and then a person adds to its work under its name."""
TRAILER = 0.82
"""82% of the lines (of 8+ characters) that 323 commits with an agent's session added stood in what it wrote; line-level
records put the lines of 150 marked commits of a team that hardly writes by hand at 99%. The lower one counts."""
PHRASE = 0.82
"""Tools write these lines where they write the trailer; nothing measured tells the two apart."""
COMMITTER = 0.8
"""Listed committers only: they commit what they wrote, under the name of the person who asked."""
NAMED = 0.7
"""A product's name with an address that is not listed: the words are clear, the address is somebody's invention."""
ASSISTED = 0.6
"""`Assisted-by:` speaks of help with a commit, not of who wrote it."""
SQUASHED = 0.5
"""One trailer of any commit of a pull request ends up on the squash of all of them, people's work included."""
SUGGESTION = 0.3
"""A review bot proposed something that a person took over; the rest of the commit is the person's."""


@dataclass(frozen=True, slots=True)
class CommitText:
    """What a commit says of itself. Times are Unix seconds."""

    sha: str
    parents: tuple[str, ...]
    author: str
    author_mail: str
    author_time: float
    committer: str
    committer_mail: str
    body: str
    """The whole message, subject included."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One declaration of a tool."""

    agent: Agent
    signal: str
    """`trailer:copilot`, `author:devin`, `committer:cline`, `phrase:claude-code`; `:ai` where no tool is named."""
    detail: str
    """The words that were read."""
    confidence: float
    suggestion: bool = False
    """It came by a review suggestion: the tool proposed, a person took it over."""
    mixed: bool = False
    """The commit is a squash of several, of which only some may be the tool's."""


def commit_marks(registry: Registry, commit: CommitText) -> tuple[Mark, ...]:
    """Every tool that the commit declares, strongest first; () when none."""
    return reader(registry).marks(commit)


def reverts(commit: CommitText) -> bool:
    """Whether a commit says that it brings older text back."""
    return _REVERT.match(commit.body) is not None


def by_author(mark: Mark) -> bool:
    """Whether a tool's own account is what declares it."""
    return mark.signal.startswith(f"{_AUTHOR}:")


def reader(registry: Registry) -> Reader:
    """The registry made ready for many commits; the last one is kept."""
    global _last
    known = _last
    if known is None or known[0] is not registry:
        known = _last = (registry, Reader(registry))
    return known[1]


_CREDIT = re.compile(
    r"^[ \t]*(?P<key>co-?authored-by|co-?developed-by|(?:ai-|llm-)?assisted-by|(?:ai-|llm-)?generated-by|ai-assisted|"
    r"ai-generated|ai-co-?authored-by|ai-assistant|agent-signature|entire-agent)[ \t]*:[ \t]*(?P<value>\S.*?)[ \t]*$",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_REVERT = re.compile(
    r"\s*(?:revert|back(?:ed)? ?out)\b.*?^\s*(?:this )?reverts (?:commit |[\w.-]+/[\w.-]+#|#|pull request |merge request )"
    r"|[^\n]*\n\s*this reverts commit [0-9a-f]{7}",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_AUTHOR = "author"
_BEHALF = re.compile(r"\s+on behalf of\b.*", re.IGNORECASE)

_BY_ADDRESS = {"coauthored-by", "codeveloped-by", "ai-coauthored-by"}


class Reader:
    """Finds marks; holds the registry's patterns compiled."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.identities = Identities.of(registry)
        self._fixed = [
            (kind, signs.tool, re.compile(rf"[ \t]*(?:{pattern})[ \t]*", re.IGNORECASE))
            for signs in registry.signs
            for kind, patterns in (("trailer", signs.trailers), ("phrase", signs.phrases))
            for pattern in patterns
        ]
        self._globs = [
            (tool.id, re.compile(fnmatch.translate(_tidy(glob)), re.IGNORECASE))
            for tool in registry.tools.values()
            for glob in tool.trailers
        ]

    def marks(self, commit: CommitText) -> tuple[Mark, ...]:
        """Of a commit whose lines are its own."""
        if len(commit.parents) > 1 or reverts(commit):
            return ()
        return self.declared(commit)

    def declared(self, commit: CommitText) -> tuple[Mark, ...]:
        """Of any commit, for lines that are nobody else's."""
        if commit.author_time < AGENTS_BEGIN:
            return ()
        author = self.identities.find(commit.author, commit.author_mail)
        if author is not None and author[1] is Role.NO_GENERATOR:
            return ()
        said = list(self._message(commit.body))
        if said and _squash(commit.body):
            said = [replace(mark, confidence=min(mark.confidence, SQUASHED), mixed=True) for mark in said]
        found: dict[tuple[str, Agent], Mark] = {}
        for mark in (*self._people(commit), *said):
            known = found.get((mark.signal, mark.agent))
            if known is None or known.confidence < mark.confidence:
                found[mark.signal, mark.agent] = mark
        return tuple(sorted(found.values(), key=lambda mark: -mark.confidence))

    def _people(self, commit: CommitText) -> Iterator[Mark]:
        author = self.identities.find(commit.author, commit.author_mail)
        words = f"{commit.author} <{commit.author_mail}>"
        if author is not None and author[0] is not None:
            credit = identified(self.registry, self.identities, words)
            if credit is not None:
                # A review bot, too, wrote what it committed itself.
                yield _mark(_AUTHOR, credit.agent, words, AUTHOR)
        for suffix, tool in self.identities.suffixes:
            if commit.author.lower().rstrip().endswith(suffix):
                yield _mark(_AUTHOR, self.registry.agent(tool), words, AUTHOR)
        committer = self.identities.find(commit.committer, commit.committer_mail)
        if committer is not None and committer[1] is Role.COMMITS and committer != author:
            words = f"{commit.committer} <{commit.committer_mail}>"
            yield _mark("committer", self.registry.agent(committer[0]), words, COMMITTER)

    def _message(self, body: str) -> Iterator[Mark]:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
        if "```" in body or "~~~" in body:
            body = _FENCE.sub("", body)
        # Text set in by four is quoted, but for what `git merge --squash` writes of the commits that it takes in.
        squashed = "Squashed commit of the following:" in body
        for line in body.split("\n"):
            if not squashed and line.startswith(("    ", "\t")):
                continue
            if ":" in line or "enerated" in line or "ade with" in line:
                yield from self._line(line)

    def _line(self, line: str) -> Iterator[Mark]:
        own = [tool for tool, pattern in self._globs if pattern.match(_tidy(line))]
        if own:
            # The policy's word on what a trailer of its own means.
            yield from (_mark("trailer", self.registry.agent(tool), line.strip(), TRAILER) for tool in own)
            return
        fixed = [(kind, tool) for kind, tool, pattern in self._fixed if pattern.fullmatch(line)]
        if fixed:
            for kind, tool in fixed:
                yield _mark(
                    kind, self.registry.agent(tool), line.strip(), PHRASE if kind == "phrase" else TRAILER
                )
            return
        found = _CREDIT.match(line)
        mark = self._credit(found["key"].lower(), found["value"], line.strip()) if found else None
        if mark is not None:
            yield mark

    def _credit(self, name: str, value: str, line: str) -> Mark | None:
        name = name.replace("co-authored", "coauthored").replace("co-developed", "codeveloped")
        if name in _BY_ADDRESS:
            credit = identified(self.registry, self.identities, value)
            if credit is None:
                return None
            suggests = credit.role is Role.SUGGESTS
            strength = SUGGESTION if suggests else TRAILER if credit.listed else NAMED
            return _mark("trailer", credit.agent, line, strength, suggestion=suggests)
        if name == "entire-agent":
            tool = self.registry.find(value)
            return _mark("trailer", self.registry.agent(tool.id), line, TRAILER) if tool else None
        said = _BEHALF.sub("", value)
        agent = self._stated(said) if name.startswith(("ai-", "llm-")) else self._assistant(said)
        return _mark("trailer", agent, line, TRAILER if "generated" in name else ASSISTED) if agent else None

    def _stated(self, value: str) -> Agent | None:
        """What the value of a key says that itself speaks of AI."""
        credit = identified(self.registry, self.identities, value)
        return credit.agent if credit is not None else stated(self.registry, value)

    def _assistant(self, value: str) -> Agent | None:
        """Who assisted: a tool, or a person."""
        credit = identified(self.registry, self.identities, value)
        if credit is not None:
            return credit.agent
        name, mail = split(value)
        if mail:
            return product(self.registry, name)
        tool = self.registry.find(name)
        return self.registry.agent(tool.id) if tool is not None and key(name) == "claude" else None


_last: tuple[Registry, Reader] | None = None


def _mark(kind: str, agent: Agent, words: str, confidence: float, *, suggestion: bool = False) -> Mark:
    return Mark(agent, f"{kind}:{agent.tool or 'ai'}", words[:_DETAIL], confidence, suggestion)


_DETAIL = 300
"""Characters kept of the words that were read."""


def _squash(body: str) -> bool:
    """Whether a message has the shape that forges give to a squash of several commits: `(#12)` and their subjects."""
    subject, _, rest = body.partition("\n")
    return bool(_NUMBER.search(subject)) and len(_SUBJECTS.findall(rest)) > 1


_NUMBER = re.compile(r"\(#\d+\)\s*$")
_SUBJECTS = re.compile(r"^\* \S", re.MULTILINE)


def _tidy(line: str) -> str:
    """A trailer line with one blank after its key, so that globs need not know how it was typed."""
    name, colon, value = line.strip().partition(":")
    return f"{name.strip()}: {' '.join(value.split())}" if colon else line.strip()
