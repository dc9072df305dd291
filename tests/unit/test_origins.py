"""Line origins: which lines at HEAD a commit wrote, through whatever happened to the file since."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

import pytest

from support.blame import blame
from support.git import Repo
from whence.errors import Cancelled
from whence.evidence.origins import Origins, guessed, line_origins, line_times
from whence.evidence.origins.lines import divide, untangle
from whence.repo import Repository

TEXT = "".join(f"line {number}\n" for number in range(20))


def open_(repo: Repo) -> Repository:
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    return repository


def look(repo: Repo, commits: Collection[str], paths: Collection[str] | None = None) -> Origins:
    return line_origins(open_(repo), repo.git("rev-parse", "HEAD"), commits, paths)


def check(repo: Repo, commits: Collection[str], expected: dict[str, list[tuple[int, int, str, int]]]) -> None:
    """Compare runs as (start, length, original path, original start); nothing may be unmeasured."""
    found = look(repo, commits)
    assert found.not_measured == ()
    short = {
        path: [(run.start, run.length, run.original_path, run.original_start) for run in runs]
        for path, runs in found.files.items()
    }
    assert short == expected


def clone(repo: Repo, *options: str, name: str = "clone") -> Repo:
    other = Repo(repo.path.parent / name, init=False)
    repo.git("clone", "-q", *options, f"file://{repo.path}", str(other.path))
    return other


def test_lines_of_a_commit_move_with_the_text_above_them(repo: Repo) -> None:
    """Lines keep their commit and their number in it when others add lines above and inside."""
    repo.commit("start", {"a.py": "one\ntwo\n"})
    marked = repo.commit("marked", {"a.py": "one\nnew 1\nnew 2\ntwo\n"})
    repo.commit("later", {"a.py": "zero\none\nnew 1\nbetween\nnew 2\ntwo\n"})
    check(repo, [marked], {"a.py": [(3, 1, "a.py", 2), (5, 1, "a.py", 3)]})


def test_lines_follow_renames(repo: Repo) -> None:
    """A file renamed as it was, then renamed and edited, keeps its lines' origin and the first path."""
    marked = repo.commit("marked", {"old.py": TEXT})
    repo.commit("rename", {"old.py": None, "new/näme.py": TEXT})
    repo.commit("again", {"new/näme.py": None, "last": "top\n" + TEXT})
    check(repo, [marked], {"last": [(2, 20, "old.py", 1)]})


def test_of_several_deleted_files_the_most_alike_is_the_old_one(repo: Repo) -> None:
    """New files do not compete for an old one: each goes back to the deleted file that it is most alike."""
    other = TEXT.replace("line", "other")
    marked = repo.commit("marked", {"a": TEXT, "b": other})
    repo.commit("split", {"a": None, "b": None, "x": TEXT + "x\n", "y": "y\n" + TEXT, "z": other + "z\n"})
    check(repo, [marked], {"x": [(1, 20, "a", 1)], "y": [(2, 20, "a", 1)], "z": [(1, 20, "b", 1)]})


def test_nothing_is_left_of_a_reverted_commit(repo: Repo) -> None:
    """A commit whose lines are gone has no runs, and a deleted file none either."""
    repo.commit("start", {"a.py": "one\n"})
    marked = repo.commit("marked", {"a.py": "one\ntwo\n", "b.py": "three\n"})
    repo.commit("revert", {"a.py": "one\n", "b.py": None})
    check(repo, [marked], {})


def test_a_merge_that_mixes_two_sides(repo: Repo) -> None:
    """In a file that differs from both parents each line goes to its side, and the rest is the merge's own."""
    repo.commit("start", {"a.py": TEXT})
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit("side", {"a.py": TEXT + "side\n"})
    repo.git("checkout", "-q", "main")
    main = repo.commit("main", {"a.py": "main\n" + TEXT})
    merge = repo.merge("side")
    check(repo, [side], {"a.py": [(22, 1, "a.py", 21)]})
    check(repo, [main], {"a.py": [(1, 1, "a.py", 1)]})
    check(repo, [merge], {})


