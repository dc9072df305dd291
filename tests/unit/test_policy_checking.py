"""Warnings on policies that are legal and not meant."""

from __future__ import annotations

from datetime import date

import pytest

from policies.asking import policy
from whence.policy import paths
from whence.policy.checking import summary, warnings
from whence.policy.owners import parse

TODAY = date(2026, 7, 1)
SCOPE = '[[scope]]\nname = "x"\n'
FORBID = '[[scope.rule]]\nrequire = "forbid"\n'


def exception(expires: str) -> str:
    return f'[[exception]]\npaths = ["a.py"]\nreason = "r"\nowner = "o"\nexpires = {expires}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SCOPE + FORBID, []),
        (exception("2026-06-30"), ["the exception of o expired on 2026-06-30 and is ignored"]),
        (exception("2026-07-01"), ["the exception of o expires on 2026-07-01"]),
        (exception("2026-12-01"), []),
        (exception("2029-12-01"), ["for more than a year"]),
        ('[[signal]]\nignore = "trailer:x"\nreason = "r"', ["`trailer:x` is ignored for all time"]),
        (f'[review.criteria.read]\ntext = "{"x" * 240}"\n', []),
        (
            f'[review.criteria.read]\ntext = "{"x" * 241}"\n',
            ["the promise of `read` has 241 letters; menus show 240"],
        ),
        (SCOPE, ["the scope `x` has no rule"]),
        (SCOPE + 'presumption = "tainted"', []),
        (SCOPE + 'owners = ["@a"]\n' + FORBID, ["there is no CODEOWNERS file"]),
        (SCOPE + '[[scope.rule]]\ntools = ["rival"]\nrequire = "forbid"', ["`own_vendors` is empty"]),
        (
            SCOPE + '[[scope.rule]]\ntools = ["codex"]\nrequire = "forbid"\n' + FORBID,
            ["rule 1 of `x` never wins"],
        ),
        (SCOPE + FORBID + '[[scope.rule]]\ntools = ["codex"]\nrequire = "allow"\n', []),
        (SCOPE + FORBID + '[[scope.rule]]\nrequire = "allow"\npaths = ["a.py"]', []),
        (SCOPE + 'paths = ["gone/"]\n' + FORBID, ["the scope `x` speaks of no file that is here now"]),
        (SCOPE + FORBID + 'paths = ["gone/"]', ["rule 1 of `x` speaks of no file"]),
        (exception("2026-12-01").replace("a.py", "b.py"), ["the exception of o speaks of no file"]),
        (
            SCOPE + 'paths = ["*.py", "modles/", "!tset/", "\\\\!a"]\n' + FORBID,
            [f"the path `{path}` in the scope `x` matches no file" for path in ("modles/", "!tset/", "\\!a")],
        ),
        (SCOPE + FORBID + 'paths = ["a.*", "b.*"]', ["the path `b.*` in rule 1 of `x` matches no file"]),
        (SCOPE + 'paths = ["a.py", "!a.py"]\n' + FORBID, ["the scope `x` speaks of no file"]),
        (
            exception("2026-12-01").replace('"a.py"', '"a.py", "b.py"'),
            ["the path `b.py` in the exception of o matches no file"],
        ),
    ],
)
def test_what_is_not_meant_is_named(text: str, expected: list[str]) -> None:
    """One warning each, at its line; a policy in order has none."""
    found = warnings(policy("version = 1\n" + text), TODAY, files=["a.py"])
    assert len(found) == len(expected)
    for problem, words in zip(found, expected, strict=True):
        assert words in str(problem)
        assert problem.line is not None


PATHS = [
    "a.py",
    "src/a.py",
    "src/models/a.py",
    "src/models/b/a.py",
    "srcs/a.py",
    "src-models/a.py",
    "docs/a.md",
]


@pytest.mark.parametrize(
    "lines",
    [("src/models/**",), ("src/",), ("/src",), ("*.py",), ("**/b/*",), ("sr**/a.py",), ("src/**", "!src/models/"),
     ("!src/",), ("docs/*.md", "src/mod*/a.py"), ("**",)],
)  # fmt: skip
def test_a_path_that_is_passed_over_is_one_that_no_pattern_matches(lines: tuple[str, ...]) -> None:
    """Large workspaces are looked through by the patterns' plain beginnings first."""
    near = paths.among(lines, PATHS)
    assert [path for path in PATHS if paths.matches(lines, path)] == [
        path for path in near if paths.matches(lines, path)
    ]


def test_owners_are_known_where_there_is_a_file() -> None:
    """With CODEOWNERS the same policy is in order."""
    assert (
        warnings(policy("version = 1\n" + SCOPE + 'owners = ["@a"]\n' + FORBID), TODAY, owners=parse("* @a"))
        == ()
    )


def test_a_policy_in_order_is_summed_up() -> None:
    """Mode, counts and what it extends."""
    read = policy("version = 1\nextends = ['b.toml']\n" + SCOPE + FORBID, files={"b.toml": "mode = 'warn'"})
    assert summary(read) == "whence.toml: in order; mode warn, 1 scope, 1 rule, 0 exceptions, extends b.toml"
