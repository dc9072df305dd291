"""Some hundred edits at the desk, told as a client tells them; `make fuzz` makes a hundred thousand."""

from __future__ import annotations

import pytest
from test_live_followed import TEXTS

from support.fuzzing import Fuzz, Way
from support.git import Repo


@pytest.mark.parametrize(
    "way", [Way("none", True, True, "utf-16"), Way("two scopes", False, True, "utf-8"), Way("long", True, False, "utf-32")]
)  # fmt: skip
def test_when_the_typing_rests_the_desk_shows_what_a_scan_shows(repo: Repo, way: Way) -> None:
    """Byte for byte, in any encoding, through closing and opening, commits and edits that break everything."""
    tally = Fuzz(repo, TEXTS, 7, way).run(150)
    assert tally.compared >= 10
    assert tally.findings
