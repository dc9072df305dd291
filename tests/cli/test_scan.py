"""`whence scan` as its user meets it: verdicts, formats, and every kind of bad input named while the rest goes on."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo

CLAUDE = "Add code\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n"
POLICY = """\
version = 1
[[scope]]
name = "models"
paths = ["models/**"]
  [[scope.rule]]
  tools = ["vendor:anthropic"]
  require = "forbid"
  because = "clause 2"
"""
CODE = "def attention(q, k):\n    scores = q @ k\n    return scores\n"


def scan(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, "scan", *arguments)


def marked(repo: Repo, **files: str | bytes) -> Repo:
    """A repository with one human commit and one marked one, under a policy."""
    repo.commit("Start", {"whence.toml": POLICY, "models/old.py": "def old():\n    return 1\n"})
    repo.commit(CLAUDE, {"models/new.py": CODE, "tools/free.py": CODE})
    repo.write({name.replace("__", "/"): content for name, content in files.items()})
    return repo


def found(done: Done) -> list[tuple[str, str, list[list[int]]]]:
    return [(f["path"], f["code"], f["lines"]) for f in done.json["findings"]]


NEW = [("models/new.py", "tool-forbidden", [[1, 3]])]


def test_a_marked_commit_in_scope_fails_and_elsewhere_is_let_be(repo: Repo) -> None:
    """Exit 1, exactly the marked lines in scope, nothing on the human's."""
    done = scan(marked(repo), "--format", "json")
    assert done.status == 1
    assert found(done) == NEW
    assert done.json["verdict"] == "fail"
    assert done.json["summary"]["attributed_lines"] == 6
    assert done.json["summary"]["tools"] == {"claude-code": 6}


def test_the_text_report_says_what_why_and_what_next(repo: Repo) -> None:
    """A newcomer can act on it."""
    text = scan(marked(repo)).out
    assert "models/new.py:1-3  error  tool-forbidden" in text
    assert "The commit that wrote all 3 lines of `attention` declares Claude Code (Anthropic)." in text
    assert "models forbids vendor:anthropic: clause 2" in text
    assert "next: remove or rewrite these lines" in text
    assert "1 error in 4 files" in text


def test_paths_narrow_the_scan_and_keep_workspace_names(repo: Repo) -> None:
    """Run in a subfolder with a relative path, paths stay those of the workspace."""
    marked(repo)
    done = whence(repo.path / "models", repo.environment, "scan", "new.py", "--format", "json")
    assert (done.status, found(done), done.json["summary"]["files"]) == (1, NEW, 1)
    assert scan(repo, "tools").status == 0
    missing = scan(repo, "nowhere")
    assert missing.status == 2
    assert "no such file or folder: nowhere" in missing.err
    outside = scan(repo, "../")
    assert outside.status == 2
    assert "outside the workspace" in outside.err


def test_uncommitted_edits_move_and_remove_marked_lines(repo: Repo) -> None:
    """Findings follow the text on disk, and what was rewritten by hand is free."""
    marked(repo, models__new_py="x")
    repo.write(
        {"models/new.py": "# a comment\n# another\n" + CODE.replace("return scores", "return scores + 1")}
    )
    assert found(scan(repo, "--format", "json")) == [("models/new.py", "tool-forbidden", [[3, 4]])]


def test_since_reports_only_new_lines(repo: Repo) -> None:
    """A revision that already has the lines silences them; one that does not, does not."""
    marked(repo)
    assert scan(repo, "--since", "HEAD").status == 0
    assert found(scan(repo, "--since", "HEAD~1", "--format", "json")) == NEW
    wrong = scan(repo, "--since", "nope")
    assert wrong.status == 2
    assert "no such revision: nope" in wrong.err


def test_a_baseline_hides_what_it_holds(repo: Repo, tmp_path: Path) -> None:
    """Known findings pass; a broken baseline is named."""
    before = tmp_path / "before.json"
    assert scan(marked(repo), "--format", "json", "--output", str(before)).status == 1
    done = scan(repo, "--baseline", str(before))
    assert done.status == 0
    assert "No new findings in 4 files" in done.out
    assert "left out: 1 finding that the baseline holds" in done.out
    summary = scan(repo, "--baseline", str(before), "--format", "json").json["summary"]
    assert (summary["known_findings"], summary["findings"]["error"]) == (1, 0)
    assert "baseline" not in scan(repo).out
    before.write_text("[]")
    done = scan(repo, "--baseline", str(before))
    assert done.status == 2
    assert "not a report of `whence scan --format json`" in done.err


