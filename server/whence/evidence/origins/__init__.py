"""Which lines at HEAD were written by given commits, and what those lines were called in them.

Paths are repository paths (git's own names, decoded with `os.fsdecode`); line numbers are 1-based lines of the
blob at `head`, never of the work tree. The answer is that of `git blame -w`, for all files at once and with work that
grows with the wanted commits' files and what happened to them since; and blocks that moved within a file, and lines
that a commit brought back, keep their origin too:

`walk` finds the commits that can matter, `past` what they changed, `versions` the versions of files that their lines
went through (renames and merges as blame decides them; `restored` and `named` what came back from an older one),
`patches` has git compare those, `lines` takes the lines back through them, `moved` what went against their order, and
`guessed` what an ignored commit seems to have changed.
"""

from __future__ import annotations

from whence.evidence.origins.asking import added, line_origins
from whence.evidence.origins.model import Base, Known, Origins, Run
from whence.evidence.origins.named import accounted
from whence.evidence.origins.times import line_times

__all__ = [
    "Base",
    "Known",
    "Origins",
    "Run",
    "accounted",
    "added",
    "line_origins",
    "line_times",
]
