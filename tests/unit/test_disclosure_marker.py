"""Markers that we put into files: in the language's own comments, where they may stand, read back as the same tool."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.asking import policy
from whence import syntax
from whence.analysis import Settings, analyse
from whence.disclosure import marker_edit
from whence.disclosure.marker import NoMarker, markers, with_line
from whence.evidence.markers import PreparedMarkers
from whence.model import Document, Evidence, EvidenceClass, Finding
from whence.policy import Policy
from whence.ranges import Lines
from whence.review import Ledger
from whence.tools import Registry

REGISTRY = Registry.builtin()
ANY = """
    [[scope]]
    name = "openly"
      [[scope.rule]]
      require = "disclose"
      because = "say it"
"""


def session(lines: Lines, tool: str = "claude-code", model: str | None = "claude-opus-4-8") -> Evidence:
    return Evidence(
        lines, REGISTRY.agent(tool, model), EvidenceClass.SESSION, "claude-code-session", "session 1", 0.98
    )


def findings(document: Document, rules: Policy | None, *given: Evidence) -> tuple[Finding, ...]:
    """What a scan finds in a document, its markers read too."""
    settings = Settings(REGISTRY, rules, Ledger.of(()), date(2026, 7, 1))
    heard = (*given, *PreparedMarkers(REGISTRY).claims(document))
    return analyse(document, heard, settings).findings


def check(
    path: str, text: str, expected: tuple[int, str] | None, rules: str = ANY, old: float | None = None
) -> None:
    """The edit for a file that a tool wrote all of, and that it settles what asked for it."""
    lines = tuple(text.splitlines())
    document = Document(path, lines)
    if old is not None:
        document = Document(path, lines, path, tuple(range(1, len(lines) + 1)), (old,) * len(lines))
    known = policy(rules)
    piece = session(((1, len(lines)),))
    found = findings(document, known, piece)
    assert found
    edits = {marker_edit(document, one, REGISTRY, known) for one in found}
    assert edits == {expected}
    if expected is None:
        return
    marked = with_line(document, *expected)
    assert marked.lines[expected[0] - 1] == expected[1]
    assert tuple(line for n, line in enumerate(marked.lines, 1) if n != expected[0]) == lines
    at = expected[0]
    moved = tuple((n + (n >= at), n + (n >= at)) for n in range(1, len(lines) + 1))
    assert findings(marked, known, replace(piece, lines=moved)) == ()


SAYS = "Assisted-by: Claude Code (claude-opus-4-8)"


@pytest.mark.parametrize(
    ("path", "text", "line", "expected"),
    [
        ("a.py", "import os\n", 1, f"# {SAYS}"),
        ("a.py", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nimport os\n", 3, f"# {SAYS}"),
        ("a.py", "# coding=latin-1\nimport os\n", 2, f"# {SAYS}"),
        ("a.py", '"""Doc."""\n', 1, f"# {SAYS}"),
        ("a.rb", "# frozen_string_literal: true\n\nputs 1\n", 2, f"# {SAYS}"),
        ("run.sh", "#!/bin/sh\nset -e\n", 2, f"# {SAYS}"),
        ("run", "#!/bin/bash\nset -e\n", 2, f"# {SAYS}"),
        ("a.c", "// SPDX-License-Identifier: GPL-2.0\nint a;\n", 2, f"// {SAYS}"),
        ("a.h", "/* SPDX-License-Identifier: GPL-2.0 */\nint a;\n", 2, f"// {SAYS}"),
        ("a.rs", "#![allow(dead_code)]\nfn a() {}\n", 1, f"// {SAYS}"),
        ("a.ts", "#!/usr/bin/env node\nlet a = 1;\n", 2, f"// {SAYS}"),
        ("a.go", "//go:build linux\n\npackage a\n", 1, f"// {SAYS}"),
        ("a.php", "<?php\n$a = 1;\n", 2, f"// {SAYS}"),
        ("a.php", "<?php declare(strict_types=1);\n$a = 1;\n", 2, f"// {SAYS}"),
        ("a.md", "# Title\n\nText.\n", 1, f"<!-- {SAYS} -->"),
        ("a.md", "---\ntitle: x\n---\n\n# Title\n", 4, f"<!-- {SAYS} -->"),
        ("a.md", "---\n\n# A rule above, no front matter\n", 1, f"<!-- {SAYS} -->"),
        ("a.mdx", "# Title\n", 1, f"{{/* {SAYS} */}}"),
        ("a.yaml", "---\na: 1\n", 1, f"# {SAYS}"),
        ("a.toml", "a = 1\n", 1, f"# {SAYS}"),
        ("a.jsonc", "{}\n", 1, f"// {SAYS}"),
    ],
)
def test_a_marker_stands_where_the_language_lets_it(path: str, text: str, line: int, expected: str) -> None:
    """Behind what has to come first, in the language's comments; the finding is settled by it."""
    check(path, text, (line, expected))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.json", "{}\n"),
        ("a.ipynb", '{"cells": []}\n'),
        ("a.php", "<html>\n<?php echo 1 ?>\n"),
        ("a.php", "<?php echo 1 ?>\n"),
        ("notes.txt", "text\n"),
        ("Makefile", "all:\n"),
        ("tests/test_a.py", "import os\n"),
        ("CHANGELOG.md", "# Changes\n"),
        ("a.md", "---\n" + "key: value\n" * 30 + "---\n" + "\nText\n" * 10),
    ],
)
def test_no_marker_is_offered_where_none_would_be_read(path: str, text: str) -> None:
    """No comments, nothing may come first, or a file whose marks prove nothing: a trailer says it."""
    check(path, text, None)


