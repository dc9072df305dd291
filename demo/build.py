"""Build the demo: a small repository with real git history, and the session files of two coding agents.

`python demo/build.py [FOLDER]` makes FOLDER/workspace and FOLDER/home anew (default: demo/out). The same text and
the same commit ids come out every time; nothing outside FOLDER is read or written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import story
import transcripts

DEFAULT = Path(__file__).resolve().parent / "out"


@dataclass(frozen=True, slots=True)
class Demo:
    """Where everything is."""

    workspace: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """A private home in which the two agents left their sessions, so that nobody's real ones are read."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(self.home / ".claude"),
            "CODEX_HOME": str(self.home / ".codex"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.workspace.parent),
        }

    def git(self, *arguments: str, **extra: str) -> None:
        subprocess.run(
            ["git", "-C", str(self.workspace), *arguments], check=True, env={**self.environment, **extra}
        )

    def write(self, name: str, text: str) -> None:
        file = self.workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")

    def commit(self, person: str, date: str, message: str, files: Mapping[str, str]) -> None:
        """Write files and commit everything as a person."""
        for file, text in files.items():
            self.write(file, text)
        self.git("add", "--all")
        name, _, mail = person.rstrip(">").partition(" <")
        identity = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", mail), ("DATE", date))
        }
        self.git("commit", "--quiet", "--message", message, **identity)


def build(folder: Path = DEFAULT) -> Demo:
    """Make the demo in a folder, which is emptied first."""
    if folder.exists():
        shutil.rmtree(folder)
    demo = Demo(folder / "workspace", folder / "home")
    demo.workspace.mkdir(parents=True)
    demo.home.mkdir()
    _history(demo)
    _review(demo)
    _open_edit(demo)
    return demo


def _history(demo: Demo) -> None:
    demo.git("init", "--quiet", "--initial-branch=main", ".")
    name, _, mail = story.CLEO.rstrip(">").partition(" <")
    demo.git("config", "user.name", name)
    demo.git("config", "user.email", mail)
    demo.git("config", "commit.gpgsign", "false")
    commit = demo.commit
    commit(
        story.ADA,
        "2019-03-04T10:00:00+00:00",
        "Predict tide heights",
        {
            "README.md": story.README,
            "models/tides.py": story.MODEL_2019,
            "requirements.txt": story.REQUIREMENTS,
        },
    )
    commit(
        story.ADA,
        "2026-06-22T08:30:00+00:00",
        "Print the coming week",
        {"scripts/week.py": story.SCRIPT_BY_ADA},
    )
    commit(
        story.BEN,
        "2026-06-24T11:15:00+00:00",
        "Know the stations",
        {"service/stations.py": story.SERVICE_BY_BEN},
    )
    commit(
        story.BOT,
        "2026-06-25T04:00:00+00:00",
        "Bump httpx from 0.27.0 to 0.28.1",
        {"requirements.txt": story.REQUIREMENTS_BUMPED},
    )
    commit(
        story.BEN,
        "2026-06-26T13:40:00+00:00",
        "Read stations and find the nearest\n\nCo-Authored-By: Claude Opus 4.8 <noreply@anthropic.com>",
        {"service/stations.py": story.SERVICE_BY_BEN + story.SERVICE_WITH_CLAUDE},
    )
    transcripts.codex(
        demo.home / ".codex", demo.workspace, "scripts/week.py", story.SCRIPT_BY_ADA, story.CODEX_WROTE
    )
    commit(
        story.BEN,
        "2026-07-02T16:05:00+00:00",
        "Print the week as a table",
        {"scripts/week.py": story.SCRIPT_BY_ADA + story.CODEX_WROTE},
    )
    commit(
        story.ADA,
        "2026-07-06T09:00:00+00:00",
        "Say what coding agents may write, and where",
        {"whence.toml": story.POLICY},
    )


def _review(demo: Demo) -> None:
    """Cleo read one of the two functions that came with Claude Code, and says so."""
    command = [sys.executable, "-m", "whence.cli.main", "review", "service/stations.py::parse_station"]
    subprocess.run(
        [*command, "--criterion", "read"],
        cwd=demo.workspace, env=demo.environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    demo.commit(story.CLEO, "2026-07-07T15:20:00+00:00", "Answer for parse_station", {})


def _open_edit(demo: Demo) -> None:
    """An edit that Claude Code made and nobody committed yet."""
    file = demo.workspace / "models/tides.py"
    transcripts.claude_code(
        demo.home / ".claude",
        demo.workspace,
        file,
        story.MODEL_2019,
        story.CLAUDE_WROTE,
        story.CLAUDE_WAS_REFUSED,
    )
    demo.write("models/tides.py", story.MODEL_2019 + story.CLAUDE_WROTE)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else DEFAULT)
