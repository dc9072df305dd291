"""Read the elements of one long list in a JSON file one at a time.

Some tools keep a session as one JSON document, a list of messages or an object with such a list. What is held of it is
the file's text, at most `files.MAX_DOCUMENT` bytes, and one element; parsed as a whole it would take several times as
much.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Faults, Tick, Transcript
from whence.evidence.sessions.stores.files import MAX_DOCUMENT
from whence.evidence.sessions.stores.streams import UNREAD, opened, tell


def elements(
    place: Path | Transcript, faults: Faults, tick: Tick, key: str = ""
) -> Iterator[tuple[int, Any]]:
    """The elements of a file that is a JSON list, or of the list under `key` of its object; each with its byte offset.

    What comes before damage is told; the damage is a fault.
    """
    try:
        with opened(place) as stream:
            data = stream.read(MAX_DOCUMENT + 1)
    except UNREAD as error:
        tell(error, faults)
        return
    tick(len(data))
    if len(data) > MAX_DOCUMENT:
        faults.add(f"longer than {MAX_DOCUMENT >> 20} MB")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.add("not UTF-8")
        return
    offset = len(data) - len(text.encode("utf-8"))
    del data
    try:
        yield from _elements(text, offset, key)
    except (ValueError, RecursionError):
        faults.add("not JSON, or cut off")


_DECODER = json.JSONDecoder()


def _elements(text: str, offset: int, key: str) -> Iterator[tuple[int, Any]]:
    """Raises ValueError or RecursionError where the text is none of that."""
    at, done = _list(text, key), 0
    while text[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(text, at)
        offset += len(text[done:at].encode("utf-8", "surrogatepass"))
        done = at
        yield offset, value
        at = _space(text, end)
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
        elif text[at : at + 1] != "]":
            raise ValueError(at)


def _list(text: str, key: str) -> int:
    """Where the wanted list's first element begins, or its end."""
    at = _space(text, 0)
    if not key:
        return _after(text, at, "[")
    at = _after(text, at, "{")
    while text[at : at + 1] != "}":
        name, end = _DECODER.raw_decode(text, at)
        at = _after(text, _space(text, end), ":")
        if name == key:
            return _after(text, at, "[")
        _, end = _DECODER.raw_decode(text, at)
        at = _space(text, end)
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
    raise ValueError(at)


def _after(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(at)
    return _space(text, at + 1)


def _space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
