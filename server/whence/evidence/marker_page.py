"""One document while it is looked at for marks: where they stand, whether they are the file's own, what they claim."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from whence.evidence.marks import AGENTS_BEGIN
from whence.model import Document
from whence.quick import dataclass
from whence.ranges import Lines, from_lines
from whence.text import MAX_LINE_CHARACTERS

CERTAIN = 0.97
"""Tokens that only a machine writes; what is left of doubt is text about them that the filters let through."""
LEFT_OVER = 0.75
"""Found in code they were left-overs in 10 of 10 looked at; tutorials copy them too."""
FILE_WITH_DATES = 0.75
"""A header, for the lines that came in the same commit: as good as a commit's own phrase, but easier to copy."""
FILE = 0.6
"""A header, where nothing tells which lines are older or younger than it."""
HELP = 0.5
"""`Assisted-by:` in a file's header speaks of help with an unknown part."""

HEAD_LINES = 25
FOOT_LINES = 6
MAX_HITS = 200
"""Hits of one pattern in one file; a file with more is a data set about them."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One entry of `markers.toml`."""

    id: str
    words: tuple[str, ...]
    expression: str
    """Of its pattern; case does not matter."""
    where: str
    kind: str
    tool: str | None = None
    prose: bool = True
    needs: str = ""
    bare: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is wanted first: in most files no marker's words stand."""
        return _compiled(self.expression)


@functools.cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a marker's pattern stands. `line` is 1-based."""

    line: int
    text: str
    who: str = ""


