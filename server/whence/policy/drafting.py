"""A first policy in which day one is green, for `whence policy init`. Pure: what was found comes in, text goes out.

In the draft `# ` begins an explanation and `#` without a blank begins a setting to be switched on; a test switches
all of them on and loads the result.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from whence.policy.owners import Owners
from whence.policy.paths import matches
from whence.quick import dataclass
from whence.text import counted, display
from whence.tools import Registry

CONFIGURATION: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("claude-code", ("/CLAUDE.md", "/CLAUDE.local.md", "/.claude/", "/.claudeignore", "/.claude-plugin/")),
    ("codex", ("/.codex/",)),
    ("cursor", ("/.cursor/", "/.cursorrules", "/.cursorignore")),
    ("copilot", ("/.github/copilot-instructions.md", "/.github/instructions/", "/.github/chatmodes/", "/.github/prompts/")),
    ("gemini-cli", ("/GEMINI.md", "/.gemini/", "/.geminiignore")),
    ("cline", ("/.clinerules", "/.clineignore", "/.cline/")),
    ("roo", ("/.roo/", "/.roomodes", "/.rooignore", "/.roorules*")),
    ("windsurf", ("/.windsurf/", "/.windsurfrules", "/.codeiumignore")),
    ("opencode", ("/opencode.json", "/opencode.jsonc", "/.opencode/")),
    ("aider", ("/.aider.conf.yml", "/.aiderignore")),
    ("continue", ("/.continue/",)),
    ("amazon-q", ("/.amazonq/",)),
    ("kiro", ("/.kiro/",)),
    ("junie", ("/.junie/",)),
    ("droid", ("/.factory/",)),
    ("pi", ("/.pi/",)),
)  # fmt: skip
"""Committed configuration by tool, in .gitignore syntax. It says that a tool is used, never that it wrote a line;
AGENTS.md is read by most tools and says nothing about which."""

_AGREEMENT = re.compile(
    r"(?:^|/)[^/]*\b(?:ai|llm|genai|generative)[-_ ]?(?:policy|usage|guidelines?|contribut\w*)[^/]*\.(?:md|rst|txt|adoc)$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a workspace shows of itself."""

    today: date
    languages: tuple[tuple[str, int], ...] = ()
    """(display name, files), most first."""
    configured: tuple[tuple[str, str], ...] = ()
    """(tool id, the path that shows it)"""
    marked: tuple[tuple[str, int], ...] = ()
    """(tool id, commits that declare it), most first."""
    owners: Owners | None = None
    agreements: tuple[str, ...] = ()
    """Files whose names say that they are a policy on AI."""


