"""Put transcripts into a repository the way Entire does: trees on a branch of their own, or a ref for each checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from support.git import DEV, Repo
from support.transcripts import START

BRANCH = "refs/heads/entire/checkpoints/v1"


class Checkpoints:
    """The checkpoints of one repository. Each `add` makes the commits that Entire makes for one."""

    def __init__(self, repo: Repo, ref: str = BRANCH) -> None:
        self.repo, self.ref = repo, ref
        self.files: dict[str, str] = {}
        """Path on the branch to object."""
        self._number = 0
        self._tip = ""

    def add(
        self,
        transcript: str | bytes,
        *,
        session: str = "3f2a91c0-0000-4000-8000-000000000001",
        agent: str | None = "Claude Code",
        touched: tuple[str, ...] = (),
        author: str = DEV,
        number: int = 0,
        same: bool = False,
        chunks: int = 1,
        tasks: Mapping[str, str] | None = None,
        **more: Any,
    ) -> str:
        """One session's transcript in a new checkpoint (or, `same`, in the last one, as session `number`); its id."""
        self._number += 0 if same else 1
        name = f"{self._number:02x}{self._number * 7919:010x}"
        folder = f"{name[:2]}/{name[2:]}"
        made = START + timedelta(hours=self._number)
        metadata = {
            "cli_version": "0.7.6",
            "checkpoint_id": name,
            "session_id": session,
            "strategy": "manual-commit",
            "created_at": made.isoformat(),
            "branch": "main",
            "checkpoints_count": self._number,
            "files_touched": list(touched),
            **({"agent": agent} if agent is not None else {}),
            **more,
        }
        data = transcript.encode("utf-8", "surrogatepass") if isinstance(transcript, str) else transcript
        place = f"{folder}/{number}"
        for at, chunk in enumerate(_chunks(data, chunks)):
            self.put(f"{place}/full.jsonl" + (f".{at:03d}" if at else ""), chunk)
        self.put(f"{place}/metadata.json", json.dumps(metadata, indent=2).encode())
        self.put(f"{place}/prompt.txt", b"please\n")
        for call, text in (tasks or {}).items():
            self.put(f"{place}/tasks/{call}/agent-a1b2c3.jsonl", text.encode())
        paths = {"metadata": f"/{place}/metadata.json", "transcript": f"/{place}/full.jsonl"}
        summary = {"checkpoint_id": name, "strategy": "manual-commit", "sessions": [paths] * (number + 1)}
        self.put(f"{folder}/metadata.json", json.dumps(summary, indent=2).encode())
        self.commit(f"Checkpoint: {name}", author, made)
        return name

    def put(self, path: str, data: bytes) -> str:
        """Write one object and remember it under a path of the branch; its id."""
        self.files[path] = self.repo.git("hash-object", "-w", "--stdin", feed=data)
        return self.files[path]

    def commit(self, subject: str, author: str = DEV, when: datetime = START) -> str:
        """Commit what was put on the branch."""
        self._tip = self._commit(self.files, subject, author, when, self._tip)
        self.repo.git("update-ref", self.ref, self._tip)
        return self._tip

    def as_refs(self, author: str = DEV) -> None:
        """Give each checkpoint a ref of its own, as newer versions do, and take the branch away."""
        folders: dict[str, dict[str, str]] = {}
        for path, name in self.files.items():
            shard, rest, inside = path.split("/", 2)
            folders.setdefault(shard + rest, {})[inside] = name
        for name, files in folders.items():
            commit = self._commit(files, f"Checkpoint: {name}", author, START, "")
            self.repo.git("update-ref", f"refs/entire/checkpoints/{name[-2:]}/{name}", commit)
        self.repo.git("update-ref", "-d", self.ref)

    def _commit(
        self, files: Mapping[str, str], subject: str, author: str, when: datetime, parent: str
    ) -> str:
        index = self.repo.home / "checkpoint-index"
        index.unlink(missing_ok=True)
        extra = {"GIT_INDEX_FILE": str(index)}
        feed = "".join(f"100644 {name}\t{path}\n" for path, name in files.items()).encode()
        self.repo.git("update-index", "--add", "--index-info", feed=feed, **extra)
        tree = self.repo.git("write-tree", **extra)
        person, _, mail = author.rstrip(">").partition(" <")
        return self.repo.git(
            "commit-tree",
            tree,
            "-m",
            subject,
            *(("-p", parent) if parent else ()),
            GIT_AUTHOR_NAME=person,
            GIT_AUTHOR_EMAIL=mail,
            GIT_AUTHOR_DATE=when.isoformat(),
            GIT_COMMITTER_NAME=person,
            GIT_COMMITTER_EMAIL=mail,
            GIT_COMMITTER_DATE=when.isoformat(),
        )


def _chunks(data: bytes, number: int) -> list[bytes]:
    """Pieces at line ends, each without its last line feed where there is more than one."""
    if number == 1:
        return [data]
    lines = data.rstrip(b"\n").split(b"\n")
    size = -(-len(lines) // number)
    return [b"\n".join(lines[at : at + size]) for at in range(0, len(lines), size)]
