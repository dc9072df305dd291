"""One module or package for each tool whose sessions are read, loaded only where the tool may have left some.

Each reader knows its places itself; the table here says by which signs it is not worth asking. So a sign is coarse: it
may stand where the reader finds nothing, but where no sign of a reader stands there is nothing that it could find.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from whence.evidence.sessions.interface import Places, Reader
from whence.evidence.sessions.stores.folders import home, user_folders
from whence.repo import GitError

EDITOR = "editor"
"""The sign that an editor made from VS Code was used here."""

_REFS = "refs/"


class Known(NamedTuple):
    """A reader that is not loaded yet."""

    module: str
    """Below this package."""
    name: str
    signs: tuple[str, ...]
    """Any of them is enough: `~/...` what is in the home folder, `./...` what is in the workspace, its repository's top
    or main work tree, `./*/...` in a folder of the workspace, `$NAME` a variable that is set, `$NAME/...` what is in the folder
    that it names, `refs/...` a ref or what is below it, with `*` for any text; EDITOR."""


TOOLS = (
    Known(
        "claude_code",
        "ClaudeCode",
        ("~/.claude/projects", "~/.config/claude/projects", "$CLAUDE_CONFIG_DIR", "$XDG_CONFIG_HOME/claude"),
    ),
    Known("codex", "Codex", ("~/.codex", "$CODEX_HOME", "$CODEX_SQLITE_HOME")),
    Known("gemini_cli", "GeminiCli", ("~/.gemini", "$GEMINI_CLI_HOME")),
    Known(
        "aider",
        "Aider",
        (
            "./.aider.chat.history.md",
            "./.aider.conf.yml",
            "./.env",
            "~/.aider.conf.yml",
            "$AIDER_CHAT_HISTORY_FILE",
        ),
    ),
    Known(
        "opencode",
        "OpenCode",
        (
            "~/.local/share/opencode",
            "$XDG_DATA_HOME/opencode",
            "$LOCALAPPDATA/opencode",
            "$APPDATA/opencode",
            "$OPENCODE_DB",
        ),
    ),
    Known(
        "cline",
        "Cline",
        (EDITOR, "~/.cline/data", "$CLINE_DATA_DIR", "$CLINE_DIR", "$CLINE_SESSION_DATA_DIR"),
    ),
    Known("roo", "RooCode", (EDITOR,)),
    Known(
        "kilo",
        "KiloCode",
        (
            EDITOR,
            "~/.kilocode",
            "~/.local/share/kilo",
            "$XDG_DATA_HOME/kilo",
            "$LOCALAPPDATA/kilo",
            "$APPDATA/kilo",
            "$KILO_DB",
        ),
    ),
    Known("continue_dev", "Continue", ("~/.continue/sessions", "$CONTINUE_GLOBAL_DIR")),
    Known(
        "windsurf",
        "Windsurf",
        (
            "~/.windsurf/transcripts",
            "~/.windsurf-next/transcripts",
            "~/.codeium/windsurf/transcripts",
        ),
    ),
    Known("pi", "Pi", ("~/.pi/agent/sessions", "$PI_CODING_AGENT_DIR", "$PI_CODING_AGENT_SESSION_DIR")),
    Known(
        "amp",
        "Amp",
        ("~/.local/share/amp/threads", "$XDG_DATA_HOME/amp/threads", "$LOCALAPPDATA/amp/threads"),
    ),
    Known("droid", "Droid", ("~/.factory/sessions", "$FACTORY_HOME_OVERRIDE")),
    Known(
        "zed",
        "Zed",
        (
            "~/.local/share/zed/threads",
            "~/Library/Application Support/Zed/threads",
            "~/.var/app/dev.zed.Zed/data/zed/threads",
            "$FLATPAK_XDG_DATA_HOME/zed",
            "$XDG_DATA_HOME/zed",
            "$LOCALAPPDATA/Zed",
        ),
    ),
    Known("copilot", "CopilotChat", (EDITOR,)),
    Known(
        "copilot",
        "CopilotEvents",
        (
            EDITOR,
            "~/.copilot/session-state",
            "~/.local/state/.copilot/session-state",
            "$COPILOT_HOME",
            "$XDG_STATE_HOME/.copilot",
        ),
    ),
    Known("cursor", "CursorIde", (EDITOR,)),
    Known(
        "cursor",
        "CursorCli",
        ("~/.cursor/chats", "~/.config/cursor/chats", "$CURSOR_CONFIG_DIR", "$XDG_CONFIG_HOME/cursor"),
    ),
    Known(
        "cursor",
        "CursorTranscripts",
        ("~/.cursor/projects", "~/.config/cursor/projects", "$CURSOR_CONFIG_DIR", "$XDG_CONFIG_HOME/cursor"),
    ),
    Known(
        "kiro",
        "KiroDatabase",
        (
            "~/.local/share/kiro-cli",
            "~/Library/Application Support/kiro-cli",
            "$XDG_DATA_HOME/kiro-cli",
            "$LOCALAPPDATA/kiro-cli",
        ),
    ),
    Known(
        "kiro",
        "AmazonQ",
        (
            "~/.local/share/amazon-q",
            "~/Library/Application Support/amazon-q",
            "$XDG_DATA_HOME/amazon-q",
            "$LOCALAPPDATA/amazon-q",
        ),
    ),
    Known("kiro", "KiroExecutions", (EDITOR,)),
    Known("kiro", "Kiro", ("~/.kiro/sessions",)),
)
"""The readers of what tools keep on this machine. A new tool is a new module and one entry here.

