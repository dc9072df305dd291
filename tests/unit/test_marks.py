"""A commit's marks are what it declares, no more: the traps are people, bots, quotes and other commits' text."""

from __future__ import annotations

import pytest

from whence.evidence import marks as strength
from whence.evidence.marks import AGENTS_BEGIN, CommitText, Mark, by_author, commit_marks, reader, reverts
from whence.model import Agent
from whence.tools import Registry, Tool

REGISTRY = Registry.builtin()
CLAUDE = "Co-Authored-By: Claude <noreply@anthropic.com>"
PERSON = "Dana Dev <dana@example.org>"
BOT = "@users.noreply.github.com>"


def commit(
    body: str = "Change a thing",
    *,
    author: str = PERSON,
    committer: str = "GitHub <noreply@github.com>",
    time: float = 1_780_000_000.0,
    parents: tuple[str, ...] = ("b" * 40,),
) -> CommitText:
    name, _, mail = author.rstrip(">").partition(" <")
    by_name, _, by_mail = committer.rstrip(">").partition(" <")
    return CommitText("a" * 40, parents, name, mail, time, by_name, by_mail, body)


def marks(text: CommitText, registry: Registry = REGISTRY) -> tuple[Mark, ...]:
    return commit_marks(registry, text)


def check(line: str, signal: str, model: str | None = None) -> Mark:
    """The line, somewhere in a message, is exactly one mark with this signal and model."""
    (mark,) = marks(
        commit(f"Do it\n\nWhy it was done.\n{line}\nAnd more prose, so that git sees no trailer block.")
    )
    assert (mark.signal, mark.agent.model) == (signal, model)
    return mark


