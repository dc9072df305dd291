"""The report that a person reads."""

from __future__ import annotations

import pytest

from support.results import CLAUDE, evidence, finding, result
from whence.model import EvidenceClass, NotMeasured, Region, Requirement, ScanResult, Severity, Verdict
from whence.report import block, github, markdown, text
from whence.report.as_text import not_measured_lines
from whence.tools import Registry

REGISTRY = Registry.builtin()


def check(given: ScanResult, *expected: str, colour: bool = False) -> None:
    said = text(given, REGISTRY, colour=colour)
    for line in expected:
        assert line in said.splitlines(), said


def test_a_finding_is_one_block_with_who_how_which_rule_and_what_now() -> None:
    """Each question that a reader has is answered by one line, in that order."""
    said = text(result(finding()), REGISTRY)
    block, _ = said.split("\n\n")
    assert block.splitlines() == [
        "models/attention.py:41-88  error  rival-forbidden",
        "  Claude Code (Anthropic) wrote 46 of the 48 lines of `flash_attention`.",
        "  known from: its own transcript, session 3f2a, 2026-06-20 14:02 UTC, 97% alike",
        "  model-building forbids rival tools: Applied AI restriction, May 2026, section 2",
        "  next: remove or rewrite these lines, or ask training-infra@acme.example for an exception",
        "        whence explain models/attention.py:41",
    ]


def test_the_summary_counts_what_was_found_and_where() -> None:
    """The footer is one sentence with thousands separated."""
    check(
        result(finding(), finding(severity=Severity.WARNING)),
        "1 error, 1 warning in 412 files (88,211 lines, 5,120 attributed; 61% of those reviewed).",
    )
    check(
        result(verdict=Verdict.PASS),
        "No findings in 412 files (88,211 lines, 5,120 attributed; 61% of those reviewed).",
    )
    check(
        result(finding(severity=Severity.INFO)),
        "1 finding for information in 412 files (88,211 lines, 5,120 attributed; 61% of those reviewed).",
    )


def test_a_command_takes_no_file_for_an_option() -> None:
    """And names one line once."""
    one = finding(((3, 3),), path="--help", code="review-missing", requirement=Requirement.REVIEW)
    check(result(one), "        whence review ./--help:3")


def test_a_missing_review_comes_with_the_command_that_answers_for_it() -> None:
    """The next step of a review is a command to copy."""
    one = finding(
        ((41, 88),),
        code="review-missing",
        requirement=Requirement.REVIEW,
        criterion="read",
        purposes=("tests",),
    )
    check(
        result(one),
        "  next: read these lines and record a review, for one of: tests",
        "        whence review models/attention.py:41-88 --criterion read --purpose tests",
    )


def test_notes_of_a_finding_are_told() -> None:
    """What an earlier review no longer covers stands in the block."""
    check(
        result(finding(notes=("2 lines changed since Alice's review.",))),
        "  2 lines changed since Alice's review.",
    )


def test_only_the_first_pieces_of_evidence_are_listed_and_the_rest_counted() -> None:
    """Ten commits do not bury the finding."""
    pieces = tuple(evidence(reference=f"session {n}") for n in range(10))
    said = text(result(finding(evidence=pieces)), REGISTRY).splitlines()
    assert sum("transcript" in line for line in said) == 3
    assert "              and 7 more" in said


def test_a_single_line_is_named_without_a_range() -> None:
    """`:5`, not `:5-5`."""
    check(
        result(finding(((5, 5),), region=Region("block", None, 5, 5))),
        "models/attention.py:5  error  rival-forbidden",
    )