def test_fail_on_sets_the_mildest_severity_that_fails(repo: Repo) -> None:
    """The same findings, another exit status."""
    marked(repo)
    assert scan(repo, "--fail-on", "never").status == 0
    repo.write({"whence.toml": POLICY.replace("version = 1", 'version = 1\nmode = "warn"')})
    assert scan(repo).status == 0
    assert scan(repo, "--fail-on", "warning").status == 1


def test_evidence_classes_can_be_chosen(repo: Repo) -> None:
    """Only the classes that are named may speak; leaving out one that the policy needs is no pass."""
    marked(repo)
    assert scan(repo, "--evidence", "declared").status == 1
    left_out = scan(repo, "--evidence", "recorded,session", "--format", "json")
    assert (left_out.status, found(left_out)) == (3, [])
    assert "declared evidence was left out of this run" in missing(left_out)[None]
    done = scan(repo, "--evidence", "hearsay")
    assert done.status == 2
    assert "recorded, session, declared, inferred" in done.err


def test_a_broken_policy_names_file_line_and_fix(repo: Repo) -> None:
    """Exit 2, nothing scanned, the nearest right thing."""
    marked(repo)
    repo.write({"whence.toml": POLICY.replace('"vendor:anthropic"', '"claude"')})
    done = scan(repo)
    assert (done.status, done.out) == (2, "")
    assert "whence.toml:6:" in done.err
    assert "claude-code" in done.err


def missing(done: Done) -> dict[str | None, str]:
    return {item["path"]: item["why"] for item in done.json["not_measured"]}


def test_bad_files_are_named_and_the_rest_is_complete(repo: Repo) -> None:
    """A 50 MB single line, a binary file and odd encodings do not stop the scan, and no line is lost elsewhere."""
    marked(repo)
    repo.write(
        {
            "models/huge.json": b"[" + b"1," * 25_000_000 + b"1]",
            "models/image.bin": b"\x89PNG\0\0",
            "models/latin.py": "# caf\xe9\n".encode("latin-1"),
            "models/utf16.py": "x = 1\n".encode("utf-16"),
            "models/nested.json": "[" * 20_000,
        }
    )
    (repo.path / "models/link.py").symlink_to("/etc/passwd")
    done = scan(repo, "--format", "json")
    assert (done.status, found(done)) == (1, NEW)
    why = missing(done)
    assert "larger than the limit of 8.4 MB" in why["models/huge.json"]
    assert why["models/image.bin"] == "binary file"
    assert "models/link.py" not in why


HUGE = b"[" + b"1," * 5_000_000 + b"1]"


def test_a_file_that_is_too_large_is_no_pass_where_a_scope_speaks_of_it(repo: Repo) -> None:
    """Nobody read it, so nothing is known of it; elsewhere, or excluded, it changes no verdict."""
    repo.commit("Start", {"whence.toml": POLICY, "tools/huge.json": HUGE})
    done = scan(repo, "--format", "json")
    assert (done.status, missing(done)["tools/huge.json"]) == (0, "larger than the limit of 8.4 MB")
    repo.write({"models/huge.json": HUGE})
    done = scan(repo, "--format", "json")
    assert (done.status, done.json["verdict"]) == (3, "inconclusive")
    assert "exclude it in the policy" in scan(repo).out
    repo.write({"whence.toml": 'evidence.require = ["recorded"]\n' + POLICY})
    assert scan(repo).status == 3
    repo.write({"whence.toml": 'exclude = ["*.json"]\n' + POLICY})
    assert scan(repo).status == 0