@pytest.mark.parametrize(
    ("line", "signal", "model"),
    [
        (CLAUDE, "trailer:claude-code", None),
        (
            "Co-Authored-By: Claude Opus 4.6 (1M context) <noreply@anthropic.com>",
            "trailer:claude-code",
            "claude-opus-4-6",
        ),
        ("Co-authored-by: Claude Fable 5 <noreply@anthropic.com>", "trailer:claude-code", "claude-fable-5"),
        (
            "Co-authored-by: Claude Newfamily 7 <noreply@anthropic.com>",
            "trailer:claude-code",
            "claude-newfamily-7",
        ),
        (
            "Co-authored-by: Claude 3.5 Sonnet <noreply@anthropic.com>",
            "trailer:claude-code",
            "claude-3-5-sonnet",
        ),
        (
            "Co-Authored-By: Claude Code 2.1.133 / Claude Opus 4.7 (1M context) <noreply@anthropic.com>",
            "trailer:claude-code",
            "claude-opus-4-7",
        ),
        ("co-authored-by:claude <NoReply@Anthropic.com>", "trailer:claude-code", None),
        ("  CO-AUTHORED-BY : Claude <noreply@anthropic.com>   ", "trailer:claude-code", None),
        ("Co-authored-by: Claude &lt;noreply@anthropic.com&gt;", "trailer:claude-code", None),
        ("Co-authored-by: mayor <noreply@anthropic.com>", "trailer:claude-code", None),
        ("Co-authored-by: Claude <claude@anthropic.com>", "trailer:claude-code", None),
        (f"Co-authored-by: Copilot <223556219+Copilot{BOT}", "trailer:copilot", None),
        (f"Co-authored-by: Copilot <198982749+Copilot{BOT}", "trailer:copilot", None),
        (f"Co-authored-by: copilot-swe-agent[bot] <198982749+Copilot{BOT}", "trailer:copilot", None),
        ("Co-authored-by: Cursor <cursoragent@cursor.com>", "trailer:cursor", None),
        ("Made-with: Cursor", "trailer:cursor", None),
        ("Co-authored-by: OpenAI GPT 5.5 <noreply@openai.com>", "trailer:codex", "gpt-5.5"),
        ("Co-authored-by: codex gpt-5.2-codex <noreply@openai.com>", "trailer:codex", "gpt-5.2-codex"),
        (f"Co-authored-by: Devin AI <158243242+devin-ai-integration[bot]{BOT}", "trailer:devin", None),
        (
            f"Co-authored-by: google-labs-jules[bot] <161369871+google-labs-jules[bot]{BOT}",
            "trailer:jules",
            None,
        ),
        ("Co-authored-by: Amp <amp@ampcode.com>", "trailer:amp", None),
        ("Co-authored-by: aider (gpt-4o) <aider@aider.chat>", "trailer:aider", "gpt-4o"),
        (
            "Co-authored-by: aider (anthropic/claude-opus-4-5) <noreply@aider.dev>",
            "trailer:aider",
            "claude-opus-4-5",
        ),
        ("Co-authored-by: Roo Code <roomote@roocode.com>", "trailer:roo", None),
        (f"Co-authored-by: factory-droid[bot] <138933559+factory-droid[bot]{BOT}", "trailer:droid", None),
        ("Co-authored-by: Claude Code", "trailer:claude-code", None),
        ("Co-authored-by: Claude Code <me@private.example>", "trailer:claude-code", None),
        ("Co-authored-by: AI Assistant", "trailer:ai", None),
        ("Claude-Session: https://claude.ai/code/session_01AbCd", "trailer:claude-code", None),
        ("Amp-Thread-ID: https://ampcode.com/threads/T-0a1b2c3d-0000", "trailer:amp", None),
        ("Agent-Logs-Url: https://github.com/o/r/sessions/0a1b2c3d-0000", "trailer:copilot", None),
        ("Entire-Agent: Claude Code", "trailer:claude-code", None),
        ("Agent-Signature: claude-opus-4-8-medium on behalf of dana", "trailer:ai", "claude-opus-4-8-medium"),
        ("Assisted-by: Claude:claude-opus-4-8 sparse coccinelle", "trailer:claude-code", "claude-opus-4-8"),
        ("Assisted-By: Claude <noreply@anthropic.com>", "trailer:claude-code", None),
        ("Assisted-by: Claude Code (Anthropic)", "trailer:claude-code", None),
        ("Assisted-by: OpenAI GPT-5.4", "trailer:ai", "gpt-5.4"),
        ("Assisted-by: GitHub Copilot (GPT-5)", "trailer:copilot", "gpt-5"),
        ("AI-assisted: Codex", "trailer:codex", None),
        ("AI-Assisted-By: Devin", "trailer:devin", None),
        ("AI-assisted: yes", "trailer:ai", None),
        ("AI-generated: **Yes**", "trailer:ai", None),
        ("AI-generated: ✅", "trailer:ai", None),
        ("AI-generated: 30%", "trailer:ai", None),
        ("AI-generated: ~50 % (GPT-5.4)", "trailer:ai", "gpt-5.4"),
        ("AI-generated: partially", "trailer:ai", None),
        ("AI-assisted: [x] yes [ ] no", "trailer:ai", None),
        ("AI-assisted: [x] Claude Code [ ] none", "trailer:claude-code", None),
        ("AI-assisted: [x]", "trailer:ai", None),
        ("AI-Assisted: true", "trailer:ai", None),
        ("AI-generated: yes, with Copilot", "trailer:copilot", None),
        ("AI-assisted: Claude for the tests", "trailer:claude-code", None),
        ("AI-assisted: Claude Code. Reviewed by me.", "trailer:claude-code", None),
        ("AI-assisted: written with Claude Code, reviewed and tested by me", "trailer:claude-code", None),
        (
            "AI-generated: this change was produced with assistance from Claude.",
            "trailer:claude-code",
            None,
        ),
        ("AI-Assisted-By: Claude <me@private.example>", "trailer:claude-code", None),
        ("AI-assistant: pi-coding-agent:glm-4.7", "trailer:pi", "glm-4.7"),
        ("Assisted-by: Goose:own/model", "trailer:goose", None),
        ("Assisted-by: Crush:auto", "trailer:crush", None),
        ("Assisted-by: Crush:mimo-v2.5-free", "trailer:crush", None),
        ("Assisted-by: Crush:AWS Claude Opus 4.6", "trailer:crush", None),
        ("Generated-by: Claude Code", "trailer:claude-code", None),
        ("🤖 Generated with [Claude Code](https://claude.ai/code)", "phrase:claude-code", None),
        ("Generated with [Claude Code](https://claude.com/claude-code)", "phrase:claude-code", None),
        (
            "🤖 Generated with [Claude Code](https://claude.ai/code) via [Zed](https://zed.dev/docs)",
            "phrase:claude-code",
            None,
        ),
        ("Co-authored-by: Gemini CLI <gemini-cli@google.com>", "trailer:gemini-cli", None),
        ("Co-authored-by: TRAE CLI <traecli@bytedance.com>", "trailer:trae", None),
        ("Co-authored-by: Kimi K2.6 <noreply@moonshot.ai>", "trailer:kimi-code", None),
        ("Co-authored-by: GitHub Copilot <noreply@github.com>", "trailer:copilot", None),
        ("https://claude.ai/code/session_01AbCd", "phrase:claude-code", None),
        ("Generated with [Codex](https://openai.com/codex).", "phrase:codex", None),
        ("Link to Devin run: https://app.devin.ai/sessions/0a1b", "phrase:devin", None),
    ],
)
def test_a_declaration_is_read_wherever_it_stands(line: str, signal: str, model: str | None) -> None:
    """Trailers, credits and the tools' own phrases count anywhere in a message, in every way they are typed."""
    assert check(line, signal, model).detail == line.strip()


