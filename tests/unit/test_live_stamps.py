"""What the server watches itself where the editor does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from whence.live.stamps import SIGNERS, Watch
from whence.policy import mailmap, owners
from whence.policy.files import NAME


@pytest.mark.parametrize("name", [NAME, mailmap.NAME, *owners.PLACES, *SIGNERS])
def test_a_file_that_the_workspace_rests_on_is_noticed(tmp_path: Path, name: str) -> None:
    """Wherever a reader looks for one, its coming, its change and its going are seen."""
    watch = Watch(tmp_path, None, None)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    states = [watch.look()]
    file.write_text("a")
    states.append(watch.look())
    file.write_text("ab")
    states.append(watch.look())
    file.unlink()
    assert watch.look() == states[0]
    assert len(set(states)) == 3
