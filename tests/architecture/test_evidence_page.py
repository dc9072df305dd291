"""The page about evidence keeps up with what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from whence.evidence.sessions.readers import every
from whence.tools import Registry

PAGE = Path(__file__).resolve().parents[2] / "docs/evidence.md"


@pytest.mark.parametrize("tool", sorted({reader.tool for reader in every()}))
def test_every_tool_whose_sessions_are_read_is_on_the_page(tool: str) -> None:
    """By the name under which messages know it."""
    known = Registry.builtin().find(tool)
    name = known.name if known else tool
    assert name.casefold() in PAGE.read_text("utf-8").casefold()