def test_what_is_one_parents_is_no_block_that_moved_from_the_other(repo: Repo) -> None:
    """Both sides had a block; the merge keeps the one that a person wrote, where the person wrote it."""
    block = "".join(f"a line of some length that both sides have, number {number}\n" for number in range(4))
    repo.commit("start", {"a.py": TEXT})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", {"a.py": TEXT + block})
    repo.git("checkout", "-q", "main")
    marked = repo.commit("marked", {"a.py": block + "main\n" + TEXT})
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "side")
    repo.commit("Merge", {"a.py": "main\n" + TEXT + block})
    check(repo, [marked], {"a.py": [(1, 1, "a.py", 5)]})


def blamed(repo: Repo, path: str, commit: str) -> list[int]:
    """The lines of a file that `git blame -w` gives to a commit."""
    out = repo.git("blame", "-w", "--root", "--porcelain", "HEAD", "--", path)
    headers = (line.split() for line in out.splitlines() if line.startswith(commit))
    return [int(fields[2]) for fields in headers]


def agree(repo: Repo, commit: str, path: str) -> list[int]:
    """The lines of a commit in one file, the same for git."""
    runs = look(repo, [commit]).files.get(path, ())
    ours = [line for run in runs for line in range(run.start, run.end + 1)]
    assert ours == blamed(repo, path, commit)
    return ours


def test_a_conflict_that_was_settled_by_hand(repo: Repo) -> None:
    """Both sides changed the same lines: what one side wrote is its own, what is new is nobody's but the merge's."""
    repo.commit("start", {"a.py": TEXT})
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit("side", {"a.py": TEXT.replace("line 7\n", "of the side\nmore of it\n")})
    repo.git("checkout", "-q", "main")
    main = repo.commit("main", {"a.py": TEXT.replace("line 7\n", "of main\n")})
    with pytest.raises(AssertionError):
        repo.git("merge", "-q", "side")
    merge = repo.commit("Merge", {"a.py": TEXT.replace("line 7\n", "of main\nof the side\nsettled\n")})
    assert len(repo.git("rev-list", "--parents", "-n1", merge).split()) == 3
    assert agree(repo, main, "a.py") == [8]
    assert agree(repo, side, "a.py") == [9]
    assert agree(repo, merge, "a.py") == [10]


def test_an_octopus_merge(repo: Repo) -> None:
    """Three branches at once, each with lines in the same file and a file of its own."""
    repo.commit("start", {"a.py": TEXT})
    arms = []
    for number in (3, 9, 15):
        repo.git("checkout", "-q", "-b", f"arm{number}", "main")
        text = TEXT.replace(f"line {number}\n", f"arm {number}\n")
        arms.append(repo.commit(f"arm {number}", {"a.py": text, f"{number}.py": "own\n"}))
    repo.git("checkout", "-q", "main")
    repo.commit("main", {"main.py": "main\n"})
    repo.git("merge", "-q", "--no-edit", "arm3", "arm9", "arm15")
    assert len(repo.git("rev-list", "--parents", "-n1", "HEAD").split()) == 5
    for arm, number in zip(arms, (3, 9, 15), strict=True):
        assert agree(repo, arm, "a.py") == [number + 1]
        assert agree(repo, arm, f"{number}.py") == [1]


def test_a_criss_cross_of_merges(repo: Repo) -> None:
    """Two branches that merged each other have two bases; every line has one origin."""
    repo.commit("start", {"a.py": TEXT})
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit("side", {"a.py": TEXT + "side\n"})
    repo.git("checkout", "-q", "main")
    main = repo.commit("main", {"a.py": "main\n" + TEXT})
    repo.git("tag", "before")
    repo.merge("side")
    repo.git("checkout", "-q", "side")
    repo.merge("before")
    more = repo.commit("more", {"a.py": "main\n" + TEXT + "side\nmore\n"})
    repo.git("checkout", "-q", "main")
    last = repo.commit("last", {"a.py": "last\nmain\n" + TEXT + "side\n"})
    repo.merge("side")
    lines = [agree(repo, commit, "a.py") for commit in (last, main, side, more)]
    assert lines == [[1], [2], [23], [24]]


