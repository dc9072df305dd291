"""Completion and hover in the policy file."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.asking import policy
from whence.policy.editing import Completion, complete, hover
from whence.policy.offers import MEANINGS, Known
from whence.policy.owners import parse
from whence.tools import Registry

KNOWN = Known(Registry.builtin(), owners=parse("*.py @acme/core\n"), today=date(2026, 6, 1))
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
    return [item.text for item in complete(*at(text), KNOWN, **more)]


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
        ("[[sc|", ["[[scope]]", "[[scope.rule]]"]),
        ("[rev|", ["[review]", "[review.criteria.NAME]", "[review.purposes]"]),
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
        (HEAD + "owners = [\"|", ["@acme/core"]),
        ("[[signal]]\nignore = \"trailer:cla|", ["trailer:claude-code"]),
        ("[[exception]]\nexpires = |", ["2026-06-01", "2026-07-01", "2026-08-30", "2026-11-28"]),
        ("[[scope]]\neffective = \"2026|", ["2026-06-01"]),
        ("version = |", ["1"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [\"codex\", \"co|", ["copilot", "cody", "continue", "coderabbit"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [\"anth|", ["vendor:anthropic"]),
        ("[[scope]]\n[[scope.rule]]\ntools = [\n  \"codex\",\n[[scope]]\npre|", ["presumption"]),
        ("review.si|", ["signed"]),
        ("review.signed = |", ["true", "false"]),
        ("because = \"\"\"\nmo|", []),
        ("because = \"\"\"\nx\"\"\"\nmo|", ["mode"]),
        ("[[scope]]\nname = 'x # y'\npres|", ["presumption"]),
        ("mode = \"warn\"\r\nown|", ["own_vendors"]),
        ("[[tool]]\nid|", ["id"]),
        ("# mo|", []),
        ("mode = \"warn\" # w|", []),
        ("[nonsense]\nx|", []),
    ],
)  # fmt: skip
def test_what_could_stand_there_is_offered(text: str, expected: list[str]) -> None:
    """Tables, keys that are not there yet, and values: of the schema, the registry and the policy itself."""
    assert offered(text) == expected


@pytest.mark.parametrize(
    ("text", "choice", "expected"),
    [
        ("mo|", "mode", "mode = "),
        ("mode = |", "warn", 'mode = "warn"'),
        ("mode = w|", "warn", 'mode = "warn"'),
        ('mode = "w|', "warn", 'mode = "warn"'),
        ('mode = "w|"', "warn", 'mode = "warn"'),
        ("mode = 'enf|orce'", "enforce", "mode = 'enforce'"),
        ("[[scope]]\n[[scope.rule]]\n  tools = |", "rival", '[[scope]]\n[[scope.rule]]\n  tools = ["rival"]'),
        (
            "[[scope]]\n[[scope.rule]]\n  tools = [|]",
            "rival",
            '[[scope]]\n[[scope.rule]]\n  tools = ["rival"]',
        ),
        ("[[sc|", "[[scope]]", "[[scope]]"),
        ("[[sc|]]", "[[scope.rule]]", "[[scope.rule]]"),
        ("  [[scope.ru|le]]", "[[scope.rule]]", "  [[scope.rule]]"),
        ("[sc|", "[[scope]]", "[[scope]]"),
        ("[[review|]]", "[review]", "[review]"),
        ("review.bu|", "bulk", "review.bulk = "),
        ("[[exception]]\nexpires = |", "2026-07-01", "[[exception]]\nexpires = 2026-07-01"),
        ("version = |", "1", "version = 1"),
        ("|", "[[signal]]", "[[signal]]"),
    ],
)
def test_a_choice_is_written_whole(text: str, choice: str, expected: str) -> None:
    """With the brackets and quotation marks that it needs, and in place of what stood there."""
    source, line, column = at(text)
    (taken,) = [item for item in complete(source, line, column, KNOWN) if item.text == choice]
    assert put(source, line, taken) == expected


def put(text: str, line: int, item: Completion) -> str:
    """The text after a choice was taken."""
    lines = text.split("\n")
    row = lines[line - 1]
    lines[line - 1] = row[: item.start - 1] + item.insert + row[item.end - 1 :]
    return "\n".join(lines)


def test_what_a_table_needs_comes_first() -> None:
    """A rule without `require` is a mistake, so `require` is the first that is offered."""
    assert offered("[[scope]]\n[[scope.rule]]\n|")[0] == "require"
    assert offered("[[exception]]\nreason = 'x'\n|")[:3] == ["paths", "owner", "expires"]


def test_names_of_extended_files_are_offered_too() -> None:
    """The last policy that was in order knows the criteria, purposes, scopes and classes of all its files."""
    good = policy(
        """
        [artifacts]
        synthetic = ["s/"]
        [review.criteria.read]
        text = "I read it."
        [review.purposes]
        setup = "Setting up"
        [[scope]]
        name = "base"
        """
    )
    known = Known(Registry.builtin(), policy=good)

    def first(text: str) -> list[tuple[str, str]]:
        return [(item.text, item.said) for item in complete(*at(text), known)][:1]

    assert first("[[scope]]\n[[scope.rule]]\ncriterion = |") == [("read", "I read it.")]
    assert first("[[scope]]\n[[scope.rule]]\npurposes = [|") == [("setup", "Setting up")]
    assert first("[[exception]]\nscopes = [|") == [("base", "A scope of this policy.")]
    assert first("[[scope]]\nartifacts = [|") == [("synthetic", "Files: s/")]


def test_every_value_of_the_schema_is_explained() -> None:
    """A choice that is offered says what it means, in its own words rather than its key's."""
    for key, choice in MEANINGS:
        assert MEANINGS[key, choice].endswith(".")
    for table, key in (("scope", "mode"), ("scope", "presumption"), ("scope.rule", "require"), ("scope.rule", "severity"),
                       ("scope.rule", "weak_severity"), ("scope.rule", "evidence"), ("scope.rule", "channels"),
                       ("tool", "channel")):  # fmt: skip
        said = [item.said for item in complete(*at(f"[[scope]]\n[[{table}]]\n{key} = |"), KNOWN)]
        assert said
        assert len(set(said)) == len(said), (table, key)


