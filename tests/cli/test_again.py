"""When nothing has changed `whence scan` gives its last report again, and whatever changes is seen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support import happenings
from support.cli import Done, whence
from support.git import Repo
from support.happenings import CHANGES, CODE, POLICY
from support.transcripts import Claude
from whence.cache import again, contents, program, witness
from whence.cli import scan as verb
from whence.errors import Cancelled


@pytest.fixture(autouse=True)
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old at once: their times cannot be set back."""
    for module in (again, contents, witness):
        monkeypatch.setattr(module, "RACY", -(10**18))


@pytest.fixture
def marked(repo: Repo) -> Repo:
    return happenings.marked(repo)


def scan(repo: Repo, *arguments: str, folder: str = "", **environment: str) -> Done:
    return whence(repo.path / folder, {**repo.environment, **environment}, "scan", *arguments)


class Counter:
    """How many scans were made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        real = verb._scan

        def counted(*arguments: object) -> object:
            self.made += 1
            return real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(verb, "_scan", counted)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(monkeypatch)


def test_an_unchanged_workspace_is_not_scanned_again(marked: Repo, scans: Counter) -> None:
    """The same report and exit status; each form and each exit rule has its own."""
    first = scan(marked)
    assert (scan(marked), scan(marked), scans.made) == (first, first, 1)
    as_json = scan(marked, "--format", "json")
    assert (scan(marked, "--format", "json"), scan(marked), scans.made) == (as_json, first, 2)
    assert scan(marked, "--fail-on", "never").status == 0
    assert scan(marked, "--evidence", "recorded").status == 3
    assert scan(marked, "--evidence", "recorded,declared") == scan(marked, "--evidence", "declared,recorded")
    assert scans.made == 5
    marked.git("config", "--unset", "user.email")
    marked.git("checkout", "-q", "--detach")
    assert scan(marked) == scan(marked)
    assert scans.made == 6
    marked.git("checkout", "-q", "main")
    marked.git("config", "user.email", "dana@example.org")
    first = scan(marked)
    made = scans.made
    report = marked.home / "report"
    assert scan(marked, "--output", str(report)).status == 1
    assert report.read_text() == first.out
    assert scans.made == made


def test_what_is_not_for_keeping_is_not_kept(marked: Repo, scans: Counter) -> None:
    """Parts of the workspace, and scans without the cache."""
    for arguments in (["models"], ["--since", "HEAD~1"], ["--staged"], ["--no-cache"]):
        done = scan(marked, *arguments)
        assert scan(marked, *arguments) == done
    assert scans.made == 8


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_no_change_goes_unseen(marked: Repo, scans: Counter, change: Callable[[Repo], None]) -> None:
    """Whatever an answer rests on, one changed thing has the scan made anew; then that is the report."""
    before = scan(marked)
    assert (scan(marked), scans.made) == (before, 1)
    change(marked)
    made = scans.made
    after = scan(marked)
    assert scans.made == made + 1
    assert after == scan(marked, "--no-cache")
    assert scan(marked) == after


def attributes(repo: Repo) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/attributes").write_text("models/new.py linguist-generated\n")


def hidden_attributes(repo: Repo) -> None:
    (repo.path / "models/.gitattributes").write_text("new.py linguist-generated\n")


def global_attributes(repo: Repo) -> None:
    (repo.home / ".config/git").mkdir(parents=True)
    (repo.home / ".config/git/attributes").write_text("new.py linguist-generated\n")


def named_attributes(repo: Repo) -> None:
    (repo.home / "mine").write_text("new.py linguist-generated\n")


def excludes(repo: Repo) -> None:
    (repo.path / ".git/info/exclude").write_text("extra.py\n")


def link(repo: Repo) -> None:
    (repo.path / "models/new.py").unlink()
    (repo.path / "models/new.py").symlink_to("old.py")


def linked_folder(repo: Repo) -> None:
    (repo.path / "models").rename(repo.home / "models")
    (repo.path / "models").symlink_to(repo.home / "models")


def same_size(repo: Repo) -> None:
    file = repo.path / "models/new.py"
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_text(CODE.replace("scores", "scorez"))
    os.utime(file, ns=times)


def extended(repo: Repo) -> None:
    (repo.path / "more.toml").write_text(POLICY.replace('"review"', '"forbid"'))


def first_session(repo: Repo) -> None:
    """No folder of any tool was there before, only the platform's own."""
    (repo.home / ".local/share").mkdir(parents=True, exist_ok=True)
    transcript = Claude(repo.home, str(repo.path))
    transcript.edit(str(repo.path / "models/old.py"), "", "def old():\n    return 1\n")
    transcript.save()


