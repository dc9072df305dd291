"""git-ai notes that we write, read by the standard's own rules and by our reader; merged without losing a byte's meaning."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.disclosure import Claim, Conflict, Written, note
from whence.evidence import notes_text
from whence.ranges import Lines, each, from_lines, subtract

COMMIT = "c" * 40
DANA = "Dana Dev <dana@example.org>"
SESSION = "3f2a91c0-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Read:
    """A note by the standard's rules, read without any code of ours."""

    lines: Mapping[str, Mapping[int, str]]
    """Path to line to key."""
    body: Mapping[str, Any]

    def agents(self) -> dict[str, dict[int, tuple[str, str, str]]]:
        """Path to line to the recorded tool, session and model behind its key."""
        return {
            path: {number: self._agent(key) for number, key in lines.items()}
            for path, lines in self.lines.items()
        }

    def _agent(self, key: str) -> tuple[str, str, str]:
        assert re.fullmatch(r"s_[0-9a-f]{14}::t_[0-9a-f]{14}", key)
        agent = self.body["sessions"][key.split("::")[0]]["agent_id"]
        return agent["tool"], agent["id"], agent["model"]


def read(data: bytes) -> Read:
    """The rules: the first line that is exactly `---` divides; paths in column 0, quoted only for white space, no
    escapes; entries of two blanks, key, blank, ranges; a later entry wins."""
    head, divider, body = [], False, []
    for row in data.decode("utf-8").split("\n"):
        if row == "---" and not divider:
            divider = True
        else:
            (body if divider else head).append(row)
    assert divider
    found: dict[str, dict[int, str]] = {}
    path = None
    for row in filter(None, head):
        if not row.startswith(" "):
            path = row[1:-1] if row.startswith('"') else row
            assert row.startswith('"') == bool(re.search(r"[ \t\n]", path)), row
            found.setdefault(path, {})
            continue
        entry = re.fullmatch(r"  (\S+) (\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)", row)
        assert entry, row
        assert path is not None
        for run in entry[2].split(","):
            first, _, last = run.partition("-")
            assert 1 <= int(first) <= int(last or first)
            found[path].update(dict.fromkeys(range(int(first), int(last or first) + 1), entry[1]))
    value = json.loads("\n".join(body))
    assert value["schema_version"] == "authorship/3.0.0"
    return Read(found, value)


def claim(path: str = "a.py", lines: Lines = ((1, 3),), **changes: Any) -> Claim:
    return Claim(
        path, lines, **{"tool": "claude-code", "session": SESSION, "model": "claude-opus-4-8", **changes}
    )


def written(*claims: Claim, existing: bytes | None = None) -> Written:
    return note(COMMIT, claims, person=DANA, existing=existing)


def claimed(data: bytes) -> dict[str, dict[int, tuple[str | None, str | None, str | None]]]:
    """The same as `Read.agents`, by our own reader."""
    ours = notes_text.parse(data)
    assert not ours.faults
    found: dict[str, dict[int, tuple[str | None, str | None, str | None]]] = {}
    for path, entries in ours.files.items():
        for entry in entries:
            author = ours.author(entry.key)
            assert author is not None
            who = (author.tool, author.session, author.model)
            found.setdefault(path, {}).update(dict.fromkeys(each(entry.lines), who))
    return found


def test_a_note_is_what_the_standard_says() -> None:
    """Bytes as git-ai prints them, keys by the documented hashes, base commit and person in place."""
    made = written(claim("src/a.py", ((1, 4), (9, 9))), claim("my file.md", ((7, 7),)))
    key = hashlib.sha256(f"claude:{SESSION}".encode()).hexdigest()[:14]
    lines = made.text.decode().split("\n")
    assert re.sub(r"t_[0-9a-f]{14}", "t_", "\n".join(lines[:5])) == (
        f'"my file.md"\n  s_{key}::t_ 7\nsrc/a.py\n  s_{key}::t_ 1-4,9\n---'
    )
    body = json.loads("\n".join(lines[5:]))
    assert list(body) == ["schema_version", "base_commit_sha", "prompts", "sessions"]
    assert body["base_commit_sha"] == COMMIT
    assert body["sessions"][f"s_{key}"]["human_author"] == DANA
    assert made.lines == 6
    assert written(claim("my file.md", ((7, 7),)), claim("src/a.py", ((1, 4), (9, 9)))).text == made.text


