"""SpecStory's pages: what each tool's page tells of a write, and what none of them can."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.git import Repo
from support.pages import REFUSED, Page
from whence.evidence.interface import Context
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Located, Outcome, Places, Read, Written
from whence.evidence.sessions.readers.specstory import SpecStory
from whence.evidence.sessions.source import Sessions
from whence.model import Document
from whence.repo import Repository
from whence.tools import Registry

ADA = "Ada Colleague <ada@example.org>"
THERE = "/Users/ada/work/other-name"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"
DIFF = "@@\n def first(value):\n-    return value * scale_of(value)\n+" + INSERTED


def located(root: Path, repo: Repo | None = None) -> Located:
    repository = Repository.open(repo.path, repo.environment) if repo else None
    return SpecStory().locate(Places({"HOME": "/nowhere"}, root, repository))


def written(root: Path, repo: Repo | None = None, faults: Faults | None = None) -> list[Written]:
    found: list[Written] = []
    for transcript in located(root, repo).transcripts:
        own_faults = faults or Faults("")
        found += own(SpecStory().read(transcript, own_faults, lambda _: None), own_faults)
        assert faults is not None or own_faults.count == 0, own_faults.first
    return found


def check(root: Path, page: Page, expected: list[tuple[str, list[str]]], repo: Repo | None = None) -> None:
    """The page wrote these lines into these files of the workspace, or of elsewhere (absolute)."""
    page.save(root)
    found = [
        (item.path.removeprefix(f"{root}/"), [line for line in item.lines if line.strip()])
        for item in written(root, repo)
    ]
    assert found == expected


def test_a_new_file_of_claude_codes_is_known_in_full(tmp_path: Path) -> None:
    """Content from the fence, path and outcome from what was said back, time and model from the turn."""
    page = Page()
    page.user("please write it")
    page.write(f"{tmp_path}/lib/a.py", NEW)
    check(tmp_path, page, [("lib/a.py", NEW.splitlines())])
    (item,) = written(tmp_path)
    assert (item.tool, item.model, item.outcome) == ("claude-code", "claude-opus-4-6", Outcome.DONE)
    assert (item.session, item.person) == ("3f2a91c0-0000-4000-8000-000000000001", None)
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T10:00:02+00:00"
    lines = page.text().split("\n")
    assert item.locator.file == ".specstory/history/2026-06-01_10-00-00Z-some-work.md"
    assert lines[item.locator.line - 1].startswith('<tool-use data-tool-type="write"')
    assert page.text().encode()[item.locator.offset :].startswith(b"<tool-use")


@pytest.mark.parametrize(
    "said",
    [
        REFUSED,
        "<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>",
        "[Request interrupted by user for tool use]",
        "Permission to use Write has been denied.",
        "Sibling tool call errored",
        "something that no version says",
    ],
)
def test_a_write_that_did_not_happen_wrote_nothing(tmp_path: Path, said: str) -> None:
    """Its whole text stands in the page all the same."""
    page = Page()
    page.write(f"{tmp_path}/lib/a.py", NEW, said)
    check(tmp_path, page, [])


def test_a_rewrite_names_only_what_the_session_did_not_have(tmp_path: Path) -> None:
    """Known of a file that the session wrote before; of any other no line is named, nor after an unseen edit."""
    path = f"{tmp_path}/lib/a.py"
    done = f"The file {path} has been updated successfully."
    page = Page()
    page.write(path, OLD, done)
    check(tmp_path, page, [])
    page.write(path, NEW)
    page.write(path, NEW + MORE, f"The file {path} has been overwritten successfully.")
    check(tmp_path, page, [("lib/a.py", NEW.splitlines()), ("lib/a.py", MORE.splitlines())])
    page.edit(path)
    page.write(path, NEW + MORE + "limit_of_rows = 4096\n", done)
    check(tmp_path, page, [("lib/a.py", NEW.splitlines()), ("lib/a.py", MORE.splitlines())])


def test_edits_without_text_are_told_once(tmp_path: Path) -> None:
    """Not measured: the pages keep no text of them."""
    for number in range(3):
        page = Page()
        page.edit(f"{tmp_path}/lib/a.py")
        page.save(tmp_path, f"2026-06-0{number}_10-00-00Z-x.md")
    assert written(tmp_path) == []
    (problem,) = located(tmp_path).problems
    assert problem.why == (
        "SpecStory keeps no text of what Claude Code's Edit inserted: 3 of its sessions here are told in part"
    )


@pytest.mark.parametrize("escaped", [False, True])
def test_fences_in_fenced_text_end_nothing(tmp_path: Path, escaped: bool) -> None:
    """A Markdown file with code in it, and with what looks like the end of the use, in both ways to protect it."""
    text = "# How to use it\n\n```python\ncall_the_function(once=True)\n```\n\nand </details></tool-use> is no end\n"
    page = Page(escaped=escaped)
    page.write(f"{tmp_path}/README.md", text)
    page.write(f"{tmp_path}/lib/a.py", NEW)
    expected = [line for line in text.split("\n") if line]
    check(tmp_path, page, [("README.md", expected), ("lib/a.py", NEW.splitlines())])


def test_what_was_shown_or_typed_is_somebody_elses(tmp_path: Path) -> None:
    """Files that were read, outputs, and a person's own words."""
    for show in ("read", "bash", "user"):
        page = Page()
        if show == "read":
            page.read("old.py", MORE)
        elif show == "bash":
            page.bash("cat old.py", MORE)
        else:
            page.user("use this:\n" + MORE)
        page.write(f"{tmp_path}/lib/a.py", MORE + NEW)
        check(tmp_path, page, [("lib/a.py", NEW.splitlines())])


