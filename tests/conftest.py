"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.git import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository of the test's own."""
    return Repo(tmp_path / "repo")
