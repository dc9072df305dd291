"""The HTML report: one page that loads nothing, runs nothing and believes nothing that a file says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.results import CLAUDE, evidence, finding, result
from whence.model import (
    Agent,
    Attribution,
    Coverage,
    Dispute,
    EvidenceClass,
    FileResult,
    NotMeasured,
    Region,
    Requirement,
    ScanResult,
    Severity,
    Verdict,
)
from whence.report import html
from whence.report.as_html import SHOWN
from whence.tools import Registry

REGISTRY = Registry.builtin()
VOID = {"meta", "br", "hr"}
KNOWN = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "nav", "footer", "h1", "h2", "h3", "p", "a", "span", "code",
    "div", "i", "dl", "dt", "dd", "table", "tr", "th", "td", "details", "summary", "ul", "li",
}  # fmt: skip
ATTRIBUTES = {
    "lang",
    "charset",
    "name",
    "content",
    "http-equiv",
    "class",
    "id",
    "href",
    "title",
    "style",
    "aria-hidden",
}


class Page(HTMLParser):
    """The page as a browser reads it: its text, and every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag not in ("code", "a"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def page(given: ScanResult) -> Page:
    """The report, read as a browser does, after what must hold for every one."""
    text = html(given, REGISTRY, "1.2.3")
    assert text.startswith("<!doctype html>\n")
    read = Page(text)
    for tag, attributes in read.elements:
        assert tag in KNOWN, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        assert not str(attributes.get("href") or "#").strip("#").count(":"), attributes
        if "style" in attributes:
            assert re.fullmatch(r"width:\d{1,3}\.\d%", str(attributes["style"]))
    policy = next(a["content"] for t, a in read.elements if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "url(" not in text
    assert "@import" not in text
    assert all(character.isprintable() or character == "\n" for character in text)
    return read


def test_the_page_tells_findings_by_scope_coverage_and_gaps() -> None:
    """Everything that the other reports tell, the worst first, with what to do next."""
    review = finding(
        ((3, 4),), code="review-missing", severity=Severity.WARNING, scope="service", requirement=Requirement.REVIEW,
        asks="service asks for a human review of what comes from any AI tool", criterion="read", promise="I read it.",
        notes=("2 lines changed.",), fingerprint="cd",
    )  # fmt: skip
    gap = NotMeasured("git-notes", "shallow clone", hint="git fetch --unshallow")
    given = result(review, finding(), not_measured=(gap,))
    entries = (Coverage("service", 30, 12), Coverage("core", 0, 0))
    given = replace(given, summary=replace(given.summary, coverage=entries, left_out=3))
    text = page(given).text
    for part in (
        "the policy is not met",
        "1 error, 1 warning in 412 files",
        "left out: 3 files",
        "Reviewed, by scope",
        "30 12 40%",
        "core 0 0 -",
        "model-building 1 error",
        "service 1 warning",
        "models/attention.py:41-60, 63-88",
        "Claude Code (Anthropic) wrote 46 of the 48 lines of flash_attention",
        "model-building forbids rival tools: Applied AI restriction, May 2026, section 2.",
        "A reviewer promises: I read it.",
        "2 lines changed.",
        "its own transcript, session 3f2a, 2026-06-20 14:02 UTC, 97% alike",
        "whence review models/attention.py:3-4 --criterion read",
        "whence explain models/attention.py:41",
        "git notes (shallow clone: git fetch --unshallow)",
        "it is not known to be clean",
        "Whence 1.2.3",
    ):
        assert part in text, part
    assert text.index("model-building 1 error") < text.index("service 1 warning")


def test_a_clean_page_says_so_and_a_gap_is_never_clean() -> None:
    """No findings, everything measured; or not."""
    clean = page(result(verdict=Verdict.PASS)).text
    assert "the policy is met" in clean
    assert "Findings None." in clean
    assert "Nothing: every source of evidence that was asked could answer." in clean
    gap = NotMeasured("sessions", "purged", evidence_class=EvidenceClass.SESSION)
    open_ = page(result(verdict=Verdict.INCONCLUSIVE, not_measured=(gap,))).text
    assert "so this is not a pass" in open_
    assert "sessions (purged)" in open_


def test_without_a_policy_the_page_is_an_overview() -> None:
    """Tools and files, and nothing that looks like a verdict."""
    pieces = (evidence(((1, 5),)),)
    file = FileResult("a.py", 10, (Attribution(((1, 5),), CLAUDE, EvidenceClass.SESSION, 0.9, pieces),))
    given = replace(result(verdict=Verdict.PASS, has_policy=False), files=(file,))
    text = page(given).text
    assert "what AI tools wrote" in text
    assert "There is no policy here" in text
    assert "Claude Code (Anthropic) 5 session 5" in text
    assert "a.py 5 10" in text
    assert "Findings" not in text


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    "`</code><b>`",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "&lt;script&gt; &amp; &#60;",
    "\x1b[2J\u202e\u2066 \ud83d \0",
    "<!-- --> ]]> {{ }} ${x}",
]


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.sampled_from(NASTY), st.text(max_size=40)))
def test_nothing_from_a_file_becomes_markup(words: str) -> None:
    """Paths, names, scopes, reasons, promises, evidence, tools, gaps: all of it is text on the page."""
    foreign = words or "x"
    piece = evidence(((1, 1),), reference=foreign, detail=foreign, agent=Agent(foreign, foreign, foreign))
    one = finding(
        ((1, 1),), path=foreign, region=Region("function", foreign, 1, 1), scope=foreign, because=foreign, asks=foreign,
        contact=foreign, promise=foreign, criterion=foreign, purposes=(foreign,), purpose_words=(foreign,), notes=(foreign,),
        agent=Agent(foreign, foreign), evidence=(piece,), code="review-missing", requirement=Requirement.REVIEW,
    )  # fmt: skip
    dispute = Dispute(foreign, ((1, 1),), Agent(foreign), foreign, foreign, False, foreign)
    gap = NotMeasured(foreign, foreign, foreign, foreign)
    given = result(one, not_measured=(gap,))
    files = (*given.files, FileResult(foreign, 3, disputes=(dispute,)))
    given = replace(given, files=files, summary=replace(given.summary, coverage=(Coverage(foreign, 2, 1),)))
    read = page(given)
    if foreign == NASTY[0]:
        assert read.text.count("alert(1)") > 8


def test_a_page_of_many_findings_stays_small() -> None:
    """What a browser could not show is counted."""
    many = tuple(finding(((n, n),), fingerprint=f"{n}") for n in range(1, SHOWN + 51))
    text = html(result(*many), REGISTRY, "1")
    assert text.count("<details>") == SHOWN
    assert "And 50 more" in text
    assert len(text) < 3_000_000


@pytest.mark.parametrize("name", ["prefers-color-scheme: dark", "@media print", "color-scheme: light dark"])
def test_the_page_is_readable_in_the_dark_and_on_paper(name: str) -> None:
    """The reader's own setting decides."""
    assert name in html(result(), REGISTRY, "1")