@pytest.mark.parametrize(
    ("author", "signal"),
    [
        ("Claude <noreply@anthropic.com>", "author:claude-code"),
        ("sfgastown/crew/dunks <noreply@anthropic.com>", "author:claude-code"),
        (f"Devin AI <158243242+devin-ai-integration[bot]{BOT}", "author:devin"),
        (f"devin-ai-integration[bot] <devin-ai-integration[bot]{BOT}", "author:devin"),
        (f"copilot-swe-agent[bot] <198982749+Copilot{BOT}", "author:copilot"),
        ("Cursor Agent <cursoragent@cursor.com>", "author:cursor"),
        ("Codex <codex@openai.com>", "author:codex"),
        ("Dana Dev (aider) <dana@example.org>", "author:aider"),
        (f"roomote[bot] <219738659+roomote[bot]{BOT}", "author:roo"),
    ],
)
def test_a_tools_own_account_is_the_author(author: str, signal: str) -> None:
    """What a listed account wrote, it wrote; whoever committed it."""
    (mark,) = marks(commit(author=author, committer=PERSON))
    assert (mark.signal, mark.detail, mark.confidence) == (signal, author, strength.AUTHOR)


def test_a_listed_committer_counts() -> None:
    """The one tool that commits its own work under the asker's name is known by its committer."""
    (mark,) = marks(commit(committer="Cline Agent <cline-agent@users.noreply.github.com>"))
    assert (mark.signal, mark.agent.vendor) == ("committer:cline", "cline")


@pytest.mark.parametrize(
    "author",
    [
        "Claude Martin <claude.martin@example.fr>",
        "Claude <claude@example.fr>",
        "Devin Smith <devin@example.org>",
        "Travis Cline <travis@example.org>",
        "Some Employee <some.employee@anthropic.com>",
        "Some Employee <employee@cursor.com>",
        "Some Employee <employee@ampcode.com>",
        "Dana Dev <dana+claude@example.org>",
        "Dana Dev + Claude <dana@example.org>",
        "Cline Evaluation <cline@example.com>",
        "Copilot Fan <12345+copilot@users.noreply.github.com>",
        "codex <codex@users.noreply.github.com>",
        "GitHub <noreply@github.com>",
        "Jules <jules@google.com>",
    ],
)
@pytest.mark.parametrize("role", ["author", "co-author", "committer"])
def test_people_are_not_tools(author: str, role: str) -> None:
    """People with a tool's name, a vendor's address or a label of their own are people, in every role."""
    if role == "author":
        text = commit(author=author)
    elif role == "committer":
        text = commit(committer=author)
    else:
        text = commit(f"Do it\n\nCo-authored-by: {author}")
    assert marks(text) == ()