def test_every_language_with_comments_has_a_marker() -> None:
    """A new language needs no code here."""
    without = set()
    for language in syntax.languages():
        path = f"src/part{language.extensions[0]}"
        document = Document(path, ("<?php", "x") if language.id == "php" else ("x", "y"))
        known = policy(ANY)
        found = findings(document, known, session(((2, 2),)))
        if any(marker_edit(document, one, REGISTRY, known) is None for one in found):
            without.add(language.id)
    assert without == {
        language.id
        for language in syntax.languages()
        if not (language.line_comments or language.block_comments) or language.id == "json"
    }


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("Assisted-by: *:*", "# Assisted-by: Claude-Code:claude-opus-4-8"),
        ("Generated-by:*", "# Generated-by: Claude Code (claude-opus-4-8)"),
        ("GENERATED-BY:*", "# GENERATED-BY: Claude Code (claude-opus-4-8)"),
        ("# Assisted-by:*", f"# {SAYS}"),
        ("Co-authored-by:*", None),
        ("[[]AI-Generated[]]*", None),
    ],
)
def test_the_policys_form_is_kept(form: str, expected: str | None) -> None:
    """The words are those that the rule asks for; a co-author is a commit's alone."""
    rules = ANY.replace('because = "say it"', f'because = "say it"\n      disclosure = ["{form}"]')
    check("a.py", "import os\n", None if expected is None else (1, expected), rules)


def test_lines_older_than_the_marker_are_disclosed_too() -> None:
    """A header speaks openly of its whole file, though it is evidence for the lines of its own commit only."""
    check("a.py", "import os\nimport sys\n", (1, f"# {SAYS}"), old=1_780_000_000.0)
    head = with_line(Document("a.py", ("import os",), "a.py", (1,), (1_780_000_000.0,)), 1, f"# {SAYS}")
    (claim,) = PreparedMarkers(REGISTRY).claims(head)
    assert (claim.lines, claim.discloses) == (((1, 1),), ((1, 2),))


