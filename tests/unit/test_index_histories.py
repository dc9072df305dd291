"""Whatever happens to transcripts between two updates, the index says what one clean build of all that was seen says."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.indexes import opened, reads, said, update
from support.transcripts import Claude, Codex
from whence.evidence.sessions import harvest, updating
from whence.evidence.sessions.interface import Places
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.codex import Codex as CodexReader
from whence.evidence.sessions.updating import Updater

READERS = (ClaudeCode(), CodexReader())
CWD = "/home/u/proj"


def code(seed: int) -> str:
    """A few lines of made-up code."""
    chance = random.Random(seed)
    names = [f"name_{chance.randrange(40)}" for _ in range(chance.randint(3, 9))]
    return "".join(
        f"    {name} = combine_{seed % 7}({name}, weight={chance.randrange(9)})\n" for name in names
    )


def claude(home: Path, number: int, seed: int) -> tuple[Path, bytes]:
    """A session with reads, edits, a refusal, a call in two places and one that waits for its outcome."""
    chance = random.Random(seed)
    session = Claude(home, CWD, session=f"{number:08x}-0000-4000-8000-000000000000")
    text = code(seed)
    session.read(f"{CWD}/a{number}.py", text)
    for step in range(chance.randint(2, 6)):
        new = text + code(seed + step)
        session.edit(
            f"{CWD}/a{number}.py", text, new, outcome=chance.choice(["ok", "ok", "refused", "failed"])
        )
        session.prompt(f"more {step}")
        session.write(
            f"{CWD}/b{step}.py", code(chance.randrange(5)), outcome=chance.choice(["ok", "missing", "ok"])
        )
        text = new
    return session.path, session.text().encode()


def codex(home: Path, number: int, seed: int) -> tuple[Path, bytes]:
    """A session whose patches are told twice: by their output and by their effect."""
    chance = random.Random(seed)
    version = chance.choice(["0.42.0", "0.120.0", "0.140.0", "0.169.0"])
    session = Codex(home, CWD, session=f"019a0000-1111-7222-8333-{number:012x}", version=version)
    for step in range(chance.randint(2, 5)):
        session.exec("cat x.py", code(seed + step))
        outcome = chance.choice(["ok", "ok", "refused", "missing"])
        session.patch(f"c{step}.py", None, code(chance.randrange(8)), outcome=outcome)
    return session.path, session.text().encode()


@dataclass
class Desk:
    """A home folder, and what an index that misses nothing would have to say of it."""

    home: Path
    seen: dict[Path, bytes] = field(default_factory=dict)
    """Content at the last update."""
    inodes: dict[Path, int] = field(default_factory=dict)
    """By which a file is known that was moved; a copy is another one."""
    over: list[tuple[Path, bytes]] = field(default_factory=list)
    """What was seen, and then truncated, replaced or deleted."""
    clock: float = field(default_factory=lambda: time.time() - 5000)

    def put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in sorted(self.home.rglob("*.jsonl")) if path.is_file()}

    def update(self) -> None:
        """Update the index, and learn what it has seen."""
        update(self.home, READERS)
        now = self.files()
        inodes = {path.stat().st_ino: data for path, data in now.items()}
        for path, data in self.seen.items():
            moved = path not in now and inodes.get(self.inodes[path], b"").startswith(data)
            if not moved and not now.get(path, b"").startswith(data[: data.rfind(b"\n") + 1]):
                self.over.append((path, data))
        self.seen, self.inodes = now, {path: path.stat().st_ino for path in now}

    def check(self) -> None:
        """The index says what a clean one says of everything that was ever seen."""
        with tempfile.TemporaryDirectory() as folder:
            other = Desk(Path(folder))
            for number, (path, data) in enumerate([*self.seen.items(), *self.over]):
                place = other.home / path.relative_to(self.home)
                other.put(place.parent / str(number) / place.name, data)
            update(other.home, READERS)
            assert said(self.home) == said(other.home)
            assert reads(self.home) == reads(other.home)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "grow",
                "grow",
                "grow",
                "truncate",
                "rotate",
                "delete",
                "fork",
                "replace",
                "idle",
                "kill",
                "update",
                "update",
            ]
        ),
        st.integers(0, 3),
        st.integers(0, 1 << 16),
    ),
    max_size=14,
)


def act(desk: Desk, sessions: list[tuple[Path, bytes]], action: str, which: int, seed: int) -> None:
    path, whole = sessions[which]
    now = path.read_bytes() if path.exists() else b""
    cut = len(now) + seed % max(1, len(whole) - len(now) + 1)
    if action == "grow" and whole.startswith(now):
        desk.put(path, whole[:cut])
    elif action == "truncate" and now:
        desk.put(path, now[: seed % len(now)])
    elif action == "rotate" and now:
        place = path.parent / f"old{seed % 3}" / path.name
        place.parent.mkdir(exist_ok=True)
        path.rename(place)
    elif action == "delete" and now:
        path.unlink()
    elif action == "fork" and now:
        fork = path.with_name(f"f{seed}.jsonl" if "rollout" not in path.name else f"rollout-f{seed}.jsonl")
        desk.put(fork, now)
    elif action == "replace" and now:
        make = claude if which < 2 else codex
        # A session of its own: the calls of one and the same never have other times or texts.
        desk.put(path, make(desk.home, which + 100 + (seed << 8), seed)[1])
    elif action == "idle" and now:
        old = time.time() - 2 * harvest.IDLE - seed
        os.utime(path, (old, old))
    elif action == "kill":
        killed(desk, seed)
        desk.update()
    elif action == "update":
        desk.update()


class Killed(BaseException):
    """As if the process ended here."""


def killed(desk: Desk, seed: int) -> None:
    """An update that ends in the middle, with whatever it has kept until then."""
    left = seed % 12

    def check() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    updater = Updater(opened(desk.home), READERS, Places({"HOME": str(desk.home)}), check_cancelled=check)
    try:
        updater.update()
    except Killed:
        pass
    finally:
        updater.database.close()


@pytest.mark.parametrize("rest_every", [1, 2000, 1 << 30])
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(actions=ACTIONS, seed=st.integers(0, 1 << 16))
def test_any_history_ends_as_a_clean_build(
    rest_every: int, actions: list[tuple[str, int, int]], seed: int
) -> None:
    """Growth cut anywhere, truncation, rotation, deletion, forks, other texts, idle days, killed updates."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(harvest, "REST_EVERY", rest_every)
        patch.setattr(harvest, "AT_ONCE", 4 * rest_every)
        patch.setattr(updating, "TOGETHER", 3000)
        desk = Desk(Path(folder))
        sessions = [
            *(claude(desk.home, number, seed + number) for number in range(2)),
            *(codex(desk.home, number, seed + number) for number in range(2, 4)),
        ]
        for action, which, more in actions:
            act(desk, sessions, action, which, more)
        desk.update()
        desk.check()


def test_the_same_files_in_any_order_say_the_same(tmp_path: Path) -> None:
    """Also when a copy of a session is met before the session, and the first copy is deleted."""
    homes = [tmp_path / str(number) for number in range(3)]
    for at, home in enumerate(homes):
        made = [claude(home, number, number) for number in range(4)]
        order = made if at == 0 else made[::-1]
        for path, data in order:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            update(home, READERS)
            if at == 2:
                copy = path.with_name("copy" + path.name)
                shutil.copy(path, copy)
                update(home, READERS)
                path.unlink()
                update(home, READERS)
    assert said(homes[0]) == said(homes[1]) == said(homes[2])
