"""Finding and streaming transcripts: bounded, and nothing that a file holds makes it fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import zstandard

from whence.evidence.sessions.interface import Faults, Transcript
from whence.evidence.sessions.stores import files
from whence.evidence.sessions.stores.files import find, records


def read(path: Path, data: bytes) -> tuple[list[tuple[int, int, object]], Faults]:
    """The records of a file with these bytes, as (line, offset, value)."""
    path.write_bytes(data)
    faults = Faults("~/s.jsonl")
    transcript = Transcript(path, len(data), 0.0, faults.shown)
    return [
        (item.line, item.offset, item.value) for item in records(transcript, faults, lambda _: None, bool)
    ], faults


def check(path: Path, data: bytes, lines: list[int], why: str) -> None:
    """These lines are read; the rest becomes one sentence, or none."""
    found, faults = read(path, data)
    assert [line for line, _, _ in found] == lines
    missing = next(iter(faults.problems), None)
    assert (missing.why if missing else "") == why
    if missing:
        assert (missing.what, missing.evidence_class) == ("sessions", "session")


@pytest.mark.parametrize(
    ("data", "lines", "why"),
    [
        (b"", [], ""),
        (b'{"a":1}\n\n{"b":2}\n', [1, 3], ""),
        (b'{"a":1}\r\n{"b":2}\r\n', [1, 2], ""),
        (b'\xef\xbb\xbf{"a":1}\n', [1], ""),
        (b'{"a":1}', [1], ""),
        (b'{"a":1}\n{"b":', [1], "~/s.jsonl: line 2: cut off"),
        (b'{"a":1}\nnot json\n{"b":2}\nnor this\n', [1, 3], "~/s.jsonl: line 2: not JSON (and 1 more)"),
        (b'[1]\n"x"\n{"a":1}\n', [3], "~/s.jsonl: line 1: not a JSON object (and 1 more)"),
        (b'{"a":"\xe9"}\n{"b":2}\n', [2], "~/s.jsonl: line 1: not UTF-8"),
        ('{"a":1}\n'.encode("utf-16"), [], "~/s.jsonl: line 1: not UTF-8"),
        (b"[" * 200_000 + b"\n" + b'{"a":1}\n', [2], "~/s.jsonl: line 1: not JSON"),
        (b"\0" * 100 + b"\n" + b'{"a":1}\n', [2], "~/s.jsonl: line 1: not JSON"),
    ],
)
def test_damaged_lines_are_counted_and_the_rest_is_read(
    tmp_path: Path, data: bytes, lines: list[int], why: str
) -> None:
    """One entry a file, naming the first bad line."""
    check(tmp_path / "s.jsonl", data, lines, why)


def test_a_giant_line_is_passed_over_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the bound is never held whole, and offsets behind it are right."""
    monkeypatch.setattr(files, "MAX_RECORD", 1000)
    giant = b'{"a":"' + b"x" * 5000 + b'"}\n'
    check(tmp_path / "s.jsonl", giant + b'{"b":2}\n', [2], "~/s.jsonl: line 1: longer than 0 MB")
    found, _ = read(tmp_path / "s.jsonl", giant + b'{"b":2}\n')
    assert found[0][1] == len(giant)


def test_compressed_files_are_streamed(tmp_path: Path) -> None:
    """Offsets are those of the decompressed text; several frames are one file."""
    pack = zstandard.ZstdCompressor().compress
    found, faults = read(tmp_path / "s.jsonl.zst", pack(b'{"a":1}\n') + pack(b'{"b":2}\n'))
    assert ([(line, offset) for line, offset, _ in found], faults.count) == ([(1, 0), (2, 8)], 0)


def test_a_broken_compressed_file_is_told(tmp_path: Path) -> None:
    """What could be read stays."""
    data = zstandard.ZstdCompressor().compress(os.urandom(200_000).hex().encode() + b"\n")
    _, faults = read(tmp_path / "s.jsonl.zst", b"junk" + data)
    assert "broken compression" in faults.first


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    """Between finding and reading, tools purge."""
    faults = Faults("~/s.jsonl")
    transcript = Transcript(tmp_path / "gone.jsonl", 1, 0.0, faults.shown)
    assert list(records(transcript, faults, lambda _: None, bool)) == []
    assert "No such file" in faults.first


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    """A link, a pipe or a folder put in a file's place is refused, and nothing blocks."""
    place = tmp_path / "s.jsonl"
    (tmp_path / "secret").write_text('{"a":1}\n')
    {
        "link": lambda: place.symlink_to(tmp_path / "secret"),
        "fifo": lambda: os.mkfifo(place),
        "folder": place.mkdir,
    }[kind]()
    faults = Faults("~/s.jsonl")
    assert list(records(Transcript(place, 1, 0.0, faults.shown), faults, lambda _: None, bool)) == []
    assert faults.count == 1


