"""`make demo`: build the demo, scan it, say what to try next. `python demo/run.py [FOLDER]`, default demo/out.

Exits 0 when the scan found what the demo holds, though the scan itself exits 1: failing a policy is its job.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from build import DEFAULT, Demo, build

PROJECT = Path(__file__).resolve().parent.parent
FAILED_THE_POLICY = 1

BEFORE = """\
A small repository now stands in {workspace}. In it:

  - Ada wrote models/tides.py in 2019. Claude Code has added a function to it; nobody committed that yet.
  - Ben committed service/stations.py with Claude Code (the commit says so). Cleo has reviewed one of its functions.
  - Ben let Codex write a function in scripts/week.py and told nobody. Codex's own session file on this machine did.
  - dependabot raised a version in requirements.txt.

whence.toml says what coding agents may do: nothing in models/, with a review in service/, openly in scripts/.

$ whence scan
"""

AFTER = """\
The scan's exit status is 1: the policy is not met, and in CI this would stop the merge.
Not accused: Ada's lines of 2019, the function that Cleo reviewed, and dependabot.

Look closer (these commands use the demo's own session files, index and cache, not yours):

  cd {folder}
  export CLAUDE_CONFIG_DIR={claude} CODEX_HOME={codex}
  export XDG_DATA_HOME={data} XDG_CACHE_HOME={cache}
  PATH={bin}:$PATH
  whence explain models/tides.py:17
  whence blame service/stations.py

See the same in an editor: from that shell, Neovim 0.11 or newer shows it with

  nvim -u {neovim} service/stations.py models/tides.py

`]d` jumps to a finding, `K` tells the evidence, `gra` answers for the lines where a review is what the policy asks;
`:n` goes on to the next file. For Helix, Emacs, VS Code and others see docs/editors.md: any editor that speaks LSP
starts `whence lsp`.
"""


def main(arguments: Sequence[str]) -> int:
    demo = build(Path(arguments[0]).resolve() if arguments else DEFAULT)
    here = Path.cwd()
    say(BEFORE.format(workspace=_short(demo.workspace, here)))
    status = scan(demo)
    if status != FAILED_THE_POLICY:
        print(
            f"\nThis demo should fail its policy (exit status 1), but the scan ended with {status}.",
            file=sys.stderr,
        )
        return 1
    say("\n" + AFTER.format(**_places(demo)))
    return 0


def scan(demo: Demo) -> int:
    """Run `whence scan` in the demo as a user would."""
    command = [sys.executable, "-m", "whence.cli.main", "scan", "--quiet"]
    return subprocess.run(command, cwd=demo.workspace, env=demo.environment, check=False).returncode


def say(text: str) -> None:
    print(text, end="", flush=True)


def _places(demo: Demo) -> dict[str, str]:
    places = {
        "folder": demo.workspace,
        "claude": demo.home / ".claude",
        "codex": demo.home / ".codex",
        "data": demo.home / ".local" / "share",
        "cache": demo.home / ".cache",
        "bin": Path(sys.executable).parent,
        "neovim": PROJECT / "demo" / "neovim.lua",
    }
    return {name: shlex.quote(str(place)) for name, place in places.items()}


def _short(path: Path, here: Path) -> str:
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
