"""The file that a team shares: what tools wrote, as keyed digests. `docs/index.md` describes the format.

    {"schema": "whence.index-export/1", "key": "<16 hex>", "prints": 3, "made": 1780308000.0, "label": "...", "paths": false}
    {"source": ..., "tool": ..., "model": ..., "session": ..., "time": ..., "contributor": ..., "outcome": ..., "path": "",
     "blocks": [{"lines": "<base64>", "sizes": "<base64>", "flags": "<base64>", "before": "...", "after": "...",
                 "keys": "<base64>"}]}
    ...
    {"writes": 2, "seal": "<64 hex>"}

JSON lines, gzip around them. `lines` and `keys` are keyed digests of eight bytes each, `sizes` two bytes a line, `flags`
one, all little-endian. The seal is the HMAC-SHA256 of all lines before it, so a file that was cut or changed is refused.
"""

from __future__ import annotations

import gzip
import hmac
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from whence.index.keyed import Key
from whence.index.values import from_bytes, to_bytes
from whence.matching import prints
from whence.matching.lines import NO_LINE
from whence.matching.prints import Print
from whence.quick import dataclass

SCHEMA = "whence.index-export/1"

MAX_ROW = 16 * 1024 * 1024
"""Bytes of one line of the file: 300,000 written lines in one call."""

MAX_BYTES = 4 * 1024 * 1024 * 1024
"""Bytes of a file, unpacked: some 30 million written lines."""

MAX_WRITES = 10_000_000

MAX_TEXT = 4096
"""Characters of a session's id, a path, a label."""


class BadFile(ValueError):  # noqa: N818 - says what was met
    """Not such a file, or not a whole one. The message names the line and the fault."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    key: bytes
    """The name of the key that it was made under."""
    prints: int
    made: float
    label: str = ""
    """Who made it, in the maker's words."""
    paths: bool = False
    """Whether paths stand in it."""


@dataclass(frozen=True, slots=True)
class SharedWrite:
    """One write, its blocks under the team's key."""

    source: str
    tool: str
    model: str | None
    session: str
    time: float | None
    contributor: str
    outcome: str
    path: str
    """Relative to the workspace; empty where paths are not shared."""
    blocks: tuple[Print, ...]
    """Digests and keys are keyed; there are no tokens."""


def keyed(made: Print, key: Key) -> Print:
    """A print as it leaves the machine; `made` with its keys."""
    return Print(
        key.all_keyed(made.lines),
        made.sizes,
        made.flags,
        key.keyed(made.before) if made.before != NO_LINE else NO_LINE,
        key.keyed(made.after) if made.after != NO_LINE else NO_LINE,
        key.all_keyed(made.keys),
        counts=from_bytes("H", bytes(2 * len(made.lines))),
    )


class Writer:
    """Writes a file. Use it as a context: without an error it is sealed at the end."""

    def __init__(self, stream: IO[bytes], header: Header, key: Key) -> None:
        self._out = gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0)
        self._seal = key.seal()
        self.writes = 0
        self._row(
            {
                "schema": SCHEMA, "key": header.key.hex(), "prints": header.prints, "made": header.made,
                "label": header.label, "paths": header.paths,
            }
        )  # fmt: skip

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            row = {"writes": self.writes, "seal": self._seal.hexdigest()}
            self._out.write(json.dumps(row).encode("ascii") + b"\n")
        self._out.close()

    def add(self, one: SharedWrite) -> None:
        self.writes += 1
        self._row(
            {
                "source": one.source, "tool": one.tool, "model": one.model, "session": one.session, "time": one.time,
                "contributor": one.contributor, "outcome": one.outcome, "path": one.path,
                "blocks": [
                    {
                        "lines": _text(to_bytes(block.lines)), "sizes": _text(to_bytes(block.sizes)),
                        "flags": _text(bytes(block.flags)), "before": f"{block.before:016x}",
                        "after": f"{block.after:016x}", "keys": _text(to_bytes(block.keys)),
                    }
                    for block in one.blocks
                ],
            }
        )  # fmt: skip

    def _row(self, row: dict[str, Any]) -> None:
        data = json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"
        self._seal.update(data)
        self._out.write(data)


def header(path: Path) -> Header:
    """What a file says of itself. Raises OSError and BadFile."""
    for _, row, _ in _rows(path):
        return _header(row)
    raise BadFile("it is empty")


