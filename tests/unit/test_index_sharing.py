"""The file that a team shares: what is in it, and that nothing of a bad one is kept."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.indexes import opened
from whence.index import DiskStore
from whence.index import imports as module
from whence.index.keyed import BadKey, Key
from whence.index.sharing import BadFile, Header, SharedWrite, Writer, header, keyed, read
from whence.matching import prints
from whence.matching.passages import Block
from whence.matching.prints import Print, print_of

KEY, OTHER_KEY = Key.of(b"a key that a team shares"), Key.of(b"a key that another team has")
LINES = tuple(f"    total_{number} = sum_of(column_{number}, where=condition)" for number in range(12))


def made(lines: tuple[str, ...] = LINES, before: str | None = None) -> Print:
    return print_of(Block(lines, before), notebook=False)


def write(block: Print | None = None, **more: Any) -> SharedWrite:
    values: dict[str, Any] = {
        "source": "claude-code-session", "tool": "claude-code", "model": "m", "session": "s", "time": 1.5,
        "contributor": "ai", "outcome": "done", "path": "", "blocks": (keyed(block or made(), KEY),), **more,
    }  # fmt: skip
    return SharedWrite(**values)


def file_of(folder: Path, *writes: SharedWrite, key: Key = KEY, **head: Any) -> Path:
    """A whole file."""
    path = folder / "share.gz"
    values: dict[str, Any] = {"key": key.name, "prints": prints.VERSION, "made": 2.5, "label": "Ada", **head}
    with path.open("wb") as stream, Writer(stream, Header(**values), key) as out:
        for one in writes:
            out.add(one)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Every field of every write, in order."""
    writes = [write(), write(made(LINES[:3], "above_it = 1")), write(model=None, time=None, path="a/b.py")]
    path = file_of(tmp_path, *writes)
    assert header(path) == Header(KEY.name, prints.VERSION, 2.5, "Ada", False)
    assert list(read(path, KEY)) == writes


def test_the_same_digests_are_others_under_another_key() -> None:
    """And under none is one what it was before."""
    plain = made()
    one, two = keyed(plain, KEY), keyed(plain, OTHER_KEY)
    assert not set(one.lines) & (set(two.lines) | set(plain.lines))
    assert not set(one.keys) & (set(two.keys) | set(plain.keys))
    assert one.tokens == two.tokens == ""
    assert KEY.name != OTHER_KEY.name
    assert KEY.secret not in KEY.name


@pytest.mark.parametrize("shared", [b"", b"short", b" " * 40, b"x" * 15 + b"\n", b"x" * 5000])
def test_a_key_that_can_be_guessed_is_none(shared: bytes) -> None:
    """Too short, empty but for white space; or too long to be one."""
    with pytest.raises(BadKey):
        Key.of(shared)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rewritten(path: Path, found: list[Any]) -> None:
    """Other lines, with a seal that fits: what a member of the team could make."""
    seal = KEY.seal()
    data = b""
    for row in found:
        line = (row if isinstance(row, str) else json.dumps(row)).encode() + b"\n"
        seal.update(line)
        data += line
    data += json.dumps({"writes": len(found) - 1, "seal": seal.hexdigest()}).encode() + b"\n"
    path.write_bytes(gzip.compress(data))


def change(name: str, value: object, *, block: bool = False) -> Callable[[list[Any]], None]:
    def work(found: list[Any]) -> None:
        (found[1]["blocks"][0] if block else found[1])[name] = value

    return work


FAULTS: list[tuple[Callable[[list[Any]], object], str]] = [
    (lambda found: found.__setitem__(1, "{broken"), "line 2: not JSON"),
    (lambda found: found.__setitem__(1, "[" * 100_000), "line 2: not JSON"),
    (lambda found: found.__setitem__(1, []), "line 2: not a JSON object"),
    (
        lambda found: found[0].__setitem__("schema", "other"),
        "line 1: its schema is not whence.index-export/1",
    ),
    (lambda found: found[0].__setitem__("key", "xyz"), "line 1: key is no name of a key"),
    (lambda found: found[0].__setitem__("key", "00" * 8), "made under another key"),
    (lambda found: found[0].__setitem__("prints", None), "line 1: prints is no version"),
    (lambda found: found[0].__setitem__("prints", 0), "both sides need the same version"),
    (change("contributor", "human"), "line 2: contributor is 'human'"),
    (change("outcome", "failed"), "line 2: outcome is 'failed'"),
    (change("tool", 7), "line 2: tool is no text"),
    (change("session", "s" * 5000), "line 2: session is no text"),
    (change("time", "noon"), "line 2: time is no time"),
    (change("time", 1e300), "line 2: time is no time"),
    (change("time", True), "line 2: time is no time"),
    (change("blocks", []), "line 2: no blocks"),
    (change("blocks", [7]), "line 2: a block is no object"),
    (change("lines", "AAAA", block=True), "line 2: lines is no base64 of whole values"),
    (change("lines", "ü", block=True), "line 2: lines is no base64 of whole values"),
    (change("lines", "", block=True), "line 2: a block's lines, sizes and flags do not go together"),
    (change("sizes", "AAA=", block=True), "line 2: a block's lines, sizes and flags do not go together"),
    (change("before", "-1", block=True), "line 2: a block's neighbours are no digests"),
    (change("after", "f" * 17, block=True), "line 2: a block's neighbours are no digests"),
    (lambda found: found.insert(2, {"seal": "00"}), "line 3: it tells of None writes and holds 1"),
]


