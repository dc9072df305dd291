"""Agent Trace records as evidence: every shape met in the wild, and no claim that the text does not bear out."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo
from whence.evidence.agent_trace import AgentTrace, PreparedTraces
from whence.evidence.interface import Context
from whence.evidence.murmur3 import murmur3_x64_128
from whence.linemap import line_map
from whence.model import Contributor, Document, Evidence
from whence.ranges import Lines, each
from whence.repo import Repository
from whence.text import decode, split
from whence.tools import Registry

BEFORE, NOW, AFTER = (f"2026-07-01T{hour}:00:00+00:00" for hour in ("09", "10", "11"))
TRACES = ".agent-trace/traces.jsonl"
OLD = "".join(f"old line {n}\n" for n in range(8))
NEW = "def written_by_tool():\n    return 'quite a long line of text'\n"


def murmur(text: str) -> str:
    return f"murmur3:{murmur3_x64_128(text.rstrip(chr(10)).encode()):032x}"


def record(path: str = "a.py", start: int = 9, end: int = 10, **more: Any) -> dict[str, Any]:
    """A record in the specification's shape; `more` overrides the range's, the talk's or the record's fields."""
    part = {"start_line": start, "end_line": end}
    if "content_hash" in more:
        part["content_hash"] = more.pop("content_hash")
    by = {"type": more.pop("type", "ai"), "model_id": "anthropic/claude-opus-4-8"}
    made: dict[str, Any] = {
        "version": "0.1.0", "id": "3f0c", "timestamp": NOW, "tool": {"name": "cursor"},
        "files": [{"path": path, "conversations": [{"contributor": by, "ranges": [part]}]}],
    }  # fmt: skip
    revision = more.pop("revision", None)
    return {**made, **({"vcs": {"type": "git", "revision": revision}} if revision else {}), **more}


def flat(path: str, start: int, end: int, text: str, **more: Any) -> dict[str, Any]:
    return {"schema": "agent-trace/v0.1.0", "session_id": "5e55", "file_path": path, "start_line": start,
            "end_line": end, "content_hash": murmur(text), "confidence": "high", "tool": "Edit",
            "tool_use_id": "toolu_01", "timestamp": NOW, **more}  # fmt: skip


def write(root: Path, *records: object, name: str = TRACES) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in records))


def prepare(root: Path, repo: Repo | None) -> PreparedTraces:
    repository = Repository.open(root, repo.environment) if repo else None
    paths = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and ".git/" not in str(p)]
    prepared = AgentTrace().prepare(Context(root, repository, Registry.builtin(), sorted(paths), {}))
    assert pickle.loads(pickle.dumps(prepared)) == prepared
    return prepared


def claims(root: Path, repo: Repo | None, path: str, text: str | None = None) -> tuple[Evidence, ...]:
    lines = split(decode((root / path).read_bytes()) if text is None else text)
    head = None
    if repo:
        at_head = repo.git("ls-tree", "HEAD", "--", path)
        head = split(repo.git("show", f"HEAD:{path}")) if at_head else None
    document = Document(path, lines, path if head else None, line_map(head, lines) if head else None)
    return tuple(prepare(root, repo).claims(document))


def check(repo: Repo, path: str, expected: Lines, text: str | None = None) -> tuple[Evidence, ...]:
    """The claimed lines of a present text."""
    found = claims(repo.path, repo, path, text)
    assert {line for evidence in found for line in each(evidence.lines)} == set(each(expected))
    return found


def grown(repo: Repo) -> str:
    """A file of a human's, then two lines more; the commit before them."""
    first = repo.commit("human", {"a.py": OLD}, date=BEFORE)
    repo.commit("tool", {"a.py": OLD + NEW}, date=AFTER)
    return first


def test_a_hash_that_fits_is_believed(repo: Repo) -> None:
    """Text with the recorded hash at the recorded place is the tool's, with all that the record says of it."""
    grown(repo)
    write(repo.path, record(content_hash=murmur(NEW)))
    (found,) = check(repo, "a.py", ((9, 10),))
    assert (found.agent.tool, found.agent.vendor) == ("cursor", "anysphere")
    assert (found.agent.model, found.agent.model_vendor) == ("claude-opus-4-8", "anthropic")
    assert (found.reference, found.signal) == (f"{TRACES}:1", "trace:cursor")
    assert found.time is not None
    assert found.time.isoformat() == NOW