def test_a_mode_is_not_a_line(repo: Repo) -> None:
    """Making a file executable takes over none of its lines, alone or with an edit."""
    marked = repo.commit("marked", {"a.sh": TEXT})
    (repo.path / "a.sh").chmod(0o755)
    mode = repo.commit("mode")
    check(repo, [mode], {})
    (repo.path / "a.sh").chmod(0o644)
    both = repo.commit("both", {"a.sh": TEXT + "more\n"})
    check(repo, [marked, both], {"a.sh": [(1, 20, "a.sh", 1), (21, 1, "a.sh", 21)]})


def test_binary_files_have_lines_as_for_git(repo: Repo) -> None:
    """What git calls a line of a binary file has an origin like any other; nothing fails on the way."""
    repo.commit("start", {"a.bin": b"\0one\ntwo\xff\n\0three"})
    marked = repo.commit("marked", {"a.bin": b"\0one\nnew\xfe\0\ntwo\xff\n\0three"})
    repo.commit("text", {"a.bin": b"one\nnew\xfe\0\ntwo\n"})
    assert agree(repo, marked, "a.bin") == [2]


def test_paths_of_any_bytes(repo: Repo) -> None:
    """Names that are no UTF-8, with quotes, tabs and line feeds, through a rename."""
    for number, name in enumerate(
        (b"\xff\xfe.py", b'qu"o\\te', b"tab\tand\nfeed", b"-dash", b":colon", b"sp ace/\xe9")
    ):
        old, new = os.fsdecode(name), os.fsdecode(b"moved/" + name)
        marked = repo.commit(f"marked {number}", {old: TEXT})
        repo.commit("move", {old: None, new: "top\n" + TEXT})
        runs = look(repo, [marked]).files[new]
        assert [(run.start, run.length, run.original_path) for run in runs] == [(2, 20, old)]
        repo.commit("away", {new: None})


def test_a_copied_file_is_the_copiers(repo: Repo) -> None:
    """As for blame: which of two equal files was there first git does not tell of a file that is still there."""
    repo.commit("start", {"a.py": TEXT})
    copy = repo.commit("copy", {"b.py": TEXT})
    assert agree(repo, copy, "b.py") == list(range(1, 21))


def test_grafts_count(repo: Repo) -> None:
    """The old file of parents that git still goes by; that it is there is said by the source of evidence."""
    start = repo.commit("start", {"a.py": "one\n"})
    repo.commit("middle", {"a.py": "one\ntwo\n"})
    marked = repo.commit("marked", {"a.py": "one\ntwo\nthree\n"})
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(f"{marked} {start}\n")
    assert agree(repo, marked, "a.py") == [2, 3]


def test_only_the_asked_paths_are_looked_at(repo: Repo) -> None:
    """A caller may ask for some files only."""
    marked = repo.commit("marked", {"a.py": "one\n", "b.py": "two\n"})
    assert set(look(repo, [marked], ["b.py"]).files) == {"b.py"}


def test_commits_that_are_not_behind_head_wrote_nothing(repo: Repo) -> None:
    """Commits of other branches, and ids that name nothing, are no error and have no lines."""
    repo.commit("start", {"a.py": "one\n"})
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit("side", {"a.py": "two\n"})
    repo.git("checkout", "-q", "main")
    check(repo, [side, "1" * 40], {})


FUNCTION = (
    "def attention(query, key, value):\n    scores = query @ key\n    return softmax(scores) @ value\n\n"
)
OTHER = "def encode(tokens, table):\n    return [table[token] for token in tokens]\n\n"


