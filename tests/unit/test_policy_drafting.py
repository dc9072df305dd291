"""The first policy that `whence policy init` writes."""

from __future__ import annotations

import re
from datetime import date

import pytest

from policies.asking import ask, policy
from whence.errors import UserError
from whence.policy.checking import warnings
from whence.policy.drafting import CONFIGURATION, Survey, agreements, configured, draft, permit
from whence.policy.owners import parse
from whence.policy.paths import matches
from whence.tools import Registry

TODAY = date(2026, 7, 1)
EMPTY = Survey(TODAY)
FULL = Survey(
    TODAY,
    languages=(("Python", 120), ("Markdown", 1)),
    configured=(("claude-code", "CLAUDE.md"), ("cursor", ".cursor/rules/a.mdc")),
    marked=(("claude-code", 40), ("copilot", 1)),
    owners=parse('* @acme/"odd\n* @acme/core\n/x @acme/core e@x.org', ".github/CODEOWNERS"),
    agreements=("docs/AI_POLICY.md",),
)


def drafted(survey: Survey) -> str:
    return draft(survey, Registry.builtin())


def switched_on(survey: Survey) -> str:
    """The draft with every setting in force."""
    return re.sub(r"^( *)#(?=\S)", r"\1", drafted(survey), flags=re.MULTILINE)


@pytest.mark.parametrize("survey", [EMPTY, FULL])
def test_the_draft_is_in_order(survey: Survey) -> None:
    """It loads, nothing in it is suspicious, and the first day is green: nothing older is asked about."""
    read = policy(drafted(survey))
    assert warnings(read, TODAY) == ()
    assert ask(read, when="2026-06-30").requirement == "allow"
    young = ask(read, when="2026-07-02")
    assert (young.requirement, young.severity) == ("review", "warning")


@pytest.mark.parametrize("survey", [EMPTY, FULL])
def test_every_setting_in_the_draft_can_be_switched_on(survey: Survey) -> None:
    """Each line that begins with `#` and no blank is a setting; with all of them on the policy loads."""
    read = policy(switched_on(survey))
    assert {"everything", "restricted", "training-data"} <= {scope.name for scope in read.scopes}
    assert len(read.exceptions) == len(read.criteria) == 1


def test_the_draft_says_what_was_found() -> None:
    """Languages, tools in use with the reason, owners and an agreement that is already there."""
    text = drafted(FULL)
    assert "# Found here: Python (120 files), Markdown (1 file)." in text
    assert "# In use: Claude Code (Anthropic), declared by 40 commits, configured in CLAUDE.md." in text
    assert "# In use: Cursor (Anysphere), configured in .cursor/rules/a.mdc." in text
    assert '#owners = ["@acme/core"]' in text
    assert '#tools = ["claude-code", "copilot", "cursor"]' in text
    assert policy(switched_on(FULL)).scopes[0].rules[0].clause == "docs/AI_POLICY.md"


def test_hostile_names_stay_text() -> None:
    """Names from the repository cannot break out of the file that is written."""
    survey = Survey(
        TODAY,
        configured=(("claude-code", 'CLAUDE.md\nmode = "report"'),),
        owners=parse('* @a"\\b'),
        agreements=('ai-policy"\nmode = "report".md',),
    )
    read = policy(switched_on(survey))
    assert read.mode == "warn"
    assert read.scopes[0].rules[0].clause == 'ai-policy"\nmode = "report".md'


def test_configuration_shows_tools_in_use() -> None:
    """By path only; AGENTS.md is everybody's, and a file of that name in a subfolder is nobody's."""
    assert configured(["AGENTS.md", "src/CLAUDE.md", ".cursor/rules/a.mdc", ".claude/settings.json", ".roorules-x"]) == (
        ("claude-code", ".claude/settings.json"), ("cursor", ".cursor/rules/a.mdc"), ("roo", ".roorules-x"),
    )  # fmt: skip
    assert {tool for tool, _ in CONFIGURATION} <= set(Registry.builtin().tools)


def test_a_written_agreement_is_noticed() -> None:
    """Files that are named after an AI policy."""
    assert agreements(["docs/AI_POLICY.md", "ai-usage.rst", "LLM guidelines.txt", "src/main.py", "docs/email-policy.md", "ai_policy.py"]) == (
        "docs/AI_POLICY.md", "ai-usage.rst", "LLM guidelines.txt",
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["a.py", "src/[x] *?.py", "odd name ", "!no.py", "#a.py", "back\\slash", '"q" 😀.py']
)
def test_an_exception_is_for_exactly_one_file_and_waits_for_its_reason(path: str) -> None:
    """Whatever a path looks like to .gitignore and TOML; nothing else is permitted, and nothing before it is granted."""
    lines = permit(path, "codex", None, owner="Dana <d@x.org>", expires=date(2026, 12, 1))
    assert lines is not None
    text = "version = 1\n" + "\n".join(lines) + "\n"
    with pytest.raises(UserError) as caught:
        policy(text)
    assert [fault.message.partition("`")[2].partition("`")[0] for fault in caught.value.problems] == ["reason", "approver"]  # fmt: skip
    (granted,) = policy(text.replace('""', '"yes"')).exceptions
    assert (granted.owner, granted.expires) == ("Dana <d@x.org>", date(2026, 12, 1))
    assert matches(granted.paths, path)
    assert not any(matches(granted.paths, other) for other in (f"x/{path}", f"{path}x", "b.py", "src/x 1.py"))


@pytest.mark.parametrize("path", ["a\nb.py", "a\udcff.py", "\u202ea.py"])
def test_what_no_policy_can_hold_gets_no_exception(path: str) -> None:
    """A name with a line's end, undecodable bytes or signs that hide others."""
    assert permit(path, None, None, owner="", expires=TODAY) is None
