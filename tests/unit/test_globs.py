"""Patterns in .gitignore syntax: the same as git's, and quick whatever they are."""

from __future__ import annotations

import random
import subprocess
import time

import pytest
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
    # Letters, then stars up to the next slash: git takes the letters away first, so that the stars begin the pattern.
    ("a**/b", "ab a/b ax/b ax/y/b a/x/y/b ab/c", "axb a x/ab b"),
    ("a***/??", "a]]a/a]-./!a/b abc ax/bc", "ab axbc"),
    ("x/a**/**/b", "x/ab x/ay/b x/ay/z/b", "x/b ab"),
    ("x/a**", "x/a x/ab/c", "x/b a"),
    ("/a**/", "a/b ax/b", "a ax x/a/b"),
    ("/a**/b/", "ab/c ax/y/b/c", "ax/y/b"),
    # Behind anything else they stay in their name.
    ("a*b**/c", "ab/c axbx/c", "ab/x/c axb/x/c"),
    ("?**/c", "a/c ab/c", "a/b/c"),
    ("\\a**/c", "a/c ab/c", "a/b/c"),
    ("x/***/b", "x/b x/y/z/b", "x/yb"),
    ("a\\/b", "a/b", "a\\/b"),
    ("?.c", "a.c x/b.c", "ab.c .c"),
    ("[a-c]x", "ax cx", "dx -x"),
    ("[!a-c]x", "dx", "ax"),
    ("[^a]x", "bx", "ax"),
    ("[]-]", "] -", "a"),
    ("[a-]", "a -", "b"),
    ("[[:digit:]]", "1", "a :"),
    ("[a/b]x", "ax bx", "[a/b]x"),
    ("[[:]x", ":x [x", "x"),
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


@pytest.mark.parametrize(
    "line", ["a\\", "x" * 5000, "[z-a]", "[a", "a/[b/c", "[[:no:]]", "a//b", "a//", "//a", "a\\/"]
)
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


PIECES = ("a", "b", "*", "?", "**", "***", "[ab]", "[!a]", "a*", "*b", ".", "[]]", "\\!", "a.b", "-", "]")


def ignore_file(pick: random.Random) -> list[str]:
    """One pattern, or several of which some are negated."""

    def name() -> str:
        return "".join(pick.choices(PIECES, k=pick.randint(1, 2)))

    def pattern() -> str:
        names = "/".join(name() for _ in range(pick.randint(1, 3)))
        return pick.choice(("", "/", "**/", "")) + names + pick.choice(("", "/", "/**", ""))

    if pick.random() < 0.5:
        return [pattern()]
    return [pick.choice(("", "!")) + pattern() for _ in range(pick.randint(2, 4))]


def paths(pick: random.Random) -> list[str]:
    """Some that such patterns may mean."""

    def name() -> str:
        while (found := "".join(pick.choices("ab.-]!^ ", k=pick.randint(1, 4)))).strip(
            " "
        ) != found or found in (".", ".."):
            pass
        return found

    return list(dict.fromkeys("/".join(name() for _ in range(pick.randint(1, 4))) for _ in range(6)))


CASES_AT_RANDOM = [(ignore_file(pick), paths(pick)) for pick in map(random.Random, range(1500))]
"""The same ones every time."""


def is_odd(line: str) -> bool:
    """Whether git and pathspec disagree about a pattern; then git is right, which the next test asks."""
    inside = any("**" in name and name.strip("*") for name in line.split("/"))
    return line.endswith("/**/") or "***" in line or "[]" in line or inside


def test_patterns_are_understood_as_pathspec_understands_them() -> None:
    """The library that others use for the same syntax: what matches, and which of several decides."""
    asked = 0
    for patterns, several in CASES_AT_RANDOM:
        if any(map(is_odd, patterns)):
            continue
        theirs = GitIgnoreSpec.from_lines(patterns)
        for path in several:
            assert bool(Patterns(patterns).decide(path)) == theirs.match_file(path), (patterns, path)
            asked += 1
    assert asked > 2000


def test_patterns_are_understood_as_git_understands_them(repo: Repo) -> None:
    """Thousands of pairs of an ignore file and a path, asked of git itself: each file in a folder of its own."""
    repo.write({f"{at}/.gitignore": "\n".join(patterns) for at, (patterns, _) in enumerate(CASES_AT_RANDOM)})
    asked = [f"{at}/{path}" for at, (_, several) in enumerate(CASES_AT_RANDOM) for path in several]
    done = subprocess.run(
        ["git", "-C", str(repo.path), "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(asked).encode(), capture_output=True, env=repo.environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ignored = set(done.stdout.decode().split("\0"))
    assert len(asked) // 20 < len(ignored) < len(asked) // 2
    for at, (patterns, several) in enumerate(CASES_AT_RANDOM):
        for path in several:
            assert is_ignored(Patterns(patterns), path) == (f"{at}/{path}" in ignored), (patterns, path)


def is_ignored(patterns: Patterns, path: str) -> bool:
    """As a walk finds it, which enters no folder that is ignored."""
    names = path.split("/")
    above = ["/".join(names[:count]) + "/" for count in range(1, len(names))]
    return any(map(patterns.itself, above)) or bool(patterns.itself(path))


def test_a_line_of_an_ignore_file_that_cannot_be_read_spoils_no_other() -> None:
    """As git does."""
    assert Patterns(["[z-a]", "*.log\r", "x\\"], lenient=True).decide("a.log")