def longer_session(repo: Repo) -> None:
    (file,) = (repo.home / ".claude").rglob("*.jsonl")
    with file.open("a") as out:
        out.write("\n")


def codex_home(repo: Repo) -> None:
    (repo.home / ".codex/sessions").mkdir(parents=True)


def signers(repo: Repo) -> None:
    (repo.path / ".whence").mkdir(exist_ok=True)
    (repo.path / ".whence/allowed_signers").write_text("")


def remote(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://example.org/x.git")


MORE: list[tuple[Callable[[Repo], None], Callable[[Repo], object]]] = [
    (attributes, lambda repo: None),
    (hidden_attributes, lambda repo: (repo.path / ".git/info/exclude").write_text(".gitattributes\n")),
    (global_attributes, lambda repo: None),
    (named_attributes, lambda repo: repo.git("config", "core.attributesFile", str(repo.home / "mine"))),
    (excludes, lambda repo: repo.write({"extra.py": CODE})),
    (link, lambda repo: None),
    (linked_folder, lambda repo: None),
    (same_size, lambda repo: None),
    (
        extended,
        lambda repo: repo.write(
            {"more.toml": POLICY, "whence.toml": 'version = 1\nextends = ["more.toml"]\n'}
        ),
    ),
    (first_session, lambda repo: None),
    (longer_session, first_session),
    (codex_home, lambda repo: None),
    (signers, lambda repo: None),
    (remote, lambda repo: None),
]


@pytest.mark.parametrize(("change", "prepare"), MORE, ids=[change.__name__ for change, _ in MORE])
def test_no_further_change_goes_unseen(
    marked: Repo, scans: Counter, change: Callable[[Repo], None], prepare: Callable[[Repo], object]
) -> None:
    """Files that git and the tools read, outside of the work tree and inside."""
    prepare(marked)
    before = scan(marked)
    assert (scan(marked), scans.made) == (before, 1)
    change(marked)
    after = scan(marked)
    assert scans.made == 2
    assert after == scan(marked, "--no-cache")


def test_attributes_above_the_workspace_count(marked: Repo, scans: Counter) -> None:
    """A workspace inside a repository is under the attributes of all folders around it."""
    marked.write({"models/deep/a.py": CODE})
    arguments = ["--root", str(marked.path / "models/deep")]
    first = scan(marked, *arguments)
    assert (scan(marked, *arguments), scans.made) == (first, 1)
    for number, name in enumerate(("models/.gitattributes", ".gitattributes"), 2):
        marked.write({name: "*.py linguist-generated\n" if number == 2 else "*.md text\n"})
        after = scan(marked, *arguments)
        assert (after, scans.made) == (scan(marked, *arguments, "--no-cache"), number * 2 - 2)


def test_a_baseline_and_a_policy_elsewhere_are_watched(marked: Repo, scans: Counter) -> None:
    """Files that the command names."""
    baseline, policy = marked.home / "before.json", marked.home / "policy.toml"
    scan(marked, "--format", "json", "--output", str(baseline))
    policy.write_text(POLICY)
    arguments = ["--baseline", str(baseline), "--policy", str(policy)]
    assert (scan(marked, *arguments).status, scan(marked, *arguments).status, scans.made) == (0, 0, 2)
    baseline.write_text('{"findings": []}')
    assert (scan(marked, *arguments).status, scans.made) == (1, 3)
    policy.write_text(POLICY.replace("models/**", "nowhere/**"))
    assert (scan(marked, *arguments).status, scans.made) == (0, 4)


def test_environment_day_folder_and_program_count(
    marked: Repo, scans: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command does not name itself."""
    scan(marked)
    scan(marked, CODEX_HOME="/nowhere")
    assert scans.made == 2
    scan(marked, OLDPWD="/tmp", _="/bin/x")
    assert scans.made == 2
    scan(marked, folder="models")
    assert scans.made == 3
    later = time.time() + 86_400
    with monkeypatch.context() as patched:
        patched.setattr(again.time, "time", lambda: later)
        scan(marked)
    assert scans.made == 4
    monkeypatch.setattr("whence.cache.database.stamp", lambda: b"another program")
    scan(marked)
    assert scans.made == 5
    assert program.stamp() != b"another program"


def test_a_file_that_was_just_written_has_the_scan_made_again(
    marked: Repo, scans: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next change could bear the same time."""
    monkeypatch.setattr(again, "RACY", 10**18)
    monkeypatch.setattr(contents, "RACY", 10**18)
    assert scan(marked) == scan(marked)
    assert scans.made == 2


def test_a_damaged_report_is_made_anew(marked: Repo, scans: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read back is not believed."""
    first = scan(marked)
    from whence.cache.database import Database

    get = Database.get
    for broken in (b"", b"[]\nx", b"{", b'["x", 1, 2, 3]\nx', b"[0, null, null, null]\nx"):
        with monkeypatch.context() as patched:
            patched.setattr(
                Database,
                "get",
                lambda self, kind, key, b=broken: b if kind == "report" else get(self, kind, key),
            )
            assert scan(marked) == first
    assert scans.made == 6


def test_before_the_first_commit_and_without_git_everything_is_scanned(
    repo: Repo, scans: Counter, tmp_path: Path
) -> None:
    """There is nothing to tell by that nothing changed."""
    repo.write({"a.py": CODE})
    assert scan(repo) == scan(repo)
    plain = Repo(tmp_path / "plain", init=False)
    plain.path.mkdir()
    plain.write({"a.py": CODE})
    assert scan(plain) == scan(plain)
    assert scans.made == 4


def test_trouble_with_git_on_the_way_is_not_kept(
    marked: Repo, scans: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That may pass, and nothing else would show that it has."""
    from whence.repo import GitError, Repository

    with monkeypatch.context() as patched:

        def fails(*_: object, **__: object) -> None:
            raise GitError("out of memory")

        patched.setattr(Repository, "stream", fails)
        assert "out of memory" in scan(marked).out
    assert "out of memory" not in scan(marked).out
    assert scans.made == 2


def test_the_witness_puts_everything_back(tmp_path: Path) -> None:
    """Python's own functions are theirs again, whatever happens meanwhile."""
    before = [getattr(place, name) for place, name, _ in witness._ASKING]
    seen = witness.Witness()

    def ask() -> None:
        with seen.watching():
            list(tmp_path.iterdir())
            (tmp_path / "absent").exists()
            raise Cancelled

    with pytest.raises(Cancelled):
        ask()
    assert [getattr(place, name) for place, name, _ in witness._ASKING] == before
    assert {str(tmp_path), str(tmp_path / "absent")} <= seen.facts.keys()
    assert witness.holds(seen.facts)
    (tmp_path / "absent").write_text("")
    assert not witness.holds({str(tmp_path / "absent"): seen.facts[str(tmp_path / "absent")]})
    assert not witness.holds({str(tmp_path): seen.facts[str(tmp_path)]})


def test_a_folder_that_is_only_looked_for_may_change_inside(tmp_path: Path) -> None:
    """Home folders change all the time."""
    seen = witness.Witness()
    with seen.watching():
        assert tmp_path.is_dir()
    (tmp_path / "new").write_text("")
    assert witness.holds(seen.facts)
    (tmp_path / "new").unlink()
    tmp_path.rmdir()
    assert not witness.holds(seen.facts)
