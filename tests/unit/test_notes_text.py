"""The text of git-ai notes: every shape that the standard or real notes have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whence.evidence.notes_text import Author, Note, NoteError, means_ai, parse
from whence.ranges import each

SESSION = "s_0123456789abcd::t_fedcba98765432"
PROMPT = "d9978a8723e02b52"
AGENT = {"agent_id": {"tool": "codex", "id": "019f", "model": "gpt-5.5"}, "human_author": "A <a@example.org>"}
CODEX = Author(tool="codex", session="019f", model="gpt-5.5", person="A <a@example.org>")


def note(attestations: str, **maps: dict[str, Any]) -> bytes:
    head = {"schema_version": "authorship/3.0.0", "base_commit_sha": "0" * 40, "prompts": {}}
    return f"{attestations}---\n{json.dumps({**head, **maps}, indent=2, ensure_ascii=False)}".encode()


def keys(parsed: Note, path: str) -> dict[int, str]:
    """Line to key."""
    return {line: entry.key for entry in parsed.files.get(path, ()) for line in each(entry.lines)}


def check(attestations: str, path: str, expected: dict[int, str]) -> None:
    parsed = parse(note(attestations))
    assert parsed.faults == ()
    assert keys(parsed, path) == expected


def test_paths_entries_and_ranges() -> None:
    """Each path has its entries, each entry its ranges."""
    text = f"a.py\n  {SESSION} 1-2,4\n  {PROMPT} 9\nb.py\n  {PROMPT} 7\n"
    check(text, "a.py", {1: SESSION, 2: SESSION, 4: SESSION, 9: PROMPT})
    check(text, "b.py", {7: PROMPT})


def test_quoted_and_non_ascii_paths() -> None:
    """A path with blanks is quoted without escapes; others are raw UTF-8."""
    check(f'"docs/my file.md"\n  {PROMPT} 7\n', "docs/my file.md", {7: PROMPT})
    check(f"käse.md\n  {PROMPT} 7\n", "käse.md", {7: PROMPT})


def test_the_last_entry_wins() -> None:
    """A line that several entries list belongs to the last; ranges may overlap and come in any order."""
    check("a\n  0000001 20-25,1-3,20-23\n  0000002 2,24-40\n  0000001 40\n", "a",
          {1: "0000001", 2: "0000002", 3: "0000001", **dict.fromkeys(range(20, 24), "0000001"),
           **dict.fromkeys(range(24, 40), "0000002"), 40: "0000001"})  # fmt: skip


@pytest.mark.parametrize("person", ["h_31dce776f88375", "human"])
@pytest.mark.parametrize("first", [True, False])
def test_a_persons_entry_wins_in_any_order(person: str, first: bool) -> None:
    """Entries are written in the order of their keys, so their order does not tell who wrote a line last."""
    entries = [f"  {person} 2-3\n", f"  {PROMPT} 1-5\n", f"  {SESSION} 3-4\n"]
    check("a\n" + "".join(entries if first else reversed(entries)), "a",
          {1: PROMPT, 2: person, 3: person, 4: SESSION if first else PROMPT, 5: PROMPT})  # fmt: skip


def test_a_note_without_claims() -> None:
    """An empty first part is normal: the commit has no lines of a tool."""
    assert parse(note("")).files == {}


@pytest.mark.parametrize(
    ("key", "maps", "expected"),
    [
        (SESSION, {"sessions": {"s_0123456789abcd": AGENT}}, CODEX),
        (PROMPT, {"prompts": {PROMPT: AGENT}}, CODEX),
        ("bb3022d", {"prompts": {"bb3022d": AGENT}}, CODEX),
        ("0f7b1e0e-0000-4000-8000-000000000000", {"prompts": {"0f7b1e0e-0000-4000-8000-000000000000": AGENT}}, CODEX),
        ("h_31dce776f88375", {"humans": {"h_31dce776f88375": {"author": "B"}}}, Author(human=True, person="B")),
        ("h_31dce776f88375", {}, Author(human=True)),
        ("human", {}, Author(human=True)),
        ("ai_agent", {}, Author()),
        (PROMPT, {}, None),
        (SESSION, {"sessions": {"s_0123456789abcd": "?"}}, None),
        (PROMPT, {"prompts": {PROMPT: {"agent_id": None, "human_author": 3}}}, Author()),
    ],
)  # fmt: skip
def test_who_a_key_is(key: str, maps: dict[str, Any], expected: Author | None) -> None:
    """A key leads to a session, a prompt or a person; a dangling one to nobody."""
    assert parse(note(f"a\n  {key} 1\n", **maps)).author(key) == expected


def test_conversations_are_skipped_in_large_notes() -> None:
    """A large note gives the same authors, whatever its conversations quote."""
    forged = '\n    "aaaaaaa": {\n      "agent_id": {\n        "tool": "devin",\n        "id": "x",\n        "model": "y"\n      }'
    talk = {**AGENT, "messages": [{"type": "user", "text": forged + "x" * 100_000}]}
    large = note(f"a\n  {PROMPT} 1\n  h_31dce776f88375 2\n", prompts={PROMPT: talk})
    parsed = parse(large)
    assert parsed.author(PROMPT) == CODEX
    assert parsed.author("h_31dce776f88375") == Author(human=True)
    assert parsed.author("aaaaaaa") is None
    compact = large.replace(b'\n    "' + PROMPT.encode(), b'"' + PROMPT.encode())
    assert parse(compact).author(PROMPT) == CODEX


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"a\n  d9978a8723e02b52 1\n", 3, "no line `---`"),
        (b"a\n  d9978a8723e02b52 1\n---\n{\n oops", 5, "JSON is broken"),
        (b"a\n  d9978a8723e02b52 1\n---\n" + b"[" * 100_000, 4, "JSON is broken"),
        (b"---\n[]", 2, "not an object"),
        (note("").replace(b"3.0.0", b"4.0.0"), 2, "authorship/4.0.0"),
        (note("")[:-3], 5, "JSON is broken"),
        (b"", 1, "no line `---`"),
        (b'{"files": {}, "schema_version": "other/1"}', 1, "other/1"),
    ],
)
def test_broken_notes_are_refused(data: bytes, line: int, words: str) -> None:
    """A note that is not whole is refused with the line where it breaks."""
    with pytest.raises(NoteError, match=words.replace("(", r"\(")) as caught:
        parse(data)
    assert caught.value.line == line


def test_a_broken_line_costs_only_itself() -> None:
    """Lines that are no entries are named by number, the others count."""
    bad = ["  d9978a8723e02b52", "  d9978a8723e02b52 5-3", "  d9978a8723e02b52 0", "  d9978a8723e02b52 1,x",
           "  d9978a8723e02b52 ²", "  d9978a8723e02b52 " + "9" * 5000, " d9978a8723e02b52 1"]  # fmt: skip
    text = "  d9978a8723e02b52 8\na\n" + "".join(line + "\n" for line in bad) + f"  {PROMPT} 6\n"
    parsed = parse(note(text))
    assert [line for line, _ in parsed.faults] == [1, *range(3, 3 + len(bad))]
    assert keys(parsed, "a") == {6: PROMPT}


def test_the_json_that_came_first() -> None:
    """The oldest notes are one JSON object with names and line lists by file."""
    old = {
        "files": {"a": {"file": "a", "authors": [{"author": "Cursor", "lines": [2, [8, 9]]}, {"author": 1}]}}
    }
    parsed = parse(json.dumps(old).encode())
    assert keys(parsed, "a") == {2: "Cursor", 8: "Cursor", 9: "Cursor"}
    assert parsed.version == 0
    assert len(parsed.faults) == 1


def test_which_dangling_keys_are_a_tools() -> None:
    """Only hashes and UUIDs of sessions and prompts can be nobody's but a tool's."""
    assert all(map(means_ai, [SESSION, PROMPT, "bb3022d", "s_0123456789abcd"]))
    assert not any(map(means_ai, ["Dana", "h_31dce776f88375", "human", "", "zzzzzzz"]))