def read(path: Path, key: Key) -> Iterator[SharedWrite]:
    """Every write of a file. Raises OSError and BadFile, the latter also at the very end: keep nothing before that."""
    seal = key.seal()
    writes = 0
    first: Header | None = None
    ended = False
    for number, row, data in _rows(path):
        if first is None:
            first = _header(row)
            if first.key != key.name:
                raise BadFile(
                    f"it was made under another key (named {first.key.hex()}, this one is {key.name.hex()})"
                )
        elif ended:
            raise BadFile(f"line {number}: something follows the end")
        elif "seal" in row:
            if row.get("writes") != writes:
                raise BadFile(f"line {number}: it tells of {row.get('writes')} writes and holds {writes}")
            if not hmac.compare_digest(str(row["seal"]), seal.hexdigest()):
                raise BadFile("its seal is broken: it was changed after it was made")
            ended = True
        else:
            writes += 1
            if writes > MAX_WRITES:
                raise BadFile(f"more than {MAX_WRITES:,} writes")
            yield _write(row, number)
        seal.update(data)
    if not ended:
        raise BadFile("its end is missing: it was cut")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any], bytes]]:
    """(number, value, bytes) of each line."""
    left = MAX_BYTES
    number = 0
    try:
        with gzip.open(path, "rb") as stream:
            while data := stream.readline(MAX_ROW + 1):
                number += 1
                left -= len(data)
                if len(data) > MAX_ROW:
                    raise BadFile(f"line {number}: longer than {MAX_ROW >> 20} MB")
                if left < 0:
                    raise BadFile(f"line {number}: more than {MAX_BYTES >> 30} GB in all")
                try:
                    value = json.loads(data)
                except (ValueError, RecursionError):
                    raise BadFile(f"line {number}: not JSON") from None
                if not isinstance(value, dict):
                    raise BadFile(f"line {number}: not a JSON object")
                yield number, value, data
    except (EOFError, zlib.error):
        raise BadFile(f"cut off or damaged after line {number}") from None
    except gzip.BadGzipFile:
        raise BadFile("not a file of `whence index export`") from None


def _header(row: dict[str, Any]) -> Header:
    if row.get("schema") != SCHEMA:
        raise BadFile(f"line 1: its schema is not {SCHEMA}")
    try:
        name = bytes.fromhex(_string(row, "key", 1))
    except ValueError:
        raise BadFile("line 1: key is no name of a key") from None
    version, made = row.get("prints"), row.get("made")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadFile("line 1: prints is no version")
    return Header(
        name, version, _number(made, "made", 1) or 0.0, _string(row, "label", 1), bool(row.get("paths"))
    )


def _write(row: dict[str, Any], number: int) -> SharedWrite:
    blocks = row.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        raise BadFile(f"line {number}: no blocks")
    model = row.get("model")
    contributor, outcome = _string(row, "contributor", number), _string(row, "outcome", number)
    if contributor not in ("ai", "mixed"):
        raise BadFile(f"line {number}: contributor is {contributor[:40]!r}")
    if outcome not in ("done", "unknown"):
        raise BadFile(f"line {number}: outcome is {outcome[:40]!r}")
    return SharedWrite(
        _string(row, "source", number),
        _string(row, "tool", number),
        None if model is None else _string(row, "model", number),
        _string(row, "session", number),
        _number(row.get("time"), "time", number),
        contributor,
        outcome,
        _string(row, "path", number),
        tuple(_block(block, number) for block in blocks),
    )


def _block(row: object, number: int) -> Print:
    if not isinstance(row, dict):
        raise BadFile(f"line {number}: a block is no object")
    lines = from_bytes("Q", _data(row, "lines", 8, number))
    sizes = from_bytes("H", _data(row, "sizes", 2, number))
    flags = bytearray(_data(row, "flags", 1, number))
    if not lines or not len(lines) == len(sizes) == len(flags):
        raise BadFile(f"line {number}: a block's lines, sizes and flags do not go together")
    try:
        before, after = (int(_string(row, name, number), 16) for name in ("before", "after"))
    except ValueError:
        raise BadFile(f"line {number}: a block's neighbours are no digests") from None
    if not (0 <= before < 1 << 64 and 0 <= after < 1 << 64):
        raise BadFile(f"line {number}: a block's neighbours are no digests")
    keys = from_bytes("Q", _data(row, "keys", 8, number))
    bare = Print(lines, sizes, flags, before, after)
    return replace(bare, keys=keys, counts=from_bytes("H", bytes(2 * len(lines))))


def _data(row: dict[str, Any], name: str, width: int, number: int) -> bytes:
    value = row.get(name)
    try:
        data = b64decode(value, validate=True) if isinstance(value, str) else None
    except ValueError:
        data = None
    if data is None or len(data) % width:
        raise BadFile(f"line {number}: {name} is no base64 of whole values")
    return data


def _string(row: dict[str, Any], name: str, number: int) -> str:
    value = row.get(name)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadFile(f"line {number}: {name} is no text of at most {MAX_TEXT:,} characters")
    return value


def _number(value: object, name: str, number: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        raise BadFile(f"line {number}: {name} is no time")
    return float(value)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


PRINTS = prints.VERSION
"""Files of other versions of prints cannot be compared with anything here."""
