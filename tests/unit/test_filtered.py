"""Files that git keeps in another form than they have in the work tree: named, never taken for clean."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.git import Repo
from whence.engine import Snapshot, prepare
from whence.model import EvidenceClass, NotMeasured
from whence.text import is_pointer

CLAUDE = "Data\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d7a" * 16 + "\nsize 1234\n"
TEXT = "".join(f'{{"station": {number}, "gauge": {number * 37 % 101}}}\n' for number in range(20))
LFS = "filter=lfs diff=lfs merge=lfs -text\n"


def prepared(repo: Repo) -> Snapshot:
    return prepare(repo.path, environment=repo.environment)


def gaps(snapshot: Snapshot) -> dict[str, tuple[str, EvidenceClass | None]]:
    """Of single files: what is said, and what is missing."""
    return {one.path: (one.why, one.evidence_class) for one in snapshot.not_measured if one.path}


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("attributes", [f"*.jsonl {LFS}", "*.jsonl filter=lfs\n"])
def test_data_in_lfs_that_a_declared_commit_brought_is_not_measured(
    repo: Repo, attributes: str, here: bool
) -> None:
    """It is no longer left out as no text: its lines cannot be told, whether its content is here or not."""
    repo.commit("Start", {".gitattributes": attributes, "theirs.jsonl": POINTER})
    repo.commit(CLAUDE, {"a.jsonl": POINTER.replace("4d", "5e")})
    if here:
        repo.write({"a.jsonl": TEXT, "theirs.jsonl": TEXT})
    found = prepared(repo)
    assert dict(found.survey.left_out) == {}
    why = "its content is in Git LFS, and a commit that declares a tool changed it last"
    assert gaps(found) == {"a.jsonl": (why, EvidenceClass.DECLARED)}
    result = found.analyse_file("a.jsonl")
    (unread,) = result.not_measured or (None,)
    assert (result.findings, result.attributions) == ((), ())
    assert unread == (
        None
        if here
        else NotMeasured("file", "its content is in Git LFS, and not here", "a.jsonl", "git lfs pull")
    )


def test_pictures_and_weights_in_lfs_are_no_lines(repo: Repo) -> None:
    """As those are not that git keeps itself."""
    repo.commit(CLAUDE, {".gitattributes": f"*.png {LFS}*.safetensors {LFS}", "a.png": POINTER,
                         "w/b.safetensors": POINTER})  # fmt: skip
    assert gaps(prepared(repo)) == {}


def crypt(repo: Repo) -> str:
    repo.commit(CLAUDE, {"a.py": b"\0GITCRYPT\0" + os.urandom(64)})
    return TEXT


def shouting(repo: Repo) -> str:
    repo.commit(CLAUDE, {"a.py": TEXT.lower()})
    return TEXT.upper()


def stripped(repo: Repo) -> str:
    """Most lines are in both: an edited file, or a filter that only takes something away."""
    repo.commit(CLAUDE, {"a.py": TEXT})
    return TEXT + TEXT.upper()


@pytest.mark.parametrize(("keep", "lost"), [(crypt, True), (shouting, True), (stripped, False)])
def test_a_text_that_is_another_in_git_is_named(repo: Repo, keep: object, lost: bool) -> None:
    """Where the lines that git knows are not those of the file; no filter is run to find out."""
    repo.git("config", "filter.other.clean", f"touch {repo.home}/ran; cat")
    repo.commit("Start", {".gitattributes": "*.py filter=other\n"})
    repo.write({"a.py": keep(repo)})  # type: ignore[operator]
    (repo.home / "ran").unlink(missing_ok=True)
    assert [*gaps(prepared(repo))] == (["a.py"] if lost else [])
    assert not Path(repo.home, "ran").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POINTER, True),
        (POINTER.replace("\noid", "\next-0-foo sha256:00\noid"), True),
        (POINTER + "print(1)\n", False),
        (POINTER * 30, False),
        ("version https://git-lfs.github.com/spec/v1\n", False),
        ("", False),
    ],
)
def test_what_a_pointer_is(text: str, expected: bool) -> None:
    """Nothing else can hide behind one."""
    assert is_pointer(text.encode()) is expected
