"""Completion and hover in the policy file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.policy.editing import complete, hover
from whence.tools import Registry

REGISTRY = Registry.builtin()
HEAD = """\
version = 1
[groups]
mine = ["codex"]
[artifacts]
synthetic = ["x/"]
[[tool]]
id = "metacode"
vendor = "meta"
[review.criteria.read]
text = "t"
[review.purposes]
setup = "s"
[[scope]]
name = "models"
"""


def at(text: str) -> tuple[str, int, int]:
    """A text with its cursor at `|`."""
    before, after = text.split("|")
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def offered(text: str, **more: bool) -> list[str]:
    return [item.text for item in complete(*at(text), REGISTRY, **more)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ver|", ["version"]),
        ("version = 1\nmo|", ["mode"]),
        ("version = 1\nver|", []),
        ("v|\nversion = 1", []),
        ('mode = "|', ["report", "warn", "enforce"]),
        ('mode = "en|"', ["enforce"]),
        ("mode = 'w|", ["warn"]),
        ("[[sc|", ["scope", "scope.rule"]),
        ("[rev|", ["review", "review.criteria", "review.purposes"]),
        ("[[scope]]\nname = 'x'\n  [[scope.rule]]\n  re|", ["require", "reviewers"]),
        ("[[scope]]\n[[scope.rule]]\nrequire = \"f|", ["forbid"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [\"claude|", ["claude-code"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [ # all [\n  \"codex\",\n  \"vendor:anth|", ["vendor:anthropic"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [\n  \"codex\",\n]\nbec|", ["because"]),
        (HEAD + "[[scope.rule]]\ntools = [\"meta|", ["metacode"]),
        (HEAD + "[[scope.rule]]\ntools = [\"group:|", ["group:mine"]),
        (HEAD + "[[scope.rule]]\ncriterion = \"|", ["read"]),
        (HEAD + "[[scope.rule]]\npurposes = [\"|", ["setup"]),
        (HEAD + "[[exception]]\nscopes = [\"|", ["models"]),
        (HEAD + "[[scope.rule]]\nartifacts = [\"s|", ["synthetic"]),
        (HEAD + "[[scope.rule]]\nevidence = [\"rec|", ["recorded"]),
        ("own_vendors = [\"met|", ["meta"]),
        ("[groups]\nx = [\"riv|", ["rival"]),
        ("[review]\nbulk = t|", ["true"]),
        ("# mo|", []),
        ("mode = \"warn\" # w|", []),
        ("[nonsense]\nx|", []),
    ],
)  # fmt: skip
def test_what_could_stand_there_is_offered(text: str, expected: list[str]) -> None:
    """Tables, keys that are not there yet, and values: of the schema, the registry and the policy itself."""
    assert offered(text) == expected


def test_in_pyproject_only_the_policy_is_completed() -> None:
    """The rest of the file is nobody's business."""
    assert offered("[project]\nmo|", pyproject=True) == []
    assert offered("[tool.whence]\nmo|", pyproject=True) == ["mode"]
    assert offered("[[tool.whence.scope]]\nowne|", pyproject=True) == ["owners"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mo|de = 'warn'", "How loud"),
        ("|mode = 'warn'", "How loud"),
        ("[[sc|ope]]", "A set of files, people and dates"),
        ("[[scope]]\n  [[scope.ru|le]]", "What is asked of the lines"),
        ("[review.criteria.read|]", "Written promises"),
        ("[[scope]]\n[[scope.rule]]\ntools = ['claude|-code']", "Claude Code (Anthropic)"),
        ("[[scope]]\n[[scope.rule]]\ntools = ['vendor:op|enai']", "tools and models of OpenAI"),
        ("[[scope]]\n[[scope.rule]]\nrequire = 'for|bid'", "What is asked"),
        ("mode = |", None),
        ("nonsense| = 1", None),
        ("# mode|", None),
        ("", None),
    ],
)
def test_hover_says_what_it_means(text: str, expected: str | None) -> None:
    """Keys, tables and values."""
    found = hover(*at(text if "|" in text else text + "|"), REGISTRY)
    assert (found or "").startswith(expected) if expected else found is None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(HEAD)), st.text("[]{}\"'=#.\n ax|", max_size=8), st.booleans())
def test_nothing_that_is_typed_breaks_it(cut: int, typed: str, pyproject: bool) -> None:
    """Half a policy with any letters at its end, asked everywhere."""
    text = HEAD[:cut] + typed
    for line in range(text.count("\n") + 3):
        complete(text, line, 3, REGISTRY, pyproject=pyproject)
        hover(text, line, 3, REGISTRY, pyproject=pyproject)