def configured(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The tools that committed configuration shows, each with the first path that does."""
    found: dict[str, str] = {}
    for path in paths:
        for tool, patterns in CONFIGURATION:
            if tool not in found and matches(patterns, path):
                found[tool] = path
    return tuple((tool, found[tool]) for tool, _ in CONFIGURATION if tool in found)


def agreements(paths: Iterable[str]) -> tuple[str, ...]:
    """Files that look like a written policy on AI."""
    return tuple(path for path in paths if _AGREEMENT.search(path))


def draft(survey: Survey, registry: Registry) -> str:
    """The text of a first `whence.toml`."""
    today = survey.today
    out = [
        "# What AI tools may write in this workspace, and who answers for it.",
        "#",
        "#   whence policy check      is this file in order?",
        "#   whence policy why FILE   what does it ask of a file, and why?",
        "#   whence scan              where is that not met?",
        "#",
        *_found(survey, registry),
        "# A line that begins with `#` and no blank is a setting to switch on.",
        "version = 1",
        "",
        "# How loud: report (information only), warn (nothing fails), enforce (errors fail).",
        'mode = "warn"',
        "",
        "# Your organisation's own vendor, if it makes such tools; every other vendor is then a `rival`.",
        '#own_vendors = ["meta"]',
        "",
        "# What is generated or vendored, and nobody's to review.",
        '#exclude = ["vendor/", "third_party/"]',
        "",
        "# From today on, a person reads what a tool wrote. Older lines are grandfathered: day one is green.",
        "[[scope]]",
        'name = "everything"',
        f"effective = {today}",
        "",
        "  [[scope.rule]]",
        '  tools = ["any"]',
        '  require = "review"             # allow | disclose | review | forbid',
        '  because = "People answer for what tools write"',
        *_agreed(survey.agreements),
        "",
        "# Where some tools must not write at all. The last rule of a scope that matches wins;",
        "# between scopes the strictest requirement wins.",
        "#[[scope]]",
        '#name = "restricted"',
        '#paths = ["models/**", "training/**"]',
        f"#effective = {today}",
        "",
        "  #[[scope.rule]]",
        f"  #tools = [{_examples(survey)}]",
        '  #require = "forbid"',
        '  #because = "why, in words that every finding will show"',
        *_owned(survey.owners, today),
        "",
        "# Most providers' terms forbid to train competing models on their output.",
        "#[[scope]]",
        '#name = "training-data"',
        '#artifacts = ["training-data", "eval-data"]',
        "",
        "  #[[scope.rule]]",
        '  #tools = ["vendor:anthropic", "vendor:openai", "vendor:google"]',
        '  #require = "forbid"',
        '  #because = "provider terms: no output in training data of competing models"',
        "",
        "# A named, reasoned, expiring way out.",
        "#[[exception]]",
        '#paths = ["tools/generated_client.py"]',
        '#tools = ["any"]',
        '#reason = "generated before this policy, to be replaced"',
        '#owner = "platform@example.org"',
        f"#expires = {today + timedelta(days=180)}",
        "",
        "# What a reviewer promises; a rule asks for it with `criterion`.",
        "#[review.criteria.read]",
        '#text = "I read every line and can explain it without the tool."',
        "",
    ]
    return "\n".join(out)


def permit(
    path: str,
    tool: str | None,
    scope: str | None,
    *,
    owner: str,
    expires: date,
    pyproject: bool = False,
) -> list[str] | None:
    """The lines of an exception for one file, to go behind the rest of a policy; None for a name that no policy can
    hold.

    Its reason and approver are empty, which the loader refuses: it permits nothing before somebody has filled them in.
    """
    values = (path, tool or "", scope or "", owner)
    if not all(value.isprintable() for value in values):
        return None
    pattern = "/" + re.sub(r"([\\*?\[])", r"\\\1", path)
    pattern = re.sub(r" +$", lambda blanks: "\\ " * len(blanks[0]), pattern)
    return [
        "[[tool.whence.exception]]" if pyproject else "[[exception]]",
        f"paths = [{_quote(pattern)}]",
        *([f"tools = [{_quote(tool)}]"] if tool else []),
        *([f"scopes = [{_quote(scope)}]"] if scope else []),
        'reason = ""  # why, for the person who reads it in a year',
        f"owner = {_quote(owner)}  # who answers for it",
        'approver = ""  # who granted it',
        f"expires = {expires}",
    ]


def _found(survey: Survey, registry: Registry) -> list[str]:
    out = []
    if survey.languages:
        names = ", ".join(
            f"{display(name)} ({counted(count, 'file')})" for name, count in survey.languages[:6]
        )
        out.append(f"# Found here: {names}.")
    shown = dict(survey.configured)
    commits = dict(survey.marked)
    for tool in dict.fromkeys((*commits, *shown)):
        signs = [f"declared by {counted(commits[tool], 'commit')}"] if tool in commits else []
        signs += [f"configured in {display(shown[tool])}"] if tool in shown else []
        out.append(f"# In use: {display(registry.display(registry.agent(tool)))}, {', '.join(signs)}.")
    return [*out, "#"] if out else []


def _agreed(paths: Sequence[str]) -> list[str]:
    return [f"  #clause = {_quote(path)}" for path in paths[:1]]


def _examples(survey: Survey) -> str:
    used = [tool for tool, _ in (*survey.marked, *survey.configured)]
    return ", ".join(map(_quote, dict.fromkeys(used))) or '"rival"'


def _owned(owners: Owners | None, today: date) -> list[str]:
    if owners is None:
        return []
    found = Counter(owner for entry in owners.entries for owner in entry.owners)
    if not found:
        return []
    most = found.most_common(1)[0][0]
    return [
        "",
        f"# {display(owners.path)} already says who owns what; a scope can follow it.",
        "#[[scope]]",
        f"#name = {_quote(most.lstrip('@'))}",
        f"#owners = [{_quote(most)}]",
        f"#effective = {today}",
        "",
        "  #[[scope.rule]]",
        '  #tools = ["any"]',
        '  #require = "review"',
        "  #reviewers = 1                 # somebody other than the author",
    ]


def _quote(text: str) -> str:
    """A TOML basic string; JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