@pytest.mark.parametrize(
    "text",
    [
        "if ready:\n" + "".join(f"    {line}\n" if line else "\n" for line in FUNCTION.split("\n")[:-1]),
        FUNCTION.replace("    ", "\t"),
        FUNCTION.replace("\n", "\r\n"),
        FUNCTION.replace("return softmax(scores) @ value", "return softmax( scores )@value  "),
        FUNCTION.rstrip("\n"),
    ],
    ids=["indented", "tabs", "crlf", "spaces", "end"],
)
def test_white_space_makes_no_line_anybodys(repo: Repo, text: str) -> None:
    """What a commit only re-indented, re-spaced or converted stays who wrote it; its own new lines are its own."""
    person = repo.commit("start", {"a.py": FUNCTION})
    tool = repo.commit("tool", {"a.py": text + "\nnew = 1\n"})
    lines = {line for run in look(repo, [tool]).files["a.py"] for line in range(run.start, run.end + 1)}
    changed = (text + "\nnew = 1\n").split("\n")
    assert {changed[line - 1].strip() for line in lines} <= {"if ready:", "new = 1", ""}
    whole = {line for run in look(repo, [person]).files["a.py"] for line in range(run.start, run.end + 1)}
    assert len(whole) >= 3


ACCENTS = "# Größe über Maß: é à ü\n" + FUNCTION


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FUNCTION.encode(), b"\xef\xbb\xbf" + FUNCTION.encode()),
        (ACCENTS.encode("latin-1"), ACCENTS.encode()),
        (FUNCTION.encode(), FUNCTION.encode("utf-16-le")),
        (FUNCTION.encode("utf-16"), FUNCTION.encode()),
        (ACCENTS.encode(), unicodedata.normalize("NFD", ACCENTS).encode()),
        (FUNCTION.encode(), "".join(reversed(FUNCTION.splitlines(keepends=True))).encode()),
        (b"import re\nimport os\nimport io\nx = 1\n", b"import io\nimport os\nimport re\nx = 1\n"),
    ],
    ids=["byte-order mark", "Latin-1", "UTF-16", "from UTF-16", "composition", "reversed", "sorted"],
)
def test_another_encoding_or_order_makes_no_line_anybodys(repo: Repo, before: bytes, after: bytes) -> None:
    """git compares bytes and keeps the order, so blame gives these lines to the commit; whoever wrote them it was not."""
    repo.commit("start", {"a.py": before})
    tool = repo.commit("tool", {"a.py": after})
    lines = {n for run in look(repo, [tool]).files.get("a.py", ()) for n in range(run.start, run.end + 1)}
    written = repo.content("HEAD", "a.py").split(b"\n")
    assert blamed(repo, "a.py", tool)
    assert not any(written[line - 1].strip(b"\0") for line in lines)


def test_moved_blocks_keep_their_origin(repo: Repo) -> None:
    """A function that a commit moved within its file, re-indented or not, stays who wrote it."""
    person = repo.commit("start", {"a.py": FUNCTION + OTHER + TEXT})
    moved = "".join("  " + line for line in FUNCTION.splitlines(keepends=True))
    tool = repo.commit("tool", {"a.py": OTHER + TEXT + "class A:\n" + moved})
    check(repo, [tool], {"a.py": [(24, 1, "a.py", 24)]})
    check(repo, [person], {"a.py": [(1, 23, "a.py", 5), (25, 4, "a.py", 1)]})


def test_what_a_tool_copied_stays_who_wrote_it(repo: Repo) -> None:
    """Text that a marked commit repeated within the file is not its own."""
    repo.commit("start", {"a.py": FUNCTION + OTHER})
    tool = repo.commit("tool", {"a.py": FUNCTION + OTHER + FUNCTION + "new = 1\n"})
    check(repo, [tool], {"a.py": [(12, 1, "a.py", 12)]})


def test_a_persons_copy_of_a_tools_lines_is_the_persons(repo: Repo) -> None:
    """Code in one style repeats itself: only what left its old place is followed to a marked commit."""
    tool = repo.commit("tool", {"a.py": FUNCTION + OTHER})
    repo.commit("person", {"a.py": FUNCTION + OTHER + FUNCTION})
    check(repo, [tool], {"a.py": [(1, 7, "a.py", 1)]})


def test_a_short_line_elsewhere_is_chance(repo: Repo) -> None:
    """Two lines, or three of a few characters, that stood somewhere else too are their commit's own."""
    repo.commit("start", {"a.py": "a = 1\nb = 2\nc = 3\n" + TEXT})
    tool = repo.commit("tool", {"a.py": TEXT + "a = 1\nb = 2\nc = 3\n"})
    check(repo, [tool], {"a.py": [(21, 3, "a.py", 21)]})