def test_a_damaged_repository_is_never_read_as_a_new_one_or_as_none(repo: Repo) -> None:
    """Lost objects, or a .git that git does not know: inconclusive, with git's trouble named."""
    marked(repo)
    head = (repo.path / ".git/HEAD").read_text()
    (repo.path / ".git/HEAD").write_text("garbage\n")
    done = scan(repo, "--root", ".", "--format", "json")
    assert (done.status, missing(done)[None]) == (
        3,
        "there is a .git here that git does not take for a repository",
    )
    (repo.path / ".git/HEAD").write_text(head)
    for folder in (repo.path / ".git/objects").iterdir():
        if len(folder.name) == 2:
            shutil.rmtree(folder)
    done = scan(repo, "--format", "json")
    assert (done.status, missing(done)[None]) == (
        3,
        "HEAD names a commit that cannot be read: the repository is damaged",
    )


def test_a_damaged_index_is_named_with_the_way_out(repo: Repo) -> None:
    """Which files there are is not known then, so nothing is said of them."""
    marked(repo)
    (repo.path / ".git/index").write_bytes(b"no index at all, and longer than its header")
    for options in ([], ["--no-cache"], ["models"]):
        done = scan(repo, *options)
        assert (done.status, done.out) == (2, "")
        assert "git cannot list the files here" in done.err
        assert "git reset" in done.err
        assert "Traceback" not in done.err


def test_gits_own_folder_is_no_workspace(repo: Repo, tmp_path: Path) -> None:
    """Nor is a bare repository: a report on such files would look like one on somebody's work."""
    marked(repo)
    bare = tmp_path / "bare"
    repo.git("clone", "-q", "--bare", str(repo.path), str(bare))
    for folder in (bare, bare / "refs", repo.path / ".git"):
        done = whence(folder, repo.environment, "scan")
        assert (done.status, done.out) == (2, "")
        assert "bare repository" in done.err


def test_an_empty_word_is_not_the_same_as_none(repo: Repo) -> None:
    """As a script has it whose variable is unset: the whole workspace is not what it asked for."""
    marked(repo)
    assert (scan(repo, "--since", "").status, scan(repo, "").status) == (2, 2)
    assert "a path is empty" in scan(repo, "").err