@pytest.mark.parametrize(
    "body",
    [
        "codex: handle the new provider",
        "Fix the cursor of the database layer",
        "Merge branch 'fix/claude-resume'",
        "Remove the line 🤖 Generated with [Claude Code](https://claude.ai/code) from the template",
        "Do it\n\nWe no longer write Co-authored-by: Claude <noreply@anthropic.com> here",
        f"Do it\n\nThe bot said:\n> {CLAUDE}",
        f"Document trailers\n\nExample:\n```\n{CLAUDE}\n```\n",
        "Do it\n\nCo-authored-by: Claude",
        "Do it\n\nCo-authored-by: Devin",
        "Do it\n\nCo-authored-by: unknown <>",
        "Do it\n\nCo-authored-by: Claude Monet 2 <cm@example.org>",
        "Do it\n\nCo-authored-by: claude-dupont2 <cd@example.org>",
        "Do it\n\nAssisted-by: Jane Doe <jane@example.org>",
        "Do it\n\nAssisted-by: Claude <claude@example.fr>",
        "Do it\n\nAssisted-by: Devin",
        "Do it\n\nGenerated-by: autogen 2.69",
        "Do it\n\nGenerated-by: scripts/make_tables.py",
        "Do it\n\nAI-assisted: no",
        "Do it\n\nAI-generated: 0%",
        *(
            f"Do it\n\nAI-generated: {value}"
            for value in (
                "**No**",
                "nein",
                '"no"',
                "❌",
                "[ ] yes [x] no",
                "[ ]",
                "0",
                "0.0 %",
                "(none)",
                "nothing",
                "-",
                "N/A",
                "I did not use AI",
                "the linter now rejects these lines",
                "all tests",
                "Not by Claude Code",
                "Copilot was off",
                "Copilot, not used here",
                "Copilot: no",
                "written by hand, not with Claude Code",
                "written by me and not with Claude Code",
                "cursor for rows",
                "30 files of tables",
                "Dana Dev <d@example.org>",
            )
        ),
        "Do it\n\nAssisted-by: Devin: pairing session on Monday",
        "Do it\n\nAssisted-by: Jules: pairing",
        "Do it\n\nCo-authored-by: Claude: the man <c@example.org>",
        "Do it\n\nEntire-Checkpoint: 0a1b2c3d4e5f",
        "Do it\n\nExecuted-By: mayor",
        f"Do it\n\nCo-authored-by: dependabot[bot] <49699333+dependabot[bot]{BOT}",
    ],
)
def test_words_about_tools_declare_nothing(body: str) -> None:
    """Topics, quotes, examples, people's credits and denials are no declaration."""
    assert marks(commit(body)) == ()


@pytest.mark.parametrize(
    "author",
    [
        f"dependabot[bot] <49699333+dependabot[bot]{BOT}",
        f"renovate[bot] <29139614+renovate[bot]{BOT}",
        f"github-actions[bot] <github-actions[bot]{BOT}",
        "github-actions <41898282+github-actions[bot]@users.noreply.github.com>",
        "goreleaserbot <bot@goreleaser.com>",
        "gemini-cli-robot <gemini-cli-robot@google.com>",
        f"dotnet-maestro[bot] <42748379+dotnet-maestro[bot]{BOT}",
        f"pre-commit-ci[bot] <66853113+pre-commit-ci[bot]{BOT}",
        f"azure-pipelines[bot] <azure-pipelines[bot]{BOT}",
        f"house-release-helper[bot] <285320059+house-release-helper[bot]{BOT}",
    ],
)
def test_bots_that_write_by_rule_declare_nothing(author: str) -> None:
    """A release or version bump is nobody's AI text, even where its notes quote a trailer."""
    assert marks(commit(author=author)) == ()
    assert marks(commit(f"Release 1.2\n\n{CLAUDE}", author=author)) == ()