def test_a_merge_that_moved_a_block_wrote_none_of_it(repo: Repo) -> None:
    """Moving while a conflict is settled is moving too."""
    person = repo.commit("start", {"a.py": FUNCTION + OTHER})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", {"a.py": FUNCTION + OTHER + "side = 1\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("main", {"a.py": FUNCTION + OTHER + "main = 1\n"})
    repo.git("merge", "-q", "-s", "ours", "--no-commit", "side")
    merge = repo.commit("Merge", {"a.py": OTHER + "main = 1\nside = 1\n" + FUNCTION})
    check(repo, [person], {"a.py": [(1, 3, "a.py", 5), (6, 4, "a.py", 1)]})
    check(repo, [merge], {})


def test_a_clock_that_went_wrong_hides_no_commit(repo: Repo) -> None:
    """A marked commit is found behind one with an older date."""
    first = repo.commit("first", {"a.py": "one\n"}, date="2026-05-01T00:00:00+00:00")
    repo.commit("second", {"a.py": "one\ntwo\n"}, date="1990-05-01T00:00:00+00:00")
    third = repo.commit("third", {"a.py": "one\ntwo\nthree\n"}, date="2026-04-01T00:00:00+00:00")
    check(repo, [first, third], {"a.py": [(1, 1, "a.py", 1), (3, 1, "a.py", 3)]})


def test_the_edge_of_a_shallow_clone_is_not_believed(repo: Repo) -> None:
    """Every line of a shallow clone's oldest commit seems to be its own: not measured, never claimed."""
    repo.commit("start", {"a.py": "one\n"})
    edge = repo.commit("edge", {"a.py": "one\ntwo\n"})
    last = repo.commit("last", {"a.py": "one\ntwo\nthree\n"})
    found = look(clone(repo, "--depth=2"), [edge, last])
    assert [(run.commit, run.start) for run in found.files["a.py"]] == [(last, 3)]
    assert [entry.hint for entry in found.not_measured] == ["git fetch --unshallow"]


