"""Patterns in .gitignore syntax: the same as git's, and quick whatever they are."""

from __future__ import annotations

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from support.git import Repo
from whence.globs import Patterns, glob

CASES = [
    ("*.py", "a.py b/c.py", "a.pyc py"),
    ("docs/", "docs/a docs/b/c x/docs/a", "docs x/docs"),
    ("/docs", "docs docs/a", "x/docs"),
    ("models/**", "models/a models/b/c", "models x/models/a"),
    ("**/models/*.py", "models/a.py x/y/models/a.py", "models/b/a.py a.py"),
    ("a/**/b", "a/b a/x/b a/x/y/b/c", "b x/a/b ab"),
    ("a/*", "a/b a/b/c", "a b/a/c"),
    ("**", "a a/b", ""),
    ("**/", "a/b", "a"),
    ("a**b", "ab axb x/axxb", "a/b"),
    ("?.c", "a.c x/b.c", "ab.c .c"),
    ("[a-c]x", "ax cx", "dx -x"),
    ("[!a-c]x", "dx", "ax"),
    ("[^a]x", "bx", "ax"),
    ("[]-]", "] -", "a"),
    ("[a-]", "a -", "b"),
    ("[[:digit:]]", "1", "a :"),
    ("[a", "[a", "a"),
    ("\\*", "*", "a"),
    ("\\!a", "!a", "a"),
    ("\\#a", "#a", "a"),
    ("a\\ ", "a\\x20", "a"),
    ("a ", "a", ""),
    (".*", ".a x/.b/c", "a.b"),
    ("ä*.md", "ä1.md", "a1.md"),
]


@pytest.mark.parametrize(("pattern", "hits", "misses"), CASES)
def test_a_pattern_matches_as_it_says(pattern: str, hits: str, misses: str) -> None:
    """Levels, folders, stars, sets, escapes."""
    for path in hits.split():
        assert Patterns([pattern]).decide(path.replace("\\x20", " ")), path
    for path in misses.split():
        assert not Patterns([pattern]).decide(path), path


@pytest.mark.parametrize("line", ["", "  ", "# a", "/", "!", "!/", "\n"])
def test_some_lines_are_no_pattern(line: str) -> None:
    """Blank lines, comments, and what could match nothing."""
    assert glob(line) is None


@pytest.mark.parametrize("line", ["a\\", "x" * 5000, "[z-a]"])
def test_a_line_that_cannot_be_read_is_an_error(line: str) -> None:
    """Whoever wrote it is told."""
    with pytest.raises(ValueError, match=r"."):
        glob(line)


def test_the_last_pattern_decides_of_those_that_speak_of_the_path_itself() -> None:
    """And those of the path itself before those of its folders."""
    both = Patterns(["models/**", "!models/public/**", "models/public/x.py"])
    assert both.decide("models/a.py")
    assert both.decide("models/public/y.py") is False
    assert both.decide("models/public/x.py")
    assert both.decide("docs/a.md") is None
    assert Patterns(["src/a.py", "!src/"]).decide("src/a.py")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 30 + "*b", "a" * 250),
        ("**/a/" * 40 + "b", "/".join("a" * 800) + "/c"),
        ("/".join(["**", "*a*a*a"] * 20), "/".join(["a" * 120] * 12) + "/b"),
        ("?" * 200 + "*" * 200 + "[!b]" * 50, "b" * 255),
        ("**/" * 1000 + "x", "/".join("y" * 1000)),
    ],
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    """Those on which a regular expression would take hours; counted in processor time, with room to spare."""
    before = time.process_time()
    assert not Patterns([pattern]).decide(path)
    assert time.process_time() - before < 2


names = st.text(st.sampled_from("ab.-]!^ "), min_size=1, max_size=4).filter(
    lambda name: name not in (".", "..") and name.strip() == name
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
pieces = st.sampled_from(
    ["a", "b", "*", "?", "**", "[ab]", "[!a]", "a*", "*b", ".", "[]]", "\\!", "a.b", "-", "]"]
)
lines = st.builds(
    lambda lead, parts, tail: lead + "/".join(parts) + tail,
    st.sampled_from(["", "/", "**/", ""]),
    st.lists(st.lists(pieces, min_size=1, max_size=2).map("".join), min_size=1, max_size=3),
    st.sampled_from(["", "/", "/**", ""]),
)


@settings(max_examples=300, deadline=None)
@given(lines, st.lists(paths, min_size=1, max_size=6))
def test_one_pattern_is_understood_as_pathspec_understands_it(line: str, asked: list[str]) -> None:
    """The library that others use for the same syntax."""
    if line.endswith("/**/") or "***" in line or "[]" in line:
        return  # where it and git disagree, git is right: see the next test
    theirs = GitIgnoreSpec.from_lines([line])
    for path in asked:
        assert bool(Patterns([line]).decide(path)) == theirs.match_file(path), (line, path)


def test_one_pattern_is_understood_as_git_understands_it(repo: Repo) -> None:
    """Some thousand pairs of a pattern and a path, asked of git itself."""
    seen: list[tuple[str, list[str]]] = []

    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(lines, st.lists(paths, min_size=4, max_size=8, unique=True))
    def gather(line: str, asked: list[str]) -> None:
        seen.append((line, asked))

    gather()
    for line, asked in seen:
        (repo.path / ".git/info/exclude").write_text(line + "\n", "utf-8")
        feed = "".join(f"{path}\0" for path in asked).encode()
        done = subprocess.run(
            ["git", "-C", str(repo.path), "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n"],
            input=feed, capture_output=True, env=repo.environment, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        told = done.stdout.decode().split("\0")
        git = {told[at + 3]: bool(told[at + 2]) for at in range(0, len(told) - 3, 4)}
        for path in asked:
            assert bool(Patterns([line]).decide(path)) == git[path], (line, path)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["", "!"]), lines).map("".join), min_size=1, max_size=4),
    st.lists(paths, min_size=1, max_size=6),
)
def test_several_patterns_are_understood_as_pathspec_understands_them(
    several: list[str], asked: list[str]
) -> None:
    """Which of them decides."""
    if any(line.endswith("/**/") or "***" in line or "[]" in line for line in several):
        return
    theirs = GitIgnoreSpec.from_lines(several)
    for path in asked:
        assert bool(Patterns(several).decide(path)) == theirs.match_file(path), (several, path)


def test_a_line_of_an_ignore_file_that_cannot_be_read_spoils_no_other() -> None:
    """As git does."""
    assert Patterns(["[z-a]", "*.log\r", "x\\"], lenient=True).decide("a.log")