def test_text_that_moved_is_found_by_its_hash(repo: Repo) -> None:
    """The claim holds where the text is now."""
    repo.commit("human", {"a.py": OLD}, date=BEFORE)
    repo.commit("tool", {"a.py": "top\n" + NEW + OLD}, date=AFTER)
    write(repo.path, record(content_hash=murmur(NEW)))
    check(repo, "a.py", ((2, 3),))


def test_text_that_changed_is_nobodys(repo: Repo) -> None:
    """Text with another hash than the recorded one is not claimed, wherever it stands."""
    grown(repo)
    write(repo.path, record(content_hash=murmur(NEW.replace("quite", "not quite"))))
    check(repo, "a.py", ())


def test_lines_that_a_person_wrote_first_are_theirs(repo: Repo) -> None:
    """A record that covers lines committed before it claims only the newer ones."""
    grown(repo)
    write(repo.path, record(start=5, content_hash=murmur("".join(OLD.splitlines(True)[4:]) + NEW)))
    check(repo, "a.py", ((9, 10),))


def test_a_record_of_old_text_claims_nothing(repo: Repo) -> None:
    """A hash that fits text which was there before is no evidence."""
    repo.commit("human", {"a.py": OLD + NEW}, date=BEFORE)
    write(repo.path, record(content_hash=murmur(NEW)))
    check(repo, "a.py", ())


def test_what_the_next_commit_held_is_followed(repo: Repo) -> None:
    """Text that was edited and renamed since its commit keeps what is left of it."""
    grown(repo)
    later = "top\n" + OLD + NEW.replace("quite", "not quite")
    repo.commit("edit", {"a.py": later}, date="2026-07-02T00:00:00+00:00")
    repo.commit("rename", {"a.py": None, "b/c.py": later}, date="2026-07-02T01:00:00+00:00")
    write(repo.path, record(content_hash=murmur(NEW)))
    check(repo, "b/c.py", ((10, 10),))


def test_uncommitted_text_is_found_in_what_the_editor_holds(repo: Repo) -> None:
    """A claim on uncommitted lines follows them while the text around them changes."""
    repo.commit("human", {"a.py": OLD}, date=BEFORE)
    repo.write({"a.py": OLD + NEW})
    write(repo.path, record(content_hash=murmur(NEW)))
    check(repo, "a.py", ((9, 10),))
    check(repo, "a.py", ((10, 11),), text="typed\n" + OLD + NEW)
    check(repo, "a.py", (), text=OLD + "def other():\n")


@pytest.mark.parametrize("content_hash", [None, "sha256:" + "0" * 16, "blake3:00"])
def test_numbers_alone_count_for_new_lines_only(repo: Repo, content_hash: str | None) -> None:
    """Without a hash that can be checked, lines count when the next commit added most of the range."""
    first = grown(repo)
    extra = {"content_hash": content_hash} if content_hash else {}
    write(repo.path, record(start=8, revision=first, **extra))
    (found,) = check(repo, "a.py", ((9, 10),))
    assert found.confidence < 0.9
    write(repo.path, record(start=2, revision=first, **extra))
    check(repo, "a.py", ())


def test_numbers_alone_count_for_uncommitted_lines(repo: Repo) -> None:
    """Before there is a next commit, the lines that are not committed are the new ones."""
    first = repo.commit("human", {"a.py": OLD}, date=BEFORE)
    repo.write({"a.py": OLD + NEW})
    write(repo.path, record(start=8, revision=first))
    check(repo, "a.py", ((9, 10),))


@pytest.mark.parametrize(
    "bare",
    [
        record(),
        record(revision="1" * 40),
        record(start=1, end=10, version="1.0", revision="HEAD"),
        record(start=1, end=1, revision="HEAD"),
    ],
)
def test_places_that_nobody_can_check_are_not_measured(repo: Repo, bare: dict[str, Any]) -> None:
    """Without hash, without a known revision, or with the 1-1 that stands for "unknown", nobody is accused."""
    first = grown(repo)
    if bare.get("vcs", {}).get("revision") == "HEAD":
        bare = {**bare, "vcs": {"type": "git", "revision": first}}
    write(repo.path, bare)
    check(repo, "a.py", ())
    assert ["cannot be checked" in entry.why for entry in prepare(repo.path, repo).not_measured] == [True]


def test_flat_records(repo: Repo) -> None:
    """The flat shape has an absolute path of another machine, and tells a model's vendor by its call's id."""
    grown(repo)
    here = f"/Users/x/{repo.path.name}/a.py"
    elsewhere = flat("/Users/x/other/a.py", 9, 10, NEW)
    write(repo.path, flat(here, 7, 8, NEW), elsewhere, name=".agent-trace/traces.jsonl")
    (found,) = check(repo, "a.py", ((9, 10),))
    assert (found.agent.tool, found.agent.model, found.agent.model_vendor) == (None, None, "anthropic")
    assert found.signal == "trace:unknown"


