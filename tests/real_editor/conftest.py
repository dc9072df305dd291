"""What every editor is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.git import Repo
from support.tides import FORBIDDEN, HUMAN, POLICY, WRITTEN
from support.transcripts import Claude

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A real editor now and then loses a key or a click: a second try, which the summary shows, must do."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def visited(repo: Repo) -> Repo:
    """Two uncommitted edits in one file, of which the policy forbids the first and wants the second reviewed."""
    repo.commit("Begin", {"tides.py": HUMAN, "whence.toml": POLICY}, date="2026-01-05T10:00:00+00:00")
    repo.commit(
        "Add the surge\n\nCo-authored-by: Codex <noreply@openai.com>",
        {"tides.py": HUMAN + FORBIDDEN, "harbour.py": FORBIDDEN.replace("surge", "swell")},
        date="2026-02-05T10:00:00+00:00",
    )
    session = Claude(repo.home, str(repo.path))
    session.prompt("Add a running mean.")
    session.edit(
        str(repo.path / "tides.py"),
        "    return [height for height in shifted if height > 0]\n",
        "    return [height for height in shifted if height > 0]\n" + WRITTEN,
        original=HUMAN + FORBIDDEN,
    )
    session.save()
    repo.write({"tides.py": HUMAN + FORBIDDEN + WRITTEN})
    return repo
