"""What of a notebook's lines a commit wrote: lines of cells' sources, never JSON around them nor what programs printed.

git compares the lines of a notebook as text. A cell that follows another one puts a comma behind it, a line that
follows another one a line feed and a comma into that, and running a notebook changes its outputs and numbers: for git
all of these are lines of whoever committed, though nobody wrote them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from whence.evidence.origins import Run
from whence.matching.idioms import plain
from whence.matching.passages import is_notebook
from whence.repo import Repository
from whence.text import MAX_TEXT_BYTES, decode, split

Runs = Mapping[str, tuple[Run, ...]]
"""Lines at HEAD by repository path."""

_Versions = Mapping[tuple[str, str], frozenset[int] | None]
"""By commit and path the lines of a notebook as the commit left it that it wrote; None: all of them are its own."""

_FRAME = re.compile(r'\s*(?:\{?\s*"(?:source|input)"\s*:\s*\[|\][\]},\s]*)?\s*')
"""A line of a source's array that holds none of its strings."""

_AT_ONCE = 32
"""Versions whose texts are read together, some megabytes."""


def without_frames(
    repository: Repository, files: Runs, commits: Collection[str], check_cancelled: Callable[[], None]
) -> Runs:
    """The lines of some commits, without those lines of notebooks that nobody wrote. Raises GitError."""
    files = {
        path: own
        for path, runs in files.items()
        if (own := tuple(run for run in runs if run.commit in commits))
    }
    notebooks = [path for path in files if is_notebook(path)]
    if not notebooks:
        return files
    places = {(run.commit, run.original_path) for path in notebooks for run in files[path]}
    wrote = dict(_wrote(repository, sorted(places), check_cancelled))
    out = dict(files)
    for path in notebooks:
        out[path] = tuple(part for run in files[path] for part in _parts(run, wrote))
        if not out[path]:
            del out[path]
    return out


def _parts(run: Run, wrote: _Versions) -> Iterator[Run]:
    """What of a run its commit wrote."""
    own = wrote.get((run.commit, run.original_path))
    if own is None:
        yield run
        return
    start: int | None = None
    for at in range(run.length + 1):
        if at < run.length and run.original_start + at in own:
            start = at if start is None else start
        elif start is not None:
            yield Run(
                run.start + start, at - start, run.commit, run.original_path, run.original_start + start
            )
            start = None


def _wrote(
    repository: Repository, places: Sequence[tuple[str, str]], check_cancelled: Callable[[], None]
) -> Iterator[tuple[tuple[str, str], frozenset[int] | None]]:
    for at in range(0, len(places), _AT_ONCE):
        check_cancelled()
        some = places[at : at + _AT_ONCE]
        # Of a merge the text of each side; a name that is not there gives None.
        names = [f"{commit}{parent}:{path}" for commit, path in some for parent in ("", "^1", "^2")]
        sizes = dict(zip(names, repository.sizes(names), strict=True))
        small = [name for name in names if (sizes[name] or 0) <= MAX_TEXT_BYTES]
        texts = dict(zip(small, repository.blobs(small), strict=True))
        for number, place in enumerate(some):
            new, *old = (texts.get(name) for name in names[3 * number : 3 * number + 3])
            before = [split(decode(data)) for data in old if data is not None]
            yield place, None if new is None else written(split(decode(new)), before)


def written(new: Sequence[str], before: Iterable[Sequence[str]]) -> frozenset[int] | None:
    """The lines (1-based) of a notebook's text that whoever made it of the older ones wrote; None where it is no notebook
    that can be read, so that all lines may be.

    A line that an older text had, only with another end (a comma, a line feed), was there before.
    """
    sources = _sources(new)
    if sources is None:
        return None
    for old in before:
        gone, come = Counter(old), Counter(new)
        gone.subtract(new)
        come.subtract(old)
        was = {plain(line) for line in (_sources(old) or {}).values() if gone[line] > 0}
        sources = {
            number: line for number, line in sources.items() if come[line] <= 0 or plain(line) not in was
        }
    return frozenset(sources)


def _sources(lines: Sequence[str]) -> dict[int, str] | None:
    """The lines of the cells' sources, by number; None where the text is no notebook that can be read."""
    from whence.syntax.notebook import cells  # only who has notebooks loads it

    found = cells(lines)
    if found is None:
        return None
    return {
        number: lines[number - 1]
        for cell in found
        if cell.source
        for number in range(cell.source_start, cell.source_end + 1)
        if _FRAME.fullmatch(lines[number - 1]) is None
    }