def test_what_a_person_pasted_is_no_use_of_a_tool(tmp_path: Path) -> None:
    """A page quoted in a prompt."""
    other = Page()
    other.write(f"{tmp_path}/lib/a.py", NEW)
    quoted = next(line for line in other.out if line.startswith("<tool-use"))
    at = other.out.index(quoted)
    page = Page()
    page.user("look at this:\n" + "\n".join(other.out[at:]))
    check(tmp_path, page, [])


def test_here_documents_count_when_the_command_succeeded(tmp_path: Path) -> None:
    """Relative to the folder of the pages; a commit message is no file."""
    command = f"cat > lib/a.py <<'EOF'\n{NEW}EOF"
    page = Page()
    page.bash(command, "done")
    page.bash(command.replace("a.py", "b.py"), "Exit code 1\nno such folder")
    page.bash("git commit -F - <<'EOF'\nRework the whole of it for long inputs\nEOF", "done")
    check(tmp_path, page, [("lib/a.py", NEW.splitlines())])


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (None, Outcome.DONE),
        ("", Outcome.UNKNOWN),
        ("apply_patch verification failed: Failed to find expected lines", None),
        ("Exit code: 1\nOutput:\nno", None),
        ("rejected by user", None),
        ("anything else", None),
    ],
)
def test_codex_patches_count_by_what_was_said_back(
    tmp_path: Path, said: str | None, outcome: Outcome | None
) -> None:
    """Older pages have no result: nobody knows."""
    page = Page("Codex CLI", model="gpt-5.3-codex")
    page.patch("lib/a.py", DIFF, said)
    check(tmp_path, page, [] if outcome is None else [("lib/a.py", [INSERTED])])
    assert [(item.tool, item.outcome) for item in written(tmp_path)] == (
        [("codex", outcome)] if outcome else []
    )


def test_a_new_file_in_a_patch_is_all_new(tmp_path: Path) -> None:
    """Lines of Add have a plus each; lines taken out are somebody else's."""
    page = Page("Codex CLI")
    page.patch("lib/a.py", "\n".join("+" + line for line in NEW.splitlines()), operation="Add")
    page.patch("lib/b.py", "@@\n-" + MORE.splitlines()[1])
    page.patch("lib/c.py", "@@\n+" + MORE.splitlines()[1])
    check(tmp_path, page, [("lib/a.py", NEW.splitlines())])