def test_what_a_partial_clone_lacks_is_not_measured(repo: Repo) -> None:
    """Files with missing versions are named, others count, and nothing is fetched."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("start", {"a.py": TEXT, "b.py": TEXT})
    marked = repo.commit("marked", {"a.py": TEXT + "more\n", "c.py": TEXT})
    repo.commit("last", {"a.py": TEXT + "more\nmost\n"})
    partial = clone(repo, "--filter=blob:none")
    before = partial.git("count-objects", "-v")
    found = look(partial, [marked])
    assert [(run.start, run.length) for run in found.files["c.py"]] == [(1, 20)]
    assert "a.py" not in found.files
    assert [entry.path for entry in found.not_measured] == ["a.py"]
    assert partial.git("count-objects", "-v") == before


def test_replaced_parents_count(repo: Repo) -> None:
    """A graft changes what a commit changed, as it does for blame."""
    start = repo.commit("start", {"a.py": "one\n"})
    repo.commit("middle", {"a.py": "one\ntwo\n"})
    marked = repo.commit("marked", {"a.py": "one\ntwo\nthree\n"})
    check(repo, [marked], {"a.py": [(3, 1, "a.py", 3)]})
    repo.git("replace", "--graft", marked, start)
    check(repo, [marked], {"a.py": [(2, 2, "a.py", 2)]})


def test_ignored_commits_are_looked_through(repo: Repo) -> None:
    """Lines that a listed commit only reformatted belong to who wrote them."""
    marked = repo.commit("marked", {"a.py": "if alpha:\n  return beta\nelse:\n  return gamma\n"})
    text = "if alpha:\n  return (beta)\nelse:\n  return (gamma)\n"
    noise = repo.commit("format", {"a.py": text})
    check(repo, [marked], {"a.py": [(1, 1, "a.py", 1), (3, 1, "a.py", 3)]})
    listed = f"# formatting\n{noise}  # all of it\n{'1' * 40}\nnonsense\n"
    repo.commit("list", {".git-blame-ignore-revs": listed})
    check(repo, [marked], {"a.py": [(1, 4, "a.py", 1)]})
    check(repo, [noise], {})


def ignoring(repo: Repo) -> tuple[str, str]:
    """A marked commit, and one to be ignored that wrote its lines anew, turned them round and added one."""
    marked = repo.commit(
        "marked", {"a.py": "total = sum_of(parts)\nreturn total_of(total, rest)\nother = 1\n"}
    )
    text = "    return TOTAL_OF( total, rest )\n~~~~\n    total = sum_of( parts )\nother = 1\n"
    noise = repo.commit("format", {"a.py": text})
    repo.commit("list", {".git-blame-ignore-revs": noise + "\n"})
    return marked, noise


def test_what_an_ignored_commit_added_stays_its_own(repo: Repo) -> None:
    """And what it turned round goes to the line that is like it, as far as that can be told."""
    marked, noise = ignoring(repo)
    through = [line for line, _ in blame(repo, "HEAD", "a.py", [noise])]
    for commit in (marked, noise):
        runs = look(repo, [commit]).files["a.py"]
        ours = [(run.start + n, run.original_start + n) for run in runs for n in range(run.length)]
        assert ours == sorted((line[1], line[4]) for line in through if line[2] == commit)
        assert ours
    assert 2 in [run.start for run in look(repo, [noise]).files["a.py"]]


def test_a_guess_that_would_take_too_long_is_not_measured(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is accused by half of one."""
    marked, _ = ignoring(repo)
    monkeypatch.setattr(guessed, "MOST_COMPARED", 20)
    found = look(repo, [marked])
    assert [entry.path for entry in found.not_measured] == ["a.py"]


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_hash_functions_worktrees_and_borrowed_objects(tmp_path: Path, object_format: str) -> None:
    """Repositories with SHA-256, further work trees and clones that borrow objects answer alike."""
    repo = Repo(tmp_path / "repo", object_format=object_format)
    marked = repo.commit("marked", {"a.py": TEXT})
    repo.commit("rename", {"a.py": None, "b.py": TEXT + "more\n"})
    expected = {"b.py": [(1, 20, "a.py", 1)]}
    check(repo, [marked], expected)
    tree = Repo(tmp_path / "tree", init=False)
    repo.git("worktree", "add", "-q", "--detach", str(tree.path))
    check(tree, [marked], expected)
    check(clone(repo, "--shared"), [marked], expected)
    again = clone(clone(repo, "--shared", name="first"), "--shared", name="second")
    again.git("repack", "-q", "-a", "-d", "-l")
    check(again, [marked], expected)


def test_nothing_is_written_to_the_repository(repo: Repo) -> None:
    """What git is asked on the way leaves no object behind."""
    marked = repo.commit("marked", {"a": TEXT, "b": TEXT + "b\n"})
    repo.commit("rename", {"a": None, "b": None, "c": TEXT + "c\n"})
    before = repo.git("count-objects", "-v")
    assert look(repo, [marked]).files
    assert repo.git("count-objects", "-v") == before


