"""A real Vim with ALE and `editors/vim`.

`make editors` installs what is needed (Debian). Elsewhere the test is skipped, with the reason shown; where `CI` is
set it fails instead.
"""

from __future__ import annotations

from pathlib import Path

from support.editors import PROJECT, needed, visit
from support.git import Repo


def test_the_finding_is_shown_and_answered(visited: Repo, tmp_path: Path) -> None:
    """Two findings beside whatever else checks the file, one answered from ALE's menu, and one left."""
    vim = needed("vim", "-Nu", "NONE", "-es", "-c", "try|packadd! ale|qall!|catch|cquit!|endtry")
    script = Path(__file__).with_name("vim_ale.vim")
    seen = visit(
        visited,
        tmp_path,
        [vim, "-Nu", script, "-es", "-c", "call Run()", "tides.py"],
        {"WHENCE_VIM": str(PROJECT / "editors/vim")},
    )
    assert [item[0] for item in seen["first"]] == [8, 15]
    assert "models asks for a human review" in seen["first"][1][1]
    assert seen["reviewed"] == seen["first"][:1]
    (record,) = (visited.path / ".whence/reviews").glob("*.toml")
    assert "Dana Dev <dana@example.org>" in record.read_text("utf-8")
