"""What the benchmarks of sessions read: transcripts that public repositories commit, and the text that was written in them.

Entire's recorder keeps a tool's own transcript on the branch `entire/checkpoints/v1`, one folder a checkpoint; the
commit that a checkpoint belongs to names it in its trailer `Entire-Checkpoint`. The link is the benchmark's truth and
never evidence.
"""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Reader, Transcript, Written
from whence.evidence.sessions.readers import every
from whence.matching.memory import MemoryStore
from whence.matching.passages import Passage

BRANCH = "entire/checkpoints/v1"
AGENTS = {
    "Claude Code": "claude-code",
    "Agent": "claude-code",
    "Codex": "codex",
    "Copilot CLI": "copilot-cli",
}
"""Entire's name for an agent to ours; its early versions said "Agent" of Claude Code."""


@dataclass(slots=True)
class Corpus:
    """Everything that the sessions of one repository wrote."""

    writes: list[Written] = field(default_factory=list)
    """What the session wrote itself, each call once."""
    told: dict[str, set[str]] = field(default_factory=dict)
    """Checkpoint to the sessions in it."""
    contained: dict[str, set[str]] = field(default_factory=dict)
    """Session to the normal forms of all lines in calls that succeeded, whoever had them first."""
    own: dict[str, set[str]] = field(default_factory=dict)
    """The same without lines that the session had been shown before it wrote them."""
    bytes: int = 0
    read: int = 0
    """Transcripts."""
    unread: int = 0
    """Transcripts of tools without a reader, and those that the clone does not have."""


def git(clone: Path, *arguments: str, feed: bytes | None = None) -> bytes:
    command = ["git", "-C", str(clone), *arguments]
    return subprocess.run(command, capture_output=True, check=True, input=feed).stdout


def text(clone: Path, *arguments: str) -> str:
    return git(clone, *arguments).decode("utf-8", "surrogateescape")


def blobs(clone: Path, ids: Iterable[str]) -> Iterator[bytes]:
    """The content of blobs, in order; nothing for those that the clone does not have."""
    command = ["git", "-C", str(clone), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ids:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if len(head) < 3:
                yield b""
                continue
            yield process.stdout.read(int(head[2]))
            process.stdout.read(1)


def tree(clone: Path, revision: str) -> dict[str, str]:
    """Path to blob id."""
    found = {}
    for entry in text(clone, "ls-tree", "-r", "-z", revision).split("\0"):
        meta, _, path = entry.partition("\t")
        if path and meta.split()[1] == "blob":
            found[path] = meta.split()[2]
    return found


def corpus(clone: Path, keep: Path | None = None) -> Corpus:
    """Read every transcript on the branch. With `keep`, a folder, the answer is kept there for the next run."""
    kept = keep / f"{clone.parent.name}.{clone.name}.sessions.pickle" if keep else None
    if kept and kept.exists():
        with kept.open("rb") as file:
            recalled: Corpus = pickle.load(file)  # made by this program
            return recalled
    made = _corpus(clone)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("wb") as file:
            pickle.dump(made, file)
    return made


def _corpus(clone: Path) -> Corpus:
    files = tree(clone, BRANCH)
    readers = {reader.tool: reader for reader in every()}
    whole = [path for path in files if path.endswith("/full.jsonl")]
    whole = [path for path in whole if path.replace("full.jsonl", "metadata.json") in files]
    described = [path.replace("full.jsonl", "metadata.json") for path in whole]
    made = Corpus()
    seen: set[tuple[str, str, str, int]] = set()
    with tempfile.TemporaryDirectory() as folder:
        content = blobs(clone, [files[path] for path in whole])
        about = list(blobs(clone, [files[path] for path in described]))
        for path, data, meta in zip(whole, content, about, strict=True):
            agent = AGENTS.get(str(json.loads(meta or b"{}").get("agent", "")), "")
            reader = readers.get(agent)
            if reader is None or not data:
                made.unread += 1
                continue
            # Some readers name a session by its file.
            place = Path(folder, f"{path.replace('/', '-')}.jsonl")
            place.write_bytes(data)
            made.bytes += len(data)
            made.read += 1
            checkpoint = "".join(path.split("/")[:2])
            _read(reader, Transcript(place, len(data), 0.0, path), checkpoint, made, seen)
            place.unlink()
    return made


def _read(
    reader: Reader,
    transcript: Transcript,
    checkpoint: str,
    made: Corpus,
    seen: set[tuple[str, str, str, int]],
) -> None:
    faults = Faults(transcript.shown)
    events = []
    for event in reader.read(transcript, faults, lambda _: None):
        events.append(event)
        if isinstance(event, Written):
            made.told.setdefault(checkpoint, set()).add(event.session)
            lines = made.contained.setdefault(event.session, set())
            lines.update("".join(line.split()) for line in event.lines)
    for written in own(events, faults):
        key = (reader.tool, written.locator.record, written.path, hash(written.blocks))
        if written.locator.record and key in seen:
            continue
        seen.add(key)
        made.writes.append(written)
        own_lines = made.own.setdefault(written.session, set())
        own_lines.update("".join(line.split()) for line in written.lines)


def passage(item: Written) -> Passage:
    moment = item.time.timestamp() if item.time else None
    return Passage(item.blocks, item.path, moment, item.tool, item.cwd, item.session)


def store(writes: Iterable[Written]) -> MemoryStore:
    """A store of writes, numbered in their order."""
    return MemoryStore.of(map(passage, writes))


CHECKPOINT = re.compile(r"^Entire-Checkpoint:\s*([0-9a-f]{12})", re.M)