class Page:
    """One document while it is looked at: its text joined once, its comments found once."""

    def __init__(self, document: Document, *, prose: bool) -> None:
        self.document = document
        self.prose = prose
        self.lines = document.lines
        self.text = "\n".join(document.lines)
        self._seen: dict[str, bool] = {}

    @functools.cached_property
    def ends(self) -> tuple[int, ...]:
        """The line numbers of the head and the foot, where a header may stand."""
        count = len(self.lines)
        foot = [n for n in range(count, max(count - 30, 0), -1) if self.lines[n - 1].strip()][:FOOT_LINES]
        return tuple(sorted({*range(1, min(HEAD_LINES, count) + 1), *foot}))

    @functools.cached_property
    def edge(self) -> str:
        """The text of head and foot in lower case."""
        return "\n".join(self.lines[n - 1] for n in self.ends).lower()

    @functools.cached_property
    def outer(self) -> tuple[int, int]:
        """The first and the last line that are not blank."""
        filled = [n for n in (*range(1, 51), *range(len(self.lines), len(self.lines) - 50, -1))
                  if 1 <= n <= len(self.lines) and self.lines[n - 1].strip()]  # fmt: skip
        return (min(filled), max(filled)) if filled else (1, 1)

    def hits(self, marker: Marker) -> list[Hit]:
        match marker.where:
            case "header":
                return self._header(marker)
            case "first" | "ends":
                places = self.outer[:1] if marker.where == "first" else sorted(set(self.outer))
                return [Hit(n, self.lines[n - 1]) for n in places if marker.pattern.match(self.lines[n - 1])]
        if not any(map(self._has, marker.words)) or (marker.needs and marker.needs not in self.text):
            return []
        hits = []
        for number in self._bearing(marker.words):
            line = self.lines[number - 1]
            found = marker.pattern.search(line)
            if found:
                hits.append(Hit(number, line, found["who"] if "who" in found.re.groupindex else ""))
        if len(hits) > MAX_HITS:
            return []
        if marker.where == "comment":
            hits = [hit for hit in hits if self.is_comment(hit.line)]
        return hits

    def _bearing(self, words: Sequence[str]) -> list[int]:
        """The lines in which one of the words stands; every pattern stays within a line."""
        numbers: set[int] = set()
        for word in words:
            at, number = 0, 1
            while (place := self.text.find(word, at)) >= 0:
                number += self.text.count("\n", at, place)
                numbers.add(number)
                # On to the next line: `at` stands on its line feed, which the next count takes in.
                at = self.text.find("\n", place)
                if at < 0:
                    break
        return sorted(n for n in numbers if len(self.lines[n - 1]) <= MAX_LINE_CHARACTERS)

    def _has(self, word: str) -> bool:
        if word not in self._seen:
            self._seen[word] = word in self.text
        return self._seen[word]

    def _header(self, marker: Marker) -> list[Hit]:
        if not any(word in self.edge for word in marker.words):
            return []
        hits = []
        for number in self.ends:
            line = self.lines[number - 1]
            found = marker.pattern.match(line) if len(line) <= _HEADER_LENGTH else None
            if found and self.is_comment(number):
                hits.append(Hit(number, line, found["who"]))
        return hits

    def is_comment(self, number: int) -> bool:
        """Whether a line is a comment; in prose: a line of its own outside fences, lists and tables."""
        line = self.lines[number - 1].strip()
        if self.prose:
            return number not in self._fenced and not _LISTED.match(line)
        return bool(_COMMENT.match(line)) or number in self._blocks

    @functools.cached_property
    def _fenced(self) -> frozenset[int]:
        inside, out = False, set()
        for number, line in enumerate(self.lines, 1):
            if line.lstrip().startswith(("```", "~~~")):
                inside = not inside
                out.add(number)
            elif inside:
                out.add(number)
        return frozenset(out)

    @functools.cached_property
    def _blocks(self) -> frozenset[int]:
        """Lines of the head inside a block comment, a docstring or front matter that the head opens."""
        closer, out = "", set()
        for number, line in enumerate(self.lines[:HEAD_LINES], 1):
            text = line.strip()
            if closer:
                out.add(number)
                closer = "" if closer in text else closer
                continue
            opener = next((o for o in _OPENERS if text.lstrip("rRuUbB").startswith(o)), "")
            if opener:
                out.add(number)
                rest = text.partition(opener)[2]
                closer = "" if _OPENERS[opener] in rest else _OPENERS[opener]
            elif number == 1 and text == "---":
                closer = "---"
        return frozenset(out)

    def doubtful(self, marker: Marker, hits: Sequence[Hit]) -> bool:
        """Whether the file handles or quotes such marks instead of bearing them."""
        if marker.where == "header":
            return False
        at = {hit.line for hit in hits}
        if any(_HANDLING.search(hit.text) or _quoted(marker, hit) for hit in hits):
            return True
        if self.prose and at & self._fenced:
            return True
        if marker.kind == "certain":
            borne = sum(text.count(marker.bare) for text in {hit.line: hit.text for hit in hits}.values())
            return self.text.count(marker.bare) > borne
        own = at.union(*(self._around(line) for line in at)) if marker.where == "comment" else at
        return any(number not in own and _ABOUT.search(line) for number, line in enumerate(self.lines, 1))

    def claimed(self, marker: Marker, hit: Hit) -> tuple[Lines, float]:
        if marker.kind == "certain":
            return self._dated({hit.line}), CERTAIN
        if marker.kind == "line":
            return self._dated({hit.line}), LEFT_OVER
        if hit.line not in self.ends:
            return self._dated(self._around(hit.line)), LEFT_OVER
        times = self.document.committed
        own = times[hit.line - 1] if times else None
        if own == 0.0 and marker.kind == "help":
            # Nobody committed it yet: which of the other new lines were helped with, records on this machine tell.
            return self._dated({hit.line}), HELP
        everything = range(1, len(self.lines) + 1)
        if times is None or own is None:
            return self._dated(set(everything)), HELP if marker.kind == "help" else FILE
        with_it = {number for number in everything if times[number - 1] == own}
        return self._dated(with_it), HELP if marker.kind == "help" else FILE_WITH_DATES

    def disclosed(self, marker: Marker, hit: Hit) -> Lines:
        """What a marker openly speaks of, whenever it was put there: a header of its whole file."""
        header = marker.kind in ("file", "help") and hit.line in self.ends
        return ((1, len(self.lines)),) if header else ()

    def _around(self, number: int) -> set[int]:
        """The comment that a line is part of."""
        out = {number}
        for step in (-1, 1):
            at = number + step
            while 1 <= at <= len(self.lines) and _COMMENT.match(self.lines[at - 1].strip()):
                out.add(at)
                at += step
        return out

    def _dated(self, numbers: set[int]) -> Lines:
        """Without what was committed before there were such tools."""
        times = self.document.committed
        if times is None:
            return from_lines(numbers)
        return from_lines(n for n in numbers if not 0 < times[n - 1] < AGENTS_BEGIN)

    def time(self, number: int) -> datetime | None:
        times = self.document.committed
        seconds = times[number - 1] if times else 0.0
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None