@pytest.mark.parametrize(
    ("tool", "recorded"), [("claude-code", "claude"), ("codex", "codex"), ("copilot", "github-copilot")]
)
def test_tools_are_called_as_git_ai_calls_them(tool: str, recorded: str) -> None:
    """One session has one key, whoever writes the note."""
    from whence.tools import Registry

    got = read(written(claim(tool=tool)).text).agents()["a.py"][1]
    assert got[0] == recorded
    found = Registry.builtin().find(recorded)
    assert found is not None
    assert found.id == tool


PATHS = [
    "a.py",
    "src/deep/b.ts",
    "with space.md",
    "tab\there.c",
    "ünïcode.py",
    "s_0123456789abcd::t_0 1",
    "--",
    "x---y",
]
LINES = st.builds(from_lines, st.sets(st.integers(1, 60), max_size=25))
CLAIMS = st.lists(
    st.builds(
        Claim,
        st.sampled_from(PATHS),
        LINES,
        st.sampled_from(["claude-code", "codex", "opencode"]),
        st.sampled_from([SESSION, "019c5b7e-41d2", "T-1"]),
        st.sampled_from(["claude-opus-4-8", "gpt-5.5"]),
    ),
    max_size=6,
)


def apart(claims: list[Claim]) -> list[Claim]:
    """The claims without the lines that an earlier one has: a line comes from one session."""
    seen: dict[str, Lines] = {}
    out = []
    for one in claims:
        lines = subtract(one.lines, seen.get(one.path, ()))
        seen[one.path] = from_lines([*each(seen.get(one.path, ())), *each(lines)])
        out.append(Claim(one.path, lines, one.tool, one.session, one.model))
    return out


def expected(claims: list[Claim]) -> dict[str, dict[int, tuple[str, str]]]:
    out: dict[str, dict[int, tuple[str, str]]] = {}
    for one in claims:
        for number in each(one.lines):
            tool = {"claude-code": "claude"}.get(one.tool, one.tool)
            out.setdefault(one.path, {})[number] = (tool, one.session)
    return out


@given(CLAIMS)
def test_every_note_is_read_back_identically_by_both_readers(claims: list[Claim]) -> None:
    """Tool, session and model of every line, and no line more."""
    claims = apart(claims)
    data = written(*claims).text
    got = read(data).agents()
    assert {path: {n: who[:2] for n, who in lines.items()} for path, lines in got.items()} == expected(claims)
    assert claimed(data) == got


@given(CLAIMS, CLAIMS)
def test_a_merge_is_the_sum_of_its_parts(first: list[Claim], second: list[Claim]) -> None:
    """What stood in the note stays with its key, what is new is added; the same again changes nothing."""
    together = apart([*first, *second])
    before, after = together[: len(first)], together[len(first) :]
    existing = written(*before).text
    merged = written(*after, existing=existing)
    got = read(merged.text)
    assert {p: {n: w[:2] for n, w in lines.items()} for p, lines in got.agents().items()} == expected(
        together
    )
    assert claimed(merged.text) == got.agents()
    for path, lines in read(existing).lines.items():
        assert {number: got.lines[path][number] for number in lines} == lines
    again = written(*after, *before, existing=merged.text)
    assert (again.text, again.lines) == (merged.text, 0)


THERE = (
    b'a.py\n  d9978a8723e02b52 5\n\nb.py\n  h_31dce776f88375 1-2\n---\n{"schema_version": "authorship/3.0.0",'
    b' "git_ai_version": "1.6.22", "logical_commit_id": "x", "prompts": {"d9978a8723e02b52": {"agent_id": '
    b'{"tool": "claude", "id": "' + SESSION.encode() + b'", "model": "m"}, "messages": [{"text": "caf\xc3\xa9"}], '
    b'"accepted_lines": 1}}, "humans": {"h_31dce776f88375": {"author": "Dana"}}}\n'
)  # fmt: skip