def test_links_and_submodules_have_no_lines(repo: Repo) -> None:
    """Only regular files have lines; what was a link before begins anew."""
    (repo.path / "link").symlink_to("a.py")
    marked = repo.commit("marked", {"a.py": "one\n", "later": "two\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{marked},module")
    repo.git("commit", "-q", "-m", "module")
    (repo.path / "link").unlink()
    last = repo.commit("file", {"link": "a.py\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{marked},module")
    check(repo, [marked], {"a.py": [(1, 1, "a.py", 1)], "later": [(1, 1, "later", 1)]})
    check(repo, [last], {"link": [(1, 1, "link", 1)]})


def test_a_broken_repository_is_not_measured(repo: Repo) -> None:
    """What git refuses is said with its own words."""
    marked = repo.commit("marked", {"a.py": "one\n"})
    found = line_origins(open_(repo), "1" * 40, [marked])
    assert found.files == {}
    assert len(found.not_measured) == 1


def test_work_can_be_taken_back(repo: Repo) -> None:
    """A cancelled question ends at once."""
    marked = repo.commit("marked", {"a.py": "one\n"})

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        line_origins(open_(repo), "HEAD", [marked], check_cancelled=cancel)


def times(repo: Repo, path: str, since: float = 0.0) -> tuple[float, ...]:
    return line_times(open_(repo), repo.git("rev-parse", "HEAD"), [path], since)[path]


def test_each_line_has_its_author_time(repo: Repo) -> None:
    """The time of a line is the author date of the commit that wrote it."""
    repo.commit("start", {"a.py": "one\ntwo\n"}, date="2020-01-01T00:00:00+00:00")
    repo.commit("more", {"a.py": "one\nnew\ntwo\n"}, date="2026-01-01T00:00:00+00:00")
    assert times(repo, "a.py") == (1577836800.0, 1767225600.0, 1577836800.0)


def test_older_lines_need_no_exact_time(repo: Repo) -> None:
    """Asked for what came after a moment nobody looks further: all else is older, through renames too."""
    repo.commit("first", {"a.py": TEXT}, date="2020-01-01T00:00:00+00:00")
    repo.commit("second", {"a.py": "second\n" + TEXT}, date="2021-01-01T00:00:00+00:00")
    repo.commit("third", {"a.py": None, "b.py": "third\nsecond\n" + TEXT}, date="2026-01-01T00:00:00+00:00")
    exact = times(repo, "b.py")
    assert exact == (1767225600.0, 1609459200.0, *[1577836800.0] * 20)
    for moment in (1577836800.0, 1590000000.0, 1609459200.5, 1767225600.0, 1767225601.0):
        bounded = times(repo, "b.py", moment)
        assert bounded == tuple(time if time >= moment else moment - 1 for time in exact)


def test_a_long_line_that_moved_keeps_its_time(repo: Repo) -> None:
    """Even alone: who wrote it first decides what may be said of it. A short one is too easily the same by chance."""
    long = "def " + "_".join(["somebody", "wrote", "this", "long", "ago"] * 3) + "(everything):\n"
    repo.commit("first", {"a.py": long + "short = 1\n" + TEXT}, date="2022-01-01T00:00:00+00:00")
    repo.commit("moved", {"a.py": TEXT + "short = 1\n" + long}, date="2026-01-01T00:00:00+00:00")
    assert times(repo, "a.py") == (*[1640995200.0] * 20, 1767225600.0, 1640995200.0)


def test_files_without_an_answer_are_left_out(repo: Repo) -> None:
    """One that HEAD does not have, and one of which an older version is missing; the others have their times."""
    repo.commit("first", {"a.py": TEXT, "b.py": "one\n", "empty": ""}, date="2026-01-01T00:00:00+00:00")
    gone = repo.git("rev-parse", "HEAD:a.py")
    head = repo.commit("second", {"a.py": TEXT + "more"}, date="2026-02-01T00:00:00+00:00")
    asked = ["a.py", "b.py", "empty", "none.py"]
    found = line_times(open_(repo), head, asked, 0.0)
    assert found == {"a.py": (1767225600.0,) * 20 + (1769904000.0,), "b.py": (1767225600.0,), "empty": ()}
    (repo.path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    assert line_times(open_(repo), head, asked, 0.0) == {"b.py": (1767225600.0,), "empty": ()}


def test_pieces_are_divided_by_hunks() -> None:
    """Lines outside of hunks go to their old numbers, lines inside stay."""
    hunks = ((3, 5, -1), (8, 8, 1))
    assert divide([(1, 10, 0, 101)], hunks) == (
        [(1, 2, 0, 101), (4, 3, 0, 105), (9, 3, 0, 108)],
        [(3, 2, 0, 103)],
    )
    assert divide([(4, 1, 0, 1), (7, 2, 0, 9)], hunks) == ([(6, 1, 0, 9), (9, 1, 0, 10)], [(4, 1, 0, 1)])


def test_pieces_that_overlap_are_kept_apart() -> None:
    """Neighbours join, and lines that two files share are divided one after the other."""
    assert untangle([(3, 2, 0, 3), (1, 2, 0, 1)]) == [[(1, 4, 0, 1)]]
    assert untangle([(1, 4, 0, 1), (2, 1, 1, 7)]) == [[(1, 4, 0, 1)], [(2, 1, 1, 7)]]
