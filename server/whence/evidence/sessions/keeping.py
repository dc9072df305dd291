"""What the index keeps of an event: prints for text, numbers for lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

from whence.evidence.sessions.interface import Read, Written
from whence.evidence.sessions.paths import is_absolute, posix
from whence.index import Inserted, Shown, Wrote
from whence.matching.passages import Block, is_notebook
from whence.matching.prints import pack, print_of


def wrote(
    writes: Sequence[Written], file: str, settled: int, known_blocks: Callable[[set[int]], set[int]]
) -> list[Wrote]:
    """Writes of the transcript `file` without their text; the first `settled` of them are told for good."""
    digests = [[digest_of(one, block) for block in one.blocks] for one in writes]
    known = known_blocks({digest for some in digests for digest in some})
    made: dict[int, Inserted] = {}
    out: list[Wrote] = []
    for at, (one, some) in enumerate(zip(writes, digests, strict=True)):
        blocks: list[Inserted] = []
        for digest, block in zip(some, one.blocks, strict=True):
            if digest not in made:
                made[digest] = _inserted(one.path, block, digest, known=digest in known)
            if made[digest].lines:
                blocks.append(made[digest])
        if blocks:
            out.append(_wrote(one, file, tuple(blocks), at < settled))
    return out


def _wrote(one: Written, file: str, blocks: tuple[Inserted, ...], settled: bool) -> Wrote:
    locator = one.locator
    return Wrote(
        one.tool,
        one.model,
        one.session,
        one.path,
        one.cwd,
        one.time.timestamp() if one.time else None,
        one.contributor.value,
        one.outcome.value,
        locator.line,
        locator.offset,
        locator.record,
        blocks,
        "" if locator.file == file else locator.file,
        one.person,
        settled,
    )


def _inserted(path: str, block: Block, digest: int, *, known: bool) -> Inserted:
    if known:
        return Inserted(digest, sum(bool(line.strip()) for line in block.lines))
    made = print_of(block, notebook=is_notebook(path))
    return Inserted(digest, len(made.lines), pack(made), made.keys)


def digest_of(one: Written, block: Block) -> int:
    """What tells one block of one file from all others: the same again is kept once."""
    folder = "" if is_absolute(posix(one.path)) else one.cwd
    parts = (one.tool, one.path, folder, block.before or "", block.after or "", *block.lines)
    data = "\n".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def shown(one: Read) -> Shown:
    """A file that was shown, without its text."""
    locator = one.locator
    return Shown(
        one.path or "",
        one.cwd,
        one.time.timestamp() if one.time else None,
        one.session,
        locator.line if locator else 0,
        locator.offset if locator else 0,
        len(one.lines),
        one.sent,
    )