def test_diffs_of_cursor_are_proposals(tmp_path: Path) -> None:
    """Its pages do not say whether a person took them; text may be escaped for HTML."""
    page = Page("Cursor IDE", model="claude-4-sonnet")
    chunk = "@@ -1,2 +1,2 @@\n  type Name struct {\n+ \tName string &#96;json:&quot;n&quot;&#96; // a &lt; b"
    body = ["", "**Chunk 1**", "Lines added: 1, lines removed: 0", "", page.fence("diff", chunk), ""]
    page.use("write", "search_replace", *body, summary="Tool use: **search_replace** • Edit file: lib/a.go")
    check(tmp_path, page, [("lib/a.go", [' \tName string `json:"n"` // a < b'])])
    assert written(tmp_path)[0].outcome is Outcome.UNKNOWN


def test_a_diff_that_names_its_file_needs_no_summary(tmp_path: Path) -> None:
    """Cursor's command line puts the path into the diff."""
    page = Page("Cursor CLI")
    page.use(
        "write", "StrReplace", "", page.fence("diff", f"--- lib/a.py\n+++ lib/a.py\n-x = 1\n+{INSERTED}")
    )
    check(tmp_path, page, [("lib/a.py", [INSERTED])])


def test_other_tools_name_the_path_above(tmp_path: Path) -> None:
    """Gemini CLI's and Droid's whole files; Gemini's replace has no old text and names nothing."""
    page = Page("Gemini CLI", model="gemini-3-flash")
    body = ["", "Path: `lib/a.py`", "", f"```py\n{NEW}```", ""]
    page.use("write", "write_file", *body, "Result: Successfully created and wrote to new file: /x/lib/a.py.")
    page.use(
        "write",
        "replace",
        "",
        "Path: `lib/b.py`",
        "",
        f"```diff\n{MORE}```",
        "",
        "Result: Successfully modified",
    )
    check(tmp_path, page, [("lib/a.py", NEW.splitlines())])
    assert [problem.why[:52] for problem in located(tmp_path).problems] == [
        "SpecStory keeps no text of what Gemini CLI's replace"
    ]


def test_the_first_versions_pages_are_proposals_without_a_path(tmp_path: Path) -> None:
    """Cursor's first extension: diffs alone, dated by the page's beginning."""
    page = Page(version=1, begun="2026-06-01 10:00:00")
    page.user("please")
    page.agent("I'll write it:\n\n```python\nproposed_only(in_the_chat=True)\n```\n")
    page.agent("\n\n---\n\n```diff\n- \n" + "\n".join("+ " + line for line in NEW.splitlines()) + "\n```\n")
    page.save(tmp_path)
    (item,) = written(tmp_path)
    assert [line.strip() for line in item.lines] == [line.strip() for line in NEW.splitlines()]
    assert (item.tool, item.path, item.outcome, item.model) == ("cursor", "", Outcome.UNKNOWN, None)
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T10:00:00+00:00"


def test_a_committed_page_is_its_committers(repo: Repo, tmp_path: Path) -> None:
    """Who prompted is who committed the page first; one that is not committed is this machine's user's."""
    page = Page()
    page.write(f"{THERE}/lib/a.py", NEW + MORE)
    page.save(repo.path)
    assert [item.person for item in written(repo.path, repo)] == [None]
    repo.commit("keep", {"lib/a.py": NEW + MORE}, author=ADA, date="2026-06-02T09:00:00+00:00")
    page.edit(f"{THERE}/lib/a.py")
    page.save(repo.path)
    repo.commit("more", date="2026-06-02T10:00:00+00:00")
    (item,) = written(repo.path, repo)
    assert (item.person, item.path) == (ADA, f"{repo.path}/lib/a.py")
    repository = Repository.open(repo.path, repo.environment)
    context = Context(
        repo.path, repository, Registry.builtin(), ["lib/a.py"], {"HOME": str(tmp_path / "none")}
    )
    (claim,) = Sessions().prepare(context).claims(Document("lib/a.py", tuple((NEW + MORE).splitlines())))
    assert (claim.person, claim.source, claim.lines) == (ADA, "specstory-history", ((1, 4),))