def _wanted(name: str) -> bool:
    return name.endswith(".jsonl")


def test_links_below_a_session_folder_are_not_followed(tmp_path: Path) -> None:
    """The folder itself may be a link, nothing in it may."""
    real = tmp_path / "real"
    (real / "deep").mkdir(parents=True)
    (real / "deep" / "a.jsonl").write_text("{}")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jsonl").write_text("{}")
    (real / "out").symlink_to(outside)
    (real / "c.jsonl").symlink_to(outside / "b.jsonl")
    (tmp_path / "link").symlink_to(real)
    located = find([tmp_path / "link"], {"HOME": str(tmp_path)}, _wanted, "X")
    assert [item.shown for item in located.transcripts] == ["~/real/deep/a.jsonl"]
    assert located.problems == ()


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    """The tool was never used here."""
    located = find([tmp_path / "none"], {}, _wanted, "X")
    assert (located.transcripts, located.problems) == ((), ())


def test_an_unreadable_folder_is_told(tmp_path: Path) -> None:
    """A file in the folder's place, or a folder without permission, is not the same as never used."""
    (tmp_path / "projects").write_text("x")
    located = find([tmp_path / "projects"], {"HOME": str(tmp_path)}, _wanted, "X")
    assert [problem.why for problem in located.problems] == ["~/projects could not be read: Not a directory"]
    assert located.problems[0].hint


def test_an_unreadable_folder_inside_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One closed folder costs one entry."""
    for name in ("closed", "open"):
        (tmp_path / "s" / name).mkdir(parents=True)
        (tmp_path / "s" / name / "a.jsonl").write_text("{}")
    scandir = os.scandir

    def closed(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    located = find([tmp_path / "s"], {"HOME": str(tmp_path)}, _wanted, "X")
    assert [item.path.parent.name for item in located.transcripts] == ["open"]
    assert [problem.why for problem in located.problems] == [
        "~/s/closed could not be read: Permission denied"
    ]


def test_too_many_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is reported, never silent."""
    monkeypatch.setattr(files, "MAX_FILES", 2)
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_text("{}")
    located = find([tmp_path], {}, _wanted, "X")
    assert len(located.transcripts) == 2
    assert "more than 2 transcripts" in located.problems[0].why


@pytest.mark.parametrize(
    ("data", "value", "why"),
    [
        (b'{"a": [1]}', {"a": [1]}, ""),
        (b'\xef\xbb\xbf"x"', "x", ""),
        (b"", None, "not JSON"),
        (b'{"a":', None, "not JSON"),
        (b"[" * 200_000, None, "not JSON"),
        (b'"\xe9"', None, "not UTF-8"),
        (b'"' + b"x" * (1 << 20) + b'"', None, "longer than 1 MB"),
    ],
)
def test_a_file_that_is_one_document_is_read_within_a_bound(
    tmp_path: Path, data: bytes, value: object, why: str
) -> None:
    """Its value, or one fault; what was read is told."""
    path = tmp_path / "chat.json"
    path.write_bytes(data)
    faults, sizes = Faults("chat.json"), []
    assert files.document(path, faults, sizes.append, most=1 << 20) == value
    assert (faults.first, sum(sizes)) == (why, min(len(data), (1 << 20) + 1))


def test_small_texts_are_small_and_regular(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link, a folder, nothing, and a giant give no text."""
    path = tmp_path / "root"
    path.write_text("/home/ü/p")
    (tmp_path / "link").symlink_to(path)
    assert files.small_text(path) == "/home/ü/p"
    assert [files.small_text(tmp_path / name) for name in ("link", ".", "none")] == ["", "", ""]
    monkeypatch.setattr(files, "MAX_SMALL", 3)
    assert files.small_text(path) == ""