def refused(home: Path, path: Path, message: str) -> None:
    """The fault is named, and nothing of the file is kept."""
    with opened(home) as database:
        with pytest.raises(BadFile, match=None) as error:
            module.take(path, KEY, "share", database.transaction, 0.0, lambda done: None)
        assert message in str(error.value)
        for table in ("imports", "shared_writings", "shared_blocks", "shared_postings"):
            assert database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize(("spoil", "message"), FAULTS)
def test_a_bad_file_is_refused_as_a_whole(
    tmp_path: Path, spoil: Callable[[list[Any]], object], message: str
) -> None:
    """Line and fault are named; whoever made the seal."""
    path = file_of(tmp_path, write(), write())
    found: list[Any] = rows(path)[:-1]
    spoil(found)
    rewritten(path, found)
    refused(tmp_path / "home", path, message)


def test_a_file_that_was_changed_or_cut_is_refused(tmp_path: Path) -> None:
    """The seal tells, also of a change that fits the format."""
    path = file_of(tmp_path, write(), write())
    whole = path.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines).replace(b'"codex"', b'"x"').replace(b'"m"', b'"n"')))
    refused(tmp_path / "home", path, "its seal is broken")
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    refused(tmp_path / "home", path, "its end is missing: it was cut")
    path.write_bytes(gzip.compress(b"".join(lines) + lines[1]))
    refused(tmp_path / "home", path, "line 5: something follows the end")
    path.write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "home", path, "cut off or damaged after line")
    path.write_bytes(b"no such file at all")
    refused(tmp_path / "home", path, "not a file of `whence index export`")
    path.write_bytes(gzip.compress(b""))
    refused(tmp_path / "home", path, "it is empty")


def test_a_bomb_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to gigabytes, in one line or in many."""
    from whence.index import sharing

    path = tmp_path / "bomb.gz"
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as stream:
        for _ in range(40):
            stream.write(b" " * (1 << 20))
    path.write_bytes(out.getvalue())
    refused(tmp_path / "home", path, "line 1: longer than 16 MB")
    monkeypatch.setattr(sharing, "MAX_BYTES", 100_000)
    big = [write(path="x" * 4000) for _ in range(60)]
    refused(tmp_path / "home", file_of(tmp_path, *big), "GB in all")
    monkeypatch.undo()
    monkeypatch.setattr(sharing, "MAX_WRITES", 10)
    refused(tmp_path / "home", file_of(tmp_path, *big), "more than 10 writes")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_goes_unseen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes change, the file is refused or says the same."""
    folder = tmp_path_factory.mktemp("share")
    path = file_of(folder, write(), write())
    whole = bytearray(path.read_bytes())
    expected = list(read(path, KEY))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole))
    with contextlib.suppress(BadFile):
        assert list(read(path, KEY)) == expected


def test_an_imported_block_is_found_by_keys_and_known_by_the_lines_asked_for(tmp_path: Path) -> None:
    """The store translates; of lines that the document does not have it says nothing."""
    with opened(tmp_path) as database:
        module.take(file_of(tmp_path, write()), KEY, "share", database.transaction, 0.0, lambda done: None)
        store = DiskStore.of(database)
        asked = made(LINES[:5])
        keys = {*asked.keys, *asked.lines}
        held = store.holders(keys)
        assert set(asked.lines) <= set(held)
        (number,) = {block for one in held.values() for block in one.blocks}
        kept = store.blocks([number], keys)[number]
        assert number < 0
        assert list(kept.print.lines) == [*asked.lines, *[0] * 7]
        assert (kept.tool, kept.session, kept.time, kept.path) == ("claude-code", "s", 1.5, "")
        assert store.origins([kept.writing])[kept.writing].shared == "share"
        assert store.holders(made(("other = lines_of(somebody_else, entirely)",)).keys) == {}


def test_an_import_that_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    """Neither do those of other names lose anything."""
    with opened(tmp_path) as database:
        path = file_of(tmp_path, write())
        for name in ("one", "two"):
            module.take(path, KEY, name, database.transaction, 0.0, lambda done: None)
        with database.writing() as connection:
            assert module.drop(connection, "one")
            assert not module.drop(connection, "one")
        assert len(DiskStore.of(database).holders(made().keys)) == len(made().keys)
        with database.writing() as connection:
            assert module.drop(connection, "two")
        for table in ("imports", "shared_writings", "shared_blocks", "shared_postings"):
            assert database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_an_unreadable_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    """A folder, or nothing at all."""
    for path in (tmp_path, tmp_path / "none"):
        with (
            opened(tmp_path / "home") as database,
            pytest.raises(OSError, match=os.strerror(2 if "none" in str(path) else 21)),
        ):
            module.take(path, KEY, "share", database.transaction, 0.0, lambda done: None)
