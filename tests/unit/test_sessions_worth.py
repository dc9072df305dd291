"""The cheap test by which most lines of a transcript are passed over loses nothing that parsing all of them would tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from whence.evidence.sessions import resuming
from whence.evidence.sessions.interface import Event, Faults, Transcript
from whence.evidence.sessions.readers import every

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sessions"
RECORDED = {
    "claude-code": "claude-code-*/.claude/**/*.jsonl",
    "codex": "codex-*/.codex/**/*.jsonl",
    "copilot": "copilot-cli-*/.copilot/**/events.jsonl",
    "droid": "droid-*/.factory/**/*.jsonl",
    "pi": "pi-*/.pi/**/*.jsonl",
}
"""By tool: what the real programs wrote."""


def told(reader: resuming.LineReader[object], path: Path) -> tuple[list[Event], int]:
    faults = Faults(str(path))
    transcript = Transcript(path, path.stat().st_size, 0.0, str(path))
    return list(resuming.read(reader, transcript, faults, lambda _: None)), faults.count


@pytest.mark.parametrize("tool", RECORDED)
def test_lines_that_are_passed_over_tell_nothing(tool: str) -> None:
    """Every event, in order, and every fault; and some lines are passed over, else this shows nothing."""
    (reader,) = (one for one in every() if one.tool == tool and isinstance(one, resuming.LineReader))
    everything = type("Everything", (type(reader),), {"worth": lambda self, data: True})()
    files = sorted(FIXTURES.glob(RECORDED[tool]))
    events = passed = 0
    for path in files:
        found = told(reader, path)
        assert found == told(everything, path)
        events += len(found[0])
        passed += sum(not reader.worth(line) for line in path.read_bytes().splitlines(keepends=True))
    assert events
    assert passed