def test_colour_appears_only_when_asked_for() -> None:
    """Without colour no escape character is written; with it the words are the same."""
    plain = text(result(finding()), REGISTRY)
    painted = text(result(finding()), REGISTRY, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31;1merror\x1b[0m" in painted
    assert painted.replace("\x1b[31;1m", "").replace("\x1b[1m", "").replace("\x1b[0m", "") == plain


HOSTILE = "evil\x1b]0;gone\x07\u202ename\n::error::x"


@pytest.mark.parametrize("report", [text, github, markdown])
def test_foreign_text_cannot_drive_the_terminal_or_the_report(report: object) -> None:
    """Control, direction and line-end characters from files come out as escapes in every format."""
    one = finding(
        path=f"models/{HOSTILE}.py",
        region=Region("function", HOSTILE, 41, 88),
        because=HOSTILE,
        asks=HOSTILE,
        contact=HOSTILE,
        notes=(HOSTILE,),
        evidence=(evidence(reference=HOSTILE, detail=HOSTILE),),
    )
    gap = NotMeasured("file", HOSTILE, path=HOSTILE, hint=HOSTILE)
    said = report(result(one, not_measured=(gap,)), REGISTRY)  # type: ignore[operator]
    for character in ("\x1b", "\x07", "\u202e"):
        assert character not in said
    assert not any(line.startswith("::error::x") for line in said.splitlines())


def gaps(*entries: tuple[str, str, str | None, str]) -> list[str]:
    return not_measured_lines([NotMeasured(what, why, path, hint) for what, why, path, hint in entries])


def test_many_files_with_one_gap_are_one_line() -> None:
    """Forty binaries are counted, two are named, and another cause has a line of its own."""
    assert gaps(*[("file", "binary", f"{n}.png", "") for n in range(40)]) == [
        "not measured: 40 files (binary)"
    ]
    assert gaps(
        ("file", "binary", "a.png", ""), ("file", "too large", "b.sql", ""), ("file", "binary", "c.png", "")
    ) == [
        "not measured: a.png, c.png (binary)",
        "not measured: b.sql (too large)",
    ]


def test_a_gap_says_what_can_be_done() -> None:
    """The hint stands beside the cause."""
    assert gaps(("git-notes", "shallow clone", None, "run `git fetch --unshallow`")) == [
        "not measured: git notes (shallow clone: run `git fetch --unshallow`)"
    ]


def test_an_inconclusive_scan_and_a_missing_policy_are_said_in_words() -> None:
    """Neither can be mistaken for a clean pass."""
    check(
        result(verdict=Verdict.INCONCLUSIVE),
        "inconclusive: evidence that the policy needs could not be had, so this is not a pass.",
    )
    check(
        result(verdict=Verdict.PASS, has_policy=False),
        "No policy here, so nothing can fail: `whence policy init` writes a first one.",
    )


@pytest.mark.parametrize("width", [64, 80])
def test_a_terminal_is_not_overrun(width: int) -> None:
    """What is long goes on below its beginning, commands stay whole, and not a word is lost."""
    pieces = tuple(evidence(reference=f"session {n} with a name of several words") for n in range(3))
    gap = NotMeasured(
        "git-notes", "a shallow clone that lacks what is wanted", hint="run `git fetch --unshallow`"
    )
    for given in (
        result(finding(evidence=pieces), not_measured=(gap,)),
        result(finding(path="a/rather/long/folder/" * 6 + "file.py"), has_policy=False),
    ):
        wide, narrow = text(given, REGISTRY), text(given, REGISTRY, width=width)
        assert max(map(len, wide.splitlines())) > 90
        for line in narrow.splitlines():
            assert len(line) <= width or line.lstrip().startswith(("whence ", "models/"))
        if given.has_policy:
            assert wide.split() == narrow.split()
            assert all(line in narrow for line in wide.splitlines() if line.lstrip().startswith("whence "))
        else:
            assert "folder/file.py" in narrow


def test_github_annotations_name_the_lines_and_put_errors_first() -> None:
    """GitHub shows only the first ten of a kind, so order matters; commas and colons in paths are escaped."""
    said = github(result(finding(severity=Severity.INFO), finding(path="a,b:c%.py")), REGISTRY).splitlines()
    assert said[0].startswith(
        "::error file=a%2Cb%3Ac%25.py,line=41,endLine=88,title=Whence rival-forbidden::Claude Code"
    )
    assert said[1].startswith("::notice file=models/attention.py,line=41,endLine=88,title=")
    assert said[-1].startswith("::notice title=Whence::1 error, 1 finding for information in 412 files")


def test_github_says_that_a_scan_is_inconclusive_and_why() -> None:
    """A step that fails without a finding must not read as clean; each sentence ends."""
    why = NotMeasured("git-notes", "shallow clone", hint="git fetch", evidence_class=EvidenceClass.RECORDED)
    given = result(verdict=Verdict.INCONCLUSIVE, not_measured=(why, NotMeasured("file", "binary", "a.png")))
    (line,) = github(given, REGISTRY).splitlines()
    assert line == (
        "::warning title=Whence inconclusive::Inconclusive: evidence that the policy needs could not be had, so this is "
        "not a pass. Not measured: git notes (shallow clone: git fetch). Not measured: a.png (binary). No findings in 412 "
        "files (88,211 lines, 5,120 attributed; 61%25 of those reviewed)."
    )


def test_markdown_keeps_foreign_text_out_of_the_formatting() -> None:
    """A path with a pipe stays in its cell, and an address mentions nobody."""
    said = markdown(result(finding(path="a|b_*.py", contact="@acme/team")), REGISTRY)
    row = next(line for line in said.splitlines() if "rival-forbidden" in line)
    assert row.replace("\\|", "").count("|") == 5
    assert "a\\|b\\_\\*.py:41-60, 63-88" in row
    assert "@acme" not in said


def test_a_declared_finding_speaks_of_the_commit() -> None:
    """The report never turns a commit's declaration into authorship of the lines."""
    piece = evidence(
        evidence_class=EvidenceClass.DECLARED, source="git-history", commit="c" * 40, similarity=None
    )
    one = finding(evidence_class=EvidenceClass.DECLARED, evidence=(piece,), agent=CLAUDE)
    said = text(result(one), REGISTRY)
    assert (
        "  The commit that wrote 46 of the 48 lines of `flash_attention` declares Claude Code (Anthropic)."
        in said
    )
    assert "Claude Code (Anthropic) wrote" not in said


def test_without_a_policy_the_report_is_an_overview_and_not_a_list_of_findings() -> None:
    """Nothing is asked, so nothing nags: tools with their lines and classes, then the files that hold them."""
    one = finding(code="attributed", severity=Severity.INFO, requirement=Requirement.ALLOW)
    said = text(result(one, verdict=Verdict.PASS, has_policy=False), REGISTRY).splitlines()
    assert said[0] == "AI tools in 1 of 412 files"
    assert "  Claude Code (Anthropic)     46  session 46" in said
    assert "  models/attention.py  46 of 100  Claude Code (Anthropic)" in said
    assert not [line for line in said if "next:" in line]


def test_without_a_policy_and_without_tools_the_report_says_what_it_does_not_know() -> None:
    """`No evidence` is said, never `clean`."""
    said = text(result(verdict=Verdict.PASS, has_policy=False), REGISTRY)
    assert said.startswith("No evidence says that an AI tool wrote any line here.\n")


def test_a_long_overview_ends_with_a_count() -> None:
    """Forty files are fifteen rows and one line that says where the others are."""
    many = [finding(path=f"src/{n:02}.py", code="attributed", severity=Severity.INFO) for n in range(40)]
    said = text(result(*many, verdict=Verdict.PASS, has_policy=False), REGISTRY).splitlines()
    assert sum(line.startswith("  src/") for line in said) == 15
    assert "  and 25 more: `whence scan --format json` lists them all" in said


def test_of_very_many_findings_the_worst_are_shown_and_all_are_counted_by_file() -> None:
    """Nobody reads thousands of blocks; `--all` is for whoever does."""
    mild = [finding(path=f"docs/{n % 5}.md", severity=Severity.WARNING) for n in range(30)]
    errors = [finding(path=f"src/{n:02}.py") for n in range(15)]
    given = result(*mild, *errors)
    said = text(given, REGISTRY).splitlines()
    headers = [line for line in said if line.endswith("  rival-forbidden") and not line.startswith("  ")]
    assert len(headers) == 20
    assert sum("  error  " in line for line in headers) == 15
    assert "45 findings in 20 files; above stand 20, the worst." in "\n".join(said)
    assert "  docs/0.md         6  warning rival-forbidden" in said
    assert "  and 5 more files" in said
    every = text(given, REGISTRY, every=True)
    assert every.count("  next: ") == 45
    assert "the worst" not in every


def test_a_number_of_findings_that_can_be_read_is_shown_whole() -> None:
    """Forty blocks are some screens, in the order of the files."""
    said = text(result(*[finding(path=f"src/{n:02}.py") for n in range(40)]), REGISTRY)
    assert said.count("  next: ") == 40
    assert "the worst" not in said


def test_commands_can_be_pasted_whatever_the_path_holds() -> None:
    """A path never becomes more than one word, and never runs."""
    import shlex

    for path in ("a b.py", "a$(touch pwned).py", "it's.py", "`x`;y.py", "-n.py"):
        (explain,) = [line for line in block(finding(path=path), REGISTRY) if "whence explain" in line]
        word = f"./{path}:41" if path.startswith("-") else f"{path}:41"
        assert shlex.split(explain.partition("whence ")[2])[:2] == ["explain", word]
    (odd,) = [line for line in block(finding(path="a\nb\x1b.py"), REGISTRY) if "whence explain" in line]
    assert "whence explain $'a\\012b\\033.py:41'" in odd
