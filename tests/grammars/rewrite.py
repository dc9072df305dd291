"""Rewrite the golden regions of the languages named, or of all: `python tests/grammars/rewrite.py python rust`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.syntax import NAMES, golden, lines_of, sample, written
from whence.syntax import regions

for name in sys.argv[1:] or NAMES:
    path = sample(name)
    golden(name).write_text(written(regions(path.name, lines_of(path))), "utf-8")
