"""A first glance says only what a whole look would say, too."""

from __future__ import annotations

import pytest

from support.git import Repo
from whence.engine import Snapshot
from whence.live.glancing import glance
from whence.live.jobs import prepare_workspace
from whence.live.sealed import Sealed
from whence.live.values import Preparation
from whence.model import FileResult, Region
from whence.review import Draft, record
from whence.text import split

HUMAN = "def low(rows):\n    return min(row.height for row in rows)\n"
TOOLS = "\n\ndef smooth(values):\n    total = 0\n    for value in values:\n        total += value\n    return total\n"
MARKED = "# Generated-by: Claude Code\n" + HUMAN
TRAILER = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
POLICY = 'version = 1\n[[scope]]\nname = "all"\npaths = ["**"]\n[[scope.rule]]\ntools = ["any"]\nrequire = "review"\n'


@pytest.fixture
def workspace(repo: Repo) -> Repo:
    repo.commit("Begin", {"tides.py": HUMAN, "whence.toml": POLICY})
    repo.commit("Smooth" + TRAILER, {"tides.py": HUMAN + TOOLS})
    repo.write({"marked é.py": MARKED})
    return repo


def whole(repo: Repo) -> Snapshot:
    """Look at everything, which also fills the cache."""
    ask = Preparation(repo.path, None, (), repo.environment, Sealed(None))
    return prepare_workspace(lambda told: None, lambda: None, ask).whole.open()


def glanced(repo: Repo, name: str) -> FileResult:
    return glance(repo.path, None, repo.environment, name).analyse_file(name)


def test_without_a_cache_only_the_file_itself_speaks(workspace: Repo) -> None:
    """Nobody has looked yet: markers are read, history is not."""
    assert glanced(workspace, "tides.py").findings == ()
    (finding,) = glanced(workspace, "marked é.py").findings
    assert finding.agent.tool == "claude-code"


def test_what_is_kept_is_said_and_nothing_else(workspace: Repo) -> None:
    """The findings of the whole look, for every file."""
    full = whole(workspace)
    for name in ("tides.py", "marked é.py"):
        assert glanced(workspace, name).findings == full.analyse_file(name).findings != ()


def test_what_is_kept_of_another_commit_is_not_said(workspace: Repo) -> None:
    """A declaration is of lines at HEAD; those of an older one may be elsewhere now."""
    whole(workspace)
    workspace.commit("Rewrite", {"tides.py": HUMAN + TOOLS + "\n\nLAST = 1\n"})
    assert glanced(workspace, "tides.py").findings == ()


def test_where_records_may_take_it_back_nothing_is_said(workspace: Repo) -> None:
    """Notes and traces say line by line who wrote: until they are read, declarations wait."""
    whole(workspace)
    workspace.note("HEAD", "tides.py\n  h_dana 3-7\n---\n{}")
    assert glanced(workspace, "tides.py").findings == ()
    assert glanced(workspace, "marked é.py").findings == ()
    found = whole(workspace).analyse_file("tides.py").findings
    assert glanced(workspace, "tides.py").findings == found


def test_traces_are_waited_for_in_every_folder_above(workspace: Repo) -> None:
    """An Agent Trace file speaks of the files below its folder."""
    workspace.write({"a/b/marked é.py": MARKED})
    assert glanced(workspace, "a/b/marked é.py").findings
    workspace.write({"a/.agent-trace/traces.jsonl": ""})
    assert glanced(workspace, "a/b/marked é.py").findings == ()
    assert glanced(workspace, "marked é.py").findings


def test_reviews_count_at_once(workspace: Repo) -> None:
    """A person who has answered is not asked again, not even for a moment."""
    whole(workspace)
    (finding,) = glanced(workspace, "tides.py").findings
    draft = Draft(
        path="tides.py", region=Region("function", "smooth", 5, 9), text=split(HUMAN + TOOLS), lines=finding.lines,
        reviewer="Rita Reader <rita@example.org>", tools=("claude-code",),
    )  # fmt: skip
    record(workspace.path, draft)
    assert glanced(workspace, "tides.py").findings == ()
