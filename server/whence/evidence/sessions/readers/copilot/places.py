"""Where GitHub Copilot's agents keep their event logs, and for which folder each is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from whence.evidence.sessions.interface import Faults, Located, Transcript
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.files import entries, parsed, raw_lines, shown, small_text, stands
from whence.evidence.sessions.stores.folders import home, user_folders
from whence.evidence.sessions.stores.values import mapping, string

EXTENSION = "GitHub.copilot-chat"

MAX_LOGS = 100_000

_CWD = re.compile(r"^cwd:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)


def event_logs(environment: Mapping[str, str]) -> Located:
    """The logs of the command line and of every editor of VS Code's family."""
    found: list[Transcript] = []
    for path, folder in (*_of_command_line(environment), *_of_editors(environment)):
        try:
            if not stands(path):
                continue
            status = path.stat()
        except OSError:
            continue
        found.append(Transcript(path, status.st_size, status.st_mtime, shown(path, environment), folder))
        if len(found) >= MAX_LOGS:
            break
    return Located(tuple(found))


def first_folders(transcript: Transcript) -> tuple[str, ...]:
    """The folders that a log's first event names: where the session worked, and its repository."""
    quiet = Faults(transcript.shown)
    for line, _, data in raw_lines(transcript, quiet, lambda _: None):
        context = mapping(parsed(data, line, quiet), "data", "context")
        return tuple(folder for key in ("cwd", "gitRoot") if (folder := string(context, key)))
    return ()


def _of_command_line(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    bases = [Path(value) for value in (environment.get("COPILOT_HOME", ""),) if value]
    state = environment.get("XDG_STATE_HOME", "")
    if state:
        bases.append(Path(state) / ".copilot")
    base = home(environment)
    if base is not None:
        bases += [base / ".copilot", base / ".local" / "state" / ".copilot"]
    for base in dict.fromkeys(base for base in bases if base.is_absolute()):
        for entry in entries(base / "session-state"):
            if entry.suffix == ".jsonl":
                yield entry, ""
                continue
            about = _CWD.search(small_text(entry / "workspace.yaml"))
            yield entry / "events.jsonl", about[1] if about else ""


def _of_editors(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for user in user_folders(environment):
        for workspace in editors.workspaces(user):
            for entry in entries(workspace.path / EXTENSION / "transcripts"):
                if entry.suffix == ".jsonl":
                    yield entry, workspace.folder
        for entry in entries(user / "globalStorage" / EXTENSION.lower() / "transcripts"):
            if entry.suffix == ".jsonl":
                yield entry, ""
