"""Marks that tools and people leave in files: machine tokens, left-over chat text, headers that declare a tool.

What a mark claims:
- a machine's token or a left-over claims its own line, nothing around it;
- a header (a comment at the head or foot of the file that names a tool as its writer) claims the file; where git says
  when each line came, only the lines that came with the header, as what was there before is somebody else's;
- a tagged comment further down claims only itself: nothing says how far it reaches.

Files that speak *about* AI tools (prompts, tests, detectors, changelogs, templates, agents' own configuration) are
full of such marks and prove nothing, so they are left out by path, and where a mark is not certain also by content.
Also left out, as they tell where a link or a habit came from, not who wrote the text: `utm_source=chatgpt.com`, shared
chats, unusual blanks, phrases such as "as an AI language model".
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from math import inf
from pathlib import Path

from whence.evidence.credits import product
from whence.evidence.interface import Context
from whence.evidence.marker_page import CERTAIN, PROSE, Hit, Marker, Page, about_tools
from whence.model import Agent, Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.ranges import union
from whence.tools import Registry, key

SOURCE = "marker"

_COMMENT = re.compile(r"\s*(?:<!--|\{/\*|\{#|\.\.|%)")
"""How a comment begins in Markdown, MDX, templates, reStructuredText and TeX."""

TRAILER_LINES = ("assisted-by", "generated-by-line")
"""Markers in the form of a commit's trailer."""


@functools.cache
def catalogue() -> tuple[Marker, ...]:
    """The packaged data."""
    data = tomllib.loads(Path(__file__).with_name("markers.toml").read_text("utf-8"))
    return tuple(
        Marker(
            entry["id"],
            tuple(entry["words"]),
            entry["pattern"],
            entry["where"],
            entry["kind"],
            entry.get("tool"),
            entry.get("prose", True),
            entry.get("needs", ""),
            entry.get("bare", ""),
        )
        for entry in data["marker"]
    )


_last: tuple[PreparedMarkers, Document, tuple[Evidence, ...]] | None = None
"""Who was asked last, of what, with which answer: whether dates matter and what is claimed are asked one after the
other of the same document."""


@dataclass(frozen=True, slots=True)
class PreparedMarkers:
    """Implements `evidence.interface.Prepared`; everything is in the document."""

    registry: Registry
    not_measured: tuple[NotMeasured, ...] = ()
    markers: tuple[Marker, ...] = field(default_factory=catalogue)
    """Read when this is made, so that `claims` does no input."""
    since: float | None = None
    """See `evidence.interface.Context.since`."""

    def quick(self, document: Document) -> bool:
        """A few words are searched for."""
        return True

    def candidates(self, document: Document) -> bool:
        """Whether there is a mark: which lines it claims depends on when they and itself were committed."""
        return bool(
            self.claims(document if document.committed is None else replace(document, committed=None))
        )

    def dates_from(self, document: Document) -> float:
        """A header speaks of the lines that came with it, whenever that was."""
        if not self.candidates(document):
            return inf
        return -inf if self.since is None else self.since

    def claims(self, document: Document) -> Sequence[Evidence]:
        global _last
        if _last is not None and _last[0] is self and _last[1] is document:
            return _last[2]
        found = self._claimed(document)
        _last = self, document, found
        return found

    def _claimed(self, document: Document) -> tuple[Evidence, ...]:
        if not document.lines or about_tools(document.path):
            return ()
        page = Page(document, prose=PROSE.search(document.path) is not None)
        found: dict[tuple[str, Agent, bool], Evidence] = {}
        for marker in self.markers:
            for evidence in self._claims(marker, page):
                place = (evidence.signal, evidence.agent, evidence.confidence == CERTAIN)
                if place in found:
                    known = found[place]
                    found[place] = replace(
                        known,
                        lines=union(known.lines, evidence.lines),
                        discloses=union(known.discloses, evidence.discloses),
                    )
                else:
                    found[place] = evidence
        return tuple(found.values())

    def _claims(self, marker: Marker, page: Page) -> Iterator[Evidence]:
        if page.prose and not marker.prose:
            return
        hits = page.hits(marker)
        if page.prose and marker.id in TRAILER_LINES:
            # A document that explains a policy shows the line that it asks for; only a comment speaks of the file.
            hits = [hit for hit in hits if _COMMENT.match(hit.text)]
        if not hits or page.doubtful(marker, hits):
            return
        for hit in hits:
            agent = self._agent(marker, hit, page)
            if agent is None:
                continue
            lines, confidence = page.claimed(marker, hit)
            if lines:
                yield Evidence(
                    lines=lines,
                    agent=agent,
                    evidence_class=EvidenceClass.DECLARED,
                    source=SOURCE,
                    reference=f"{page.document.path}:{hit.line}",
                    confidence=confidence,
                    time=page.time(hit.line),
                    detail=hit.text.strip()[:300],
                    signal=f"marker:{agent.tool or 'ai'}",
                    discloses=page.disclosed(marker, hit),
                )

    def _agent(self, marker: Marker, hit: Hit, page: Page) -> Agent | None:
        """Who is meant; None when the words do not mean an AI tool after all."""
        if marker.tool is not None:
            return self.registry.agent(marker.tool)
        if "who" not in marker.pattern.groupindex:
            return Agent()
        if marker.id == "ai-generated-tag":
            return self._near(hit, page)
        who = _clean(hit.who)
        agent = product(self.registry, who)
        if marker.id == "ai-generated-field":
            if agent is None:
                agent = next(
                    filter(None, (product(self.registry, _clean(p)) for p in _PARTS.split(hit.who))), None
                )
            return agent or (Agent() if _YES.match(hit.who.strip()) else None)
        if (
            marker.id == "generated-by"
            and agent is None
            and key(who) in _CLEAR
            and not _PEOPLE.search(hit.text)
        ):
            return self.registry.agent(who)
        return agent

    def _near(self, hit: Hit, page: Page) -> Agent:
        """The tool that a tagged comment names in its own or the next lines."""
        lines = [hit.who, *page.document.lines[hit.line : hit.line + 6]]
        for line in lines:
            named = _NAMED.search(line)
            agent = product(self.registry, _clean(named["who"])) if named else None
            if agent is not None:
                return agent
        return Agent()