@pytest.mark.parametrize(
    "text",
    [
        commit(f"Merge pull request #1\n\n{CLAUDE}", parents=("b" * 40, "c" * 40)),
        commit(f'Revert "Add a thing"\n\nThis reverts commit {"d" * 40}.\n\n{CLAUDE}'),
        commit(f'Revert "Add a thing" (#12)\n\nReverts acme/thing#11\n\n{CLAUDE}'),
        commit(f"Revert \"Merge branch 'x' into 'main'\"\n\nThis reverts merge request !12\n\n{CLAUDE}"),
        commit(f'Revert "Add a thing"\n\nThis reverts merge request acme/thing!12\n\n{CLAUDE}'),
        commit(f'Reapply "Add a thing"\n\nThis reverts commit {"d" * 40}.\n\n{CLAUDE}'),
        commit(CLAUDE, time=AGENTS_BEGIN - 1),
        commit(author="Claude <noreply@anthropic.com>", time=0.0),
        commit(committer="Dana Dev (aider) <dana@example.org>"),
        commit(committer="Codex <codex@openai.com>"),
        commit(committer=f"Devin AI <158243242+devin-ai-integration[bot]{BOT}"),
    ],
    ids=[
        "merge",
        "revert",
        "revert on GitHub",
        "revert of a merge on GitLab",
        "revert on GitLab, of another project",
        "reapply",
        "before 2021",
        "no date",
        "aider commits",
        "codex rebases",
        "devin rebases",
    ],
)
def test_some_commits_carry_others_text(text: CommitText) -> None:
    """Merges, reverts, old commits and those that a tool only committed say nothing of their lines."""
    assert marks(text) == ()


def test_what_a_merge_and_a_revert_say_is_kept_for_lines_of_their_own() -> None:
    """Whether there are any is not a matter of their words; what no commit can say of its lines they cannot either."""
    read = reader(REGISTRY)
    merge = commit(f"Merge pull request #1\n\n{CLAUDE}", parents=("b" * 40, "c" * 40))
    revert = commit(f'Revert "Add a thing"\n\nThis reverts commit {"d" * 40}.\n\n{CLAUDE}')
    for text in (merge, revert):
        assert [mark.signal for mark in read.declared(text)] == ["trailer:claude-code"]
        assert not any(map(by_author, read.declared(text)))
    assert (reverts(merge), reverts(revert)) == (False, True)
    assert by_author(read.declared(commit(author="Claude <noreply@anthropic.com>"))[0])
    assert read.declared(commit(f"Merge\n\n{CLAUDE}", time=AGENTS_BEGIN - 1)) == ()


@pytest.mark.parametrize(
    ("line", "tool"),
    [
        (
            f"Co-authored-by: gemini-code-assist[bot] <176961590+gemini-code-assist[bot]{BOT}",
            "gemini-code-assist",
        ),
        (f"Co-authored-by: Copilot <175728472+Copilot{BOT}", "copilot"),
        (f"Co-authored-by: Copilot Autofix powered by AI <175728472+Copilot{BOT}", "copilot"),
        (
            f"Co-authored-by: chatgpt-codex-connector[bot] <199175422+chatgpt-codex-connector[bot]{BOT}",
            "codex",
        ),
        (f"Co-authored-by: ellipsis-dev[bot] <65095814+ellipsis-dev[bot]{BOT}", "ellipsis"),
    ],
)
def test_review_bots_only_suggest(line: str, tool: str) -> None:
    """A review bot's credit is marked as the suggestion that it is."""
    mark = check(line, f"trailer:{tool}")
    assert (mark.suggestion, mark.confidence) == (True, strength.SUGGESTION)