def test_streams_that_are_closed_and_a_folder_that_is_gone(repo: Repo, tmp_path: Path) -> None:
    """The exit status still tells; no traceback."""
    marked(repo)
    environment = {**repo.environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = f"{shlex.quote(sys.executable)} -m whence.cli.main scan"
    (tmp_path / "gone").mkdir()
    for script, status in (
        (f"{call} >&-", 1),
        (f"{call} 2>&-", 1),
        (f"{call} <&-", 1),
        (f"cd {shlex.quote(str(tmp_path / 'gone'))} && rmdir ../gone && {call}", 2),
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=repo.path, env=environment, capture_output=True, check=False
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (status, False), script


def test_a_policy_that_is_no_file_is_a_mistake_not_an_absence(repo: Repo) -> None:
    """A dead link or a folder in the policy's place is refused."""
    repo.commit("Start", {"a.py": CODE})
    (repo.path / "whence.toml").symlink_to("nowhere.toml")
    assert scan(repo).status == 2
    (repo.path / "whence.toml").unlink()
    (repo.path / "whence.toml").mkdir()
    done = scan(repo)
    assert (done.status, "is not a file" in done.err) == (2, True)


def test_a_submodule_is_named_as_not_measured(repo: Repo, tmp_path: Path) -> None:
    """What lies in a repository of its own is no part of this scan, and is not called clean."""
    inner = Repo(tmp_path / "inner")
    inner.commit(CLAUDE, {"models/x.py": CODE})
    repo.commit("Start", {"whence.toml": POLICY})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "models/sub")
    repo.commit("Add a submodule")
    done = scan(repo, "--format", "json")
    assert (done.status, missing(done)["models/sub"]) == (0, "a repository of its own")


@contextmanager
def as_nobody(repo: Repo) -> Iterator[None]:
    """Permissions bind root only after it steps down."""
    if os.geteuid():
        yield
        return
    for place in [repo.path, *repo.path.rglob("*")]:
        os.lchown(place, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unreadable_file_is_inconclusive_where_a_scope_speaks_of_it(repo: Repo) -> None:
    """A file that the policy needs and nobody may read is no pass; elsewhere it only is listed."""
    repo.commit("Start", {"whence.toml": POLICY, "models/a.py": CODE, "tools/b.py": CODE})
    scan(repo)  # whatever is loaded late is loaded now
    for parent in repo.path.parents:
        if not os.access(parent, os.X_OK) or parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
        if parent == Path(parent.anchor) or parent.name == "tmp":
            break
    with as_nobody(repo):
        (repo.path / "tools/b.py").chmod(0)
        done = scan(repo, "--format", "json")
        assert (done.status, missing(done)["tools/b.py"]) == (0, "could not be read: Permission denied")
        (repo.path / "models/a.py").chmod(0)
        done = scan(repo, "--format", "json")
        assert (done.status, done.json["verdict"]) == (3, "inconclusive")
        assert scan(repo, "--allow-inconclusive").status == 0
        (repo.path / "models").chmod(0)
        done = scan(repo, "--format", "json")
        assert (done.status, missing(done)["models/a.py"]) == (3, "could not be read: Permission denied")
        (repo.path / "models").chmod(0o755)


def test_a_malformed_note_is_named_and_the_trailer_still_counts(repo: Repo) -> None:
    """Junk in refs/notes/ai costs one note."""
    marked(repo)
    repo.note("HEAD", "this is\nno note\n")
    done = scan(repo, "--format", "json")
    assert (done.status, found(done)) == (1, NEW)
    assert any(item["what"] == "git-notes" for item in done.json["not_measured"])


def test_a_repository_without_commits_scans_its_files(repo: Repo) -> None:
    """Nothing is committed, nothing is declared, nothing crashes."""
    repo.write({"models/a.py": CODE, "whence.toml": POLICY})
    done = scan(repo, "--format", "json")
    assert (done.status, done.json["summary"]["files"]) == (0, 2)


def test_a_folder_without_git_says_so_and_honours_gitignore(tmp_path: Path) -> None:
    """No history is measured, and a nested .gitignore holds."""
    folder = tmp_path / "plain"
    for name in ("models/a.py", "models/skip.log", "build/b.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(CODE)
    (folder / "models/.gitignore").write_text("*.log\n")
    (folder / ".gitignore").write_text("build/\n")
    (folder / "whence.toml").write_text(POLICY)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }
    done = whence(folder, environment, "scan", "--format", "json")
    assert (done.status, done.json["summary"]["files"]) == (0, 4)
    assert missing(done)[None] == "not in a git repository"


def test_a_shallow_clone_is_inconclusive_and_says_how_to_mend_it(repo: Repo, tmp_path: Path) -> None:
    """What lies beyond the edge is not measured, never clean."""
    marked(repo)
    repo.commit("Later", {"models/later.py": "x = 1\n"})
    clone = Repo(tmp_path / "shallow", init=False)
    repo.git("clone", "-q", "--depth", "1", repo.path.as_uri(), str(clone.path))
    done = scan(clone, "--format", "json")
    assert done.status == 3
    assert any("shallow" in item["why"] for item in done.json["not_measured"])
    assert "git fetch --unshallow" in scan(clone).out


def test_names_from_files_cannot_steer_the_terminal(repo: Repo) -> None:
    """A file name with an escape sequence is shown escaped."""
    repo.commit("Start", {"whence.toml": POLICY})
    repo.commit(CLAUDE, {"models/\x1b[31mred.py": CODE})
    done = scan(repo)
    assert done.status == 1
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    "arguments",
    [["scan", "--format", "pdf"], ["scam"], [], ["scan", "--jobs", "many"], ["scan", "--jobs", "-1"]],
)
def test_wrong_usage_is_two(repo: Repo, arguments: list[str]) -> None:
    """Usage errors end with 2 and point at the help."""
    done = whence(repo.path, repo.environment, *arguments)
    assert done.status == 2
    assert "--help" in done.err


def test_old_and_bot_commits_are_never_accused(repo: Repo) -> None:
    """Code from before agents existed, dependency bots and a person called Claude are human."""
    repo.commit("Start", {"whence.toml": POLICY})
    repo.commit(CLAUDE, {"models/old.py": CODE}, date="2019-05-01T10:00:00+00:00")
    repo.commit(
        "Bump x",
        {"models/bump.txt": "x==2\n"},
        author="dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
    )
    repo.commit(
        "Renovate",
        {"models/r.txt": "y==2\n"},
        author="renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>",
    )
    repo.commit("Add", {"models/c.py": CODE}, author="Claude Martin <claude.martin@example.fr>")
    repo.commit("Add\n\nCo-authored-by: Devin Smith <devin@example.org>", {"models/d.py": CODE})
    done = scan(repo, "--format", "json")
    assert (done.status, done.json["summary"]["attributed_lines"]) == (0, 0)


def test_generated_files_are_left_out_and_counted(repo: Repo) -> None:
    """Named in .gitattributes or excluded by the policy they are no findings; the report says how many there are."""
    marked(repo)
    repo.write({".gitattributes": "models/new.py linguist-generated\n"})
    done = scan(repo, "--format", "json")
    assert (done.status, found(done), done.json["summary"]["left_out"]) == (0, [], 1)
    out = scan(repo).out
    assert "left out: 1 file (generated" in out
    assert "left out, as .gitattributes calls them generated, though the policy asks something of them" in out
    assert found(scan(repo, "models/new.py", "--format", "json")) == NEW
    repo.write({".gitattributes": "", "whence.toml": 'exclude = ["tools/", "*.toml"]\n' + POLICY})
    done = scan(repo, "--format", "json")
    assert (found(done), done.json["summary"]["left_out"], done.json["summary"]["files"]) == (NEW, 2, 3)


EXCEPTION = """
[[exception]]
paths = ["models/new.py"]
tools = ["any"]
reason = "a trial"
owner = "ada@example.org"
expires = 2999-01-01
"""


def test_what_an_exception_lets_through_is_counted(repo: Repo) -> None:
    """It passes, and the report says how many lines do so by an exception; one that has expired lets nothing through."""
    marked(repo)
    repo.write({"whence.toml": POLICY + EXCEPTION})
    done = scan(repo)
    assert (done.status, "let through by exceptions of the policy: 3 lines" in done.out) == (0, True)
    assert scan(repo, "--format", "json").json["summary"]["excepted_lines"] == 3
    repo.write({"whence.toml": POLICY + EXCEPTION.replace("2999", "2020")})
    done = scan(repo, "--format", "json")
    assert (done.status, done.json["summary"]["excepted_lines"]) == (1, 0)


def test_a_policy_that_speaks_of_no_file_is_told(repo: Repo) -> None:
    """A misspelt path switches a rule off: a scan of everything says so in each format and still passes; a part cannot
    know, and what a shared file says of other workspaces is no fault."""
    marked(repo)
    repo.write({"whence.toml": POLICY.replace("models/**", "modles/**")})
    said = "the scope `models` speaks of no file that is here now"
    for form in ("text", "json", "sarif", "github", "gitlab", "markdown", "html"):
        for _ in range(2):  # the second is the one that is kept
            done = scan(repo, "--format", form)
            assert done.status == 0
            text = done.out.replace("\\", "").replace("<code>", "`").replace("</code>", "`")
            assert said in text or said.capitalize() in text, form
    assert scan(repo, "--format", "json").json["warnings"][0]["line"] == 2
    for part in (["models"], ["--staged"], ["--since", "HEAD"]):
        assert said not in scan(repo, *part).out
    repo.write({"shared.toml": POLICY.replace("models/**", "elsewhere/**")})
    repo.write({"whence.toml": 'version = 1\nextends = ["shared.toml"]\n'})
    assert said not in scan(repo).out
    repo.write({"whence.toml": POLICY})
    assert "warning" not in scan(repo).out


def test_a_folder_without_git_is_told_at_once(tmp_path: Path) -> None:
    """Most of what can be known comes from git, so its absence is said before anything takes long."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }
    (tmp_path / "plain").mkdir()
    for number in range(1001):
        (tmp_path / f"plain/{number}.txt").touch()
    done = whence(tmp_path / "plain", environment, "scan")
    said = done.err.splitlines()
    assert (done.status, said[0].startswith("this is no git repository"), said[1]) == (
        0,
        True,
        "scanning 1,001 files",
    )
    assert whence(tmp_path / "plain", environment, "scan", "--quiet").err == ""


LONG = "".join(f"def f{number}():\n    return {number} * {number}\n\n\n" for number in range(8))


def test_since_follows_renames_and_looks_at_nothing_else(repo: Repo) -> None:
    """A file that moved keeps its old lines; files that did not change are not even counted."""
    marked(repo)
    repo.commit(CLAUDE, {"models/long.py": LONG})
    repo.git("tag", "before")
    repo.git("mv", "models/long.py", "models/moved.py")
    repo.commit(CLAUDE, {"models/moved.py": LONG + "def g():\n    return 1\n"})
    done = scan(repo, "--since", "before", "--format", "json")
    assert [(f["path"], f["lines"]) for f in done.json["findings"]] == [("models/moved.py", [[33, 34]])]
    assert done.json["summary"]["files"] == 1
    repo.write({"models/moved.py": LONG, "models/hand.py": "x = 1\n"})
    done = scan(repo, "--since", "before", "--format", "json")
    assert (done.status, done.json["findings"], done.json["summary"]["files"]) == (0, [], 2)


def test_staged_judges_what_would_be_committed(repo: Repo) -> None:
    """The index's text, not the work tree's; only lines that HEAD does not have."""
    header = "# Generated by Claude Code\n"
    marked(repo)
    repo.write({"models/a.py": header + CODE, "models/b.py": header + CODE})
    repo.git("add", "models/a.py")
    repo.write({"models/a.py": "x = 1\n"})
    done = scan(repo, "--staged", "--format", "json")
    assert found(done) == [("models/a.py", "tool-forbidden", [[1, 4]])]
    assert done.json["summary"]["files"] == 1
    assert found(scan(repo, "--format", "json")) == [("models/b.py", "tool-forbidden", [[1, 4]]), *NEW]
    repo.git("add", "models/a.py")
    assert scan(repo, "--staged", "models").status == 0
    repo.git("reset", "-q", "--hard")
    assert scan(repo, "--staged", "--format", "json").json["summary"]["files"] == 0


def test_staged_files_obey_the_same_limits(repo: Repo) -> None:
    """Binary, too large, generated: as in the work tree."""
    marked(repo)
    repo.write(
        {
            "models/huge.json": b"[" + b"1," * 5_000_000 + b"1]",
            "models/image.bin": b"\x89PNG\0",
            "models/made.py": "# Generated by Claude Code\n" + CODE,
            ".gitattributes": "models/made.py linguist-generated\n",
        }
    )
    repo.git("add", "-A")
    done = scan(repo, "--staged", "--format", "json")
    assert (done.status, done.json["findings"], done.json["summary"]["left_out"]) == (3, [], 1)
    assert missing(done)["models/image.bin"] == "binary file"
    assert missing(done)["models/huge.json"] == "larger than the limit of 8.4 MB"


@pytest.mark.parametrize("option", [["--staged"], ["--since", "HEAD"]])
def test_a_part_needs_a_repository(tmp_path: Path, option: list[str]) -> None:
    """And only one part at a time can be meant."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }
    done = whence(tmp_path, environment, "scan", *option)
    assert (done.status, "needs a git repository" in done.err) == (2, True)
    assert whence(tmp_path, environment, "scan", "--staged", "--since", "HEAD").status == 2


@pytest.mark.parametrize("option", [["--staged"], ["--since", "before"]])
def test_a_part_says_the_same_with_a_cache_and_without(repo: Repo, option: list[str]) -> None:
    """Cold, after a scan of the whole, and again."""
    marked(repo)
    repo.git("tag", "before")
    repo.commit(CLAUDE, {"models/more.py": CODE + CODE.replace("attention", "other")})
    repo.write({"models/new.py": "# Generated by Claude Code\n" + CODE})
    repo.git("add", "-A")
    expected = scan(repo, *option, "--no-cache", "--format", "json")
    assert expected.json["findings"]
    assert scan(repo, *option, "--format", "json") == expected
    assert scan(repo, *option, "--format", "json") == expected
    scan(repo)
    assert scan(repo, *option, "--format", "json") == expected


@pytest.mark.parametrize(
    ("form", "begins"),
    [("text", "models/new.py"), ("json", "{"), ("sarif", "{"), ("github", "::error"), ("gitlab", "["),
     ("markdown", "# Whence: fail"), ("html", "<!doctype html>")],
)  # fmt: skip
def test_every_format_reports_the_same_scan(repo: Repo, form: str, begins: str) -> None:
    """On standard output or into a file, with the exit status of the verdict."""
    marked(repo)
    done = scan(repo, "--format", form)
    assert (done.status, done.err) == (1, "")
    assert done.out.startswith(begins)
    assert "models/new.py" in done.out
    assert "tool-forbidden" in done.out
    file = repo.path.parent / "report"
    assert scan(repo, "--format", form, "--output", str(file)).status == 1
    assert file.read_text("utf-8") == done.out


HOSTILE = {
    "i18n.logOutputEncoding": "UTF-16", "core.quotePath": "true", "core.abbrev": "4", "core.bigFileThreshold": "1",
    "color.ui": "always", "color.diff": "always", "log.date": "relative", "log.decorate": "full", "log.follow": "true",
    "log.showRoot": "false", "log.showSignature": "true", "log.mailmap": "true", "log.diffMerges": "first-parent",
    "log.abbrevCommit": "true", "format.pretty": "oneline", "format.notes": "true", "notes.displayRef": "refs/*",
    "diff.renames": "copies", "diff.algorithm": "patience", "diff.indentHeuristic": "false", "diff.context": "0",
    "diff.interHunkContext": "99", "diff.suppressBlankEmpty": "true", "diff.noprefix": "true", "diff.mnemonicPrefix": "true",
    "diff.srcPrefix": "x/", "diff.dstPrefix": "y/", "diff.relative": "true", "diff.orderFile": "/nonexistent",
    "diff.submodule": "log", "diff.ignoreSubmodules": "all", "diff.colorMoved": "zebra", "diff.wsErrorHighlight": "all",
    "diff.wordRegex": ".", "diff.dirstat": "files", "grep.patternType": "perl", "grep.lineNumber": "true",
    "status.short": "true", "status.showUntrackedFiles": "no", "status.relativePaths": "true", "submodule.recurse": "true",
    "blame.showEmail": "true", "blame.blankBoundary": "true", "blame.date": "relative", "core.commentChar": "x",
    "core.precomposeUnicode": "true", "core.whitespace": "cr-at-eol", "trailer.separators": "%", "column.ui": "always",
    "tag.sort": "-refname", "branch.sort": "-refname", "push.default": "nothing", "core.warnAmbiguousRefs": "true",
}  # fmt: skip


def test_settings_that_change_what_git_prints_change_no_finding(repo: Repo) -> None:
    """A name outside ASCII, a file with such a name, a merge, a rename, a root commit: all as without any settings."""
    person = "Jürgen Müller 張 <jm@work.example>"
    repo.commit(CLAUDE, {"models/wurzel ü.py": CODE, "whence.toml": POLICY}, author=person)
    repo.git("checkout", "-q", "-b", "side")
    repo.commit(CLAUDE, {"models/side.py": CODE.replace("q", "r")}, author=person)
    repo.git("checkout", "-q", "main")
    repo.commit("By hand", {"models/wurzel ü.py": None, "models/moved ü.py": "# first\n" + CODE + "# last\n"})
    repo.merge("side")
    plain = scan(repo, "--no-cache", "--format", "json").json
    assert [finding["path"] for finding in plain["findings"]] == ["models/moved ü.py", "models/side.py"]
    assert "Müller 張" in whence(repo.path, repo.environment, "explain", "models/side.py:1").out
    for setting, value in HOSTILE.items():
        repo.git("config", setting, value)
    again = scan(repo, "--no-cache", "--format", "json").json
    for report in (plain, again):
        report.pop("generated", None)
    assert again == plain
    assert "Müller 張" in whence(repo.path, repo.environment, "explain", "models/side.py:1").out


def test_a_disk_without_a_repository_is_scanned_only_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes over somebody's home are a slip; a folder that is named is meant."""
    monkeypatch.setattr("whence.cli.scan.TOO_MANY", 1)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n", "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
    done = whence(tmp_path, environment, "scan")
    assert (done.status, done.out) == (2, "")
    assert "files are in it" in done.err
    assert "whence scan ." in done.err
    assert whence(tmp_path, environment, "scan", ".").status == 0
