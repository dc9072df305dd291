"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.git import Repo

# A busy machine is no fault: no test depends on how long it takes.
settings.register_profile("whence", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whence")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository of the test's own."""
    return Repo(tmp_path / "repo")