@functools.lru_cache(maxsize=4096)
def about_tools(path: str) -> bool:
    """Whether a path is that of a file about tools, tests or texts for machines, where marks prove nothing."""
    return _ABOUT_PATH.search("/" + path.lower()) is not None


_HEADER_LENGTH = 300
"""Characters of a line that may still be a header."""

PROSE = re.compile(
    r"\.(?:md|mdx|markdown|rst|txt|adoc|asciidoc|org|tex|html?)$|(?:^|/)readme$", re.IGNORECASE
)

_ABOUT_PATH = re.compile(
    r"/(?:tests?|testing|__tests__|specs?|e2e|fixtures?|testdata|test-data|__fixtures__|snapshots?|__snapshots__|mocks?|"
    r"__mocks__|golden|samples?|examples?|prompts?|templates?|evals?|evaluations?|benchmarks?|datasets?|corpus|corpora|"
    r"transcripts?|changelogs?|\.github|\.gitlab|\.claude[^/]*|\.cursor|\.codex|\.gemini|\.roo|\.cline|\.clinerules|\.kilocode|"
    r"\.windsurf|\.opencode|\.continue|\.amazonq|\.kiro|\.junie|\.factory|\.augment|\.trae|\.pi|\.agents?|\.specstory|\.entire|"
    r"\.agent-trace|\.beads|\.whence)/"
    r"|/(?:test_|conftest)[^/]*$|[._-](?:test|tests|spec|specs|snap|feature)\.[^/]+$|_test\.[^/]+$|\.feature$|\.snap$|"
    r"/[^/]*(?:prompt|detect|residue|template|transcript|changelog|humani[sz]e|ai[-_]?polic|llm|chatgpt|openai|anthropic|"
    r"claude|copilot|gemini)[^/]*$"
    r"|/(?:history|releases?|release[-_]?notes|news|contributing|code_of_conduct|agents?|warp|qwen|crush|conventions|"
    r"changes|maintainers|governance|\.cursorrules|\.windsurfrules|\.roorules|\.roomodes)(?:\.[^/]*)?$"
)
_ABOUT = re.compile(
    r"\b(?:llms?|gpt|chatgpt|openai|anthropic|claude|copilot|gemini|prompts?|assistant|ai|language models?|"
    r"apply[_ ]?(?:patch|diff|model|edit)|edit_file|search[_/ ]replace|truncat\w+|placeholders?|elid\w+|oaicite|citations?)\b",
    re.IGNORECASE,
)
_HANDLING = re.compile(
    r"\bre\.\w+\(|regex|\.replace\w*\(|\.sub\(|\.test\(|\.match\(|\.split\(|strip|detect|assert|expect|includes\(|contains\(|"
    r"startswith|endswith|new RegExp",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"#|//|/\*|\*|--|;|%|<!--|\{/\*|\"\"\"|'''|'\s|rem\s|dnl\s|!\s|\(\*|\{-",
    re.IGNORECASE,
)
_OPENERS = {
    "/*": "*/",
    '"""': '"""',
    "'''": "'''",
    "<!--": "-->",
    "(*": "*)",
    "{-": "-}",
    "=begin": "=end",
    "<#": "#>",
}
_LISTED = re.compile(r"(?:[-*+]|\d+[.)])\s|\|")


def _quoted(marker: Marker, hit: Hit) -> bool:
    """Whether the token stands in quotes or backticks of its own: spoken of, not left over."""
    found = marker.pattern.search(hit.text)
    if found is None or marker.where in ("first", "ends"):
        return False
    return (
        hit.text[max(found.start() - 1, 0) : found.start()] in ("`", '"', "'")
        or hit.text[found.end() : found.end() + 1] == "`"
    )
