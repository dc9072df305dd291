"""The patch format that Codex and others write, read as leniently as they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.evidence.sessions.edits.apply_patch import Change, parse, unified

UPDATE = """\
*** Begin Patch
*** Update File: src/a.py
@@ def first():
 context

-removed
+added
*** End Patch
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no patch here", []),
        ("*** Begin Patch\n*** End Patch", []),
        ("*** Begin Patch\n*** Add File: a b.py\n+x = 1\n+\n+y = 2\n*** End Patch\n", [("add", "a b.py", ["+x = 1", "+", "+y = 2"])]),
        ("*** Begin Patch\n*** Delete File: a.py\n*** End Patch", [("delete", "a.py", [])]),
        (UPDATE, [("update", "src/a.py", [" context", " ", "-removed", "+added"])]),
        (UPDATE.replace("\n", "\r\n"), [("update", "src/a.py", [" context", " ", "-removed", "+added"])]),
        ("<<'EOF'\n" + UPDATE + "EOF", [("update", "src/a.py", [" context", " ", "-removed", "+added"])]),
        ("  *** Begin Patch\n*** Add File: a\n+x\n*** End Patch  ", [("add", "a", ["+x"])]),
        # The first chunk needs no @@, the end may be missing, and what follows the end is not read.
        ("*** Begin Patch\n*** Update File: a\n-x\n+y\n", [("update", "a", ["-x", "+y"])]),
        ("*** Begin Patch\n*** Add File: a\n+x\n*** End Patch\n*** Add File: b\n+y", [("add", "a", ["+x"])]),
        (
            "*** Begin Patch\n*** Add File: a\n+x\n*** Update File: b\n@@\n+y\n*** Delete File: c\n*** End Patch",
            [("add", "a", ["+x"]), ("update", "b", ["+y"]), ("delete", "c", [])],
        ),
        # Added text that speaks of patches is text.
        (
            "*** Begin Patch\n*** Update File: a\n+*** End Patch\n ***  Add File: z\n+after\n*** End Patch",
            [("update", "a", ["+*** End Patch", " ***  Add File: z", "+after"])],
        ),
        # Lines without a plus do not belong to a new file.
        ("*** Begin Patch\n*** Add File: a\n+x\ngarbage\n+y\n*** End Patch", [("add", "a", ["+x", "+y"])]),
    ],
)  # fmt: skip
def test_patches_are_cut_into_changes(text: str, expected: list[tuple[str, str, list[str]]]) -> None:
    """Each file's kind, path and prefixed lines, in order."""
    found = [
        (change.kind, change.path, [line for hunk in change.hunks for line in hunk]) for change in parse(text)
    ]
    assert found == expected


def test_chunks_stay_apart() -> None:
    """Lines of two chunks are no neighbours."""
    text = "*** Begin Patch\n*** Update File: a\n@@\n+x\n@@ class B:\n+y\n*** End of File\n*** End Patch"
    assert parse(text)[0].hunks == (("+x",), ("+y",))


def test_a_move_names_where_the_text_goes() -> None:
    """Move to belongs to the update above it."""
    text = (
        "*** Begin Patch\n*** Update File: a\n*** Move to: b/c\n@@\n+x\n*** Update File: d\n+y\n*** End Patch"
    )
    assert [change.target for change in parse(text)] == ["b/c", "d"]


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        ("", ()),
        ("@@ -1,2 +1,2 @@\n a\n-b\n+c\n", ((" a", "-b", "+c"),)),
        ("--- a\n+++ b\n@@ -1 +1 @@\n-b\n+c", (("-b", "+c"),)),
        ("@@ -1 +1 @@\n+a\n\\ No newline at end of file\n@@ -9 +9 @@\n+b", (("+a",), ("+b",))),
        ("@@ -1 +1 @@\n+a\nMoved to: x.py", (("+a",),)),
        ("diff --git a/x b/x\nindex 0..0\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+a\n", (("+a",),)),
        ("@@ -1 +1 @@\n+a\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+b", (("+a",), ("+b",))),
        ("@@ -1 +1 @@\n+a\nIndex: x\n=====\n--- x\n+++ x\n@@ -1 +1 @@\n+b", (("+a",), ("+b",))),
        ("@@ -1 +1 @@\n+a\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+b", (("+a",), ("+b",))),
        (
            "@@ -1,2 +1,2 @@\n--- a comment of SQL\n+++ a counter\n x",
            (("--- a comment of SQL", "+++ a counter", " x"),),
        ),
    ],
)
def test_unified_diffs_are_cut_into_hunks(diff: str, expected: tuple[tuple[str, ...], ...]) -> None:
    """With or without headers; the marks of other tools do not end up in the text."""
    assert unified(diff) == expected


@given(
    st.lists(
        st.sampled_from(
            ["*** Begin Patch", "*** End Patch", "*** Add File: a", "*** Update File: b", "*** Delete File: c", "*** Move to: d",
             "*** End of File", "@@", "@@ a", "+a", "-b", " c", ""]
        )
        | st.text("*+-@ abBegin PatchEdUpAddFile:Move to", max_size=40),
        max_size=12,
    ).map("\n".join)
)  # fmt: skip
def test_no_text_makes_the_parser_fail(text: str) -> None:
    """Whatever stands between the markers, parsing ends with changes that have a path."""
    for wrapped in (text, f"*** Begin Patch\n{text}\n*** End Patch"):
        for change in parse(wrapped):
            assert isinstance(change, Change)
            assert change.path
            assert all(line[0] in "+- " for hunk in change.hunks for line in hunk)
    unified(text)