Of two readers of one tool the later one reads what recorders commit of it."""

RECORDERS = (
    Known(
        "entire",
        "Entire",
        (
            "refs/heads/entire/checkpoints/v1",
            "refs/remotes/*/entire/checkpoints/v1",
            "refs/entire/checkpoints",
            "./.entire/settings.json",
        ),
    ),
    Known("note_messages", "NoteMessages", ("refs/notes/ai",)),
    Known("specstory", "SpecStory", ("./.specstory/history", "./*/.specstory/history")),
)
"""Those of transcripts that repositories keep."""


def every() -> tuple[Reader, ...]:
    """All readers."""
    return tuple(map(_loaded, (*TOOLS, *RECORDERS)))


def here(places: Places) -> tuple[Reader, ...]:
    """The readers that may find something at these places, in the order of all; no other is loaded."""
    return tuple(map(_loaded, _known_here(places)))


def any_here(places: Places) -> bool:
    """Whether there may be any transcript at these places. Loads no reader."""
    return next(_known_here(places), None) is not None


def _known_here(places: Places) -> Iterator[Known]:
    signs = _Signs(places)
    return (known for known in (*TOOLS, *RECORDERS) if any(map(signs.stands, known.signs)))


@cache
def _loaded(known: Known) -> Reader:
    made = getattr(import_module(f"{__name__}.{known.module}"), known.name)
    reader: Reader = made(tuple(map(_loaded, TOOLS))) if known.name == "Entire" else made()
    return reader


class _Signs:
    """Which signs stand at some places; each question is asked once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._home = home(places.environment)
        self._refs: Collection[str] | None = places.refs
        self._answers: dict[str, bool] = {}

    def stands(self, sign: str) -> bool:
        """Whether one does."""
        if sign not in self._answers:
            self._answers[sign] = self._stands(sign)
        return self._answers[sign]

    def _stands(self, sign: str) -> bool:
        environment = self._places.environment
        if sign == EDITOR:
            return bool(user_folders(environment))
        if sign.startswith(_REFS):
            return self._is_ref(sign)
        base, _, rest = sign.partition("/")
        if base == "~":
            return self._home is not None and _may_be(f"{self._home}/{rest}")
        if base.startswith("$"):
            value = environment.get(base[1:], "")
            return bool(value) and (not rest or _may_be(f"{value}/{rest}"))
        if rest.startswith("*/"):
            root = self._places.root
            return root is not None and any(_may_be(f"{folder}/{rest[2:]}") for folder in _inside(root))
        return any(_may_be(f"{folder}/{rest}") for folder in self._folders())

    def _folders(self) -> tuple[Path, ...]:
        """The workspace, its repository's top, and the main work tree."""
        root, repository = self._places.root, self._places.repository
        found = [] if root is None else [root]
        if repository is not None:
            found += [repository.top, repository.common_dir.parent]
        return tuple(dict.fromkeys(found))

    def _is_ref(self, sign: str) -> bool:
        if self._places.repository is None:
            return False
        if self._refs is None:
            try:
                self._refs = self._places.repository.refs()
            except GitError:
                return True  # whoever is asked says what is wrong
        begin, any_text, end = sign.partition("*")
        if any_text:
            return any(ref.startswith(begin) and ref.endswith(end) for ref in self._refs)
        return any(ref == sign or ref.startswith(f"{sign}/") for ref in self._refs)


def _may_be(path: str) -> bool:
    """Whether something is there, or nobody may look: then its reader says so."""
    try:
        os.stat(path)  # noqa: PTH116 - asked for a hundred places
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def _inside(folder: Path) -> Iterator[str]:
    """The folders in a folder, without those that are hidden."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
        yield from (entry.path for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
