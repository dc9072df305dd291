"""Transcripts that a repository keeps as objects are read like files: whole, bounded, from any offset."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from support.git import Repo
from whence.evidence.sessions import resuming
from whence.evidence.sessions.interface import Blobs, Faults, Transcript
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.stores import files
from whence.evidence.sessions.stores.files import document, raw_lines, records
from whence.repo import Repository


def kept(repo: Repo, *contents: bytes) -> Transcript:
    """A transcript whose parts are these objects."""
    ids = tuple(repo.git("hash-object", "-w", "--stdin", feed=data) for data in contents)
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    size = sum(map(len, contents))
    return Transcript(Path("a-ref/full.jsonl"), size, 0.0, "a-ref:full.jsonl", blobs=Blobs(repository, ids))


def _ignore(_: int) -> None: ...


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([b'{"a":1}\n{"b":2}\n'], [(1, 0, {"a": 1}), (2, 8, {"b": 2})]),
        ([b'{"a":1}', b'{"b":2}'], [(1, 0, {"a": 1}), (2, 8, {"b": 2})]),
        ([b'{"a":1}\n', b"", b'\n{"b":2}\n'], [(1, 0, {"a": 1}), (3, 9, {"b": 2})]),
        ([b'{"a":"\xc3\xa9\xf0\x9f\xa6\x80"}\r\n'], [(1, 0, {"a": "é🦀"})]),
        ([b""], []),
        ([], []),
    ],
)
def test_objects_are_read_one_after_the_other(
    repo: Repo, contents: list[bytes], expected: list[tuple[int, int, object]]
) -> None:
    """Each object's last line ends with it; lines and offsets count on through all of them."""
    faults = Faults("a-ref:full.jsonl")
    transcript = pickle.loads(pickle.dumps(kept(repo, *contents)))
    found = list(records(transcript, faults, _ignore, lambda _: True))
    assert [(item.line, item.offset, item.value) for item in found] == expected
    assert faults.count == 0


def test_an_object_larger_than_a_buffer_comes_whole(repo: Repo) -> None:
    """Several megabytes in one object, every line in its place."""
    lines = [b'{"number": %d, "text": "%s"}\n' % (number, b"x" * 1000) for number in range(4000)]
    transcript = kept(repo, b"".join(lines), b'{"last": true}')
    found = list(raw_lines(transcript, Faults(""), _ignore))
    assert [data for _, _, data in found] == [*lines, b'{"last": true}\n']
    offset = len(lines[0]) + len(lines[1])
    number, start, data = next(raw_lines(transcript, Faults(""), _ignore, offset, 2))
    assert (number, start, data) == (3, offset, lines[2])


def test_a_missing_object_is_a_fault(repo: Repo) -> None:
    """What came before it is still read."""
    transcript = kept(repo, b'{"a":1}\n', b"")
    assert transcript.blobs is not None
    gone = Blobs(transcript.blobs.repository, (transcript.blobs.ids[0], "12" * 20))
    faults = Faults("a-ref:full.jsonl")
    found = list(
        records(Transcript(Path("x"), 0, 0.0, "", blobs=gone), faults, _ignore, lambda _: True),
    )
    assert ([item.value for item in found], faults.count) == ([{"a": 1}], 1)
    assert "is not in this clone" in faults.first
    assert document(Transcript(Path("x"), 0, 0.0, "", blobs=gone), faults, _ignore) is None


def test_a_tree_is_no_transcript(repo: Repo) -> None:
    """Only the contents of files are read."""
    commit = repo.commit("one", {"a": "x"})
    transcript = kept(repo)
    assert transcript.blobs is not None
    faults = Faults("")
    blobs = Blobs(transcript.blobs.repository, (commit,))
    assert not list(raw_lines(Transcript(Path("x"), 0, 0.0, "", blobs=blobs), faults, _ignore))
    assert faults.count == 1


def test_documents_and_bounds_hold_for_objects(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole JSON value from an object; and a giant line is passed over."""
    faults = Faults("a-ref:full.jsonl")
    assert document(kept(repo, b'{"messages": [1]}'), faults, _ignore) == {"messages": [1]}
    monkeypatch.setattr(files, "MAX_RECORD", 100)
    found = list(raw_lines(kept(repo, b"x" * 500 + b'\n{"a":1}\n'), faults, _ignore))
    assert [(number, offset) for number, offset, _ in found] == [(2, 501)]
    assert faults.count == 1


def test_a_reader_reads_objects_as_it_reads_files(repo: Repo, tmp_path: Path) -> None:
    """The same events, from either place; and leaving early ends git."""
    from support.transcripts import Claude

    session = Claude(tmp_path, "/home/u/proj")
    session.write("/home/u/proj/a.py", "value = compute(1)\n")
    session.edit("/home/u/proj/a.py", "1", "2", original="value = compute(1)\n")
    path = session.save()
    reader = ClaudeCode()
    plain = list(reader.read(Transcript(path, 1, 0.0, "x"), Faults("x"), _ignore))
    half = len(session.text()) // 2
    data = session.text().encode()
    cut = data.index(b"\n", half) + 1
    for contents in ([data], [data[:cut], data[cut:]]):
        transcript = kept(repo, *contents)
        transcript = Transcript(path, 1, 0.0, "x", blobs=transcript.blobs)
        assert list(resuming.read(reader, transcript, Faults("x"), _ignore)) == plain
    stream = reader.read(transcript, Faults("x"), _ignore)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