def test_a_marker_that_nobody_committed_gives_no_persons_lines_to_the_tool() -> None:
    """It was just written for lines that other evidence names; what a person typed beside them stays theirs."""
    head = Document("a.py", ("import os", "typed = os.name"), "a.py", (1, 0), (1_780_000_000.0, 0.0))
    (claim,) = PreparedMarkers(REGISTRY).claims(with_line(head, 1, f"# {SAYS}"))
    assert (claim.lines, claim.discloses) == (((1, 1),), ((1, 3),))


def test_another_tools_marker_discloses_nothing_of_this_one() -> None:
    """Only the lines that a marker itself claims are disclosed when it names somebody else."""
    old = (1_780_000_000.0, 1_780_000_000.0)
    document = Document("a.py", ("import os", "import sys"), "a.py", (1, 2), old)
    marked = with_line(document, 1, "# Assisted-by: Codex")
    (found,) = findings(marked, policy(ANY), session(((2, 3),)))
    assert found.code == "disclosure-missing"
    assert marker_edit(marked, found, REGISTRY, policy(ANY)) == (1, f"# {SAYS}")


def test_one_marker_for_each_tool_of_a_file() -> None:
    """Two findings of one tool need one marker, another tool its own; they are put in one after the other."""
    document = Document("a.py", tuple(f"def f{n}(): return {n} + {n}" for n in range(6)))
    given = (session(((1, 2),)), session(((3, 4),), "codex", None), session(((5, 6),)))
    known = policy(ANY)
    made = list(markers(document, findings(document, known, *given), REGISTRY, known))
    assert made == [(1, f"# {SAYS}"), (1, "# Assisted-by: Codex")]
    for edit in made:
        assert isinstance(edit, tuple)
        document = with_line(document, *edit)
    shifted = [replace(one, lines=tuple((a + 2, b + 2) for a, b in one.lines)) for one in given]
    assert findings(document, known, *shifted) == ()


def test_a_finding_that_asks_for_something_else_has_no_marker() -> None:
    """A marker answers for no review and lifts no ban."""
    document = Document("a.py", ("import os",))
    for require in ("review", "forbid"):
        known = policy(ANY.replace("disclose", require))
        (found,) = findings(document, known, session(((1, 1),)))
        assert marker_edit(document, found, REGISTRY, known) is None
        assert list(markers(document, [found], REGISTRY, known)) == []


def test_the_reason_for_no_marker_is_told() -> None:
    """Half a sentence for a person."""
    known = policy(
        ANY.replace('because = "say it"', 'because = "say it"\n      disclosure = ["Co-authored-by:*"]')
    )
    for path, rules, why in (
        ("a.json", policy(ANY), "its language has no comments"),
        ("tests/a.py", policy(ANY), "a scan reads no markers in a file of this name or for this tool"),
        ("a.py", known, "the policy asks for a form that only a commit can have"),
    ):
        document = Document(path, ("x = 1",))
        (made,) = markers(document, findings(document, rules, session(((1, 1),))), REGISTRY, rules)
        assert made == NoMarker(why)


@given(
    st.lists(
        st.sampled_from(["#!/bin/sh", "# SPDX-x", "---", "", "x = 1", '"""', "<?php", "# Assisted-by: Codex"])
    )
)
def test_any_file_is_either_settled_or_left_alone(rows: list[str]) -> None:
    """Whatever stands in it, an edit that is offered settles the finding, and nothing raises."""
    for path in ("a.py", "a.md", "a.php", "a.yaml"):
        document = Document(path, (*rows, "made = by_a_tool()"))
        known = policy(ANY)
        last = len(document.lines)
        for found in findings(document, known, session(((last, last),))):
            edit = marker_edit(document, found, REGISTRY, known)
            if edit is None:
                continue
            marked = with_line(document, *edit)
            at = last + (last >= edit[0])
            left = findings(marked, known, session(((at, at),)))
            assert not [
                one for one in left if one.agent == found.agent and at in range(one.start, one.end + 1)
            ]
