"""A real Emacs with `editors/emacs/whence.el`, once with eglot and once with lsp-mode.

`make editors` installs what is needed (Debian). Elsewhere the tests are skipped, with the reason shown; where `CI` is
set they fail instead.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.editors import PROJECT, needed, visit
from support.git import Repo

SCRIPTS = Path(__file__).parent


@pytest.mark.parametrize(("client", "library"), [("eglot", "eglot"), ("lsp_mode", "lsp-mode")])
def test_the_finding_is_shown_explained_and_answered(
    visited: Repo, tmp_path: Path, client: str, library: str
) -> None:
    """Two findings, one explained and answered by its quick fix, and one left."""
    emacs = needed("emacs", "--batch", "--eval", f"(progn (package-initialize) (require '{library}))")
    command = [emacs, "--batch", "-l", SCRIPTS / f"emacs_{client}.el"]
    seen = visit(visited, tmp_path, command, {"WHENCE_EL": str(PROJECT / "editors/emacs/whence.el")})
    assert [item[0] for item in seen["first"]] == [8, 15]
    assert "models asks for a human review" in seen["first"][1][-1]
    assert "claude-code-session" in seen["explained"]
    assert any(title.startswith("Mark human-reviewed: 8 lines of `smooth`") for title in seen["actions"])
    assert seen["reviewed"] == seen["first"][:1]
    (record,) = (visited.path / ".whence/reviews").glob("*.toml")
    assert "Dana Dev <dana@example.org>" in record.read_text("utf-8")