def test_times_without_a_zone_are_the_committers(repo: Repo) -> None:
    """The first version wrote local times."""
    page = Page(version=1, begun="2026-06-01 10:00:00")
    page.agent("```diff\n+ " + INSERTED + "\n```\n")
    page.save(repo.path)
    repo.commit("keep", date="2026-06-02T09:00:00-07:00")
    (item,) = written(repo.path, repo)
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T17:00:00+00:00"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{THERE}/lib/a.py", "lib/a.py"),
        ("C:\\Users\\ada\\proj\\lib\\a.py", "lib/a.py"),
        ("./lib/a.py", "lib/a.py"),
        ("/tmp/scratch.py", "/tmp/scratch.py"),
    ],
)
def test_paths_of_another_machine_are_this_projects(tmp_path: Path, path: str, expected: str) -> None:
    """Where a file of the project ends them."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text(NEW)
    page = Page()
    page.write(path, NEW)
    check(tmp_path, page, [(expected, NEW.splitlines())])


def test_pages_of_folders_inside_are_found(tmp_path: Path) -> None:
    """A workspace of several projects; other Markdown is no page."""
    page = Page()
    page.write("lib/a.py", NEW)
    page.save(tmp_path / "inner")
    (tmp_path / "inner" / ".specstory" / "history" / "notes.md").write_text("# Notes\n")
    (item,) = written(tmp_path)
    assert item.path == f"{tmp_path}/inner/lib/a.py"
    assert located(tmp_path / "nothing") == Located()


def test_masked_lines_are_nobodys(tmp_path: Path) -> None:
    """SpecStory names the rule by which it blacked something out."""
    page = Page()
    page.write(f"{tmp_path}/a.py", "token = '[REDACTED:github-oauth]'\n" + NEW)
    check(tmp_path, page, [("a.py", NEW.splitlines())])


def test_a_use_without_an_end_is_told(tmp_path: Path) -> None:
    """A page that was cut: the fault names the line where the use begins."""
    page = Page()
    page.write(f"{tmp_path}/a.py", NEW)
    path = page.save(tmp_path)
    path.write_text(page.text().replace("</details></tool-use>\n", ""))
    faults = Faults("page")
    written(tmp_path, faults=faults)
    line = 1 + page.text().split("\n").index(
        '<tool-use data-tool-type="write" data-tool-name="Write"><details>'
    )
    assert faults.first == f"line {line}: a use of a tool without an end"


def test_carriage_returns_do_not_matter(tmp_path: Path) -> None:
    """A work tree with CRLF line ends."""
    page = Page()
    page.write(f"{tmp_path}/a.py", NEW)
    path = page.save(tmp_path)
    path.write_bytes(page.text().replace("\n", "\r\n").encode())
    assert [item.lines for item in written(tmp_path)] == [tuple(NEW.splitlines())]


def test_every_page_is_known_as_what_a_person_may_read(tmp_path: Path) -> None:
    """Reads carry the page, so that exposure can be told from them."""
    page = Page()
    page.read("old.py", MORE)
    page.save(tmp_path)
    (transcript,) = located(tmp_path).transcripts
    reads = [
        event for event in SpecStory().read(transcript, Faults(""), lambda _: None) if isinstance(event, Read)
    ]
    assert any(read.path == f"{tmp_path}/old.py" and MORE.split("\n")[0] in read.lines for read in reads)


PIECES = [
    "```", "````", "```diff", "```text", '<tool-use data-tool-type="write" data-tool-name="Write"><details>',
    "</details></tool-use>", "</details>", "_**User**_", "_**Agent (x 2026-06-01 10:00:00Z)**_", "+ x = 1", "@@", "---",
    "**Update: `a.py`**", "File created successfully at: a.py", "Path: `\x00`", "<!-- Claude Code Session x (y) -->",
    "# x (2026-06-01 10:00:00)", "<details><summary>Tool use: **edit** • Edit file: a</summary>", "", "\ud7ff",
]  # fmt: skip


@given(
    lines=st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=30), tail=st.binary(max_size=9)
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_page_is_survived(tmp_path: Path, lines: list[str], tail: bytes) -> None:
    """Whatever a page is made of, nothing raises."""
    folder = tmp_path / ".specstory" / "history"
    folder.mkdir(parents=True, exist_ok=True)
    text = "<!-- Generated by SpecStory, Markdown v2.1.0 -->\n" + "\n".join(lines)
    (folder / "x.md").write_bytes(text.encode("utf-8", "replace") + tail)
    written(tmp_path, faults=Faults("x"))