def test_a_review_bot_that_commits_wrote_its_commit() -> None:
    """Where the review bot is the author, nobody else wrote the change."""
    (mark,) = marks(commit(author=f"ellipsis-dev[bot] <65095814+ellipsis-dev[bot]{BOT}"))
    assert (mark.signal, mark.suggestion) == ("author:ellipsis", False)


@pytest.mark.parametrize(
    ("subject", "mixed"), [("Add a thing (#12)", True), ("Add a thing", False)], ids=["squash", "plain list"]
)
def test_a_squash_says_less(subject: str, mixed: bool) -> None:
    """A trailer on the squash of several commits may be of one of them only; a plain list of points is no squash."""
    (mark,) = marks(commit(f"{subject}\n\n* Write it by hand\n\n* Let a tool finish it\n\n{CLAUDE}"))
    assert (mark.mixed, mark.confidence) == (mixed, strength.SQUASHED if mixed else strength.TRAILER)


def test_line_endings_do_not_matter() -> None:
    """A message with carriage returns is read like any other."""
    (mark,) = marks(commit(f"Do it\r\n\r\n{CLAUDE}\r\nMore\r\n"))
    assert mark.detail == CLAUDE


def test_every_declaration_is_kept_once_strongest_first() -> None:
    """A squash that repeats a trailer has one mark for it, and different signals stay apart."""
    body = f"Do it\n\n{CLAUDE}\n{CLAUDE}\nCo-authored-by: Cursor <cursoragent@cursor.com>\nAssisted-by: Claude Code"
    found = marks(commit(body, author="Codex <codex@openai.com>"))
    assert [mark.signal for mark in found] == ["author:codex", "trailer:claude-code", "trailer:cursor"]


def test_known_bad_windows_can_name_each_signal() -> None:
    """Trailer and phrase of one tool are two signals, so that one can be ignored without the other."""
    found = marks(commit(f"Do it\n\n🤖 Generated with [Claude Code](https://claude.ai/code)\n\n{CLAUDE}"))
    assert {mark.signal for mark in found} == {"phrase:claude-code", "trailer:claude-code"}


@pytest.mark.parametrize(
    ("line", "hit"),
    [
        ("Co-authored-by: MetaCode 3 <bot@house.example>", True),
        ("co-authored-by:MetaCode", True),
        ("We like Co-authored-by: MetaCode", False),
        ("Co-authored-by: Someone MetaCode", False),
    ],
)
def test_a_policys_own_trailers_count(line: str, hit: bool) -> None:
    """A policy's glob is matched on whole trailer lines, whatever their case and spacing."""
    registry = REGISTRY.extended([Tool("house", "House", "meta", trailers=("Co-authored-by: MetaCode*",))])
    found = marks(commit(f"Do it\n\n{line}"), registry)
    assert [(mark.signal, mark.agent) for mark in found] == (
        [("trailer:house", Agent("house", "meta"))] if hit else []
    )


@pytest.mark.parametrize(
    "body",
    [
        "The hook refuses this line:\n\n    Co-Authored-By: Claude <noreply@anthropic.com>\n",
        "As in\n\n\tCo-Authored-By: Claude <noreply@anthropic.com>\n\nSigned-off-by: A <a@example.org>",
    ],
)
def test_a_trailer_that_is_set_in_is_quoted(body: str) -> None:
    """A message about trailers declares nothing; a squash that git wrote sets in what it took in."""
    assert commit_marks(REGISTRY, commit("Forbid footers\n\n" + body)) == ()
    assert commit_marks(REGISTRY, commit("Squashed commit of the following:\n\n" + body))
