"""The class of a file: code, tests, docs, notebook, training data, evaluation data, media. Pure.

A file has one class, the first whose patterns match; what matches none is code. The classes that a policy names
come first, in its order, with its patterns; the built-in ones that it does not name follow in the order below.
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.policy.paths import matches

Classes = Sequence[tuple[str, tuple[str, ...]]]

CODE = "code"
_PATTERNS = {
    "eval-data": "eval-data/ eval_data/ evals/**/data/ eval/**/data/ benchmarks/data/ *.eval.jsonl",
    "training-data": "training-data/ training_data/ train-data/ train_data/ corpus/ corpora/ datasets/ "
    "*.jsonl *.jsonl.gz *.ndjson *.parquet *.arrow *.tfrecord",
    "media": "*.png *.jpg *.jpeg *.gif *.webp *.avif *.bmp *.ico *.svg *.psd *.blend *.mp3 *.wav *.flac *.ogg "
    "*.mp4 *.webm *.mov *.ttf *.otf *.woff *.woff2",
    "notebook": "*.ipynb",
    "tests": "test/ tests/ __tests__/ spec/ testdata/ test_*.py *_test.* *.test.* *.spec.* *Test.java *Tests.java "
    "*Test.kt *Tests.cs *Tests.swift *_spec.rb conftest.py",
    "docs": "docs/ doc/ *.md *.mdx *.rst *.adoc *.tex README README.* CHANGELOG* CONTRIBUTING*",
}
BUILT_IN: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
    (name, tuple(text.split())) for name, text in _PATTERNS.items()
)

NAMES: tuple[str, ...] = (CODE, *(name for name, _ in BUILT_IN))


def ordered(own: Classes) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The policy's classes first, then the built-in ones that it does not name."""
    named = {name for name, _ in own}
    return (*own, *((name, patterns) for name, patterns in BUILT_IN if name not in named))


def artifact(path: str, own: Classes = ()) -> str:
    """The one class of a file."""
    return next((name for name, patterns in ordered(own) if matches(patterns, path)), CODE)