class Markers:
    """Marks in the files themselves."""

    name = SOURCE
    evidence_class = EvidenceClass.DECLARED

    def prepare(self, context: Context) -> PreparedMarkers:
        return PreparedMarkers(context.registry, since=context.since)


_TAIL = re.compile(
    r"\s+(?:on|at|for|and|from|in|during|under|based|as|who|which|that|then|was|is)\b.*|[;|!].*|\.\s.*|\.$|,.*|\s[-\u2013\u2014]+\s.*|"
    r"\s*(?:\*/|-->|\"\"\"|'''|\*\)|-\}).*|\s+\(?\d{4}-\d\d.*",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")
_PARTS = re.compile(r"\s[-\u2013\u2014]+\s|[,;|()]|\bby\b|\bwith\b", re.IGNORECASE)
_YES = re.compile(
    r"(?:true|yes|y|1|partial(?:ly)?|full(?:y)?|(?:100|[1-9]\d?)\s*%|\d{4}-\d\d-\d\d)\b", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:^[^\w]*|\b)(?:tool|model|agent|assistant|author|generated by|by|with|using)\b\s*:?\s*(?P<who>\S.*)$",
    re.IGNORECASE,
)
_CLEAR = frozenset({"claude", "gemini", "cursor", "grok", "devin", "jules"})
"""Names that are clear after `generated by` or `created with`, though people bear them too."""
_PEOPLE = re.compile(r"\b(?:created|written)\s+(?:entirely\s+)?by\b", re.IGNORECASE)


def _clean(who: str) -> str:
    """The name at the start of what follows `generated by`."""
    text = _LINK.sub(r"\1", who.strip()).replace("`", "").strip("*_~\"' \t")
    return _TAIL.sub("", text).strip("*_~\"' \t)") if "(" not in text else _balanced(text)


def _balanced(text: str) -> str:
    """The name with the first parenthesis that belongs to it: `Claude (Anthropic), 2026` → `Claude (Anthropic)`."""
    before, _, rest = text.partition("(")
    inside, closed, _ = rest.partition(")")
    name = _TAIL.sub("", before.rstrip())
    return f"{name} ({inside})" if closed and name == before.rstrip() else name