def test_windows_paths_and_line_ends(repo: Repo) -> None:
    """Backslashes are slashes, and a hash made of lines with or without carriage returns fits."""
    text = NEW.replace("\n", "\r\n")
    repo.commit("tool", {"src/a.py": text}, date=AFTER)
    write(repo.path, record("src\\a.py", 1, 2, content_hash=murmur(NEW)))
    check(repo, "src/a.py", ((1, 2),))
    digest = hashlib.sha256(text.removesuffix("\n").encode()).hexdigest()
    write(
        repo.path,
        record("c:\\x\\" + repo.path.name + "\\src\\a.py", 1, 2, content_hash=f"sha256:{digest[:16]}"),
    )
    check(repo, "src/a.py", ((1, 2),))


def test_people_and_pairs(repo: Repo) -> None:
    """A record names a human, a mix, or nobody; "unknown" claims nothing."""
    grown(repo)
    kinds = ("human", "mixed", "unknown")
    write(repo.path, *(record(content_hash=murmur(NEW), type=kind) for kind in kinds))
    found = check(repo, "a.py", ((9, 10),))
    assert [evidence.contributor for evidence in found] == [Contributor.HUMAN, Contributor.MIXED]
    assert found[0].signal == "trace:human"


def test_pseudo_paths_are_no_files(repo: Repo) -> None:
    """The reference hook's entries for shell and session events claim nothing and are no faults."""
    grown(repo)
    write(
        repo.path,
        *(record(name, 1, 1, version="1.0") for name in (".shell-history", ".sessions", ".unknown")),
    )
    assert prepare(repo.path, repo) == PreparedTraces()


def test_broken_lines_are_named(repo: Repo) -> None:
    """Each line that is no record is named with file and line; the others count."""
    grown(repo)
    bad: list[object] = [
        "{\n", {"pid": 3}, "[]\n", record(start=3, end=2), record(timestamp="noon"), record(version="2.0.0"),
        {**record(), "files": [{}]}, {**record(), "files": [{"path": "a.py", "conversations": 3}]},
        record(type="robot"),
    ]  # fmt: skip
    write(repo.path, *bad, record(content_hash=murmur(NEW)), '{"version": "0.1')
    check(repo, "a.py", ((9, 10),))
    whys = [entry.why.partition(": ")[0] for entry in prepare(repo.path, repo).not_measured]
    assert whys == [f"{TRACES}:{number}" for number in (*range(1, 10), 11)]


def test_trace_files_below_folders_and_ignored_ones(repo: Repo) -> None:
    """A trace file in a package's folder speaks of that package, whether git tracks it or not."""
    repo.commit("tool", {"packages/a.py": NEW, ".gitignore": ".agent-trace/\n"}, date=AFTER)
    write(repo.path, record("a.py", 1, 2, content_hash=murmur(NEW)), name="packages/" + TRACES)
    (found,) = check(repo, "packages/a.py", ((1, 2),))
    assert found.reference == f"packages/{TRACES}:1"


def test_links_out_of_the_workspace_are_not_followed(repo: Repo) -> None:
    """A trace folder that is a link is left alone."""
    grown(repo)
    outside = repo.path.parent / "outside"
    write(outside, record(content_hash=murmur(NEW)), name="traces.jsonl")
    (repo.path / ".agent-trace").symlink_to(outside)
    assert prepare(repo.path, repo) == PreparedTraces()


def test_without_git_a_hash_still_counts(tmp_path: Path) -> None:
    """In a folder without git the hash of the present text is all there is, and enough."""
    (tmp_path / "a.py").write_text(OLD + NEW)
    write(tmp_path, record(content_hash=murmur(NEW)))
    (found,) = claims(tmp_path, None, "a.py")
    assert found.lines == ((9, 10),)


def test_short_text_is_not_looked_for_elsewhere(repo: Repo) -> None:
    """A line that stands in many places by chance counts only where the record says."""
    first = "}\n" * 3
    repo.commit("tool", {"a.py": first}, date=AFTER)
    write(repo.path, record("a.py", 7, 7, content_hash=murmur("}")))
    check(repo, "a.py", ())
    write(repo.path, record("a.py", 2, 2, content_hash=murmur("}")))
    check(repo, "a.py", ((2, 2),))