def test_a_key_without_end_keeps_nobody_waiting() -> None:
    """Counted in processor time, with room to spare."""
    text = HEAD + ".".join(["a"] * 20_000) + " = 1\nmo"
    before = time.process_time()
    assert complete(text, HEAD.count("\n") + 2, 3, KNOWN) == ()
    assert hover(text, HEAD.count("\n") + 1, 3, KNOWN) is None
    assert time.process_time() - before < 3


def test_in_pyproject_only_the_policy_is_completed() -> None:
    """The rest of the file is nobody's business."""
    assert offered("[project]\nmo|", pyproject=True) == []
    assert offered("[tool.whence]\nmo|", pyproject=True) == ["mode"]
    assert offered("[project]\n[[sc|", pyproject=True) == []
    assert offered("[tool.wh|", pyproject=True)[0] == "[tool.whence.groups]"
    assert offered("[tool.whence]\n[[tool.whence.sc|", pyproject=True) == [
        "[[tool.whence.scope]]", "[[tool.whence.scope.rule]]",
    ]  # fmt: skip
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
        ("[[scope]]\n[[scope.rule]]\ntools = ['vendor:op|enai']", "Tools and models of OpenAI"),
        ("[[scope]]\n[[scope.rule]]\nrequire = 'for|bid'", "The lines must not be there"),
        (
            "[[scope]]\n[[scope.rule]]\nrequire| = 'forbid'",
            "What is asked: nothing, a disclosure, a human review, or that "
            "the lines are not there.\n\nHolds: `allow`, `disclose`, `review`, `forbid`, required.",
        ),
        ("review.sig|ned = true", "Count only reviews"),
        (
            "[[scope]]\n[[scope.rule]]\ntools = ['own', 'ri|val']",
            "Tools or models of every vendor that is not",
        ),
        ("mode = |", None),
        ("nonsense| = 1", None),
        ("# mode|", None),
        ("", None),
    ],
)
def test_hover_says_what_it_means(text: str, expected: str | None) -> None:
    """Keys, tables and values."""
    found = hover(*at(text if "|" in text else text + "|"), KNOWN)
    assert (found or "").startswith(expected) if expected else found is None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(HEAD)), st.text("[]{}\"'=#.\n ax|", max_size=8), st.booleans())
def test_nothing_that_is_typed_breaks_it(cut: int, typed: str, pyproject: bool) -> None:
    """Half a policy with any letters at its end, asked everywhere."""
    text = HEAD[:cut] + typed
    for line in range(text.count("\n") + 3):
        complete(text, line, 3, KNOWN, pyproject=pyproject)
        hover(text, line, 3, KNOWN, pyproject=pyproject)