def test_what_others_keep_in_a_note_stays() -> None:
    """Unknown fields, conversations, people and versions are there after a merge, in their order."""
    made = written(claim("a.py", ((1, 6),)), claim("c.py"), existing=THERE)
    before, after = json.loads(THERE.partition(b"---\n")[2]), read(made.text).body
    sessions = after.pop("sessions")  # type: ignore[attr-defined]
    assert (after, list(after)) == (before, list(before))
    assert len(sessions) == 1
    assert "café" in made.text.decode()
    head = made.text.decode().split("---\n")[0]
    assert re.sub(r"s_\w+::t_\w+", "NEW", head) == (
        "a.py\n  d9978a8723e02b52 5\n  NEW 1-4,6\n\nb.py\n  h_31dce776f88375 1-2\nc.py\n  NEW 1-3\n"
    )
    assert made.lines == 8


def test_lines_of_the_same_session_under_another_key_are_not_listed_twice() -> None:
    """A prompt's key that names the session says it already."""
    made = written(claim("a.py", ((5, 5),)), existing=THERE)
    assert (made.text, made.lines) == (THERE, 0)


@pytest.mark.parametrize(
    ("existing", "says"),
    [
        (THERE.replace(b"  d9978a8723e02b52 5", b"  human 2"), "to another author (human)"),
        (THERE.replace(SESSION.encode(), b"other"), "to another author (d9978a8723e02b52)"),
        (b"no note at all", "cannot be read"),
        (THERE.replace(b"3.0.0", b"4.0.0"), "cannot be read"),
        (THERE.replace(b"3.0.0", b"3.1.0"), "not of authorship/3.0.0"),
        (THERE.replace(b" 5\n", b" five\n"), "a fault in line 2"),
        (THERE.replace(b"\xc3\xa9", b"\xe9"), "cannot be read"),
        (THERE.replace(b'"git_ai_version"', b'"prompts": {}, "git_ai_version"'), "without loss: a name stands twice"),
        (THERE.replace(b'"logical_commit_id": "x"', b'"logical_commit_id": NaN'), "without loss: NaN"),
        (THERE.replace(b'"logical_commit_id": "x"', b'"sessions": []'), "`sessions` that are no table"),
        (b'{"files": {}, "schema_version": "authorship/0.0.1"}', "an older format"),
    ],
)  # fmt: skip
def test_a_note_that_cannot_be_added_to_exactly_is_refused(existing: bytes, says: str) -> None:
    """Nothing is guessed: the reason is told and nothing made."""
    with pytest.raises(Conflict) as refused:
        written(claim("a.py", ((1, 6),)), existing=existing)
    assert says in str(refused.value)


def test_a_key_that_means_another_session_is_refused() -> None:
    """Fourteen digits may collide, or be forged."""
    key = "s_" + hashlib.sha256(f"claude:{SESSION}".encode()).hexdigest()[:14]
    body = {
        "schema_version": "authorship/3.0.0",
        "prompts": {},
        "sessions": {key: {"agent_id": {"tool": "x", "id": "y"}}},
    }
    with pytest.raises(Conflict, match="another session"):
        written(claim(), existing=f"---\n{json.dumps(body)}".encode())


@pytest.mark.parametrize("path", ["two\nlines", "---", '"quoted"', "odd\udcff", "", "end\r"])
def test_a_name_that_the_format_cannot_hold_is_left_out_and_told(path: str) -> None:
    """The format has no escapes; the other files go on."""
    made = written(claim(path), claim("b.py"))
    assert list(read(made.text).lines) == ["b.py"]
    assert "a note cannot hold that name" in made.remarks[0]


def test_a_session_with_several_models_gets_a_record_without_one() -> None:
    """A record names one model; naming either would claim too much."""
    made = written(claim("a.py"), claim("b.py", model="claude-haiku-4-5"))
    assert {who[2] for lines in read(made.text).agents().values() for who in lines.values()} == {"unknown"}
    assert "several models" in made.remarks[0]


def test_a_session_without_a_usable_id_is_left_out() -> None:
    """No key could be looked up, and foreign text does not enter a note."""
    made = written(claim(session="please do\nthis"), claim("b.py", session=""))
    assert read(made.text).lines == {}
    assert len(made.remarks) == 1
